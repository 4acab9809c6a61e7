"""The retry table of triggers, row by row, on the wire: how many POSTs were sent, how many were accepted, what came."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest

from omnirun import (
    AlreadyRunning,
    AmbiguousTrigger,
    AsyncClient,
    Hooks,
    NotFound,
    Origin,
    Outcome,
    PaymentRequired,
    RateLimited,
    TargetPaused,
    Timeouts,
    TransportError,
    monid,
)
from omnirun.sandbox.faults import Answer, Lag, Late, Mirror, Pause, Reset, Skew, Spoil, Stall
from tests.wire.conftest import CARELESS, named
from tests.wire.conftest import SLOW as BUSY

SOON = Timeouts(read=0.12)
HOW = ("reset", "close")
UNREADABLE = ("html", "empty", "cut")

# ---------------------------------------------------------------- certainly not accepted: sent again

NOT_ACCEPTED = (
    Answer(429),
    Answer(429, retry_after=2),
    Answer(429, retry_after=2, asks="date"),
    Answer(429, retry_after=2, asks="ms"),
    Answer(429, retry_after=2, asks="prose"),
    Answer(429, retry_after=2, body="html"),
    Answer(429, body="empty"),
    Answer(503, retry_after=2),
    Answer(503, retry_after=2, asks="date"),
)


@pytest.mark.parametrize("fault", NOT_ACCEPTED, ids=str)
def test_what_was_certainly_not_accepted_is_sent_again(client, place, fault):
    where = place()
    where.fault_trigger(fault, times=2)
    run = client.trigger(where.target)
    assert (run.origin, named(run.ref)) == (Origin.TRIGGERED, *where.accepted)
    assert [item.status for item in where.served("POST")] == [fault.status, fault.status, 200]


def test_no_longer_than_eight_times(client, place):
    where = place()
    where.fault_trigger(Answer(429, retry_after=1), times=None)
    with pytest.raises(RateLimited, match="HTTP 429"):
        client.trigger(where.target)
    assert (len(where.served("POST")), where.accepted) == (8, [])


def test_what_asks_for_too_long_a_pause_is_not_slept_through(client, place, clock):
    """A pause is bounded by the policy, 300 s."""
    where = place()
    where.fault_trigger(Answer(429, retry_after=100_000), times=1)
    began = clock.now()
    assert client.trigger(where.target).origin is Origin.TRIGGERED
    assert 300 <= clock.now() - began < 10_000


def test_where_nobody_listens_nothing_was_sent(open_client, place):
    where = place()
    client = open_client(environ={"DATAFOLD_API_KEY": "k", "DATAFOLD_BASE_URL": "http://127.0.0.1:9"})
    with pytest.raises(TransportError, match="not sent") as caught:
        client.trigger(where.target)
    assert caught.value.sent is False


# ---------------------------------------------------------------- accepted, and nobody heard: found and adopted

ACCEPTED = (
    *(Reset("accepted", how) for how in HOW),
    *(Reset("answering", how) for how in HOW),
    *(Answer(status, accepted=True) for status in (408, 500, 502, 503, 504)),
    Answer(502, accepted=True, body="html"),
    Answer(500, accepted=True, body="empty"),
    *(Spoil(body) for body in UNREADABLE),
)
SLOW = (Stall(accepted=True), Late(0.3))


@pytest.mark.parametrize("fault", [*ACCEPTED, *SLOW], ids=str)
def test_an_accepted_trigger_whose_answer_is_lost_is_found(open_client, place, fault):
    where = place()
    where.fault_trigger(fault)
    run = open_client(timeouts=SOON if fault in SLOW else None).trigger(where.target)
    assert (run.origin, named(run.ref), run.target) == (Origin.ADOPTED, *where.accepted, where.target)
    assert [item.fault for item in where.served_by_now("POST")] == [fault.kind]


@pytest.mark.parametrize("fault", [Reset("accepted"), Answer(502, accepted=True), Spoil("cut")], ids=str)
def test_so_is_a_check_of_firecrawl_s(client, place, fault):
    where = place("firecrawl")
    where.fault_trigger(fault)
    run = client.trigger(where.target)
    assert (run.origin, named(run.ref)) == (Origin.ADOPTED, *where.accepted)
    assert len(where.served("POST")) == 1


@pytest.mark.parametrize("fault", [Reset("accepted"), Answer(502, accepted=True), Late(1.0)], ids=str)
def test_a_monitor_that_would_take_a_second_trigger_gets_none(open_client, place, fault):
    """Firecrawl pays two quick triggers twice; so one whose answer is lost must not be sent again, nor two at once."""
    where = next(one for one in (place("firecrawl", n) for n in CARELESS) if not one.accepted)
    where.fault_trigger(fault)
    client = open_client(timeouts=SOON)
    first, second = client.trigger_all([where.target] * 2)
    assert first.unwrap().origin is Origin.ADOPTED
    assert [named(first.ref), named(second.ref)] == where.accepted


@pytest.mark.parametrize("fault", [Reset("accepted"), Answer(504, accepted=True), Spoil("empty")], ids=str)
def test_a_run_of_monid_s_is_named_and_adopted_only_if_allowed(client, place, fault):
    """Its list shows no input, so it can't be told whose run it is."""
    where, allowed = place("monid"), place("monid")
    where.fault_trigger(fault, times=2)
    with pytest.raises(AmbiguousTrigger) as caught:
        client.trigger(where.target)
    assert [named(ref) for ref in caught.value.candidates] == where.accepted
    run = client.trigger(allowed.target, on_lost="adopt")
    assert (run.origin, [named(run.ref)]) == (Origin.ADOPTED, allowed.accepted)


