"""The programs in examples/, as a user runs them, against the sandbox over loopback."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib.util
import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import nbformat
import polars as pl
import pytest

from omnirun import AsyncClient, Client, WaitPolicy
from omnirun.sandbox import running_sandbox

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
FAST = WaitPolicy(first=0.05, step=0.05, cap=0.2)
NEVER = WaitPolicy(first=86_400.0, cap=86_400.0, jitter=0.0)
MONITOR = "0199a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def example(monkeypatch):
    """Imports an example by its name, its clients polling as told."""

    def load(name, policy=FAST):
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        for kind in (Client, AsyncClient):
            monkeypatch.setattr(module, kind.__name__, partial(kind, policy=policy), raising=False)
        return module

    return load


@pytest.fixture(scope="module")
def service():
    with running_sandbox(speed=50) as running:
        yield running


@pytest.fixture
def clock():
    """Seconds since the epoch, which only the test moves."""
    return [1_780_000_000.0]


@pytest.fixture
def stopped(clock):
    """A sandbox whose time is that clock's."""
    with running_sandbox(clock=lambda: clock[0]) as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["datafold:monitors/42"], 0, "ok finished success pass"),
        (["datafold:monitors/43"], 3, "raised an alert"),
        (["datafold:monitors/43", "--let-alerts-pass"], 0, "alert finished success alert"),
        (["datafold:monitors/44"], 1, "relation ORDERS does not exist"),
        (["datafold:monitors/999"], 5, "HTTP 404: Monitor not found"),
        (["datafold:nonsense"], 2, "One reads datafold:monitors/42"),
        (["monid:endpoints/apify/sandbox/slow", "--timeout", "0.01"], 4, "Wait again with their refs"),
    ],
)
def test_the_gate_ends_with_a_code_that_says_how(  # noqa: PLR0917 - pytest passes them by name
    example, service, capsys, arguments, code, said
):
    assert example("gate_pipeline").main(arguments, service.environment) == code
    assert said in "".join(capsys.readouterr())


def test_the_gate_goes_on_with_a_run_that_was_not_over(example, stopped, clock, tmp_path):
    gate, summary = example("gate_pipeline"), tmp_path / "summary.md"
    environ = stopped.environment | {"GITHUB_STEP_SUMMARY": str(summary)}
    assert gate.main(["datafold:monitors/46", "--timeout", "0.001"], environ) == 4
    clock[0] += 60
    ref = f"datafold:monitors/46/runs/{stopped.sandbox.accepted[-1].run_id}"
    assert gate.main([ref], environ) == 1
    assert summary.read_text() == f"❌ `{ref}` skipped: skipped, no verdict\n"


def test_a_fan_out_is_finished_by_a_second_process(example, stopped, clock, tmp_path, capsys):
    fan_out, journal = example("fan_out"), tmp_path / "runs.jsonl"

    def main(*arguments):
        return asyncio.run(fan_out.main([*arguments, "--journal", str(journal)], stopped.environment))

    assert main("--count", "30", "--timeout", "0.001") == 4
    clock[0] += 60
    assert main() == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("0 succeeded, 0 did not, 30 are still running")
    assert second.startswith("30 succeeded, 0 did not, 0 are still running")
    assert len(stopped.sandbox.accepted) == 30, "each was paid for once"


def test_a_fan_out_tells_what_could_not_be_started(example, service, tmp_path, capsys):
    environ = service.environment | {"MONID_API_KEY": "wrong"}
    journal = tmp_path / "runs.jsonl"
    arguments = ["--count", "2", "--journal", str(journal)]
    assert asyncio.run(example("fan_out").main(arguments, environ)) == 1
    assert capsys.readouterr().out.startswith("0 succeeded, 2 did not, 0 are")
    assert all("Invalid API key" in json.loads(line)["error"] for line in journal.read_text().splitlines())


