"""The sandbox's whole state: its clock, its keys, its runs, and what it was asked.

It is a value one can hold beside the server that shows it: tests read `served` and `accepted` while the server runs.
The clock is passed in; what is said of it goes through the lens of whoever asks (`now`, `instant`). `speed` divides
the seconds of the plans and leaves the clock alone, so that the timestamps in the answers stay true to whoever reads
them; it holds for the runs triggered after it was set.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import attrs

from omnirun.sandbox.catalogue import DATAFOLD, FIRECRAWL, MONID
from omnirun.sandbox.lens import lens
from omnirun.sandbox.life import Life
from omnirun.sandbox.rules import Faults
from omnirun.sandbox.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from omnirun.sandbox.catalogue import (
        CheckScript,
        DatafoldMonitor,
        EndpointScript,
        FirecrawlMonitor,
        MonidEndpoint,
        MonitorScript,
    )
    from omnirun.sandbox.life import Plan
    from omnirun.sandbox.runs import Run

K = TypeVar("K")
S = TypeVar("S")

KEYS: Mapping[str, str] = {
    "datafold": "sandbox-datafold",
    "firecrawl": "fc-sandbox",
    "monid": "monid_live_sandbox",
}
"""The key each provider takes."""


@attrs.frozen
class Served:
    """One request and the status it was answered with (0: with none); `path` begins with the provider's name.

    `fault` is the kind of the fault that was put in, and `caller` what the request's header `x-sandbox-caller` says.
    """

    method: str
    path: str
    query: str
    status: int
    fault: str = ""
    caller: str = ""


@attrs.frozen
class Accepted:
    """One trigger that began a run: what a provider would send a bill for."""

    provider: str
    target: object
    run_id: str
    caller: str = ""
    at: float = attrs.field(default=0.0, eq=False)
    """When, in seconds since the epoch of the sandbox."""


def _datafold_id(number: int) -> str:
    return str(1000 + number)


def _firecrawl_id(number: int) -> str:
    return f"0199c4ec-0000-7000-8000-{number:012d}"


def _monid_id(number: int) -> str:
    return f"01K5{number:022d}"


@attrs.define
class Sandbox:
    """Three providers, with the targets they have and the runs these have had.

    Args:
        clock: The time, in seconds since the epoch.
        speed: How many times faster than in the catalogue the runs triggered from now on go.
        keys: The key each provider takes.
        datafold_monitors: What can be run at Datafold.
        firecrawl_monitors: What can be run at Firecrawl.
        monid_endpoints: What can be run at Monid.
    """

    clock: Callable[[], float] = time.time
    speed: float = 1.0
    keys: Mapping[str, str] = KEYS
    datafold_monitors: Mapping[int, DatafoldMonitor] = DATAFOLD
    firecrawl_monitors: Mapping[UUID, FirecrawlMonitor] = FIRECRAWL
    monid_endpoints: Mapping[tuple[str, str], MonidEndpoint] = MONID
    faults: Faults = attrs.field(factory=Faults)
    """What goes wrong; told with `faults.add`, also while the sandbox runs."""
    served: list[Served] = attrs.field(init=False, factory=list[Served])
    """Every request, in the order they were answered or cut off."""
    accepted: list[Accepted] = attrs.field(init=False, factory=list[Accepted])
    """Every trigger that began a run, in that order."""
    datafold: Runs[int, MonitorScript] = attrs.field(init=False, factory=lambda: Runs(_datafold_id))
    firecrawl: Runs[UUID, CheckScript] = attrs.field(init=False, factory=lambda: Runs(_firecrawl_id))
    monid: Runs[tuple[str, str], EndpointScript] = attrs.field(init=False, factory=lambda: Runs(_monid_id))

    def __attrs_post_init__(self) -> None:
        now = self.clock()
        self.datafold.remember(
            now,
            [(monitor.id, monitor.past) for monitor in self.datafold_monitors.values()],
            lambda script: script.plan,
        )
        self.firecrawl.remember(
            now,
            [(monitor.id, monitor.past) for monitor in self.firecrawl_monitors.values()],
            lambda script: script.plan,
        )
        self.monid.remember(
            now,
            [(key, endpoint.past) for key, endpoint in self.monid_endpoints.items()],
            lambda script: script.plan,
        )

    def serve(self, method: str, path: str, query: str, status: int, fault: str) -> None:
        """Write down what became of a request."""
        self.served.append(Served(method, path, query, status, fault, lens().caller))

    def now(self) -> float:
        """The time as of which the request at hand is answered, in seconds since the epoch."""
        return min(self.clock(), lens().until)

    def begin(self, provider: str, runs: Runs[K, S], target: K, script: S, plan: Plan) -> Run[K, S]:
        """Accept a trigger: begin a run now, at the speed of now."""
        now = self.clock()
        run = runs.add(target, script, Life(now, plan.faster(self.speed)))
        self.accepted.append(Accepted(provider, target, run.id, lens().caller, now))
        return run

    def drift(self, runs: Runs[K, S], target: K, script: S, plan: Plan) -> None:
        """Shift a list that is about to be read, if the lens says so; nobody asked for the runs it gains."""
        runs.forget(target, lens().delete)
        for _ in range(lens().insert):
            runs.add(target, script, Life(self.now(), plan.faster(self.speed)), trigger="scheduled")


def instant(seconds: float) -> datetime:
    """A time as the providers write it: in UTC, to the millisecond, by the clock of the lens."""
    return datetime.fromtimestamp(round(seconds + lens().skew, 3), UTC)
