# A document as the generators can take it: the same facts, in the shapes they know.
#
# Rules: the document itself stays as it is, and what was generated is compared with it, not with this copy. What has no
# shape in Python (a list as a default, an enumeration of fractions) is put into words where its place is described.
# What is said only to our templates (which variant a value chooses, which content type was meant) goes in a table
# beside the copy. Openapi-python-client gets `document`; datamodel-code-generator gets `plain`, which has less.

"""Shapes the generators don't know, put into shapes they do."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from attrs import Factory, frozen

from codegen.client_contents import lower_body, lower_parameter, lower_reply
from codegen.client_members import member_names
from codegen.client_parse import operations, resolve
from codegen.jsonvalue import is_list, is_node, list_at, node_at
from codegen.pointer import tokens
from codegen.structure import parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.client_contents import Form
    from codegen.jsonvalue import Node

SCHEMAS: Final = "#/components/schemas/"
ANNOTATIONS: Final = frozenset(
    {"title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"}
)
LIMITS: Final = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
)
FORMATS: Final = frozenset({"binary", "date", "date-time", "uuid", "int32", "int64", "float", "double"})
"""Formats both generators read alike; of others datamodel-code-generator has types that spell values anew."""
MARKER: Final = "omnirun: variants {}"
"""A constant that stands for a discriminator among the alternatives of a union."""


At = tuple[str, str]
"""Path and method of an operation."""


@frozen
class Variants:
    """What a discriminator chooses."""

    key: str
    names: Mapping[str, str]
    """Value of the property to name of the component."""


@frozen
class Lowered:
    """A document for the generators, with what our templates must know beside it."""

    document: dict[str, Any]
    plain: dict[str, Any]
    variants: Mapping[str, Variants] = Factory(dict[str, Variants])
    """By the marker that stands for them."""
    styles: Mapping[At, Mapping[tuple[str, str], str]] = Factory(dict[Any, Any])
    """Place and name of a parameter to how it is written, where that is not the usual way."""
    contents: Mapping[str, str] = Factory(dict[str, str])
    """Content type the parser sees to the one that is stated."""
    replies: Mapping[At, Mapping[str, tuple[Form, ...]]] = Factory(dict[Any, Any])
    """Status to the forms of a reply, the first of them the one the parser is told of."""


def lower(document: Mapping[str, Any]) -> Lowered:
    """Put a document into the shapes the generators know.

    Args:
        document: With the keywords of JSON Schema and OpenAPI alone.
    """
    found: dict[str, Any] = copy.deepcopy(dict(document))
    contents, styles, replies = _operations(found)
    files = _files(found)
    for part in parts(found):
        if part.kind == "schema" and is_node(part.value):
            _schema(part.value, document, part.pointer, files)
        elif part.kind == "parameter":
            _path_default(part.value)
    plain = copy.deepcopy(found)
    for schema in _schemas(plain):
        _without_variants(schema, plain)
        if schema.get("format") not in FORMATS:
            schema.pop("format", None)
    variants: dict[str, Variants] = {}
    for schema in _schemas(found):
        _with_variants(schema, found, variants)
        _in_words(schema)
    return Lowered(found, plain, variants, styles, contents, replies)


def _schemas(document: Node) -> list[Node]:
    return [part.value for part in parts(document) if part.kind == "schema" and is_node(part.value)]


def _operations(
    document: Node,
) -> tuple[dict[str, str], dict[At, dict[tuple[str, str], str]], dict[At, dict[str, tuple[Form, ...]]]]:
    contents: dict[str, str] = {}
    styles: dict[At, dict[tuple[str, str], str]] = {}
    replies: dict[At, dict[str, tuple[Form, ...]]] = {}
    written: dict[int, str] = {}  # a parameter of the path is one of each of its methods
    for path, method, operation, parameters in operations(document):
        for parameter in parameters:
            if id(parameter) not in written:
                written[id(parameter)] = lower_parameter(parameter)
            if style := written[id(parameter)]:
                styles.setdefault((path, method), {})[str(parameter["in"]), str(parameter["name"])] = style
        lower_body(operation, contents)
        stated = node_at(dict(operation), "responses").items()
        replies[path, method] = {str(status): lower_reply(resolve(document, held)) for status, held in stated}
    return contents, styles, replies


def said(value: object) -> str:
    """How a default that has no Python shape is put into words."""
    return f"Default: {json.dumps(value, ensure_ascii=False)}."


def one_of(values: list[Any]) -> str:
    """How an enumeration that has no Python shape is put into words."""
    return f"One of {', '.join(json.dumps(value, ensure_ascii=False) for value in values)}."


# --------------------------------------------------------------------------------------------------- schemas


def _schema(schema: Node, document: Mapping[str, Any], pointer: str, files: set[str]) -> None:
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
        _say(schema, said(schema.pop("default")))
    elif "$ref" in schema and default is not None:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]


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
        _say(schema, one_of(values))
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
        _say(schema, one_of([schema.pop("const")]))


def _path_default(parameter: Node) -> None:
    """A parameter of the path is always given: its default is only worth knowing."""
    schema = parameter.get("schema")
    if parameter.get("in") == "path" and is_node(schema) and schema.get("default") is not None:
        _say(parameter, said(schema.pop("default")))


def _in_words(schema: Node) -> None:
    limits = [text.format(schema[key]) for key, text in LIMITS if isinstance(schema.get(key), int | float)]
    if limits:
        text = ", ".join(limits)
        _say(schema, f"{text[0].upper()}{text[1:]}.")
    if schema.get("deprecated") is True:
        _say(schema, "Deprecated.")


def _say(node: Node, text: str) -> None:
    held = node.get("description")
    if not (isinstance(held, str) and text in held):
        node["description"] = f"{held.rstrip()}\n\n{text}" if isinstance(held, str) and held.strip() else text


def _files(document: Node) -> set[str]:
    """Pointers of the schemas that are files: in bodies of several parts, and whole bodies and replies."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = []
    for part in parts(document):
        if part.kind == "media":
            kind = tokens(part.pointer)[-1]
            if kind.startswith(("multipart/", "application/octet-stream")):
                waiting.append((f"{part.pointer}/schema", node_at(dict(part.value), "schema")))
    while waiting:
        pointer, schema = waiting.pop()
        if pointer in found:
            continue
        for part in parts(schema, "schema", pointer):
            found.add(part.pointer)
            reference = part.value.get("$ref") if is_node(part.value) else None
            if isinstance(reference, str):
                waiting.append((reference.removeprefix("#"), resolve(document, part.value)))
    return found


