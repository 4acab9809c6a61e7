"""Triggers in virtual time: what is sent again, what is recovered, what is raised. Nothing is ever sent twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from email.utils import format_datetime

import attrs
import pytest

from omnirun import datafold, firecrawl, monid
from omnirun.clock import moment
from omnirun.errors import (
    AlreadyRunning,
    AmbiguousTrigger,
    ApiError,
    AuthError,
    BadRef,
    InvalidRequest,
    PageError,
    PaymentRequired,
    RateLimited,
    ServerError,
    TransportError,
    UnreadableReply,
    Unsupported,
)
from omnirun.recovery import Known, candidates
from omnirun.run import Origin
from omnirun.scripts import Receive
from omnirun.triggers import Fate, fate
from omnirun.waiting import Waiting
from tests.overlay.services import Firecrawl, iso, uuid
from tests.overlay.virtual import START, World, reply

MONITOR = datafold.Monitor(42)
CHECK = firecrawl.Monitor(uuid(1))


def trigger(world, target=MONITOR, on_conflict="raise", on_lost=None):
    return world.run(world.engine.trigger(world, target, on_conflict, on_lost))


def posts(world):
    return [round(at - START, 3) for at, step in world.sent if step.request.method == "POST"]


class Flaky:
    """Datafold that answers the first posts with `faults`, and may have accepted them before that.

    Args:
        faults: what the first posts are answered with.
        accepts: how many runs each of those posts starts.
        strangers: runs somebody else starts, as (seconds, run).
        hidden_for: how long a run takes to show in the list.
        skew: how far the server's clock is ahead.
    """

    def __init__(self, *faults, accepts=0, strangers=(), hidden_for=0.0, skew=0.0, started=True):
        self.faults, self.accepts = list(faults), accepts
        self.hidden_for, self.skew, self.started = hidden_for, skew, started
        self.runs = [(at, run) for at, run in strangers]
        self.paid = 0

    def __call__(self, request, at):
        if request.method == "POST":
            return self.post(at)
        items = [
            self.item(began, run)
            for began, run in sorted(self.runs, reverse=True)
            if began + self.hidden_for <= at
        ]
        body = {"count": len(items), "page": 1, "page_size": 100, "total_pages": 1, "runs": items}
        return reply(200, body, date=format_datetime(moment(START + at + self.skew), usegmt=True))

    def post(self, at):
        fault = self.faults.pop(0) if self.faults else None
        for _ in range(1 if fault is None else self.accepts):
            self.paid += 1
            self.runs.append((at, 100 + self.paid))
        return reply(200, {"run_id": 100 + self.paid}) if fault is None else fault

    def item(self, began, run):
        started = iso(began + self.skew) if self.started else None
        return {"run_id": run, "monitor_id": 42, "state": "checking", "started_at": started}


LOST = TransportError("read timed out", sent=True)
UNSENT = TransportError("connection refused", sent=False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UNSENT, Fate.RESEND),
        (LOST, Fate.RECOVER),
        (RateLimited("", status=429), Fate.RESEND),
        (ServerError("", status=503, retry_after=3.0), Fate.RESEND),
        (ServerError("", status=503), Fate.RECOVER),
        (ServerError("", status=500), Fate.RECOVER),
        (ServerError("", status=502), Fate.RECOVER),
        (ServerError("", status=504), Fate.RECOVER),
        (ServerError("", status=408), Fate.RECOVER),
        (UnreadableReply("", status=200), Fate.RECOVER),
        (AuthError("", status=401), Fate.RAISE),
        (PaymentRequired("", status=402), Fate.RAISE),
        (InvalidRequest("", status=422), Fate.RAISE),
        (ApiError("", status=302), Fate.RAISE),
    ],
)
def test_the_table_of_fates(error, expected):
    assert fate(error) is expected


def test_a_trigger_goes_out_once_on_a_fresh_connection():
    world = World(Flaky())
    run = trigger(world)
    assert (str(run.ref), run.target, run.origin) == (
        "datafold:monitors/42/runs/101",
        MONITOR,
        Origin.TRIGGERED,
    )
    assert [(step.request.method, step.fresh) for _, step in world.sent] == [("POST", True)]


@pytest.mark.parametrize(
    "fault",
    [UNSENT, reply(429, {"detail": "slow"}), reply(503, b"", retry_after="3")],
    ids=["unsent", "429", "503 with retry-after"],
)
def test_what_was_certainly_not_accepted_is_sent_again(fault):
    server = Flaky(fault, fault)
    world = World(server)
    assert trigger(world).origin is Origin.TRIGGERED
    assert (len(posts(world)), server.paid) == (3, 1)


def test_a_rate_limit_asks_for_its_pause():
    world = World(Flaky(reply(429, {"detail": "slow"}, retry_after="25")), latency=0.0)
    trigger(world)
    assert posts(world) == [0, 25]


def test_what_is_never_accepted_is_raised_in_the_end():
    world = World(Flaky(*[UNSENT] * 20))
    with pytest.raises(TransportError, match="connection refused"):
        trigger(world)
    assert len(posts(world)) == 8


AMBIGUOUS = {
    "read timeout": LOST,
    "408": reply(408),
    "500": reply(500, b"<html>"),
    "502": reply(502),
    "503": reply(503),
    "504": reply(504),
    "cut body": reply(200, b'{"run_'),
    "empty body": reply(200, b""),
    "other shape": reply(200, {"id": 5}),
}


@pytest.mark.parametrize("fault", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_may_have_been_accepted_is_found_and_not_sent_again(fault):
    server = Flaky(fault, accepts=1)
    world = World(server)
    run = trigger(world)
    assert (str(run.ref), run.origin) == ("datafold:monitors/42/runs/101", Origin.ADOPTED)
    assert (len(posts(world)), server.paid) == (1, 1)


def test_recovery_looks_at_2_5_15_and_30_seconds():
    world = World(Flaky(LOST, accepts=1), latency=0.0)
    trigger(world)
    assert sorted(set(world.times())) == [0, 2, 5, 15, 30]


def test_nothing_found_is_an_error_that_says_so_and_sends_nothing():
    world = World(Flaky(LOST))
    with pytest.raises(AmbiguousTrigger, match=r"may have been accepted.*none was found") as caught:
        trigger(world)
    assert (caught.value.target, caught.value.candidates, caught.value.sent_at) == (
        MONITOR,
        (),
        moment(START),
    )
    assert len(posts(world)) == 1


def test_several_candidates_are_named_and_none_is_adopted():
    world = World(Flaky(LOST, accepts=1, strangers=[(20, 7)]))
    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(world)
    assert sorted(map(str, caught.value.candidates)) == [
        "datafold:monitors/42/runs/101",
        "datafold:monitors/42/runs/7",
    ]


def test_a_late_candidate_is_still_found():
    assert trigger(World(Flaky(LOST, accepts=1, hidden_for=20))).origin is Origin.ADOPTED


def test_runs_from_before_the_trigger_are_no_candidates():
    assert str(trigger(World(Flaky(LOST, accepts=1, strangers=[(-60, 7)]))).ref).endswith("/101")


def test_a_run_without_a_start_time_is_a_candidate():
    assert trigger(World(Flaky(LOST, accepts=1, started=False))).origin is Origin.ADOPTED


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_clocks_may_differ(skew):
    server = Flaky(LOST, accepts=1, strangers=[(-60, 7)], skew=skew)
    assert str(trigger(World(server)).ref).endswith("/101")


def test_a_recovery_whose_lists_fail_adopts_nothing():
    def server(request, at):
        return LOST if request.method == "POST" else reply(500)

    with pytest.raises(AmbiguousTrigger):
        trigger(World(server))


def test_lists_that_fail_for_a_while_are_read_later():
    """The regular looks all fail: the run is found at the next, and none more is had once one went well."""
    behind = Flaky(LOST, accepts=1)

    def server(request, at):
        return reply(500) if request.method == "GET" and at < 50 else behind(request, at)

    world = World(server, latency=0.0)
    assert trigger(world).origin is Origin.ADOPTED
    assert 50 <= max(world.times()) < 120


def test_runs_this_client_knows_are_no_candidates():
    """Many triggers of one target at once, each answer lost: each gets its own run."""
    server = Flaky(*[LOST] * 5, accepts=1)
    world = World(server)
    attempts = world.run(world.engine.trigger_all(world, [MONITOR] * 5, "raise"))
    refs = [str(attempt.unwrap().ref) for attempt in attempts]
    assert len(set(refs)) == 5
    assert (len(posts(world)), server.paid) == (5, 5)


def test_triggers_of_one_monitor_take_turns_and_of_others_do_not():
    world = World(Flaky(), latency=1.0)
    world.run(world.engine.trigger_all(world, [MONITOR, MONITOR, datafold.Monitor(43)], "raise"))
    assert posts(world) == [0, 0, 1]


def test_monid_shows_no_input_so_nothing_is_adopted():
    def server(request, at):
        item = {"runId": "R", "status": "RUNNING", "createdAt": iso(at)}
        return reply(502) if request.method == "POST" else reply(200, {"items": [item], "cursor": None})

    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(World(server), monid.Endpoint("apify", "/x"))
    assert caught.value.candidates == ()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"detail": "Invalid API key"}, AuthError),
        (402, {"detail": "pay"}, PaymentRequired),
        (422, {"detail": [{"loc": ["path", "id"], "msg": "not a number", "type": "int"}]}, InvalidRequest),
    ],
)
def test_what_is_refused_is_raised_at_once(status, body, expected):
    world = World(lambda request, at: reply(status, body))
    with pytest.raises(expected):
        trigger(world)
    assert len(world.sent) == 1


def busy(request, at):
    if request.method == "POST":
        return reply(
            409, {"success": False, "error": "Monitor check is already running.", "checkId": uuid(9)}
        )
    return Firecrawl({(uuid(1), uuid(9)): 50})(request, at)


def test_a_busy_monitor_raises_with_the_run_under_way():
    with pytest.raises(AlreadyRunning) as caught:
        trigger(World(busy), CHECK)
    assert str(caught.value.ref) == f"firecrawl:monitors/{uuid(1)}/checks/{uuid(9)}"


def test_a_busy_monitor_can_be_attached_to():
    run = trigger(World(busy), CHECK, "attach")
    assert (run.origin, run.state, str(run.ref)) == (
        Origin.ATTACHED,
        "running",
        f"firecrawl:monitors/{uuid(1)}/checks/{uuid(9)}",
    )


def test_what_cannot_be_run_is_said_before_anything_is_sent():
    world = World(Flaky())
    attempts = world.run(
        world.engine.trigger_all(
            world,
            [
                monid.Workspace(),
                "datafold:monitors/x",
                "nobody:x",
                datafold.Monitor(1, account="eu"),
                MONITOR,
            ],
            "raise",
        )
    )
    kinds = [type(attempt.error).__name__ for attempt in attempts]
    assert kinds == ["Unsupported", "BadRef", "BadRef", "MissingKey", "NoneType"]
    assert len(world.sent) == 1
    with pytest.raises(Unsupported, match=r"monid\.Endpoint"):
        attempts[0].unwrap()


def test_the_memory_of_known_runs_is_bounded():
    known = Known()
    refs = [MONITOR.run(f"monitors/42/runs/{number}") for number in range(10_001)]
    for ref in refs:
        known.add(ref)
    assert (refs[0] in known, refs[1] in known, refs[-1] in known) == (False, True, True)


def test_faults_of_all_kinds_never_pay_twice():
    """A thousand triggers of fifty monitors, a third of them disturbed: each paid run is owned once or named."""

    class Many:
        def __init__(self):
            self.servers = {}
            self.count = 0

        def __call__(self, request, at):
            monitor = int(request.path.split("/")[4])
            server = self.servers.setdefault(monitor, Flaky())
            if request.method == "POST":
                self.count += 1
                kinds = [None] * 6 + [UNSENT, LOST, reply(502)]
                fault = kinds[self.count % len(kinds)]
                server.faults, server.accepts = ([fault], self.count % 2 if fault is not UNSENT else 0)
                if fault is None:
                    server.faults = []
            response = server(request, at)
            return response if isinstance(response, Exception) else attrs.evolve(response)

    many = Many()
    world = World(many, latency=0.05)
    targets = [datafold.Monitor(number % 50) for number in range(1000)]
    attempts = world.run(world.engine.trigger_all(world, targets, "raise"))
    owned = Counter(attempt.run.ref for attempt in attempts if attempt.run is not None)
    named = {ref for a in attempts if isinstance(a.error, AmbiguousTrigger) for ref in a.error.candidates}
    paid = sum(server.paid for server in many.servers.values())
    assert {type(attempt.error).__name__ for attempt in attempts} == {"NoneType", "AmbiguousTrigger"}
    assert set(owned.values()) == {1}
    assert len(set(owned) | named) == paid, "none is lost without an error that names it"
    assert world.time - START < timedelta(hours=2).total_seconds()


# ---------------------------------------------------------------------------------------- nobody else's run


def listing(*items, date=None):
    """A Datafold whose posts are lost and never accepted, and whose list shows these runs."""

    def server(request, at):
        if request.method == "POST":
            return reply(502)
        runs = [item(at) if callable(item) else item for item in items]
        body = {
            "count": len(runs),
            "page": 1,
            "page_size": 100,
            "total_pages": 1,
            "runs": [r for r in runs if r],
        }
        return reply(200, body, **({"date": date(at)} if date else {}))

    return server


def run_of(number, started, state="checking"):
    return {"run_id": number, "monitor_id": 42, "state": state, "started_at": started}


@pytest.mark.parametrize(
    ("server", "candidates"),
    [
        (listing(run_of(5, None, "skipped")), []),
        (listing(run_of(5, iso(-1800)), date=lambda at: "Thu, 01 Jan 1970 00:00:00 GMT"), []),
        (listing(run_of(5, iso(-3)), date=lambda at: format_datetime(moment(START + at), usegmt=True)), []),
        (listing(lambda at: run_of(5, iso(29)) if at > 29 else None), ["datafold:monitors/42/runs/5"]),
    ],
    ids=[
        "an old one that was skipped",
        "a Date nobody can believe",
        "just before the trigger",
        "long after it",
    ],
)
def test_what_is_not_ours_is_not_adopted(server, candidates):
    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(World(server))
    assert list(map(str, caught.value.candidates)) == candidates


def test_a_candidate_that_any_look_showed_counts():
    server = listing(lambda at: run_of(5, iso(1)) if at < 10 else None)
    assert str(trigger(World(server)).ref) == "datafold:monitors/42/runs/5"


def test_lists_that_all_fail_are_told_from_lists_that_show_nothing():
    def server(request, at):
        return reply(502) if request.method == "POST" else reply(500)

    with pytest.raises(AmbiguousTrigger, match="the runs could not be listed"):
        trigger(World(server))


@pytest.mark.parametrize("spelling", ["datafold:monitors/42/runs/5", "datafold:monitors/042/runs/005"])
def test_a_run_that_is_waited_for_is_not_adopted(spelling):
    world = World(listing(run_of(5, iso(1))))
    Waiting(world.engine, world, [spelling], None, None).begin()
    with pytest.raises(AmbiguousTrigger, match="none was found"):
        trigger(world)


def test_a_busy_monitor_is_attached_to_even_if_its_run_cannot_be_read():
    def server(request, at):
        return busy(request, at) if request.method == "POST" else reply(404, {"error": "Check not found"})

    run = trigger(World(server), CHECK, "attach")
    assert (run.origin, run.phase, str(run.ref)) == (
        Origin.ATTACHED,
        "running",
        f"firecrawl:monitors/{uuid(1)}/checks/{uuid(9)}",
    )


def test_an_unknown_answer_to_a_conflict_is_refused_before_anything_is_sent():
    world = World(busy)
    with pytest.raises(ValueError, match="on_conflict is 'raise' or 'attach', not 'Attach'"):
        trigger(world, CHECK, "Attach")
    assert world.sent == []


def test_a_number_no_float_holds_is_ambiguous_and_not_a_crash():
    server = Flaky(reply(200, b'{"run_id": Infinity}'), accepts=1)
    assert trigger(World(server)).origin is Origin.ADOPTED


# ---- a look at what may have been started


def recover(world, target=MONITOR, ago=0.0):
    return world.run(world.engine.recover(world, target, moment(world.time - ago)))


def refs(runs):
    return [str(run.ref) for run in runs]


def test_recover_names_the_runs_since_then_that_the_client_does_not_know():
    server = Flaky(LOST, accepts=2)  # the provider begins two, we ask for one
    world = World(server)
    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(world)
    known = trigger(world)
    sent = len(posts(world))
    found = world.run(world.engine.recover(world, str(MONITOR), caught.value.sent_at))
    assert sorted(refs(found)) == sorted(map(str, caught.value.candidates))
    assert known.ref not in [run.ref for run in found]
    assert refs(found) == refs(recover(world, ago=100.0))  # it reads, and gives the same again
    assert len(posts(world)) == sent


def test_recover_allows_for_the_clocks_and_for_runs_without_a_time():
    ahead = World(Flaky(strangers=[(-3600.0, 1), (1.0, 2)], skew=1200.0))
    ahead.time += 10
    assert refs(recover(ahead, ago=10.0)) == ["datafold:monitors/42/runs/2"]
    assert refs(recover(World(Flaky(strangers=[(-9.0, 3)], started=False)))) == [
        "datafold:monitors/42/runs/3"
    ]


def test_recover_reads_as_deep_as_it_must_and_no_deeper():
    """A list that is newest first is left where the runs are older; the other endpoints' runs don't count."""

    def serve(request, _):
        page = int(dict(request.params).get("cursor", 0))
        items = [
            {
                "runId": f"r{page}{n}",
                "provider": "apify",
                "endpoint": "/x" if n % 2 else "/y",
                "status": "RUNNING",
                "createdAt": iso(-60 * page - n),
            }
            for n in range(10)
        ]
        return reply(200, {"items": items, "cursor": str(page + 1)})

    world = World(serve)
    found = recover(world, monid.Endpoint("apify", "/x"), ago=65.0)
    assert [run.ref.path for run in found] == [f"runs/r0{n}" for n in (1, 3, 5, 7, 9)] + [
        f"runs/r1{n}" for n in (1, 3, 5, 7, 9)
    ]
    assert len(world.sent) == 3


def test_recover_waits_for_triggers_under_way():
    """The run of a trigger that has not been answered yet is not mistaken for one nobody knows."""
    world = World(Flaky(), latency=5.0)
    found = []
    channel = world.channel()

    def start(now):
        flow = candidates(
            world.engine.provider("datafold"),
            MONITOR,
            "datafold",
            world.engine.known,
            since=moment(now - 60),
            asking=world.engine.asking,
        )
        world.engine.scheduler.spawn(flow, lambda value, error, _: (found.append(value), channel.put(1)), now)

    world.at(1.0, lambda: start(world.time))
    run = trigger(world)
    world.run(one(channel))
    assert found == [[]]
    assert run.origin is Origin.TRIGGERED


def one(channel):
    yield Receive(channel)


@pytest.mark.parametrize(
    ("target", "since", "error", "match"),
    [
        (MONITOR, datetime(2026, 1, 1), ValueError, "no time zone"),  # noqa: DTZ001 - that is the point
        ("datafold:monitors/x", moment(START), BadRef, "no Datafold target"),
    ],
)
def test_recover_refuses_before_anything_is_sent(target, since, error, match):
    world = World(Flaky())
    with pytest.raises(error, match=match):
        world.run(world.engine.recover(world, target, since))
    assert world.sent == []


def test_recover_raises_what_keeps_it_from_looking():
    with pytest.raises(AuthError):
        recover(World(lambda *_: reply(401)))
    with pytest.raises(PageError, match="could not be read"):
        recover(World(lambda *_: reply(500)))


# ---- who may adopt


def test_who_can_t_have_a_wrong_run_has_none_adopted():
    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(World(Flaky(LOST, accepts=1)), on_lost="raise")
    assert [ref.path for ref in caught.value.candidates] == ["monitors/42/runs/101"]
    assert trigger(World(Flaky(LOST, accepts=1)), on_lost="adopt").origin is Origin.ADOPTED


def monid_that_loses_the_answer():
    began = []

    def serve(request, at):
        if request.method == "POST":
            began.append(at)
            return LOST
        items = [
            {"runId": "r", "provider": "apify", "endpoint": "/x", "status": "RUNNING", "createdAt": iso(at)}
            for at in began
        ]
        return reply(200, {"items": items, "cursor": None})

    return serve


def test_monid_adopts_only_where_the_caller_allows_it():
    target = monid.Endpoint("apify", "/x", input={"q": 1})
    with pytest.raises(AmbiguousTrigger) as caught:
        trigger(World(monid_that_loses_the_answer()), target)
    assert [ref.path for ref in caught.value.candidates] == ["runs/r"]
    run = trigger(World(monid_that_loses_the_answer()), target, on_lost="adopt")
    assert (run.origin, run.target, run.ref.path) == (Origin.ADOPTED, target, "runs/r")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"on_lost": "resend"}, r"on_lost is 'adopt' or 'raise', not 'resend'"),
        ({"on_conflict": "wait"}, r"on_conflict is 'raise' or 'attach', not 'wait'"),
    ],
)
def test_an_option_that_is_none_is_refused_before_anything_is_sent(options, match):
    world = World(Flaky())
    with pytest.raises(ValueError, match=match):
        trigger(world, **options)
    assert world.sent == []
