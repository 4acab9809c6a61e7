# Fields of a rendered page to a schema.
#
# Rules: a field is known from its table row, from the example, or both. The row's type stands; the example fills what
# it leaves open: the properties of an object (in responses only: what a request's free-form object holds is up to the
# caller), the items of an array, a null. A type that is no known one is whatever the example is, and any value without
# one. What the words of a row say is wording.py's business. A response's properties are never required.

"""Schemas from table rows and example JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from codegen.dialects.types import typed
from codegen.dialects.wording import JSON_TYPES, default, enumerated, may_be_null
from codegen.jsonvalue import Node, is_list, is_node
from codegen.structure import Origin, mark, note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.dialects.tables import Row

MISSING: Any = object()
"""The example value of a field that no example has."""

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
    below = field.below and not is_list(example)
    if row is None or not row.type or row.type.lower() == "timestamp":
        return _inferred(([] if field.many else {}) if below else example)
    schema = typed(row.type)
    if schema is None:
        schema = _inferred(([] if field.many else {}) if below else example)
        return note(
            schema, f"the type {row.type[:80]!r} is no known one: {schema.get('type', 'any value')} is taken"
        )
    if field.many and all(each.get("type") != "array" for each in schema.get("anyOf", [schema])):
        schema = {"type": "array", "items": schema}  # `tags[]` is said to be a string
    told = example is None or row.nullable or may_be_null(row.description)
    return _nullable(schema) if told and "null" not in row.type.lower() else schema


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
    written = schema.get("properties", {})
    known = list(field.below)
    if not request or not name:
        known += [key for key in values if key not in field.below and key not in written]
    if not request:
        schema.pop("required", None)
    for key in known:
        below = field.below.get(key, Field())
        path = f"{name}.{key}" if name else key
        value = values.get(key, MISSING)
        schema.setdefault("properties", {})[key] = schema_of(below, value, origin, request=request, name=path)
        if request and below.row is not None and below.row.required:
            schema.setdefault("required", []).append(key)


def _nullable(schema: Node) -> Node:
    return {"anyOf": [schema, {"type": "null"}]}


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
    if row.type and typed(row.type) is None:
        text = f"{row.type}. {text}" if text else row.type
    target, shown = _listed_target(schema, example)
    if target is not None and (members := _members(row, target)):
        for each in shown:
            if isinstance(each, str) and each not in members and target["type"] == "string":
                members.append(each)
        target.setdefault("enum", members)
    elif (
        target is not None
        and target["type"] == "string"
        and re.search(r"ISO[ -]?8601", text)
        and all(not isinstance(each, str) or _INSTANT.fullmatch(each) for each in shown)
    ):
        target.setdefault("format", "date-time")
    if text:
        schema["description"] = text
    if (given := default(row.default, row.description, schema)) is not None:
        schema["default"] = given


def _listed_target(schema: Node, example: Any) -> tuple[Node | None, list[Any]]:
    # What the values that a row lists are values of, and those its examples show: a text, or the items of an array.
    alternatives: list[Node] = schema.get("anyOf", [schema])
    for each in alternatives:
        if each.get("type") in ("string", "integer"):
            return each, [example]
    for each in alternatives:
        items: Any = each.get("items")
        if each.get("type") == "array" and is_node(items) and items.get("type") == "string":
            return items, example if is_list(example) else []
    return None, []


def _members(row: Row, target: Node) -> list[Any]:
    listed = enumerated(row.values) or [
        each.strip(" \"'`") for each in re.split(r"[,|]", row.values) if each.strip(" \"'`")
    ]
    if target["type"] == "integer":
        return (
            [int(each) for each in listed] if all(re.fullmatch(r"-?\d{1,9}", each) for each in listed) else []
        )
    return listed or enumerated(re.sub(r"\[[^\[\]]*\]", "", row.description))
