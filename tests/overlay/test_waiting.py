"""Waiting, in virtual time: the real engine, scheduler, poller and providers against scripted servers."""

from __future__ import annotations

import logging
import re
from collections import Counter
from itertools import pairwise

import attrs
import pytest

from omnirun import datafold, monid
from omnirun.attempts import Attempt
from omnirun.clock import moment
from omnirun.datafold import Datafold as DatafoldProvider
from omnirun.errors import (
    AuthError,
    BadRef,
    NotFound,
    PollError,
    TransportError,
    UnknownState,
    UnreadableReply,
    WaitTimeout,
)
from omnirun.refs import Ref
from omnirun.run import Run
from omnirun.states import RUNNING, Outcome, Phase
from omnirun.waiting import Waiting
from tests.overlay.services import Datafold, Firecrawl, Monid, iso, uuid
from tests.overlay.virtual import START, World, reply

REF = "datafold:monitors/42/runs/7"


def wait(world, ref=REF, timeout=None, on_update=None):
    return world.run(world.engine.wait(world, ref, timeout, on_update))


def ends(world, refs, timeout=None):
    """Drain an `as_completed`: pairs of seconds and attempt."""
    waiting = Waiting(world.engine, world, refs, timeout, None)
    out = []
    while (attempt := world.run(waiting.next())) is not None:
        out.append((world.time - START, attempt))
    return out


def leaks_nothing(world):
    scheduler = world.engine.scheduler
    while world._events:
        world.time, _, action = world._events.pop(0)
        action()
    return (
        world.engine.poller.pending,
        world.engine.poller._watches,
        scheduler.wake(world.time),
        scheduler.in_flight,
    ) == (
        0,
        {},
        None,
        0,
    )


# ---------------------------------------------------------------------------------------- one run


def test_gaps_grow_by_a_second_from_the_trigger_on():
    world = World(Datafold({1: 20}), latency=0.0)
    run = world.run(world.engine.run(world, datafold.Monitor(42), None, "raise", None))
    assert world.times() == [0, 2, 5, 9, 14, 20]
    assert (run.outcome, run.origin, run.duration) == (Outcome.SUCCESS, "triggered", 20.0)


def test_a_run_that_has_ended_takes_one_request():
    world = World(Datafold({7: 0}))
    assert wait(world).finished
    assert len(world.sent) == 1


def test_a_run_value_that_has_ended_takes_none():
    world = World(Datafold({}))
    ended = Run(Ref.parse(REF), phase=Phase.FINISHED)
    assert wait(world, ended) is ended
    assert world.sent == []


@pytest.mark.parametrize(("age", "gap"), [(8, 4), (200, 20), (450, 30), (3000, 30), (3601, 60)])
def test_a_resumed_run_goes_on_at_the_gap_of_its_age(age, gap):
    """The second poll comes after the square root of twice the age, up to the cap."""
    world = World(Monid({"R": 1e6}, created={"R": -age}), latency=0.0)
    with pytest.raises(WaitTimeout):
        wait(world, "monid:runs/R", timeout=100)
    assert world.times()[:2] == [0, gap]


def test_the_last_poll_comes_at_the_deadline_and_the_timeout_carries_the_run():
    world = World(Datafold({7: 1e6}), latency=0.0)
    with pytest.raises(WaitTimeout, match=r"after 6 s.*datafold:monitors/42/runs/7 \(checking\)") as caught:
        wait(world, timeout=6)
    assert world.times() == [0, 2, 5, 6]
    assert [(str(run.ref), run.state, run.phase) for run in caught.value.pending] == [
        (REF, "checking", "running")
    ]
    assert leaks_nothing(world)


def test_a_stalled_last_poll_does_not_hold_the_wait_for_long():
    world = World(lambda request, at: (reply(500), 1000.0))
    with pytest.raises(WaitTimeout) as caught:
        wait(world, timeout=10)
    assert world.time - START == 15
    assert [str(run.ref) for run in caught.value.pending] == [REF]


def test_changes_are_told_in_order():
    def server(request, at):
        state = "created" if at < 2 else "checking" if at < 8 else "alert"
        return reply(200, {"run_id": 7, "monitor_id": 42, "state": state, "warnings": []})

    seen = []
    wait(World(server), on_update=lambda run: seen.append(run.state))
    assert seen == ["created", "checking", "alert"]


