"""Pins and hoisted types."""

from __future__ import annotations

import pytest

from codegen.errors import StageError
from codegen.naming import pascal, snake
from codegen.shape import shape
from codegen.sources import Provider
from codegen.structure import unmarked

ENUM = {"type": "string", "enum": ["a"]}


def shaped(schemas=None, operation=None, pins=None):
    document = {
        "paths": {
            "/v1/run": {"post": {"operationId": "x", "tags": ["Old"], "responses": {}, **(operation or {})}}
        },
        "components": {"schemas": schemas or {}},
    }
    provider = Provider(
        "acme", "Acme", "https://a", {"POST /v1/run": "runs.start_run"} if pins is None else pins, (), None
    )
    return unmarked(shape(document, provider))


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def body(schema):
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def obj(**properties):
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (obj(status=ENUM), {"A": obj(status=ref("AStatus")), "AStatus": ENUM}),
        (obj(run_id=obj(b={})), {"A": obj(run_id=ref("ARunId")), "ARunId": obj(b={})}),
        (
            obj(x={"type": "array", "items": ENUM}),
            {"A": obj(x={"type": "array", "items": ref("AXItem")}), "AXItem": ENUM},
        ),
        (
            obj(x={"anyOf": [ENUM, {"type": "null"}]}),
            {"A": obj(x={"anyOf": [ref("AX"), {"type": "null"}]}), "AX": ENUM},
        ),
        (
            obj(x={"anyOf": [obj(p={}), obj(q={})]}),
            {"A": obj(x={"anyOf": [ref("AX1"), ref("AX2")]}), "AX1": obj(p={}), "AX2": obj(q={})},
        ),
        (
            {"type": "object", "additionalProperties": obj(p={})},
            {"A": {"type": "object", "additionalProperties": ref("AValue")}, "AValue": obj(p={})},
        ),
        ({"allOf": [ref("B"), obj(x=ENUM)]}, {"A": {"allOf": [ref("B"), obj(x=ref("AX"))]}, "AX": ENUM}),
        (obj(x={"type": "object"}), {"A": obj(x={"type": "object"})}),
        (obj(x={**ENUM, "default": "a"}), {"A": obj(x={**ref("AX"), "default": "a"}), "AX": ENUM}),
    ],
)
def test_hoists(schema, expected):
    assert shaped({"A": schema})["components"]["schemas"] == expected


def test_bodies_are_named_by_their_operation():
    found = shaped(
        operation={
            "requestBody": {"content": {"application/json": {"schema": obj(a={})}}},
            "parameters": [{"name": "sort_by", "in": "query", "schema": ENUM}],
            "responses": {
                "202": body(obj(b={})),
                "200": body(ref("X")),
                "201": body(obj(c={})),
                "409": body(obj(d={})),
            },
        },
        schemas={"X": {}},
    )
    assert set(found["components"]["schemas"]) == {
        "X", "StartRunRequest", "StartRunResponse", "StartRunResponse202", "StartRunResponse409", "StartRunSortBy",
    }  # fmt: skip
    assert found["components"]["schemas"]["StartRunResponse"] == obj(c={})
    assert (found["paths"]["/v1/run"]["post"]["operationId"], found["paths"]["/v1/run"]["post"]["tags"]) == (
        "start_run",
        ["runs"],
    )


def test_a_hoisted_name_joins_a_component_that_says_the_same():
    found = shaped({"A": obj(x=ENUM), "AX": {**ENUM, "description": "d"}})
    assert found["components"]["schemas"] == {"A": obj(x=ref("AX")), "AX": {**ENUM, "description": "d"}}


def test_a_hoisted_name_never_replaces_a_component():
    schemas = shaped({"A": obj(x=ENUM), "AX": {"type": "string"}})["components"]["schemas"]
    assert schemas["AX"] == {"type": "string"}
    assert schemas["A"]["properties"]["x"] == {"$ref": "#/components/schemas/AX2"}
    assert schemas["AX2"]["enum"] == ENUM["enum"]


def test_an_operation_without_a_pin_proposes_the_line():
    with pytest.raises(StageError, match="no name is pinned for POST /v1/run") as caught:
        shaped(pins={})
    assert '"POST /v1/run" = "old.x"' in caught.value.hint
    assert caught.value.where == "sources.toml"


def test_a_pin_without_its_operation_is_refused():
    with pytest.raises(StageError, match="'GET /gone' is pinned"):
        shaped(pins={"POST /v1/run": "runs.start_run", "GET /gone": "runs.gone"})
    with pytest.raises(StageError, match="What is stated is POST /v1/run"):
        shaped(pins={"POST /v1/run": "runs.start_run", "POST /v1/runs": "runs.start"})


@pytest.mark.parametrize(
    ("name", "as_class", "as_name"),
    [
        ("runId", "RunId", "run_id"),
        ("run_id", "RunId", "run_id"),
        ("HTTPValidationError", "HTTPValidationError", "http_validation_error"),
        ("sort-by", "SortBy", "sort_by"),
        ("24h", "24h", "24h"),
        ("", "", ""),
    ],
)
def test_spellings(name, as_class, as_name):
    assert (pascal(name), snake(name)) == (as_class, as_name)
