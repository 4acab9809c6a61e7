"""The examples that open the guides, run as they are written against the sandbox; the others at least compile."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import runpy
from pathlib import Path

import pytest

from omnirun import Client, WaitPolicy
from omnirun.sandbox import running_sandbox

GUIDES = Path(__file__).parents[1] / "docs" / "guide"
FAST = WaitPolicy(first=0.05, step=0.05, cap=0.5, slow_cap=0.5)

SAYS = {
    "accounts-and-transport": ["datafold@eu:monitors/42/runs/", "[('POST', 200), ('GET', 200)"],
    "errors": ["404 datafold:monitors/999: HTTP 404: Monitor not found. Look at its id"],
    "many-runs": ["HTTP 404: Monitor not found", "success alert", "datafold:monitors/42", "monid:runs/"],
    "pages": [" alert 20", "datafold:monitors/42 "],
    "runs": ["<Run datafold:monitors/42/runs/", "ok finished success pass"],
    "triggers": ["datafold:monitors/42/runs/", " triggered"],
    "waiting": ["'text': 'post 10'"],
}


def examples(name):
    return re.findall(
        r"^```python\n(.*?)^```$", (GUIDES / f"{name}.md").read_text(), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def service(monkeypatch):
    with running_sandbox(speed=20) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def run(name, tmp_path):
    script = tmp_path / f"{name}.py"
    script.write_text(examples(name)[0])
    return runpy.run_path(str(script))


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_guide_opens_with_an_example_that_runs(name, service, tmp_path, capsys):
    run(name, tmp_path)
    said = capsys.readouterr().out
    assert [text for text in SAYS[name] if text not in said] == []


def test_the_webhook_example_ends_a_wait(service, tmp_path):
    received = run("webhooks", tmp_path)["received"]
    with Client(policy=FAST) as client:
        ref = client.run("firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001", timeout=20).ref
        _, monitor, _, check = ref.path.split("/")
        body = json.dumps(
            {
                "type": "monitor.check.completed",
                "id": check,
                "webhookId": "d1",
                "data": [{"monitorId": monitor, "checkId": check, "status": "completed"}],
            }
        ).encode()
        signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        assert received(client, body, {"X-Firecrawl-Signature": signature}, "secret") == 204
        assert received(client, body, {"X-Firecrawl-Signature": signature}, "another") == 401


@pytest.mark.parametrize("guide", sorted(GUIDES.glob("*.md")), ids=lambda path: path.stem)
def test_every_example_compiles_and_every_link_leads_somewhere(guide):
    for example in examples(guide.stem):
        compile(example, guide.name, "exec")
    for link in re.findall(r"\]\(([^)#]+)\)", guide.read_text()):
        assert link.startswith("https://") or (guide.parent / link).exists(), link
