# Components: what the document states of each is what both generators made.
#
# Rules: openapi-python-client's models and enums are looked at as parsed, wire.py and schemas.py as syntax trees (the
# generated code is never imported here).

"""Losses of models and enumerations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from openapi_python_client.parser.properties import EnumProperty, ModelProperty, Property
from openapi_python_client.strings import ClassName, in_double_quote_literal

from codegen.client_losses import Loss, default, literal, same, values
from codegen.client_parse import resolve
from codegen.pointer import child

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData


def component_losses(
    document: Mapping[str, Any], data: GeneratorData, files: Mapping[str, str]
) -> Iterator[Loss]:
    """What components have lost, or gained."""
    models = {str(found.class_info.name): found for found in data.models}
    enums = {str(found.class_info.name): found for found in data.enums}
    trees = {form: _classes(files[f"{form}.py"]) for form in ("wire", "schemas")}
    schemas = cast("Mapping[str, Any]", document.get("components", {}).get("schemas", {}))
    for name, schema in schemas.items():
        pointer = child("/components/schemas", name)
        class_name = str(ClassName(name, "field_"))
        if listed := [value for value in schema.get("enum", []) if value is not None]:
            kinds = [enum for known, enum in enums.items() if known.startswith(f"{class_name}Type")]
            split = [enum for enum in kinds if isinstance(enum, EnumProperty)]
            yield from _enum(pointer, listed, enums.get(class_name), split)
        properties = _properties(document, schema)
        if properties is None:
            continue
        model = models.get(class_name)
        if model is None:
            yield Loss(pointer, f"there is no model {class_name}")
            continue
        yield from _model(document, pointer, properties, model)
        for form, classes in trees.items():
            if class_name not in classes:
                yield Loss(pointer, f"there is no class {class_name} in {form}.py")
                continue
            yield from same(
                child(pointer, "properties"), f"{form}.py property", properties, classes[class_name]
            )


def _model(
    document: Mapping[str, Any],
    pointer: str,
    properties: Mapping[str, tuple[Any, bool]],
    model: ModelProperty,
) -> Iterator[Loss]:
    every = [*(model.required_properties or []), *(model.optional_properties or [])]
    made = {found.name.get_untrusted_value(): found for found in every}
    yield from same(child(pointer, "properties"), "property", properties, made)
    for name, (schema, required) in properties.items():
        if name not in made:
            continue
        place = child(pointer, "properties", name)
        if made[name].required != required:
            yield Loss(place, "the property is required in one place and optional in the other")
        if not literal(name):
            yield Loss(place, "the name has characters that can't be in code")
        yield from default(place, "property", schema, made[name], document)
        yield from values(place, schema, made[name])
        yield from _inline(document, place, schema, made[name])


def _inline(document: Mapping[str, Any], pointer: str, schema: Any, made: Property) -> Iterator[Loss]:
    """What is stated in place, below a property: nested objects, arrays and enums."""
    if not isinstance(schema, Mapping) or "$ref" in schema:
        return
    node = cast("Mapping[str, Any]", schema)
    if isinstance(made, ModelProperty):
        properties = _properties(document, node)
        if properties:
            yield from _model(document, pointer, properties, made)
    elif "items" in node and hasattr(made, "inner_property"):
        yield from _inline(document, child(pointer, "items"), node["items"], cast("Any", made).inner_property)


def _enum(pointer: str, listed: list[Any], made: object, split: list[EnumProperty]) -> Iterator[Loss]:
    """The values of a component; those of several types are in several enums.

    Flags are booleans, and fractions have no enum: they stand in words wherever the component is used.
    """
    enums = [made] if isinstance(made, EnumProperty) else split
    members = [value for value in listed if isinstance(value, str | int) and not isinstance(value, bool)]
    if enums:
        stated = {in_double_quote_literal(value) if isinstance(value, str) else value for value in members}
        made_values = {value for enum in enums for value in enum.values.values()}
        yield from same(child(pointer, "enum"), "enum value", stated, made_values)
    elif len(members) == len(listed):
        yield Loss(pointer, "there is no enum for it")
    if not all(literal(value) for value in listed if isinstance(value, str)):
        yield Loss(child(pointer, "enum"), "a value has characters that can't be in code")


def _properties(document: Mapping[str, Any], schema: Any) -> dict[str, tuple[Any, bool]] | None:
    """Name -> (schema, required) of an object, what its allOf adds included; None if it is no object."""
    node = cast("Mapping[str, Any]", resolve(document, schema))
    parts = cast("list[Any]", node.get("allOf", []))
    if not (node.get("type") == "object" or "properties" in node or parts) or "enum" in node:
        return None
    found: dict[str, tuple[Any, bool]] = {}
    for part in parts:
        found |= _properties(document, part) or {}
    found |= {name: (value, False) for name, value in node.get("properties", {}).items()}
    required = {
        name
        for each in (node, *(resolve(document, part) for part in parts))
        for name in each.get("required", [])
    }
    return {name: (value, must or name in required) for name, (value, must) in found.items()}


def _classes(text: str) -> dict[str, set[str]]:
    """Class name -> JSON names of its fields, inherited ones included."""
    own: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            own[node.name] = {_field(item) for item in node.body if isinstance(item, ast.AnnAssign)}
            bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.value.args) > 1:
            members = node.value.args[1]
            if isinstance(target := node.targets[0], ast.Name) and isinstance(members, ast.Dict):
                own[target.id] = {str(key.value) for key in members.keys if isinstance(key, ast.Constant)}

    def fields(name: str) -> set[str]:
        return own.get(name, set()).union(*(fields(base) for base in bases.get(name, [])))

    return {name: fields(name) for name in own}


def _field(item: ast.AnnAssign) -> str:
    """The JSON name of a field: its alias, or its own name."""
    for node in ast.walk(item):
        if isinstance(node, ast.keyword) and node.arg == "alias" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return ast.unparse(item.target)
