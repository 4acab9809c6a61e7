"""Pages with a fenced document, of both dialects."""

from __future__ import annotations

import pytest

from codegen import read
from codegen.errors import StageError
from codegen.normalize import normalize
from codegen.sources import Fragment, Page
from codegen.structure import origins, parts, unmarked

MINIMAL = "openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses: {}\n"
LEGACY = """paths:
  path: /a/{id}
  method: post
  request:
    security:
      - title: key
        parameters:
          header:
            X-Key:
              type: apiKey
      - title: token
        parameters:
          header:
            Authorization:
              type: http
              scheme: bearer
          cookie: {}
    parameters:
      path:
        id:
          schema:
            - type: integer
              required: true
              description: The thing.
      query:
        since:
          schema:
            - type: string
              required: false
              description: From here on.
              format: date-time
            - type: 'null'
              required: false
              description: From here on.
        sort:
          schema:
            - type: enum<string>
              enum: [asc, desc]
              default: asc
      header: {}
    body:
      application/json:
        schemaArray:
          - type: object
            required: true
            properties:
              name:
                allOf:
                  - type: string
                    maxLength: 5
              kind:
                allOf:
                  - $ref: '#/components/schemas/Kind'
                    description: Its kind.
              other:
                $ref: '#/components/schemas/Kind'
                allOf:
                  - description: Another kind.
            requiredProperties: [name]
            refIdentifier: '#/components/schemas/Thing'
        examples:
          example:
            value: {name: x}
  response:
    '200':
      application/json:
        schemaArray:
          - type: array
            items:
              allOf:
                - $ref: '#/components/schemas/Kind'
          - type: string
        description: Good.
    '204':
      _mintlify/placeholder:
        schemaArray:
          - type: any
            description: Nothing.
        examples: {}
        description: Nothing.
    '404': {}
  deprecated: true
  type: path
components:
  schemas:
    Kind:
      type: object
      required: [a]
      properties:
        a: {type: [string, 'null']}
"""


def page(text, dialect):
    fragment = Fragment("page.md", "", "0" * 64, dialect, "2026-11-21")
    return Page(fragment, "acme/fragments/page.md", text)


def fenced(document, fence="````", info="yaml openapi.json get /a"):
    return f"# A title\n\nText with ``code`` and ```more```.\n\n{fence}{info}\n{document}{fence}\n"


@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
@pytest.mark.parametrize(
    "info",
    ["yaml", "yaml get /a", "yaml /x/openapi.json GET /a", "json", "YAML https://x/openapi get /a", ""],
)
def test_every_fence_is_read(fence, info):
    assert "/a" in read.read(page(fenced(MINIMAL, fence, info), "openapi"))["paths"]


def test_backticks_inside_of_a_longer_fence_are_text():
    text = MINIMAL + "info:\n  description: |\n    ```yaml\n    openapi: 3.1.0\n    ```\n"
    assert "```yaml" in read.read(page(fenced(text), "openapi"))["info"]["description"]


def test_the_right_block_is_taken():
    text = "```bash\ncurl x\n```\n" + fenced(MINIMAL) + "```json\n{}\n```\n"
    assert list(read.read(page(text, "openapi"))["paths"]) == ["/a"]


def test_json_is_read():
    assert (
        read.read(page(fenced('{"openapi": "3.0.1", "paths": {"/a": {}}}\n', info="json"), "openapi"))[
            "openapi"
        ]
        == "3.0.1"
    )


