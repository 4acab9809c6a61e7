# A page to the document it states, by its dialect.
#
# Rules: a dialect is one reader; a page is never guessed to be of another dialect than sources.toml says. What a
# reader returns is an OpenAPI document (3.0 or 3.1) with every part marked; slips of the page are put right, and what
# comes out has parts of the right JSON types, so that no later stage needs to ask.

"""Read a vendored page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.dialects import legacy, openapi, rendered
from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node
from codegen.pointer import child
from codegen.slips import tidy
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

_REQUIRABLE = ("parameter", "header", "request_body")
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
    document = tidy(reader(page))
    check_types(document, page.where)
    return document


def check_types(document: Node, where: str) -> None:
    """Refuse a document whose parts haven't the JSON types they must have.

    Raises:
        StageError: The first part that hasn't.
    """
    _check(document, "document", "", where, 1)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return not is_list(value) or all(isinstance(item, str) for item in value)


_VALUES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("$ref", "name", "in", "description", "summary", "operationId"), ("a text", _is_text)),
    "type": (
        "a text or a list of texts",
        lambda value: _is_text(value) or (is_list(value) and value != [] and _are_texts(value)),
    ),
    **dict.fromkeys(("required", "tags"), ("a list of texts", _are_texts)),
    "security": ("a list of mappings", lambda value: is_list(value) and all(is_node(item) for item in value)),
}


def _check(value: Any, kind: str, pointer: str, where: str, line: int) -> None:
    if isinstance(value, bool) and kind == "schema":
        return
    if not is_node(value):
        message = f"a {kind.replace('_', ' ')} is a mapping, not {type(value).__name__}"
        raise StageError(STAGE, where, f"line {line} ({pointer})", message)
    line = next((origin.line for origin in origins(value)), line)
    _check_lists(value, kind, pointer, where, line)
    for key, (inner, how) in KINDS[kind].items():
        here = pointer if key == "*" else child(pointer, key)
        for name, item in _held(value, key, how, f"line {line} ({here})", where):
            _check(item, inner, child(here, *name), where, line)


def _held(value: Node, key: str, how: str, place: str, where: str) -> list[tuple[tuple[str, ...], Any]]:
    held: Any = {name: item for name, item in value.items() if name != MARK} if key == "*" else value.get(key)
    if held is None and (how != "one" or key not in value):
        return []
    if how == "one":
        return [((), held)]
    if how == "map" and is_node(held):
        return [((name,), item) for name, item in held.items() if name != MARK]
    if how == "list" and is_list(held):
        return [((str(index),), item) for index, item in enumerate(held)]
    message = f"`{key}` is a {'mapping' if how == 'map' else 'list'}, not {type(held).__name__}"
    raise StageError(STAGE, where, place, message)


def _check_lists(value: Node, kind: str, pointer: str, where: str, line: int) -> None:
    for key in _LISTS:
        held = value.get(key)
        boolean = isinstance(held, bool) and key == "required" and kind in _REQUIRABLE
        if held is not None and not boolean and not is_list(held):
            message = f"`{key}` of a {kind} is a list, not {type(held).__name__}"
            raise StageError(STAGE, where, f"line {line} ({child(pointer, key)})", message)
    for key, (wanted, fits) in _VALUES.items():
        if value.get(key) is not None and not (key == "tags" and kind == "document") and not fits(value[key]):
            message = f"`{key}` of a {kind} is {wanted}"
            raise StageError(STAGE, where, f"line {line} ({child(pointer, key)})", message)
