"""What a caller meets, fault by fault: on the wire where the wire matters, in the answer where that does."""

import asyncio
import email.utils
import json

import httpx
import pytest

from omnirun.sandbox import KEYS, Sandbox, Served, create_app, running_sandbox
from omnirun.sandbox.faults import (
    Answer,
    Drip,
    Elsewhere,
    Invent,
    Lag,
    Late,
    Mirror,
    Pause,
    Repeat,
    Reset,
    Shift,
    Skew,
    Spoil,
    Stall,
)
from tests.sandbox.conftest import NOON

RUN = "/api/v1/monitors/45/run"
CRAWL = "/monitor/0199a1b2-0000-7000-8000-000000000001"
TWEETS = {"provider": "apify", "endpoint": "/apidojo/tweet-scraper", "input": {}}


@pytest.fixture(scope="module")
def served():
    with running_sandbox() as running, httpx.Client(timeout=0.2, verify=False) as client:
        client.headers["authorization"] = f"Key {KEYS['datafold']}"
        client.headers["x-sandbox-caller"] = "me"
        yield running, client


@pytest.fixture
def wire(served):
    """Triggers a run over a socket, under a fault; gives what came, how many runs that began, and what was noted."""
    running, client = served

    def meet(fault):
        running.sandbox.faults.clear()
        running.sandbox.faults.add(fault)
        before, noted = len(running.sandbox.accepted), len(running.sandbox.served)
        try:
            came = client.post(f"{running.base_urls['datafold']}{RUN}").status_code
        except httpx.TransportError as error:
            came = type(error)
        return came, len(running.sandbox.accepted) - before, running.sandbox.served[noted:]

    return meet


@pytest.mark.parametrize(
    ("fault", "came", "accepted", "status"),
    [
        (Reset("reading"), httpx.ReadError, 0, 0),
        (Reset("read"), httpx.ReadError, 0, 0),
        (Reset("read", "close"), httpx.RemoteProtocolError, 0, 0),
        (Reset("accepted"), httpx.ReadError, 1, 0),
        (Reset("answering", "close"), httpx.RemoteProtocolError, 1, 200),
        (Stall(), httpx.ReadTimeout, 0, 0),
        (Stall(accepted=True), httpx.ReadTimeout, 1, 0),
        (Late(0.01), 200, 1, 200),
        (Late(0.01, accepted=False), 200, 1, 200),
        (Drip(0.01), 200, 1, 200),
        (Answer(500), 500, 0, 500),
        (Answer(500, accepted=True), 500, 1, 500),
        (Spoil("cut"), 200, 1, 200),
    ],
    ids=str,
)
def test_on_the_wire(wire, fault, came, accepted, status):
    path = f"/datafold{RUN}"
    assert wire(fault) == (came, accepted, [Served("POST", path, "", status, fault.kind, "me")])


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_connection_that_ends_at_once(served, how):
    running, _ = served
    running.sandbox.faults.clear()
    told = running.sandbox.faults.add(Reset("connecting", how))
    with pytest.raises(httpx.TransportError):
        httpx.get(running.url, verify=False)
    assert (told.fired, running.sandbox.served[-1]) == (1, Served("", "", "", 0, "reset"))


def test_without_a_server_there_is_no_connection_to_cut(call, sandbox):
    sandbox.faults.add(Reset())
    with pytest.raises(RuntimeError, match="running_sandbox"):
        call("datafold", "POST", RUN)


