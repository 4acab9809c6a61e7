"""One sandbox for all of these tests, whose clock and the clients' is the same and runs fast; a target for each test.

A fresh target has no past, so a test sees its own runs alone, and faults are told by the path of its target.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from uuid import UUID

import attrs
import httpx
import pytest

from omnirun import AsyncClient, Client, datafold, firecrawl, monid
from omnirun.clock import Clock
from omnirun.sandbox import Sandbox, running_sandbox
from omnirun.sandbox.catalogue import (
    CheckScript,
    DatafoldMonitor,
    EndpointScript,
    FirecrawlMonitor,
    MonidEndpoint,
    MonitorScript,
    Past,
)
from omnirun.sandbox.life import Life, Plan

SPEED = 250.0
LONG = 400
"""The target with a past of 250 runs; the tests that read it share it."""
SLOW = 399
"""The Firecrawl monitor whose checks take an hour."""
CARELESS = range(380, 390)
"""The Firecrawl monitors that take a second trigger while a check is under way, and have both paid."""
NUMBERS = range(1, LONG + 1)
_CHECK = MonitorScript(Plan((("created", 2), ("checking", 4)), "ok"))
_CRAWL = CheckScript(Plan((("queued", 2), ("running", 4)), "completed"), ("same", "changed", *["same"] * 250))
_HOUR = CheckScript(Plan((("queued", 2), ("running", 3600)), "completed"))
_CALL = EndpointScript(Plan((("RUNNING", 6),), "COMPLETED"), output=({"id": "1"},))


def _past(number, script):
    return Past(250, 3600.0, (script,)) if number == LONG else Past()


@attrs.frozen
class Place:
    """A target, the paths its requests have, and what the sandbox saw of it."""

    running: object
    target: object
    trigger_path: str
    list_path: str
    id: object

    @property
    def faults(self):
        return self.running.sandbox.faults

    def fault_trigger(self, *faults, **rule):
        return self.faults.add(
            *faults, provider=self.target.provider, method="POST", path=self.trigger_path, **rule
        )

    def fault_lists(self, *faults, **rule):
        return self.faults.add(
            *faults, provider=self.target.provider, method="GET", path=self.list_path, **rule
        )

    def fault_reads(self, *faults, **rule):
        path = "/v1/runs/*" if self.target.provider == "monid" else f"{self.list_path}/*"
        return self.faults.add(*faults, provider=self.target.provider, method="GET", path=path, **rule)

    def served(self, method):
        path = self.trigger_path if method == "POST" else self.list_path
        path = f"/{self.target.provider}{path}"
        return [item for item in self.running.sandbox.served if (item.method, item.path) == (method, path)]

    def served_by_now(self, method):
        """The same, once one is there: a request that its client gave up is served to its end all the same."""
        for _ in range(500):
            if found := self.served(method):
                break
            time.sleep(0.01)
        return found

    @property
    def accepted(self):
        """The runs that were begun, by id."""
        return [item.run_id for item in self.running.sandbox.accepted if item.target == self.id]

    def begun(self, seconds, trigger):
        """Somebody else began a run so many seconds from now."""
        sandbox = self.running.sandbox
        runs, script = {
            "datafold": (sandbox.datafold, _CHECK),
            "firecrawl": (sandbox.firecrawl, _CRAWL),
            "monid": (sandbox.monid, _CALL),
        }[self.target.provider]
        runs.add(self.id, script, Life(sandbox.clock() + seconds, script.plan), trigger)


def named(ref):
    """The provider's own id of a run."""
    return str(ref).rpartition("/")[2]


@pytest.fixture(scope="session")
def clock():
    return Clock(SPEED)


@pytest.fixture(scope="session")
def service(clock):
    sandbox = Sandbox(
        clock.now,
        datafold_monitors={n: DatafoldMonitor(n, _CHECK, _past(n, _CHECK)) for n in NUMBERS},
        firecrawl_monitors={
            UUID(int=n): FirecrawlMonitor(
                UUID(int=n),
                _HOUR if n == SLOW else _CRAWL,
                _past(n, _CRAWL),
                careless=3600.0 if n in CARELESS else 0.0,
            )
            for n in NUMBERS
        },
        monid_endpoints={
            ("wire", f"/{n}"): MonidEndpoint("wire", f"/{n}", _CALL, _past(n, _CALL)) for n in NUMBERS
        }
        | {
            ("exa", f"/{word}"): MonidEndpoint("exa", f"/{word}", script, synchronous=True)
            for word, script in {
                "search": EndpointScript(Plan((), "COMPLETED"), output=({"id": "1"},)),
                "blocked": EndpointScript(Plan((), "BLOCKED"), None, "Not allowed."),
            }.items()
        }
        | {("exa", "/expensive"): MonidEndpoint("exa", "/expensive", _CALL, affordable=False)},
    )
    with running_sandbox(sandbox) as running:
        yield running


@pytest.fixture(scope="session")
def trust():
    """Nothing here is encrypted; loading certificates for every client would take longer than the tests."""
    return httpx.create_ssl_context(verify=False)


_fresh = itertools.count(1)


@pytest.fixture
def place(service):
    """Makes a place at a provider: a fresh one, or a certain one."""

    def make(provider="datafold", number=None):
        number = next(_fresh) if number is None else number
        match provider:
            case "datafold":
                path = f"/api/v1/monitors/{number}/run"
                return Place(service, datafold.Monitor(number), path, f"{path}s", number)
            case "firecrawl":
                uuid = UUID(int=number)
                path = f"/monitor/{uuid}"
                return Place(service, firecrawl.Monitor(uuid), f"{path}/run", f"{path}/checks", uuid)
            case _:
                target = monid.Endpoint("wire", f"/{number}", input={"q": number})
                return Place(service, target, "/v1/run", "/v1/runs", ("wire", f"/{number}"))

    yield make
    service.sandbox.faults.clear()


class Awaited:
    """An `AsyncClient` for tests that read like those of a `Client`: each verb runs to its end in one loop."""

    def __init__(self, **options):
        self.runner = asyncio.Runner()
        self.client = AsyncClient(**options)

    def __getattr__(self, verb):
        def call(*args, **rest):
            async def do():
                result = getattr(self.client, verb)(*args, **rest)
                if hasattr(result, "__aiter__"):
                    return [item async for item in result]
                return await result

            return self.runner.run(do())

        return call

    def close(self):
        self.runner.run(self.client.close())
        self.runner.close()


@pytest.fixture(params=["sync", "async"])
def open_client(request, service, clock, trust):
    """Opens a client of either world, with the sandbox's keys and clock."""
    opened = []

    def make(**options):
        sync = request.param == "sync"
        kind, http = (Client, httpx.Client) if sync else (Awaited, httpx.AsyncClient)
        options = {
            "environ": service.environment,
            "clock": clock,
            "http_client": lambda **rest: http(**rest, verify=trust),
            **options,
        }
        opened.append(kind(**options))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client):
    return open_client()
