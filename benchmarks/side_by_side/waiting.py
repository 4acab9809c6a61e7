"""Waiting in virtual time: one run at a time against the policies of others, and thousands at once.

Rules. Durations are log-normal (sigma 0.6) around the median that is named. For waits of one run, and for a loop per
run, they are the quantiles of that distribution, so few of them stand for many; for a crowd they are drawn. Our side is
the engine itself with the driver of the tests, jitter included; its CPU is that of the process less what the simulated
provider took. Final gets, which give the whole run, are counted apart from polls: a policy that polls single runs has
none. Every run must be reported once and not before its end.
"""

from __future__ import annotations

import asyncio
import gc
import math
import random
import time
import tracemalloc
from functools import partial
from operator import attrgetter
from statistics import NormalDist
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from benchmarks.side_by_side import providers
from benchmarks.side_by_side.extras import FAST, fast
from benchmarks.side_by_side.policies import LATENCY, POLICIES, Cost, cost
from benchmarks.side_by_side.rounds import Row, exactly, least, spread
from omnirun import Account, AsyncClient
from omnirun.waiting import Waiting
from tests.overlay.virtual import START, World

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGMA = 0.6
_SAMPLE = 128
_COMPARABLE = 1.5
CPU_GOAL = 1.5  # seconds per 10,000 runs
_SOON = 60.0
_AGAIN = {True: 3, False: 1}  # so often the CPU of a crowd is measured again, if it is soon done and if not
SINGLES = {"8 s": 8.0, "60 s": 60.0, "10 min": 600.0, "2 h": 7200.0}
CROWDS = {"60 s": 60.0, "600 s": 600.0}
_OURS = "omnirun"


@attrs.frozen
class Kind:
    """A provider to wait at: how many runs at once, and how many times fewer polls are wanted."""

    provider: type[providers.Provider]
    runs: int
    fewer: int


KINDS = {
    "Monid, one workspace": Kind(providers.Monid, 10_000, 50),
    "Datafold, monitors of 100 runs": Kind(providers.Datafold, 10_000, 30),
    "Firecrawl, one check per monitor": Kind(providers.Firecrawl, 2_000, 20),
}


@attrs.frozen
class Crowd:
    """What waiting for many took: requests without final gets, their mean lag, seconds of our CPU, bytes per run.

    `decoding` is what `json.loads` alone takes of all that was answered, `pace` what ten million additions take right
    after it: seconds, too.
    """

    runs: int
    polls: int
    lag: float
    cpu: float
    decoding: float
    pace: float
    memory: float


def quantiles(median: float, count: int = _SAMPLE) -> list[float]:
    """Give durations that stand for the distribution."""
    normal = NormalDist(0, _SIGMA)
    return [median * math.exp(normal.inv_cdf((number + 0.5) / count)) for number in range(count)]


def drawn(median: float, count: int) -> list[float]:
    """Draw durations."""
    choose = random.Random(7)  # noqa: S311 - durations
    return [choose.lognormvariate(0, _SIGMA) * median for _ in range(count)]


def crowd(kind: type[providers.Provider], ends: list[float], *, memory: bool = True) -> Crowd:
    """Wait for many runs at once."""
    provider = kind(ends, START)
    world = _world(provider)
    gc.collect()
    began = time.process_time()
    waiting = Waiting(world.engine, world, provider.refs, None, None)
    place = dict(zip(provider.refs, ends, strict=True))
    lags: list[float] = []
    while (attempt := world.run(waiting.next())) is not None:
        attempt.unwrap()
        lags.append(world.time - START - place.pop(str(attempt.ref)))
    cpu = time.process_time() - began - provider.busy
    if place or min(lags) < 0:
        raise AssertionError("a run was lost, or reported before its end")
    polls = len(world.sent) - len(ends)
    held = weight(kind, ends) if memory else 0.0
    return Crowd(len(ends), polls, sum(lags) / len(lags), cpu, provider.decoding, pace(), held)


