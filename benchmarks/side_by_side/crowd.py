"""Two thousand gets at once, from a server that answers at once and from one that takes 50 ms.

Rules: by hand means 64 or 200 tasks that share one client and take the next address each; throughput is what is
compared. How a naive `gather` of all two thousand ends is a family of its own.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import httpx2

from benchmarks.side_by_side import bodies
from benchmarks.side_by_side.gets import KEY, accounts
from benchmarks.side_by_side.rounds import Row, exactly, ratios
from omnirun import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_DELAYS = {"at once": ("", 1.5), "after 50 ms": ("/50ms", 4.0)}
_TASKS = (64, 200)
_STEADY = 64  # with more tasks httpx collapses, now more and now less


def rows(url: str, rounds: int, count: int = 2000) -> Iterator[Row]:
    """Measure the crowds."""
    for answers, (prefix, goal) in _DELAYS.items():
        found = asyncio.run(_rounds(url + prefix, rounds, count))
        case = f"{count} gets at once, answered {answers}"
        for tasks in _TASKS:
            name = f"httpx, {tasks} tasks"
            figure = ratios(found[name], found["omnirun"])
            yield Row(case, "omnirun", name, figure, goal, more=True, steady=tasks <= _STEADY)
        for tasks in _TASKS:
            name = f"httpx2, {tasks} tasks"
            found_ratios = ratios(found[name], found["omnirun on httpx2"])
            yield Row(case, "omnirun on httpx2", name, found_ratios, 1.0, more=True)


def naive(url: str, count: int = 2000) -> Iterator[Row]:
    """Tell how one gather of everything ends, in a process of its own: it takes minutes."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.side_by_side.crowd",
        f"{url}/50ms/v1/runs/{bodies.RUN}",
        str(count),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    yield Row(
        f"{count} gets in one naive gather over httpx, answered after 50 ms",
        "httpx.AsyncClient",
        "",
        exactly(float(said.split()[1])),
        unit="s until it fails",
        steady=False,
        note=f"it ends with {said.split()[0]}",
    )


async def _rounds(url: str, rounds: int, count: int) -> dict[str, list[float]]:
    address = f"{url}/v1/runs/{bodies.RUN}"
    subjects: dict[str, Callable[[], Awaitable[float]]] = {
        "omnirun": lambda: _ours(url, count, None),
        "omnirun on httpx2": lambda: _ours(url, count, httpx2.AsyncClient),
    }
    for tasks in _TASKS:
        subjects[f"httpx, {tasks} tasks"] = lambda tasks=tasks: _by_hand(  # type: ignore[misc]
            httpx.AsyncClient, address, count, tasks
        )
        subjects[f"httpx2, {tasks} tasks"] = lambda tasks=tasks: _by_hand(  # type: ignore[misc]
            httpx2.AsyncClient, address, count, tasks
        )
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds):
        for name in sorted(subjects, reverse=bool(number % 2)):
            found[name].append(await subjects[name]())
    return found


async def _ours(url: str, count: int, factory: Any) -> float:
    ref = f"monid:runs/{bodies.RUN}"
    async with AsyncClient(accounts=accounts(url), environ={}, http_client=factory) as client:
        await client.get(ref)
        began = time.perf_counter()
        await asyncio.gather(*(client.get(ref) for _ in range(count)))
        return time.perf_counter() - began


async def _by_hand(kind: Any, address: str, count: int, tasks: int) -> float:
    headers = {"Authorization": f"Bearer {KEY}"}
    limits = {"max_connections": tasks, "max_keepalive_connections": tasks}
    module = httpx if kind is httpx.AsyncClient else httpx2
    async with kind(headers=headers, limits=module.Limits(**limits), timeout=60) as client:
        left = iter(range(count))

        async def work() -> None:
            for _ in left:
                (await client.get(address)).json()

        await client.get(address)
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(tasks)))
        return time.perf_counter() - began


async def _naive(address: str, count: int) -> None:
    """Tell how a naive gather ends, and when; nothing is tidied up."""
    began, end = time.perf_counter(), "success"
    client = httpx.AsyncClient()
    try:
        await asyncio.gather(*(client.get(address) for _ in range(count)))
    except httpx.HTTPError as error:
        end = type(error).__name__
    print(end, time.perf_counter() - began, flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_naive(sys.argv[1], int(sys.argv[2])))
