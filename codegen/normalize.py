# One fragment's document to one way of saying things: OpenAPI 3.1 in its plainest form.
#
# Rules: nothing is dropped that a page states about an operation. What may be null is `anyOf` with {type: 'null'};
# a type list becomes single types; a one-item allOf, anyOf or oneOf dissolves; `items` and `type` are always there
# where they are implied; boolean schemas are {}; parameters, responses and bodies are in the operation itself, so are
# path-level parameters and document-level security; `:name` in a path is `{name}`. Normalizing twice changes nothing.

"""Lower a document to OpenAPI 3.1 in its plainest form."""

from __future__ import annotations

import copy
import re
from typing import Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.pointer import child, resolve
from codegen.structure import KINDS, MARK, METHODS, mark, origins

STAGE = "normalize"

ANNOTATIONS = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs",
})  # fmt: skip
"""Schema keys that say nothing about which values fit."""

_INLINED = {
    "parameter": "#/components/parameters/",
    "response": "#/components/responses/",
    "request_body": "#/components/requestBodies/",
    "header": "#/components/headers/",
}
_KEPT_COMPONENTS = ("schemas", "securitySchemes")
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
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
_COLON = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
_DEEPEST_REF = 20


def normalize(document: Node, where: str) -> Node:
    """The document in OpenAPI 3.1's plainest form.

    Args:
        document: A marked document, as a reader returns it.
        where: The fragment, named in errors.

    Raises:
        StageError: A part that must be a mapping or list isn't one, or references go round in circles.
    """
    return _Normalizer(copy.deepcopy(document), where).run()


class _Normalizer:
    def __init__(self, document: Node, where: str) -> None:
        self._document = document
        self._where = where

    def run(self) -> Node:
        document = self._document
        self._inline()
        security = document.pop("security", None)
        paths: Node = {}
        for path, item in node_at(document, "paths").items():
            for method in METHODS:
                if is_node(item.get(method)):
                    self._operation(item[method], item, security)
            item.pop("parameters", None)
            lowered = colons(path)
            if lowered in paths:
                raise StageError(
                    STAGE, self._where, child("/paths", path), f"the path occurs twice, also as {lowered}"
                )
            paths[lowered] = item
        document["paths"] = paths
        components = node_at(document, "components")
        document["components"] = {key: node_at(components, key) for key in _KEPT_COMPONENTS}
        document["openapi"] = "3.1.0"
        lowered_document: Node = self._schemas(document, "document")
        return lowered_document

    def _inline(self) -> None:
        # Every reference to a parameter, response, body or header is replaced by a copy of what it means.
        self._document = self._inlined(self._document, "document", "")

    def _inlined(self, value: Any, kind: str, pointer: str) -> Any:
        if not is_node(value):
            return value
        node = value
        prefix = _INLINED.get(kind)
        for _ in range(_DEEPEST_REF):
            reference = node.get("$ref")
            if prefix is None or not isinstance(reference, str) or not reference.startswith(prefix):
                break
            try:
                target: Any = copy.deepcopy(resolve(self._document, reference[1:]))
            except KeyError:
                break  # dangling: the gate says so
            if not is_node(target):
                break
            node = mark(target, *origins(node))
        else:
            raise StageError(STAGE, self._where, pointer, "references that go round in a circle")
        for key, (inner, how) in KINDS[kind].items():
            if inner not in ("schema", "security_scheme", "components") and key in node:
                node[key] = self._all_inlined(node[key], inner, how, child(pointer, key))
        return node

    def _all_inlined(self, held: Any, kind: str, how: str, pointer: str) -> Any:
        if how == "map" and is_node(held):
            return {name: self._inlined(item, kind, child(pointer, name)) for name, item in held.items()}
        if how == "list" and is_list(held):
            return [self._inlined(item, kind, child(pointer, str(i))) for i, item in enumerate(held)]
        return self._inlined(held, kind, pointer)

    def _operation(self, operation: Node, item: Node, security: Any) -> None:
        own = list_at(operation, "parameters")
        named = {(parameter.get("in"), parameter.get("name")) for parameter in own}
        shared = list_at(item, "parameters")
        own += [copy.deepcopy(each) for each in shared if (each.get("in"), each.get("name")) not in named]
        for parameter in own:
            if parameter.get("in") == "path":
                parameter["required"] = True
            if "schema" not in parameter and "content" not in parameter and "$ref" not in parameter:
                parameter["schema"] = mark({}, *origins(parameter))
        operation["parameters"] = own
        if "security" not in operation and security is not None:
            operation["security"] = copy.deepcopy(security)
        for response in node_at(operation, "responses").values():
            if is_node(response) and "$ref" not in response:
                response.setdefault("description", "")

    def _schemas(self, value: Any, kind: str) -> Any:
        # Innermost first, so that what wraps a schema sees its plain form.
        if kind == "schema" and isinstance(value, bool):
            return {} if value else {"not": {}}
        if not is_node(value):
            return value
        node = value
        for key, (inner, how) in KINDS[kind].items():
            held = node.get(key)
            if how == "one" and key in node:
                keep = key in ("additionalProperties", "unevaluatedProperties") and isinstance(held, bool)
                node[key] = held if keep else self._schemas(held, inner)
            elif how == "map" and is_node(held):
                node[key] = {name: self._schemas(item, inner) for name, item in held.items()}
            elif how == "list" and is_list(held):
                node[key] = [self._schemas(item, inner) for item in held]
        return lower_schema(node) if kind == "schema" else node


