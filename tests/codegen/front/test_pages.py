"""Whole pages of made-up products, in the forms that are published, from the page to the client."""

from __future__ import annotations

import ast

import pytest
from vendored import BASE_URLS, PAGES, page, vendored

from codegen.generate import generate
from codegen.pointer import resolve

JOB = "/paths/~1accounts~1{account_id}~1jobs:start/post"
RUNS = "/paths/~1runs/post"
SCHEMAS = "/components/schemas"


@pytest.fixture(scope="module")
def made():
    return {name: vendored(name) for name in BASE_URLS}


@pytest.mark.parametrize("name", BASE_URLS)
def test_pages_become_a_client(made, name):
    files = generate(made[name]).provider
    assert {"wire.py", "schemas.py", "client.py"} <= files.keys()
    for text in files.values():
        ast.parse(text)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("acme/create-run.md", "openapi"),
        ("acme/get-run.md", "openapi"),
        ("acme/run-changed.md", "openapi"),
        ("borea/create-job.md", "legacy"),
        ("borea/get-recording.md", "legacy"),
        ("borea/job-finished.md", "legacy"),
        ("corvus/get-run.md", "rendered"),
        ("corvus/scrape.md", "rendered"),
        ("corvus/search.md", "rendered"),
    ],
)
def test_the_dialect_is_recognised(file, expected):
    assert page((PAGES / file).read_text("utf-8")).fragment.dialect == expected


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