def pace(share: int = 10) -> float:
    """Tell how fast this machine is just now: the seconds of CPU that ten million additions take."""
    began, total = time.process_time(), 0
    for number in range(10_000_000 // share):
        total += number
    return share * (time.process_time() - began)


def weight(kind: type[providers.Provider], ends: list[float]) -> float:
    """Tell how many bytes a run takes while it is waited for; its ref's text is the caller's."""
    provider = kind(ends, START)
    world = _world(provider)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        waiting = Waiting(world.engine, world, provider.refs, None, None)
        waiting.begin()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / len(ends)


def single(median: float) -> Cost:
    """Wait for one run at a time."""
    ends = quantiles(median)
    requests, lag = 0, 0.0
    for seed, end in enumerate(ends):
        provider = providers.Monid([end], START)
        world = _world(provider, seed)
        world.run(world.engine.wait(world, provider.refs[0], None, None)).check(failure="pass")
        requests += len(world.sent)
        lag += world.time - START - end
    return Cost(requests / len(ends), lag / len(ends))


def _world(provider: providers.Provider, seed: int = 7) -> World:
    return World(provider, latency=LATENCY, random=random.Random(seed).random)  # noqa: S311 - jitter


def singles() -> dict[str, dict[str, Cost]]:
    """What waiting for one run costs each policy, by median."""
    return {
        name: {_OURS: single(median)}
        | {policy: cost(wait, quantiles(median)) for policy, wait in POLICIES.items()}
        for name, median in SINGLES.items()
    }


def rows() -> Iterator[Row]:
    """Simulate it all."""
    for name, costs in singles().items():
        yield from _front(name, costs)
    for median, seconds in CROWDS.items():
        alone = {policy: cost(wait, quantiles(seconds)) for policy, wait in POLICIES.items()}
        for name, kind in KINDS.items():
            yield from _crowd_rows(
                f"{kind.runs:,} waits at once, {name}, median {median}", kind, seconds, alone
            )
    yield from plain()


def _front(name: str, costs: dict[str, Cost]) -> Iterator[Row]:
    """Is there a policy that needs no more requests and no more time?"""
    ours = costs[_OURS]
    better = [
        policy
        for policy, other in costs.items()
        if policy != _OURS and other.requests <= ours.requests and other.lag <= ours.lag
    ]
    case = f"one wait, median {name}"
    for policy, found in costs.items():
        note = f"{found.requests:.1f} requests, {found.lag:.2f} s late"
        yield Row(
            f"{case}: requests x lag",
            policy,
            "",
            exactly(found.requests * found.lag),
            unit="request s",
            note=note,
        )
    note = "dominated by " + ", ".join(better) if better else "on the Pareto front"
    yield Row(
        f"{case}: policies that need fewer requests and are sooner",
        _OURS,
        "",
        exactly(float(len(better))),
        0.0,
        unit="policies",
        note=note,
    )


def _crowd_rows(case: str, kind: Kind, median: float, alone: dict[str, Cost]) -> Iterator[Row]:
    ends = drawn(median, kind.runs)
    found = crowd(kind.provider, ends)
    per = 10_000 / kind.runs
    again = partial(crowd, kind.provider, ends, memory=False)
    ours, with_extra = [found], []
    for _ in range(_AGAIN[median <= _SOON]):
        ours.append(again())
        with_extra.append(fast(again)())
    for policy, each in alone.items():
        polls = each.requests * kind.runs
        near = each.lag <= _COMPARABLE * found.lag
        note = f"{found.polls:,} polls, {found.lag:.1f} s late; {polls:,.0f}, {each.lag:.1f} s late"
        yield Row(
            case + ": fewer polls",
            _OURS,
            policy,
            exactly(polls / found.polls),
            float(kind.fewer) if near else None,
            more=True,
            unit="times",
            note=note if near else f"{note}: more than {_COMPARABLE:g} times as late",
        )
    for subject, crowds in ((_OURS, ours), (FAST, with_extra)):
        cpu = least([per * each.cpu for each in crowds])
        best = min(crowds, key=attrgetter("cpu"))
        note = f"json.loads alone {per * best.decoding:.2f} s; ten million additions {best.pace:.2f} s"
        yield Row(
            case + ": CPU per 10,000 runs", subject, "", cpu, CPU_GOAL, unit="s", steady=False, note=note
        )
        parts = spread([each.cpu / each.decoding for each in crowds])
        yield Row(case + ": CPU", subject, "json.loads of all that was answered", parts)
    yield Row(case + ": memory of ours", _OURS, "", exactly(found.memory), 500.0, unit="bytes per run")


def plain(count: int = 2000) -> Iterator[Row]:
    """What a plain `await client.wait(ref)` holds, a task each: ours by where it was allocated, and the rest."""
    kept = asyncio.run(_held(count))
    ours = sum(
        found.size for found in kept.statistics("filename") if "omnirun" in found.traceback[0].filename
    )
    total = sum(found.size for found in kept.statistics("filename"))
    case = "a plain `await client.wait(ref)`, one task each"
    yield Row(case, "allocated in omnirun", "", exactly(ours / count), unit="bytes per wait")
    yield Row(
        case, "allocated elsewhere (asyncio)", "", exactly((total - ours) / count), unit="bytes per wait"
    )


async def _held(count: int) -> tracemalloc.Snapshot:
    provider = providers.Monid([math.inf] * count, START)

    def answer(request: httpx.Request) -> httpx.Response:
        step: Any = SimpleNamespace(path=request.url.path, params=request.url.params.multi_items())
        return httpx.Response(200, content=provider(step, 0.0).content)

    def factory(**_: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    account = Account("monid", api_key="key-of-the-bench")
    async with AsyncClient(accounts=[account], environ={}, http_client=factory) as client:
        await client.get(provider.refs[0])
        gc.collect()
        tracemalloc.start()
        try:
            waits = [asyncio.create_task(client.wait(ref)) for ref in provider.refs]
            await asyncio.sleep(1.0)  # each has registered and the first pass is over
            gc.collect()
            kept = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return kept
