# Schemas in shapes both generators know: enumerations of one type, defaults that Python can have, plain references.

"""One schema at a time, for the generators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codegen.client_members import member_names
from codegen.client_parse import resolve
from codegen.client_words import one_of, said, say
from codegen.jsonvalue import is_node, list_at
from codegen.pointer import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.jsonvalue import Node

ANNOTATIONS: Final = frozenset(
    {"title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"}
)


def lower_schema(schema: Node, document: Mapping[str, Any], pointer: str, files: set[str]) -> None:
    """Put a schema into a shape the generators know; `files` are the pointers of those that are bytes."""
    if schema.get("format") == "binary" and pointer not in files:
        del schema["format"]  # in JSON it is text
    _annotated_reference(schema)
    if "enum" in schema:
        _enum(schema)
    if "const" in schema:
        _constant(schema)
    where = tokens(pointer)
    if (
        "$ref" in schema
        and "default" not in schema
        and (where[-2:-1] == ["properties"] or where[-1] == "schema")
    ):
        held = resolve(document, schema)
        if is_node(held) and held.get("default") is not None:
            schema["default"] = held["default"]
    default = schema.get("default")
    if isinstance(default, list | dict):
        say(schema, said(schema.pop("default")))
    elif "$ref" in schema and default is not None:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]


def lower_path_default(parameter: Node) -> None:
    """A parameter of the path is always given: its default is only worth knowing."""
    schema = parameter.get("schema")
    if parameter.get("in") == "path" and is_node(schema) and schema.get("default") is not None:
        say(parameter, said(schema.pop("default")))


def _annotated_reference(schema: Node) -> None:
    """`allOf` of one reference and of words about it is the reference with the words beside it."""
    held = list_at(schema, "allOf")
    words = [each for each in held if is_node(each) and each and each.keys() <= ANNOTATIONS]
    if words and len(held) - len(words) == 1:
        schema["allOf"] = [each for each in held if each not in words]
        for each in words:
            for key, value in each.items():
                schema.setdefault(key, value)


def _enum(schema: Node) -> None:
    values: list[Any] = []
    for value in schema["enum"]:
        if not any(type(value) is type(known) and value == known for known in values):
            values.append(value)
    schema["enum"] = values
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    flags = [value for value in values if isinstance(value, bool)]
    null = [value for value in values if value is None]
    if len(texts) + len(numbers) + len(flags) + len(null) < len(values):
        del schema["enum"]
        say(schema, one_of(values))
    elif flags and not texts and not numbers:
        del schema["enum"]
        if len(flags) == 1 and not null:
            schema["const"] = flags[0]
            schema.pop("type", None)
        elif "type" not in schema:
            schema.update({"anyOf": [{"type": "boolean"}, {"type": "null"}]} if null else {"type": "boolean"})
    elif sum(map(bool, (texts, numbers, flags))) > 1:
        del schema["enum"]
        schema.pop("type", None)
        kinds = (("string", texts), ("integer", numbers))
        alternatives = [_named({"type": kind, "enum": held}) for kind, held in kinds if held]
        schema["anyOf"] = [
            *alternatives,
            *([{"type": "boolean"}] if flags else []),
            *([{"type": "null"}] if null else []),
        ]
    else:
        _named(schema)


def _named(schema: Node) -> Node:
    schema["x-enum-varnames"] = member_names([value for value in schema["enum"] if value is not None])
    return schema


def _constant(schema: Node) -> None:
    value = schema["const"]
    if value is None:
        del schema["const"]
        schema["type"] = "null"
    elif isinstance(value, list | dict | float):
        say(schema, one_of([schema.pop("const")]))
