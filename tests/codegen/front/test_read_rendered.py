"""Pages without OpenAPI: flattened tables and examples."""

from __future__ import annotations

import pytest

from codegen import read
from codegen.dialects import tables
from codegen.errors import StageError
from codegen.normalize import normalize
from codegen.sources import Fragment, Page
from codegen.structure import unmarked

FULL = ("name", "type", "required", "description")
SHORT = ("name", "type", "description")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FieldTypeRequiredDescription", FULL),
        ("FieldTypeDescription", SHORT),
        ("ParameterTypeRequiredDefaultDescription", ("name", "type", "required", "default", "description")),
        ("HeaderRequiredDescription", ("name", "required", "description")),
        ("| Field | Type | Description |", SHORT),
        ("Field\tType\tDescription", SHORT),
        ("Field", None),
        ("Description", None),
        ("TypeField", None),
        ("Field and Type", None),
        ("FieldTypeType", None),
    ],
)
def test_header_lines(line, expected):
    assert tables.columns(line) == expected


@pytest.mark.parametrize(
    ("line", "shape", "names", "expected"),
    [
        ("providerstringYesProvider slug", FULL, {"provider"}, ("provider", "string", True, "Provider slug")),
        (
            "providerNamestringProvider display name",
            SHORT,
            {"provider", "providerName"},
            ("providerName", "string", None, "Provider display name"),
        ),
        ("typestringstring of it", SHORT, {"type"}, ("type", "string", None, "string of it")),
        ("stringstringYesA string", FULL, {"string"}, ("string", "string", True, "A string")),
        ("arrayarrayNo", FULL, {"array"}, ("array", "array", False, "")),
        ("isNostringNoYes or no", FULL, {"isNo"}, ("isNo", "string", False, "Yes or no")),
        ("unseenstringNoNot in any example", FULL, set(), ("unseen", "string", False, "Not in any example")),
        (
            "items[].runIdstringThe run",
            SHORT,
            {"items", "items[].runId"},
            ("items[].runId", "string", None, "The run"),
        ),
        ("price.amountnumberHow much", SHORT, set(), ("price.amount", "number", None, "How much")),
        ("cursorstring | nullNext page", SHORT, {"cursor"}, ("cursor", "string | null", None, "Next page")),
        ("tagsstring[]Tags", SHORT, {"tags"}, ("tags", "string[]", None, "Tags")),
        ("tagsarray of stringsTags", SHORT, {"tags"}, ("tags", "array of strings", None, "Tags")),
        ('status"A" | "B"Status', SHORT, {"status"}, ("status", '"A" | "B"', None, "Status")),
        (
            "Content-TypeYesapplication/json",
            ("name", "required", "description"),
            {"Content-Type"},
            ("Content-Type", "", True, "application/json"),
        ),
        ("| a | string | Yes | x `y` |", FULL, set(), ("a", "string", True, "x `y`")),
        (
            "limitintegerNo10How many",
            ("name", "type", "required", "default", "description"),
            set(),
            ("limit", "integer", False, "How many"),
        ),
    ],
)
def test_rows(line, shape, names, expected):
    row = tables.split(line, shape, names, 7)
    assert (row.name, row.type, row.required, row.description) == expected


@pytest.mark.parametrize(
    ("line", "shape", "message"),
    [
        ("no type at all", SHORT, "was expected"),
        ("anumberXstringX", SHORT, "no example"),
        ("providerstringMaybeSlug", FULL, "was expected"),
    ],
)
def test_a_row_that_is_not_clear_is_refused(line, shape, message):
    with pytest.raises(ValueError, match=message):
        tables.split(line, shape, set(), 1)


PAGE = """GET /v1/runs/:runId

Get a run. With its output.

Request

Headers

HeaderRequiredDescription
AuthorizationYesBearer <api-key>

Path Parameters

ParameterTypeDescription
runIdstringThe run

Query Parameters

ParameterTypeRequiredDescription
limitintegerNoHow many (default: 10)
verbosebooleanNoMore words

Example Request

bash
curl "https://api.acme.test/base/v1/runs/01H?limit=5&verbose=true" \\
  -H "Authorization: Bearer key"
python
# 200 OK
print("done")

# 404 Not Found
raise SystemExit

Response

200 OK

The run.

FieldTypeDescription
runIdstringIdentifier
statusstring"READY", "RUNNING" or "DONE"
cost.amountnumberHow much
itemsarrayWhat came out
items[].urlstringWhere
errorstringWhy it failed
finishedAtstring | nullISO 8601 timestamp

Example Response

json
{
  "runId": "01H",
  "status": "DONE",
  "cost": {"amount": 1, "currency": "USD"},
  "items": [{"url": "x", "size": 3, "tags": ["a"]}],
  "error": null,
  "finishedAt": "2026-03-28T10:30:00.000Z",
  "extra": true
}

Errors

StatusDescription
401Missing key
404No such run
"""