FACTS = {
    "borea": {
        # several security alternatives, a title with spaces, oauth2, none at all
        f"{JOB}/security": [{"api-key-header": []}, {"OAuth": []}, {}],
        "/components/securitySchemes/OAuth": {"type": "http", "scheme": "bearer"},
        # several `schema` entries: enum and null, with a default; integers; array; header; cookie
        f"{JOB}/parameters/2/schema/anyOf": [ref("CreateAJobMode"), {"type": "null"}],
        f"{JOB}/parameters/2/schema/default": "fast",
        f"{JOB}/parameters/2/deprecated": True,
        f"{SCHEMAS}/CreateAJobLevel": {"type": "integer", "enum": [1, 60]},
        f"{JOB}/parameters/1/schema/items": {"type": "string"},
        f"{JOB}/parameters/1/explode": True,
        f"{JOB}/parameters/4/in": "header",
        f"{JOB}/parameters/4/schema/anyOf/0": {"type": "string", "maxLength": 40},
        f"{JOB}/parameters/5/in": "cookie",
        "/paths/~1jobs~1{id}~1recording/get/parameters/0/schema/anyOf": [
            {"type": "string", "format": "uuid"},
            {"type": "integer"},
        ],
        "/paths/~1jobs~1{id}~1recording/get/parameters/1/schema/anyOf/1": {
            "type": "array",
            "items": {"type": "string"},
        },
        # a body of several content types, required by its entry, with requiredProperties and words of its own
        f"{JOB}/requestBody/required": True,
        f"{JOB}/requestBody/description": "The job to start.",
        f"{JOB}/requestBody/content/application~1json/schema": ref("JobCreate"),
        f"{SCHEMAS}/JobCreate/required": ["template"],
        f"{SCHEMAS}/CreateAJobRequestFormData": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
            "required": ["file"],
        },
        # `type` lists, $ref with siblings, nullable, additionalProperties, anchors, recursion
        f"{SCHEMAS}/JobCreate/properties/input": {"type": "object", "additionalProperties": True},
        f"{SCHEMAS}/JobCreate/properties/labels/additionalProperties": {"type": "string"},
        f"{SCHEMAS}/JobCreate/properties/schedule": {
            "description": "When.",
            "anyOf": [ref("Schedule"), {"type": "null"}],
        },
        f"{SCHEMAS}/JobCreateRetryChildren/properties/limit": {"type": "integer", "default": 3},
        f"{SCHEMAS}/Schedule/properties/next": ref("Schedule"),
        f"{SCHEMAS}/Hook2/properties/url": {"type": "string", "format": "uri"},
        f"{SCHEMAS}/Hook2/properties/on/anyOf/2": {"type": "null"},
        f"{SCHEMAS}/State/enum": ["on", "off", "1"],
        # several schemaArray entries; a component that is also written out; responses without content
        f"{JOB}/responses/200/content/application~1json/schema/anyOf": [
            ref("Job"),
            {"type": "array", "items": ref("State")},
        ],
        f"{SCHEMAS}/Job/allOf/0": ref("Base"),
        f"{JOB}/responses/202": {"description": "Accepted"},
        f"{JOB}/responses/404": {"description": ""},
        f"{JOB}/responses/4XX/content/application~1json/schema": ref("ErrorResponse"),
        f"{JOB}/responses/default/content/application~1json/schema": ref("ErrorResponse"),
        f"{JOB}/deprecated": True,
        "/paths/~1jobs~1{id}~1recording/get/responses/200/content/video~1mp4/schema": {
            "type": "string",
            "format": "binary",
        },
        "/paths/~1jobs~1{id}~1recording/get/security": [],
        # a webhook is no operation, but has types
        "/webhooks/JOB_FINISHED/post/requestBody/content/application~1json/schema": ref("JobFinishedWebhook"),
        "/servers": [{"url": "https://eu.api.borea.example/v1"}],
    },
    "acme": {
        f"{RUNS}/security": [{"bearer": []}, {"key": [], "tenant": []}, {}],
        f"{RUNS}/tags": ["runs"],
        f"{RUNS}/parameters/0/schema": {"type": "boolean", "default": False},
        f"{RUNS}/parameters/0/deprecated": True,
        f"{RUNS}/parameters/1/schema/oneOf/1": {"type": "array", "items": {"type": "string"}},
        f"{RUNS}/parameters/2/schema": {**ref("CreateARunSort"), "default": "asc"},
        f"{RUNS}/parameters/3/name": "X-Tenant",
        f"{RUNS}/parameters/3/schema": {"type": "string", "minLength": 1, "example": "x"},
        f"{SCHEMAS}/CreateARunRequest/additionalProperties": False,
        f"{SCHEMAS}/CreateARunRequest/properties/kind/anyOf": [
            ref("CreateARunRequestKind"),
            {"type": "null"},
        ],
        f"{SCHEMAS}/CreateARunRequest/properties/pet/discriminator/propertyName": "species",
        f"{SCHEMAS}/CreateARunRequestOptions/properties/depth": {
            "type": "integer",
            "exclusiveMinimum": 0,
            "default": 3,
        },
        f"{SCHEMAS}/CreateARunRequestOptionsFormatsItem/enum": ["html", "markdown"],
        f"{RUNS}/responses/201/headers/X-Rate-Limit/schema": {"type": "integer"},
        f"{RUNS}/responses/default/content/application~1json/schema": ref("CreateARunResponseDefault"),
        f"{SCHEMAS}/Error/properties/inner/anyOf": [ref("Error"), {"type": "null"}],
        f"{SCHEMAS}/Error/additionalProperties": {},
        f"{SCHEMAS}/Run/properties/parent": {**ref("Run"), "description": "Where it came from."},
        f"{SCHEMAS}/Run/properties/meta/additionalProperties": {
            "type": "array",
            "items": {"type": "integer"},
        },
        f"{SCHEMAS}/Run/properties/when/anyOf/1": {"type": "null"},
        f"{SCHEMAS}/RunState/enum": ["queued", "on", "done", "lost"],
        f"{SCHEMAS}/RunPrevious/enum": ["queued", "on", "done"],
        "/webhooks/run-changed/post/requestBody/content/application~1json/schema": ref("RunChangedRequest"),
        f"{SCHEMAS}/CreateARunOnDoneRequestState/enum": ["done", "failed"],
        f"{SCHEMAS}/RunChangedRequestKind/enum": ["run_changed"],
    },
    "corvus": {
        "/paths/~1v1~1runs/get/parameters/0/schema/default": 10,
        "/paths/~1v1~1runs/get/parameters/0/required": False,
        f"{SCHEMAS}/ListRunsStatus/enum": ["READY", "RUNNING", "COMPLETED"],
        "/paths/~1v1~1runs/get/responses/400": {"description": "VALIDATION_ERROR: The query is malformed"},
        f"{SCHEMAS}/ListRunsResponse/properties/cursor/anyOf": [{"type": "string"}, {"type": "null"}],
        f"{SCHEMAS}/ListRunsResponseItemsItemStatus/enum": ["READY", "RUNNING", "COMPLETED", "FAILED"],
        f"{SCHEMAS}/ListRunsResponseItemsItemPrice/properties/amount/type": "number",
        f"{SCHEMAS}/ListRunsResponseItemsItemPrice/properties/type": {"type": "string"},
        f"{SCHEMAS}/RetrieveARunWithItsOutputResponse/properties/output": {
            "description": "Output of the endpoint"
        },
        f"{SCHEMAS}/RetrieveARunWithItsOutputResponseCost/properties/currency": {"type": "string"},
        "/paths/~1v1~1runs~1{runId}/get/responses/404/description": "The run does not exist.",
        f"{SCHEMAS}/RetrieveARunWithItsOutputResponse404/properties/code": {"type": "string"},
        "/paths/~1v1~1runs~1{runId}~1stop/post/responses/409/description": "The run is already finished.",
        "/paths/~1v1~1runs~1{runId}~1stop/post/parameters/0/name": "runId",
        f"{SCHEMAS}/ScrapeAPageRequest/required": ["url"],
        f"{SCHEMAS}/ScrapeAPageRequest/properties/url/format": "uri",
        f"{SCHEMAS}/ScrapeAPageRequest/properties/headers/additionalProperties": {"type": "string"},
        f"{SCHEMAS}/ScrapeAPageRequestMode/enum": ["fast", "deep"],
        f"{SCHEMAS}/ScrapeAPageRequestOptions/properties/waitFor/default": 0,
        "/components/securitySchemes/apiKeyAuth/name": "x-api-key",
        f"{SCHEMAS}/ScrapeAPageResponseData/properties/score/anyOf": [{"type": "number"}, {"type": "null"}],
        f"{SCHEMAS}/ScrapeAPageResponseDataMetadata/properties/statusCode/type": "integer",
        "/paths/~1v1~1scrape/post/responses/402/description": "Payment Required: no credits left",
        f"{SCHEMAS}/ScrapeAPageResponse500/properties/error": {"type": "string"},
        "/paths/~1v1~1search/get/parameters/1/schema/default": 1,
        f"{SCHEMAS}/SearchXRegion/enum": ["eu", "us"],
        f"{SCHEMAS}/SearchResponseResultsItem/properties/rank/type": "number",
        "/paths/~1v1~1search/get/responses/200/headers/X-Total/schema": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("name", "pointer"), [(name, each) for name, facts in FACTS.items() for each in facts]
)
def test_what_a_page_says_is_in_the_document(made, name, pointer):
    assert resolve(made[name].document, pointer) == FACTS[name][pointer]


