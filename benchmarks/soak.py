"""Ten thousand triggers at three providers that misbehave, and the account of every run at the end: `make soak`.

The sandbox runs in a process of its own and is the only source of truth: its list of accepted triggers is what a
provider would send a bill for. Both clients trigger and wait at the same time; strangers trigger some of the same
targets, and at Firecrawl a schedule does. Every send of ours carries the client's own id of its trigger, so that each
accepted run has an owner. Both sides' clocks run `--speed` times faster than the wall, and not together.

- paid twice: triggers of ours for which more than one run was accepted;
- lost: runs of ours that were accepted, are not what their trigger gave, and are no candidate that its error names;
- someone else's: runs that a trigger gave and that it did not start;
- can't be told: the same, where somebody else triggers the target at the same time, nothing that the provider shows
  tells the runs apart, and the caller did not say `on_lost="raise"`. Half of the triggers of such targets say so.

- after the last look: runs of ours that the server began so late that no look could find them (a trigger is looked for
  until 30 s after it failed). On a machine that has nothing else to do there is none; the clocks run so fast that a
  process that is kept waiting for a second is a provider that sleeps for most of a minute.

The exit code is 1 if any of the first three is not 0, or if a run that was waited for did not end.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import random
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs
import httpx

from omnirun import AmbiguousTrigger, AsyncClient, Client, Hooks, Origin, Timeouts, datafold, firecrawl, monid
from omnirun.clock import Clock
from omnirun.sandbox import KEYS, Sandbox, faults
from omnirun.sandbox.catalogue import (
    CheckScript,
    DatafoldMonitor,
    EndpointScript,
    FirecrawlMonitor,
    MonidEndpoint,
    MonitorScript,
)
from omnirun.sandbox.life import Plan
from omnirun.sandbox.server import listen, make_server, running

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from omnirun.attempts import Attempt
    from omnirun.hooks import Outgoing, Sending
    from omnirun.refs import Target
    from omnirun.run import Run
    from omnirun.triggers import OnLost

TARGETS = 90
"""How many targets each provider has."""
SHARED = 6
"""Every so many'th is triggered by strangers and by both clients; of the others, each client has its half."""
READ_TIMEOUT = 1.0
BATCH = 150
CALLERS = 8
PREFIXES = {"datafold": "Key ", "firecrawl": "Bearer ", "monid": "Bearer "}

LOST_OR_NOT = (
    faults.Answer(429),
    faults.Answer(429, retry_after=0.5),
    faults.Answer(429, retry_after=0.5, asks="ms"),
    faults.Answer(429, retry_after=1, asks="date"),
    faults.Answer(429, retry_after=0.5, asks="prose"),
    faults.Answer(503, retry_after=1),
    *(faults.Answer(status, accepted=done) for status in (408, 500, 502, 503, 504) for done in (False, True)),
    faults.Answer(502, body="html"),
    faults.Answer(500, body="empty", accepted=True),
    *(faults.Spoil(body) for body in ("html", "empty", "cut")),
    *(
        faults.Reset(when, how)
        for when in ("reading", "read", "accepted", "answering")
        for how in ("reset", "close")
    ),
    faults.Stall(),
    faults.Stall(accepted=True),
    faults.Late(READ_TIMEOUT * 1.2),
    faults.Late(READ_TIMEOUT * 1.2, accepted=False),
    faults.Late(READ_TIMEOUT * 0.1),
    faults.Drip(READ_TIMEOUT * 0.1),
    faults.Skew(90),
    faults.Invent("pondering", {"mood": "good"}),
)
READS = (*LOST_OR_NOT, faults.Lag(3), faults.Lag(12), faults.Skew(-90))
MIRRORED = tuple(faults.Mirror(status) for status in (404, 429, 502, 504))


# ------------------------------------------------------------------------------------------------ the providers