def test_who_would_rather_know_is_told_instead(client, place):
    where = place()
    where.fault_trigger(Reset("accepted"))
    with pytest.raises(AmbiguousTrigger) as caught:
        client.trigger(where.target, on_lost="raise")
    assert [named(ref) for ref in caught.value.candidates] == where.accepted


# ---------------------------------------------------------------- not accepted, but who knows: never sent again

UNKNOWN = (
    *(Reset(when, how) for when in ("reading", "read") for how in HOW),
    *(Answer(status) for status in (408, 500, 502, 503, 504)),
    Answer(502, body="html"),
    Stall(),
)


@pytest.mark.parametrize("fault", UNKNOWN, ids=str)
def test_what_may_have_been_accepted_is_not_sent_again(open_client, place, fault):
    where = place()
    where.fault_trigger(fault)
    client = open_client(timeouts=SOON if fault == Stall() else None)
    with pytest.raises(AmbiguousTrigger, match="none was found") as caught:
        client.trigger(where.target)
    assert (caught.value.candidates, where.accepted) == ((), [])
    assert len(where.served("POST")) == 1
    assert len(where.served("GET")) >= 4


@pytest.mark.parametrize("how", HOW)
def test_a_connection_that_ends_at_once(client, place, how):
    """Whether the request went out is a race: if it certainly did not, it is sent again, else it is looked for."""
    where = place()
    told = where.faults.add(Reset("connecting", how))
    (attempt,) = client.trigger_all([where.target])
    if attempt.error is None:
        assert len(where.accepted) == len(where.served("POST")) == 1
    else:
        assert isinstance(attempt.error, AmbiguousTrigger)
        assert (attempt.error.candidates, where.accepted, where.served("POST")) == ((), [], [])
    assert told.fired == 1


def test_a_trigger_that_is_carried_out_after_its_caller_gave_up_is_found(open_client, place):
    """Adopted if it came soon after, named if it came later."""
    where = place()
    where.fault_trigger(Late(0.15, accepted=False))
    (attempt,) = open_client(timeouts=SOON).trigger_all([where.target])
    found = [attempt.ref] if attempt.error is None else getattr(attempt.error, "candidates", ())
    assert [named(ref) for ref in found] == where.accepted
    assert (len(where.accepted), len(where.served("POST"))) == (1, 1)