def test_an_error_in_a_callback_ends_the_wait_and_leaks_nothing():
    def refuse(run):
        raise ZeroDivisionError

    world = World(Datafold({7: 100}))
    with pytest.raises(ZeroDivisionError):
        wait(world, on_update=refuse)
    assert leaks_nothing(world)


def test_a_young_run_may_be_unknown_to_a_replica_for_ten_seconds():
    def server(request, at):
        return reply(404, {"detail": "Run not found"}) if at < 8 else Datafold({7: 9})(request, at)

    assert wait(World(server)).finished


def test_a_run_that_stays_unknown_is_not_found():
    world = World(lambda request, at: reply(404, {"detail": "Run not found"}))
    with pytest.raises(NotFound, match=r"datafold:monitors/42/runs/7: HTTP 404: Run not found"):
        wait(world)
    assert 10 <= world.time - START <= 20


def test_a_refused_key_ends_the_wait_at_once():
    world = World(lambda request, at: reply(401, {"detail": "Invalid API key"}))
    with pytest.raises(AuthError):
        wait(world)
    assert len(world.sent) == 1


@pytest.mark.parametrize(
    "failure",
    [
        reply(500, b"<html>oops</html>"),
        reply(502),
        reply(200, b"{cut"),
        reply(200, {"other": 1}),
        TransportError("reset", sent=True),
    ],
    ids=["500", "502", "cut", "shape", "reset"],
)
def test_a_failed_poll_is_not_a_failed_run(failure):
    def server(request, at):
        return failure if 3 < at < 300 else Datafold({7: 310})(request, at)

    assert wait(World(server)).ok


def test_polls_that_keep_failing_end_the_wait_after_ten_minutes():
    world = World(lambda request, at: reply(500))
    with pytest.raises(PollError, match="its state is not known") as caught:
        wait(world)
    assert str(caught.value.ref) == REF
    assert 600 <= world.time - START <= 640
    assert leaks_nothing(world)


def test_a_rate_limit_is_waited_out_as_asked():
    def server(request, at):
        return reply(429, {"detail": "slow"}, retry_after="40") if at < 1 else Datafold({7: 0})(request, at)

    world = World(server, latency=0.0)
    assert wait(world).finished
    assert world.times() == [0, 40]


def test_a_good_reply_may_ask_for_a_longer_gap():
    def server(request, at):
        response = Datafold({7: 50})(request, at)
        return attrs.evolve(response, headers={"retry-after": "25"})

    world = World(server, latency=0.0)
    wait(world)
    assert world.times() == [0, 25, 50]


# ---------------------------------------------------------------------------------------- unknown states


def unknown(until):
    def server(request, at):
        state = "meditating" if at < until else "ok"
        return reply(200, {"run_id": 7, "monitor_id": 42, "state": state, "warnings": []})

    return server


def test_an_unknown_state_is_warned_about_once_and_polled_at_the_cap(caplog):
    world = World(unknown(100), latency=0.0)
    with caplog.at_level(logging.WARNING, "omnirun"):
        assert wait(world).ok
    assert world.times() == [0, 30, 60, 90, 120]
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "datafold:monitors/42/runs/7 is in the state 'meditating'"
    ]


def test_an_unknown_state_ends_the_wait_after_ten_minutes_and_can_be_resumed():
    world = World(unknown(700), latency=0.0)
    with pytest.raises(UnknownState, match="'meditating'") as caught:
        wait(world)
    assert world.time - START == 600
    assert wait(world, caught.value.run).ok


def test_a_client_can_be_taught_a_state():
    world = World(unknown(5), latency=0.0, states={"datafold": {"meditating": RUNNING}})
    assert wait(world).ok
    assert world.times() == [0, 2, 5]


# ---------------------------------------------------------------------------------------- many runs


def test_three_runs_of_a_monitor_are_listed_and_two_are_not():
    for count, listed in ((2, False), (3, True)):
        world = World(Datafold(dict.fromkeys(range(1, count + 1), 3)))
        ends(world, [f"datafold:monitors/42/runs/{run}" for run in range(1, count + 1)])
        assert any(path.endswith("/runs") for path in world.paths()) is listed


