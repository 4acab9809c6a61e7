"""The kit that downstream tests hold: scripts by poll and by time, faults, the clock, and what was sent."""

from __future__ import annotations

import asyncio
import json
import urllib.request

import pytest

from omnirun import (
    AlreadyRunning,
    Client,
    InvalidRequest,
    NotFound,
    RunAlerted,
    Unsupported,
    Verdict,
    WaitTimeout,
    datafold,
    firecrawl,
    monid,
)
from omnirun.testing import Answer, KitClock, Mirror, Reset, running_kit

CHECKS = firecrawl.Monitor("0199a1b2-0000-7000-8000-00000000000a")
TWEETS = monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": ["AI"]})
ENDS = [
    (datafold.Monitor(7), "alert", ["created", "checking", "alert"]),
    (CHECKS, "failed", ["queued", "running", "failed"]),
    (TWEETS, "COMPLETED", ["RUNNING", "RUNNING", "COMPLETED"]),
]


@pytest.mark.parametrize(("target", "end", "seen"), ENDS, ids=lambda value: str(value)[:20])
def test_a_run_ends_at_the_poll_that_was_named(omnirun_sandbox, omnirun_client, target, end, seen):
    omnirun_sandbox.script(target, end, polls=3)
    run = omnirun_client.trigger(target)
    assert [omnirun_client.get(run.ref).state for _ in range(4)] == [*seen, end]
    assert omnirun_sandbox.polls(run) == omnirun_sandbox.polls(str(run.ref)) == 4