# ---------------------------------------------------------------- how it is looked for


def test_lists_that_fail_are_asked_again(client, place):
    where = place()
    where.fault_trigger(Reset("accepted"))
    faults = (Answer(500), Reset("answering"), Spoil("html"), Answer(429, retry_after=1), Reset("read"))
    for fault in faults:
        where.fault_lists(fault)
    run = client.trigger(where.target)
    assert (run.origin, [named(run.ref)]) == (Origin.ADOPTED, where.accepted)


def test_lists_that_never_answer_adopt_nothing_and_say_so(client, place):
    where = place()
    where.fault_trigger(Reset("accepted"))
    where.fault_lists(Answer(500), times=None)
    with pytest.raises(AmbiguousTrigger, match="could not be listed"):
        client.trigger(where.target)
    assert len(where.accepted) == len(where.served("POST")) == 1


@pytest.mark.parametrize("seconds", [-4000, -90, 90, 4000])
@pytest.mark.parametrize("provider", ["datafold", "firecrawl"])
def test_the_providers_clock_may_be_another(client, place, provider, seconds):
    where = place(provider)
    where.fault_trigger(Reset("accepted"))
    where.fault_lists(Skew(seconds), times=None)
    run = client.trigger(where.target)
    assert (run.origin, [named(run.ref)]) == (Origin.ADOPTED, where.accepted)


def test_a_replica_that_lags_shows_it_in_the_end(client, place):
    where = place()
    where.fault_trigger(Reset("accepted"))
    where.fault_lists(Lag(12), times=None)
    run = client.trigger(where.target)
    assert (run.origin, [named(run.ref)]) == (Origin.ADOPTED, where.accepted)


# ---------------------------------------------------------------- whose run is it


def test_of_several_candidates_none_is_adopted(client, place):
    where = place()
    where.fault_trigger(Reset("accepted"))
    where.begun(3600, "manual")  # whenever the trigger is sent, this one begins later
    with pytest.raises(AmbiguousTrigger) as caught:
        client.trigger(where.target)
    assert {named(ref) for ref in caught.value.candidates} > {*where.accepted}
    assert len(caught.value.candidates) == 2


def test_runs_from_before_are_no_candidates(client, place):
    where = place()
    where.begun(-60, "manual")
    where.fault_trigger(Reset("accepted"))
    assert [named(client.trigger(where.target).ref)] == where.accepted


def test_what_a_schedule_began_is_nobody_s_trigger(client, place):
    where = place("firecrawl")
    where.fault_trigger(Reset("read"))
    where.begun(3600, "scheduled")
    with pytest.raises(AmbiguousTrigger, match="none was found"):
        client.trigger(where.target)