def test_a_listed_end_is_fetched_in_full_once():
    world = World(Datafold({1: 3, 2: 3, 3: 3}))
    attempts = [
        attempt for _, attempt in ends(world, [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)])
    ]
    gets = Counter(path for path in world.paths() if not path.endswith("/runs"))
    assert all("warnings" in attempt.unwrap().raw for attempt in attempts)
    assert set(gets.values()) == {1}
    assert len(gets) == 3


def test_the_observed_end_is_when_the_list_first_showed_it():
    world = World(Datafold({1: 2, 2: 2, 3: 2}), latency=0.5)
    (_, attempt), *_ = ends(world, [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)])
    listed = max(at for at, step in world.sent if step.request.path.endswith("/runs")) + 0.5
    assert attempt.unwrap().observed_finished_at == moment(listed)


def test_an_end_seen_at_the_first_look_has_no_observed_time():
    assert wait(World(Datafold({7: 0}))).observed_finished_at is None


def test_absence_from_a_list_is_never_an_end():
    """A run the list does not show is fetched itself after two passes, and found to be running still."""
    world = World(Datafold({1: 50, 2: 50, 3: 50}, hidden={2}))
    when = {
        str(attempt.ref): at
        for at, attempt in ends(world, [f"datafold:monitors/42/runs/{r}" for r in (1, 2, 3)])
    }
    assert set(when) == {f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)}
    assert all(at >= 50 for at in when.values())


@attrs.frozen
class Counting(DatafoldProvider):
    """Counts how often a page is read."""

    reads: Counter = attrs.field(factory=Counter)

    def collection(self, ref):
        listing = super().collection(ref)

        def glance(response, at, known):
            self.reads[response.content] += 1
            return listing.glance(response, at, known)

        return attrs.evolve(listing, glance=glance)


RUNS = [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)]


def counted(server):
    world = World(server)
    world.engine._providers["datafold"] = provider = Counting()
    return world, provider.reads


def test_a_page_that_is_as_it_was_is_read_once():
    world, reads = counted(Datafold({1: 100, 2: 200, 3: 200}))
    assert [round(at, -1) for at, _ in ends(world, RUNS)] == [110, 210, 210]
    lists = [path for path in world.paths() if path.endswith("/runs")]
    assert len(lists) > 12
    assert len(reads) == 2, "all under way, and without the first; the end of the last two is seen by gets"
    assert max(reads.values()) <= 2, "after its change a page may be read once more"


@pytest.mark.parametrize("says", [reply(200, Datafold({1: 99}).item(1, 0) | {"warnings": []}), reply(500)])
def test_a_list_that_shows_an_end_is_looked_at_again_until_the_run_says_so_too(says):
    """Also if the list is the same as before: it was not taken for the truth then."""
    service = Datafold({1: 5, 2: 300, 3: 300})

    def server(request, at):
        lags = request.path.endswith("/1") and at < 200
        return says if lags else service(request, at)

    world, reads = counted(server)
    when = {str(attempt.ref): at for at, attempt in ends(world, RUNS)}
    assert 200 <= when[RUNS[0]] <= 260
    assert max(reads.values()) > 3


def test_a_run_that_joins_is_found_on_a_page_that_is_as_it_was():
    world, _ = counted(Datafold(dict.fromkeys((1, 2, 3, 4), 300)))
    late = []

    def join():
        late.append(Waiting(world.engine, world, ["datafold:monitors/42/runs/4"], None, None))
        late[0].begin()

    world.at(100, join)
    assert len(ends(world, RUNS)) == 3
    assert world.run(late[0].next()).unwrap().ok
    assert world.paths().count("/api/v1/monitors/42/runs/4") == 1, "its state came with the list"


def test_a_workspace_of_hundreds_is_read_by_lists():
    world = World(Monid({f"R{n:03}": 5 + n / 10 for n in range(300)}))
    done = ends(world, [f"monid:runs/R{n:03}" for n in range(300)])
    lists = [path for path in world.paths() if path == "/v1/runs"]
    assert len(done) == len({attempt.ref for _, attempt in done}) == 300
    assert all(attempt.unwrap().output == [1] for _, attempt in done)
    assert len(world.sent) - len(lists) == 300, "each is fetched in full, once"
    assert len(lists) < 45
    assert world.most_in_flight <= 32
    assert leaks_nothing(world)


