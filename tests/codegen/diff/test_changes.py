"""Single changes of a small document, each with the effect it must have on users of the raw client and of the overlay.

The overlay of these tests calls `jobs.start_job` and `jobs.get_job` and says the names in SAYS; nothing else.
"""

import copy

import pytest

from codegen.diff import compare
from codegen.diff_kinds import EFFECTS, KINDS
from codegen.diff_overlay import Overlay
from codegen.errors import StageError
from codegen.read import check_types

SAYS = {"region", "kind", "state", "note", "count", "ran", "done", "at"}
OVERLAY = Overlay(frozenset({"jobs.start_job", "jobs.get_job"}), frozenset(SAYS))
B, A, C = EFFECTS
YES, NO = True, False
REF = "#/components/schemas/"


def ref(name):
    return {"$ref": REF + name}


def json_of(schema):
    return {"content": {"application/json": {"schema": schema}}}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Jobs", "version": "2026-01-01"},
    "servers": [{"url": "https://api.example.test"}],
    "paths": {
        "/jobs": {
            "post": {
                "operationId": "start_job",
                "tags": ["jobs"],
                "summary": "Start a job",
                "parameters": [
                    {
                        "name": "region",
                        "in": "query",
                        "required": False,
                        "schema": {"type": "string", "default": "eu"},
                    },
                    {"name": "pages", "in": "query", "required": False, "schema": {"type": "integer", "default": 10}},
                    {"name": "trace", "in": "header", "required": False, "schema": {"type": "string"}},
                ],
                "requestBody": {"required": True, **json_of(ref("Order"))},
                "responses": {
                    "200": {"description": "Done", **json_of(ref("Job"))},
                    "422": {"description": "No", **json_of(ref("Problem"))},
                },
                "security": [{"key": []}],
            },
            "get": {
                "operationId": "list_jobs",
                "tags": ["jobs"],
                "parameters": [],
                "responses": {"200": {"description": "All", **json_of({"type": "array", "items": ref("Item")})}},
                "security": [{"key": []}],
            },
        },
        "/jobs/{id}": {
            "get": {
                "operationId": "get_job",
                "tags": ["jobs"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                ],
                "responses": {"200": {"description": "It", **json_of(ref("Job"))}},
                "security": [{"key": []}],
            },
        },
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "properties": {
                    "kind": ref("Kind"),
                    "note": {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]},
                    "count": {"type": "integer", "minimum": 1, "maximum": 9},
                    "when": {"type": "string", "format": "date-time"},
                    "tag": {"type": "string"},
                },
                "required": ["kind"],
            },
            "Kind": {"type": "string", "enum": ["deep", "quick"]},
            "Job": {
                "type": "object",
                "properties": {
                    "state": ref("State"),
                    "ran": {"type": "integer"},
                    "at": {"type": "string", "format": "date-time"},
                    "done": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                    "score": {"type": "number"},
                    "cost": {"anyOf": [{"type": "number"}, ref("Price")]},
                    "link": {"type": "string"},
                    "words": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["state", "at"],
            },
            "State": {"type": "string", "enum": ["open", "done"]},
            "Price": {"type": "object", "properties": {"amount": {"type": "number"}}},
            "Item": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]},
            "Problem": {"type": "object", "properties": {"detail": {"type": "string"}}},
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}  # fmt: skip

START = ("paths", "/jobs", "post")
LIST = ("paths", "/jobs", "get")
GET = ("paths", "/jobs/{id}", "get")
SCHEMAS = ("components", "schemas")
ORDER = (*SCHEMAS, "Order", "properties")
JOB = (*SCHEMAS, "Job", "properties")
REGION = (*START, "parameters", 0)
PAGES = (*START, "parameters", 1)
REMOVED = object()
OK = (*GET, "responses", "200")
SCHEMA = ("content", "application/json", "schema")
TEXT = {"type": "string"}


def at(document, path):
    for step in path:
        document = document[step]
    return document


def put(*path_and_value):
    """Sets a value at a path; REMOVED takes it away."""
    *path, key, value = path_and_value

    def change(document):
        holder = at(document, path)
        if value is REMOVED:
            del holder[key]
        else:
            holder[key] = value

    return change


def append(*path_and_value):
    *path, value = path_and_value
    return lambda document: at(document, path).append(value)


def remove(*path_and_value):
    *path, value = path_and_value
    return lambda document: at(document, path).remove(value)


