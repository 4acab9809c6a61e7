"""What the gate and the list of keywords refuse or leave out, one by one."""

import copy

import pytest

from codegen.gate import findings
from codegen.keywords import plain, readable
from codegen.packages import check_package, check_provider

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Acme", "version": "1"},
    "paths": {},
    "components": {
        "schemas": {
            "Cat": {
                "type": "object",
                "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
            },
            "Dog": {
                "allOf": [
                    {"$ref": "#/components/schemas/Cat"},
                    {"type": "object", "properties": {"tail": {}}},
                ]
            },
            "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key", "x-key-prefix": "Key "}
        },
    },
}


def _found(change):
    document = copy.deepcopy(DOCUMENT)
    change(document["components"])
    return [finding.message for finding in findings(document)]


def _discriminator(**stated):
    return lambda parts: parts["schemas"]["Pet"].update(discriminator=stated)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_discriminator(), "names no property"),
        (_discriminator(propertyName=" "), "names no property"),
        (_discriminator(propertyName="tail"), "Cat has no property 'tail'"),
        (_discriminator(propertyName="kind", mapping={"cow": "#/components/schemas/Cow"}), "is no component"),
        (lambda parts: parts["securitySchemes"]["key"].update(name="a: b"), "can't be the name of a header"),
        (
            lambda parts: parts["securitySchemes"]["key"].update({"x-key-prefix": "a\nb"}),
            "can't stand before a key",
        ),
        (
            lambda parts: parts["securitySchemes"]["key"].update({"x-key-prefix": 7}),
            "can't stand before a key",
        ),
        (lambda parts: parts["schemas"]["Cat"]["properties"].update(__init__={}), "the model's own"),
        (
            lambda parts: parts["schemas"].update(Size={"type": "string", "enum": ["s", "m\nl"]}),
            "a value holds U+000A",
        ),
        (lambda parts: parts["schemas"].update(Size={"enum": [{}]}), "a collection can't be a value"),
        (lambda parts: parts["schemas"].update(Size={"enum": []}), "lists no values"),
        (lambda parts: parts["schemas"].update(Size={"type": "size"}), "the type 'size' is unknown"),
        (lambda parts: parts["schemas"].update(Size={"$anchor": "a"}), "$anchor is not read"),
        (lambda parts: parts["schemas"]["Cat"].update(required=1), "not valid OpenAPI 3.1"),
    ],
)
def test_what_is_refused(change, message):
    assert any(message in each for each in _found(change)), _found(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: None,
        _discriminator(propertyName="kind", mapping={"cat": "#/components/schemas/Cat", "dog": "Dog"}),
        lambda parts: parts["schemas"].update(Size={"type": "string", "enum": ["a-b", "a_b", "A-B"]}),
        lambda parts: parts["schemas"]["Cat"]["properties"].update(
            name={"type": "string", "pattern": "(", "default": "x"}
        ),
    ],
    ids=["as it is", "a discriminator", "values that differ little", "a pattern that is none"],
)
def test_what_passes(change):
    assert _found(change) == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("^[a-z]+$", True), ("(?=a)b", False), ("(", False), ("((a{1,999}){1,999}){1,999}", False), (7, False)],
)
def test_patterns_that_the_engine_reads(pattern, expected):
    assert readable(pattern) is expected


def test_generators_see_what_is_listed_and_no_more():
    schema = {
        "type": "string",
        "format": "password",
        "pattern": "(?=a)",
        "customTypePath": "os.system",
        "x-enum-varnames": ["A"],
    }
    kept = {"type": "string", "format": "uuid", "pattern": "a"}
    schemas = {"A": {"type": "object", "properties": {"x-kept": schema, "customTypePath": kept}}}
    schemas["B"] = {"type": "object", "patternProperties": {"(?=a)": {}}}
    schemas["C"] = {"type": "object", "patternProperties": {"a": {}}}
    operation = {"operationId": "cats.list", "tags": ["cats"], "responses": {}}
    document = {"paths": {"/cats": {"get": operation}}, "components": {"schemas": schemas}}
    before = copy.deepcopy(document)
    found = plain(document)
    assert found["components"]["schemas"] == {
        "A": {"type": "object", "properties": {"x-kept": {"type": "string"}, "customTypePath": kept}},
        "B": {"type": "object"},
        "C": {"type": "object", "patternProperties": {"a": {}}},
    }
    assert found["paths"]["/cats"]["get"]["operationId"] == "list"
    assert document == before


def test_names_that_can_be():
    assert check_provider("acme_2") == "acme_2"
    assert check_package("Mine.clients") == "Mine.clients"
