"""What breaks around a trigger that may be paid for: it is neither sent twice nor forgotten, and nobody is left."""

from __future__ import annotations

import asyncio
import logging
import threading

import attrs
import httpx
import pytest

from omnirun import (
    AmbiguousTrigger,
    AsyncClient,
    Client,
    Hooks,
    OmnirunError,
    Origin,
    WaitPolicy,
    datafold,
    monid,
)
from omnirun.clock import Clock
from omnirun.datafold import Datafold as DatafoldProvider
from tests.overlay.services import iso
from tests.overlay.virtual import World, reply

KEYS = {"DATAFOLD_API_KEY": "df-secret", "MONID_API_KEY": "mo-secret"}
FAST = WaitPolicy(first=0.01, step=0.01, cap=0.05, retry_first=0.01, retry_cap=0.02)
MONITOR = datafold.Monitor(42)
OK = {"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}
BOTH = pytest.mark.parametrize("kind", [Client, AsyncClient])


class Exit(BaseException):
    """What is no Exception, as a test's or a program's end is none."""


class Server:
    """Datafold that starts runs; what it is asked is written down."""

    def __init__(self, breaks=None):
        self.breaks, self.posts = breaks, []

    def __call__(self, request):
        if request.method == "POST":
            self.posts.append(str(request.url))
        if self.breaks is not None:
            raise self.breaks
        return httpx.Response(200, json=OK)


def opened(kind, server, **options):
    http = httpx.Client if kind is Client else httpx.AsyncClient
    options = {"environ": KEYS, "policy": FAST, "clock": Clock(2000.0), **options}
    return kind(http_client=lambda **_: http(transport=httpx.MockTransport(server)), **options)


def trigger(kind, server, target=MONITOR, **options):
    if kind is Client:
        with opened(kind, server, **options) as client:
            return client.trigger(target)

    async def main():
        async with opened(kind, server, **options) as client:
            return await client.trigger(target)

    return asyncio.run(main())


def test_a_run_that_is_started_while_its_caller_leaves_is_in_the_log(caplog):
    """The news came; the caller was cancelled before it heard them."""
    tasks = []

    async def main():
        hooks = Hooks(after_trigger=lambda *_: tasks[0].cancel())
        async with opened(AsyncClient, Server(), hooks=hooks) as client:
            tasks.append(asyncio.create_task(client.trigger(MONITOR)))
            with pytest.raises(asyncio.CancelledError):
                await tasks[0]

    asyncio.run(main())
    assert "these runs were started: datafold:monitors/42/runs/7" in caplog.text


def refusing(monkeypatch, name, times):
    """Threads of this name can't be started so many times."""
    real, left = threading.Thread.start, [times]

    def start(thread):
        if thread.name == name and left[0]:
            left[0] -= 1
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)


def test_a_trigger_that_no_thread_takes_is_not_sent_later_for_somebody_else(monkeypatch):
    refusing(monkeypatch, "omnirun", 2)
    server = Server()
    with opened(Client, server) as client:
        with pytest.raises(OmnirunError, match="nothing was sent: can't start new thread"):
            client.trigger(datafold.Monitor(1))
        client.trigger(datafold.Monitor(2))
    assert [url.split("/")[-2] for url in server.posts] == ["2"]


def test_a_trigger_that_no_thread_sends_was_not_sent_and_is_sent_again(monkeypatch):
    refusing(monkeypatch, "omnirun-send", 2)
    server, retried = Server(), []
    hooks = Hooks(on_retry=retried.append)
    assert trigger(Client, server, hooks=hooks).origin is Origin.TRIGGERED
    assert (len(server.posts), [str(one.error) for one in retried]) == (
        1,
        ["not sent: no thread can be started: can't start new thread"] * 2,
    )


@BOTH
@pytest.mark.parametrize("name", ["before_request", "after_response", "after_trigger"])
def test_a_hook_that_exits_loses_no_run(kind, name, caplog):
    def exits(*_):
        raise Exit

    server = Server()
    run = trigger(kind, server, hooks=Hooks(**{name: exits}))
    assert (str(run.ref), len(server.posts)) == ("datafold:monitors/42/runs/7", 1)
    assert "a hook failed" in caplog.text


@BOTH
def test_a_hook_that_exits_before_a_trigger_keeps_it_from_being_sent(kind):
    def exits(_):
        raise Exit

    server = Server()
    with pytest.raises(OmnirunError, match=r"kept the trigger from being sent: Exit\(\)"):
        trigger(kind, server, hooks=Hooks(before_trigger=exits))
    assert server.posts == []


