# One schema to its plainest form in OpenAPI 3.1.
#
# Rules: what may be null is `anyOf` with {type: 'null'}; a type list becomes single types; a one-item allOf, anyOf or
# oneOf dissolves; `items` and `type` are always there where they are implied; a `default` and the members of an `enum`
# are of the schema's own type; a boolean schema is {} or {not: {}}. What is below a schema is plain already when it is
# its turn. Lowering twice changes nothing, and what is changed is noted at the schema.

"""Lower one schema."""

from __future__ import annotations

import copy
import json
from typing import Any

from codegen.jsonvalue import Node, is_list, is_node
from codegen.likeness import ANNOTATIONS, structural
from codegen.meant import PYTHON_TYPES, fits, spell
from codegen.structure import MARK, carry, mark, note, origins

_KEYS_OF_TYPE: dict[str, frozenset[str]] = {
    "string": frozenset({"pattern", "minLength", "maxLength", "format", "contentMediaType", "contentEncoding"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "format"}),
    "object": frozenset({
        "properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties",
        "propertyNames", "discriminator",
    }),
    "boolean": frozenset(),
}  # fmt: skip
_TYPED_KEYS: frozenset[str] = frozenset[str]().union(*_KEYS_OF_TYPE.values())
_NULL = "may be null: written as anyOf with the type 'null'"


def lower_schema(schema: Node) -> Node:
    """One schema in plain form; what is below it must be in plain form already."""
    _bounds(schema)
    _const(schema)
    schema = dissolve(_words_apart(schema))
    _members_of_items(schema)
    spell(schema)
    schema = _types(schema)
    _or_null(schema)
    if schema.get("type") == "array" and "items" not in schema:
        schema["items"] = {}
        note(schema, "an array without `items`: anything may be in it")
    return _reference(schema)


def _bounds(schema: Node) -> None:
    # 3.0 has boolean exclusive bounds beside the bound.
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
            note(schema, f"`{exclusive}: true` is written as the bound itself")


def _const(schema: Node) -> None:
    if isinstance(schema.get("const"), str) and "enum" not in schema:
        schema["enum"] = [schema.pop("const")]
        note(schema, "`const` is written as an enumeration of one value")


def dissolve(schema: Node) -> Node:
    """A schema with its one-item allOf, anyOf or oneOf written as that item."""
    for key in ("allOf", "anyOf", "oneOf"):
        held = schema.get(key)
        if not is_list(held) or len(held) != 1 or not is_node(held[0]):
            continue
        inner = held[0]
        outer = {name: value for name, value in schema.items() if name != key}
        clash = [name for name in outer if name in inner and name not in ANNOTATIONS | {MARK}]
        if any(outer[name] != inner[name] for name in clash):
            continue
        if ("$ref" in inner and structural(outer) - {"$ref", "nullable"}) or (
            "$ref" in outer and structural(inner) - {"$ref", "nullable"}
        ):
            continue
        dissolved = {name: value for name, value in {**inner, **outer}.items() if name != MARK}
        schema = carry(dissolved, schema, inner)
        note(schema, f"the {key} of one item is written as that item")
    return schema


def _words_apart(schema: Node) -> Node:
    # Of an allOf, what says nothing about which values fit speaks of the whole: `[{$ref: ..}, {default: a}]`.
    held = schema.get("allOf")
    if not is_list(held) or not all(is_node(each) for each in held):
        return schema
    apart = [each for each in held if not structural(each)]
    if not apart or len(apart) == len(held):
        return schema
    outer: Node = {key: value for each in apart for key, value in each.items() if key != MARK}
    kept = {**outer, **schema, "allOf": [each for each in held if structural(each)]}
    told = "what only annotates in allOf is written beside it"
    return note(carry({key: value for key, value in kept.items() if key != MARK}, schema, *apart), told)


def _members_of_items(schema: Node) -> None:
    # `enum` beside `type: array` that lists what the items may be.
    members, items = schema.get("enum"), schema.get("items")
    plain = is_list(members) and not any(isinstance(each, list) for each in members)
    if (
        schema.get("type") == "array"
        and plain
        and is_node(items)
        and "$ref" not in items
        and "enum" not in items
    ):
        items["enum"] = schema.pop("enum")
        mark(items, *origins(schema))
        note(schema, "`enum` beside `type: array` lists values of the items: moved there")
        _imply_type(items)


