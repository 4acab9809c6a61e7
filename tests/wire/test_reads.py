"""Reads and waits on the wire: what may pass is asked again, what is odd is kept, nothing is taken for an end."""

from __future__ import annotations

import pytest

from omnirun import (
    ApiError,
    Outcome,
    Phase,
    PollError,
    ServerError,
    Timeouts,
    UnknownState,
    WaitPolicy,
    WaitTimeout,
)
from omnirun.sandbox.faults import Answer, Drip, Invent, Lag, Late, Reset, Skew, Spoil, Stall
from tests.wire.conftest import named

SOON = Timeouts(read=0.12)
PASSING = (
    Answer(429),
    Answer(429, retry_after=3),
    Answer(429, retry_after=3, asks="date"),
    Answer(429, retry_after=3, asks="prose"),
    *(Answer(status) for status in (408, 500, 502, 503, 504)),
    Answer(503, retry_after=1, asks="ms"),
    Answer(502, body="html"),
    Answer(502, body="empty"),
    *(Spoil(body) for body in ("html", "empty", "cut")),
    *(
        Reset(when, how)
        for when in ("reading", "read", "accepted", "answering")
        for how in ("reset", "close")
    ),
    Stall(),
    Late(0.3),
)


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_read_that_fails_is_asked_again(open_client, place, fault):
    where = place()
    client = open_client(timeouts=SOON if isinstance(fault, Stall | Late) else None)
    run = client.trigger(where.target)
    told = where.fault_reads(fault)
    assert client.get(run.ref).ref == run.ref
    assert told.fired == 1


@pytest.mark.parametrize("provider", ["datafold", "firecrawl", "monid"])
def test_a_wait_outlives_whatever_passes(client, place, provider):
    where = place(provider)
    run = client.trigger(where.target)
    told = [where.fault_reads(fault) for fault in PASSING if not isinstance(fault, Stall | Late)]
    for fault in (Skew(500), Invent("pondering"), Drip(0.01)):
        where.fault_reads(fault)
    ended = client.wait(run, timeout=10_000)
    assert (ended.ref, ended.outcome) == (run.ref, Outcome.SUCCESS)
    assert sum(rule.fired for rule in told) > 3


def test_an_answer_that_drips_is_read_to_its_end(client, place):
    where = place()
    run = client.trigger(where.target)
    where.fault_reads(Drip(0.05))
    assert client.get(run.ref).ref == run.ref


def test_a_failed_answer_keeps_its_status_whatever_its_body(client, place):
    where = place()
    run = client.trigger(where.target)
    for body in ("html", "empty", "cut"):
        where.faults.clear()
        where.fault_reads(Answer(502, body=body), times=None)
        with pytest.raises(ServerError, match="HTTP 502") as caught:
            client.get(run.ref)
        assert caught.value.status == 502


@pytest.mark.parametrize("provider", ["datafold", "firecrawl", "monid"])
def test_a_young_run_that_a_replica_does_not_know_yet_is_waited_for(open_client, place, provider):
    where, client = place(provider), open_client(policy=WaitPolicy(not_found_grace=3000.0))
    run = client.trigger(where.target)
    told = where.fault_reads(Lag(60), times=2)
    assert client.wait(run, timeout=10_000).outcome is Outcome.SUCCESS
    assert told.fired == 2


def test_a_state_nobody_knows_is_no_end(open_client, place):
    where = place()
    client = open_client(policy=WaitPolicy(cap=3.0, unknown_after=30.0))
    run = client.trigger(where.target)
    where.fault_reads(Invent("pondering", {"mood": "good"}), times=2)
    seen = []
    assert client.wait(run, timeout=10_000, on_update=seen.append).outcome is Outcome.SUCCESS
    assert ("pondering", Phase.UNKNOWN, "good") in [
        (one.state, one.phase, one.raw.get("mood")) for one in seen
    ]
    where.fault_reads(Invent("pondering"), times=None)
    with pytest.raises(UnknownState, match="pondering") as caught:
        client.wait(client.trigger(where.target), timeout=10_000)
    assert caught.value.run.state == "pondering"


def test_fields_nobody_knows_are_kept(client, place):
    where = place("firecrawl")
    where.fault_reads(Invent(None, {"mood": "good"}), times=None)
    run = client.run(where.target, timeout=10_000)
    assert (run.raw["mood"], run.outcome) == ("good", Outcome.SUCCESS)


def test_a_provider_that_never_recovers_ends_the_wait_and_not_the_run(open_client, place):
    where = place()
    client = open_client(policy=WaitPolicy(cap=3.0, give_up_after=20.0))
    run = client.trigger(where.target)
    where.fault_reads(Answer(500), times=None)
    with pytest.raises(PollError, match=named(run.ref)):
        client.wait(run)
    where.faults.clear()
    assert client.wait(run).outcome is Outcome.SUCCESS


def test_a_deadline_holds_though_nothing_is_answered(open_client, place):
    where = place()
    client = open_client(timeouts=SOON)
    run = client.trigger(where.target)
    where.fault_reads(Stall(), times=None)
    with pytest.raises(WaitTimeout) as caught:
        client.wait(run, timeout=30)
    assert [one.ref for one in caught.value.pending] == [run.ref]


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_that_differ_make_no_difference_to_a_wait(client, place, seconds):
    where = place("monid")
    where.fault_reads(Skew(seconds), times=None)
    run = client.run(where.target, timeout=10_000)
    assert run.outcome is Outcome.SUCCESS


def test_many_runs_end_though_every_third_answer_is_a_fault(client, place):
    """Thirty runs of one monitor and thirty of the workspace, waited for at once, by lists and gets."""
    one, other = place(), place("monid")
    attempts = client.trigger_all([one.target, other.target] * 15)
    told = one.faults.add(
        *(f for f in PASSING if not isinstance(f, Stall | Late)), method="GET", times=None, rate=0.3
    )
    ended = client.wait_all(attempts, timeout=10_000)
    assert [attempt.unwrap().outcome for attempt in ended] == [Outcome.SUCCESS] * 30
    assert told.fired


def test_what_is_refused_is_raised_with_its_words(client, place):
    where = place()
    run = client.trigger(where.target)
    where.fault_reads(Answer(418, message="I am a teapot."), times=None)
    with pytest.raises(ApiError, match="teapot"):
        client.get(run.ref)
    with pytest.raises(ApiError, match="teapot"):
        client.wait(run)