def serve(speed: float, rate: float, seed: int) -> None:
    """Be the sandbox, until stdin ends."""
    plan = Plan((("RUNNING", 3.0),), "COMPLETED")
    crawl = CheckScript(Plan((("queued", 0.5), ("running", 2.0)), "completed"), ("same",))
    check = MonitorScript(Plan((("created", 1.0), ("checking", 2.0)), "ok"))
    sandbox = Sandbox(
        Clock(speed).now,
        datafold_monitors={number: DatafoldMonitor(number, check) for number in range(1, TARGETS + 1)},
        firecrawl_monitors={UUID(int=n): FirecrawlMonitor(UUID(int=n), crawl) for n in range(1, TARGETS + 1)},
        monid_endpoints={
            ("soak", f"/{n}"): MonidEndpoint("soak", f"/{n}", EndpointScript(plan))
            for n in range(1, TARGETS + 1)
        },
    )
    sandbox.faults.seed = seed
    if rate > 0:
        sandbox.faults.add(faults.Reset("connecting"), times=None, rate=rate / 20)
        sandbox.faults.add(*LOST_OR_NOT, *MIRRORED, provider="monid", method="POST", times=None, rate=rate)
        sandbox.faults.add(*LOST_OR_NOT, method="POST", times=None, rate=rate)
        sandbox.faults.add(
            faults.Shift(insert=1), provider="firecrawl", path="*/checks", times=None, rate=rate / 4
        )
        sandbox.faults.add(*READS, method="GET", times=None, rate=rate)
    with listen() as listening:
        server = make_server(sandbox)

        def end_with_stdin() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True

        threading.Thread(target=end_with_stdin, daemon=True).start()
        print(running(listening, sandbox).url, flush=True)
        server.run([listening])


@contextlib.contextmanager
def sandbox(options: argparse.Namespace) -> Generator[str]:
    """A sandbox in a process of its own; gives its URL."""
    arguments = [str(value) for value in (options.speed, options.rate, options.seed)]
    process = subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, "--serve", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield process.stdout.readline().strip()
        process.stdin.close()


# ------------------------------------------------------------------------------------------------ the callers


@attrs.define
class Ours:
    """What became of every trigger of one client, by the client's id of it."""

    name: str
    clock: Clock = attrs.field(factory=Clock)
    ahead: float = 0.0  # seconds the server's clock is ahead of this one
    runs: dict[str, Run] = attrs.field(factory=dict)
    errors: dict[str, Exception] = attrs.field(factory=dict)
    given: list[Attempt] = attrs.field(factory=list)
    ended: list[Attempt] = attrs.field(factory=list)

    @property
    def hooks(self) -> Hooks:
        """Mark each send of a trigger with its id, and note what came of it."""
        return Hooks(before_request=self._mark, after_trigger=self._note)

    def _mark(self, outgoing: Outgoing) -> dict[str, str]:
        return {"x-sandbox-caller": f"{self.name}/{outgoing.trigger.id if outgoing.trigger else ''}"}

    def _note(self, sending: Sending, run: Run | None, error: Exception | None) -> None:
        if run is not None:
            self.runs[sending.id] = run
            self.errors.pop(sending.id, None)
        elif error is not None:
            self.errors[sending.id] = error


def target(provider: str, number: int) -> Target:
    """The target of a provider with this number."""
    match provider:
        case "datafold":
            return datafold.Monitor(number)
        case "firecrawl":
            return firecrawl.Monitor(UUID(int=number))
        case _:
            return monid.Endpoint("soak", f"/{number}", input={"q": number})


@attrs.frozen
class Batch:
    """What is triggered in one call."""

    targets: list[Target]
    on_lost: OnLost | None


