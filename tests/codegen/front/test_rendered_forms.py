"""The forms that rendered reference pages are found in: one made-up page each."""

from __future__ import annotations

import pytest
from vendored import build, page

from codegen.dialects.types import typed
from codegen.errors import StageError
from codegen.read import read
from codegen.structure import origins, unmarked

BASE = "https://api.corvus.example"


def spec(text):
    return build("corvus", [page(text, "page.md", "corvus")], BASE)


def schema(made, name):
    return made.document["components"]["schemas"][name]


def read_page(text):
    return unmarked(read(page(text)))


def operation(text):
    ((_, methods),) = read_page(text)["paths"].items()
    ((_, found),) = methods.items()
    return found


def body(text):
    found = operation(f"POST /v1/a\n\n{text}\n\n204 No Content\n")["requestBody"]
    return found["content"]["application/json"]["schema"]["properties"]


TWO = """Jobs

List Jobs

GET /v1/jobs

List jobs.

Query Parameters

ParameterTypeDefaultDescription
limitnumber10How many

Example Request

curl "https://api.corvus.example/v1/jobs?limit=5" \\
  -H "X-API-Key: key"

200 OK

FieldTypeDescription
jobs[].idstringIts id

Get Job

GET /v1/jobs/:jobId

Path Parameters

ParameterTypeDescription
jobIdstringThe job

200 OK

FieldTypeDescription
idstringIts id
providerResponseobject | nullWhat was answered

Provider Response

FieldTypeDescription
httpStatusnumberIts status

404 Not Found

{"code": 404}
"""


def test_a_page_may_state_several_operations():
    made = spec(TWO)
    assert list(made.document["paths"]) == ["/v1/jobs", "/v1/jobs/{jobId}"]
    assert made.document["components"]["securitySchemes"]["apiKeyAuth"]["name"] == "X-API-Key"
    listed, one = (item["get"] for item in made.document["paths"].values())
    assert [each["operationId"] for each in (listed, one)] == ["list_jobs", "get_job"]
    assert [each["name"] for each in listed["parameters"]] == ["limit"]
    assert list(one["responses"]) == ["200", "404"]
    assert (
        made.provenance["/paths/~1v1~1jobs~1{jobId}/get"][0].line
        == TWO.split("\n").index("GET /v1/jobs/:jobId") + 1
    )


def test_a_heading_that_names_a_field_by_its_words_has_its_fields_below():
    inner = schema(spec(TWO), "GetJobResponseProviderResponse")
    assert inner["properties"] == {"httpStatus": {"type": "number", "description": "Its status"}}


def test_operations_that_are_only_mentioned_are_none():
    found = read_page(
        "GET /v1/a\n\nGET /v1/b\n\n200 OK\n\nFieldTypeDescription\nidstringIts id\n\nNext\n\nGET /v1/c\n"
    )
    assert list(found["paths"]) == ["/v1/b"]


def test_errors_of_the_whole_page_are_errors_of_every_operation():
    text = (
        "# Api\n\n## GET /v1/a\n\n### 200 OK\n\n## GET /v1/b\n\n### 200 OK\n\n## Errors\n\n- `429` too many\n"
    )
    for item in read_page(text)["paths"].values():
        assert list(item["get"]["responses"]) == ["200", "429"]


def test_rows_without_a_leading_pipe_and_pipes_that_mean_or():
    found = operation(
        "GET /v1/a\n200 OK\n| Field | Type | Description |\n|---|---|---|\n"
        "a | string | null | A text, or | no text |\nb | object | B |\nTop Up\nWords.\n"
    )["responses"]["200"]
    assert found["content"]["application/json"]["schema"]["properties"] == {
        "a": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "A text, or | no text"},
        "b": {"type": "object", "description": "B"},
    }


def test_a_table_without_any_outer_pipe():
    found = operation(
        "GET /v1/a\n\nQuery Parameters\n\nName | Type | Optional\n---|---|---\nq | string | No\n\n204 No Content\n"
    )
    (parameter,) = found["parameters"]
    assert (parameter["name"], parameter["required"]) == ("q", True)


