"""What can't become Python never passes."""

from __future__ import annotations

import copy

import pytest

from codegen.errors import StageError
from codegen.gate import findings, gate
from codegen.sources import Provider
from codegen.structure import Origin

GOOD = {
    "openapi": "3.1.0",
    "info": {"title": "Acme", "version": "1"},
    "servers": [{"url": "https://api.acme.test"}],
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "get_thing",
                "tags": ["things"],
                "description": "Text\nwith lines, \ttabs and an é.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 10}},
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
                "security": [{"key": []}],
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "state": {"$ref": "#/components/schemas/State"},
                    "next": {"$ref": "#/components/schemas/Thing"},
                    "count": {"type": "number"},
                },
            },
            "State": {"type": "string", "enum": ["a", "b"]},
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K"}},
    },
}
OPERATION = "paths|/things/{id}|get|"
THING = "components|schemas|Thing|"


def changed(path, value):
    document = copy.deepcopy(GOOD)
    holder = document
    *steps, last = path.split("|")
    for step in steps:
        holder = holder[int(step) if isinstance(holder, list) else step]
    if isinstance(holder, list):
        holder.insert(int(last), value)
    else:
        holder[last] = value
    return document


def moved(path):
    document = copy.deepcopy(GOOD)
    document["paths"] = {path: document["paths"]["/things/{id}"]}
    return document


def test_a_good_document_passes():
    assert list(findings(GOOD)) == []


