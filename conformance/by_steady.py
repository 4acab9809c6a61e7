"""steady serves a spec and judges every request it gets: the client's fault, the spec's, or unclear.

Its judgement of a request stands in the headers of the answer. The raw client is judged by the spec itself; the
overlay by a copy in which answers have all their properties, lists a single page and runs an end, and all runs are
one, for steady leaves out what may be absent and makes up the rest. What requests may be is the same in both.

Steady has to find fault with one request that is wrong, has to have seen every request, and every operation of the
spec has to have been sent; else its silence would mean nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import yaml

from conformance.calls import ID, async_verbs, operations, raw_requests, verbs
from conformance.tools import STEADY, ended, spec_of, started
from conformance.verdict import Verdict
from omnirun import AsyncClient, Client, OmnirunError, PageError, Unsupported, WaitTimeout
from omnirun.clock import Clock
from omnirun_raw.client import RawClient
from omnirun_raw.http import ResponseError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Mapping

    from omnirun_raw.http import Request

READY = 20.0
"""Seconds steady gets to serve."""
SPEED = 200.0
"""How much faster than the wall the overlay's clock runs: the mock's runs need not ever end."""
ON_LAST = ("next", "cursor")
"""Properties whose absence ends a list; the copy has none of them, or no list would end."""
ONE = ("count", "page", "total_pages")
"""Properties that say how long a list is; in the copy they are all 1."""
ENDED = {"ok", "completed", "COMPLETED"}
"""States in which a run has ended well; in the copy there is no other, or no wait would end."""
IDS = {"run_id": 123, "monitor_id": 42, "runId": "01HXYZ", "monitorId": ID}
"""What names a run and its monitor, as in the refs of `conformance.calls`; in the copy there is no other run, for a
client refuses an answer that is that of another one than it asked for."""
EXPECTED = (Unsupported, WaitTimeout, PageError)
"""What a verb may say of a mock: that the provider lacks it, that a run doesn't end, that a list repeats itself."""
BLAMED = {"1": "the spec", "2": "the client", "3": "the client", "4": "a value sent", "5": "unclear whom"}
"""Whom steady blames, by the first digit of a code; E3015 it calls unclear too. We let none of them pass."""


@attrs.define
class Record:
    """What steady said of each request."""

    count: int = 0
    findings: list[str] = attrs.field(factory=list[str])

    def take(self, what: str, headers: Mapping[str, str]) -> None:
        """Keep what the headers of an answer say."""
        self.count += 1
        for number in range(1, int(headers["x-steady-error-count"]) + 1):
            code, message, place = (
                headers[f"x-steady-error-{number}-{key}"] for key in ("code", "message", "path")
            )
            self.findings.append(f"{what}: {code}, blamed on {BLAMED[code[1]]}: {message} ({place})")

    def hook(self, response: httpx.Response) -> None:
        """Keep what an answer to the overlay says."""
        self.take(f"{response.request.method} {response.request.url.raw_path.decode()}", response.headers)

    async def async_hook(self, response: httpx.Response) -> None:
        """Keep what an answer to the asynchronous overlay says."""
        self.hook(response)


def judge(provider: str) -> Verdict:
    """Let steady judge the raw client and the overlay of a provider."""
    document = read(spec_of(provider))
    asked = operations(document)
    requests = [request for operation in asked for request in raw_requests(provider, operation)]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "full.json"
        copy.write_text(json.dumps(full(document)), "utf-8")
        raw, log = Record(), list[str]()
        with _serving(spec_of(provider), raw, log) as url:
            _send_raw(provider, requests, url, raw)
        overlay = Record()
        with _serving(copy, overlay, log) as url:
            _speak(provider, requests[0], url, overlay)
    findings = [*raw.findings, *overlay.findings]
    if f"{len(asked)}/{len(asked)} endpoints" not in log[0]:
        findings.append(f"not every operation was sent:\n{log[0]}")
    return Verdict(
        f"{len(asked)} operations in {raw.count} requests of the raw client; {overlay.count} of the overlay",
        tuple(dict.fromkeys(findings)),
    )


def read(spec: Path) -> Any:
    """Read a spec."""
    return yaml.safe_load(spec.read_text("utf-8"))