GLUED = """Balance
GET /v1/balanceGet the balance of a workspace.
Headers
| Header | Required | Description |
|---|---|---|
Authorization | Yes | Bearer <api-key> |
Example Request
curl "https://api.corvus.example/v1/balance" \\
-H "Authorization: Bearer key"const response = await fetch("https://api.corvus.example/v1/balance", {
});
const data = await response.json();200 OK
| Field | Type | Description |
|---|---|---|
value | number | How much |
"""


def test_lines_that_were_run_together_are_parted():
    document = read(page(GLUED))
    found = document["paths"]["/v1/balance"]["get"]
    assert found["description"] == "Get the balance of a workspace."
    assert [origin.line for origin in origins(found["responses"]["200"])] == [11]
    assert document["servers"] == [{"url": BASE}]


@pytest.mark.parametrize("line", ["GET /v1/runs/:runId", "GET /v1/Runs", "GET /v1/runsList"])
def test_a_path_that_is_one_is_not_parted(line):
    assert list(read_page(f"{line}\n\n204 No Content\n\nhttps://api.corvus.example/v1/runs\n")["paths"]) == [
        line[4:]
    ]


STATUSES = """GET /v1/tasks/:id

200 OK

FieldTypeDescription
statusstringWhere it is
modestring | nullHow
planstring"free"

Task Statuses

StatusDescription
pendingWaits
in_progressIs being worked on

Plans

| Plan | Meaning |
|---|---|
| free | Nothing |
| pro | Something |

Mode Values

| Value | Description |
|---|---|
| `fast` | Quick |
| `deep` | Thorough |

Limits

| Plan | Requests | Notes |
|---|---|---|
| free plan | 10 | a minute |
"""


def test_tables_of_values_are_enumerations():
    made = spec(STATUSES)
    enums = {
        name: held["enum"] for name, held in made.document["components"]["schemas"].items() if "enum" in held
    }
    assert list(enums.values()) == [["fast", "deep"], ["free"], ["pending", "in_progress"]]
    pointer = next(name for name, held in enums.items() if "pending" in held)
    assert {origin.line for origin in made.provenance[f"/components/schemas/{pointer}/enum/0"]} == {6, 13}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ('array of strings | `["web"]` | x', {"type": "array", "items": {"type": "string"}, "default": ["web"]}),
        ("number[] | `[0.5]` | x", {"type": "array", "items": {"type": "number"}, "default": [0.5]}),
        ("string[] | [1] | x", {"type": "array", "items": {"type": "string"}}),
        ('object | `{"deep": false}` | x', {"type": "object", "default": {"deep": False}}),
        ("string[] | - | Any of `a`, `b`", {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}),
        ("string | | Defaults to 'en'", {"type": "string", "default": "en"}),
        ("Widget | | x", {}),
    ],
)  # fmt: skip
def test_types_and_defaults_of_cells(cells, expected):
    text = f"Request Body\n\n| Name | Type | Default | Description |\n|---|---|---|---|\n| it | {cells} |"
    found = body(text)["it"]
    assert found.pop("description")
    assert found == expected


def test_a_type_nobody_knows_is_kept_in_words():
    text = "Request Body\n\n| Name | Type | Description |\n|---|---|---|\n| it | [Widget](#w) | The thing |"
    assert body(text)["it"]["description"] == "Widget. The thing"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string, null", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ('"a" | "b"', {"type": "string", "enum": ["a", "b"]}),
        ("1 | 2", {"type": "integer", "enum": [1, 2]}),
        ("string · date-time", {"type": "string", "format": "date-time"}),
        ("enum (EUR, USD)", {"type": "string", "enum": ["EUR", "USD"]}),
        ("Record<string, number>", {"type": "object", "additionalProperties": {"type": "number"}}),
        ("Array<User>", {"type": "array", "items": {"type": "object"}}),
        ("(string | number)[]", {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}}),
        ("{ a: string, b?: int }", {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}),  # noqa: E501
        ("{ a }", None), ("Widget", None), ("", None), ("x" * 400, None), ("[" * 200, None),
    ],
)  # fmt: skip
def test_type_cells(text, expected):
    assert typed(text) == expected


