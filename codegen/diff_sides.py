# The two sides of a comparison: folders and git revisions to documents.
#
# Rules: a folder with a sources.toml is made anew from its pages, so that it says what a build would give, built or
# not; another folder, and any git revision, is read as its openapi.yaml files say. A name that is a folder is the
# folder. Nothing is checked out and nothing is written.

"""Normalized documents by provider, from a folder or a git revision."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen import sources, yamltext
from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node
from codegen.read import check_types
from codegen.sources import SOURCES
from codegen.spec import normalize_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

STAGE = "diff"
DOCUMENT = "openapi.yaml"
_NAME = re.compile(rf"([a-z][a-z0-9_]*)/{re.escape(DOCUMENT)}")


@frozen
class Side:
    """One side of a comparison."""

    label: str
    documents: Mapping[str, Node]


def side(name: str, specs: Path) -> Side:
    """The documents that a folder or a git revision holds.

    Args:
        name: A folder of the shape of specs/, or a git revision; empty for the specs folder as it is.
        specs: The specs folder; revisions are those of the repository it is in.

    Raises:
        StageError: It is neither, or its documents can't be made or read.
    """
    folder = Path(name) if name else specs
    if folder.is_dir():
        return Side(name or "work tree", _of_folder(folder))
    if not name:
        raise StageError(STAGE, str(specs), "", "there is no such folder", "Name one: --specs DIR.")
    return Side(name, _of_revision(name, specs))


def read(text: str, where: str) -> Node:
    """A document from its text.

    Raises:
        StageError: It is no OpenAPI document.
    """
    document: Any = yamltext.read(text, stage=STAGE, where=where).value
    if not is_node(document):
        raise StageError(STAGE, where, "", "not an OpenAPI document")
    check_types(document, where)
    return document


def _of_folder(folder: Path) -> dict[str, Node]:
    if (folder / SOURCES).exists():
        return {
            name: dict(normalize_provider(folder, name).document) for name in sources.load(folder).providers
        }
    found = sorted(folder.glob(f"*/{DOCUMENT}"))
    if not found:
        hint = f"It holds a {SOURCES}, or a folder per provider with its {DOCUMENT}."
        raise StageError(STAGE, str(folder), "", "the folder is no specs folder", hint)
    return {
        path.parent.name: read(
            sources.content(path, folder.resolve(), str(path)).decode("utf-8", "replace"), str(path)
        )
        for path in found
    }


def _of_revision(revision: str, specs: Path) -> dict[str, Node]:
    commit = _git(specs, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        hint = f"Name a folder of the shape of specs/, or a commit, tag or branch of the repository {specs} is in."
        raise StageError(STAGE, revision, "", "neither a folder nor a git revision", hint)
    listed = _git(specs, "ls-tree", "-r", "-z", "--name-only", commit.strip(), ".") or ""
    names = [match[1] for path in listed.split("\0") if (match := _NAME.fullmatch(path))]
    return {
        name: read(
            _git(specs, "show", f"{commit.strip()}:./{name}/{DOCUMENT}") or "",
            f"{revision}:{name}/{DOCUMENT}",
        )
        for name in names
    }


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # no shell, our own words
    except FileNotFoundError as error:
        raise StageError(STAGE, "git", "", "git is not installed", "Name two folders instead.") from error
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