def test_a_list_too_deep_for_few_runs_falls_back_to_gets():
    """Three old runs, thousands of newer ones in front of them."""
    ends_at = {f"N{n:04}": 0 for n in range(1000)} | {f"R{n}": 400 for n in range(3)}
    created = {f"N{n:04}": 10 + n for n in range(1000)} | {f"R{n}": -500 for n in range(3)}
    world = World(Monid(ends_at, created, size=10))
    done = ends(world, [f"monid:runs/R{n}" for n in range(3)])
    lists = [path for path in world.paths() if path == "/v1/runs"]
    assert len(done) == 3
    assert len(lists) <= 3


def test_firecrawl_shows_current_checks_in_its_list_of_monitors():
    checks = {(uuid(n), uuid(100 + n)): 20 + n for n in range(6)}
    world = World(Firecrawl(checks))
    done = ends(world, [f"firecrawl:monitors/{monitor}/checks/{check}" for monitor, check in checks])
    gets = [path for path in world.paths() if path != "/monitor"]
    assert [attempt.unwrap().verdict for _, attempt in done] == ["alert"] * 6
    assert len(gets) == 6, "one full get for each, when the list shows it no longer"


def test_a_list_that_is_refused_is_given_up_for_gets():
    def server(request, at):
        return reply(400, {"detail": "no"}) if request.path.endswith("/runs") else service(request, at)

    service = Datafold({1: 5, 2: 5, 3: 5})
    world = World(server)
    assert len(ends(world, [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)])) == 3
    assert [path for path in world.paths() if path.endswith("/runs")] == ["/api/v1/monitors/42/runs"]


def test_a_list_that_never_comes_through_ends_no_wait_of_runs_that_can_be_read():
    service = Monid({f"R{n}": 700 for n in range(6)})
    world = World(lambda request, at: reply(502) if request.path == "/v1/runs" else service(request, at))
    done = ends(world, [f"monid:runs/R{n}" for n in range(6)])
    assert all(attempt.unwrap().outcome is Outcome.SUCCESS for _, attempt in done)


def test_a_refused_key_ends_all_waits_of_a_list_at_once():
    world = World(lambda request, at: reply(403, {"detail": "no"}))
    attempts = [attempt for _, attempt in ends(world, [f"monid:runs/R{n}" for n in range(5)])]
    assert [type(attempt.error) for attempt in attempts] == [AuthError] * 5
    assert len(world.sent) == 6, "the list may be what is refused, so each run is asked for once"


def test_a_rate_limit_pauses_its_account_and_no_other():
    def server(request, at):
        if request.path.startswith("/v1"):
            return (
                reply(429, {"code": "RATE", "message": "retry after 60s"})
                if at < 1
                else monid_service(request, at)
            )
        return datafold_service(request, at)

    monid_service, datafold_service = Monid({"A": 0, "B": 0}), Datafold({1: 0, 2: 0})
    world = World(server, latency=0.0)
    done = ends(
        world, ["monid:runs/A", "monid:runs/B", "datafold:monitors/1/runs/1", "datafold:monitors/2/runs/2"]
    )
    assert [attempt.ref.provider for _, attempt in done] == ["datafold", "datafold", "monid", "monid"]
    assert [at for at, _ in done[:3]] == [0, 0, 60]
    assert [at for at in world.times() if 0 < at < 60] == []


def test_the_errors_of_one_do_not_end_the_others():
    def server(request, at):
        return reply(403, {"detail": "no"}) if "/43/" in request.path else Datafold({7: 5})(request, at)

    world = World(server)
    refs = [
        Attempt(target=datafold.Monitor(1), error=BadRef("lost before")),
        "datafold:monitors/43/runs/7",
        REF,
        "no ref",
        "datafold:monitors/x/runs/7",
        "datafold@nobody:monitors/1/runs/1",
        "elsewhere:runs/1",
    ]
    done = [attempt for _, attempt in ends(world, refs)]
    assert Counter(type(attempt.error).__name__ for attempt in done) == {
        "BadRef": 4,
        "MissingKey": 1,
        "AuthError": 1,
        "NoneType": 1,
    }
    assert done[-1].unwrap().ok


