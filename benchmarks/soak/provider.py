"""The providers: a sandbox in a process of its own that misbehaves at a rate, and the only source of truth."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from benchmarks.soak.targets import READ_TIMEOUT, TARGETS
from omnirun.clock import Clock
from omnirun.sandbox import Sandbox, faults
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
    import argparse
    from collections.abc import Generator

_ROOT = Path(__file__).parents[2]

LOST_OR_NOT: tuple[faults.Fault, ...] = (
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
READS: tuple[faults.Fault, ...] = (*LOST_OR_NOT, faults.Lag(3), faults.Lag(12), faults.Skew(-90))
MIRRORED: tuple[faults.Fault, ...] = tuple(faults.Mirror(status) for status in (404, 429, 502, 504))


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
    process = subprocess.Popen(  # noqa: S603 - this very package
        [sys.executable, "-m", "benchmarks.soak", "--serve", *arguments],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield process.stdout.readline().strip()
        process.stdin.close()
