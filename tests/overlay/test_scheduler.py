"""The scheduler: what is sent when, with no I/O and no clock."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import roster, scheduler
from omnirun.scheduler import Reply, Scheduler, Step
from omnirun_raw.http import Request, Response

OK = Response(200)


def request(name="x"):
    return Request("GET", f"/{name}", "test.op", lambda response: response, provider="test")


def step(name="x", lane="a", **rest):
    return Step(request(name), lane, **rest)


def one(*steps):
    """A flow that yields its steps and returns the times of the replies."""
    times = []
    for wanted in steps:
        reply = yield wanted
        times.append(reply.at)
    return times


class Log:
    """Records how flows end."""

    def __init__(self):
        self.ends = []

    def done(self, value, error, now):
        self.ends.append((value, error, now))


def answer(scheduler, task, at):
    scheduler.feed(task, Reply(task.sent_at, at, OK))


def test_a_flow_is_resumed_with_its_reply_and_its_value_reported():
    log, scheduler = Log(), Scheduler()
    scheduler.spawn(one(step()), log.done, 0.0)
    (task,) = scheduler.next(0.0)
    answer(scheduler, task, 2.0)
    assert log.ends == [([2.0], None, 2.0)]
    assert scheduler.wake(2.0) is None


def test_a_delay_counts_from_the_reply_and_holds_no_slot():
    log, scheduler = Log(), Scheduler(in_flight=1)
    scheduler.spawn(one(step("slow", delay=10.0)), log.done, 0.0)
    scheduler.spawn(one(step("quick")), log.done, 0.0)
    assert [task.step.request.path for task in scheduler.next(0.0)] == ["/quick"]
    assert scheduler.wake(0.0) == 10.0


def test_wake_tells_the_next_delay():
    scheduler = Scheduler()
    scheduler.spawn(one(step(delay=7.0)), Log().done, 3.0)
    assert scheduler.next(3.0) == []
    assert scheduler.wake(3.0) == 10.0
    assert len(scheduler.next(10.0)) == 1


def test_an_error_of_a_flow_is_reported_not_raised():
    def broken():
        yield step()
        raise KeyError("gone")

    log, scheduler = Log(), Scheduler()
    scheduler.spawn(broken(), log.done, 0.0)
    (task,) = scheduler.next(0.0)
    answer(scheduler, task, 1.0)
    assert repr(log.ends[0][1]) == "KeyError('gone')"


def test_no_more_than_the_bound_is_in_flight_and_lanes_take_turns():
    scheduler = Scheduler(in_flight=4)
    for lane in "aaaaaab":
        scheduler.spawn(one(step(lane=lane)), Log().done, 0.0)
    sent = scheduler.next(0.0)
    assert sorted(task.step.lane for task in sent) == ["a", "a", "a", "b"]
    assert scheduler.next(0.0) == []


def test_a_lane_spaces_out_metered_steps_after_its_burst():
    scheduler = Scheduler(in_flight=1000, rate=lambda _: 2.0)
    for _ in range(5):
        scheduler.spawn(one(step()), Log().done, 0.0)
    assert len(scheduler.next(0.0)) == 2
    assert scheduler.wake(0.0) == 0.5
    assert len(scheduler.next(0.5)) == 1
    assert len(scheduler.next(1.5)) == 2


def test_a_step_that_is_not_metered_waits_for_no_token():
    scheduler = Scheduler(rate=lambda _: 1.0)
    for _ in range(3):
        scheduler.spawn(one(step("metered")), Log().done, 0.0)
    scheduler.next(0.0)
    scheduler.spawn(one(step("free", metered=False)), Log().done, 0.0)
    assert [task.step.request.path for task in scheduler.next(0.0)] == ["/free"]


def test_a_pause_holds_the_whole_lane_back_and_no_other():
    scheduler = Scheduler()
    scheduler.spawn(one(step("resumed", lane="a", pause=12.0)), Log().done, 0.0)
    scheduler.spawn(one(step("free", lane="a", metered=False)), Log().done, 0.0)
    scheduler.spawn(one(step("other", lane="b")), Log().done, 0.0)
    assert [task.step.request.path for task in scheduler.next(0.0)] == ["/other"]
    assert scheduler.wake(0.0) == 12.0
    assert [task.step.request.path for task in scheduler.next(12.0)] == ["/free", "/resumed"]


def test_after_a_pause_a_lane_goes_at_half_its_rate_for_a_minute():
    scheduler = Scheduler(rate=lambda _: 2.0, in_flight=1000)
    for _ in range(400):
        scheduler.spawn(one(step(pause=1.0)), Log().done, 0.0)
    slow = sum(len(scheduler.next(t / 10)) for t in range(10, 310))
    assert 28 <= slow <= 32, "30 s at one a second"
    for t in range(310, 620):
        scheduler.next(t / 10)
    assert 58 <= sum(len(scheduler.next(t / 10)) for t in range(620, 920)) <= 62, "30 s at two a second"


def test_an_exclusive_key_is_held_to_the_end_of_the_flow_and_passed_on_in_order():
    log, scheduler = Log(), Scheduler()
    scheduler.spawn(one(step("first", exclusive="k"), step("again", delay=5.0, exclusive="k")), log.done, 0.0)
    scheduler.spawn(one(step("second", exclusive="k")), log.done, 0.0)
    scheduler.spawn(one(step("third", exclusive="k")), log.done, 0.0)
    (task,) = scheduler.next(0.0)
    answer(scheduler, task, 1.0)
    assert scheduler.next(1.0) == [], "the first flow sleeps and still holds the key"
    (task,) = scheduler.next(6.0)
    answer(scheduler, task, 7.0)
    order = []
    for now in (7.0, 8.0):
        (task,) = scheduler.next(now)
        order.append(task.step.request.path)
        answer(scheduler, task, now)
    assert order == ["/second", "/third"]
    assert len(log.ends) == 3


def run_out(scheduler, now):
    """Answer everything that is sent from now on; gives the paths in order."""
    paths = []
    while (wake := scheduler.wake(now)) is not None:
        now = max(now, wake)
        for task in scheduler.next(now):
            paths.append(task.step.request.path)
            answer(scheduler, task, now)
    return paths


def test_cancelling_a_sleeper_passes_its_key_on():
    log, scheduler = Log(), Scheduler()
    task = scheduler.spawn(one(step("mine", exclusive="k", delay=5.0)), log.done, 0.0)
    scheduler.spawn(one(step("heir", exclusive="k")), Log().done, 0.0)
    scheduler.cancel(task, 1.0)
    assert (run_out(scheduler, 1.0), log.ends) == (["/heir"], [])


def test_cancelling_one_that_waits_for_a_key_leaves_the_key_alone():
    scheduler = Scheduler()
    scheduler.spawn(one(step("holder", exclusive="k")), Log().done, 0.0)
    task = scheduler.spawn(one(step("mine", exclusive="k")), Log().done, 0.0)
    scheduler.spawn(one(step("heir", exclusive="k")), Log().done, 0.0)
    scheduler.cancel(task, 0.0)
    assert run_out(scheduler, 0.0) == ["/holder", "/heir"]


def test_cancelling_one_that_queues_for_a_slot_passes_its_key_on():
    scheduler = Scheduler(in_flight=1)
    scheduler.spawn(one(step("blocker")), Log().done, 0.0)
    task = scheduler.spawn(one(step("mine", exclusive="k")), Log().done, 0.0)
    (blocker,) = scheduler.next(0.0)
    scheduler.spawn(one(step("heir", exclusive="k")), Log().done, 0.0)
    scheduler.cancel(task, 1.0)
    answer(scheduler, blocker, 1.0)
    assert run_out(scheduler, 1.0) == ["/heir"]


def test_cancelling_one_in_flight_keeps_its_key_until_the_reply_is_dropped():
    log, scheduler = Log(), Scheduler()
    scheduler.spawn(one(step("mine", exclusive="k")), log.done, 0.0)
    scheduler.spawn(one(step("heir", exclusive="k")), Log().done, 0.0)
    (task,) = scheduler.next(0.0)
    scheduler.cancel(task, 1.0)
    assert scheduler.next(1.0) == []
    answer(scheduler, task, 2.0)
    assert (run_out(scheduler, 2.0), log.ends, scheduler.in_flight) == (["/heir"], [], 0)


def test_a_nudge_brings_a_sleeper_forward_and_never_back():
    scheduler = Scheduler()
    task = scheduler.spawn(one(step(delay=30.0)), Log().done, 0.0)
    scheduler.nudge(task, 2.0)
    scheduler.nudge(task, 20.0)
    assert scheduler.wake(0.0) == 2.0
    assert len(scheduler.next(2.0)) == 1
    assert scheduler.next(30.0) == [], "the old entry is stale"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_interleaving_ends_every_flow_once_and_keeps_every_bound(seed):
    """Random flows, delays, keys, pauses and cancellations: nothing is lost, nothing ends twice."""
    choose = random.Random(seed)
    ends, cancelled, scheduler = {}, set(), Scheduler(in_flight=3, rate=lambda _: 5.0)

    def flow(number):
        key = choose.choice([None, "k", "l"])
        for _ in range(choose.randint(1, 4)):
            yield step(
                str(number),
                lane=choose.choice("ab"),
                delay=choose.choice([0.0, 0.1, 3.0]),
                metered=choose.random() < 0.7,
                exclusive=key,
                pause=choose.choice([0.0, 0.0, 0.0, 2.0]),
            )
        return number

    def done(value, error, now):
        assert error is None
        ends[value] = ends.get(value, 0) + 1

    tasks = [scheduler.spawn(flow(number), done, 0.0) for number in range(12)]
    now, flying = 0.0, []
    for _ in range(4000):
        flying += scheduler.next(now)
        assert len(flying) <= 3
        keys = [task.key for task in flying if task.key is not None and not task.done]
        assert len(keys) == len(set(keys)), "two flows with one key in flight"
        if choose.random() < 0.02:
            victim = choose.randrange(12)
            if not tasks[victim].done:
                scheduler.cancel(tasks[victim], now)
                cancelled.add(victim)
        if flying:
            task = flying.pop(choose.randrange(len(flying)))
            answer(scheduler, task, now)
            continue
        wake = scheduler.wake(now)
        if wake is None:
            break
        now = max(now, wake)
    assert set(ends) | cancelled == set(range(12))
    assert all(count == 1 for count in ends.values())


def test_lanes_take_turns_from_one_call_to_the_next():
    scheduler = Scheduler(in_flight=2)
    for lane in "a" * 10 + "b" * 10:
        scheduler.spawn(one(step(lane=lane)), Log().done, 0.0)
    order, flying = [], []
    for now in range(20):
        flying += scheduler.next(float(now))
        task = flying.pop(0)
        order.append(task.step.lane)
        answer(scheduler, task, float(now))
    assert order == ["a", "b"] * 10


def test_one_lane_leaves_places_to_the_others():
    scheduler = Scheduler(in_flight=32)
    for lane in "a" * 100 + "b":
        scheduler.spawn(one(step(lane=lane)), Log().done, 0.0)
    assert Counter(task.step.lane for task in scheduler.next(0.0)) == {"a": 24, "b": 1}


def test_what_was_cancelled_pays_no_token():
    scheduler = Scheduler(rate=lambda _: 1.0)
    tasks = [scheduler.spawn(one(step(str(number))), Log().done, 0.0) for number in range(100)]
    scheduler.next(0.0)
    for task in tasks:
        scheduler.cancel(task, 0.0)
    scheduler.spawn(one(step("mine")), Log().done, 0.0)
    assert [task.step.request.path for task in scheduler.next(1.0)] == ["/mine"]


def test_no_tokens_gather_during_a_pause():
    scheduler = Scheduler(in_flight=1000, rate=lambda _: 50.0)
    for _ in range(300):
        scheduler.spawn(one(step(pause=10.0)), Log().done, 0.0)
    assert sum(len(scheduler.next(10.0 + tenth / 10)) for tenth in range(10)) <= 25


def test_the_names_of_states_and_news_are_those_of_their_enums():
    assert [getattr(scheduler, each.name) for each in scheduler.At] == list(scheduler.At)
    assert [getattr(roster, each.name) for each in roster.Kind] == list(roster.Kind)
