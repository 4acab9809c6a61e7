# Fields of a rendered page to a schema.
#
# Rules: a field is known from its table row, from the example, or both. The row's type stands; the example fills what
# it leaves open: the properties of an object (in responses only: what a request's free-form object holds is up to the
# caller), the items of an array, a null. A description that is nothing but quoted words enumerates the values. A
# response's properties are never required.

"""Schemas from table rows and example JSON."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from codegen.jsonvalue import Node, is_list, is_node
from codegen.structure import Origin, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.dialects.tables import Row

MISSING: Any = object()
"""The example value of a field that no example has."""

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"}, "float": {"type": "number"},
    "integer": {"type": "integer"}, "int": {"type": "integer"},
    "boolean": {"type": "boolean"}, "bool": {"type": "boolean"},
    "object": {"type": "object"}, "array": {"type": "array", "items": {}},
    "any": {}, "null": {"type": "null"},
    "datetime": {"type": "string", "format": "date-time"}, "uuid": {"type": "string", "format": "uuid"},
}  # fmt: skip
_ARRAY = re.compile(r"[Aa]rray<(\w+)>|array of (\w+?)s?|(.+)\[\]")
_QUOTED = re.compile(
    r"(?:(?:one of|either|always|possible values|values)\b:?\s*)?"
    r"((?:[\"“`'][^\"”`']+[\"”`'](?:\s*(?:,?\s*\b(?:or|and)\b|,|\||/)\s*)?)+)\.?",
    re.IGNORECASE,
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_DEFAULT = re.compile(r"\b[Dd]efaults?(?: is| to|:)?\s*[\"`']?([\w.-]+?)[\"`']?(?=[\s),.;]|$)")


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
    for row in rows:
        field = root
        for step in row.name.split("."):
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
    if row is not None and row.type:
        schema = _typed(row.type)
    elif field.below and not is_list(example):
        schema = _inferred([] if field.many else {})
    else:
        schema = _inferred(example)
    if example is None and row is not None and row.type and "null" not in row.type:
        schema = _nullable(schema)
    alternatives: list[Node] = schema.get("anyOf", [schema])
    core = next((each for each in alternatives if each.get("type") in ("object", "array")), schema)
    if row is not None and not _fits(schema, example):
        raise ValueError(f"the table says {row.type} for {row.name}, the example {json.dumps(example)[:60]}")
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
    if holder.get("type") == "object":
        _properties(holder, field, inner, origin, request=request, name=name)
    if row is not None:
        _worded(schema, row, example)
    return mark(schema, origin(name, row.line if row else 0))


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
    atoms = [atom.strip() for atom in re.split(r"\||\bor\b", text)]
    literals = [atom[1:-1] for atom in atoms if atom.startswith('"')]
    schemas: list[Node] = [_atom(atom) for atom in atoms if not atom.startswith('"')]
    if literals:
        schemas.insert(0, {"type": "string", "enum": literals})
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _atom(text: str) -> Node:
    if text in _TYPES:
        return copy.deepcopy(_TYPES[text])
    array = _ARRAY.fullmatch(text)
    if array is None:
        raise ValueError(f"the type {text!r} is unknown")
    return {"type": "array", "items": _atom(array[1] or array[2] or array[3])}


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


_JSON_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": is_node,
    "array": is_list,
    "null": lambda value: value is None,
}


def _fits(schema: Node, example: Any) -> bool:
    if example is MISSING:
        return True
    return any(
        "type" not in each or _JSON_TYPES[each["type"]](example) for each in schema.get("anyOf", [schema])
    )


def _worded(schema: Node, row: Row, example: Any) -> None:
    text = row.description
    target = next((each for each in schema.get("anyOf", [schema]) if each.get("type") == "string"), None)
    if target is not None and (quoted := _QUOTED.fullmatch(text)):
        target.setdefault("enum", re.findall(r"[\"“`']([^\"”`']+)[\"”`']", quoted[1]))
    elif (
        target is not None
        and "ISO 8601" in text
        and (not isinstance(example, str) or _INSTANT.fullmatch(example))
    ):
        target.setdefault("format", "date-time")
    if text:
        schema["description"] = text
    given = row.default.strip("\"'`")
    if given in ("", "-", "—", "\u2013"):
        said = _DEFAULT.search(text)
        given = said[1] if said else ""
    if given and (default := _default(schema, given)) is not None:
        schema["default"] = default


def _default(schema: Node, text: str) -> Any:
    for each in schema.get("anyOf", [schema]):
        kind = each.get("type")
        if kind == "string" and ("enum" not in each or text in each["enum"]):
            return text
        if kind in ("integer", "number", "boolean"):
            try:
                value = json.loads(text)
            except ValueError:
                continue
            if _JSON_TYPES[kind](value):
                return value
    return None
