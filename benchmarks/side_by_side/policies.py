"""How others wait for one run: their own polling code, run against a clock that is not real.

Where each number comes from. azure-core: `LROBasePolling` with its default `timeout=30` between polls, through its own
pipeline and a transport of ours. google-api-core: `PollingFuture.result(timeout=None)` with its `DEFAULT_POLLING`.
databricks-sdk: `JobsAPI.wait_get_run_job_terminated_or_skipped`, with a timeout longer than its default 20 minutes.
firecrawl-py: `wait_for_crawl_completion` with its default `poll_interval` of 2 s (the library has none for monitors).
Monid has no client on an index that could be installed, and of its CLI nothing is known here; what stands for it is the
loop of its own API page (`specs/monid/fragments/post-v1-run.md`), whose pause is read out of that page.

Rule: a request takes `LATENCY` and shows what is so when it is sent. The modules of the libraries name `time` and
`random`; those names are replaced while they wait, nothing else is touched.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import databricks.sdk.service.jobs as databricks_jobs
import firecrawl.v2.methods.crawl as firecrawl_crawl  # type: ignore[import-untyped]
import google.api_core.retry.retry_base as google_base
import google.api_core.retry.retry_unary as google_unary
from azure.core import PipelineClient
from azure.core.pipeline import Pipeline
from azure.core.pipeline.transport import HttpRequest, HttpResponse, HttpTransport
from azure.core.polling.base_polling import LROBasePolling
from google.api_core.future.polling import PollingFuture

if TYPE_CHECKING:
    from collections.abc import Generator

LATENCY = 0.05
_PAGE = Path("specs/monid/fragments/post-v1-run.md")
_EVER = 1e9
_URL = "https://example.invalid"


class Remote:
    """One run that ends at some second, and the clock of whoever waits for it, named as `time` names it."""

    def __init__(self, end: float, seed: int) -> None:
        self.end = end
        self.at = 0.0
        self.requests = 0
        self.random = random.Random(seed)  # noqa: S311 - jitter

    def ask(self) -> bool:
        """Send a request; tells whether the run had ended."""
        self.requests += 1
        ended = self.at >= self.end
        self.at += LATENCY
        return ended

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds

    def time(self) -> float:
        """Tell the time."""
        return self.at

    monotonic = time


Policy = Callable[[Remote], object]
"""Waits for a run, the way a library does."""


@contextmanager
def _replaced(remote: Remote, *modules: Any) -> Generator[None, None, None]:
    kept = [
        (module, name, getattr(module, name))
        for module in modules
        for name in ("time", "random")
        if hasattr(module, name)
    ]
    for module, name, _ in kept:
        setattr(module, name, remote if name == "time" else remote.random)
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


# ---- azure-core


class _AzureResponse(HttpResponse):
    def __init__(self, request: HttpRequest, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(request, None)
        self.status_code, self.headers, self._body = status, headers, body
        self.content_type = "application/json"

    def body(self) -> bytes:
        return self._body


class _AzureTransport(HttpTransport[HttpRequest, HttpResponse]):
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def send(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if request.method == "POST":
            return _AzureResponse(request, 202, b"{}", {"operation-location": f"{_URL}/operation"})
        status = b"Succeeded" if self._remote.ask() else b"Running"
        return _AzureResponse(request, 200, b'{"status": "%s"}' % status, {})

    def sleep(self, duration: float) -> None:
        self._remote.sleep(duration)

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def __exit__(self, *_: object) -> None:
        """There is nothing to leave."""


def azure(remote: Remote) -> None:
    """Wait as azure-core does."""
    pipeline: Any = Pipeline(_AzureTransport(remote))
    client: Any = PipelineClient(_URL, pipeline=pipeline)
    request = HttpRequest("POST", _URL, headers={"x-ms-client-request-id": "1"})
    method: Any = LROBasePolling()
    method.initialize(client, pipeline.run(request), lambda response: response)
    method.run()


# ---- google-api-core


class _GoogleFuture(PollingFuture):
    def __init__(self, remote: Remote) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._remote = remote

    def done(self, retry: Any = None) -> bool:  # noqa: ARG002 - the interface
        return self._remote.ask()

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False


def google(remote: Remote) -> None:
    """Wait as google-api-core does."""
    with _replaced(remote, google_base, google_unary):
        _GoogleFuture(remote).result(timeout=None)  # type: ignore[no-untyped-call]


# ---- databricks-sdk


class _DatabricksJobs(databricks_jobs.JobsAPI):
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def get_run(self, run_id: int, **_: Any) -> databricks_jobs.Run:
        states = databricks_jobs.RunLifeCycleState
        state = states.TERMINATED if self._remote.ask() else states.RUNNING
        return databricks_jobs.Run(run_id=run_id, state=databricks_jobs.RunState(life_cycle_state=state))


def databricks(remote: Remote) -> None:
    """Wait as databricks-sdk does."""
    with _replaced(remote, databricks_jobs):
        _DatabricksJobs(remote).wait_get_run_job_terminated_or_skipped(1, timeout=timedelta(seconds=_EVER))


# ---- firecrawl-py


class _FirecrawlReply:
    ok = True

    def __init__(self, *, ended: bool) -> None:
        self._status = "completed" if ended else "scraping"

    def json(self) -> dict[str, Any]:
        return {"success": True, "status": self._status, "completed": 0, "total": 1, "data": []}


class _FirecrawlHttp:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def get(self, _: str, **__: Any) -> _FirecrawlReply:
        return _FirecrawlReply(ended=self._remote.ask())


def firecrawl(remote: Remote) -> None:
    """Wait as firecrawl-py does for a crawl."""
    http: Any = _FirecrawlHttp(remote)
    with _replaced(remote, firecrawl_crawl):
        firecrawl_crawl.wait_for_crawl_completion(http, "job")


# ---- Monid


def monid_page(remote: Remote) -> None:
    """Wait as the example on Monid's API page does."""
    pause = monid_pause()
    while not remote.ask():
        remote.sleep(pause)


def monid_pause() -> float:
    """Read the pause of the example out of the vendored page."""
    found = re.search(r"time\.sleep\((\d+)\)", _PAGE.read_text(encoding="utf-8"))
    assert found is not None, "the page shows another loop"
    return float(found[1])


POLICIES: dict[str, Policy] = {
    "azure-core": azure,
    "google-api-core": google,
    "databricks-sdk": databricks,
    "firecrawl-py": firecrawl,
    "Monid's API page": monid_page,
}


@attrs.frozen
class Cost:
    """What waiting for a run takes, in the mean: requests, and seconds from its end until that is known."""

    requests: float
    lag: float


def cost(policy: Policy, ends: list[float]) -> Cost:
    """Wait for runs one by one."""
    remotes = [Remote(end, seed) for seed, end in enumerate(ends)]
    for remote in remotes:
        policy(remote)
    return Cost(
        sum(remote.requests for remote in remotes) / len(remotes),
        sum(remote.at - remote.end for remote in remotes) / len(remotes),
    )
