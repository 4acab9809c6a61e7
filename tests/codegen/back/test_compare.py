"""compare: each kind of thing that can get lost between a document and its client is noticed."""

import copy

import pytest
from openapi_python_client.parser.properties import AnyProperty
from openapi_python_client.parser.properties.protocol import Value
from openapi_python_client.strings import PythonCode

from codegen.client_compare import compare
from codegen.client_lower import lower
from codegen.client_parse import parse
from codegen.client_schemas import schema_file
from codegen.errors import StageError


@pytest.fixture
def made(document, spec_of):
    """A document and all that was made from it, in agreement."""
    spec = spec_of(document)
    lowered = lower(document)
    data = parse(spec.name, lowered)
    files = {f"{form}.py": schema_file(form, spec.name, lowered.plain) for form in ("wire", "schemas")}
    compare(spec, lowered, data, files)
    return spec, lowered, data, files


def _thing(data):
    return next(model for model in data.models if model.class_info.name == "Thing")


def _get(data):
    return data.endpoint_collections_by_tag["things"].endpoints[0]


LOSSES = {
    "an operation": (lambda d, _: d.endpoint_collections_by_tag.clear(), "/paths"),
    "a parameter": (lambda d, _: _get(d).query_parameters.clear(), "parameter"),
    "a default": (lambda d, _: setattr(_get(d).query_parameters[0], "default", None), "default"),
    "the right default": (
        lambda d, _: setattr(_get(d).query_parameters[0], "default", Value(PythonCode("2"), 2)),
        "another default",
    ),
    "that it is required": (lambda d, _: setattr(_get(d).query_parameters[0], "required", True), "required"),
    "a reply": (lambda d, _: _get(d).responses.patterns.pop(), "reply 404"),
    "a model": (lambda d, _: d.models.clear(), "no model"),
    "a property": (lambda d, _: _thing(d).optional_properties.pop(), "property"),
    "an enum": (lambda d, _: d.enums.clear(), "no enum"),
    "an enum's value": (lambda d, _: d.enums[0].values.popitem(), "enum value old"),
    "a TypedDict": (lambda _, f: f.update({"wire.py": "x = 1"}), "wire.py"),
    "a pydantic field": (
        lambda _, f: f.update({"schemas.py": f["schemas.py"].replace("    parts:", "    _:")}),
        "parts",
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_noticed(made, name):
    spec, lowered, data, files = made
    lose, message = LOSSES[name]
    data, files = copy.deepcopy(data), dict(files)
    lose(data, files)
    with pytest.raises(StageError) as caught:
        compare(spec, lowered, data, files)
    assert message in f"{caught.value.pointer} {caught.value.message}"


def _lose_style(lowered):
    lowered.styles[AT].clear()


def _lose_form(lowered):
    lowered.replies[AT]["200"] = ("json",)


AT = ("/things/{thing-id}", "get")


@pytest.mark.parametrize(
    ("change", "lose", "message"),
    [
        (
            lambda op: op["parameters"][1].update(style="pipeDelimited", explode=False),
            _lose_style,
            "is written as 'form'",
        ),
        (
            lambda op: op["responses"]["200"]["content"].update({"text/csv": {}}),
            _lose_form,
            "form of the reply text",
        ),
    ],
)
def test_a_loss_in_lowering_is_noticed(document, spec_of, change, lose, message):
    change(document["paths"][AT[0]][AT[1]])
    spec, lowered = spec_of(document), lower(document)
    data = parse(spec.name, lowered)
    files = {f"{form}.py": schema_file(form, spec.name, lowered.plain) for form in ("wire", "schemas")}
    compare(spec, lowered, data, files)
    lose(lowered)
    with pytest.raises(StageError, match=message):
        compare(spec, lowered, data, files)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"enum": ["x", 1]}},
        {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
        {"type": "number", "enum": [0.5]},
        {"type": "string", "const": "x"},
        {"type": "array", "items": {"type": "string"}, "default": ["a"]},
        {"type": "object", "default": {"a": 1}},
    ],
)
def test_values_and_defaults_stated_in_place_are_followed(document, spec_of, schema):
    document["components"]["schemas"]["Thing"]["properties"]["placed"] = schema
    spec, lowered = spec_of(document), lower(document)
    data = parse(spec.name, lowered)
    files = {f"{form}.py": schema_file(form, spec.name, lowered.plain) for form in ("wire", "schemas")}
    compare(spec, lowered, data, files)
    found = next(
        each for each in _thing(data).optional_properties if each.name.get_untrusted_value() == "placed"
    )
    stripped = AnyProperty.build(
        name=found.name,
        required=False,
        default=None,
        description=None,
        python_name=found.python_name,
        example=None,
    )
    _thing(data).optional_properties[_thing(data).optional_properties.index(found)] = stripped
    with pytest.raises(StageError, match=r"not generated: value|lost its default"):
        compare(spec, lowered, data, files)


def test_inherited_properties_count(document, spec_of):
    schemas = document["components"]["schemas"]
    schemas["More"] = {
        "allOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "object", "properties": {"extra": {}}}]
    }
    spec = spec_of(document)
    lowered = lower(document)
    files = {f"{form}.py": schema_file(form, spec.name, lowered.plain) for form in ("wire", "schemas")}
    compare(spec, lowered, parse(spec.name, lowered), files)