def test_every_state_named_is_shown_at_a_poll(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script("datafold:monitors/48", "created", "queued", "checking", "ok", polls=5)
    ref = omnirun_client.trigger("datafold:monitors/48").ref
    seen = [omnirun_client.get(ref).state for _ in range(5)]
    assert seen == ["created", "queued", "checking", "checking", "ok"]


def test_a_run_that_ends_at_the_first_poll(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script(CHECKS, "completed", polls=1, pages=["same", "changed"])
    run = omnirun_client.run(CHECKS, timeout=600)
    assert (run.verdict, run.cost.amount) == (Verdict.ALERT, 2)
    assert [page["status"] for page in omnirun_client.items(run)] == ["same", "changed"]


def test_runs_go_by_scripts_in_turn_and_the_last_one_stays(omnirun_sandbox, omnirun_client):
    monitor = datafold.Monitor(7)
    omnirun_sandbox.script(monitor, "error", polls=1, error="no table", warnings=["late"])
    omnirun_sandbox.script(monitor, "ok", polls=2)
    runs = [omnirun_client.run(monitor, timeout=600) for _ in range(3)]
    assert [run.state for run in runs] == ["error", "ok", "ok"]
    assert (runs[0].error, runs[0].warnings) == ("no table", ("late",))
    assert [omnirun_sandbox.polls(run) for run in runs] == [1, 2, 2]


def test_polls_of_a_list_count_too(omnirun_sandbox, omnirun_client):
    for number in (7, 8, 9):
        omnirun_sandbox.script(
            monid.Endpoint("a", f"/{number}"), "COMPLETED", polls=3, output=[{"id": number}]
        )
    attempts = omnirun_client.run_all(
        [monid.Endpoint("a", f"/{number}") for number in (7, 8, 9)], timeout=600
    )
    assert [attempt.unwrap().output for attempt in attempts] == [[{"id": 7}], [{"id": 8}], [{"id": 9}]]
    lists = [request for request in omnirun_sandbox.sent if request.path == "/v1/runs"]
    assert len(lists) >= 3


def test_a_run_by_time_ends_when_the_clock_says_so(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script(CHECKS, "completed", seconds=86_400.0)
    run = omnirun_client.trigger(CHECKS)
    with pytest.raises(AlreadyRunning, match=str(run.ref)):
        omnirun_client.trigger(CHECKS)
    omnirun_sandbox.advance(2 * 86_400)
    assert omnirun_client.wait(run, timeout=600).ok


def test_a_deadline_is_in_the_kit_s_time(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script(TWEETS, "COMPLETED", polls=1_000_000)
    with pytest.raises(WaitTimeout, match="after 10 s"):
        omnirun_client.run(TWEETS, timeout=10)


def test_a_run_that_is_stopped_stays_stopped(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script(TWEETS, "COMPLETED", polls=10)
    run = omnirun_client.trigger(TWEETS)
    assert omnirun_client.stop(run).state == "STOPPING"
    assert omnirun_client.wait(run, timeout=600).state == "STOPPED"


def test_429_twice_then_a_failure(omnirun_sandbox, omnirun_client):
    monitor = datafold.Monitor(7)
    omnirun_sandbox.script(monitor, "error", polls=1, error="no table")
    limited = omnirun_sandbox.fault(Answer(429, retry_after=5), on="read", provider="datafold", times=2)
    assert omnirun_client.run(monitor, timeout=600).error == "no table"
    assert limited.fired == 2
    omnirun_sandbox.assert_triggered(monitor)


@pytest.mark.parametrize("target", [datafold.Monitor(7), CHECKS, TWEETS], ids=lambda target: target.provider)
def test_a_trigger_that_is_refused_began_nothing(omnirun_sandbox, omnirun_client, target):
    omnirun_sandbox.script(target, "COMPLETED" if target is TWEETS else "queued")
    refused = omnirun_sandbox.fault(Answer(400), on="trigger")
    with pytest.raises(InvalidRequest):
        omnirun_client.trigger(target)
    assert refused.fired == 1
    omnirun_sandbox.assert_not_triggered()


def test_a_trigger_whose_answer_is_lost_was_paid_for_once(omnirun_sandbox, omnirun_client):
    monitor = datafold.Monitor(7)
    omnirun_sandbox.script(monitor, "ok", polls=1)
    omnirun_sandbox.fault(Reset("accepted"), on="trigger")
    assert str(omnirun_client.run(monitor, timeout=600).origin) == "adopted"
    omnirun_sandbox.assert_triggered(monitor, times=1)


def test_a_mirrored_run_goes_by_its_fault(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.script(TWEETS, "COMPLETED", polls=3)
    omnirun_sandbox.fault(Mirror(503), on="trigger", provider="monid")
    assert omnirun_client.run(TWEETS, timeout=600).state == "COMPLETED"


def test_what_was_sent_can_be_asserted_on(omnirun_sandbox, omnirun_client):
    omnirun_sandbox.assert_not_triggered()
    run = omnirun_client.trigger(TWEETS)
    (known,) = omnirun_sandbox.triggered
    assert (known.ref, str(known.target)) == (run.ref, str(TWEETS))
    omnirun_sandbox.assert_triggered(TWEETS, input={"searchTerms": ["AI"]})
    omnirun_sandbox.assert_triggered(str(TWEETS))
    omnirun_sandbox.assert_not_triggered(datafold.Monitor(42))
    (request,) = omnirun_sandbox.sent
    body = {"provider": "apify", "endpoint": TWEETS.endpoint, "input": TWEETS.input}
    assert (request.method, request.provider, request.path, request.json) == (
        "POST",
        "monid",
        "/v1/run",
        body,
    )
    assert str(request) == f"POST monid:/v1/run {json.dumps(body)}"
    assert not any(key in repr(omnirun_sandbox.sent) for key in omnirun_sandbox.environment.values())


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (
            lambda kit: kit.assert_triggered(TWEETS, times=2),
            "began 1 runs, not 2. What was sent:\n  POST monid:/v1/run",
        ),
        (lambda kit: kit.assert_triggered("datafold:monitors/42"), "monitors/42 began 0 runs, not 1"),
        (
            lambda kit: kit.assert_triggered(TWEETS, input={"x": 1}),
            r"not sent the input {'x': 1}, but [{'searchTerms'",
        ),
        (lambda kit: kit.assert_not_triggered(), "something was triggered"),
        (lambda kit: kit.assert_not_triggered(TWEETS), f"{TWEETS} was triggered"),
    ],
)
def test_an_assertion_that_fails_shows_what_was_sent(omnirun_sandbox, omnirun_client, check, said):
    omnirun_client.trigger(TWEETS)
    with pytest.raises(AssertionError) as failed:
        check(omnirun_sandbox)
    assert said in str(failed.value)


@pytest.mark.parametrize("target", [datafold.Monitor(42), firecrawl.Monitor(CHECKS.id), TWEETS], ids=str)
def test_what_was_triggered_is_told_in_omnirun_s_terms(omnirun_sandbox, omnirun_client, target):
    omnirun_sandbox.script(target, "COMPLETED" if target is TWEETS else "queued")
    run = omnirun_client.trigger(target)
    assert [(str(known.target), known.ref) for known in omnirun_sandbox.triggered] == [(str(target), run.ref)]


def test_nothing_sent_is_said_to_be_nothing(omnirun_sandbox):
    with pytest.raises(AssertionError, match="Nothing was sent"):
        omnirun_sandbox.assert_triggered(TWEETS)


def test_what_is_no_request_of_omnirun_s_is_written_down_as_it_came(omnirun_sandbox):
    asked = urllib.request.Request(omnirun_sandbox.base_urls["monid"] + "/v1/run?a=1&b=", data=b"{no json")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(asked)
    (request,) = omnirun_sandbox.sent
    assert (str(request), request.json) == ("POST monid:/v1/run ?a=1&b=", None)
    with pytest.raises(AssertionError, match=r"POST monid:/v1/run \?a=1"):
        omnirun_sandbox.assert_triggered(TWEETS, input={})


def test_clients_that_others_open_come_here_too(omnirun_sandbox):
    omnirun_sandbox.script("datafold:monitors/7", "alert", seconds=5)
    with Client() as client, pytest.raises(RunAlerted) as alert:
        client.run("datafold:monitors/7", timeout=600).check(alert="raise")
    assert omnirun_sandbox.polls(alert.value.run) > 1, (
        "by the wall's clock it would have ended before the first"
    )

    async def later():
        async with omnirun_sandbox.async_client() as client:
            return await client.run("datafold:monitors/7", timeout=600)

    assert asyncio.run(later()).state == "alert"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        (["datafold:monitors/7"], {}, ValueError, "say how the run of datafold:monitors/7 ends"),
        (
            ["datafold:monitors/7", "fine"],
            {},
            ValueError,
            "datafold has no state 'fine'. Known are created, queued",
        ),
        (
            ["datafold:monitors/7", "ok"],
            {"output": [{}]},
            ValueError,
            "datafold says no output of a run; it says error",
        ),
        (
            ["datafold:monitors/7", "ok"],
            {"polls": 0},
            ValueError,
            "at its first poll or later, not at poll 0",
        ),
        (["monid:workspace", "COMPLETED"], {}, Unsupported, "the sandbox can't run monid:workspace"),
    ],
)
def test_what_cannot_be_scripted_is_said_at_once(omnirun_sandbox, arguments, options, error, said):
    with pytest.raises(error) as failed:
        omnirun_sandbox.script(*arguments, **options)
    assert said in str(failed.value)


def test_a_clock_runs_forwards_and_may_jump():
    clock = KitClock(speed=1e6)
    before = clock.now()
    clock.advance(3600)
    assert clock.now() >= before + 3600
    clock.run_at(1.0)
    assert (clock.now() >= before + 3600, clock.speed) == (True, 1.0)
    for wrong in (lambda: KitClock(0), lambda: clock.run_at(-1), lambda: clock.advance(-1)):
        with pytest.raises(ValueError, match=r"speed above 0|runs forwards"):
            wrong()


def test_without_pytest():
    with running_kit() as kit, kit.client() as client:
        with pytest.raises(NotFound):
            client.run("datafold:monitors/7")
        kit.script("datafold:monitors/7", "ok", polls=1)
        assert client.run("datafold:monitors/7").ok