def rendered(text=PAGE):
    fragment = Fragment("page.md", "", "0" * 64, "rendered", "2026-11-21")
    return read.read(Page(fragment, "acme/fragments/page.md", text))


@pytest.fixture(scope="module")
def operation():
    document = unmarked(normalize(rendered(), "page.md"))
    return document["paths"]["/v1/runs/{runId}"]["get"]


def test_the_server_comes_from_the_example():
    assert rendered()["servers"] == [{"url": "https://api.acme.test/base"}]


def test_parameters(operation):
    assert operation["parameters"] == [
        {"name": "runId", "in": "path", "required": True, "description": "The run", "schema": {"type": "string", "description": "The run"}},  # noqa: E501
        {"name": "limit", "in": "query", "required": False, "description": "How many (default: 10)",
         "schema": {"type": "integer", "description": "How many (default: 10)", "default": 10}},
        {"name": "verbose", "in": "query", "required": False, "description": "More words",
         "schema": {"type": "boolean", "description": "More words"}},
    ]  # fmt: skip


def test_security_and_words(operation):
    assert operation["security"] == [{"bearerAuth": []}]
    assert (operation["summary"], operation["description"]) == ("Get a run", "Get a run. With its output.")
    assert "requestBody" not in operation


def test_responses(operation):
    assert {status: each["description"] for status, each in operation["responses"].items()} == {
        "200": "The run.", "401": "Missing key", "404": "No such run",
    }  # fmt: skip


def test_table_and_example_together(operation):
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    text = {"type": "string"}
    assert schema == {
        "type": "object",
        "properties": {
            "runId": {**text, "description": "Identifier"},
            "status": {
                **text,
                "enum": ["READY", "RUNNING", "DONE"],
                "description": '"READY", "RUNNING" or "DONE"',
            },
            "cost": {
                "type": "object",
                "properties": {"amount": {"type": "number", "description": "How much"}, "currency": text},
            },
            "items": {
                "type": "array",
                "description": "What came out",
                "items": {
                    "type": "object",
                    "properties": {
                        "url": {**text, "description": "Where"},
                        "size": {"type": "integer"},
                        "tags": {"type": "array", "items": text},
                    },
                },
            },
            "error": {"anyOf": [text, {"type": "null"}], "description": "Why it failed"},
            "finishedAt": {
                "anyOf": [{**text, "format": "date-time"}, {"type": "null"}],
                "description": "ISO 8601 timestamp",
            },
            "extra": {"type": "boolean"},
        },
    }


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ("GET /v1/runs/:runId\n", "Runs\n", "a line such as", "GET /v1/runs"),
        ("runIdstringIdentifier", "runId Identifier", "was expected", "runIdstringIdentifier"),
        ('"runId": "01H",', '"runId": "01H"', "JSON was expected", '"status": "DONE"'),
        ('"runId": "01H",', '"runId": 1,', "the table says string for runId", '{\n  "runId"'),
        ('"cost": {"amount": 1', '"cost": {"amount": NaN', "NaN is no JSON", '{\n  "runId"'),
        ("401Missing key", "Missing key", "starts with a status", "401Missing key"),
    ],
)
def test_a_broken_page_names_the_line(old, new, message, place):
    with pytest.raises(StageError, match=message) as caught:
        rendered(PAGE.replace(old, new, 1))
    assert caught.value.pointer == f"line {PAGE[: PAGE.index(place)].count(chr(10)) + 1}"


def test_a_page_without_responses_is_refused():
    with pytest.raises(StageError, match="states no response"):
        rendered("GET /v1/x\n\nText.\n")


def test_requests_keep_their_free_form_objects():
    text = """POST /v1/run

Body

FieldTypeRequiredDescription
namestringYesA name
inputobjectNoAnything

Example Request

```bash
curl -X POST https://a.test/v1/run -d '{"name": "x", "input": {"deep": 1}}'
```

Response

204 No Content
"""
    body = unmarked(rendered(text))["paths"]["/v1/run"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "A name"},
            "input": {"type": "object", "description": "Anything"},
        },
        "required": ["name"],
    }
