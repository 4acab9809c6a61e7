"""Runs the soak; prints the account."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks import soak as package
from benchmarks.soak.account import account, open_ends
from benchmarks.soak.callers import Ours, batches, by_tasks, by_threads, strangers
from benchmarks.soak.provider import sandbox, serve
from omnirun.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRIES = 20


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
        truth = told(f"{url}/_sandbox/accepted")
        for ours in (sync, tasks):
            ours.ahead = truth["now"] - ours.clock.now()
        rules = told(f"{url}/_sandbox/faults")["rules"]
    result = account(truth["accepted"], [sync, tasks])
    result["faults"] = sum(rule["fired"] for rule in rules)
    for name, number in open_ends([sync, tasks]).items():
        print(f"waits that ended with {name}: {number}", file=sys.stderr)
    return result


def told(url: str) -> Any:
    """Ask the sandbox about itself; it hangs up on some connections before it knows who calls."""
    for _ in range(_TRIES):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url, timeout=60).json()
    raise SystemExit(f"error: {url} gave no answer in {_TRIES} tries")


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print the account; returns the exit code."""
    parser = argparse.ArgumentParser(description=package.__doc__.split("\n", 1)[0])
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
    wrong = any(result[name] for name in ("paid twice", "lost", "someone else's", "not ended"))
    return int(wrong or result["triggers"] != options.runs)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
