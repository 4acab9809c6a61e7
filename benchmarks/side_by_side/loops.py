"""One call, one page or one wait, over and over, for a profiler to look at."""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from benchmarks.side_by_side import bodies, providers, waiting
from benchmarks.side_by_side.gets import accounts
from benchmarks.side_by_side.server import served
from omnirun import Client, monid

if TYPE_CHECKING:
    from collections.abc import Callable


def main(name: str) -> None:
    """Do it until standard input is closed; says when it is warm."""
    with served() as url, Client(accounts=accounts(url), environ={}) as client:
        works: dict[str, Callable[[], object]] = {
            "call": lambda: client.get(f"monid:runs/{bodies.RUN}"),
            "page": lambda: deque(client.history(monid.Workspace(), limit=100), maxlen=0),
            "wait": lambda: waiting.crowd(providers.Monid, waiting.drawn(60.0, 1000), memory=False),
        }
        works[name]()
        print("warm", flush=True)
        closed = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
        while not closed.is_set():
            works[name]()


if __name__ == "__main__":
    main(sys.argv[1])
