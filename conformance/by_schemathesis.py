"""schemathesis sends the sandbox what a spec allows and what it forbids, and judges the answers by that spec.

Its requests are the same each time (its deterministic mode) and the sandbox's clock goes by them: half a second each,
so that the runs it starts go on and end while it looks, on any machine. All its checks are on. What it says is read
from its own report, event by event.
"""

from __future__ import annotations

import base64
import json
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from conformance import deviations
from conformance.deviations import Finding
from conformance.tools import SCHEMATHESIS, run, spec_of
from conformance.verdict import Verdict
from omnirun.sandbox.app import PROVIDERS
from omnirun.sandbox.server import running_sandbox
from omnirun.sandbox.world import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

EXAMPLES = 40
"""Requests per operation and phase at most."""
NOON = 1_780_000_000.0
TICK = 0.5
"""Seconds that the sandbox's clock goes on with each request."""
CLEAN, FAILURES = 0, 1
"""Its exit codes; others are for what kept it from judging."""


@attrs.define
class Ticking:
    """The sandbox's application, and its clock, which goes on when a request comes."""

    time: float = NOON
    app: ASGIApp | None = None

    def clock(self) -> float:
        """The time, in seconds since the epoch."""
        return self.time

    def around(self, app: ASGIApp) -> Ticking:
        """Stand before an application."""
        self.app = app
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        assert self.app is not None
        self.time += TICK
        await self.app(scope, receive, send)


def judge(provider: str) -> Verdict:
    """Let schemathesis judge the sandbox's part of a provider."""
    logging.getLogger("uvicorn.error").setLevel(
        logging.ERROR
    )  # not all it sends is HTTP; that is its business
    ticking = Ticking()
    sandbox = Sandbox(ticking.clock)
    (prefix,) = (one.key_prefix for one in PROVIDERS if one.name == provider)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox(sandbox, around=ticking.around) as running,
    ):
        report = Path(folder) / "events.ndjson"
        code, said = run(
            [
                SCHEMATHESIS,
                "run",
                str(spec_of(provider)),
                f"--url={running.base_urls[provider]}",
                f"--header=Authorization: {prefix}{sandbox.keys[provider]}",
                "--generation-deterministic",
                f"--max-examples={EXAMPLES}",
                "--continue-on-failure",
                "--warnings=off",
                "--no-color",
                "--report=ndjson",
                f"--report-ndjson-path={report}",
            ],
            Path(folder),
        )
        if code not in (CLEAN, FAILURES) or not report.exists():
            return Verdict("schemathesis could not judge", (said,))
        found = list(findings(report.read_text("utf-8").splitlines()))
    if not found and code == FAILURES:
        return Verdict("its report can't be read", (said,))
    listed = deviations.read(deviations.LIST.read_text("utf-8")).get(provider, ())
    unlisted, gone = deviations.judged(found, listed)
    return Verdict(
        f"{len(sandbox.served)} requests; {len(listed) - len(gone)} deviations, as listed",
        tuple(map(str, unlisted)),
        tuple(f"listed in deviations.toml and no longer found: {deviation}" for deviation in gone),
    )


def findings(lines: Iterable[str]) -> Iterable[Finding]:
    """Read findings from the events of a report."""
    for line in lines:
        ((kind, event),) = json.loads(line).items()
        if kind in ("NonFatalError", "FatalError"):
            yield Finding(kind, "", 0, "", json.dumps(event)[:2000], "")
        recorder: dict[str, Any] = event.get("recorder") or dict[str, Any]()
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] == "failure":
                    yield _finding(check, recorder["interactions"][case])


def _finding(check: dict[str, Any], interaction: dict[str, Any]) -> Finding:
    failure, request = check["failure_info"]["failure"], interaction["request"]
    response: dict[str, Any] = interaction.get("response") or dict[str, Any]()
    return Finding(
        check["name"],
        failure["operation"],
        response.get("status_code", 0),
        _text(response.get("content")),
        " ".join(f"{failure['title']}: {failure['message']}".split()),
        f"{request['method']} {request['uri']} {_text(request.get('body'))}".strip(),
    )


def _text(content: dict[str, str] | None) -> str:
    return base64.b64decode(content["$base64"]).decode("utf-8", "replace") if content else ""