def test_each_run_is_given_once_even_if_it_is_asked_for_twice():
    world = World(Datafold({7: 5}))
    assert [str(attempt.ref) for _, attempt in ends(world, [REF, REF])] == [REF]


def test_what_ended_in_time_comes_before_the_timeout():
    world = World(Datafold({1: 5, 2: 1e6}))
    waiting = Waiting(world.engine, world, [f"datafold:monitors/42/runs/{run}" for run in (1, 2)], 20, None)
    first = world.run(waiting.next())
    assert str(first.ref) == "datafold:monitors/42/runs/1"
    with pytest.raises(WaitTimeout) as caught:
        world.run(waiting.next())
    assert [str(run.ref) for run in caught.value.pending] == ["datafold:monitors/42/runs/2"]
    assert world.run(waiting.next()) is None
    assert leaks_nothing(world)


def test_leaving_touches_no_other_waiter_of_the_same_run():
    world = World(Datafold({7: 30}))
    leaver = Waiting(world.engine, world, [REF], None, None)
    stayer = Waiting(world.engine, world, [REF], None, None)
    leaver.begin()
    world.at(10, leaver.close)
    assert world.run(stayer.next()).unwrap().ok
    assert leaks_nothing(world)


def test_an_iterator_that_is_never_used_asks_for_nothing():
    world = World(Datafold({7: 30}))
    Waiting(world.engine, world, [REF], None, None)
    assert (world.sent, world.engine.poller.pending) == ([], 0)


def test_leaving_early_leaks_nothing():
    world = World(Monid({f"R{n}": 10 * n for n in range(50)}))
    waiting = Waiting(world.engine, world, [f"monid:runs/R{n}" for n in range(50)], None, None)
    assert world.run(waiting.next()).unwrap().finished
    waiting.close()
    assert leaks_nothing(world)


def test_a_new_run_wakes_a_sleeping_watch():
    """A watch that polls an old run twice a minute looks sooner for a new one."""
    world = World(Datafold({7: 1000, 8: 205}), latency=0.0)
    old = Waiting(world.engine, world, [REF], None, None)
    young = []

    def add():
        seen = Run(
            Ref.parse("datafold:monitors/42/runs/8"),
            started_at=moment(START + 200),
            observed_at=moment(START + 200),
        )
        young.append(Waiting(world.engine, world, [seen], 60, None))
        young[0].begin()

    world.at(200, add)
    world.at(210, lambda: None)
    assert world.run(old.next()).unwrap().ok
    polls = [
        at for at, step in zip(world.times(), world.sent, strict=True) if step[1].request.path.endswith("/8")
    ]
    assert polls[0] <= 202
    assert world.run(young[0].next()).unwrap().ok


def test_ten_thousand_runs_cost_few_requests_and_little_time():
    """One workspace, a minute each: none lost, none twice, none before its end."""
    count = 10_000
    at = {f"R{n:05}": 40 + (n * 7919 % 4000) / 100 for n in range(count)}
    world = World(Monid(at), latency=0.02)
    done = ends(world, [f"monid:runs/R{n:05}" for n in range(count)])
    assert len(done) == len({attempt.ref for _, attempt in done}) == count
    assert all(when >= at[attempt.ref.path.removeprefix("runs/")] for when, attempt in done)
    assert sum(path == "/v1/runs" for path in world.paths()) < count / 4


def test_durations_come_from_created_at_where_a_provider_gives_it():
    run = wait(World(Monid({"R": 12}, created={"R": -3})), "monid:runs/R")
    assert run.created_at is not None
    assert run.created_at.isoformat() == iso(-3)
    assert run.duration is not None
    assert run.duration >= 15


def test_only_the_input_one_gave_is_carried_on():
    target = monid.Endpoint("apify", "/x", input={"q": 1})
    seen = Run(Ref.parse("monid:runs/R"), target, Phase.RUNNING, observed_at=moment(START))
    assert wait(World(Monid({"R": 1})), seen).target == target


def test_a_reply_of_another_shape_says_what_was_asked_for():
    world = World(lambda request, at: reply(200, {}))
    with pytest.raises(
        UnreadableReply, match=r"datafold GET /api/v1/monitors/42/runs/7: HTTP 200: .*'run_id'"
    ):
        world.run(world.engine.get(REF))


