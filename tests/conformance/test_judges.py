"""What the judges say is read right; that they judge at all is `make conformance`'s business."""

import base64
import json

import attrs
import httpx
import pytest

from conformance import by_schemathesis, by_steady, calls, deviations
from conformance.deviations import Deviation, Finding
from conformance.tools import providers, spec_of

FOUND = Finding(
    "status_code_conformance", "GET /v1/runs", 400, '{"code":"BAD_REQUEST"}', "Received: 400", "GET /"
)
DOCUMENTS = {provider: by_steady.read(spec_of(provider)) for provider in providers()}
LISTED = Deviation("status_code_conformance", ["GET /v1/runs"], 400, "because", "BAD_REQUEST")


@pytest.mark.parametrize(
    ("changed", "covered"),
    [
        ({}, True),
        ({"operations": ["*"]}, True),
        ({"operations": ["GET /v1/run", "GET /v1/runs"]}, True),
        ({"answer": ""}, True),
        ({"operations": ["POST /v1/runs"]}, False),
        ({"status": 401}, False),
        ({"check": "not_a_server_error"}, False),
        ({"answer": "Invalid cursor"}, False),
    ],
)
def test_a_deviation_covers_what_it_says_and_no_more(changed, covered):
    deviation = attrs.evolve(LISTED, **changed)
    assert deviation.covers(FOUND) is covered
    assert deviations.judged([FOUND, FOUND], [deviation]) == (([], []) if covered else ([FOUND], [deviation]))


def test_every_deviation_on_the_list_has_a_provider_an_operation_and_a_reason():
    listed = deviations.read(deviations.LIST.read_text("utf-8"))
    assert set(listed) <= set(providers())
    for provider, entries in listed.items():
        known = {str(operation) for operation in calls.operations(DOCUMENTS[provider])} | {"*"}
        for deviation in entries:
            assert set(deviation.operations) <= known
            assert len(deviation.reason) > 40


def _event(status, body):
    packed = base64.b64encode(body.encode()).decode()
    failure = {"operation": "GET /v1/runs", "title": "Undocumented", "message": "Received:\n  400"}
    return {
        "ScenarioFinished": {
            "recorder": {
                "checks": {
                    "a": [
                        {"name": "not_a_server_error", "status": "success"},
                        {
                            "name": "status_code_conformance",
                            "status": "failure",
                            "failure_info": {"failure": failure},
                        },
                    ]
                },
                "interactions": {
                    "a": {
                        "request": {"method": "GET", "uri": "http://h/v1/runs", "body": None},
                        "response": {"status_code": status, "content": {"$base64": packed}},
                    }
                },
            }
        }
    }


def test_findings_are_read_from_the_events_of_a_report():
    events = [
        {"EngineStarted": {"id": 1}},
        _event(400, "no"),
        {"NonFatalError": {"id": 2, "message": "could not be sent"}},
    ]
    found = list(by_schemathesis.findings(json.dumps(event) for event in events))
    assert found == [
        Finding(
            "status_code_conformance",
            "GET /v1/runs",
            400,
            "no",
            "Undocumented: Received: 400",
            "GET http://h/v1/runs",
        ),
        Finding("NonFatalError", "", 0, "", '{"id": 2, "message": "could not be sent"}', ""),
    ]


def test_every_diagnostic_of_steady_is_a_finding_with_the_one_to_blame():
    record = by_steady.Record()
    answer = httpx.Response(
        200,
        headers={
            "X-Steady-Error-Count": "2",
            "X-Steady-Error-1-Code": "E3003",
            "X-Steady-Error-1-Message": "got string",
            "X-Steady-Error-1-Path": "query.page",
            "X-Steady-Error-2-Code": "E1005",
            "X-Steady-Error-2-Message": "circular",
            "X-Steady-Error-2-Path": "#/x",
        },
        request=httpx.Request("GET", "http://h/a?page=x"),
    )
    record.hook(answer)
    record.hook(httpx.Response(200, headers={"X-Steady-Error-Count": "0"}, request=answer.request))
    assert record.count == 2
    assert record.findings == [
        "GET /a?page=x: E3003, blamed on the client: got string (query.page)",
        "GET /a?page=x: E1005, blamed on the spec: circular (#/x)",
    ]


@pytest.mark.parametrize("provider", providers())
def test_every_operation_is_asked_for_with_its_least_and_with_all_it_takes(provider):
    document = DOCUMENTS[provider]
    for operation in calls.operations(document):
        requests = list(calls.raw_requests(provider, operation))
        taken = {one["name"] for one in operation.stated.get("parameters", ()) if one["in"] == "query"}
        assert {name for name, _ in requests[-1].params} == taken
        assert {request.method for request in requests} == {operation.method}
        assert ("requestBody" in operation.stated) == all(bool(request.json) for request in requests)


@pytest.mark.parametrize("provider", providers())
def test_the_copy_that_the_overlay_meets_asks_the_same_of_requests(provider):
    document = DOCUMENTS[provider]
    full = by_steady.full(document)
    for before, after in zip(calls.operations(document), calls.operations(full), strict=True):
        for part in ("parameters", "requestBody", "security"):
            assert before.stated.get(part) == after.stated.get(part)
    asked = {"StartRunRequest"} & set(document["components"]["schemas"])
    assert {name: full["components"]["schemas"][name] for name in asked} == {
        name: document["components"]["schemas"][name] for name in asked
    }
