# What servers said of the pages that are vendored: specs/<provider>/fetched.toml.
#
# Rules: machine-written and committed, so that the next update, on whatever machine, asks for what changed alone. It
# decides nothing: what is said of a page holds only while sources.toml has the same address and checksum for it, and
# without the file everything is fetched.

"""ETag and Last-Modified of vendored pages."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from codegen.errors import StageError
from codegen.fetch import Validators
from codegen.jsonvalue import is_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.sources import Fragment, Provider

STAGE = "update"
FETCHED = "fetched.toml"
_HEAD = (
    "# machine-written by `python -m codegen update`: what servers said of the pages, for the next time.\n"
)


def known(provider: Provider) -> dict[str, Validators]:
    """What is known of a provider's pages, by file.

    Raises:
        StageError: The file is there and can't be read.
    """
    path = provider.folder / FETCHED
    where = f"{provider.name}/{FETCHED}"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise StageError(STAGE, where, "", f"can't be read: {error}", "Delete it.") from error
    found: dict[str, Validators] = {}
    for fragment in provider.fragments:
        entry: Any = table.get(fragment.file)
        if is_node(entry) and (entry.get("source"), entry.get("sha256")) == (
            fragment.source,
            fragment.sha256,
        ):
            said = (entry.get("etag", ""), entry.get("last_modified", ""))
            found[fragment.file] = Validators(*(each if isinstance(each, str) else "" for each in said))
    return found


def text(fragments: tuple[Fragment, ...], validators: Mapping[str, Validators]) -> str:
    """The file for pages and what servers said of them; empty where they said nothing."""
    lines: list[str] = []
    for fragment in sorted(fragments, key=lambda each: each.file):
        said = validators.get(fragment.file, Validators())
        if said.headers():
            entry = {
                "source": fragment.source,
                "sha256": fragment.sha256,
                "etag": said.etag,
                "last_modified": said.last_modified,
            }
            lines += ["", f"[{json.dumps(fragment.file)}]"]
            lines += [f"{key} = {_quoted(value)}" for key, value in entry.items() if value]
    return "\n".join([_HEAD.rstrip("\n"), *lines]) + "\n" if lines else ""


def _quoted(value: str) -> str:
    return json.dumps(value).replace("\x7f", "\\u007f")