@pytest.mark.parametrize(
    ("fault", "headers", "text"),
    [
        (Answer(429, message="Slow."), {}, '{"detail":"Slow."}'),
        (Answer(429, retry_after=2.5), {"retry-after": "2.5"}, None),
        (Answer(429, retry_after=2.5, asks="ms"), {"retry-after-ms": "2500"}, None),
        (
            Answer(503, retry_after=5, asks="date"),
            {"retry-after": email.utils.formatdate(NOON + 5, usegmt=True)},
            None,
        ),
        (
            Answer(429, retry_after=5, asks="prose", message="No."),
            {},
            '{"detail":"No. Please retry after 5s."}',
        ),
        (Answer(502, body="empty"), {"content-length": "0"}, ""),
        (Answer(502, body="html"), {"content-type": "text/html"}, None),
        (Answer(502, body="cut", message="No."), {"content-length": "8"}, '{"detail'),
        (Spoil("html"), {"content-type": "text/html"}, None),
    ],
    ids=str,
)
def test_what_an_answer_can_say(call, sandbox, fault, headers, text):
    sandbox.faults.add(fault)
    answer = call("datafold", "POST", RUN)
    assert headers.items() <= dict(answer.headers).items()
    assert text in (None, answer.text)
    assert answer.status_code == getattr(fault, "status", 200)


def test_the_date_is_the_sandbox_s_own(call, sandbox):
    assert call("datafold", "GET", f"{RUN}s").headers["date"] == email.utils.formatdate(NOON, usegmt=True)
    sandbox.faults.add(Skew(90))
    assert call("datafold", "GET", f"{RUN}s").headers["date"] == email.utils.formatdate(
        NOON + 90, usegmt=True
    )


@pytest.mark.parametrize(("skew", "hour"), [(0, 20), (-3600, 19), (3600, 21)])
def test_clocks_that_differ_differ_in_every_time_and_every_filter(call, sandbox, clock, skew, hour):
    call("datafold", "POST", RUN)  # at 20:26:40; it starts a second later
    clock.move(10)
    sandbox.faults.add(Skew(skew), times=None)
    (run,) = call("datafold", "GET", f"{RUN}s", params={"start_time": f"2026-05-28T{hour}:26:40Z"}).json()[
        "runs"
    ]
    later = call("datafold", "GET", f"{RUN}s", params={"start_time": f"2026-05-28T{hour}:26:41Z"}).json()[
        "runs"
    ]
    assert (run["started_at"], later) == (f"2026-05-28T{hour}:26:41Z", [])


def test_a_replica_knows_no_young_run(call, sandbox, clock):
    run_id = call("datafold", "POST", RUN).json()["run_id"]
    clock.move(5)
    sandbox.faults.add(Lag(10), times=2)
    assert call("datafold", "GET", f"{RUN}s/{run_id}").status_code == 404
    assert call("datafold", "GET", f"{RUN}s").json()["count"] == 0
    sandbox.faults.add(Lag(4))
    assert call("datafold", "GET", f"{RUN}s/{run_id}").json()["state"] == "checking"
    assert call("datafold", "GET", f"{RUN}s/{run_id}").json()["state"] == "learning"


@pytest.mark.parametrize(
    ("provider", "path", "read"),
    [
        ("datafold", "/api/v1/monitors/42/runs", lambda body: [run["run_id"] for run in body["runs"]]),
        ("firecrawl", f"{CRAWL}/checks", lambda body: [check["id"] for check in body["data"]]),
        ("monid", "/v1/runs", lambda body: [run["runId"] for run in body["items"]]),
    ],
)
def test_a_list_shifts_under_its_reader(call, sandbox, provider, path, read):
    before = read(call(provider, "GET", path).json())
    sandbox.faults.add(Shift(insert=2))
    inserted = read(call(provider, "GET", path).json())
    assert inserted[2:4] == before[:2]
    sandbox.faults.add(Shift(delete=3))
    if provider != "monid":  # there it is the first endpoint's runs that go
        assert read(call(provider, "GET", path).json())[0] == before[1]
    assert sandbox.accepted == []


@pytest.mark.parametrize(
    ("provider", "path", "key"),
    [
        ("datafold", "/api/v1/monitors/42/runs", "state"),
        ("firecrawl", f"{CRAWL}/checks", "status"),
        ("monid", "/v1/runs", "status"),
    ],
)
def test_states_and_fields_nobody_knows(call, sandbox, provider, path, key):
    sandbox.faults.add(Invent("pondering", {"mood": "good"}))
    sandbox.faults.add(Invent(fields={"mood": "good"}))
    items = next(value for value in call(provider, "GET", path).json().values() if isinstance(value, list))
    assert {(item[key], item["mood"]) for item in items} == {("pondering", "good")}
    items = next(value for value in call(provider, "GET", path).json().values() if isinstance(value, list))
    assert "pondering" not in {item[key] for item in items}
    assert {item["mood"] for item in items} == {"good"}