def colons(path: str) -> str:
    """A path with `:name` segments written `{name}`."""
    return "/".join(_COLON.sub(r"{\1}", part) if part.startswith(":") else part for part in path.split("/"))


def lower_schema(schema: Node) -> Node:
    """One schema in plain form; what is below it must be in plain form already."""
    _lower_bounds(schema)
    schema = _lower_const(schema)
    schema = _dissolve(schema)
    schema = _lower_types(schema)
    if schema.get("type") == "array":
        schema.setdefault("items", {})
    return _lower_reference(schema)


def _lower_bounds(schema: Node) -> None:
    # 3.0 has boolean exclusive bounds beside the bound.
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)


def _lower_const(schema: Node) -> Node:
    if isinstance(schema.get("const"), str) and "enum" not in schema:
        schema["enum"] = [schema.pop("const")]
    return schema


def _dissolve(schema: Node) -> Node:
    for key in ("allOf", "anyOf", "oneOf"):
        held = schema.get(key)
        if not is_list(held) or len(held) != 1 or not is_node(held[0]):
            continue
        inner = held[0]
        outer = {name: value for name, value in schema.items() if name != key}
        clash = [name for name in outer if name in inner and name not in ANNOTATIONS | {MARK}]
        if any(outer[name] != inner[name] for name in clash):
            continue
        if ("$ref" in inner and _structural(outer) - {"$ref", "nullable"}) or (
            "$ref" in outer and _structural(inner) - {"$ref", "nullable"}
        ):
            continue
        marks = [*origins(schema), *origins(inner)]
        schema = {**inner, **outer}
        schema.pop(MARK, None)
        if marks:
            mark(schema, *marks)
    return schema


def _structural(schema: Node) -> set[str]:
    return {key for key in schema if key not in ANNOTATIONS and key != MARK and not key.startswith("x-")}


def _lower_types(schema: Node) -> Node:
    nullable = schema.pop("nullable", False) is True
    kinds: list[Any] = schema["type"] if is_list(schema.get("type")) else []
    if kinds:
        nullable = nullable or "null" in kinds
        rest = [kind for kind in dict.fromkeys(kinds) if kind != "null"]
        del schema["type"]
        if len(rest) <= 1:
            schema["type"] = rest[0] if rest else "null"
        else:
            schema = _split(schema, rest)
    if is_list(schema.get("enum")):
        schema["enum"] = _distinct(schema["enum"])
    if is_list(schema.get("enum")) and None in schema["enum"] and schema.get("type") != "null":
        members = [member for member in schema["enum"] if member is not None]
        nullable = True
        if members:
            schema["enum"] = members
        else:
            del schema["enum"]
            schema["type"] = "null"
    _imply_type(schema)
    return _with_null(schema) if nullable and schema.get("type") != "null" else schema


def _distinct(members: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for member in members:
        if not any(type(member) is type(other) and member == other for other in kept):
            kept.append(member)
    return kept


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
            if all(_is(member, kind) for member in members):
                schema["type"] = kind
                return


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _PYTHON_TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _split(schema: Node, kinds: list[Any]) -> Node:
    # {type: [a, b], ...} to anyOf, each type with the keys that speak of it.
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}
    inner = {key: value for key, value in schema.items() if key not in outer}
    branches: list[Node] = []
    for kind in kinds:
        wanted = _KEYS_OF_TYPE.get(kind, frozenset[str]()) if isinstance(kind, str) else frozenset[str]()
        branch = {key: value for key, value in inner.items() if key in wanted or key not in _TYPED_KEYS}
        if is_list(branch.get("enum")) and kind in _PYTHON_TYPES:
            branch["enum"] = [member for member in branch["enum"] if _is(member, kind)]
            if not branch["enum"]:
                continue
        branch = {"type": kind, **copy.deepcopy(branch)}
        if kind == "array":
            branch.setdefault("items", {})
        branches.append(branch)
    return mark({**outer, "anyOf": branches}, *origins(schema))


def _with_null(schema: Node) -> Node:
    for key in ("anyOf", "oneOf"):
        held = schema.get(key)
        if is_list(held) and not _structural(schema) - {key}:
            alternatives = held
            if not any(is_node(each) and each.get("type") == "null" for each in alternatives):
                alternatives.append({"type": "null"})
            return schema
    if not _structural(schema):
        return schema  # no type at all: null is allowed already
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    inner = {key: value for key, value in schema.items() if key not in outer}
    if inner.get("type") == "array":
        inner.setdefault("items", {})
    return mark({**outer, "anyOf": [_lower_reference(inner), {"type": "null"}]}, *origins(schema))


def _lower_reference(schema: Node) -> Node:
    # `$ref` beside keys that say more becomes an allOf; a redundant `type` beside it goes.
    if "$ref" not in schema:
        return schema
    beside = _structural(schema) - {"$ref"}
    if beside <= {"type"}:
        schema.pop("type", None)
        return schema
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    rest = {key: value for key, value in schema.items() if key in beside}
    _imply_type(rest)
    existing = rest.pop("allOf", [])
    parts: list[Any] = [{"$ref": schema["$ref"]}, *existing, *([rest] if rest else [])]
    return mark({**outer, "allOf": parts}, *origins(schema))
