"""What the generate stage refuses beside what the parser reports, and how it says so."""

from typing import Any

import pytest
from attrs import evolve

from codegen.client_parse import resolve
from codegen.client_schemas import schema_file
from codegen.errors import StageError
from codegen.generate import format_files, generate
from codegen.spec import Origin


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    return document["paths"]["/things/{thing-id}"]["get"]


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        (
            lambda d: _operation(d)["parameters"].append(
                {"name": "a\x07b", "in": "query", "schema": {"type": "string"}}
            ),
            "/paths/~1things~1{thing-id}/get/parameters",
            "characters in its name",
        ),
        (
            lambda d: d["components"]["schemas"]["Thing"]["properties"].update(
                {"a\x07b": {"type": "string"}}
            ),
            "/components/schemas/Thing/properties/a\x07b",
            "characters that can't be in code",
        ),
        (
            lambda d: d["components"]["schemas"]["State"].update(enum=["a", "b\u202e"]),
            "/components/schemas/State/enum",
            "characters that can't be in code",
        ),
    ],
)
def test_what_would_change_on_the_way_is_an_error(document, spec_of, change, pointer, message):
    change(document)
    with pytest.raises(StageError) as caught:
        generate(spec_of(document))
    assert caught.value.pointer == pointer
    assert message in caught.value.message


PAGE = (Origin(file="page.md", pointer="", line=12),)
GET = "/paths/~1things~1{thing-id}/get"
THING = "/components/schemas/Thing"


def _parameter(**stated):
    return lambda d: _operation(d)["parameters"].append({"name": "f", "in": "query", **stated})


def _body(content, **encoding):
    media = {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}, "encoding": encoding}
    return lambda d: _operation(d).update(requestBody={"content": {content: media}})


@pytest.mark.parametrize(
    ("change", "stated", "pointer", "message"),
    [
        (
            lambda d: d["components"]["schemas"]["State"].update(enum=["a", "b\u202e"]),
            "/components/schemas/State",
            "/components/schemas/State/enum",
            "can't be in code",
        ),
        (_parameter(style="matrix", schema={}), GET, f"{GET}/parameters/3", "the style matrix"),
        (_parameter(style="matrix", schema={}), f"{GET}/parameters/3", f"{GET}/parameters/3", "the style"),
        (_parameter(content={"application/xml": {}}), GET, f"{GET}/parameters/3", "application/xml"),
        (_parameter(schema={"enum": ["a"], "default": "b"}), GET, GET, "not valid for enum"),
        (_body("multipart/form-data", a={"headers": {}}), GET, f"{GET}/requestBody", "the part 'a'"),
        (
            lambda d: d["components"]["schemas"]["Thing"]["properties"].update(
                s={"enum": ["a"], "default": "b"}
            ),
            THING,
            THING,
            "not valid for enum",
        ),
        (
            lambda d: d["components"]["schemas"]["Thing"]["properties"].update(toDict={}),
            f"{THING}/properties/toDict",
            f"{THING}/properties/toDict",
            "a method of every model",
        ),
    ],
)
def test_the_error_names_the_page_the_part_came_from(  # noqa: PLR0917  # pytest passes by name
    document, spec_of, change, stated, pointer, message
):
    change(document)
    with pytest.raises(StageError) as caught:
        generate(evolve(spec_of(document), provenance={stated: PAGE}))
    assert caught.value.where == "example/fragments/page.md"
    assert caught.value.pointer.startswith("line 12 ")
    assert f"{pointer} of openapi.yaml" in caught.value.message or pointer in caught.value.message
    assert message in caught.value.message


@pytest.mark.parametrize("form", ["wire", "schemas"])
def test_the_component_the_other_generator_can_not_take_is_found(document, form):
    schemas = document["components"]["schemas"]
    for number in range(20):
        schemas[f"Fine{number}"] = {
            "type": "object",
            "properties": {"a": {"$ref": "#/components/schemas/Thing"}},
        }
    schemas["part_that-fails"] = {"type": "object", "properties": {"a": {"$ref": "#/components/nothing/X"}}}
    with pytest.raises(StageError) as caught:
        schema_file(form, "example", document)
    assert caught.value.pointer == "/components/schemas/part_that-fails"


@pytest.mark.parametrize(
    "reference", ["https://127.0.0.1:9/x.json#/A", "file:///etc/passwd", "other.yaml#/A"]
)
@pytest.mark.parametrize("form", ["wire", "schemas"])
def test_references_to_elsewhere_are_not_followed(document, form, reference):
    document["components"]["schemas"]["Part"]["properties"]["far"] = {"$ref": reference}
    with pytest.raises(StageError, match="leaves the document"):
        schema_file(form, "example", document)


def test_a_document_without_components_has_empty_schema_files(document):
    del document["components"]["schemas"]
    assert "class" not in schema_file("wire", "example", document).partition('"""\n\n')[2]


def test_references_in_a_circle_end(document):
    document["a"] = {"$ref": "#/b"}
    document["b"] = {"$ref": "#/a"}
    with pytest.raises(StageError, match="can't be followed"):
        resolve(document, {"$ref": "#/a"})


def test_code_that_is_no_code_is_an_error():
    with pytest.raises(StageError, match="not valid"):
        format_files({"x.py": "def ("}, "example")