def test_a_paused_monitor(call, sandbox):
    sandbox.faults.add(Pause())
    answer = call("firecrawl", "POST", f"{CRAWL}/run")
    assert (answer.status_code, answer.json()) == (409, {"success": False, "error": "Monitor is paused."})
    assert sandbox.accepted == []


def test_a_cursor_that_repeats(call, sandbox):
    cursor = call("monid", "GET", "/v1/runs").json()["cursor"]
    sandbox.faults.add(Repeat(), times=2)
    assert call("monid", "GET", "/v1/runs").json()["cursor"] == cursor
    assert call("monid", "GET", "/v1/runs", params={"cursor": cursor}).json()["cursor"] == cursor


def test_a_link_that_points_elsewhere(call, sandbox, clock):
    check = call("firecrawl", "POST", f"{CRAWL}/run").json()["id"]
    clock.move(60)
    sandbox.faults.add(Elsewhere("https://elsewhere.example:8443"), times=None)
    body = call("firecrawl", "GET", f"{CRAWL}/checks/{check}").json()
    here = f"https://elsewhere.example:8443/firecrawl{CRAWL}/checks/{check}?limit=25&skip=25"
    assert (body["next"], body["data"]["next"]) == (here, here)
    assert "next" not in call("firecrawl", "GET", f"{CRAWL}/checks/{check}?skip=50").json()


def test_a_mirrored_status(call, sandbox):
    sandbox.faults.add(Mirror(504, "Too slow."))
    answer = call("monid", "POST", "/v1/run", json=TWEETS)
    body = answer.json()
    assert (answer.status_code, body["status"], body["providerResponse"]) == (
        504,
        "COMPLETED",
        {"httpStatus": 504, "error": "Too slow."},
    )
    assert [item.run_id for item in sandbox.accepted] == [body["runId"]]
    assert call("monid", "GET", f"/v1/runs/{body['runId']}").json() == body


# ------------------------------------------------------------------------------------------------ over HTTP


@pytest.fixture
def control(sandbox):
    transport = httpx.ASGITransport(create_app(sandbox))

    def send(method, path, content=None):
        async def ask():
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.request(method, f"/_sandbox{path}", content=content)

        return asyncio.run(ask())

    return send


def test_it_is_told_and_asked_over_http(call, sandbox, control):
    rule = {"faults": [{"kind": "answer", "status": 503}], "provider": "monid"}
    added = control("POST", "/faults", json.dumps(rule))
    assert (added.status_code, added.json()) == (201, {"rules": 1})
    assert call("monid", "GET", "/v1/runs").status_code == 503
    (shown,) = control("GET", "/faults").json()["rules"]
    assert (shown["faults"][0]["status"], shown["matched"], shown["fired"]) == (503, 1, 1)
    call("monid", "POST", "/v1/run", json=TWEETS)
    call("datafold", "POST", RUN)
    assert [
        (item["provider"], item["target"]) for item in control("GET", "/accepted").json()["accepted"]
    ] == [
        ("monid", "apify/apidojo/tweet-scraper"),
        ("datafold", "45"),
    ]
    served = control("GET", "/served").json()["served"]
    assert [(item["status"], item["fault"]) for item in served] == [(503, "answer"), (202, ""), (200, "")]
    assert control("DELETE", "/faults").status_code == 204
    assert control("GET", "/faults").json() == {"rules": []}
    assert sandbox.faults.told == ()


def test_what_it_can_not_read_it_refuses(control):
    answer = control("POST", "/faults", '{"faults": []}')
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "faults: Tuple should have at least 1 item after validation, not 0"},
    )


def test_a_sandbox_keeps_its_rules_to_itself(clock):
    one, other = Sandbox(clock), Sandbox(clock)
    one.faults.add(Answer(500))
    assert (len(one.faults.told), other.faults.told) == (1, ())
