"""Ten thousand waits per provider in virtual time: what they cost, and that none is lost, doubled or early.

The figures are printed (`pytest -rP`); what is asserted are bounds that hold on any machine.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc

import pytest

from omnirun.waiting import Waiting
from tests.overlay.services import Datafold, Firecrawl, Monid, uuid
from tests.overlay.virtual import START, World, reply

COUNT = 10_000


def durations(median=60.0):
    choose = random.Random(7)
    return [choose.lognormvariate(0, 0.6) * median for _ in range(COUNT)]


def monid_runs():
    ends = {f"R{number:05}": at for number, at in enumerate(durations())}
    return Monid(ends), {f"monid:runs/{run}": at for run, at in ends.items()}


def datafold_runs():
    """A hundred monitors with a hundred runs each."""
    services, ends = {}, {}
    for number, at in enumerate(durations()):
        monitor = number // 100
        services.setdefault(monitor, Datafold({})).ends[number] = at
        ends[f"datafold:monitors/{monitor}/runs/{number}"] = at
    return (lambda request, at: services[int(request.path.split("/")[4])](request, at)), ends


def firecrawl_runs():
    """Monitors with one check each: a monitor has one at a time, and the list shows no other."""
    checks = {(uuid(number), uuid(50_000 + number)): at for number, at in enumerate(durations())}
    return Firecrawl(checks), {f"firecrawl:monitors/{m}/checks/{c}": at for (m, c), at in checks.items()}


@pytest.mark.parametrize(
    ("make", "fewer"),
    [(monid_runs, 50), (datafold_runs, 30), (firecrawl_runs, 30)],
    ids=["monid", "datafold", "firecrawl"],
)
def test_ten_thousand_waits(make, fewer):
    """One loop per run would poll each about every tenth of its age; these polls are shared."""
    server, ends = make()
    world = World(server, latency=0.05)
    began = time.process_time()
    waiting = Waiting(world.engine, world, ends, None, None)
    seen = {}
    while (attempt := world.run(waiting.next())) is not None:
        ref = str(attempt.ref)
        assert ref not in seen, "reported twice"
        assert attempt.unwrap().finished
        seen[ref] = world.time - START - ends[ref]
    cpu = time.process_time() - began
    lists = sum(path.endswith(("/runs", "/monitor")) for path in world.paths())
    lag = sum(seen.values()) / len(seen)
    alone = sum(loop_polls(end) for end in ends.values())
    polls = len(world.sent) - len(ends)
    print(  # noqa: T201 - the issue asks for the figures
        f"{len(seen)} runs: {polls} polls ({lists} lists) and {len(ends)} final gets, mean lag {lag:.1f} s, "
        f"{cpu:.1f} s of CPU with the server's; a loop per run of the same policy polls {alone} times"
    )
    assert set(seen) == set(ends)
    assert min(seen.values()) >= 0, "reported before its end"
    assert polls * fewer <= alone
    assert world.most_in_flight <= 32
    assert world.engine.poller.pending == 0


def loop_polls(end):
    """How often the same policy polls a run by itself."""
    at, gap, polls = 0.0, 1.0, 0
    while at < end:
        at, gap, polls = at + gap, min(30.0, gap + 1.0), polls + 1
    return polls


@pytest.mark.parametrize(
    "name",
    [
        lambda number: f"monid:runs/01HXYZ1234567890R{number:05}",
        lambda number: f"datafold:monitors/{number // 100}/runs/{number}",
        lambda number: f"firecrawl:monitors/{uuid(number)}/checks/{uuid(50_000 + number)}",
    ],
    ids=["monid", "datafold", "firecrawl"],
)
def test_a_waiting_run_takes_less_than_500_bytes(name):
    refs = [name(number) for number in range(COUNT)]
    world = World(lambda request, at: (reply(500), 1e9))
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        waiting = Waiting(world.engine, world, refs, None, None)
        waiting.begin()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"{(after - before) / COUNT:.0f} bytes a run")  # noqa: T201 - as above
    assert world.engine.poller.pending == COUNT
    assert (after - before) / COUNT < 500
