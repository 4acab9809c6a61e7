"""examples/custom_provider.py, as a package offers it: found by its entry point, with every verb, over real sockets."""

from __future__ import annotations

import importlib
import json
import runpy
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from omnirun import AuthError, BadRef, Client, NotFound, Outcome, Unsupported, WaitPolicy, registry, states

FAST = WaitPolicy(first=0.02, step=0.02, cap=0.1, slow_cap=0.1)
EXAMPLES = Path(__file__).parents[1] / "examples"


class Acme(BaseHTTPRequestHandler):
    """The invented service: a run is done after 0.2 s."""

    runs: dict[str, dict]
    asked: list[tuple[str, str]]

    def do_GET(self):
        self.asked.append((self.command, self.path))
        path, _, query = self.path.partition("?")
        *_, job, _, name = ("", *path.split("/"))
        if self.headers["X-Acme-Key"] != "acme-key":
            return self.answer(403, {"problem": "Who are you?"})
        if self.command == "POST":
            run = str(len(self.runs) + 1)
            self.runs[run] = {"id": run, "state": "working", "created_at": time.time()}
            return self.answer(201, self.runs[run])
        if path == "/jobs":
            return self.answer(200, {"jobs": [{"name": "nightly", "title": "The nightly one"}]})
        if path.endswith("/runs"):
            start = int(query.removeprefix("cursor=") or 0)
            newest = [self.seen(run) for run in sorted(self.runs, key=int, reverse=True)]
            more = start + 10 < len(newest)
            return self.answer(
                200, {"runs": newest[start : start + 10], "next": str(start + 10) if more else None}
            )
        if name not in self.runs:
            return self.answer(404, {"problem": f"No run {name} of {job}."})
        if self.command == "DELETE":
            self.runs[name]["state"] = "stopped"
        return self.answer(200, self.seen(name))

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names http.server calls

    def seen(self, name):
        run = self.runs[name]
        if run["state"] == "working" and time.time() > run["created_at"] + 0.2:
            run |= {"state": "done", "finished_at": run["created_at"] + 0.2}
        return run

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    handler = type("Handler", (Acme,), {"runs": {}, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield handler, {"ACME_API_KEY": "acme-key", "ACME_BASE_URL": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def installed(tmp_path, monkeypatch):
    """The example as an installed package: a module on the path and the metadata that names its entry point."""
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[omnirun.providers]\nacme = custom_provider:PROVIDER\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    registry.provider.cache_clear()
    yield
    registry.provider.cache_clear()
    sys.modules.pop("custom_provider", None)
    importlib.invalidate_caches()


def test_it_has_every_verb(service):
    handler, environ = service
    with Client(environ=environ, policy=FAST) as client:
        run = client.run("acme:jobs/nightly", timeout=10)
        assert (str(run.ref), run.outcome, round(run.duration, 1)) == (
            "acme:jobs/nightly/runs/1",
            Outcome.SUCCESS,
            0.2,
        )
        assert client.get(str(run.ref)) == run
        attempts = client.run_all(["acme:jobs/nightly"] * 25, timeout=10)
        assert len({attempt.unwrap().ref for attempt in attempts}) == 25
        assert [past.ref.path.rpartition("/")[2] for past in client.history("acme:jobs/nightly")] == [
            str(number) for number in range(26, 0, -1)
        ]
        assert [str(run.ref) for run in client.history("acme:jobs/nightly", status="success", limit=1)] == [
            "acme:jobs/nightly/runs/26"
        ]
        assert [str(info) for info in client.targets("acme")] == ["acme:jobs/nightly The nightly one"]
        assert client.recover("acme:jobs/nightly", run.created_at) == []  # it knows them all
        stopped = client.stop(client.trigger("acme:jobs/nightly"))
        assert stopped.outcome is Outcome.CANCELLED
        with pytest.raises(Unsupported, match="acme has no list of what a run made"):
            client.items(run)
        with pytest.raises(Unsupported, match="acme has no models"):
            run.typed()
    polls = [path for method, path in handler.asked if method == "GET" and "/runs/" in path]
    assert len(polls) < 40, "twenty-five at once are looked up in their list, and need no get at the end"


def test_it_says_what_is_wrong(service):
    _, environ = service
    with (
        Client(environ=environ | {"ACME_API_KEY": "wrong-key"}) as client,
        pytest.raises(AuthError, match=r"acme:jobs/nightly: HTTP 403: Who are you\?"),
    ):
        client.trigger("acme:jobs/nightly")
    with Client(environ=environ) as client:
        with pytest.raises(NotFound, match="No run 9 of nightly"):
            client.get("acme:jobs/nightly/runs/9")
        with pytest.raises(BadRef, match="is none of Acme's"):
            client.get("acme:nightly/9")
        with pytest.raises(
            BadRef, match=r"there is no provider 'acmee'\. Known are acme, datafold, firecrawl, monid"
        ):
            client.get("acmee:jobs/nightly/runs/9")


def test_it_can_be_taught_a_state(service):
    handler, environ = service
    handler.runs["1"] = {"id": "1", "state": "archived"}
    taught = {"acme": {"archived": states.ended(Outcome.SUCCESS)}}
    with Client(environ=environ, states=taught) as client:
        assert client.get("acme:jobs/nightly/runs/1").ok


def test_the_guide_opens_with_it(service, monkeypatch, capsys, tmp_path):
    _, environ = service
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    guide = (EXAMPLES.parent / "docs" / "guide" / "own-provider.md").read_text()
    script = tmp_path / "opening.py"
    script.write_text(guide.partition("```python\n")[2].partition("```")[0])
    runpy.run_path(str(script))
    assert capsys.readouterr().out == "acme:jobs/nightly/runs/1 done\n"
