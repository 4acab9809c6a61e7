"""Every schema to its plain 3.1 form."""

from __future__ import annotations

import copy

import pytest

from codegen.errors import StageError
from codegen.normalize import normalize, plain_path
from codegen.structure import unmarked

NULL = {"type": "null"}
REF = {"$ref": "#/components/schemas/A"}


def lowered(schema):
    document = {"openapi": "3.0.0", "paths": {}, "components": {"schemas": {"X": schema}}}
    return unmarked(normalize(document, "page.md"))["components"]["schemas"]["X"]


TABLE = [
    ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, NULL]}),
    ({"type": "string", "nullable": False}, {"type": "string"}),
    (
        {"type": ["string", "null"], "description": "d"},
        {"description": "d", "anyOf": [{"type": "string"}, NULL]},
    ),
    ({"type": ["string"]}, {"type": "string"}),
    ({"type": ["array"]}, {"type": "array", "items": {}}),
    ({"type": ["null"]}, NULL),
    ({**REF, "nullable": True, "description": "d"}, {"description": "d", "anyOf": [REF, NULL]}),
    ({"allOf": [REF], "nullable": True}, {"anyOf": [REF, NULL]}),
    ({"anyOf": [REF, {"type": "string"}], "nullable": True}, {"anyOf": [REF, {"type": "string"}, NULL]}),
    ({"anyOf": [REF, NULL], "nullable": True}, {"anyOf": [REF, NULL]}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"type": "array", "nullable": True}, {"anyOf": [{"type": "array", "items": {}}, NULL]}),
    ({"type": "array", "items": True}, {"type": "array", "items": {}}),
    ({"properties": {"a": True}}, {"properties": {"a": {}}, "type": "object"}),
    ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
    ({"type": "object", "additionalProperties": {}}, {"type": "object", "additionalProperties": {}}),
    ({"allOf": [{"type": "integer", "title": "T"}]}, {"type": "integer", "title": "T"}),
    ({"allOf": [{"type": "integer"}], "description": "d"}, {"type": "integer", "description": "d"}),
    ({"allOf": [{"description": "d"}], **REF}, {"description": "d", **REF}),
    ({"allOf": [REF, {"type": "object"}]}, {"allOf": [REF, {"type": "object"}]}),
    ({**REF, "type": "object"}, REF),
    ({**REF, "properties": {"a": {}}}, {"allOf": [REF, {"properties": {"a": {}}, "type": "object"}]}),
    ({"type": "string", "enum": ["a", None]}, {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]}),
    ({"enum": ["a", "a", "b"]}, {"enum": ["a", "b"], "type": "string"}),
    ({"enum": [1, 2]}, {"enum": [1, 2], "type": "integer"}),
    ({"const": "a"}, {"enum": ["a"], "type": "string"}),
    ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 1}),
    ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, {"type": "integer", "minimum": 1}),
    (
        {"type": ["string", "integer", "null"], "minLength": 1, "minimum": 2},
        {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 2}, NULL]},
    ),
    ({"oneOf": [REF, {"type": "null"}]}, {"anyOf": [REF, NULL]}),
    (
        {"oneOf": [REF, {"type": "string"}, {"type": "null"}]},
        {"oneOf": [REF, {"type": "string"}, {"type": "null"}]},
    ),
    # what only annotates says something of the whole; without anything else nothing is left of the allOf
    ({"allOf": [REF, {"default": "a", "description": "d"}]}, {"default": "a", "description": "d", **REF}),
    ({"allOf": [{"description": "d"}], "type": "string"}, {"type": "string", "description": "d"}),
    # a default that no value lists is a value
    (
        {"type": "string", "enum": ["a"], "default": "b"},
        {"type": "string", "enum": ["a", "b"], "default": "b"},
    ),
    ({"type": "integer", "enum": [1], "default": "2"}, {"type": "integer", "enum": [1, 2], "default": 2}),
    ({"nullable": True}, {}),
    (
        {"type": "string", "default": None, "nullable": True},
        {"default": None, "anyOf": [{"type": "string"}, NULL]},
    ),
]


@pytest.mark.parametrize(("schema", "expected"), TABLE)
def test_lowers(schema, expected):
    assert lowered(copy.deepcopy(schema)) == expected


@pytest.mark.parametrize(("schema", "expected"), TABLE)
def test_lowering_twice_changes_nothing(schema, expected):
    assert lowered(lowered(copy.deepcopy(schema))) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/runs/:runId", "/v1/runs/{runId}"),
        ("/v1/:a/x/:b", "/v1/{a}/x/{b}"),
        ("/v1/x:cancel", "/v1/x:cancel"),
        ("/v1/{a}", "/v1/{a}"),
    ],
)
def test_plain_paths(path, expected):
    assert plain_path(path)[0] == expected


def document(**more):
    return {
        "openapi": "3.0.3",
        "paths": {
            "/a/{id}": {
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
                "get": more,
            }
        },
        "security": [{"key": []}],
        "components": {
            "parameters": {
                "Limit": {
                    "name": "limit",
                    "in": "query",
                    "description": "d",
                    "example": 3,
                    "schema": {"default": 10, "type": "integer"},
                }
            },
            "responses": {"Bad": {"description": "bad"}},
        },
    }


def operation(**more):
    return unmarked(normalize(document(**more), "p"))["paths"]["/a/{id}"]["get"]


def test_what_operations_share_is_in_each():
    found = operation(
        parameters=[{"$ref": "#/components/parameters/Limit"}],
        responses={"400": {"$ref": "#/components/responses/Bad"}, "204": {}},
    )
    assert found["security"] == [{"key": []}]
    assert found["responses"] == {"400": {"description": "bad"}, "204": {"description": ""}}
    limit, path = found["parameters"]
    assert limit == {
        "name": "limit", "in": "query", "description": "d", "example": 3, "schema": {"default": 10, "type": "integer"},
    }  # fmt: skip
    assert path == {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def test_an_operation_keeps_its_own():
    own = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    found = operation(parameters=[own], security=[], responses={})
    assert found["parameters"] == [own]
    assert found["security"] == []


def test_references_in_a_circle_are_refused():
    circle = {"A": {"$ref": "#/components/responses/B"}, "B": {"$ref": "#/components/responses/A"}}
    bad = document(responses={"200": {"$ref": "#/components/responses/A"}})
    bad["components"]["responses"] = circle
    with pytest.raises(StageError, match="circle"):
        normalize(bad, "p")


def test_a_path_in_two_spellings_is_refused():
    bad = {"paths": {"/a/:id": {}, "/a/{id}": {}}}
    with pytest.raises(StageError, match="twice"):
        normalize(bad, "p")