BAD = [
    (changed(THING + "type", "objekt"), "the type 'objekt' is unknown"),
    (changed(THING + "properties|x", {"type": "__import__('os')"}), "is unknown"),
    (changed(THING + "properties|x", {"$ref": "#/components/schemas/Nothing"}), "dangling"),
    (changed(THING + "properties|x", {"$ref": "other.yaml#/X"}), "outside the document"),
    (changed(THING + "properties|x", {"$ref": "https://evil.test/x.json"}), "outside the document"),
    (changed(THING + "properties|x", {"$ref": "file:///etc/passwd"}), "outside the document"),
    (changed(THING + "properties|x", {"$ref": "#/paths/~1things"}), "only components"),
    (changed(THING + "properties|x", {"$id": "https://evil.test/"}), "$id is not read"),
    (changed(THING + "properties|x", {"$dynamicRef": "#x"}), "$dynamicRef is not read"),
    (changed(OPERATION + "x-example", {"$ref": "https://evil.test/x"}), "outside the document"),
    (changed("components|schemas|Loop", {"$ref": "#/components/schemas/Loop"}), "made of itself"),
    (changed("components|schemas|Loop", {"allOf": [{"$ref": "#/components/schemas/Loop"}]}), "made of itself"),
    (changed("components|schemas|thing", {}), "one name in Python"),
    (changed("components|schemas|../../evil", {}), "can't be the name of a component"),
    (changed("components|schemas|..", {}), "can't be the name of a component"),
    (changed("components|schemas|A B", {}), "can't be the name of a component"),
    (changed("components|schemas|A;import os", {}), "can't be the name of a component"),
    (changed("components|schemas|Ünïcode", {}), "can't be the name of a component"),
    (changed(THING + "properties|to_dict", {}), "the model's own to_dict"),
    (changed(THING + "properties|fromDict", {}), "the model's own from_dict"),
    (changed(THING + "properties|additional_properties", {}), "the model's own"),
    (changed(THING + "properties|additionalProperties", {}), "the model's own"),
    (changed(THING + "properties|Next", {}), "would have one name in Python"),
    (changed(THING + "properties|", {}), "a property has no name"),
    (changed(THING + "properties|a\nb", {}), "U+000A"),
    (changed(THING + "properties|a\u202eb", {}), "RIGHT-TO-LEFT OVERRIDE"),
    (changed(THING + "properties|a\u2028b", {}), "U+2028"),
    (changed(THING + "properties|" + "a" * 300, {}), "300 characters"),
    (changed(THING + "description", "x\x00y"), "U+0000"),
    (changed(THING + "description", "x\x1b[31my"), "U+001B"),
    (changed(THING + "description", "x\u2066y"), "U+2066"),
    (changed(THING + "description", "x\ry"), "U+000D"),
    (changed(THING + "description", "x\ud800y"), "U+D800"),
    (changed(THING + "properties|count|default", float("nan")), "nan is no JSON number"),
    (changed(THING + "properties|count|default", float("inf")), "inf is no JSON number"),
    (changed(THING + "properties|count|minimum", float("-inf")), "-inf is no JSON number"),
    (changed("components|schemas|State|enum", ["a", "a\nb"]), "a value holds U+000A"),
    (changed("components|schemas|State|enum", []), "lists no values"),
    (changed("components|schemas|State|enum", [{"a": 1}]), "a collection can't be"),
    (changed("components|schemas|State|enum", ["a\x07"]), "U+0007"),
    (changed(OPERATION + "security", [{"other": []}]), "'other' is used but not described"),
    (changed(OPERATION + "parameters", []), "no such parameter"),
    (changed(OPERATION + "parameters|0", {"name": "x", "in": "path", "required": True, "schema": {}}), "which /things/{id} lacks"),  # noqa: E501
    (changed(OPERATION + "parameters|0", {"name": "Limit", "in": "query", "schema": {}}), "one name in Python"),
    (changed(OPERATION + "parameters|0", {"name": "limit", "in": "query", "schema": {}}), "stated twice"),
    (changed(OPERATION + "parameters|0", {"name": "x", "in": "body", "schema": {}}), "can't be in 'body'"),
    (changed(OPERATION + "parameters|0", {"name": "", "in": "query", "schema": {}}), "has no name"),
    (changed(OPERATION + "parameters|0", {"name": "X\nY: z", "in": "header", "schema": {}}), "U+000A"),
    (changed(OPERATION + "parameters|0", {"name": "X Y", "in": "header", "schema": {}}), "name of a header"),
    (changed(OPERATION + "operationId", "__import__"), "word of Python"),
    (changed(OPERATION + "tags", ["models"]), "a module of every client"),
    (changed("paths|/other", {"get": {**GOOD["paths"]["/things/{id}"]["get"], "parameters": []}}), "both called things.get_thing"),  # noqa: E501
    (changed(OPERATION + "responses|20", {"description": ""}), "status of a response"),
    (changed(OPERATION + "responses|../x", {"description": ""}), "status of a response"),
    (changed(OPERATION + "responses|200|content|text", {}), "content type"),
    (changed(OPERATION + "responses|200|content|a/b\nX: y", {}), "U+000A"),
    (moved("/things/{id"), "braces"),
    (moved("/things/id}"), "braces"),
    (moved("/things/{}"), "braces"),
    (moved("/things/{{id}}"), "braces"),
    (moved("/things/{id}/{id}"), "twice"),
    (moved("/../{id}"), "can't be a path"),
    (moved("/things/{id}?x=1"), "can't be a path"),
    (moved('/things/{id}"""'), "can't be a path"),
    (moved("/things /{id}"), "can't be a path"),
    (changed("info", {}), "not valid OpenAPI"),
    (changed(OPERATION + "parameters|0", {"name": "x", "in": "query"}), "not valid OpenAPI"),
    (changed("paths|no-slash", {}), "can't be a path"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_document_is_found(document, message):
    found = [finding.message for finding in findings(document)]
    assert any(message in each for each in found), found


def test_a_default_that_does_not_fit_is_found():
    document = changed(
        OPERATION + "parameters|0",
        {"name": "n", "in": "query", "schema": {"type": "integer", "default": "x"}},
    )
    assert any("not valid OpenAPI" in finding.message for finding in findings(document))


def test_a_discriminator_that_leads_nowhere_is_found():
    union = {
        "oneOf": [{"$ref": "#/components/schemas/Thing"}],
        "discriminator": {"propertyName": "k", "mapping": {"x": "Gone"}},
    }
    assert any(
        "which is no component" in finding.message
        for finding in findings(changed("components|schemas|U", union))
    )


def test_the_error_names_the_page_that_states_it():
    provider = Provider("acme", "Acme", "https://api.acme.test", {}, (), None)
    provenance = {"/components/schemas/Thing": (Origin("page.md", "/x/Thing", 12),)}
    with pytest.raises(StageError) as caught:
        gate(changed(THING + "properties|to_dict", {}), provenance, provider)
    assert (caught.value.stage, caught.value.where) == ("gate", "acme/fragments/page.md")
    assert caught.value.pointer == "line 12 (/x/Thing)"
