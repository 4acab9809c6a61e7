# A new provider put into a specs folder: all of it, or nothing.
#
# Rules: a provider is made, and built, in a specs folder of its own beside the others (.NAME.adding). Once that has
# succeeded a marker says that it is complete; then its folder is moved to its place, its lines go into sources.toml,
# and what is left of the draft goes. Every one of these steps can be repeated, so whoever starts next finishes a draft
# that has the marker and forgets one that hasn't, with the client it may have got. One at a time: the draft is locked
# until it is gone.

"""Put a new provider in its place, atomically."""

from __future__ import annotations

import shutil
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codegen import stamp, tree
from codegen.errors import StageError
from codegen.packages import check_provider
from codegen.sources import READY, SOURCES
from codegen.structure import AMENDMENTS

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from codegen.addition import Addition

STAGE = "add"
CLIENT = "client"
"""File in a draft that names the folder its client goes into, if nothing was there before."""
_HEAD = """\
# Where every vendored page comes from, and the Python names of every operation.
"""


def draft_of(specs: Path, name: str) -> Path:
    """The specs folder in which a provider is made."""
    return specs / f".{name}.adding"


@contextmanager
def adding(addition: Addition, specs: Path, target: Path) -> Generator[Path]:
    """Make a provider beside the others; it takes its place if what is done inside succeeds, else nothing is left.

    Args:
        addition: The provider.
        specs: The specs folder.
        target: The folder of the import package its client goes into.
    """
    made, name = not specs.exists(), addition.provider.name
    draft = draft_of(specs, name)
    draft.mkdir(parents=True, exist_ok=True)
    client = (target / name).exists()
    try:
        with tree.locked(draft):
            write(addition, draft)
            if not client:
                tree.write(draft / CLIENT, f"{(target / name).resolve()}")
            yield draft
            publish(specs, draft)
    except BaseException:
        if not (draft / READY).exists():
            _forget(specs, draft, target)
            if made and specs.is_dir() and not any(specs.iterdir()):
                specs.rmdir()
        raise


def write(addition: Addition, draft: Path) -> None:
    """Write a provider into a specs folder of its own."""
    for path in draft.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder = draft / addition.provider.name
    (folder / "fragments").mkdir(parents=True)
    for file, content in addition.contents.items():
        (folder / "fragments" / file).write_bytes(content)
    tree.write(folder / AMENDMENTS, addition.amendments())
    tree.write(draft / SOURCES, addition.toml())


def publish(specs: Path, draft: Path) -> None:
    """Give a draft its place; from here on it can only be finished."""
    (draft / READY).touch()
    _finish(specs, draft)


def recover(specs: Path, target: Path) -> None:
    """Finish or forget what an interrupted `adding` left.

    Args:
        specs: The specs folder.
        target: The folder of the import package.
    """
    for draft in sorted(specs.glob(".*.adding")):
        if draft.is_symlink() or not draft.is_dir():
            draft.unlink()
            continue
        with tree.locked(draft):
            if (draft / READY).exists():
                _finish(specs, draft)
            elif draft.exists():
                _forget(specs, draft, target)


def _finish(specs: Path, draft: Path) -> None:
    name = _name(draft)
    with tree.locked(specs):
        listed = specs / SOURCES
        held = listed.read_text("utf-8") if listed.exists() else ""
        known = name in tomllib.loads(held)
        if (draft / name).exists():
            if known or (specs / name).exists():
                message = f"there is a provider {name!r} already"
                raise StageError(
                    STAGE, SOURCES, f"[{name}]", message, f"Remove {draft.name}/ or the provider."
                )
            (draft / name).rename(specs / name)
        if not known:
            text = held.rstrip("\n") if held else _HEAD.rstrip("\n")
            lines = (draft / SOURCES).read_text("utf-8")
            tree.write(draft / "all.toml", f"{text}\n\n{lines}")
            (draft / "all.toml").replace(listed)
        shutil.rmtree(draft)


def _forget(specs: Path, draft: Path, target: Path) -> None:
    # What stands in the client's place is its own only if nobody else has the name, and nothing stood there before.
    name = _name(draft)
    listed = specs / SOURCES
    known = listed.exists() and name in tomllib.loads(listed.read_text("utf-8"))
    own = draft / CLIENT
    if (
        not known
        and own.is_file()
        and own.read_text("utf-8") == f"{(target / name).resolve()}"
        and (target / name / stamp.FILE).is_file()
        and not (target / name).is_symlink()
    ):
        try:
            (target / name).rename(draft / "gone")  # at once: half of it would be nobody's
        except OSError:  # another file system
            shutil.rmtree(target / name)
    shutil.rmtree(draft, ignore_errors=True)


def _name(draft: Path) -> str:
    return check_provider(draft.name.removeprefix(".").removesuffix(".adding"))
