"""Who triggers: both clients from many threads and tasks, each send marked with its trigger's id, and strangers."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs
import httpx

from benchmarks.soak.targets import PREFIXES, READ_TIMEOUT, SHARED, TARGETS, target
from omnirun import AsyncClient, Client, Hooks, Timeouts
from omnirun.clock import Clock
from omnirun.sandbox import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnirun import Run
    from omnirun.attempts import Attempt
    from omnirun.hooks import Outgoing, Sending
    from omnirun.refs import Target
    from omnirun.triggers import OnLost

BATCH = 150
CALLERS = 8
PATIENCE = 7200.0
"""Seconds of the scaled clock: minutes by the wall, for waits that stand in line for two cores."""


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
            ours.ended.extend(client.wait_all([one for one in attempts if one.ref], timeout=PATIENCE))

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
            ours.ended.extend(await client.wait_all([one for one in attempts if one.ref], timeout=PATIENCE))

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
