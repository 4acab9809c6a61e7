# Which alternative of a union a value chooses.
#
# Rules: a document says it with a discriminator, or by a constant that each alternative has under the same property. In
# the generators' copies a constant of our own stands for it (openapi-python-client), or an open object, so that a new
# variant is no error (datamodel-code-generator).

"""Discriminators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from codegen.client_parse import resolve
from codegen.jsonvalue import is_list, is_node, list_at, node_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.jsonvalue import Node

SCHEMAS: Final = "#/components/schemas/"
MARKER: Final = "omnirun: variants {}"
"""A constant that stands for a discriminator among the alternatives of a union."""


@frozen
class Variants:
    """What a discriminator chooses."""

    key: str
    names: Mapping[str, str]
    """Value of the property to name of the component."""


def with_variants(schema: Node, document: Node, variants: dict[str, Variants]) -> None:
    """Put a marker in the place of a discriminator, and what it stands for into a table."""
    chosen = _variants(schema, document)
    schema.pop("discriminator", None)
    if chosen is not None:
        marker = MARKER.format(len(variants))
        variants[marker] = chosen
        key = "oneOf" if "oneOf" in schema else "anyOf"
        schema[key] = [*schema[key], {"const": marker}]


def without_variants(schema: Node, document: Node) -> None:
    """Let an open object stand beside the alternatives."""
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
