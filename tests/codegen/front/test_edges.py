# ruff: noqa: E501  # a page in a line is easier to compare with what is expected of it
"""What pages get wrong, what they leave out, and what is refused with a line."""

from __future__ import annotations

import cProfile
import pstats

import pytest
from vendored import build, page

from codegen import references, spec
from codegen.errors import StageError
from codegen.normalize import normalize
from codegen.pointer import resolve
from codegen.read import read
from codegen.structure import unmarked

BASE = "https://api.acme.test"
OPERATION = "/paths/~1a/get"


def fenced(paths, components="{}", head=""):
    return f"# T\n\n````yaml get /a\nopenapi: 3.1.0\n{head}paths: {paths}\ncomponents: {components}\n````\n"


def lowered(text):
    each = page(text)
    return unmarked(normalize(read(each), each.where))


def schemas(text):
    return fenced("{/a: {get: {responses: {'200': {description: ok}}}}}", f"{{schemas: {text}}}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{type: null}", {"type": "null"}),
        ("{type: [string, null]}", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("{type: string, required: true}", {"type": "string"}),
        ("{type: string, description: null, title: null}", {"type": "string"}),
        ("{type: integer, default: '10'}", {"type": "integer", "default": 10}),
        ("{type: boolean, default: 'true'}", {"type": "boolean", "default": True}),
        ("{type: string, default: null}", {"type": "string"}),
        ("{type: string, enum: [1, 2]}", {"type": "string", "enum": ["1", "2"]}),
        ("{type: string, nullable: true, default: null}", {"default": None, "anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("{type: array, items: {type: string}, enum: [a]}", {"type": "array", "items": {"type": "string", "enum": ["a"]}}),
        ("{type: array}", {"type": "array", "items": {}}),
        ("{examples: {one: {value: 1}}}", {"examples": [1]}),
        ("{$ref: '#/components/schemas/Y/properties/z'}", {"type": "integer"}),
        ("{$defs: {D: {type: string}}, allOf: [{$ref: '#/$defs/D'}]}", {"$defs": {"D": {"type": "string"}}, "type": "string"}),
        ("{allOf: [{nullable: true, description: d}], $ref: '#/components/schemas/Y'}",
         {"description": "d", "anyOf": [{"$ref": "#/components/schemas/Y"}, {"type": "null"}]}),
        ("{type: [object], properties: {p: true, q: false}}", {"type": "object", "properties": {"p": {}, "q": {"not": {}}}}),
        ("{oneOf: [], type: string}", {"type": "string"}),
    ],
)  # fmt: skip
def test_slips_are_put_right(written, expected):
    text = schemas(f"{{X: {written}, Y: {{type: object, properties: {{z: {{type: integer}}}}}}}}")
    assert lowered(text)["components"]["schemas"]["X"] == expected


@pytest.mark.parametrize(
    ("paths", "pointer", "expected"),
    [
        ("{/a: {GET: {responses: {}}}}", f"{OPERATION}/responses", {"default": {"description": ""}}),
        ("{/a: {get: {parameters: [{name: x, in: query, type: string}]}}}", f"{OPERATION}/parameters/0/schema", {"type": "string"}),
        ("{/a: {get: {parameters: [{name: x, in: query, required: 'true'}]}}}", f"{OPERATION}/parameters/0/required", True),
        ("{/a: {parameters: [{name: x, in: query}, {name: y, in: query}], get: {parameters: [{name: x, in: query, schema: {type: integer}}]}}}",
         f"{OPERATION}/parameters/0/schema", {"type": "integer"}),
        ("{'/a/:id/{rest+}': {get: {}}}", "/paths/~1a~1{id}~1{rest}/get/parameters", []),
        ("{'/{+p}': {get: {parameters: [{name: p, in: path}]}}}", "/paths/~1{p}/get/parameters/0/x-multi-segment", True),
        ("{/a: {$ref: '#/components/pathItems/A'}}", f"{OPERATION}/summary", "shared"),
        ("{/a: {get: {tags: x}}}", f"{OPERATION}/tags", ["x"]),
        ("{/a: {get: {security: {k: []}}}}", f"{OPERATION}/security", [{"k": []}]),
    ],
)  # fmt: skip
def test_operations_are_put_in_the_plain_form(paths, pointer, expected):
    components = "{pathItems: {A: {get: {summary: shared}}}}"
    assert resolve(lowered(fenced(paths, components)), pointer) == expected


@pytest.mark.parametrize(
    ("servers", "fits"),
    [
        ("", True),
        ("[]", True),
        ("[{url: https://api.acme.test/}]", True),
        ("[{url: 'https://API.acme.test:443'}]", True),
        ("[{url: /}]", True),
        ("[{url: 'https://{host}'}]", True),
        ("[{url: 'https://{region}.acme.test', variables: {region: {default: api}}}]", True),
        ("[{url: 'https://{region}.acme.test', variables: {region: {default: eu, enum: [eu, us]}}}]", False),
        ("[{url: '{base}', variables: {base: {default: 'https://api.acme.test'}}}]", True),
        ("[{url: https://other.test}, {url: https://api.acme.test}]", True),
        ("[{url: https://other.test}]", False),
        ("[{url: https://api.acme.test/v1}]", False),
    ],
)
def test_servers_fit_the_base_url_or_are_refused(servers, fits):
    text = fenced("{/a: {get: {responses: {}}}}", head=f"servers: {servers}\n" if servers else "")
    if fits:
        assert build("acme", [page(text)], BASE).document["servers"] == [{"url": BASE}]
    else:
        with pytest.raises(StageError, match=r"not for https://api\.acme\.test"):
            build("acme", [page(text)], BASE)


def test_an_operation_for_another_server_is_refused():
    text = fenced("{/a: {get: {responses: {}, servers: [{url: https://upload.test}]}}}")
    with pytest.raises(StageError, match=r"upload.test[\s\S]*remove \$.paths\['/a'\].get.servers"):
        build("acme", [page(text)], BASE)


@pytest.mark.parametrize(
    "reference",
    ["https://evil.test/x.json", "file:///etc/passwd", "other.yaml#/X", "#/components/schemas/None"],
)
def test_references_out_of_the_page_are_never_followed(reference):
    with pytest.raises(StageError, match=r"\$ref"):
        build("acme", [page(schemas(f"{{X: {{$ref: '{reference}'}}}}"))], BASE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (schemas("{X: {type: object, properties: {p: {allOf: [{$ref: '#/components/schemas/X/properties/p'}, {}]}}}}"), "contains itself"),
        (fenced("{/a: {get: {parameters: [{$ref: '#/components/parameters/A'}]}}}",
                "{parameters: {A: {$ref: '#/components/parameters/B'}, B: {$ref: '#/components/parameters/A'}}}"), "round in a circle"),
    ],
)  # fmt: skip
def test_circles_are_refused(text, message):
    with pytest.raises(StageError, match=message):
        lowered(text)