def test_badges_in_flattened_rows():
    rows = "brand\nrequired\nstringBrand name.\ncountoptional\nnumberHow many.\nDefault: 50\n"
    found = operation(f"POST /v1/a\n\nRequest body\n\nFieldTypeDescription\n{rows}\n204 No Content\n")[
        "requestBody"
    ]
    assert found["content"]["application/json"]["schema"] == {
        "type": "object",
        "properties": {
            "brand": {"type": "string", "description": "Brand name."},
            "count": {"type": "number", "description": "How many. Default: 50", "default": 50},
        },
        "required": ["brand"],
    }


def test_where_a_name_ends_is_told_by_the_code_of_the_page():
    row = "FieldTypeDescription\nanumberXstringX\n"
    with pytest.raises(StageError, match="no example on the page"):
        body(f"Request Body\n\n{row}")
    code = '```python\nsend(anumberX="x")\n```\n\n'
    assert list(body(f"{code}Request Body\n\n{row}")) == ["anumberX"]


LISTS = """# Pages

`GET /v2/pages/{page_id}`

## Path parameters

- `page_id` (string, required): The page

## Query parameters

- **expand** (string, optional): One of `owner`, `links`
- `limit` (integer, default 20) - how many
- `since`: From here on
- Words that state nothing.

## Response

`200 OK`

- `id` (string): The id
- `owner` (object): Whose
  - `name` (string | null): Its name
- **Note**: these are words.
"""


