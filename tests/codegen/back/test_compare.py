"""compare: each kind of thing that can get lost between a document and its client is noticed."""

import copy

import pytest

from codegen.client_compare import compare
from codegen.client_parse import parse
from codegen.client_schemas import schema_file
from codegen.errors import StageError


@pytest.fixture
def made(document, spec_of):
    """A document and all that was made from it, in agreement."""
    spec = spec_of(document)
    data = parse(spec.name, document)
    files = {f"{form}.py": schema_file(form, spec.name, document) for form in ("wire", "schemas")}
    compare(spec, data, files)
    return spec, data, files


def _thing(data):
    return next(model for model in data.models if model.class_info.name == "Thing")


def _get(data):
    return data.endpoint_collections_by_tag["things"].endpoints[0]


LOSSES = {
    "an operation": (lambda d, _: d.endpoint_collections_by_tag.clear(), "/paths"),
    "a parameter": (lambda d, _: _get(d).query_parameters.clear(), "parameter"),
    "a default": (lambda d, _: setattr(_get(d).query_parameters[0], "default", None), "default"),
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
    spec, data, files = made
    lose, message = LOSSES[name]
    data, files = copy.deepcopy(data), dict(files)
    lose(data, files)
    with pytest.raises(StageError) as caught:
        compare(spec, data, files)
    assert message in f"{caught.value.pointer} {caught.value.message}"


def test_inherited_properties_count(document, spec_of):
    schemas = document["components"]["schemas"]
    schemas["More"] = {
        "allOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "object", "properties": {"extra": {}}}]
    }
    spec = spec_of(document)
    files = {f"{form}.py": schema_file(form, spec.name, document) for form in ("wire", "schemas")}
    compare(spec, parse(spec.name, document), files)