def test_copies_are_bounded(monkeypatch):
    monkeypatch.setattr(references, "MAX_COPIES", 4_000)
    big = ", ".join(f"p{i}: {{type: string}}" for i in range(90))
    uses = ", ".join(f"'{status}': {{$ref: '#/components/responses/R'}}" for status in range(100, 130))
    media = f"{{application/json: {{schema: {{properties: {{{big}}}}}}}}}"
    text = fenced(
        f"{{/a: {{get: {{responses: {{{uses}}}}}}}}}",
        f"{{responses: {{R: {{description: r, content: {media}}}}}}}",
    )
    with pytest.raises(StageError, match="more than 4000 values"):
        lowered(text)


RENDERED = "GET /v1/things/:id\n\nGet it.\n\n{middle}\n\nResponse\n\n200 OK\n\nFieldTypeDescription\nidstringIts id\n"


@pytest.mark.parametrize(
    ("middle", "line", "message"),
    [
        ("Weather\n\nFieldTypeDescription\nastringA", 7, "a table of fields below 'Weather'"),
        ("Path Parameters\n\nParameterTypeDescription\nnamestringA", 8, "the path parameter 'name' is not in"),
        ("Query Parameters\n\nParameterTypeDescription\nno type here", 8, "a row of name, type, description was expected"),
        ("Request Body\n\n| Name | Type |\n|---|---|\n| a | string | b | c |", 9, "2 cells were expected, 4 found"),
        ("Request Body\n\n| Name | Type |\n|---|---|\n| a | string |\n| a.b | string |", 9, "yet b is below it"),
        ('Request Body\n\n```json\n{"a": oops}\n```', 8, "JSON was expected here"),
        ("Errors\n\nStatusDescription\nnone at all", 8, "a row that starts with a status"),
        (
            "404 Not Found\n\n# POST /v1/a\n\n201 Created\n\n# GET /v1/things/:id", 11, "is stated a second time"
        ),
    ],
)  # fmt: skip
def test_a_rendered_page_that_cannot_be_read_names_the_line(middle, line, message):
    with pytest.raises(StageError, match=message) as caught:
        read(page(RENDERED.format(middle=middle)))
    assert caught.value.pointer == f"line {line}"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('statestring"A", "B" or "C"', {"type": "string", "enum": ["A", "B", "C"]}),
        ("statestringOne of: READY, RUNNING or DONE", {"type": "string", "enum": ["READY", "RUNNING", "DONE"]}),
        ('statestringIts state, e.g. "A", "B"', {"type": "string"}),
        ("countinteger | nullHow many", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("countnumberHow many, null if unknown", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
        ("tagsstring[]Words", {"type": "array", "items": {"type": "string"}}),
        ("datastring or objectEither", {"anyOf": [{"type": "string"}, {"type": "object"}]}),
        ("whendate-timeWhen", {"type": "string", "format": "date-time"}),
    ],
)  # fmt: skip
def test_rows_of_responses(row, expected):
    text = f"GET /v1/a\n\nResponse\n\n200 OK\n\nFieldTypeDescription\n{row}\n"
    found = lowered(text)["paths"]["/v1/a"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    (schema,) = found["properties"].values()
    assert {key: value for key, value in schema.items() if key != "description"} == expected


TWO = fenced(
    "{/a: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok, "
    "content: {application/json: {schema: {$ref: '#/components/schemas/X'}}}}, '404': {description: none}}}}}",
    "{schemas: {X: {type: object, properties: {state: {type: string, enum: [a, b]}, other: {type: integer}}}}}",
)


@pytest.mark.parametrize(
    ("lose", "message"),
    [
        (lambda document: document["paths"].pop("/a"), "what this place states"),
        (lambda document: document["paths"]["/a"]["get"]["parameters"].pop(), "what this place states"),
        (lambda document: document["paths"]["/a"]["get"]["responses"].pop("404"), "what this place states"),
        (lambda document: document["components"]["schemas"]["X"]["properties"].pop("other"), "what this place states"),
        (lambda document: document["components"]["schemas"]["XState"]["enum"].remove("b"), "the value 'b' that this place lists"),
    ],
    ids=["operation", "parameter", "response", "property", "value"],
)  # fmt: skip
def test_whatever_gets_lost_is_an_error(monkeypatch, lose, message):
    shape = spec.shape

    def forgetful(document, provider):
        shaped = shape(document, provider)
        lose(shaped)
        return shaped

    monkeypatch.setattr(spec, "shape", forgetful)
    with pytest.raises(StageError, match=message) as caught:
        build("acme", [page(TWO)], BASE)
    assert (caught.value.where, caught.value.pointer.startswith("line ")) == ("acme/fragments/page.md", True)


def _calls(count):
    one = (
        "/things{0}: {{post: {{parameters: [{{name: q, in: query, schema: {{type: string}}}}], responses: {{'200': "
        "{{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/T{0}'}}}}}}}}}}}}}}"
    )
    thing = "T{0}: {{type: object, properties: {{s: {{type: string, enum: [a, b]}}, n: {{type: [string, 'null']}}}}}}"
    text = fenced(
        f"{{{', '.join(one.format(i) for i in range(count))}}}",
        f"{{schemas: {{{', '.join(thing.format(i) for i in range(count))}}}}}",
    )
    profile = cProfile.Profile()
    profile.runcall(build, "acme", [page(text)], BASE)
    return pstats.Stats(profile).total_calls / count


def test_the_work_per_operation_does_not_grow():
    """Calls are counted, since time on a shared machine is not a measure."""
    _calls(2)  # caches
    assert _calls(60) <= 1.1 * _calls(10)