def _types(schema: Node) -> Node:
    nullable = schema.pop("nullable", False) is True
    if nullable:
        note(schema, _NULL)
    kinds: list[Any] = schema["type"] if is_list(schema.get("type")) else []
    if kinds:
        if "null" in kinds and len(kinds) > 1:
            nullable = True
            note(schema, _NULL)
        rest = [kind for kind in dict.fromkeys(kinds) if kind != "null"]
        del schema["type"]
        if len(rest) <= 1:
            schema["type"] = rest[0] if rest else "null"
        else:
            schema = note(_split(schema, rest), f"the types {', '.join(map(str, rest))} are written as anyOf")
    if is_list(schema.get("enum")):
        schema["enum"] = _distinct(schema["enum"])
    if is_list(schema.get("enum")) and None in schema["enum"] and schema.get("type") != "null":
        members = [member for member in schema["enum"] if member is not None]
        nullable = True
        note(schema, _NULL)
        if members:
            schema["enum"] = members
        else:
            del schema["enum"]
            schema["type"] = "null"
    _imply_type(schema)
    return _with_null(schema) if nullable and schema.get("type") != "null" else schema


def _distinct(members: list[Any]) -> list[Any]:
    kept: dict[tuple[str, str], Any] = {}
    for member in members:
        kept.setdefault((type(member).__name__, json.dumps(member, default=str)), member)
    return list(kept.values())


def _imply_type(schema: Node) -> None:
    if "type" in schema or "$ref" in schema or any(key in schema for key in ("allOf", "anyOf", "oneOf")):
        return
    members: Any = schema.get("enum")
    if "properties" in schema or is_node(schema.get("additionalProperties")):
        schema["type"] = "object"
    elif "items" in schema:
        schema["type"] = "array"
    elif is_list(members) and members:
        for kind in ("string", "boolean", "integer", "number"):
            if all(fits(member, kind) for member in members):
                schema["type"] = kind
                return


def _split(schema: Node, kinds: list[Any]) -> Node:
    # {type: [a, b], ...} to anyOf, each type with the keys that speak of it.
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}
    inner = {key: value for key, value in schema.items() if key not in outer}
    branches: list[Node] = []
    for kind in kinds:
        wanted = _KEYS_OF_TYPE.get(kind, frozenset[str]()) if isinstance(kind, str) else frozenset[str]()
        branch = {key: value for key, value in inner.items() if key in wanted or key not in _TYPED_KEYS}
        if is_list(branch.get("enum")) and kind in PYTHON_TYPES:
            branch["enum"] = [member for member in branch["enum"] if fits(member, kind)]
            if not branch["enum"]:
                continue
        branch = {"type": kind, **copy.deepcopy(branch)}
        if kind == "array":
            branch.setdefault("items", {})
        branches.append(mark(branch, *origins(schema)))
    return {**outer, "anyOf": branches}


def _with_null(schema: Node) -> Node:
    for key in ("anyOf", "oneOf"):
        held = schema.get(key)
        if is_list(held) and not structural(schema) - {key}:
            alternatives = held
            if not any(is_node(each) and each.get("type") == "null" for each in alternatives):
                alternatives.append({"type": "null"})
            return schema
    if not structural(schema):
        return schema  # no type at all: null is allowed already
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    inner = {key: value for key, value in schema.items() if key not in outer and key != MARK}
    if inner.get("type") == "array":
        inner.setdefault("items", {})
    mark(inner, *origins(schema))
    return carry({**outer, "anyOf": [_reference(inner), {"type": "null"}]}, schema)


def _or_null(schema: Node) -> None:
    # One type or null excludes nothing: `oneOf` says no more than `anyOf` does.
    held: Any = schema.get("oneOf")
    if "anyOf" in schema or not is_list(held) or len(held) != 2:  # noqa: PLR2004  # X or null
        return
    if [is_node(each) and each.get("type") == "null" for each in held].count(True) == 1:
        schema["anyOf"] = schema.pop("oneOf")
        note(schema, "the oneOf of one type and null is written as anyOf")


def _reference(schema: Node) -> Node:
    # `$ref` beside keys that say more becomes an allOf; a redundant `type` beside it goes.
    if "$ref" not in schema:
        return schema
    beside = structural(schema) - {"$ref"}
    if beside <= {"type"}:
        schema.pop("type", None)
        return schema
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}
    rest = {key: value for key, value in schema.items() if key in beside}
    _imply_type(rest)
    existing = rest.pop("allOf", [])
    parts: list[Any] = [{"$ref": schema["$ref"]}, *existing]
    if rest:
        parts.append(mark(rest, *origins(schema)))
    told = f"{', '.join(f'`{key}`' for key in sorted(beside))} beside `$ref`: written as allOf"
    return note(carry({**outer, "allOf": parts}, schema), told)