@contextlib.contextmanager
def _serving(spec: Path, record: Record, log: list[str]) -> Generator[str]:
    """Let steady serve a spec; what it says at the end goes to the log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with started([STEADY, "--port", str(port), "--no-color", str(spec)], spec.parent) as process:
        _await(process, url)
        yield url
        wrong = httpx.get(f"{url}/there/is/no/such/path")
        if wrong.headers["x-steady-error-1-code"] != "E2001":
            record.findings.append("steady finds no fault with a path that is not in the spec")
        log.append(ended(process))
    seen = re.search(r"Session: (\d+) requests", log[-1])
    if seen is None or int(seen[1]) != record.count + 1:
        record.findings.append(f"{record.count + 1} requests were sent, steady saw others:\n{log[-1]}")


def _await(process: subprocess.Popen[str], url: str) -> None:
    until = time.monotonic() + READY
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/_x-steady/health")
            return
        time.sleep(0.1)
    raise SystemExit(
        f"error: steady does not serve at {url}:\n{ended(process) if process.poll() is None else ''}"
    )


def _send_raw(provider: str, requests: list[Request[object]], url: str, record: Record) -> None:
    """Send every request from both of the raw client's worlds, and read every answer."""

    async def send_async() -> None:
        async with RawClient("key", base_url=url) as client:
            for request in requests:
                keep(request, await client.exchange_async(request))

    def keep(request: Request[object], reply: Any) -> None:
        record.take(f"{provider}: {request.operation}", reply.headers)
        try:
            request.parse(reply)
        except ResponseError as error:
            record.findings.append(f"{request.operation} can't read what its own spec makes: {error}")

    with RawClient("key", base_url=url) as client:
        for request in requests:
            keep(request, client.exchange(request))
    asyncio.run(send_async())


def _speak(provider: str, request: Request[object], url: str, record: Record) -> None:
    """Use every verb of the overlay."""
    name = provider.upper()
    environ = {f"{name}_API_KEY": "key", f"{name}_BASE_URL": url}

    def connect(**settings: Any) -> httpx.Client:
        return httpx.Client(**settings, event_hooks={"response": [record.hook]})

    def connect_async(**settings: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(**settings, event_hooks={"response": [record.async_hook]})

    async def speak_async() -> None:
        async with AsyncClient(environ=environ, http_client=connect_async, clock=Clock(SPEED)) as client:
            for verb, use in async_verbs(client, provider, request).items():
                with _said_of(verb, record):
                    await use()

    with Client(environ=environ, http_client=connect, clock=Clock(SPEED)) as client:
        for verb, use in verbs(client, provider, request).items():
            with _said_of(verb, record):
                use()
    asyncio.run(speak_async())


@contextlib.contextmanager
def _said_of(verb: str, record: Record) -> Generator[None]:
    """Take what a verb raises for a finding, unless a mock may make it say so."""
    try:
        yield
    except EXPECTED:
        pass
    except OmnirunError as error:
        record.findings.append(f"{verb}: {type(error).__name__}: {error}")


def full(document: Any) -> Any:
    """The document, with every property of what is no part of a request required."""
    copy, sent = json.loads(json.dumps(document)), _sent(document)
    for operation in operations(copy):
        for response in operation.stated["responses"].values():
            for stated in response.get("content", {}).values():
                stated.pop("examples", None)
                stated.pop("example", None)
    for name, schema in copy["components"]["schemas"].items():
        if name not in sent:
            _require(schema)
        if ended_well := ENDED.intersection(schema.get("enum", ())):
            schema["enum"] = sorted(ended_well)
    return copy


def _require(schema: Any) -> None:
    for part in (schema, *schema.get("allOf", ())):
        if "properties" in part:
            part["required"] = [name for name in part["properties"] if name not in ON_LAST]
            for name in ON_LAST:
                part["properties"].pop(name, None)
            fixed = dict.fromkeys(ONE, 1) | IDS | ({"id": ID} if "monitorId" in part["properties"] else {})
            part["properties"] |= {
                name: {"const": value} for name, value in fixed.items() if name in part["properties"]
            }


def _sent(document: Any) -> set[str]:
    """The components that requests are made of."""
    open_ = [
        item for operation in operations(document) for item in _named(operation.stated.get("requestBody"))
    ]
    found = set[str]()
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ += _named(document["components"]["schemas"][name])
    return found


def _named(part: Any) -> list[str]:
    """The components that a part of a document refers to."""
    return re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part))