@pytest.mark.parametrize("name", BASE_URLS)
def test_no_response_property_of_a_rendered_page_is_required(made, name):
    if name == "corvus":
        required = [
            key
            for key, schema in made[name].document["components"]["schemas"].items()
            if "required" in schema
        ]
        assert required == ["ScrapeAPageRequest"]


@pytest.mark.parametrize(
    ("name", "pointer", "words"),
    [
        ("acme", f"{SCHEMAS}/Run", "get-run.md adds the properties cost"),
        ("acme", f"{SCHEMAS}/RunState", "get-run.md adds the values lost"),
        ("acme", f"{SCHEMAS}/Run", "as required (so they aren't) state"),
        ("acme", f"{RUNS}/parameters/2", "moved below `schema`"),
        ("acme", RUNS, "security is that of the whole page"),
        ("borea", f"{SCHEMAS}/Job", "is written out on the page where it is used"),
        ("borea", f"{SCHEMAS}/Hook/anyOf/0", "called Hook2, since Hook is something else"),
        ("corvus", "/paths/~1v1~1scrape/post/responses/2XX", "the page names no status"),
        ("corvus", "/paths/~1v1~1runs~1{runId}/get", "the path /v1/runs/:runId is written"),
    ],
)
def test_what_was_changed_is_noted(made, name, pointer, words):
    assert any(words in each for each in made[name].notes[pointer])


def test_every_value_of_an_enumeration_knows_its_pages(made):
    places = made["acme"].provenance
    files = [{origin.file for origin in places[f"{SCHEMAS}/RunState/enum/{index}"]} for index in range(4)]
    assert files == [
        {"create-run.md", "get-run.md"},
        {"create-run.md"},
        {"create-run.md", "get-run.md"},
        {"get-run.md"},
    ]