def test_two_clients_never_get_each_other_s_run(open_client, place):
    """Both answers are lost at the same time: each finds its own run, or both are candidates."""
    where, outcomes = place(), {}
    where.fault_trigger(Reset("accepted"), times=None)

    def trigger(name):
        hooks = Hooks(before_request=lambda _: {"x-sandbox-caller": name})
        (outcomes[name],) = open_client(hooks=hooks).trigger_all([where.target])

    threads = [threading.Thread(target=trigger, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, attempt in outcomes.items():
        (own,) = (
            item.run_id
            for item in where.running.sandbox.accepted
            if (item.target, item.caller) == (where.id, name)
        )
        if attempt.error is None:
            assert named(attempt.ref) == own
        else:
            assert own in {named(ref) for ref in attempt.error.candidates}


FLAKY = (
    Reset("accepted"),
    Answer(429),
    Answer(502, accepted=True),
    Reset("answering"),
    Answer(503, retry_after=1),
)


@pytest.mark.parametrize("open_client", ["sync"], indirect=True)
def test_threads_that_trigger_one_target_get_a_run_each(open_client, place):
    where, client, runs = place(), open_client(), []
    for fault in FLAKY:
        where.fault_trigger(fault)
    threads = [threading.Thread(target=lambda: runs.append(client.trigger(where.target))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(named(run.ref) for run in runs) == sorted(where.accepted)
    assert len(where.accepted) == 6


def test_tasks_that_trigger_one_target_get_a_run_each(service, place, clock, trust):
    where = place()
    for fault in FLAKY:
        where.fault_trigger(fault)

    async def main():
        def factory(**rest):
            return httpx.AsyncClient(**rest, verify=trust)

        async with AsyncClient(environ=service.environment, clock=clock, http_client=factory) as client:
            return await asyncio.gather(*(client.trigger(where.target) for _ in range(6)))

    runs = asyncio.run(main())
    assert sorted(named(run.ref) for run in runs) == sorted(where.accepted)
    assert len(where.accepted) == 6


# ---------------------------------------------------------------- what the providers say


def test_a_trigger_goes_out_on_a_connection_of_its_own(client, place):
    where = place()
    client.trigger(where.target)
    list(client.history(where.target))
    told = where.faults.add(Reset("connecting"))
    list(client.history(where.target))
    assert told.fired == 0, "a read takes the connection that stands"
    client.trigger_all([where.target])
    assert told.fired == 1


def test_a_busy_monitor_is_raised_or_attached_to(client, place):
    """Which of the two worlds comes first makes it busy."""
    where = place("firecrawl", BUSY)
    (begun,) = client.trigger_all([where.target])
    busy, posts = where.accepted, len(where.served("POST"))
    with pytest.raises(AlreadyRunning) as caught:
        client.trigger(where.target)
    where.fault_reads(Answer(502), Reset("answering"), times=2)
    attached = client.trigger(where.target, on_conflict="attach")
    assert (attached.ref, attached.origin) == (caught.value.ref, Origin.ATTACHED)
    assert [named(attached.ref)] == where.accepted == busy
    assert len(where.served("POST")) == posts + 2
    assert begun.ref in (None, attached.ref)


def test_a_paused_monitor_takes_no_runs(client, place):
    where = place("firecrawl")
    where.fault_trigger(Pause())
    with pytest.raises(TargetPaused, match="paused"):
        client.trigger(where.target, on_conflict="attach")
    assert (where.accepted, len(where.served("POST"))) == ([], 1)


@pytest.mark.parametrize("status", [404, 429, 502, 503, 504])
def test_a_run_that_mirrors_the_data_provider_s_status_is_a_run(client, place, status):
    where = place("monid")
    where.fault_trigger(Mirror(status, "Slow down."))
    run = client.trigger(where.target)
    assert (run.outcome, run.error, run.origin) == (Outcome.FAILURE, "Slow down.", Origin.TRIGGERED)
    assert [named(run.ref)] == where.accepted
    assert client.get(run.ref).raw == run.raw


@pytest.mark.parametrize(
    ("endpoint", "state", "outcome"),
    [("/search", "COMPLETED", Outcome.SUCCESS), ("/blocked", "BLOCKED", Outcome.FAILURE)],
)
def test_a_synchronous_endpoint_answers_with_the_finished_run(client, endpoint, state, outcome):
    run = client.run(monid.Endpoint("exa", endpoint), timeout=10_000)
    assert (run.state, run.outcome, run.origin) == (state, outcome, Origin.TRIGGERED)


@pytest.mark.parametrize(
    ("status", "expected"), [(402, PaymentRequired), (404, NotFound), (429, RateLimited)]
)
def test_an_error_of_the_platform_is_no_run(client, place, status, expected):
    where = place("monid")
    where.fault_trigger(Answer(status, message="Not today."), times=None)
    with pytest.raises(expected, match=r"Not today.*request sandbox-"):
        client.trigger(where.target)
    assert where.accepted == []


def test_who_has_no_money_left_is_told_at_once(client, service):
    before = len(service.sandbox.accepted)
    with pytest.raises(PaymentRequired, match="Insufficient balance"):
        client.trigger(monid.Endpoint("exa", "/expensive"))
    assert len(service.sandbox.accepted) == before
