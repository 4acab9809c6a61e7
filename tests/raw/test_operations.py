"""Every operation of every provider: what it sends, and how it reads each kind of reply."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from omnirun_raw.datafold import monitors
from omnirun_raw.firecrawl import monitoring
from omnirun_raw.http import UNSET, DocumentedStatus, InvalidBody, Response, UnexpectedStatus
from omnirun_raw.monid import runs
from omnirun_raw.monid.models import StartRunRequest

MONITOR = "0199a1a0-0000-7000-8000-000000000001"
CHECK = UUID("0199a1a0-0000-7000-8000-000000000002")
SINCE = datetime(2026, 1, 2, tzinfo=UTC)
BODY = {"provider": "apify", "endpoint": "/a/b", "input": {"q": ["AI"], "n": 3}}
JSON = (("Content-Type", "application/json"),)

REQUESTS = {
    "monitors.trigger_monitor_run": (
        monitors.trigger_monitor_run.build(42),
        ("POST", "/api/v1/monitors/42/run", (), (), UNSET),
    ),
    "monitors.get_monitor_run": (
        monitors.get_monitor_run.build(id=42, run_id=7),
        ("GET", "/api/v1/monitors/42/runs/7", (), (), UNSET),
    ),
    "monitors.list_monitor_runs": (
        monitors.list_monitor_runs.build(42, page=2, start_time=SINCE, end_time=None),
        (
            "GET",
            "/api/v1/monitors/42/runs",
            (("page", "2"), ("page_size", "10"), ("start_time", "2026-01-02T00:00:00+00:00")),
            (),
            UNSET,
        ),
    ),
    "monitors.list_monitors": (
        monitors.list_monitors.build(page=2, tags=["a", "b"]),
        (
            "GET",
            "/api/v1/monitors",
            (("page", "2"), ("page_size", "20"), ("tags", "a"), ("tags", "b")),
            (),
            UNSET,
        ),
    ),
    "monitoring.run_monitor": (
        monitoring.run_monitor.build(MONITOR),
        ("POST", f"/monitor/{MONITOR}/run", (), (), UNSET),
    ),
    "monitoring.get_monitor_check": (
        monitoring.get_monitor_check.build(MONITOR, CHECK, limit=1, skip=3),
        ("GET", f"/monitor/{MONITOR}/checks/{CHECK}", (("limit", "1"), ("skip", "3")), (), UNSET),
    ),
    "monitoring.list_monitor_checks": (
        monitoring.list_monitor_checks.build(monitor_id=MONITOR, limit=5, offset=10),
        ("GET", f"/monitor/{MONITOR}/checks", (("limit", "5"), ("offset", "10")), (), UNSET),
    ),
    "monitoring.list_monitors": (
        monitoring.list_monitors.build(limit=1, offset=UNSET),
        ("GET", "/monitor", (("limit", "1"),), (), UNSET),
    ),
    "runs.start_run": (
        runs.start_run.build(body=StartRunRequest.from_dict(BODY)),
        ("POST", "/v1/run", (), JSON, BODY),
    ),
    "runs.get_run": (runs.get_run.build("01H/?"), ("GET", "/v1/runs/01H%2F%3F", (), (), UNSET)),
    "runs.list_runs": (
        runs.list_runs.build(limit=100, cursor="a b"),
        ("GET", "/v1/runs", (("limit", "100"), ("cursor", "a b")), (), UNSET),
    ),
    "runs.stop_run": (runs.stop_run.build("01H"), ("POST", "/v1/runs/01H/stop", (), (), UNSET)),
}


@pytest.mark.parametrize("operation", REQUESTS)
def test_what_an_operation_sends(operation):
    request, expected = REQUESTS[operation]
    assert (request.method, request.path, request.params, request.headers, request.json) == expected
    assert request.operation == operation
    assert request.content is None
    group = operation.partition(".")[0]
    assert request.provider == {"monitors": "datafold", "monitoring": "firecrawl", "runs": "monid"}[group]


def test_a_plain_dict_is_a_body_too():
    assert runs.start_run.build(body=BODY).json == BODY


RUN = {"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": ["w"]}
GET_RUN = REQUESTS["monitors.get_monitor_run"][0]


def _reply(status: int, body: object) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_a_success_is_read():
    run = GET_RUN.parse(_reply(200, RUN | {"started_at": None, "later": {"a": 1}}))
    assert run.run_id == 7
    assert run.started_at is None
    assert run.error is UNSET
    assert run.additional_properties == {"later": {"a": 1}}


@pytest.mark.parametrize(
    "detail", [[{"loc": ["path", 0], "msg": "m", "type": "t"}], "Monitor not found"], ids=["list", "string"]
)
def test_a_documented_error_carries_its_model(detail):
    with pytest.raises(DocumentedStatus) as caught:
        GET_RUN.parse(_reply(422, {"detail": detail}))
    assert caught.value.parsed.to_dict() == {"detail": detail}


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff", b'{"detail": 3}', b"null"])
def test_a_documented_error_whose_body_does_not_fit_is_still_one(body):
    with pytest.raises(DocumentedStatus) as caught:
        GET_RUN.parse(_reply(422, body))
    assert caught.value.parsed is None
    assert caught.value.response.content == body


@pytest.mark.parametrize("status", [201, 204, 302, 404, 500, 520, 999])
@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"{}"])
def test_an_undocumented_status(status, body):
    with pytest.raises(UnexpectedStatus) as caught:
        GET_RUN.parse(_reply(status, body))
    assert caught.value.status == status
    assert caught.value.response.content == body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"<html>", "Expecting value"),
        (b"[]", "expected an object, got an array"),
        (b"{}", "monitor_id: expected a value, got nothing"),
        (json.dumps(RUN | {"warnings": [1]}).encode(), "warnings.0: expected a string, got a number"),
        (json.dumps(RUN | {"state": None}).encode(), "state: expected a MonitorRunState, got null"),
    ],
)
def test_a_success_whose_body_does_not_fit(body, reason):
    with pytest.raises(InvalidBody) as caught:
        GET_RUN.parse(_reply(200, body))
    assert reason in caught.value.reason
    assert caught.value.operation == "monitors.get_monitor_run"


def test_each_success_has_its_own_type():
    request = runs.start_run.build(body=BODY)
    assert type(request.parse(_reply(200, {"runId": "1", "status": "BLOCKED"}))).__name__ == "Run"
    assert type(request.parse(_reply(202, {"runId": "1", "status": "RUNNING"}))).__name__.startswith(
        "StartRun"
    )


def test_a_conflict_carries_the_running_check():
    request = monitoring.run_monitor.build(MONITOR)
    body = {"success": False, "error": "Monitor check is already running.", "checkId": str(CHECK)}
    with pytest.raises(DocumentedStatus) as caught:
        request.parse(_reply(409, body))
    assert caught.value.parsed.to_dict() == body
