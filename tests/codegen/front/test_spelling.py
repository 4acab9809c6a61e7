"""Names of components that OpenAPI lacks."""

import pytest
from vendored import build, page

from codegen.errors import StageError
from codegen.normalize import normalize
from codegen.spelling import spelt
from codegen.structure import notes, unmarked

DOCUMENT = """```yaml
openapi: 3.1.0
security: [{My Key: []}]
paths:
  /a:
    get:
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema:
                oneOf: [{$ref: '#/components/schemas/type_:Cat'}, {$ref: '#/components/schemas/my~1Dog'}]
                discriminator:
                  propertyName: kind
                  mapping: {cat: 'type_:Cat', dog: '#/components/schemas/my~1Dog'}
        '201': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/Big%20Page'}}}}
components:
  securitySchemes: {My Key: {type: apiKey, in: header, name: x-key}}
  schemas:
    'type_:Cat': {type: object, properties: {kind: {type: string}, next: {$ref: '#/components/schemas/type_:Cat'}}}
    my/Dog:
      type: object
      properties: {kind: {$ref: '#/components/schemas/my~1Dog/properties/name'}, name: {type: string}}
    Big Page: {type: object, properties: {n: {type: integer}}}
```
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Thing", "Thing"),
        ("a.b-c_D", "a.b-c_D"),
        ("type_:Thing", "type_Thing"),
        ("Page\u00abThing\u00bb", "Page_Thing"),
        ("Result_List[Thing]_", "Result_List_Thing"),
        ("200", "Schema200"),
        ("\u00fc\u00fc", "Schema"),
    ],
)
def test_names(name, expected):
    assert spelt(name) == expected


def test_references_and_discriminators_follow():
    made = build("acme", [page(DOCUMENT)], "https://api.acme.example")
    schemas = made.document["components"]["schemas"]
    assert {"type_Cat", "my_Dog", "Big_Page"} <= schemas.keys()
    assert schemas["type_Cat"]["properties"]["next"] == {"$ref": "#/components/schemas/type_Cat"}
    assert schemas["my_Dog"]["properties"]["kind"] == {"type": "string"}
    operation = made.document["paths"]["/a"]["get"]
    media = {
        status: each["content"]["application/json"]["schema"]
        for status, each in operation["responses"].items()
    }
    assert media["200"]["discriminator"]["mapping"] == {
        "cat": "type_Cat",
        "dog": "#/components/schemas/my_Dog",
    }
    assert media["201"] == {"$ref": "#/components/schemas/Big_Page"}
    assert operation["security"] == [{"My_Key": []}]
    assert made.notes["/components/schemas/type_Cat"] == ("called 'type_:Cat' on the page",)


def test_normalizing_twice_changes_no_name():
    schemas = {"a b": {"$ref": "#/components/schemas/c%25"}, "c%": {"type": "string"}}
    once = normalize({"paths": {}, "components": {"schemas": schemas}}, "page.md")
    assert unmarked(once["components"]["schemas"]) == {
        "a_b": {"$ref": "#/components/schemas/c"},
        "c": {"type": "string"},
    }
    twice = normalize(once, "page.md")
    assert unmarked(twice) == unmarked(once)
    assert notes(twice["components"]["schemas"]["a_b"])


def test_two_names_that_would_be_one_are_an_error():
    text = DOCUMENT.replace("    Big Page:", "    Big/Page: {type: string}\n    Big Page:")
    with pytest.raises(
        StageError, match="'Big Page' and 'Big/Page' would both be called 'Big_Page'"
    ) as caught:
        build("acme", [page(text)], "https://api.acme.example")
    assert caught.value.pointer == "line 26 (/components/schemas/Big Page)"
