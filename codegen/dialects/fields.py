# Fields of a rendered page to a schema.
#
# Rules: a field is known from its table row, from the example, or both. The row's type stands; the example fills what
# it leaves open: the properties of an object (in responses only: what a request's free-form object holds is up to the
# caller), the items of an array, a null. What the words of a row say is wording.py's business. A response's properties
# are never required.

"""Schemas from table rows and example JSON."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from codegen.dialects.wording import JSON_TYPES, default, enumerated, may_be_null
from codegen.jsonvalue import Node, is_list, is_node
from codegen.structure import Origin, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.dialects.tables import Row

MISSING: Any = object()
"""The example value of a field that no example has."""

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"}, "enum": {"type": "string"},
    "number": {"type": "number"}, "float": {"type": "number"}, "double": {"type": "number"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"}, "int": {"type": "integer"}, "int32": {"type": "integer"},
    "int64": {"type": "integer"}, "long": {"type": "integer"},
    "boolean": {"type": "boolean"}, "bool": {"type": "boolean"},
    "object": {"type": "object"}, "map": {"type": "object"}, "array": {"type": "array", "items": {}},
    "any": {}, "json": {}, "null": {"type": "null"},
    "datetime": {"type": "string", "format": "date-time"}, "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"}, "uuid": {"type": "string", "format": "uuid"},
    "file": {"type": "string", "format": "binary"}, "binary": {"type": "string", "format": "binary"},
    "timestamp": {},  # a text or a number: the example tells
}  # fmt: skip
_FORMATS = {
    "uuid": "uuid", "datetime": "date-time", "date-time": "date-time", "iso 8601": "date-time", "iso8601": "date-time",
    "date": "date", "uri": "uri", "url": "uri", "email": "email", "int64": "int64", "int32": "int32",
    "binary": "binary",
}  # fmt: skip
_ARRAY = re.compile(r"(?:[Aa]rray|[Ll]ist)<([\w-]+)>|array\[([\w-]+)\]|array of ([\w-]+?)s?|(.+)\[\]")
_MAP = re.compile(r"(?:Record|[Mm]ap)<string, ?([\w-]+)>")
_FORMATTED = re.compile(r"(\w+)\s?\(([^()]+)\)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_CONTAINER = re.compile(r"object|[Aa]rray|\[\]|map|[Rr]ecord|json|any|^$")
_PLACEHOLDER = re.compile(r"<[^<>]+>|\.\.\.|…")


@define
class Field:
    """A field and the fields below it, as the tables name them."""

    row: Row | None = None
    many: bool = False
    """Whether a table wrote it with `[]`."""
    below: dict[str, Field] = Factory(dict[str, "Field"])


def tree(rows: Sequence[Row]) -> Field:
    """The fields of one table; `items[].runId` and `price.amount` are below items and price."""
    root = Field()
    around = ""
    for row in rows:
        # A name with a dot before it was indented: it is below the last one that was not.
        name = f"{around}{row.name}" if row.name.startswith(".") else row.name
        if not row.name.startswith("."):
            around = name if _CONTAINER.search(row.type) else name.rpartition(".")[0]
        field = root
        for step in name.replace("[*]", "[]").split("."):
            field = field.below.setdefault(step.removesuffix("[]"), Field())
            field.many = field.many or step.endswith("[]")
        field.row = row
    return root


def schema_of(
    field: Field, example: Any, origin: Callable[[str, int], Origin], *, request: bool, name: str = ""
) -> Node:
    """The schema of a field.

    Args:
        field: What the tables say.
        example: What the example says, or MISSING.
        origin: Makes the origin of a field from its path and line; line 0 means the example.
        request: Whether the field is part of a request.
        name: Path of the field.

    Raises:
        ValueError: Table and example contradict each other, or the type is unknown.
    """
    row = field.row
    if isinstance(example, str) and _PLACEHOLDER.fullmatch(example) and row is not None and row.type:
        example = MISSING
    schema = _stated(field, example)
    alternatives: list[Node] = schema.get("anyOf", [schema])
    core = next((each for each in alternatives if each.get("type") in ("object", "array")), schema)
    _agree(field, schema, core, example)
    holder: Node = core
    inner: Any = example
    if core.get("type") == "array":
        inner = example[0] if is_list(example) and example else MISSING
        if inner is not MISSING or field.below:
            items: Node = core.get("items") or (
                _inferred(inner) if inner is not MISSING else {"type": "object"}
            )
            core["items"] = mark(items, origin(f"{name}[]", row.line if row else 0))
            holder = items
    if field.below and "type" not in holder:
        holder["type"] = "object"
    if holder.get("type") == "object":
        _properties(holder, field, inner, origin, request=request, name=name)
    if row is not None:
        _worded(schema, row, example)
    return mark(schema, origin(name, row.line if row else 0))


def _stated(field: Field, example: Any) -> Node:
    # What the row says; without a row or a type, what the rows below it or the example say.
    row = field.row
    if row is None or not row.type or row.type == "timestamp":
        below = field.below and not is_list(example)
        return _inferred(([] if field.many else {}) if below else example)
    schema = _typed(row.type)
    told = example is None or row.nullable or may_be_null(row.description)
    return _nullable(schema) if told and "null" not in row.type else schema


def _agree(field: Field, schema: Node, core: Node, example: Any) -> None:
    row = field.row
    if row is None:
        return
    if field.below and core.get("type") not in ("object", "array", None):
        below = next(iter(field.below))
        raise ValueError(f"the table says {row.type} for {row.name}, yet {below} is below it")
    if not _fits(schema, example):
        raise ValueError(f"the table says {row.type} for {row.name}, the example {json.dumps(example)[:60]}")


def _properties(
    schema: Node,
    field: Field,
    example: Any,
    origin: Callable[[str, int], Origin],
    *,
    request: bool,
    name: str,
) -> None:
    values: Node = example if is_node(example) else {}
    known = list(field.below)
    if not request or not name:
        known += [key for key in values if key not in field.below]
    for key in known:
        below = field.below.get(key, Field())
        path = f"{name}.{key}" if name else key
        value = values.get(key, MISSING)
        schema.setdefault("properties", {})[key] = schema_of(below, value, origin, request=request, name=path)
        if request and below.row is not None and below.row.required:
            schema.setdefault("required", []).append(key)


def _nullable(schema: Node) -> Node:
    return {"anyOf": [schema, {"type": "null"}]}


def _typed(text: str) -> Node:
    atoms = [atom.strip() for atom in re.split(r"\||\bor\b|/", text)]
    literals = [atom[1:-1] for atom in atoms if atom.startswith('"')]
    schemas: list[Node] = [_atom(atom) for atom in atoms if not atom.startswith('"')]
    if literals:
        schemas.insert(0, {"type": "string", "enum": literals})
    return next((each for each in schemas if not each or len(schemas) == 1), {"anyOf": schemas})


def _atom(text: str) -> Node:
    if text in _TYPES:
        return copy.deepcopy(_TYPES[text])
    if mapped := _MAP.fullmatch(text):
        return {"type": "object", "additionalProperties": _atom(mapped[1])}
    if formatted := _FORMATTED.fullmatch(text):
        schema = _atom(formatted[1])
        known = _FORMATS.get(formatted[2].lower())
        return {**schema, "format": known} if known else schema
    array = _ARRAY.fullmatch(text)
    if array is None:
        raise ValueError(f"the type {text!r} is unknown; expected one such as {', '.join(list(_TYPES)[:8])}")
    return {"type": "array", "items": _atom(next(filter(None, array.groups())))}


def _inferred(example: Any) -> Node:  # noqa: PLR0911  # one row per JSON type
    match example:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str() if _INSTANT.fullmatch(example):
            return {"type": "string", "format": "date-time"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": {}}
        case dict():
            return {"type": "object"}
        case _:
            return {}


def _fits(schema: Node, example: Any) -> bool:
    if example is MISSING:
        return True
    return any(
        "type" not in each or JSON_TYPES[each["type"]](example) for each in schema.get("anyOf", [schema])
    )


def _worded(schema: Node, row: Row, example: Any) -> None:
    text = row.description
    target = next((each for each in schema.get("anyOf", [schema]) if each.get("type") == "string"), None)
    listed = enumerated(row.values) or [
        each.strip() for each in re.split(r"[,|]", row.values) if each.strip()
    ]
    if target is not None and (members := listed or enumerated(text)):
        if isinstance(example, str) and example not in members:
            members.append(example)
        target.setdefault("enum", members)
    elif (
        target is not None
        and re.search(r"ISO[ -]?8601", text)
        and (not isinstance(example, str) or _INSTANT.fullmatch(example))
    ):
        target.setdefault("format", "date-time")
    if text:
        schema["description"] = text
    if (given := default(row.default, text, schema)) is not None:
        schema["default"] = given