def both(*changes):
    def change(document):
        for each in changes:
            each(document)

    return change


def move(document):
    document["paths"]["/v2/jobs"] = {"post": document["paths"]["/jobs"].pop("post")}


def rename_model(document):
    schemas = document["components"]["schemas"]
    schemas["Result"] = schemas.pop("Job")
    for path, method in (("/jobs", "post"), ("/jobs/{id}", "get")):
        document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"] = ref(
            "Result"
        )


def rename_scheme(document):
    document["components"]["securitySchemes"] = {"token": document["components"]["securitySchemes"]["key"]}
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = [{"token": []}]


NEW_PARAMETER = {"name": "dry", "in": "query", "required": False, "schema": {"type": "boolean"}}

# What changed; the kind it must get; its effect on users of the raw client, on those of the overlay; and why.
CHANGES = {
    # the document
    "another base URL": (put("servers", [{"url": "https://eu.example.test"}]), "base_url.changed", B, B),
    "another header for the key": (
        put("components", "securitySchemes", "key", "name", "Authorization"), "auth.scheme.changed", B, B),
    "another sort of key": (
        put("components", "securitySchemes", "key", {"type": "http", "scheme": "bearer"}), "auth.scheme.changed", B, B),
    "one more sort of key": (
        put("components", "securitySchemes", "more", {"type": "http", "scheme": "basic"}), "auth.scheme.added", A, C),
    "a scheme's words": (put("components", "securitySchemes", "key", "description", "Secret"), None, None, None),
    "another revision": (put("info", "version", "2026-02-02"), "document.described", C, C),
    "a part no rule covers": (put("webhooks", {"done": {}}), "document.other", B, C),
    # operations: the overlay calls start_job and get_job, not list_jobs
    "an operation more": (
        put("paths", "/jobs/{id}", "delete", {"operationId": "drop_job", "tags": ["jobs"], "responses": {}}),
        "operation.added", A, C),
    "an operation less, which the overlay calls": (put(*GET, REMOVED), "operation.removed", B, B),
    "an operation less, which it doesn't call": (put(*LIST, REMOVED), "operation.removed", B, C),
    "another Python name": (put(*GET, "operationId", "read_job"), "operation.renamed", B, B),
    "another path, the same name": (move, "operation.moved", B, C),
    "deprecated": (put(*GET, "deprecated", YES), "operation.deprecated", C, C),
    "an operation's words": (put(*START, "summary", "Begin"), "operation.described", C, C),
    "an operation without a key": (put(*GET, "security", []), "auth.dropped", A, C),
    "an operation that may be called without a key": (append(*GET, "security", {}), "auth.dropped", A, C),
    "another key taken as well": (append(*GET, "security", {"more": []}), "auth.alternative.added", A, C),
    # parameters: the overlay says `region`, not `pages`
    "an optional parameter more": (append(*START, "parameters", NEW_PARAMETER), "parameter.added.optional", A, C),
    "a required parameter more": (
        append(*START, "parameters", {**NEW_PARAMETER, "required": True}), "parameter.added.required", B, B),
    "a required parameter more, where the overlay doesn't call": (
        append(*LIST, "parameters", {**NEW_PARAMETER, "required": True}), "parameter.added.required", B, C),
    "a parameter less, which the overlay says": (put(*REGION, REMOVED), "parameter.removed", B, B),
    "a parameter less, which it doesn't say": (put(*PAGES, REMOVED), "parameter.removed", B, C),
    "a parameter required, which the overlay says anyway": (put(*REGION, "required", YES), "parameter.required", B, C),
    "a parameter required, which it never says": (put(*PAGES, "required", YES), "parameter.required", B, B),
    "a parameter's default, which the overlay leaves out": (
        put(*PAGES, "schema", "default", 20), "request.default.changed", B, B),
    "a parameter's default, which it always says": (
        put(*REGION, "schema", "default", "us"), "request.default.changed", B, C),
    "a default less": (put(*PAGES, "schema", "default", REMOVED), "request.default.removed", B, B),
    "a default more": (
        put(*START, "parameters", 2, "schema", "default", "x"), "request.default.added", A, C),
    "a parameter of another type": (put(*REGION, "schema", "type", "boolean"), "request.type.changed", B, B),
    "a parameter that takes more": (put(*PAGES, "schema", "type", "number"), "request.type.wider", A, C),
    "a parameter written otherwise": (put(*PAGES, "style", "form"), "parameter.written", C, C),
    "a parameter's words": (put(*PAGES, "description", "How many"), "parameter.described", C, C),
    # bodies and what is in them
    "a body that may be left out": (put(*START, "requestBody", "required", NO), "body.optional", A, C),
    "no body": (put(*START, "requestBody", REMOVED), "body.removed", B, B),
    "a body where there was none": (
        put(*GET, "requestBody", {"required": True, **json_of({"type": "object"})}), "body.added.required", B, B),
    "an optional body where there was none": (
        put(*GET, "requestBody", {"required": False, **json_of({"type": "object"})}), "body.added.optional", A, C),
    "one more way to write the body": (
        put(*START, "requestBody", "content", "text/plain", {"schema": {"type": "string"}}), "body.media.added", A, C),
    "a required property of a request more": (
        both(put(*ORDER, "must", {"type": "string"}), append(*SCHEMAS, "Order", "required", "must")),
        "request.property.added.required", B, B),
    "an optional property of a request more": (
        put(*ORDER, "may", {"type": "string"}), "request.property.added.optional", A, C),
    "a property of a request less, which the overlay sends": (
        put(*ORDER, "note", REMOVED), "request.property.removed", B, B),
    "a property of a request less, which it doesn't": (put(*ORDER, "tag", REMOVED), "request.property.removed", B, C),
    "a property of a request required": (
        append(*SCHEMAS, "Order", "required", "tag"), "request.property.required", B, B),
    "a property of a request no longer required": (
        remove(*SCHEMAS, "Order", "required", "kind"), "request.property.optional", A, C),
    "None refused in a request": (
        put(*ORDER, "note", {"type": "string", "maxLength": 80}), "request.null.removed", B, B),
    "None taken in a request": (
        put(*ORDER, "tag", {"anyOf": [{"type": "string"}, {"type": "null"}]}), "request.null.added", A, C),
    "a value less in a request's enum": (remove(*SCHEMAS, "Kind", "enum", "deep"), "request.enum.value.removed", B, C),
    "a value more in a request's enum": (append(*SCHEMAS, "Kind", "enum", "slow"), "request.enum.value.added", A, C),
    "any text where there was an enum, in a request": (
        put(*SCHEMAS, "Kind", "enum", REMOVED), "request.enum.removed", B, C),
    "an enum where there was any text, in a request": (put(*ORDER, "tag", "enum", ["a"]), "request.enum.added", B, C),
    "a tighter limit in a request": (put(*ORDER, "count", "maximum", 5), "request.limit.tighter", B, B),
    "a looser limit in a request": (put(*ORDER, "count", "minimum", 0), "request.limit.looser", A, C),
    "a pattern in a request": (put(*ORDER, "tag", "pattern", "^a"), "request.limit.tighter", B, C),
    "no time any more in a request": (put(*ORDER, "when", "format", REMOVED), "request.format.changed", B, C),
    "no other properties in a request": (
        put(*SCHEMAS, "Order", "additionalProperties", NO), "request.extras.closed", B, C),
    "a keyword no rule covers, in a request": (
        put(*SCHEMAS, "Order", "dependentRequired", {"tag": ["note"]}), "request.keyword.changed", B, B),
    # replies and what is in them
    "one more status of success, the same model": (
        put(*START, "responses", "201", {"description": "Made", **json_of(ref("Job"))}),
        "status.success.added.same", A, C),
    "one more status of success, another model": (
        put(*START, "responses", "202", {"description": "Later", **json_of(ref("Item"))}),
        "status.success.added.other", B, A),
    "a status of success less": (put(*GET, "responses", "200", REMOVED), "status.success.removed", B, C),
    "a status of failure more": (
        put(*GET, "responses", "404", {"description": "None", **json_of(ref("Problem"))}), "status.error.added", A, C),
    "a status of failure less": (put(*START, "responses", "422", REMOVED), "status.error.removed", B, C),
    "a header more": (
        put(*GET, "responses", "200", "headers", {"X-Left": {"schema": {"type": "integer"}}}),
        "response.header.added", C, C),
    "a reply's words": (put(*GET, "responses", "200", "description", "That"), "response.described", C, C),
    "a reply of another model": (
        put(*OK, *SCHEMA, ref("Item")), "response.type.changed", B, B),
    "a property of a reply more": (put(*JOB, "more", {"type": "string"}), "response.property.added.optional", A, A),
    "a property of a reply less, which the overlay reads": (
        put(*JOB, "done", REMOVED), "response.property.removed", B, B),
    "a property of a reply less, which it doesn't": (put(*JOB, "link", REMOVED), "response.property.removed", B, C),
    "a property always there": (append(*SCHEMAS, "Job", "required", "ran"), "response.property.required", A, C),
    "a property no longer always there, which the overlay reads": (
        remove(*SCHEMAS, "Job", "required", "state"), "response.property.optional", B, B),
    "a property that may be None, which the overlay reads": (
        put(*JOB, "ran", {"anyOf": [{"type": "integer"}, {"type": "null"}]}), "response.null.added", B, B),
    "a property never None": (
        put(*JOB, "done", {"type": "string", "format": "date-time"}), "response.null.removed", A, C),
    "a value more in a reply's enum, unknown to the overlay": (
        append(*SCHEMAS, "State", "enum", "paused"), "response.enum.value.added", A, A),
    "a value more in a reply's enum, known to the overlay": (
        append(*SCHEMAS, "State", "enum", "ran"), "response.enum.value.added", A, C),
    "a value less in a reply's enum": (remove(*SCHEMAS, "State", "enum", "open"), "response.enum.value.removed", B, C),
    "an enum where there was any text, in a reply": (put(*JOB, "link", "enum", ["a"]), "response.enum.added", A, C),
    "any text where there was an enum, in a reply": (
        put(*SCHEMAS, "State", "enum", REMOVED), "response.enum.removed", B, C),
    "a fraction where there was an integer": (put(*JOB, "ran", "type", "number"), "response.type.wider", B, B),
    "an integer where there was a fraction": (put(*JOB, "score", "type", "integer"), "response.type.narrower", A, C),
    "a number where there was a number or an object": (
        put(*JOB, "cost", {"type": "number"}), "response.type.narrower", A, C),
    "a text or an object where there was a number or an object": (
        put(*JOB, "cost", "anyOf", 0, {"type": "string"}), "response.type.changed", B, C),
    "other elements": (put(*JOB, "words", "items", {"type": "integer"}), "response.type.changed", B, C),
    "anything where there was a text": (put(*JOB, "link", {}), "response.type.wider", B, C),
    "no time any more in a reply": (put(*JOB, "at", "format", REMOVED), "response.format.changed", B, B),
    "a format that is no Python type": (put(*JOB, "link", "format", "uri"), "response.described", C, C),
    "a tighter limit in a reply": (put(*JOB, "link", "maxLength", 9), "response.limit.tighter", A, C),
    "a property's words": (put(*JOB, "link", "description", "Where"), "response.described", C, C),
    "a model more": (put(*SCHEMAS, "Extra", {"type": "object"}), "model.added", A, C),
    "a model under another name": (rename_model, "model.renamed", B, C),
    "a property of a model the overlay's operations don't use": (
        put(*SCHEMAS, "Item", "properties", "size", REMOVED), "response.property.removed", B, C),
    # no change at all
    "properties in another order": (
        put(*SCHEMAS, "Item", {"required": ["size"], "properties": {"size": {"type": "integer"}}, "type": "object"}),
        None, None, None),
    "no other properties said, and any said": (put(*SCHEMAS, "Item", "additionalProperties", YES), None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_single_change(change):
    edit, kind, raw, overlay = CHANGES[change]
    new = copy.deepcopy(DOCUMENT)
    edit(new)
    found = [(each.kind, each.raw, each.overlay) for each in compare("acme", DOCUMENT, new, OVERLAY)]
    assert found == ([] if kind is None else [(kind, raw, overlay)])


@pytest.mark.parametrize("change", [name for name, row in CHANGES.items() if row[1]])
def test_every_change_has_its_reasons(change):
    new = copy.deepcopy(DOCUMENT)
    CHANGES[change][0](new)
    (found,) = compare("acme", DOCUMENT, new, OVERLAY)
    assert found.why
    assert found.why_overlay
    assert found.where


def test_a_component_used_in_both_directions_gets_the_worse():
    """A property that is optional all at once is fine to send and a surprise to read."""
    old, new = (copy.deepcopy(DOCUMENT) for _ in range(2))
    for document in (old, new):
        document["paths"]["/jobs/{id}"]["get"]["responses"]["200"] |= json_of(ref("Order"))
    new["components"]["schemas"]["Order"]["required"] = []
    (found,) = compare("acme", old, new, OVERLAY)
    assert (found.kind, found.raw, found.overlay) == ("response.property.optional", B, B)
    assert found.operations == ("jobs.start_job", "jobs.get_job")


def test_models_under_other_names_are_compared_once():
    """Each holds the next one twice: followed at every use, sixty of them would never end."""

    def chain(prefix, leaf):
        new = copy.deepcopy(DOCUMENT)
        links = {f"{prefix}{n}": ("a", "b", ref(f"{prefix}{n + 1}")) for n in range(60)}
        models = {
            name: {"type": "object", "properties": {first: to, second: to}}
            for name, (first, second, to) in links.items()
        }
        new["components"]["schemas"] |= {**models, f"{prefix}60": {"type": leaf}}
        new["components"]["schemas"]["Job"]["properties"]["first"] = ref(f"{prefix}0")
        return new

    found = compare("acme", chain("Old", "string"), chain("New", "integer"), OVERLAY)
    assert [each.kind for each in found].count("model.renamed") == 61
    (leaf,) = [each for each in found if each.kind != "model.renamed"]
    assert (leaf.kind, leaf.where, leaf.raw) == ("response.type.changed", "New60", B)
    assert leaf.operations == ("jobs.start_job", "jobs.get_job")


def test_a_provider_comes_and_goes():
    assert [each.kind for each in compare("acme", {}, DOCUMENT, OVERLAY)] == ["provider.added"]
    assert [each.kind for each in compare("acme", DOCUMENT, {}, OVERLAY)] == ["provider.removed"]
    assert compare("acme", {}, {}, OVERLAY) == []


def test_a_scheme_under_another_name_is_no_other_key():
    new = copy.deepcopy(DOCUMENT)
    rename_scheme(new)
    assert {each.raw for each in compare("acme", DOCUMENT, new, OVERLAY)} == {C}


BACKWARDS = {
    "one more sort of key": ("auth.scheme.removed", B, B),
    "an operation without a key": ("auth.required", B, C),
    "another key taken as well": ("auth.alternative.removed", B, B),
    "deprecated": ("operation.undeprecated", C, C),
    "a parameter required, which it never says": ("parameter.optional", A, C),
    "a body that may be left out": ("body.required", B, B),
    "one more way to write the body": ("body.media.removed", B, B),
    "a header more": ("response.header.removed", C, C),
    "a model more": ("model.removed", B, C),
    "a status of success less": ("status.success.added.other", B, A),
    "None taken in a request": ("request.null.removed", B, C),
    "a parameter that takes more": ("request.type.narrower", B, C),
    "no other properties in a request": ("request.extras.opened", A, C),
    "a tighter limit in a reply": ("response.limit.looser", A, C),
    "anything where there was a text": ("response.type.narrower", A, C),
    "properties in another order": (None, None, None),
}


@pytest.mark.parametrize("change", BACKWARDS)
def test_a_single_change_taken_back(change):
    kind, raw, overlay = BACKWARDS[change]
    new = copy.deepcopy(DOCUMENT)
    CHANGES[change][0](new)
    found = [(each.kind, each.raw, each.overlay) for each in compare("acme", new, DOCUMENT, OVERLAY)]
    assert found == ([] if kind is None else [(kind, raw, overlay)])


def test_every_kind_of_a_document_and_its_operations_is_shown():
    shown = {row[1] for row in CHANGES.values()} | {row[0] for row in BACKWARDS.values()}
    assert len(shown) > 80
    elsewhere = {
        "provider.added",
        "provider.removed",
        "body.described",
        "response.media.added",
        "response.media.removed",
    }
    assert {kind for kind in KINDS if not kind.startswith("re")} - shown <= elsewhere


def test_nothing_that_differs_goes_unsaid():
    """Every single value of the document, put another in its place, is a change of some kind."""
    silent = []
    for path in _paths(DOCUMENT):
        new = copy.deepcopy(DOCUMENT)
        at(new, path[:-1])[path[-1]] = _other(at(new, path))
        try:
            check_types(new, "new")
        except StageError:
            continue
        if not compare("acme", DOCUMENT, new, OVERLAY):
            silent.append(path)
    assert silent == []


def _other(value):
    if isinstance(value, bool):
        return not value
    return {"x": 1} if isinstance(value, dict) else ["x"]


def _paths(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _paths(item, (*path, key))