@pytest.mark.parametrize(
    ("text", "dialect", "message"),
    [
        ("# nothing\n", "openapi", "no fenced block"),
        ("# nothing\n", "legacy", "no fenced block"),
        ("# nothing\n", "rendered", "a line such as"),
        ("# nothing\n", "html", "the dialect 'html' is unknown"),
        (fenced(MINIMAL).removesuffix("````\n"), "openapi", "never closed"),
        (fenced(MINIMAL) + fenced(MINIMAL.replace("/a", "/b")), "openapi", "second fenced block"),
        (fenced("openapi: 3.1.0\npaths: [\n"), "openapi", "not valid YAML"),
        (fenced("swagger: '2.0'\n"), "openapi", "3.0 and 3.1"),
        (fenced("openapi: 4.0.0\n"), "openapi", "3.0 and 3.1"),
        (fenced("openapi: 3.1.0\npaths: []\n"), "openapi", "`paths` is a mapping"),
        (fenced(MINIMAL.replace("responses: {}", "parameters: {}")), "openapi", "`parameters` is a list"),
        (fenced(MINIMAL.replace("responses: {}", "parameters: [1]")), "openapi", "a parameter is a mapping"),
        (
            fenced(MINIMAL + "components: {schemas: {X: {required: a}}}\n"),
            "openapi",
            "`required` of a schema is a list",
        ),
        (fenced(MINIMAL + "components: {schemas: {X: 1}}\n"), "openapi", "a schema is a mapping"),
        (
            fenced(MINIMAL.replace("responses: {}", "security: [1]")),
            "openapi",
            "`security` of a operation is a list of mappings",
        ),
        (
            fenced(MINIMAL.replace("responses: {}", "parameters: [{name: [x], in: query}]")),
            "openapi",
            "`name` of a parameter",
        ),
        (
            fenced(MINIMAL + "components: {schemas: {X: {type: {}}}}\n"),
            "openapi",
            "`type` of a schema is a text or",
        ),
        (fenced(MINIMAL + "components: {schemas: {X: {required: [1]}}}\n"), "openapi", "a list of texts"),
        (fenced(MINIMAL), "legacy", "no fenced block"),
        (fenced(LEGACY.replace("method: post", "method: fetch")), "legacy", "an HTTP method"),
        (fenced(LEGACY.replace("path: /a/{id}", "path: a")), "legacy", "starts with /"),
        (fenced(LEGACY.replace("type: apiKey", "type: magic")), "legacy", "security type 'magic'"),
        (fenced(LEGACY.replace("      query:", "      body:")), "legacy", "parameters go in"),
    ],
)
def test_a_broken_page_is_one_error_with_a_place(text, dialect, message):
    with pytest.raises(StageError, match=message) as caught:
        read.read(page(text, dialect))
    assert (caught.value.stage, caught.value.where) == ("read", "acme/fragments/page.md")
    assert "Traceback" not in str(caught.value)


def test_a_mark_of_the_page_itself_is_not_believed():
    text = MINIMAL.replace("responses: {}", "responses: {}\n      x-omnirun-origin: [[a, b, 1]]")
    operation = read.read(page(fenced(text), "openapi"))["paths"]["/a"]["get"]
    assert [origin.file for origin in origins(operation)] == ["page.md"]


@pytest.fixture(scope="module")
def legacy():
    return normalize(read.read(page(fenced(LEGACY), "legacy")), "page.md")


def test_legacy_parameters(legacy):
    since, sort = (each["schema"] for each in unmarked(legacy)["paths"]["/a/{id}"]["post"]["parameters"][1:])
    assert since == {
        "description": "From here on.",
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}],
    }
    assert sort == {"type": "string", "enum": ["asc", "desc"], "default": "asc"}
    required = [each["required"] for each in legacy["paths"]["/a/{id}"]["post"]["parameters"]]
    assert required == [True, False, False]


def test_legacy_body(legacy):
    document = unmarked(legacy)
    body = document["paths"]["/a/{id}"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert body["content"]["application/json"]["examples"] == {"example": {"value": {"name": "x"}}}
    kind = {"$ref": "#/components/schemas/Kind"}
    assert document["components"]["schemas"]["Thing"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 5},
            "kind": {**kind, "description": "Its kind."},
            "other": {**kind, "description": "Another kind."},
        },
        "required": ["name"],
    }


def test_a_legacy_body_may_be_listed_as_a_component_too():
    listed = "    Thing: {type: object, required: [name], properties: {name: {type: string, maxLength: %s}, kind: {$ref: '#/components/schemas/Kind'}, other: {$ref: '#/components/schemas/Kind'}}}\n"  # noqa: E501
    held = read.read(page(fenced(LEGACY + listed % 5), "legacy"))["components"]["schemas"]["Thing"]
    assert [origin.pointer for origin in origins(held["properties"]["name"])][
        -1
    ] == "/components/schemas/Thing/properties/name"
    with pytest.raises(StageError, match=r"`maxLength` of Thing\.name is 5 on one page and 6"):
        read.read(page(fenced(LEGACY + listed % 6), "legacy"))


def test_legacy_responses(legacy):
    operation = unmarked(legacy)["paths"]["/a/{id}"]["post"]
    kinds = {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}}
    assert operation["responses"] == {
        "200": {
            "description": "Good.",
            "content": {"application/json": {"schema": {"anyOf": [kinds, {"type": "string"}]}}},
        },
        "204": {"description": "Nothing."},
        "404": {"description": ""},
    }
    assert operation["deprecated"] is True
    assert operation["summary"] == "A title"


def test_legacy_security(legacy):
    assert legacy["paths"]["/a/{id}"]["post"]["security"] == [{"key": []}, {"token": []}]
    assert unmarked(legacy["components"]["securitySchemes"]) == {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }


def test_every_part_is_marked_with_its_line(legacy):
    lines = fenced(LEGACY).split("\n")
    unknown = [part.pointer for part in parts(legacy) if part.kind == "parameter" and not origins(part.value)]
    assert unknown == []
    (origin,) = origins(legacy["components"]["schemas"]["Kind"])
    assert origin.pointer == "/components/schemas/Kind"
    assert lines[origin.line - 1].strip() == "Kind:"
