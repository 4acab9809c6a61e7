"""Who judges what a run found, and when a run is asked for next."""

from __future__ import annotations

import pytest

from omnirun import Client, UnreadableReply, Unsupported, Verdict, firecrawl
from omnirun.engine import Engine
from omnirun.policy import WaitPolicy
from omnirun.waiting import Waiting
from tests.overlay.services import Datafold, uuid
from tests.overlay.virtual import KEYS, START, World, reply

MONITOR = firecrawl.Monitor(uuid(1))
REF = MONITOR.check(uuid(2))


def engine(judge):
    return Engine((), WaitPolicy(), {}, KEYS, verdicts={"firecrawl": judge})


def read(judge, body):
    response = reply(200, {"data": {"id": uuid(2), **body}})
    return engine(judge).provider("firecrawl").read(REF, response, START)


def relevant(raw):
    """A monitor with a goal: only pages judged relevant count."""
    return Verdict.ALERT if any(page.get("relevant") for page in raw.get("pages", ())) else Verdict.PASS


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "completed", "summary": {"changed": 3}, "pages": [{"relevant": False}]}, Verdict.PASS),
        ({"status": "partial", "pages": [{"relevant": True}]}, Verdict.ALERT),
        ({"status": "failed", "pages": [{"relevant": True}]}, None),
        ({"status": "running", "pages": [{"relevant": True}]}, None),
    ],
)
def test_a_judge_of_ones_own_decides_where_the_state_does_not(body, expected):
    assert read(relevant, body).verdict == expected


def test_a_judge_that_fails_loses_no_run(caplog):
    run = read(lambda raw: raw["absent"], {"status": "completed", "summary": {"changed": 1}})
    assert (run.state, run.verdict) == ("completed", None)
    assert "the judge of firecrawl's verdicts failed" in caplog.text


def test_the_standard_judge_can_be_asked_by_another():
    assert read(firecrawl.by_summary, {"status": "completed", "summary": {"new": 1}}).verdict is Verdict.ALERT


def test_a_provider_that_judges_itself_says_how_to_change_it():
    with pytest.raises(Unsupported, match=r"datafold gives its verdicts itself.*Client\(states="):
        Client(environ=KEYS, verdicts={"datafold": relevant}).get("datafold:monitors/1/runs/2")


def test_the_next_poll_of_a_run_that_is_waited_for():
    world = World(Datafold({7: 100.0}))
    ref = "datafold:monitors/42/runs/7"
    seen = []
    world.at(2.5, lambda: seen.append(world.engine.next_poll(ref, world.time)))
    waiting = Waiting(world.engine, world, [ref], None, None)
    assert world.engine.next_poll(ref, world.time) is None  # nobody waits yet
    assert world.run(waiting.next()).run.finished
    assert world.engine.next_poll(ref, world.time) is None
    polls = world.times()
    after = next(at for at in polls if at > 2.5)
    assert seen == [pytest.approx(after - 2.5, abs=0.01)]


def test_a_client_tells_the_next_poll_without_sending():
    with Client(environ=KEYS) as client:
        assert client.next_poll("datafold:monitors/42/runs/7") is None


def test_a_summary_of_another_shape_is_no_verdict_but_an_unreadable_reply():
    """The standard judge reads what the API describes; anything else is the provider's fault, and is said."""
    world = World(lambda *_: reply(200, {"data": {"id": uuid(2), "status": "completed", "summary": "many"}}))
    with pytest.raises(UnreadableReply, match="another shape"):
        world.run(world.engine.get(REF))


@pytest.mark.parametrize(("trigger", "expected"), [("scheduled", False), ("manual", True), (None, True)])
def test_a_scheduled_check_is_nobody_s_lost_trigger(trigger, expected):
    run = firecrawl.PROVIDER.check(MONITOR, {"id": uuid(2), "status": "running", "trigger": trigger}, START)
    assert firecrawl.PROVIDER.asked_for(run) is expected
