"""The client, over a real connection to a server on loopback."""

import asyncio
import json
import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from attrs import evolve

from omnirun_raw.datafold import Client, monitors
from omnirun_raw.http import UnexpectedStatus
from omnirun_raw.monid import Client as MonidClient
from omnirun_raw.monid import runs

KEY = "s3cret-key"
SLOW = 77
released = threading.Event()


class Answers(BaseHTTPRequestHandler):
    """Answers what it was asked, as Datafold's or Monid's success bodies would carry it."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {
            "method": self.command,
            "path": self.path,
            "key": self.headers["Authorization"],
            "type": self.headers["Content-Type"],
            "cookie": self.headers["Cookie"],
            "trace": self.headers.get_all("X-Trace"),
            "body": body.decode(),
        }
        if f"/{SLOW}/" in self.path:
            released.wait(5)  # until the caller has given up
        status = 503 if "/99/" in self.path else 202 if self.command == "POST" else 200
        found = {"count": 0, "runs": [], "page": 1, "page_size": 1, "total_pages": 1, "seen": seen}
        content = json.dumps(found).encode()
        if released.is_set():
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815  # the names http.server calls

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    released.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_sync(url):
    with Client(KEY, base_url=f"{url}/base/") as client:
        page = monitors.list_monitor_runs.sync(42, client=client, page_size=1)
    assert page.additional_properties["seen"] == {
        "method": "GET",
        "path": "/base/api/v1/monitors/42/runs?page=1&page_size=1",
        "key": f"Key {KEY}",
        "type": None,
        "cookie": None,
        "trace": None,
        "body": "",
    }


def test_asyncio(url):
    async def main():
        async with Client(KEY, base_url=url) as client:
            return await monitors.list_monitor_runs.asyncio(42, client=client)

    assert asyncio.run(main()).count == 0


def test_a_body_is_sent_as_json(url):
    with MonidClient(KEY, base_url=url) as client:
        body = {"provider": "p", "endpoint": "/e", "input": {"a": [1]}}
        reply = client.exchange(runs.start_run.build(body=body), timeout=5)
    seen = reply.json()["seen"]
    assert (seen["method"], seen["path"], seen["key"]) == ("POST", "/v1/run", f"Bearer {KEY}")
    assert (seen["type"], json.loads(seen["body"])) == ("application/json", body)


def test_segments_arrive_encoded(url):
    with MonidClient(KEY, base_url=url) as client:
        seen = client.exchange(runs.get_run.build("a/../b?c")).json()["seen"]
        dots = client.exchange(runs.get_run.build("..")).json()["seen"]
    assert seen["path"] == "/v1/runs/a%2F..%2Fb%3Fc"
    assert dots["path"] == "/v1/runs/%2E%2E"


def test_headers_of_one_call_win_over_those_of_the_client_but_not_over_the_key(url):
    given = {"x-trace": "call", "authorization": "stolen"}
    with Client(KEY, base_url=url, headers={"X-Trace": "client", "Authorization": "other"}) as client:
        once = monitors.list_monitor_runs.sync(42, client=client, headers=given).additional_properties["seen"]
        again = client.send(monitors.list_monitor_runs.build(42)).additional_properties["seen"]
    assert (once["trace"], once["key"]) == (["call"], f"Key {KEY}")
    assert (again["trace"], again["key"]) == (["client"], f"Key {KEY}")


def test_headers_of_one_call_in_asyncio(url):
    async def main():
        async with Client(KEY, base_url=url) as client:
            return await monitors.list_monitor_runs.asyncio(
                42, client=client, headers={"X-Trace": "call"}, timeout=5
            )

    assert asyncio.run(main()).additional_properties["seen"]["trace"] == ["call"]


def test_the_timeout_of_one_call(url):
    with Client(KEY, base_url=url) as client, pytest.raises(httpx.TimeoutException):
        monitors.list_monitor_runs.sync(SLOW, client=client, timeout=0.05)


class QueryKey(Client):
    KEY_IN = "query"
    KEY_HEADER = "api_key"
    KEY_PREFIX = ""


class CookieKey(QueryKey):
    KEY_IN = "cookie"


def test_a_key_outside_the_headers(url):
    request = monitors.trigger_monitor_run.build(42)
    request = evolve(request, headers=(("Cookie", "a=1"),))
    with QueryKey(KEY, base_url=url) as client:
        seen = client.exchange(request).json()["seen"]
    assert (seen["path"], seen["key"], seen["cookie"]) == (
        f"/api/v1/monitors/42/run?api_key={KEY}",
        None,
        "a=1",
    )
    with CookieKey(KEY, base_url=url) as client:
        seen = client.exchange(request).json()["seen"]
    assert (seen["path"], seen["key"], seen["cookie"]) == (
        "/api/v1/monitors/42/run",
        None,
        f"a=1; api_key={KEY}",
    )
    assert KEY not in repr(client)


def test_a_reply_that_is_no_success_raises(url):
    with Client(KEY, base_url=url) as client, pytest.raises(UnexpectedStatus) as caught:
        monitors.list_monitor_runs.sync(99, client=client)
    assert caught.value.status == 503


def test_the_key_is_not_shown_and_the_timeout_is_finite():
    client = Client(KEY)
    assert KEY not in repr(client) + str(client)
    assert (client.base_url, client.timeout) == ("https://app.datafold.com", 30.0)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(client)