# -------------------------------------------------------------------------------------------- discriminators


def _with_variants(schema: Node, document: Node, variants: dict[str, Variants]) -> None:
    chosen = _variants(schema, document)
    schema.pop("discriminator", None)
    if chosen is not None:
        marker = MARKER.format(len(variants))
        variants[marker] = chosen
        key = "oneOf" if "oneOf" in schema else "anyOf"
        schema[key] = [*schema[key], {"const": marker}]


def _without_variants(schema: Node, document: Node) -> None:
    chosen = _variants(schema, document)
    schema.pop("discriminator", None)
    schema.pop("x-enum-varnames", None)
    if chosen is not None:
        key = "oneOf" if "oneOf" in schema else "anyOf"
        schema[key] = [*schema[key], {"type": "object"}]


def _variants(schema: Node, document: Node) -> Variants | None:
    """What the alternatives of a union are told apart by: what it says, or a constant that each of them has."""
    alternatives = list_at(schema, "oneOf") or list_at(schema, "anyOf")
    names = [
        str(each["$ref"]).removeprefix(SCHEMAS) for each in alternatives if is_node(each) and "$ref" in each
    ]
    held = {name: properties for name in names if (properties := dict(_properties(document, name)))}
    stated = schema.get("discriminator")
    if is_node(stated) and held:
        key = str(stated.get("propertyName"))
        found: dict[str, str] = {}
        for name, properties in held.items():
            found |= dict.fromkeys(_fixed(properties.get(key)) or [name], name)
        mapping = node_at(stated, "mapping")
        return Variants(
            key, found | {value: str(ref).removeprefix(SCHEMAS) for value, ref in mapping.items()}
        )
    if len(held) < 2:  # noqa: PLR2004  # nothing to tell apart
        return None
    for key in next(iter(held.values())):
        fixed = {name: _constants(properties.get(key)) for name, properties in held.items()}
        values = [value for each in fixed.values() for value in each]
        if all(fixed.values()) and len(set(values)) == len(values):
            return Variants(key, {value: name for name, each in fixed.items() for value in each})
    return None


def _properties(document: Node, name: str) -> Iterator[tuple[str, Any]]:
    schema = resolve(document, {"$ref": f"{SCHEMAS}{name}"})
    if is_node(schema):
        for each in list_at(schema, "allOf"):
            part = resolve(document, each)
            yield from node_at(part, "properties").items() if is_node(part) else ()
        yield from ((key, resolve(document, value)) for key, value in node_at(schema, "properties").items())


def _constants(schema: Any) -> list[str]:
    return [schema["const"]] if is_node(schema) and isinstance(schema.get("const"), str) else []


def _fixed(schema: Any) -> list[str]:
    if is_node(schema) and is_list(schema.get("enum")):
        return [value for value in schema["enum"] if isinstance(value, str)]
    return _constants(schema)
