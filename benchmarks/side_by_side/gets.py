"""One get after the other, sync and async: the same check of Firecrawl's by hand, by firecrawl-py and by omnirun."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import httpx2
from firecrawl import Firecrawl  # type: ignore[import-untyped]

from benchmarks.side_by_side import bodies
from benchmarks.side_by_side.rounds import Row, interleaved, ratios, timed
from omnirun import Account, AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

KEY = "key-of-the-bench-0001"
_GETS = 150


def accounts(url: str) -> list[Account]:
    """Make the accounts of a client that talks to the loopback server."""
    return [Account(name, api_key=KEY, base_url=url) for name in ("datafold", "firecrawl", "monid")]


def rows(url: str, rounds: int) -> Iterator[Row]:
    """Measure single gets."""
    yield from _sync(url, rounds)
    yield from asyncio.run(_async(url, rounds))


def _sync(url: str, rounds: int) -> Iterator[Row]:
    ref = f"firecrawl:monitors/{bodies.MONITOR}/checks/{bodies.CHECK}"
    address = f"{url}/monitor/{bodies.MONITOR}/checks/{bodies.CHECK}?limit=1"
    headers = {"Authorization": f"Bearer {KEY}"}
    theirs = Firecrawl(api_key=KEY, api_url=url)
    with (
        httpx.Client(headers=headers) as by_hand,
        httpx2.Client(headers=headers) as by_hand2,
        Client(accounts=accounts(url), environ={}) as ours,
        Client(accounts=accounts(url), environ={}, http_client=httpx2.Client) as ours2,
    ):
        found = interleaved(
            {
                "httpx": _times(lambda: by_hand.get(address).json()["data"]),
                "omnirun": _times(lambda: ours.get(ref)),
                "httpx2": _times(lambda: by_hand2.get(address).json()["data"]),
                "omnirun on httpx2": _times(lambda: ours2.get(ref)),
                "firecrawl-py": _times(
                    lambda: theirs.get_monitor_check(bodies.MONITOR, bodies.CHECK, limit=1), _GETS // 5
                ),
            },
            rounds,
        )
    case = "one get, sync"
    yield Row(case, "omnirun", "httpx get + json", ratios(found["omnirun"], found["httpx"]), 1.10)
    yield Row(
        case, "omnirun on httpx2", "httpx2 get + json", ratios(found["omnirun on httpx2"], found["httpx2"])
    )
    per_get = [5 * seconds for seconds in found["firecrawl-py"]]
    yield Row(
        case,
        "omnirun",
        "firecrawl-py get_monitor_check",
        ratios(found["omnirun"], per_get),
        1.0,
        note="firecrawl-py opens a connection for every call",
    )


async def _async(url: str, rounds: int) -> list[Row]:
    ref = f"firecrawl:monitors/{bodies.MONITOR}/checks/{bodies.CHECK}"
    address = f"{url}/monitor/{bodies.MONITOR}/checks/{bodies.CHECK}?limit=1"
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as by_hand,
        AsyncClient(accounts=accounts(url), environ={}) as ours,
    ):
        subjects: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "httpx": lambda: _read(by_hand, address),
            "omnirun": lambda: ours.get(ref),
        }
        found: dict[str, list[float]] = {name: [] for name in subjects}
        for number in range(rounds + 1):
            for name in sorted(subjects, reverse=bool(number % 2)):
                began = time.perf_counter()
                for _ in range(_GETS):
                    await subjects[name]()
                if number:
                    found[name].append(time.perf_counter() - began)
    return [
        Row("one get, async", "omnirun", "httpx get + json", ratios(found["omnirun"], found["httpx"]), 1.10)
    ]


async def _read(client: httpx.AsyncClient, address: str) -> object:
    return (await client.get(address)).json()["data"]


def _times(once: Callable[[], object], count: int = _GETS) -> Callable[[], float]:
    def many() -> None:
        for _ in range(count):
            once()

    return timed(many)
