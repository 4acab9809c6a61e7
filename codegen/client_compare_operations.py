# Operations: what the document states of each is what openapi-python-client parsed.
#
# Rules: parameters, bodies, content types, replies and how each of them is written are looked up one by one; an
# operation too many is as wrong as one too few.

"""Losses of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from codegen.client_contents import IGNORED, STYLES, USUAL, form_of
from codegen.client_losses import Loss, default, literal, same, values
from codegen.client_parse import endpoints, identity, operations, resolve
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties import Property

    from codegen.client_lower import Lowered


def operation_losses(document: Mapping[str, Any], lowered: Lowered, data: GeneratorData) -> Iterator[Loss]:
    """What operations have lost, or gained."""
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
            yield from same(child(pointer, "responses", status, "content"), "form of the reply", kinds, forms)
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
    yield from same(
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
    yield from same(child(pointer, "requestBody", "content"), "content type", body.get("content", {}), types)
    for each in made.bodies:
        if each.prop.required != bool(body.get("required")):
            yield Loss(
                child(pointer, "requestBody"), "the body is required in one place and optional in the other"
            )
    statuses = {response.status_code.pattern for response in made.responses}
    yield from same(child(pointer, "responses"), "reply", operation.get("responses", {}), statuses)


def _parameter(
    pointer: str, stated: Mapping[str, Any], made: Property, schema: Any, document: Mapping[str, Any]
) -> Iterator[Loss]:
    place = f"{stated['in']} parameter {stated['name']!r}"
    required = stated["in"] == "path" or bool(stated.get("required", False))
    known_to_client = stated["in"] == "header" and stated["name"].lower() in IGNORED
    if made.required != required and not known_to_client:
        yield Loss(pointer, f"the {place} is required in one place and optional in the other")
    yield from default(pointer, place, schema, made, document)
    yield from values(pointer, schema, made)
    if not literal(stated["name"]):
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
