# Slips of published pages, put right before anything is checked.
#
# Rules: only what can be meant in one way is put right, and every time the part gets a note that says so: an unquoted
# null for the type 'null', `required: true` inside of a schema (OpenAPI knows no such key there; it is taken off, it
# makes nothing required), a parameter whose type stands beside `in` as it did in Swagger 2, one value where a list of
# them belongs, examples as a list where a map belongs. Whatever else has a wrong shape is left for the checks.

"""Put right what pages get wrong without changing what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.jsonvalue import Node, is_list, is_node
from codegen.structure import MARK, METHODS, carry, note, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NEVER_NULL = frozenset({
    "$ref", "allOf", "anyOf", "callbacks", "content", "deprecated", "description", "enum", "examples", "explode",
    "externalDocs", "format", "headers", "items", "links", "nullable", "oneOf", "operationId", "parameters", "pattern",
    "properties", "requestBody", "required", "schema", "security", "servers", "style", "summary", "tags", "title",
})  # fmt: skip
"""Keys at which null says nothing; it is taken for absence."""
_SCHEMA_KEYS = frozenset({
    "type", "format", "enum", "default", "items", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "nullable", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems",
})  # fmt: skip
"""Keys that Swagger 2 has beside `in` and OpenAPI 3 below `schema`."""
_TRUTH = {"true": True, "True": True, "false": False, "False": False}


def tidy(document: Node) -> Node:
    """Put right, in place, what the parts of a document get wrong; every change is noted."""
    for part in parts(document):
        if is_node(part.value) and part.kind in _TIDIES:
            for key in [key for key in part.value if key in _NEVER_NULL and part.value[key] is None]:
                del part.value[key]
            _TIDIES[part.kind](part.value)
    return document


def _document(node: Node) -> None:
    _listed(node, "security", "servers")
    _extensions(node.get("paths"))


def _path_item(node: Node) -> None:
    _listed(node, "servers")
    for method in METHODS:  # `GET:` is no key of OpenAPI, but it is clear what is meant
        if method not in node and is_node(node.get(method.upper())):
            node[method] = node.pop(method.upper())


def _operation(node: Node) -> None:
    _listed(node, "security", "servers", "tags")
    _extensions(node.get("responses"))


def _listed(node: Node, *keys: str) -> None:
    for key in keys:
        if is_node(node.get(key)) or (key == "tags" and isinstance(node.get(key), str)):
            node[key] = [node[key]]


def _extensions(held: Any) -> None:
    if is_node(held):
        for key in [key for key in held if key.startswith("x-")]:
            del held[key]


def _required(node: Node) -> None:
    said = node.get("required")
    if isinstance(said, str) and said in _TRUTH:
        node["required"] = _TRUTH[said]
        note(node, f"`required: '{said}'` is read as the boolean")


def _parameter(node: Node) -> None:
    _required(node)
    _example_map(node)
    held = [key for key in node if key in _SCHEMA_KEYS]
    if held and "schema" not in node and "content" not in node and "$ref" not in node:
        node["schema"] = carry({key: node.pop(key) for key in held}, node)
        note(node, f"{', '.join(f'`{key}`' for key in held)} beside `in` moved below `schema`")


def _request_body(node: Node) -> None:
    _required(node)


def _example_map(node: Node) -> None:
    examples = node.get("examples")
    if is_list(examples):
        node["examples"] = {
            f"example{number}": each if is_node(each) and "value" in each else {"value": each}
            for number, each in enumerate(examples, 1)
        }


def _schema(node: Node) -> None:
    if "type" in node and node["type"] is None:
        node["type"] = "null"
        note(node, "`type: null` without quotes is read as the type 'null'")
    kinds: Any = node.get("type")
    if is_list(kinds) and None in kinds:
        node["type"] = ["null" if each is None else each for each in kinds]
        note(node, "null without quotes in `type` is read as the type 'null'")
    if isinstance(node.get("required"), bool) or str(node.get("required")) in _TRUTH:
        note(node, f"`required: {str(node.pop('required')).lower()}` inside of a schema says nothing")
    if is_node(node.get("examples")):
        held: Node = node["examples"]
        values = [item for key, item in held.items() if key != MARK]
        node["examples"] = [each["value"] if is_node(each) and "value" in each else each for each in values]
    for key in ("allOf", "anyOf", "oneOf"):
        if node.get(key) == []:
            del node[key]


_TIDIES: Mapping[str, Callable[[Node], None]] = {
    "document": _document,
    "path_item": _path_item,
    "operation": _operation,
    "parameter": _parameter,
    "header": _parameter,
    "request_body": _request_body,
    "media": _example_map,
    "schema": _schema,
    "response": lambda _: None,
}
