# A page to the document it states, by its dialect.
#
# Rules: a dialect is one reader; a page is never guessed to be of another dialect than sources.toml says. What a
# reader returns is an OpenAPI document (3.0 or 3.1) with every part marked, whose parts have the right JSON types, so
# that no later stage needs to ask.

"""Read a vendored page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.dialects import legacy, openapi, rendered
from codegen.errors import StageError
from codegen.jsonvalue import is_list, is_node
from codegen.pointer import child
from codegen.structure import KINDS, MARK, origins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codegen.sources import Page

STAGE = "read"

READERS: Mapping[str, Callable[[Page], dict[str, Any]]] = {
    "openapi": openapi.read,
    "legacy": legacy.read,
    "rendered": rendered.read,
}
"""Every dialect and its reader."""

_LISTS = ("required", "enum", "tags", "security", "servers")


def read(page: Page) -> dict[str, Any]:
    """The document a page states.

    Raises:
        StageError: The page's dialect is unknown, or the page isn't in it.
    """
    reader = READERS.get(page.fragment.dialect)
    if reader is None:
        hint = f"sources.toml may say: {', '.join(READERS)}."
        raise StageError(STAGE, page.where, "", f"the dialect {page.fragment.dialect!r} is unknown", hint)
    document = reader(page)
    _check(document, "document", "", page.where, 1)
    return document


def _check(value: Any, kind: str, pointer: str, where: str, line: int) -> None:
    if isinstance(value, bool) and kind == "schema":
        return
    if not is_node(value):
        found = type(value).__name__
        raise StageError(STAGE, where, f"line {line} ({pointer})", f"a {kind} is a mapping, not {found}")
    node = value
    line = next((origin.line for origin in origins(node)), line)
    for key in _LISTS:
        held = node.get(key)
        boolean = (
            key == "required" and kind in ("parameter", "header", "request_body") and isinstance(held, bool)
        )
        if key in node and held is not None and not boolean and not is_list(held):
            place = f"line {line} ({child(pointer, key)})"
            raise StageError(STAGE, where, place, f"`{key}` of a {kind} is a list, not {type(held).__name__}")
    for key, (inner, how) in KINDS[kind].items():
        held: Any = (
            {name: item for name, item in node.items() if name != MARK} if key == "*" else node.get(key)
        )
        here = pointer if key == "*" else child(pointer, key)
        if held is None:
            continue
        if how == "one":
            _check(held, inner, here, where, line)
        elif how == "map" and is_node(held):
            for name, item in held.items():
                if not name.startswith("x-") or inner == "schema":
                    _check(item, inner, child(here, name), where, line)
        elif how == "list" and is_list(held):
            for index, item in enumerate(held):
                _check(item, inner, child(here, str(index)), where, line)
        else:
            wanted = "mapping" if how == "map" else "list"
            raise StageError(STAGE, where, f"line {line} ({here})", f"`{key}` of a {kind} is a {wanted}")
