# What the gate finds in schemas.
#
# Rules: references lead to components of the same document and nowhere else; a component is not made of itself; types
# are JSON Schema's; properties and values have names that a model can have.

"""Findings about schemas and references."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen.gate_text import LINES, Finding, characters, clashes
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.naming import snake
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.structure import Part

TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
"""Types JSON Schema has."""
MEMBERS = frozenset({
    "to_dict", "from_dict", "to_multipart", "additional_properties", "additional_keys", "model_config", "model_fields",
    "model_extra", "model_dump", "model_validate", "model_construct", "src_dict", "field_dict",
})  # fmt: skip
"""Names in snake case that a generated model needs for itself."""
MAX_EXPANSION = 2_000
"""Schemas that a component may be composed of, every repeat counted."""
_DUNDER = re.compile(r"__\w+__")
_SCHEMAS = "#/components/schemas/"
_REFUSED_KEYS = frozenset(
    {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"}
)


def check_references(document: Node, _: list[Part]) -> Iterator[Finding]:
    """References that lead anywhere but to a component."""
    known = node_at(document["components"], "schemas")
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if is_list(value):
            waiting += [(child(pointer, str(index)), item) for index, item in enumerate(value)]
        if not is_node(value):
            continue
        node = value
        waiting += [(child(pointer, key), item) for key, item in node.items()]
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield from _reference(pointer, reference, known)


def _reference(pointer: str, reference: str, known: Node) -> Iterator[Finding]:
    if not reference.startswith("#"):
        yield Finding(pointer, f"$ref leads outside the document: {reference[:120]!r}; nothing is fetched")
    elif not reference.startswith(_SCHEMAS):
        yield Finding(
            pointer, f"$ref leads to {reference[:120]!r}; only components of the page can be referred to"
        )
    elif reference.removeprefix(_SCHEMAS) not in known:
        yield Finding(
            pointer,
            f"$ref is dangling: the document has no component {reference.removeprefix(_SCHEMAS)[:120]!r}",
        )


def check_circles(document: Node, _: list[Part]) -> Iterator[Finding]:
    """Components that are made of themselves."""
    # A component that is nothing but itself, by way of references and compositions alone.
    schemas = node_at(document["components"], "schemas")
    edges = {name: {each for each in _leads(schema) if each in schemas} for name, schema in schemas.items()}
    safe: set[str] = set()
    for start in schemas:
        path: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        on_path = {start}
        while path:
            name, rest = path[-1]
            following = next((each for each in rest if each not in safe), None)
            if following is None:
                path.pop()
                on_path.discard(name)
                safe.add(name)
            elif following in on_path:
                yield Finding(
                    child("/components/schemas", following), f"the component {following!r} is made of itself"
                )
                return
            else:
                path.append((following, iter(edges[following])))
                on_path.add(following)
    yield from _expansions(schemas)


def _expansions(schemas: Node) -> Iterator[Finding]:
    # Generators copy what a component is composed of, over and over: a short chain can stand for any number of copies.
    sizes: dict[str, int] = {}

    def size(name: str) -> int:
        if name not in sizes:
            sizes[name] = 1 + sum(size(each) for each in _leads(schemas[name]) if each in schemas)
        return sizes[name]

    for name in schemas:
        if size(name) > MAX_EXPANSION:
            pointer = child("/components/schemas", name)
            yield Finding(
                pointer,
                f"the component {name!r} is composed of more than {MAX_EXPANSION} others, repeats counted",
            )


def _leads(schema: Any) -> Iterator[str]:
    if not is_node(schema):
        return
    node = schema
    reference = node.get("$ref")
    if isinstance(reference, str):
        yield reference.removeprefix(_SCHEMAS)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in list_at(node, key):
            yield from _leads(each)


def check_schemas(document: Node, everything: list[Part]) -> Iterator[Finding]:
    """Types, properties, values and discriminators that no model can have."""
    known = node_at(document["components"], "schemas")
    for part in everything:
        if part.kind != "schema" or not is_node(part.value):
            continue
        schema = part.value
        kind = schema.get("type")
        if "type" in schema and kind not in TYPES:
            yield Finding(
                part.pointer,
                f"the type {str(kind)[:60]!r} is unknown; JSON Schema has {', '.join(sorted(TYPES))}",
            )
        if refused := _REFUSED_KEYS & schema.keys():
            yield Finding(part.pointer, f"{min(refused)} is not read; refer to components with $ref")
        names = list(node_at(schema, "properties"))
        yield from clashes(part.pointer, names, "properties")
        for name in names:
            if not name.strip():
                yield Finding(part.pointer, "a property has no name")
            if snake(name) in MEMBERS or name in MEMBERS or _DUNDER.fullmatch(name):
                message = (
                    f"the property {name!r} would take the place of the model's own {snake(name) or name}"
                )
                yield Finding(child(part.pointer, "properties", name), message)
        yield from _enum(part.pointer, schema)
        yield from _discriminator(part.pointer, schema, known)


def _enum(pointer: str, schema: Node) -> Iterator[Finding]:
    members = schema.get("enum")
    if members is None:
        return
    if not is_list(members) or not members:
        yield Finding(pointer, "`enum` lists no values")
        return
    for member in members:
        if isinstance(member, dict | list):
            yield Finding(pointer, "a collection can't be a value of an enumeration")
        elif isinstance(member, str):
            yield from characters(pointer, member, "a value", refused=LINES)


def _discriminator(pointer: str, schema: Node, known: Node) -> Iterator[Finding]:
    discriminator = schema.get("discriminator")
    if not is_node(discriminator):
        return
    mapping: Any = node_at(discriminator, "mapping")
    for target in mapping.values():
        if str(target).removeprefix(_SCHEMAS) not in known:
            yield Finding(pointer, f"the discriminator leads to {str(target)[:120]!r}, which is no component")
    name = discriminator.get("propertyName")
    if not isinstance(name, str) or not name.strip():
        yield Finding(pointer, "the discriminator names no property")
        return
    for alternative in (*list_at(schema, "oneOf"), *list_at(schema, "anyOf")):
        reference = alternative.get("$ref") if is_node(alternative) else None
        component = str(reference).removeprefix(_SCHEMAS)
        if isinstance(reference, str) and name not in _properties(alternative, known):
            yield Finding(
                pointer, f"{component} has no property {name[:80]!r}, by which the discriminator tells"
            )


def _properties(schema: Any, known: Node) -> set[str]:
    """Names of the properties of a schema, those of what it refers to and is composed of included."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting: list[Any] = [schema]
    while waiting:
        each = waiting.pop()
        if not is_node(each):
            continue
        found |= node_at(each, "properties").keys()
        for key in ("allOf", "anyOf", "oneOf"):
            waiting += list_at(each, key)
        name = str(each.get("$ref", "")).removeprefix(_SCHEMAS)
        if name not in seen:
            seen.add(name)
            waiting.append(known.get(name))
    return found
