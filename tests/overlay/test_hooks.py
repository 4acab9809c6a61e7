"""Who looks on: what hooks see, what they can't break, and what is logged."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle

import httpx
import pytest

from omnirun import (
    Account,
    AmbiguousTrigger,
    AsyncClient,
    Client,
    Hooks,
    NotFound,
    RateLimited,
    TransportError,
    WaitPolicy,
    datafold,
)
from omnirun.clock import Clock

KEY = "df-secret-key"
FAST = WaitPolicy(first=0.01, step=0.01, cap=0.05, retry_first=0.01, retry_cap=0.02)
REF = "datafold:monitors/42/runs/7"
RUN = {"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}


class Server:
    """Datafold: answers from a list, then as it should; repeats the key wherever it can."""

    def __init__(self, *answers):
        self.answers, self.seen = list(answers), []

    def __call__(self, request):
        self.seen.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        headers = {"x-request-id": f"r-{KEY}", "date": "Sat, 21 Nov 2026 15:00:00 GMT"}
        return httpx.Response(200, json=RUN, headers=headers)


class Watching:
    """Hooks that write down what they are told."""

    def __init__(self, **returns):
        self.told, self.returns = [], returns

    def hooks(self, *names):
        return Hooks(**{name: self._noting(name) for name in names or self.names})

    names = ("before_request", "after_response", "on_retry", "before_trigger", "after_trigger")

    def _noting(self, name):
        def hook(*arguments):
            self.told.append((name, *arguments))
            if isinstance(result := self.returns.get(name), Exception):
                raise result
            return result

        return hook

    def of(self, name):
        return [told[1:] if len(told) > 2 else told[1] for told in self.told if told[0] == name]


def use(kind, server, verb, hooks=None, **options):
    """Have a client of either kind do one thing."""
    known = {"accounts": [Account("datafold", api_key=KEY)], "policy": FAST, "hooks": hooks, **options}
    if kind == "sync":
        with Client(
            **known, http_client=lambda **o: httpx.Client(transport=httpx.MockTransport(server), **o)
        ) as client:
            return verb(client)

    async def main():
        async with AsyncClient(
            **known, http_client=lambda **o: httpx.AsyncClient(transport=httpx.MockTransport(server), **o)
        ) as client:
            return await verb(client)

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


@BOTH
def test_each_request_is_told_of_before_and_after(kind):
    watching = Watching()
    use(kind, Server(), lambda client: client.get(REF), watching.hooks())
    before, after = watching.told
    (_, outgoing), (_, answered) = before, after
    assert (before[0], after[0]) == ("before_request", "after_response")
    assert (outgoing.account, outgoing.method, outgoing.operation, outgoing.trigger) == (
        "datafold",
        "GET",
        "monitors.get_monitor_run",
        None,
    )
    assert outgoing.url == "https://app.datafold.com/api/v1/monitors/42/runs/7"
    assert answered.request is outgoing
    assert (answered.status, answered.error, answered.size) == (
        200,
        None,
        len(json.dumps(RUN, separators=(",", ":"))),
    )
    assert answered.seconds >= 0
    assert answered.headers["date"] == "Sat, 21 Nov 2026 15:00:00 GMT"


@BOTH
def test_no_hook_sees_the_key(kind):
    watching = Watching()
    server = Server(httpx.ConnectError("no"), httpx.Response(401, text=f"bad key {KEY}"))
    with pytest.raises(Exception, match="bad key") as caught:
        use(kind, server, lambda client: client.trigger(datafold.Monitor(42)), watching.hooks())
    use(kind, Server(), lambda client: client.get(REF), watching.hooks())
    assert KEY not in repr(watching.told) + str(caught.value) + repr(caught.value.__dict__)
    assert KEY.encode() not in pickle.dumps([told for told in watching.told if told[0] != "on_retry"])
    assert watching.of("after_response")[-1].headers["x-request-id"] == "r-[key]"


@BOTH
def test_a_request_without_an_answer_is_told_of_too(kind):
    watching = Watching()
    server = Server(httpx.ReadTimeout("late"))
    use(kind, server, lambda client: client.get(REF), watching.hooks())
    failed, went_well = watching.of("after_response")
    assert (failed.status, type(failed.error), failed.error.sent) == (None, TransportError, True)
    assert went_well.status == 200
    (retrying,) = watching.of("on_retry")
    assert (retrying.failures, retrying.error, retrying.trigger) == (1, failed.error, None)
    assert retrying.what == "datafold GET /api/v1/monitors/42/runs/7"


def test_a_hook_can_add_headers_but_not_take_ours():
    added = {
        "traceparent": "00-ab-cd-01",
        "Authorization": "mine",
        "host": "elsewhere",
        "bad name": "x",
        "bad-value": "a\r\nb",
    }
    server = Server()
    hooks = Watching(before_request=added).hooks()
    use("sync", server, lambda client: client.get(REF), hooks)
    sent = server.seen[0].headers
    assert (sent["traceparent"], sent["authorization"], sent["host"]) == (
        "00-ab-cd-01",
        f"Key {KEY}",
        "app.datafold.com",
    )
    assert "bad-value" not in sent


@BOTH
def test_each_send_of_a_trigger_is_told_of_before_and_when_its_fate_is_known(kind):
    watching = Watching()
    server = Server(
        httpx.ConnectError("refused"), httpx.Response(429), httpx.Response(200, json={"run_id": 7})
    )
    run = use(
        kind, server, lambda client: client.trigger(datafold.Monitor(42)), watching.hooks(), clock=Clock(50)
    )
    before, after = watching.of("before_trigger"), watching.of("after_trigger")
    assert [sending.attempt for sending in before] == [1, 2, 3]
    assert {(sending.id, sending.target) for sending in before} == {(before[0].id, datafold.Monitor(42))}
    assert [sending for sending, _, _ in after] == before
    assert [(came, type(error)) for _, came, error in after] == [
        (None, TransportError),
        (None, RateLimited),
        (run, type(None)),
    ]
    assert [retrying.trigger for retrying in watching.of("on_retry")] == before[:2]
    assert [outgoing.trigger for outgoing in watching.of("before_request")] == before


def test_the_fate_of_a_lost_trigger_is_told_once_it_is_known():
    watching = Watching()
    empty = {"count": 0, "page": 1, "page_size": 100, "total_pages": 0, "runs": []}
    lists = [httpx.Response(200, json=empty) for _ in range(8)]
    server = Server(httpx.ReadTimeout("late"), *lists)
    with pytest.raises(AmbiguousTrigger) as caught:
        use(
            "sync",
            server,
            lambda client: client.trigger(datafold.Monitor(42)),
            watching.hooks(),
            clock=Clock(500),
        )
    ((_, run, error),) = watching.of("after_trigger")
    assert (run, error) == (None, caught.value)
    assert len(watching.of("before_trigger")) == 1


def test_a_hook_that_fails_loses_no_run(caplog):
    fails = dict.fromkeys(
        ("before_request", "after_response", "after_trigger", "on_retry"), ZeroDivisionError("mine")
    )
    hooks = Watching(**fails).hooks()
    server = Server(httpx.ConnectError("refused"), httpx.Response(200, json={"run_id": 7}))
    run = use("sync", server, lambda client: client.trigger(datafold.Monitor(42)), hooks)
    assert str(run.ref) == REF
    assert caplog.text.count("a hook failed") == 7


@BOTH
def test_a_ledger_that_can_t_write_stops_the_trigger(kind):
    """The one hook that may: nothing was sent, so nothing is lost."""
    server = Server()
    hooks = Watching(before_trigger=OSError("disk full")).hooks()
    with pytest.raises(OSError, match="disk full"):
        use(kind, server, lambda client: client.trigger(datafold.Monitor(42)), hooks)
    assert server.seen == []


@BOTH
def test_the_log_has_a_line_per_request_and_never_the_key(kind, caplog):
    caplog.set_level(logging.DEBUG, "omnirun")
    server = Server(httpx.ReadTimeout("late"))
    use(kind, server, lambda client: client.get(REF))
    with pytest.raises(NotFound):
        use(kind, Server(httpx.Response(404, text=KEY)), lambda client: client.get(REF))
    lines = [record.getMessage() for record in caplog.records if record.name == "omnirun"]
    url = "https://app.datafold.com/api/v1/monitors/42/runs/7"
    first, again, second, third = lines
    assert first.startswith(
        f"datafold: GET {url}: datafold: GET /api/v1/monitors/42/runs/7: no answer: late in "
    )
    assert again.startswith("datafold GET /api/v1/monitors/42/runs/7: again in 0.0 s, after failure 1: ")
    assert second.startswith(f"datafold: GET {url}: HTTP 200 in ")
    assert second.endswith(" s (request r-[key])")
    assert third.startswith(f"datafold: GET {url}: HTTP 404 in ")
    assert KEY not in caplog.text