@BOTH
def test_what_exits_in_the_http_client_may_have_been_sent(kind):
    server = Server(Exit())
    with pytest.raises(AmbiguousTrigger, match=r"cut short by Exit\(\).*could not be listed"):
        trigger(kind, server)
    assert len(server.posts) == 1


def test_a_hook_that_waits_for_its_own_thread_is_told_so(caplog):
    clients = []
    hooks = Hooks(after_trigger=lambda _, run, __: clients[0].wait(run))
    with opened(Client, Server(), hooks=hooks) as client:
        clients.append(client)
        assert client.trigger(MONITOR).origin is Origin.TRIGGERED
    assert "a hook can't wait" in caplog.text


def test_a_request_that_is_cancelled_before_it_began_is_asked_again():
    server = Server()

    async def main():
        async with opened(AsyncClient, server) as client:
            waiting = asyncio.create_task(client.wait("datafold:monitors/42/runs/7"))
            await asyncio.sleep(0)  # the wait has begun, and made a task of its request
            for flight in client._driver._flights:
                flight.cancel()  # its first line has not run yet
            return await waiting

    assert asyncio.run(main()).ok


@BOTH
@pytest.mark.parametrize(
    "given", [{"a": float("nan")}, {"a": b"x"}, {"a": "\ud800"}, {"a": object()}, {"a": {1}}]
)
def test_what_is_no_json_is_refused_before_anything_is_sent(kind, given):
    server = Server()
    with pytest.raises(
        OmnirunError, match=r"POST /v1/run: what is to be sent is no JSON \(.*Nothing was sent"
    ) as caught:
        trigger(kind, server, monid.Endpoint("apify", "/x", input=given))
    assert (type(caught.value), server.posts) == (OmnirunError, [])


@BOTH
def test_a_filter_of_the_log_that_fails_loses_no_run(kind, caplog):
    def fails(_):
        raise ZeroDivisionError

    caplog.set_level(logging.DEBUG, "omnirun")
    log = logging.getLogger("omnirun")
    log.addFilter(fails)
    try:
        run = trigger(kind, Server())
    finally:
        log.removeFilter(fails)
    assert run.origin is Origin.TRIGGERED


def test_a_client_is_closed_in_a_child_without_its_parents_threads(monkeypatch):
    client = opened(Client, Server())
    client.trigger(MONITOR)
    with monkeypatch.context() as child:
        child.setattr("omnirun.sync_driver.os.getpid", lambda: -1)
        client._driver._lock = None  # the parent may have held it
        with pytest.raises(OmnirunError, match="before the fork"):
            client.trigger(MONITOR)
        client.close()
        with pytest.raises(OmnirunError, match="was closed"):
            client.get("datafold:monitors/42/runs/7")


# ---- providers with defects


def datafold_that_accepts(request, at):
    if request.method == "POST":
        return reply(500 if at < 1 else 200, {"run_id": 7})
    item = {"run_id": 7, "monitor_id": 42, "state": "checking", "started_at": iso(0)}
    page = {"count": 1, "page": 1, "page_size": 100, "total_pages": 1, "runs": [item]}
    return reply(200, page if request.path.endswith("/runs") else item)


@attrs.frozen
class Unlistable(DatafoldProvider):
    def history(self, target):
        raise ZeroDivisionError


@attrs.frozen
class Unreading(DatafoldProvider):
    def read_trigger(self, target, response, at):
        raise AssertionError("never thought of")


def test_a_defect_while_a_lost_trigger_is_looked_for_leaves_it_in_doubt():
    world = World(datafold_that_accepts)
    world.engine._providers["datafold"] = Unlistable()
    with pytest.raises(AmbiguousTrigger, match="the runs could not be listed") as caught:
        world.run(world.engine.trigger(world, MONITOR, "raise"))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_answer_that_its_provider_can_t_read_is_looked_for():
    world = World(datafold_that_accepts)
    world.engine._providers["datafold"] = Unreading()
    run = world.run(world.engine.trigger(world, MONITOR, "raise"))
    assert (str(run.ref), run.origin) == ("datafold:monitors/42/runs/7", Origin.ADOPTED)
    assert sum(step.request.method == "POST" for _, step in world.sent) == 1


def test_ctrl_c_in_a_hook_is_its_callers():
    def interrupted(_):
        raise KeyboardInterrupt

    with (
        opened(Client, Server(), hooks=Hooks(after_response=interrupted)) as client,
        pytest.raises(KeyboardInterrupt),
    ):
        client.get("datafold:monitors/42/runs/7")
