"""The three providers' documents: valid, current, and saying what the pages say."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from openapi_spec_validator import validate

from codegen import amend, read, sources, spec
from codegen.errors import StageError
from codegen.merge import Fragment, merge
from codegen.normalize import normalize
from codegen.pointer import resolve
from codegen.structure import origins, parts

ROOT = Path(__file__).parents[3]
SPECS = ROOT / "specs"
PROVIDERS = tuple(sources.load(SPECS).providers)


@pytest.fixture(scope="module")
def made():
    return {name: spec.normalize_provider(SPECS, name) for name in PROVIDERS}


@pytest.mark.parametrize("name", PROVIDERS)
def test_is_valid_openapi_3_1(made, name):
    validate(made[name].document)
    assert made[name].document["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_committed_text_is_current(made, name):
    assert (SPECS / name / "openapi.yaml").read_text("utf-8") == made[name].text


@pytest.mark.parametrize("name", PROVIDERS)
def test_pinned_names_are_the_operations(made, name):
    pinned = sources.load(SPECS).provider(name).operations
    found = {
        f"{method.upper()} {path}": f"{operation['tags'][0]}.{operation['operationId']}"
        for path, item in made[name].document["paths"].items()
        for method, operation in item.items()
    }
    assert found == pinned


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_part_knows_where_it_is_stated(made, name):
    document, provenance = made[name].document, made[name].provenance
    kinds = {"operation", "parameter", "response", "request_body", "media", "schema", "security_scheme"}
    unknown = [
        part.pointer
        for part in parts(document)
        if part.kind in kinds and isinstance(part.value, dict) and part.pointer not in provenance
    ]
    dead = [pointer for pointer in provenance if resolve(document, pointer) is None]
    # A {type: 'null'} branch that lowering adds stands for a key, not for a part of the page.
    assert [pointer for pointer in unknown if resolve(document, pointer) != {"type": "null"}] == []
    assert dead == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_part_of_every_page_is_somewhere_in_the_document(made, name):
    provider = sources.load(SPECS).provider(name)
    held = {origin for places in made[name].provenance.values() for origin in places}
    documents = {page: normalize(read.read(page), page.where) for page in sources.pages(provider)}
    taken_away = removed(provider, documents)
    for document in documents.values():
        for part in parts(document):
            if part.kind in ("operation", "parameter", "response", "schema"):
                assert set(origins(part.value)) <= held | taken_away, part.pointer


def removed(provider, documents):
    """Where that is stated which an amendment took away, with its reason."""
    merged = merge(provider, [Fragment(page.fragment.file, document) for page, document in documents.items()])
    amended = amend.amend(merged, amend.load(provider), "amendments.yaml")
    return {origin for origin, value in amended.removed if not value}


def test_datafold_says_what_its_pages_say(made):
    document = made["datafold"].document
    runs = document["paths"]["/api/v1/monitors/{id}/runs"]["get"]
    parameters = {each["name"]: each for each in runs["parameters"]}
    assert (parameters["page"]["schema"]["default"], parameters["page_size"]["schema"]["default"]) == (1, 10)
    instant = [{"type": "string", "format": "date-time"}, {"type": "null"}]
    assert parameters["start_time"]["schema"]["anyOf"] == parameters["end_time"]["schema"]["anyOf"] == instant
    assert runs["responses"]["422"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/HTTPValidationError"
    }
    schemas = document["components"]["schemas"]
    assert schemas["ApiPublicMonitorRunOut"]["required"] == ["run_id", "monitor_id"]
    assert [each.get("type") for each in schemas["HTTPValidationError"]["properties"]["detail"]["anyOf"]] == [
        "array",
        "string",
    ]
    assert schemas["MonitorRunState"]["enum"] == [
        "ok",
        "alert",
        "error",
        "learning",
        "checking",
        "created",
        "skipped",
        "cancelled",
        "queued",
    ]
    assert document["components"]["securitySchemes"]["ApiKeyAuth"]["x-key-prefix"] == "Key "


def test_firecrawl_says_what_its_page_says(made):
    document = made["firecrawl"].document
    schemas = document["components"]["schemas"]
    check = schemas["MonitorCheck"]["properties"]
    assert list(check) == [
        "id", "monitorId", "status", "trigger", "scheduledFor", "startedAt", "finishedAt", "estimatedCredits", "reservedCredits",  # noqa: E501
        "actualCredits", "billingStatus", "summary", "targetResults", "notificationStatus", "error", "createdAt", "updatedAt",  # noqa: E501
    ]  # fmt: skip
    assert check["summary"] == {"$ref": "#/components/schemas/MonitorSummary"}
    assert list(schemas["MonitorSummary"]["properties"]) == [
        "totalPages",
        "same",
        "changed",
        "new",
        "removed",
        "error",
    ]
    assert schemas["MonitorCheckStatus"]["enum"][-1] == "skipped_no_credits"
    assert (
        document["paths"]["/monitor/{monitorId}/run"]["post"]["responses"]["409"]["description"]
        == "A monitor check is already running"
    )
    assert document["servers"] == [{"url": "https://api.firecrawl.dev/v2"}]


def test_monid_says_what_its_page_says(made):
    document = made["monid"].document
    run = document["paths"]["/v1/run"]["post"]
    assert run["parameters"] == []
    schemas = document["components"]["schemas"]
    assert schemas["StartRunRequest"]["required"] == ["provider", "endpoint", "input"]
    assert {key: each["type"] for key, each in schemas["StartRunResponsePrice"]["properties"].items()} == {
        "type": "string", "amount": "number", "currency": "string",
    }  # fmt: skip
    assert "required" not in schemas["StartRunResponse"]
    assert schemas["StartRunResponse"]["properties"]["createdAt"]["format"] == "date-time"
    assert run["responses"]["202"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/StartRunResponse"
    }


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_order_of_pages_does_not_matter(made, name):
    provider = sources.load(SPECS).provider(name)
    assert spec.make(provider, sources.pages(provider)[::-1], amend.load(provider)).text == made[name].text


def test_a_fact_that_gets_lost_is_an_error(monkeypatch):
    provider = sources.load(SPECS).provider("firecrawl")

    def forgetful(document, where):
        lowered = normalize(document, where)
        lowered["components"]["schemas"].pop("MonitorSummary", None)
        return lowered

    monkeypatch.setattr(spec, "shape", lambda document, provider: forgetful(document, provider.name))
    with pytest.raises(StageError, match="nowhere in the document") as caught:
        spec.make(provider, sources.pages(provider), amend.load(provider))
    assert caught.value.where == "firecrawl/fragments/run-monitor.md"


def test_a_conflict_is_settled_by_an_amendment_of_the_fragment():
    provider = sources.load(SPECS).provider("datafold")
    pages = [
        attrs.evolve(page, text=page.text.replace("title: Run Id\n                    type: integer", "title: Run Id\n                    type: integer\n                    format: int64"))  # noqa: E501
        if page.fragment.file == "trigger-a-run.md" else attrs.evolve(page, text=page.text.replace("          title: Message\n          type: string", "          title: Message\n          type: integer"))  # noqa: E501
        if page.fragment.file == "list-monitor-runs.md" else page
        for page in sources.pages(provider)
    ]  # fmt: skip
    acts = amend.load(provider)
    with pytest.raises(StageError, match=r"`type` of ValidationError\.msg") as caught:
        spec.make(provider, pages, acts)
    assert (caught.value.stage, caught.value.where) == ("merge", "datafold/fragments/get-monitor-run.md")
    settled = amend.actions(
        "overlay: 1.0.0\nactions:\n- target: $.components.schemas.ValidationError.properties.msg\n"
        "  description: The other pages say string.\n  x-fragment: list-monitor-runs.md\n  update: {type: string}\n",
        "datafold/amendments.yaml",
        ["list-monitor-runs.md"],
    )
    made = spec.make(provider, pages, [*settled, *acts])
    assert made.document["components"]["schemas"]["ValidationError"]["properties"]["msg"]["type"] == "string"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_build_does_not_change_its_inputs(name):
    provider = sources.load(SPECS).provider(name)
    pages = sources.pages(provider)
    assert (
        spec.make(provider, pages, amend.load(provider)).text
        == spec.make(provider, pages, amend.load(provider)).text
    )