def test_a_history_in_parquet_grows_by_what_is_new(example, stopped, clock, tmp_path, capsys):
    file, targets = tmp_path / "history.parquet", ["datafold:monitors/42", "monid:workspace"]
    module = example("history_to_parquet")

    def update():
        asked = len(stopped.sandbox.served)
        assert module.main([*targets, "--file", str(file)], stopped.environment) == 0
        return pl.read_parquet(file), len(stopped.sandbox.served) - asked

    whole, asked_first = update()
    with Client(environ=stopped.environment) as client:
        ref = str(client.trigger("datafold:monitors/42").ref)
    clock[0] += 2
    under_way, _ = update()
    clock[0] += 3600
    ended, asked_last = update()
    assert module.main(["datafold:monitors/999", "--file", str(file)], stopped.environment) == 5

    assert whole["ref"].n_unique() == len(whole) == 234 + 228
    assert whole.schema["started_at"] == pl.Datetime("us", "UTC")
    for table, phase in ((under_way, "running"), (ended, "finished")):
        assert len(table) == len(whole) + 1
        assert table.filter(pl.col("ref") == ref)["phase"].to_list() == [phase]
    assert asked_last < asked_first
    assert not file.with_suffix(".partial").exists()
    assert "HTTP 404" in capsys.readouterr().err


def test_a_webhook_ends_a_wait(example, stopped, clock, monkeypatch):
    module = example("fastapi_webhook", NEVER)  # whoever waits for a poll waits for a day
    for name, value in (stopped.environment | {"FIRECRAWL_WEBHOOK_SECRET": "secret"}).items():
        monkeypatch.setenv(name, value)

    async def play():
        transport = httpx.ASGITransport(module.app)
        async with (
            asyncio.timeout(60),
            module.app.router.lifespan_context(module.app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as http,
        ):
            waiting = asyncio.ensure_future(http.post(f"/monitors/{MONITOR}/run"))
            while not stopped.sandbox.accepted:  # noqa: ASYNC110 - the sandbox is in another thread
                await asyncio.sleep(0.01)
            clock[0] += 60
            body, signature = delivery(stopped.sandbox.accepted[-1].run_id)
            forged = {"X-Firecrawl-Signature": "sha256=forged"}
            codes = [await http.post("/webhooks/firecrawl", content=body, headers=forged)]
            while not waiting.done():  # the first may come before anybody waits
                headers = {"X-Firecrawl-Signature": signature}
                taken = await http.post("/webhooks/firecrawl", content=body, headers=headers)
                await asyncio.sleep(0.01)
            codes.append(taken)
            ended = (await waiting).json()
            seen = await http.get(f"/runs/{ended['ref']}")
            codes += [await http.post(f"/monitors/{name}/run") for name in ("none", MONITOR[:-1] + "9")]
            codes.append(await http.get("/runs/none"))
            return [answer.status_code for answer in codes], ended, seen.json()

    codes, ended, seen = asyncio.run(play())
    assert codes == [401, 204, 422, 404, 404]
    assert (ended["outcome"], ended["verdict"], ended["ok"]) == ("success", "alert", False)
    assert seen == {**{name: ended[name] for name in ("ref", "outcome", "verdict")}, "phase": "finished"}


def delivery(check):
    """A delivery as Firecrawl sends it, and its signature."""
    data = [{"monitorId": MONITOR, "checkId": check, "status": "completed"}]
    said = {"type": "monitor.check.completed", "id": check, "webhookId": "d1", "data": data}
    body = json.dumps(said).encode()
    return body, "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()


def test_the_notebook_shows_what_is_committed(tmp_path):
    """Every cell runs, and what comes out is what the notebook in the repository shows, numbers aside.

    If not: `make notebook` executes it in place.
    """
    notebook, executed = EXAMPLES / "notebook.ipynb", tmp_path / "executed.ipynb"
    roots = os.pathsep.join(str(ROOT / root) for root in ("overlay", "generated"))
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "tools" / "notebook.py", notebook, executed],
        env={**os.environ, "PYTHONPATH": roots, "IPYTHONDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pairs = zip(*(nbformat.read(path, as_version=4).cells for path in (notebook, executed)), strict=True)
    for before, after in pairs:
        assert shown(after) == shown(before), after.source


def shown(cell):
    """What a cell shows, every number a `0`, without the marks that newer Pythons set below a line of a traceback."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        parts = [
            output.get("text"),
            data.get("text/html"),
            data.get("text/plain"),
            *(line for line in output.get("traceback", []) if line.strip(" ~^\n")),
        ]
        texts += [re.sub(r"\d+(\.\d+)?", "0", part) for part in parts if part]
    return texts
