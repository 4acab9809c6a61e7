# Nothing lost: what the document states is what both generators made.
#
# Rules: the document is walked on its own terms and every operation, parameter, body, reply, property,
# default and enum value is looked up in what openapi-python-client parsed and in the classes of wire.py and
# schemas.py, which are read as syntax trees (generated code is never imported here). Something missing is
# an error at its pointer; so is something that was not asked for.

"""Compares a document with what was generated from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen
from openapi_python_client.parser.properties import EnumProperty, ModelProperty, Property
from openapi_python_client.strings import ClassName, in_double_quote_literal

from codegen.client_parse import endpoints, identity, operations, resolve
from codegen.errors import StageError
from codegen.pointer import child

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint

    from codegen.spec import Spec

#: Query parameters are written as `form`, exploded; nothing else is generated.
STYLES = {"query": "form", "path": "simple", "header": "simple", "cookie": "form"}


@frozen
class Loss:
    """Something the document states and the client does not have, or the other way round."""

    pointer: str
    message: str


def compare(spec: Spec, data: GeneratorData, files: Mapping[str, str]) -> None:
    """Check that the generated client has all the document states.

    Raises:
        StageError: Something is missing; the first place is named, the others counted.
    """
    losses = [*_operations(spec.document, data), *_components(spec.document, data, files)]
    if not losses:
        return
    first = losses[0]
    more = f" (and {len(losses) - 1} more places)" if len(losses) > 1 else ""
    origin = _origin(spec, first.pointer)
    hint = f"this part can't be generated as it is stated{origin}; correct it in amendments.yaml"
    raise StageError("generate", f"{spec.name}/openapi.yaml", first.pointer, first.message + more, hint)


def _origin(spec: Spec, pointer: str) -> str:
    while pointer:
        if pointer in spec.provenance:
            places = [f"{origin.file} line {origin.line}" for origin in spec.provenance[pointer]]
            return f" (from {', '.join(places)})"
        pointer = pointer.rpartition("/")[0]
    return ""


# ------------------------------------------------------------------------------------------------ operations


def _operations(document: Mapping[str, Any], data: GeneratorData) -> Iterator[Loss]:
    made = {(str(found.tags[0]), str(found.name), found.method): found for found in endpoints(data)}
    stated = 0
    for path, method, operation, parameters in operations(document):
        stated += 1
        pointer = child("/paths", path, method)
        key = identity(operation, method)
        if key not in made:
            yield Loss(pointer, f"there is no operation {key[0]}.{key[1]} in the generated client")
            continue
        yield from _operation(document, pointer, operation, parameters, made[key])
    if stated != len(made):
        yield Loss("/paths", f"{stated} operations are stated, {len(made)} were generated")


def _operation(
    document: Mapping[str, Any],
    pointer: str,
    operation: Mapping[str, Any],
    parameters: list[Mapping[str, Any]],
    made: Endpoint,
) -> Iterator[Loss]:
    found = {
        (where.value, prop.name.get_untrusted_value()): prop for where, prop in made.iter_all_parameters()
    }
    yield from _same(
        child(pointer, "parameters"), "parameter", {(p["in"], p["name"]) for p in parameters}, found
    )
    for parameter in parameters:
        key = (parameter["in"], parameter["name"])
        if key in found:
            yield from _parameter(
                child(pointer, "parameters"),
                parameter,
                found[key],
                resolve(document, parameter.get("schema", {})),
            )
    body = cast("Mapping[str, Any]", resolve(document, operation.get("requestBody", {})))
    types = {each.content_type.get_untrusted_value() for each in made.bodies}
    yield from _same(child(pointer, "requestBody", "content"), "content type", body.get("content", {}), types)
    for each in made.bodies:
        if each.prop.required != bool(body.get("required")):
            yield Loss(
                child(pointer, "requestBody"), "the body is required in one place and optional in the other"
            )
    statuses = {response.status_code.pattern for response in made.responses}
    yield from _same(child(pointer, "responses"), "reply", operation.get("responses", {}), statuses)
    for status, node in cast("Mapping[str, Any]", operation.get("responses", {})).items():
        content = cast(
            "Mapping[str, Any]", cast("Mapping[str, Any]", resolve(document, node)).get("content") or {}
        )
        if len(content) > 1:
            where = child(pointer, "responses", str(status), "content")
            yield Loss(where, f"one content type can be generated, these are stated: {', '.join(content)}")


def _parameter(pointer: str, stated: Mapping[str, Any], made: Property, schema: Any) -> Iterator[Loss]:
    place = f"{stated['in']} parameter {stated['name']!r}"
    if made.required != (stated["in"] == "path" or bool(stated.get("required", False))):
        yield Loss(pointer, f"the {place} is required in one place and optional in the other")
    if stated["in"] != "path":
        yield from _default(pointer, place, schema, made)
    style = stated.get("style", STYLES[stated["in"]])
    exploded = stated.get("explode", style == "form")
    if style != STYLES[stated["in"]] or exploded is not (style == "form"):
        yield Loss(pointer, f"the {place} has a style that can't be generated: {style}, explode {exploded}")
    if "content" in stated:
        yield Loss(pointer, f"the {place} is an encoded document, which can't be generated")
    if not _literal(stated["name"]):
        yield Loss(pointer, f"the {place} has characters in its name that can't be in code")


# ------------------------------------------------------------------------------------------------ components


def _components(document: Mapping[str, Any], data: GeneratorData, files: Mapping[str, str]) -> Iterator[Loss]:
    models = {str(found.class_info.name): found for found in data.models}
    enums = {str(found.class_info.name): found for found in data.enums}
    trees = {form: _classes(files[f"{form}.py"]) for form in ("wire", "schemas")}
    schemas = cast("Mapping[str, Any]", document.get("components", {}).get("schemas", {}))
    for name, schema in schemas.items():
        pointer = child("/components/schemas", name)
        class_name = str(ClassName(name, "field_"))
        if values := [value for value in schema.get("enum", []) if value is not None]:
            yield from _enum(pointer, values, enums.get(class_name))
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
            yield from _same(
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
    yield from _same(child(pointer, "properties"), "property", properties, made)
    for name, (schema, required) in properties.items():
        if name not in made:
            continue
        place = child(pointer, "properties", name)
        if made[name].required != required:
            yield Loss(place, "the property is required in one place and optional in the other")
        if not _literal(name):
            yield Loss(place, "the name has characters that can't be in code")
        yield from _default(place, "property", resolve(document, schema), made[name])
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
    elif isinstance(made, EnumProperty) and "enum" in node:
        yield from _enum(pointer, [value for value in node.get("enum", []) if value is not None], made)
    elif "items" in node and hasattr(made, "inner_property"):
        yield from _inline(document, child(pointer, "items"), node["items"], cast("Any", made).inner_property)


def _enum(pointer: str, values: list[Any], made: object) -> Iterator[Loss]:
    if not isinstance(made, EnumProperty):
        if not all(isinstance(value, bool) for value in values):
            yield Loss(pointer, "there is no enum for it")
        return
    stated = {in_double_quote_literal(value) if isinstance(value, str) else value for value in values}
    yield from _same(child(pointer, "enum"), "enum value", stated, set(made.values.values()))
    if len(stated) != len(values) or not all(_literal(value) for value in values if isinstance(value, str)):
        yield Loss(
            child(pointer, "enum"), "two values are the same, or one has characters that can't be in code"
        )


def _default(pointer: str, place: str, schema: Any, made: Property) -> Iterator[Loss]:
    stated = cast("Mapping[str, Any]", schema).get("default") if isinstance(schema, Mapping) else None
    # A list or an object can't be the default of a Python argument; it stays the server's default.
    if isinstance(stated, (str, int, float)) and made.default is None:
        yield Loss(pointer, f"the {place} has lost its default")


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


# ------------------------------------------------------------------------------------------------ the classes


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


def _same(pointer: str, what: str, stated: Iterable[Any], made: Iterable[Any]) -> Iterator[Loss]:
    stated, made = set(stated), set(made)
    if missing := sorted(map(str, stated - made)):
        yield Loss(pointer, f"not generated: {what} {', '.join(missing)}")
    if extra := sorted(map(str, made - stated)):
        yield Loss(pointer, f"generated without being stated: {what} {', '.join(extra)}")


def _literal(text: str) -> bool:
    """Whether escaping keeps a text as it is."""
    return cast("str", ast.literal_eval(f'"{in_double_quote_literal(text)}"')) == text
