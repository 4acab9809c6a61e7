# What an OpenAPI document is made of.
#
# Rules: the shape of OpenAPI 3.1 is the table KINDS and nothing else knows it; free values (examples, defaults,
# enum members, extensions) are never entered. Every part that stands for something a page states carries a mark
# under MARK: the places it is stated at, and notes on what stages changed. Because a mark travels with its part, a
# stage may move, join or wrap parts as it likes and provenance needs no bookkeeping; the last stage takes the marks
# off.

"""The shape of an OpenAPI document, as data, with a walk and marks of origin over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from attrs import Factory, define, frozen

from codegen.jsonvalue import is_list, is_node
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "x-omnirun-origin"
"""Key under which a part carries its Mark."""

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

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        return self


@define
class Mark:
    """What a part carries: where it is stated, and what stages did to it."""

    origins: dict[Origin, None] = Factory(dict[Origin, None])
    notes: dict[str, None] = Factory(dict[str, None])

    def __deepcopy__(self, memo: dict[int, Any]) -> Mark:
        return Mark(dict(self.origins), dict(self.notes))


class Part(NamedTuple):
    """One part of a document, as the walk comes by it."""

    kind: str
    pointer: str
    value: Any


def parts(value: Any, kind: str = "document", pointer: str = "") -> Iterator[Part]:
    """Every part of a document, outermost first; a part may be changed in place while it is visited."""
    waiting = [Part(kind, pointer, value)]
    while waiting:
        part = waiting.pop()
        yield part
        if is_node(part.value):
            waiting += reversed(list(_below(part)))


def _below(part: Part) -> Iterator[Part]:
    node, pointer = part.value, part.pointer
    table = KINDS[part.kind]
    for key in table if "*" in table else [key for key in table if key in node]:
        inner, how = table[key]
        held: Any = node if key == "*" else node[key]
        where = pointer if key == "*" else child(pointer, key)
        if how == "one":
            if isinstance(held, dict | bool):
                yield Part(inner, where, held)
        elif how == "map" and is_node(held):
            for name, item in held.items():
                if not (key == "*" and name.startswith("x-")):
                    yield Part(inner, child(where, name), item)
        elif how == "list" and is_list(held):
            for index, item in enumerate(held):
                yield Part(inner, f"{where}/{index}", item)


def mark(value: dict[str, Any], *origins: Origin) -> dict[str, Any]:
    """Add origins to a part, in place."""
    _mark(value).origins.update(dict.fromkeys(origins))
    return value


def note(value: dict[str, Any], *notes: str) -> dict[str, Any]:
    """Add sentences on what was done to a part, in place."""
    if notes:
        _mark(value).notes.update(dict.fromkeys(notes))
    return value


def carry(value: dict[str, Any], *sources: Any) -> dict[str, Any]:
    """Give a part, in place, the origins and notes of the parts it was made from."""
    for source in sources:
        if is_node(source) and MARK in source and source is not value:
            held, given = _mark(value), source[MARK]
            held.origins.update(given.origins)
            held.notes.update(given.notes)
    return value


def carry_all(value: Any, other: Any, kind: str = "schema") -> Any:
    """Give all parts below a part, in place, what the parts at the same places below its equal carry."""
    theirs = {part.pointer: part.value for part in parts(other, kind)}
    for part in parts(value, kind):
        if is_node(part.value):
            carry(part.value, theirs.get(part.pointer))
    return value


def _mark(value: dict[str, Any]) -> Mark:
    held = value.setdefault(MARK, Mark())
    if not isinstance(held, Mark):  # the page's own: it is not believed
        held = value[MARK] = Mark()
    return held


def origins(value: Any) -> tuple[Origin, ...]:
    """The origins a part carries."""
    held = value.get(MARK) if is_node(value) else None
    return tuple(held.origins) if isinstance(held, Mark) else ()


def notes(value: Any) -> tuple[str, ...]:
    """The notes a part carries."""
    held = value.get(MARK) if is_node(value) else None
    return tuple(held.notes) if isinstance(held, Mark) else ()


def unmarked(value: Any) -> Any:
    """A copy without any mark."""
    if is_node(value):
        node = value
        return {key: unmarked(item) for key, item in node.items() if key != MARK}
    if is_list(value):
        return [unmarked(item) for item in value]
    return value
