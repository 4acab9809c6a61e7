# Nothing lost: what the document states is what both generators made.
#
# Rules: the document is walked on its own terms and every operation, parameter, body, reply, property,
# default and enum value is looked up in what openapi-python-client parsed and in the classes of wire.py and
# schemas.py, which are read as syntax trees (generated code is never imported here). Something missing is
# an error at its pointer; so is something that was not asked for.

"""Compares a document with what was generated from it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen
from openapi_python_client.parser.properties import EnumProperty, ModelProperty, Property
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.strings import ClassName, in_double_quote_literal

from codegen.client_contents import IGNORED, STYLES, USUAL, form_of
from codegen.client_lower import said
from codegen.client_parse import endpoints, identity, operations, resolve
from codegen.errors import StageError
from codegen.pointer import child

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint

    from codegen.client_lower import Lowered
    from codegen.spec import Spec


@frozen
class Loss:
    """Something the document states and the client does not have, or the other way round."""

    pointer: str
    message: str


def compare(spec: Spec, lowered: Lowered, data: GeneratorData, files: Mapping[str, str]) -> None:
    """Check that the generated client has all the document states.

    Raises:
        StageError: Something is missing; the first place is named, the others counted.
    """
    losses = [*_operations(spec.document, lowered, data), *_components(spec.document, data, files)]
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


def _operations(document: Mapping[str, Any], lowered: Lowered, data: GeneratorData) -> Iterator[Loss]:
    made = {(str(found.tags[0]), str(found.name), found.method): found for found in endpoints(data)}
    stated = 0
    for path, method, operation, parameters in operations(document):
        stated += 1
        pointer = child("/paths", path, method)
        key = identity(operation, method)
        if key not in made:
            yield Loss(pointer, f"there is no operation {key[0]}.{key[1]} in the generated client")
            continue
        at = (path, method)
        yield from _operation(document, pointer, operation, parameters, made[key])
        for parameter in parameters:
            written = lowered.styles.get(at, {}).get((parameter["in"], parameter["name"]), "")
            yield from _style(child(pointer, "parameters"), parameter, written)
        for status, forms in lowered.replies.get(at, {}).items():
            node = cast("Mapping[str, Any]", resolve(document, operation["responses"][status]))
            kinds = {form_of(kind) for kind in cast("Mapping[str, Any]", node.get("content") or {})}
            yield from _same(
                child(pointer, "responses", status, "content"), "form of the reply", kinds, forms
            )
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
                _schema_of(parameter),
                document,
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


def _parameter(
    pointer: str, stated: Mapping[str, Any], made: Property, schema: Any, document: Mapping[str, Any]
) -> Iterator[Loss]:
    place = f"{stated['in']} parameter {stated['name']!r}"
    required = stated["in"] == "path" or bool(stated.get("required", False))
    known_to_client = stated["in"] == "header" and stated["name"].lower() in IGNORED
    if made.required != required and not known_to_client:
        yield Loss(pointer, f"the {place} is required in one place and optional in the other")
    yield from _default(pointer, place, schema, made, document)
    yield from _values(pointer, schema, made)
    if not _literal(stated["name"]):
        yield Loss(pointer, f"the {place} has characters in its name that can't be in code")


def _schema_of(parameter: Mapping[str, Any]) -> Any:
    contents = cast("Mapping[str, Any]", parameter.get("content", {}))
    return next((media.get("schema", {}) for media in contents.values()), parameter.get("schema", {}))


def _style(pointer: str, stated: Mapping[str, Any], written: str) -> Iterator[Loss]:
    """Whether a parameter that is not written in the usual way is written in another."""
    usual = USUAL[stated["in"]]
    style = stated.get("style", usual)
    exploded = stated.get("explode", style == "form")
    expected = "json" if "content" in stated else STYLES.get((stated["in"], style, exploded), "?")
    if written not in (expected, "segments"):
        yield Loss(
            pointer, f"the {stated['in']} parameter {stated['name']!r} is written as {written or usual!r}"
        )


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
            kinds = [enum for known, enum in enums.items() if known.startswith(f"{class_name}Type")]
            split = [enum for enum in kinds if isinstance(enum, EnumProperty)]
            yield from _enum(pointer, values, enums.get(class_name), split)
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
        yield from _default(place, "property", schema, made[name], document)
        yield from _values(place, schema, made[name])
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


def _enum(pointer: str, values: list[Any], made: object, split: list[EnumProperty]) -> Iterator[Loss]:
    """The values of a component; those of several types are in several enums.

    Flags are booleans, and fractions have no enum: they stand in words wherever the component is used.
    """
    enums = [made] if isinstance(made, EnumProperty) else split
    members = [value for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    if enums:
        stated = {in_double_quote_literal(value) if isinstance(value, str) else value for value in members}
        made_values = {value for enum in enums for value in enum.values.values()}
        yield from _same(child(pointer, "enum"), "enum value", stated, made_values)
    elif len(members) == len(values):
        yield Loss(pointer, "there is no enum for it")
    if not all(_literal(value) for value in values if isinstance(value, str)):
        yield Loss(child(pointer, "enum"), "a value has characters that can't be in code")


def _values(pointer: str, schema: Any, made: Property) -> Iterator[Loss]:
    """The values that are enumerated in place, below a property or a parameter."""
    stated = {
        in_double_quote_literal(value) if isinstance(value, str) else value
        for value in _stated_values(schema)
        if value is not None and not isinstance(value, bool)
    }
    known = _made_values(made)
    words = made.description.get_untrusted_value() if made.description else ""
    lost = [
        value for value in stated if value not in known and json.dumps(value, ensure_ascii=False) not in words
    ]
    if lost:
        yield Loss(pointer, f"not generated: value {', '.join(sorted(map(str, lost)))}")


def _stated_values(schema: Any) -> Iterator[Any]:
    if not isinstance(schema, Mapping):
        return
    node = cast("Mapping[str, Any]", schema)
    yield from (value for value in node.get("enum", []) if not isinstance(value, list | dict))
    if isinstance(node.get("const"), str | int | float):
        yield node["const"]
    for key in ("anyOf", "oneOf", "allOf"):
        for each in node.get(key, []):
            yield from _stated_values(each)
    yield from _stated_values(node.get("items"))


def _made_values(made: Any) -> set[Any]:
    if isinstance(made, EnumProperty):
        return set(made.values.values())
    if isinstance(made, ConstProperty):
        value = made.value.raw_value
        return {in_double_quote_literal(value) if isinstance(value, str) else value}
    inner = [
        *getattr(made, "inner_properties", []),
        *([made.inner_property] if hasattr(made, "inner_property") else []),
    ]
    return set[Any]().union(*(_made_values(each) for each in inner))


def _default(
    pointer: str, place: str, schema: Any, made: Property, document: Mapping[str, Any]
) -> Iterator[Loss]:
    node: Mapping[str, Any] = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
    stated: Any = node.get("default", cast("Mapping[str, Any]", resolve(document, node)).get("default"))
    words = made.description.get_untrusted_value() if made.description else ""
    # What can't be the default of a Python argument stands in its description; it stays the server's default.
    if stated is not None and made.default is None and said(stated) not in words:
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
