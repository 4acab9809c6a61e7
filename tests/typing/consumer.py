"""What a user's type checker sees; checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, assert_type

from omnirun import (
    Account,
    Answered,
    AsyncClient,
    Attempt,
    Client,
    Hooks,
    Outcome,
    Outgoing,
    Phase,
    Ref,
    Run,
    Sending,
    Target,
    TargetInfo,
    Timeouts,
    Verdict,
    WaitPolicy,
    datafold,
    firecrawl,
    monid,
    states,
)
from omnirun_raw.datafold import models, monitors
from omnirun_raw.firecrawl import monitoring
from omnirun_raw.http import Request, Response
from omnirun_raw.monid import runs


def sync() -> None:
    """Use a client from a thread."""
    account = Account("datafold", name="eu", api_key="k", base_url="https://eu.example.com")
    taught = {"datafold": {"meditating": states.RUNNING}}
    with Client(accounts=[account], policy=WaitPolicy(cap=10.0), states=taught) as client:
        run = client.run(datafold.Monitor(42), timeout=600)
        assert_type(run, Run)
        assert_type(run.check(alert="raise"), Run)
        assert_type(run.ref, Ref)
        assert_type(run.target, Target | None)
        assert_type(run.phase, Phase)
        assert_type(run.outcome, Outcome | None)
        assert_type(run.verdict, Verdict | None)
        assert_type(run.duration, float | None)
        assert_type(client.wait("datafold:monitors/42/runs/7", 5.0), Run)
        attempts = client.trigger_all(
            [datafold.Monitor(1), firecrawl.Monitor("..."), monid.Endpoint("a", "/b")]
        )
        assert_type(attempts, list[Attempt])
        for attempt in client.as_completed(attempts, timeout=900):
            assert_type(attempt, Attempt)
        history = client.history(datafold.Monitor(42), since=datetime.now(UTC), limit=10)
        assert_type(history.cursor, str | None)
        assert_type(history.pages(), Iterator[list[Run]])
        for past in history:
            assert_type(past, Run)
        for info in client.targets("datafold", account="eu"):
            assert_type(info, TargetInfo)
            assert_type(info.target, Target)
        failed = client.history("monid:workspace", status=["FAILED", Outcome.TIMED_OUT], scan_limit=None)
        assert_type(client.recover("datafold:monitors/42", datetime.now(UTC)), list[Run])
        assert_type(client.next_poll(next(iter(failed))), float | None)
        sent = client.send(monitors.get_monitor_run.build(id=42, run_id=7))
        assert_type(sent, models.ApiPublicMonitorRunResultOut)


def looking_on() -> None:
    """Hooks and a judge of one's own."""

    def begin(outgoing: Outgoing) -> dict[str, str]:
        return {"x-trigger": outgoing.trigger.id if outgoing.trigger else outgoing.operation}

    def end(answered: Answered) -> None:
        assert_type(answered.request, Outgoing)
        assert_type(answered.status, int | None)

    def became(sending: Sending, run: Run | None, error: Exception | None) -> None:
        assert_type(sending.target, Target)
        assert_type((run, error), tuple[Run | None, Exception | None])

    def judge(raw: Mapping[str, Any]) -> Verdict | None:
        return Verdict.ALERT if raw.get("summary") else None

    hooks = Hooks(before_request=begin, after_response=end, after_trigger=became)
    client = Client(hooks=hooks, verdicts={"firecrawl": judge}, timeouts=Timeouts(total=60.0))
    assert_type(client.trigger("datafold:monitors/42", on_lost="raise"), Run)


async def in_a_loop() -> None:
    """Use a client from a task."""
    async with AsyncClient() as client:
        async for info in client.targets("firecrawl"):
            assert_type(info, TargetInfo)
        assert_type(await client.recover(datafold.Monitor(42), datetime.now(UTC)), list[Run])
        assert_type(await client.run(monid.Endpoint("a", "/b", input={"q": 1})), Run)
        async for attempt in client.as_completed(await client.trigger_all(["datafold:monitors/42"])):
            assert_type(attempt.unwrap(), Run)
        async for past in client.history("monid:workspace"):
            assert_type(past, Run)


def raw() -> None:
    """Use a raw client by itself."""
    request = monitors.trigger_monitor_run.build(id=42)
    assert_type(request, Request[models.ApiPublicMonitorTriggerRunResultOut])
    assert_type(request.parse(Response(200)).run_id, int)
    assert_type(monitoring.run_monitor.build("0199a1b2-0000-7000-8000-000000000001").method, str)
    assert_type(runs.get_run.build("01HX").path, str)
