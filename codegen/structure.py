# What an OpenAPI document is made of.
#
# Rules: the shape of OpenAPI 3.1 is the table KINDS and nothing else knows it; free values (examples, defaults,
# enum members, extensions) are never entered. Every part that stands for something a page states carries a mark,
# the list of places it is stated at, under MARK. Because a mark travels with its part, a stage may move, join or
# wrap parts as it likes and provenance needs no bookkeeping; the last stage takes the marks off.

"""The shape of an OpenAPI document, as data, with a walk and marks of origin over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from attrs import frozen

from codegen.jsonvalue import is_list, is_node
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "x-omnirun-origin"
"""Key under which a part carries the places it is stated at: a list of [file, pointer, line]."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""HTTP methods of a path item."""

AMENDMENTS = "amendments.yaml"
"""File name that origins of hand-made facts carry."""

How = Literal["one", "list", "map"]
_SCHEMA: dict[str, tuple[str, How]] = {
    **dict.fromkeys(("properties", "patternProperties", "$defs", "dependentSchemas"), ("schema", "map")),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("schema", "list")),
    **dict.fromkeys(("items", "additionalProperties", "not", "if", "then", "else"), ("schema", "one")),
    **dict.fromkeys(("contains", "propertyNames"), ("schema", "one")),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), ("schema", "one")),
}

KINDS: dict[str, dict[str, tuple[str, How]]] = {
    "document": {
        "paths": ("path_item", "map"),
        "webhooks": ("path_item", "map"),
        "components": ("components", "one"),
    },
    "components": {
        "schemas": ("schema", "map"),
        "responses": ("response", "map"),
        "parameters": ("parameter", "map"),
        "requestBodies": ("request_body", "map"),
        "headers": ("header", "map"),
        "securitySchemes": ("security_scheme", "map"),
        "pathItems": ("path_item", "map"),
        "callbacks": ("callback", "map"),
    },
    "path_item": {"parameters": ("parameter", "list"), **dict.fromkeys(METHODS, ("operation", "one"))},
    "operation": {
        "parameters": ("parameter", "list"),
        "requestBody": ("request_body", "one"),
        "responses": ("response", "map"),
        "callbacks": ("callback", "map"),
    },
    "callback": {"*": ("path_item", "map")},
    "parameter": {"schema": ("schema", "one"), "content": ("media", "map")},
    "header": {"schema": ("schema", "one"), "content": ("media", "map")},
    "request_body": {"content": ("media", "map")},
    "response": {"content": ("media", "map"), "headers": ("header", "map")},
    "media": {"schema": ("schema", "one")},
    "schema": _SCHEMA,
    "security_scheme": {},
}
"""For every kind of part: the keys below which other parts are, their kind, and how they are held."""

MARKED = frozenset(KINDS) - {"document", "components", "path_item", "callback"}
"""The kinds that carry marks."""


@frozen
class Origin:
    """Where a part of the document is stated."""

    file: str
    """Fragment file name, or `amendments.yaml`."""
    pointer: str
    """JSON pointer into the fragment's own document, or the table row of a rendered page."""
    line: int
    """Line of the file, counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.pointer or '/'})"


class Part(NamedTuple):
    """One part of a document, as the walk comes by it."""

    kind: str
    pointer: str
    value: Any


def parts(value: Any, kind: str = "document", pointer: str = "") -> Iterator[Part]:
    """Every part of a document, outermost first; a part may be changed in place while it is visited."""
    yield Part(kind, pointer, value)
    if not is_node(value):
        return
    node = value
    for key, (inner, how) in KINDS[kind].items():
        held: Any = node if key == "*" else node.get(key)
        where = pointer if key == "*" else child(pointer, key)
        if how == "one":
            if isinstance(held, dict | bool) and key in node:
                yield from parts(held, inner, where)
        elif how == "map" and is_node(held):
            for name, item in list(held.items()):
                if not (key == "*" and name.startswith("x-")):
                    yield from parts(item, inner, child(where, name))
        elif how == "list" and is_list(held):
            for index, item in enumerate(held):
                yield from parts(item, inner, child(where, str(index)))


def mark(value: dict[str, Any], *origins: Origin) -> dict[str, Any]:
    """Add origins to a part, in place; one that it carries already is not added again."""
    held: list[Any] = value.setdefault(MARK, [])
    for origin in origins:
        entry = [origin.file, origin.pointer, origin.line]
        if entry not in held:
            held.append(entry)
    return value


def origins(value: Any) -> tuple[Origin, ...]:
    """The origins a part carries."""
    if not is_node(value):
        return ()
    held = value.get(MARK, [])
    return tuple(Origin(file, pointer, line) for file, pointer, line in held)


def unmarked(value: Any) -> Any:
    """A copy without any mark."""
    if is_node(value):
        node = value
        return {key: unmarked(item) for key, item in node.items() if key != MARK}
    if is_list(value):
        return [unmarked(item) for item in value]
    return value