# ---------------------------------------------------------------------------------------- what a review found


def test_a_null_state_in_a_list_is_no_unknown_state():
    """Datafold's list may have a null state: the run itself says how it stands."""
    service = Datafold({1: 700, 2: 700, 3: 700})

    def server(request, at):
        response = service(request, at)
        if request.path.endswith("/runs"):
            return attrs.evolve(
                response, content=re.sub(rb'"state": "\w+"', b'"state": null', response.content)
            )
        return response

    done = ends(World(server), [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)])
    assert [attempt.unwrap().state for _, attempt in done] == ["ok"] * 3


@pytest.mark.parametrize(
    "broken", [reply(200, {"items": [{"status": "RUNNING"}]}), reply(403, {"code": "X", "message": "no"})]
)
def test_a_list_that_is_of_no_use_is_given_up_for_gets(broken):
    service = Monid({"A": 30, "B": 30, "C": 30})
    world = World(lambda request, at: broken if request.path == "/v1/runs" else service(request, at))
    assert [attempt.unwrap().ok for _, attempt in ends(world, [f"monid:runs/{run}" for run in "ABC"])] == [
        True
    ] * 3


def test_a_sighting_from_the_future_delays_nothing():
    seen = Run(Ref.parse(REF), observed_at=moment(START + 3600), started_at=moment(START))
    world = World(Datafold({7: 5}))
    assert wait(world, seen).ok
    assert world.time - START < 10


def test_a_timeout_says_why_the_last_poll_failed():
    world = World(lambda request, at: reply(500, {"detail": "boom"}))
    with pytest.raises(WaitTimeout, match=r"The last poll failed: .*boom") as caught:
        wait(world, timeout=5)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("timeout", [-1, -6, float("nan")])
def test_a_timeout_is_a_number_of_seconds(timeout):
    world = World(Datafold({7: 0}))
    with pytest.raises(ValueError, match="it is a number of seconds"):
        wait(world, timeout=timeout)
    assert world.sent == []


@pytest.mark.parametrize("timeout", [0, float("inf"), 1e10])
def test_a_timeout_can_be_nothing_and_endless(timeout):
    assert wait(World(Datafold({7: 0})), timeout=timeout).ok


def test_the_grace_of_a_replica_counts_from_the_wait_whatever_the_clocks_say():
    """The provider's clock is behind: its run seems old from the start."""
    service = Monid({"R": 20}, created={"R": -60})
    world = World(
        lambda request, at: reply(404, {"code": "X", "message": "no"}) if at < 6 else service(request, at)
    )
    seen = Run(
        Ref.parse("monid:runs/R"),
        phase=Phase.RUNNING,
        created_at=moment(START - 60),
        observed_at=moment(START),
    )
    assert wait(world, seen).ok


def test_two_spellings_of_a_run_are_one_run():
    world = World(Datafold({7: 5}))
    assert [str(attempt.ref) for _, attempt in ends(world, [REF, "datafold:monitors/042/runs/007"])] == [REF]


def test_many_plain_waits_are_polled_together():
    """Five hundred calls that wait for one run each share the lists of one."""
    world = World(Monid({f"R{n:03}": 20 for n in range(500)}), latency=0.05)
    waits = [Waiting(world.engine, world, [f"monid:runs/R{n:03}"], None, None) for n in range(500)]
    for waiting in waits:
        waiting.begin()
    assert all(world.run(waiting.next()).unwrap().ok for waiting in waits)
    assert len(world.sent) - 500 < 50
    assert world.time - START < 35


def test_a_provider_that_hangs_does_not_hold_up_the_others():
    service = Monid({"R": 20})
    world = World(
        lambda request, at: (reply(200), 1e4) if "monitors" in request.path else service(request, at)
    )
    hanging = Waiting(world.engine, world, [f"datafold:monitors/{n}/runs/1" for n in range(100)], None, None)
    hanging.begin()
    assert wait(world, "monid:runs/R").ok
    assert world.time - START < 30