def test_lists_state_fields():
    found = operation(LISTS)
    assert {each["name"]: each["schema"].get("default") for each in found["parameters"]} == {
        "page_id": None, "expand": None, "limit": 20, "since": None,
    }  # fmt: skip
    schema = found["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(schema["properties"]) == ["id", "owner"]
    assert schema["properties"]["owner"]["properties"]["name"]["anyOf"][1] == {"type": "null"}


STACK = """Crawl

POST

/

crawl

Authorizations

\u200b
Authorization
string
header
required

Bearer authentication header of the form Bearer <token>.

Body

application/json

\u200b
url
string<uri>
required

Where to start

\u200b
sitemap
enum<string>
default:include

How it is used

Available options:
skip,
include

\u200b
webhook
object

Show child attributes

\u200b
webhook.events
enum<string>[]

Available options:
page,
failed

Response

200 - application/json

\u200b
id
string
"""


def test_stacks_state_fields():
    found = operation(STACK)
    assert found["security"] == [{"bearerAuth": []}]
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["url"]
    assert schema["properties"]["sitemap"]["enum"] == ["skip", "include"]
    assert schema["properties"]["sitemap"]["default"] == "include"
    assert schema["properties"]["webhook"]["properties"]["events"]["items"]["enum"] == ["page", "failed"]
    answer = found["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert answer == {"id": {"type": "string"}}


@pytest.mark.parametrize(
    ("heading", "status"),
    [
        ("200 OK (Synchronous Provider)", "200"),
        ("### Success Response (202)", "202"),
        ("**201** Created", "201"),
        ("200 - application/json", "200"),
        ("#### 404 Not Found {#missing}", "404"),
    ],
)
def test_headings_of_responses(heading, status):
    text = f'GET /v1/a\n\n{heading}\n\n```json\n{{"a": 1}}\n```\n'
    assert list(operation(text)["responses"]) == [status]


def test_tabs_of_examples_show_the_first():
    found = operation('GET /v1/a\n\nResponse\n\n200\n\n404\n\n{"id": "x"}\n')["responses"]
    assert ["content" in each for each in found.values()] == [True, False]


def test_codes_of_errors_without_a_status_are_no_error():
    found = operation("GET /v1/a\n\n200 OK\n\nErrors\n\nCodeDescription\nRATE_LIMITEDToo many\n")
    assert list(found["responses"]) == ["200"]


def test_a_status_that_only_a_list_names_is_that_of_the_example():
    text = 'POST /v1/a\n\nResponse\n\n```json\n{"a": 1}\n```\n\nStatus Codes\n\nCodeDescription\n201Created\n400Bad\n'
    found = operation(text)["responses"]
    assert {status: "content" in each for status, each in found.items()} == {"201": True, "400": False}


def test_html_tables_are_tables_and_a_query_in_the_line_counts():
    text = (
        "GET /v1/weather?lat={lat}&units=\n\n<table><thead>\n<tr><th>Parameter</th><th>Type</th>\n"
        "<th>Description</th></tr></thead>\n<tr><td><code>lat</code></td><td>number</td><td>North | south</td></tr>\n"
        "</table>\n\n204 No Content\n"
    )
    (item,) = read(page(text))["paths"].values()
    lat, units = item["get"]["parameters"]
    assert unmarked(lat)["schema"] == {"type": "number", "description": "North | south"}
    assert [origin.line for origin in origins(lat)] == [6]
    assert (units["name"], units["in"]) == ("units", "query")


def test_brackets_behind_a_name_make_an_array():
    text = "Request Body\n\n| Name | Type | Description |\n|---|---|---|\n| tags[] | string | Its tags |"
    assert body(text)["tags"] == {"type": "array", "items": {"type": "string"}, "description": "Its tags"}


def test_an_operation_may_have_a_label():
    assert list(read_page("**Endpoint:** `POST /v1/sessions`\n\nHTTP/1.1 200 OK\n\n{}\n")["paths"]) == [
        "/v1/sessions"
    ]


@pytest.mark.parametrize(
    "text",
    [
        ("name\n" + "a" * 150 + "!\n\n") * 20,
        ("- `a` (" + "x, " * 300 + "\n") * 20,
        "| Name | Type |\n|---|---|\n" + ("| a | " + "array<" * 45 + "x" + ">" * 45 + " |\n") * 20,
        "| Name | Type |\n|---|---|\n" + ("| a | " + "x" + "[]" * 140 + " |\n") * 20,
        "<table><tr>" + "<td>x" * 3_000 + "</table>",
        "GET\n/\n" * 500,
    ],
)
def test_what_looks_like_fields_over_and_over_takes_no_time_without_bound(text):
    assert operation(f"POST /v1/a\n\nRequest Body\n\n{text}\n\n204 No Content\n")["responses"]


def test_too_many_operations_are_an_error():
    with pytest.raises(StageError, match="more than 100 operations"):
        read_page("".join(f"GET /v1/a{number}\n\n204 No Content\n\n" for number in range(101)))


def test_what_states_nothing_that_is_kept_is_noted():
    text = """# List cats

List the cats.

GET /v1/cats

```bash
curl "https://api.corvus.example/v1/cats?tenant=x" -H "X-Trace: 1" -H "Authorization: Bearer k"
```

## Query Parameters

Pass `limit` to get fewer.

| Name | Type | Description |
|---|---|---|
| page | integer | The page. |

### Colours

| Colour | Meaning |
|---|---|
| red | A ginger one. |

## Limits

| Plan | Limit |
|---|---|
| free | 10 |

## Response

204 No Content

Nothing at all.
"""
    ((_, said),) = [(key, held) for key, held in spec(text).notes.items() if key.endswith("/get")]
    assert list(said) == [
        "line 13 is not read: Pass `limit` to get fewer.",
        "line 23 is not read: a table of values (red) of no field that is stated",
        "line 27 is not read: | Plan | Limit |",
        "line 29 is not read: | free | 10 |",
        "the header X-Trace is sent by an example, but stated nowhere",
        "the parameter tenant is sent by an example, but stated nowhere",
    ]
    many = text.replace("Pass `limit`", "Word.\n\n" * 100 + "Pass `limit`")
    ((_, said),) = [(key, held) for key, held in spec(many).notes.items() if key.endswith("/get")]
    assert "74 more lines are not read" in said