def batches(mine: int, runs: int, seed: int) -> Iterator[Batch]:
    """What one client triggers: its half of the targets and the shared ones, in an order of chance."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    alone = [n for n in range(1, TARGETS + 1) if n % SHARED and n % 2 == mine]
    shared = [*range(SHARED, TARGETS + 1, SHARED)]
    ways: list[tuple[list[int], OnLost | None]] = [
        (alone, None),
        (alone, None),
        (shared, None),
        (shared, "raise"),
    ]
    most = min(BATCH, -(-runs // len(ways)))
    while runs > 0:
        for numbers, on_lost in ways:
            size = max(0, min(most, runs))
            yield Batch(
                [target(chance.choice([*PREFIXES]), chance.choice(numbers)) for _ in range(size)], on_lost
            )
            runs -= size


def settings(url: str, ours: Ours) -> dict[str, Any]:
    """What both clients are opened with."""
    environ = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
    environ |= {f"{name.upper()}_BASE_URL": f"{url}/{name}" for name in KEYS}
    return {
        "environ": environ,
        "clock": ours.clock,
        "timeouts": Timeouts(connect=5.0, read=READ_TIMEOUT),
        "hooks": ours.hooks,
    }


def by_threads(url: str, ours: Ours, work: Iterator[Batch]) -> None:
    """Trigger and wait with a `Client`, from several threads."""
    lock = threading.Lock()

    def caller() -> None:
        while True:
            with lock:
                batch = next(work, None)
            if batch is None:
                return
            attempts = client.trigger_all(batch.targets, on_lost=batch.on_lost)
            ours.given.extend(attempts)
            ours.ended.extend(client.wait_all([one for one in attempts if one.ref], timeout=1800))

    with Client(**settings(url, ours)) as client:
        callers = [threading.Thread(target=caller) for _ in range(CALLERS)]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()


async def by_tasks(url: str, ours: Ours, work: Iterator[Batch]) -> None:
    """Trigger and wait with an `AsyncClient`, from several tasks."""

    async def caller() -> None:
        for batch in work:
            attempts = await client.trigger_all(batch.targets, on_lost=batch.on_lost)
            ours.given.extend(attempts)
            ours.ended.extend(await client.wait_all([one for one in attempts if one.ref], timeout=1800))

    async with AsyncClient(**settings(url, ours)) as client:
        await asyncio.gather(*(caller() for _ in range(CALLERS)))


def strangers(url: str, seconds: float, over: threading.Event, begun: threading.Event) -> None:
    """Trigger each shared target in turn, again and again, by hand."""
    with httpx.Client(headers={"x-sandbox-caller": "stranger"}, timeout=READ_TIMEOUT) as client:
        while not over.is_set():
            for number in range(SHARED, TARGETS + 1, SHARED):
                posts = {
                    "datafold": (f"/api/v1/monitors/{number}/run", None),
                    "firecrawl": (f"/monitor/{UUID(int=number)}/run", None),
                    "monid": ("/v1/run", {"provider": "soak", "endpoint": f"/{number}", "input": {}}),
                }
                for provider, (path, body) in posts.items():
                    key = {"authorization": PREFIXES[provider] + KEYS[provider]}
                    with contextlib.suppress(httpx.HTTPError):
                        client.post(f"{url}/{provider}{path}", json=body, headers=key)
                over.wait(seconds)
            begun.set()


# ------------------------------------------------------------------------------------------------ the account


def account(accepted: Sequence[dict[str, Any]], clients: Sequence[Ours]) -> dict[str, int]:
    """Settle what the server accepted against what the callers were given."""
    owners = collections.defaultdict[str, list[str]](list)  # the id of a trigger -> the runs accepted for it
    begun = {item["run_id"]: item["at"] for item in accepted}
    for item in accepted:
        owners[item["caller"].partition("/")[2]].append(item["run_id"])
    count = collections.Counter[str](
        {
            "triggers": 0,
            "triggered": 0,
            "adopted": 0,
            "ambiguous": 0,
            "refused": 0,
            "paid twice": 0,
            "lost": 0,
        }
    )
    count["accepted by the server"] = sum(not item["caller"].startswith("stranger") for item in accepted)
    count["accepted from strangers"] = len(accepted) - count["accepted by the server"]
    count["someone else's"] = count["can't be told"] = count["after the last look"] = count["not ended"] = 0
    for ours in clients:
        count["triggers"] += len(ours.given)
        for trigger in {*ours.runs, *ours.errors}:
            paid, run, error = owners.get(trigger, []), ours.runs.get(trigger), ours.errors.get(trigger)
            count["paid twice"] += len(paid) > 1
            named = [] if run is None else [run.ref]
            if run is not None:
                count[str(run.origin)] += 1
                others = (
                    "can't be told" if _shared(run) and run.origin is Origin.ADOPTED else "someone else's"
                )
                count[others] += _id(run.ref) not in paid
            elif isinstance(error, AmbiguousTrigger):
                count["ambiguous"] += 1
                named = list(error.candidates)
            else:
                count["refused"] += 1
            for run_id in {*paid} - {_id(ref) for ref in named}:
                late = isinstance(error, AmbiguousTrigger) and begun[run_id] - ours.ahead > _findable(
                    error, ours
                )
                count["after the last look" if late else "lost"] += 1
        told = {attempt.ref for attempt in ours.given if attempt.ref}
        count["lost"] += len({run.ref for run in ours.runs.values()} - told)
        count["not ended"] += sum(one.error is not None or not one.unwrap().finished for one in ours.ended)
    return dict(count)


def _findable(error: AmbiguousTrigger, ours: Ours) -> float:
    """Until when a run has to begin to be found by the last look, a lagging replica allowed for."""
    return error.sent_at.timestamp() + READ_TIMEOUT * ours.clock.speed + 15


def _shared(run: Run) -> bool:
    """Whether somebody else triggers its target at the same time."""
    return run.target in {
        target(provider, n) for provider in PREFIXES for n in range(SHARED, TARGETS + 1, SHARED)
    }


def _id(ref: object) -> str:
    return str(ref).rpartition("/")[2]


def soak(options: argparse.Namespace) -> dict[str, int]:
    """Run everything; gives the account."""
    sync, tasks = (Ours(name, Clock(options.speed)) for name in ("sync", "async"))
    over, begun = threading.Event(), threading.Event()
    with sandbox(options) as url:
        others = threading.Thread(target=strangers, args=(url, options.pause, over, begun))
        others.start()
        begun.wait()
        half = options.runs // 2
        threads = threading.Thread(target=by_threads, args=(url, sync, batches(0, half, options.seed)))
        threads.start()
        asyncio.run(by_tasks(url, tasks, batches(1, options.runs - half, options.seed + 1)))
        threads.join()
        over.set()
        others.join()
        truth = httpx.get(f"{url}/_sandbox/accepted", timeout=60).json()
        for ours in (sync, tasks):
            ours.ahead = truth["now"] - ours.clock.now()
        rules = httpx.get(f"{url}/_sandbox/faults", timeout=60).json()["rules"]
    result = account(truth["accepted"], [sync, tasks])
    result["faults"] = sum(rule["fired"] for rule in rules)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print the account; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=10_000, help="how many triggers (10000)")
    parser.add_argument(
        "--rate", type=float, default=0.3, help="the share of requests that meet a fault (0.3)"
    )
    parser.add_argument("--speed", type=float, default=40.0, help="how fast the clocks run (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the chance that faults are drawn by (0)")
    parser.add_argument(
        "--pause", type=float, default=0.05, help="seconds between the strangers' triggers (0.05)"
    )
    options = parser.parse_args(arguments)
    began = time.monotonic()
    result = soak(options)
    for name, number in result.items():
        print(f"{name:>24} {number:>8}")
    print(f"{'seconds':>24} {time.monotonic() - began:>8.1f}")
    return int(any(result[name] for name in ("paid twice", "lost", "someone else's", "not ended")))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