def test_a_rate_limited_final_get_pauses_its_account():
    service = Datafold(dict.fromkeys(range(100), 1))

    def server(request, at):
        limited = 2 < at < 12 and not request.path.endswith("/runs")
        return reply(429, {"detail": "slow"}, retry_after="10") if limited else service(request, at)

    world = World(server)
    done = ends(world, [f"datafold:monitors/42/runs/{run}" for run in range(100)])
    assert all(attempt.unwrap().ok for _, attempt in done)
    assert sum(3 < at < 12 for at in world.times()) < 40


@pytest.mark.parametrize("patience", [None, 500.0])
def test_the_deadline_of_a_run_that_is_being_fetched_hurries_no_other(patience):
    """Its fetch takes longer than its deadline; the others are polled in their own time."""
    service = Datafold({1: 5, 2: 90, 3: 90, 4: 90})

    def server(request, at):
        answer = service(request, at)
        return (answer, 100.0) if request.path.endswith("/1") else answer

    world = World(server)
    hurried = Waiting(world.engine, world, ["datafold:monitors/42/runs/1"], 40.0, None)
    world.at(0.0, hurried.begin)
    done = ends(world, [f"datafold:monitors/42/runs/{run}" for run in (2, 3, 4)], patience)
    assert len(done) == 3
    assert len([path for path in world.paths() if path.endswith("/runs")]) < 20


@pytest.mark.parametrize(("runs", "longest"), [(9, 30.0), (10, 18.0)])
def test_ten_runs_on_a_page_are_polled_more_often(runs, longest):
    world = World(Datafold(dict.fromkeys(range(1, runs + 1), 900)))
    ends(world, [f"datafold:monitors/42/runs/{run}" for run in range(1, runs + 1)])
    polls = [at for at, step in world.sent if step.request.path.endswith("/runs")]
    assert max(later - at for at, later in pairwise(polls)) == pytest.approx(longest, abs=0.2)


def pages_of(world):
    """Which pages of the list were asked for, and when."""
    return [
        (at, int(dict(step.request.params)["page"]))
        for at, step in zip(world.times(), (step for _, step in world.sent), strict=True)
        if step.request.path.endswith("/runs")
    ]


class Odd(Datafold):
    """One run is in a state omnirun doesn't know, until it ends."""

    def item(self, run, at):
        item = super().item(run, at)
        return item | {"state": "odd"} if run == 1001 and 20 < at < self.ends[run] else item


def test_a_run_that_is_looked_at_by_itself_makes_no_pass_of_the_others_longer():
    """It is being fetched when the next pass begins, which doesn't search for it; its pages are not remembered."""
    world = World(Odd(dict.fromkeys(range(1000), -1) | dict.fromkeys(range(1000, 1020), 500)))
    assert len(ends(world, [f"datafold:monitors/42/runs/{run}" for run in range(1000, 1020)])) == 20
    assert {page for at, page in pages_of(world) if at < 500} == {1}
    assert world.paths().count("/api/v1/monitors/42/runs/1001") < 25


def test_a_run_that_is_on_two_pages_is_found_on_both():
    """A stranger's run comes between two pages of a pass; later only the second has it, and is as it was."""

    def server(request, at):
        answer = service(request, at)
        if dict(request.params).get("page") == "1" and at > 100:
            service.ends.setdefault(3000, -1)
        return answer

    service = Datafold(dict.fromkeys(range(2000), -1) | dict.fromkeys(range(2000, 2150), 900))
    world = World(server)
    refs = [f"datafold:monitors/42/runs/{run}" for run in range(2000, 2150)]
    with pytest.raises(WaitTimeout):
        ends(world, refs, 300)
    assert {page for _, page in pages_of(world)} == {1, 2}
    assert len(pages_of(world)) == len(world.sent), "and nothing is asked for by itself"


def test_who_joins_while_a_run_is_being_fetched_gets_it_from_that_fetch():
    service = Datafold({1: 5, 2: 90, 3: 90})

    def server(request, at):
        answer = service(request, at)
        return (answer, 50.0) if request.path.endswith("/1") else answer

    world = World(server)
    late = []

    def join():
        late.append(Waiting(world.engine, world, RUNS[:1], None, None))
        late[0].begin()

    world.at(20, join)
    assert len(ends(world, RUNS)) == 3
    assert world.run(late[0].next()).unwrap().ok
    assert world.paths().count("/api/v1/monitors/42/runs/1") == 1
