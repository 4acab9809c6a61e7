"""Errors of the last stages, at the page that states what they speak of."""

import pytest
from vendored import build, page

from codegen import spec
from codegen.errors import StageError
from codegen.places import at_page, nearest, placed
from codegen.sources import Provider
from codegen.structure import Origin

TEXT = """```yaml
openapi: 3.1.0
paths:
  /a:
    get: {operationId: get_a, responses: {'200': {$ref: '#/components/responses/R'}}}
components:
  schemas:
    X: {type: object, properties: {y: {type: string}}}
    ThingState: {type: string}
  responses: {R: {content: {application/json: {schema: {$ref: '#/components/schemas/X'}}}}}
```
"""


@pytest.fixture(scope="module")
def made():
    return build("acme", [page(TEXT)], "https://a.example")


@pytest.mark.parametrize(
    ("pointer", "message", "line"),
    [
        ("/components/schemas/X/properties/y/maxLength", "odd", 8),
        ("", "WARNING parsing GET /a within a", 5),
        ("", "Unable to process schema /components/schemas/X: no", 8),
        ("", "the module thing_state is odd", 9),
        ("", "get_a takes two", 5),
    ],
)
def test_an_error_at_openapi_yaml_is_one_at_its_page(made, pointer, message, line):
    error = StageError("generate", "acme/openapi.yaml", pointer, message, "hint")
    with pytest.raises(StageError) as caught, placed(made):
        raise error
    assert caught.value.where == "acme/fragments/page.md"
    assert caught.value.pointer.startswith(f"line {line} (")
    assert message in caught.value.message
    assert pointer in caught.value.message
    assert caught.value.hint == "hint"


def test_any_other_error_stays_as_it_is(made):
    error = StageError("generate", "ruff", "", "x")
    assert at_page(error, made) is error


def test_where_nothing_tells_the_pages_are_named(made):
    error = StageError("generate", "acme/openapi.yaml", "", "a warning", "Look.")
    assert str(at_page(error, made)) == f"{error} It is made of page.md."


def test_where_nothing_around_is_stated_what_is_below_tells():
    origin = Origin("page.md", "/a", 3)
    assert nearest({"/paths/~1a/get": (origin,)}, "/paths/~1a") == origin
    assert nearest({"/paths/~1a/get": (origin,)}, "/paths/~1b") is None
    assert nearest({"/paths/~1a/get": (origin,)}, "") is None


def test_an_operation_without_a_name_is_named_with_its_page():
    one = page(TEXT)
    provider = Provider("acme", "Acme", "https://a.example", {}, (one.fragment,), None)
    with pytest.raises(StageError, match=r"no name is pinned for GET /a \(page\.md line 5\)"):
        spec.make(provider, [one], ())


def test_a_server_of_another_address_is_named_with_its_line():
    text = TEXT.replace("paths:", "servers:\n  - url: https://b.example\npaths:", 1)
    with pytest.raises(StageError, match=r"the page is for https://b\.example") as caught:
        build("acme", [page(text)], "https://a.example")
    assert caught.value.pointer == "line 4 (/servers)"
