"""Sockets: what goes over the wire, how failures are sorted, and that no key leaves by a side door."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import inspect
import re
import socket
import threading
import time

import httpx
import pytest

from omnirun import Account, AmbiguousTrigger, AsyncClient, Client, Timeouts, WaitPolicy, datafold
from omnirun.accounts import Accounts
from omnirun.async_transport import AsyncTransport
from omnirun.clock import Clock
from omnirun.errors import ClientClosed, OmnirunError, TransportError
from omnirun.hooks import Hooks
from omnirun.registry import provider
from omnirun.scheduler import Step
from omnirun.transport import SyncTransport
from omnirun_raw.http import Request

KEY = "df-secret-key"
SOON = Timeouts(connect=2.0, read=0.3)


def whole(connection):
    """Read one request, its body included; what there is of it, if the other side leaves."""
    data = b""
    while more(data) and (part := connection.recv(65536)):
        data += part
    return data


def more(data):
    """Tell whether there is more to come of a request."""
    head, ended, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return not ended or (length is not None and len(body) < int(length[1]))


@contextlib.contextmanager
def listening(serve):
    """A server of one function over raw sockets: `serve(connection)` is called once a request was read."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard = []

        def work():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        heard.append(whole(connection) if serve.reads else b"")
                        serve(connection)

        threading.Thread(target=work, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)


def answering(content, *, reads=True):
    def serve(connection):
        if content is not None:
            connection.sendall(content)

    serve.reads = reads
    return serve


def stalling(connection):
    connection.recv(1)


stalling.reads = True


def http(status, body=b"{}", head=b""):
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n%s\r\n%s" % (
        status,
        len(body),
        head,
        body,
    )


def accounts(url):
    made = Accounts([Account("datafold", api_key=KEY, base_url=url + "/")], {}, provider)
    made.lane("datafold", "")
    return made


def request(method="POST", **rest):
    return Request(method, "/api/v1/monitors/42/run", "monitors.x", lambda response: response, **rest)


def send(kind, url, step, timeouts=SOON):
    if kind == "sync":
        transport = SyncTransport(accounts(url), timeouts, Hooks(), None)
        try:
            return transport.send(step)
        finally:
            transport.close()

    async def main():
        transport = AsyncTransport(accounts(url), timeouts, Hooks(), None)
        try:
            return await transport.send(step)
        finally:
            await transport.close()

    return asyncio.run(main())


READ = Step(request("GET"), "datafold")
BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


@BOTH
def test_a_request_goes_out_as_the_raw_client_built_it(kind):
    with listening(answering(http(200, b'{"run_id": 1}', b"X-Thing: a\r\n"))) as (url, heard):
        wanted = request(params=(("tag", "a b"), ("tag", "c")), json={"k": [1]}, headers=(("x-extra", "1"),))
        response = send(kind, url, Step(wanted, "datafold", fresh=True))
    (sent,) = heard
    head, _, body = sent.partition(b"\r\n\r\n")
    assert re.match(rb"POST /api/v1/monitors/42/run\?tag=a(\+|%20)b&tag=c HTTP/1.1\r\n", head)
    assert b"authorization: Key df-secret-key" in head
    assert b"x-extra: 1" in head
    assert body.replace(b" ", b"") == b'{"k":[1]}'
    assert (response.status, response.json(), response.headers["x-thing"]) == (200, {"run_id": 1}, "a")


@BOTH
@pytest.mark.parametrize(
    ("serve", "sent"),
    [
        (answering(None), True),
        (answering(None, reads=False), True),
        (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"), True),
        (answering(b"nonsense\r\n\r\n"), True),
        (stalling, True),
    ],
    ids=["closed after reading", "closed before reading", "cut", "no http", "stalled"],
)
def test_no_answer_is_ambiguous_unless_nothing_was_sent(kind, serve, sent):
    with listening(serve) as (url, _), pytest.raises(TransportError) as caught:
        send(kind, url, Step(request(), "datafold"))
    assert caught.value.sent is sent
    assert KEY not in f"{caught.value!r}{caught.value.__dict__}"


@BOTH
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://no.such.host.invalid"], ids=["refused", "no such host"]
)
def test_what_never_left_is_known_not_to_be_sent(kind, url):
    with pytest.raises(TransportError, match="not sent") as caught:
        send(kind, url, Step(request(), "datafold"))
    assert caught.value.sent is False


@BOTH
def test_redirects_are_not_followed_so_the_key_stays(kind):
    with listening(answering(http(302, b"", b"location: http://127.0.0.1:9/\r\n"))) as (url, heard):
        assert send(kind, url, Step(request("GET"), "datafold")).status == 302
    assert len(heard) == 1


@BOTH
def test_a_reply_that_repeats_the_key_has_it_blotted_out(kind):
    with listening(answering(http(401, b'{"detail": "bad key df-secret-key"}'))) as (url, _):
        assert send(kind, url, Step(request(), "datafold")).json() == {"detail": "bad key [key]"}


def test_a_lost_trigger_is_sent_once_over_the_wire():
    """The server reads the trigger and closes: the client lists, finds nothing, says so, and has sent one POST."""
    fast = Clock(speed=200)
    policy = WaitPolicy(retry_first=0.01, retry_cap=0.01)
    with listening(answering(None)) as (url, heard):
        account = Account("datafold", api_key=KEY, base_url=url)
        with Client(accounts=[account], clock=fast, policy=policy) as client, pytest.raises(AmbiguousTrigger):
            client.trigger(datafold.Monitor(42))
    assert sum(data.startswith(b"POST") for data in heard) == 1
    assert {data.split(b" ")[0] for data in heard} == {b"POST", b"GET"}


def test_any_client_with_the_interface_of_httpx_can_be_passed_in():
    made = []

    def factory(**options):
        made.append(set(options))
        return httpx.Client(transport=httpx.MockTransport(answer), **options)

    def answer(incoming):
        return httpx.Response(200, json={"run_id": 7})

    with Client(environ={"DATAFOLD_API_KEY": KEY}, http_client=factory) as client:
        assert str(client.trigger(datafold.Monitor(42)).ref) == "datafold:monitors/42/runs/7"
    assert all(options == {"limits", "timeout"} for options in made)


def test_requests_are_spread_over_small_pools():
    """Forty gets at once: no pool has more than eight."""
    most, now = [], {}

    class Counting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, incoming):
            now[self] = now.get(self, 0) + 1
            most.append(now[self])
            await asyncio.sleep(0.01)
            now[self] -= 1
            run = int(incoming.url.path.rpartition("/")[2])
            body = {"run_id": run, "monitor_id": 42, "state": "ok", "warnings": []}
            return httpx.Response(200, json=body, request=incoming)

    def factory(**options):
        return httpx.AsyncClient(transport=Counting(), **options)

    async def main():
        async with AsyncClient(environ={"DATAFOLD_API_KEY": KEY}, http_client=factory) as client:
            runs = await asyncio.gather(*(client.get(f"datafold:monitors/42/runs/{n}") for n in range(40)))
            assert len(runs) == 40

    asyncio.run(main())
    assert (max(most), len(now)) == (8, 5)


def test_the_pools_of_a_client_share_one_tls_context():
    transport = SyncTransport(accounts("https://localhost"), SOON, Hooks(), None)
    owners = [transport._take(READ).owner for _ in range(20)]
    assert len(set(map(id, owners))) == 20
    assert len({id(owner._pool._ssl_context) for owner in owners}) == 1
    transport.close()


@pytest.mark.parametrize(("factory", "size"), [(None, 1), (lambda **given: httpx.Client(**given), 8)])  # noqa: PLW0108 - not its very client
def test_a_connection_is_used_again_and_only_for_its_own_host(factory, size):
    with contextlib.closing(SyncTransport(accounts("http://h"), SOON, Hooks(), factory)) as transport:
        transport._accounts = Accounts(
            [Account(name, api_key=KEY, base_url=f"http://{name}") for name in ("datafold", "monid")],
            {},
            provider,
        )
        lanes = [transport._accounts.lane(name, "") for name in ("datafold", "monid")]
        one, two = (Step(request("GET"), lane) for lane in lanes)
        first = [transport._take(one) for _ in range(size)]
        other = transport._take(two)
        assert {id(pool) for pool in first} == {id(transport._pools[0])}
        assert other is not first[0]
        assert transport._take(one) not in (*first, other)
        transport._give_back(other, two, sound=True)
        assert transport._take(two) is other


@BOTH
def test_a_proxy_that_the_environment_names_is_used(kind, monkeypatch):
    with listening(answering(http(200, b"{}"))) as (proxy, heard):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        assert send(kind, "http://api.example.com", Step(request("GET"), "datafold")).status == 200
    assert heard[0].startswith(b"GET http://api.example.com/")


@BOTH
def test_a_host_that_no_proxy_names_is_asked_itself(kind, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with listening(answering(http(200, b"{}"))) as (url, _):
        assert send(kind, url, Step(request("GET"), "datafold")).status == 200


@pytest.mark.parametrize("proxied", [False, True])
def test_accounts_that_share_connections_share_no_cookies(proxied, monkeypatch):
    with (
        listening(answering(http(200, b"{}", b"set-cookie: session=of-one-account\r\n"))) as (url, heard),
        contextlib.closing(SyncTransport(accounts(url), SOON, Hooks(), None)) as transport,
    ):
        monkeypatch.setenv("NO_PROXY", "")
        if proxied:
            monkeypatch.setenv("HTTP_PROXY", url)
        for _ in range(2):
            transport.send(READ)
        assert isinstance(transport._pools[0].owner, httpx.Client) is proxied
    assert len(heard) == 2
    assert b"cookie" not in heard[1].lower()


@BOTH
def test_a_body_that_is_packed_is_unpacked(kind):
    packed = gzip.compress(b'{"run_id": 7}')
    with listening(answering(http(200, packed, b"content-encoding: gzip\r\n"))) as (url, heard):
        assert send(kind, url, Step(request("GET"), "datafold")).json() == {"run_id": 7}
    assert b"accept-encoding: gzip, deflate\r\n" in heard[0].lower()


@BOTH
def test_an_error_holds_no_request_and_so_no_key(kind):
    """httpx's errors hold the request with its headers; ours has neither them nor a context that does."""
    with listening(answering(None)) as (url, _), pytest.raises(TransportError) as caught:
        send(kind, url, Step(request(), "datafold"))
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)


def test_errors_of_another_library_are_transport_errors_too():
    def broken(_):
        raise ZeroDivisionError("of its own")

    def factory(**_):
        return httpx.Client(transport=httpx.MockTransport(broken))

    transport = SyncTransport(accounts("http://127.0.0.1:9"), SOON, Hooks(), factory)
    with pytest.raises(TransportError, match="no answer: of its own") as caught:
        transport.send(Step(request(), "datafold"))
    assert caught.value.sent


def test_a_success_is_never_rewritten():
    with listening(answering(http(200, b'{"say": "df-secret-key"}'))) as (url, _):
        assert send("sync", url, Step(request(), "datafold")).json() == {"say": KEY}


# ---- hostile replies


def dripping(connection):
    """A body that comes a byte at a time and never ends, faster than any read times out."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{")
        while True:
            connection.sendall(b" ")
            time.sleep(0.005)


dripping.reads = True


@BOTH
def test_a_reply_that_drips_for_ever_ends_at_its_deadline(kind):
    soon = Timeouts(connect=2.0, read=5.0, total=0.1)
    with (
        listening(dripping) as (url, _),
        pytest.raises(TransportError, match=r"no answer: it was not whole after 0\.1 s") as caught,
    ):
        send(kind, url, Step(request("GET"), "datafold"), soon)
    assert caught.value.sent
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)


def dripping_headers(connection):
    """Headers without end, which no body and no size of an incomplete line ends."""
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.005)


dripping_headers.reads = True


def test_a_body_that_takes_too_long_ends_whoever_brings_it():
    """A client that was passed in may have no sockets to hang up on: its replies are timed part by part."""

    def factory(**_):
        return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"{}")))

    never = Timeouts(total=1e-9)
    transport = SyncTransport(accounts("http://127.0.0.1:9"), never, Hooks(), factory)
    with pytest.raises(TransportError, match="it was not whole after 1e-09 s") as caught:
        transport.send(Step(request(), "datafold"))
    assert caught.value.sent
    transport.close()


@BOTH
@pytest.mark.parametrize("fresh", [False, True])
def test_headers_that_drip_for_ever_end_at_the_deadline_too(kind, fresh):
    soon = Timeouts(connect=2.0, read=5.0, total=0.1)
    with (
        listening(dripping_headers) as (url, _),
        pytest.raises(TransportError, match=r"no answer: it was not whole after 0\.1 s") as caught,
    ):
        send(kind, url, Step(request("POST"), "datafold", fresh=fresh), soon)
    assert caught.value.sent


def test_a_pool_that_was_hung_up_on_is_replaced_and_the_watchdog_goes_home():
    """Whoever waits for one server is not kept by another, and nothing is left running."""
    soon = Timeouts(connect=2.0, read=5.0, total=1.0)
    with listening(dripping_headers) as (bad, _), listening(answering(http(200, b"{}"))) as (good, _):
        made = Accounts(
            [Account("datafold", api_key=KEY, base_url=bad), Account("monid", api_key=KEY, base_url=good)],
            {},
            provider,
        )
        for name in ("datafold", "monid"):
            made.lane(name, "")
        transport = SyncTransport(made, soon, Hooks(), None)
        transport.send(Step(request("GET"), "monid"))
        (before,) = transport._pools
        with pytest.raises(TransportError):
            transport.send(Step(request("GET"), "datafold"))
        assert transport._pools == [before]
        assert transport._free == {good: [before], bad: []}
        assert transport.send(Step(request("GET"), "monid")).status == 200
        watchdog = transport._watchdog
        thread = watchdog._thread
        thread.join(10)
        assert (thread.is_alive(), watchdog._thread, watchdog._under_way) == (False, None, {})
        transport.close()


def test_a_client_that_was_hung_up_on_is_closed_once_it_serves_nobody():
    def factory(**given):
        return httpx.Client(**given)

    with (
        listening(dripping_headers) as (url, _),
        contextlib.closing(
            SyncTransport(accounts(url), Timeouts(connect=2.0, read=5.0, total=0.5), Hooks(), factory)
        ) as transport,
    ):
        pool = transport._take(READ)
        transport._give_back(pool, READ, sound=True)
        with pytest.raises(TransportError, match="not whole after"):
            transport.send(READ)
        assert (pool.owner.is_closed, transport._pools, transport._free) == (True, [], {url: []})


@BOTH
def test_a_reply_that_is_too_large_is_not_read_to_its_end(kind, monkeypatch):
    monkeypatch.setattr("omnirun.exchange._LARGEST", 2**20)
    with (
        listening(answering(http(200, b" " * 2**21))) as (url, _),
        pytest.raises(TransportError, match="no answer: the body is larger than 1 MB") as caught,
    ):
        send(kind, url, Step(request("GET"), "datafold"))
    assert caught.value.sent


@BOTH
def test_a_bomb_of_compressed_zeros_is_not_unpacked_to_its_end(kind, monkeypatch):
    monkeypatch.setattr("omnirun.exchange._LARGEST", 2**20)
    bomb = gzip.compress(bytes(2**24))
    with (
        listening(answering(http(200, bomb, b"content-encoding: gzip\r\n"))) as (url, _),
        pytest.raises(TransportError, match="larger than 1 MB"),
    ):
        send(kind, url, Step(request("GET"), "datafold"))


@pytest.mark.parametrize("name", ["connect", "read", "total"])
@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan")])
def test_timeouts_are_finite(name, value):
    with pytest.raises(ValueError, match=f"the timeout {name} is a number of seconds above 0"):
        Timeouts(**{name: value})


def test_a_factory_that_fails_is_one_clear_error_and_nothing_is_sent():
    def factory(**_):
        raise FileNotFoundError("ca.pem")

    with Client(environ={"DATAFOLD_API_KEY": KEY}, http_client=factory) as client:
        for verb in (
            lambda: client.trigger(datafold.Monitor(42)),
            lambda: client.get("datafold:monitors/1/runs/2"),
        ):
            with pytest.raises(OmnirunError, match=r"nothing was sent: FileNotFoundError\('ca.pem'\)"):
                verb()


UNSENT = ["ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"]
UNKNOWN = [
    "ReadError",
    "ReadTimeout",
    "WriteError",
    "WriteTimeout",
    "CloseError",
    "RemoteProtocolError",
    "DecodingError",
]


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("name", [*UNSENT, *UNKNOWN])
def test_errors_are_sorted_by_what_they_leave_open(name, library):
    """Whether a trigger may be sent again hangs on this table; it holds for both libraries."""
    made = pytest.importorskip(library)

    def handler(_):
        raise getattr(made, name)("it went wrong")

    transport = SyncTransport(
        accounts("http://127.0.0.1:9"),
        SOON,
        Hooks(),
        lambda **_: made.Client(transport=made.MockTransport(handler)),
    )
    with pytest.raises(TransportError, match="it went wrong") as caught:
        transport.send(Step(request(), "datafold"))
    assert caught.value.sent is (name in UNKNOWN)


def test_a_host_that_does_not_resolve_and_a_port_without_tls_are_certainly_not_sent():
    for url in ("http://no-such-host.invalid", "https://127.0.0.1:{port}"):
        with (
            listening(answering(http(200))) as (plain, _),
            pytest.raises(TransportError, match="not sent") as caught,
        ):
            send("sync", url.format(port=plain.rpartition(":")[2]), Step(request(), "datafold"))
        assert not caught.value.sent


# ---- another library with the interface of httpx


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_the_very_client_of_a_library_names_the_library_and_needs_no_client(library):
    """A client of the caller's making is used as it is; a library's own one only says which library."""
    named = pytest.importorskip(library)
    for factory, kind in (
        (named.Client, named.HTTPTransport),
        (lambda **given: named.Client(**given), named.Client),  # noqa: PLW0108 - not its very client
    ):
        with contextlib.closing(SyncTransport(accounts("http://h"), SOON, Hooks(), factory)) as transport:
            assert isinstance(transport._take(READ).owner, kind)


@BOTH
def test_a_client_of_httpx2_does_as_well(kind):
    httpx2 = pytest.importorskip("httpx2")
    factory = httpx2.Client if kind == "sync" else httpx2.AsyncClient

    body = b'{"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}'
    with listening(answering(http(200, body))) as (url, heard):
        account = Account("datafold", api_key=KEY, base_url=url)
        if kind == "sync":
            with Client(accounts=[account], http_client=factory) as client:
                run = client.get("datafold:monitors/42/runs/7")
        else:

            async def main():
                async with AsyncClient(accounts=[account], http_client=factory) as client:
                    return await client.get("datafold:monitors/42/runs/7")

            run = asyncio.run(main())
    assert (run.state, b"authorization: Key df-secret-key" in heard[0]) == ("ok", True)


# ---- what must not go wrong because connections are used again


async def outcome(made):
    """What a call of either world comes to."""
    return await made if inspect.isawaitable(made) else made


@contextlib.asynccontextmanager
async def staying():
    """A server that keeps its connections open."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.05)


def test_a_request_that_is_cancelled_anywhere_spoils_none_that_follow():
    """Twice, a step apart: httpcore may take its connection for busy ever after."""

    async def main():
        async with staying() as url:
            transport = AsyncTransport(accounts(url), Timeouts(connect=2.0, read=2.0), Hooks(), None)
            for steps in range(60):
                task = asyncio.create_task(transport.send(READ))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert (await transport.send(READ)).status == 200
            await transport.close()

    asyncio.run(main())


@BOTH
def test_a_connection_whose_exchange_did_not_end_well_is_not_used_again(kind):
    """What its library makes of it does not matter then."""
    world = SyncTransport if kind == "sync" else AsyncTransport

    def cut(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")

    cut.reads = True

    async def main():
        with listening(cut) as (url, _):
            transport = world(accounts(url), SOON, Hooks(), None)
            for _ in range(3):
                with pytest.raises(TransportError):
                    await outcome(transport.send(READ))
                assert (transport._pools, transport._free) == ([], {url: []})
            await outcome(transport.close())

    asyncio.run(main())


@BOTH
@pytest.mark.parametrize("fresh", [True, False])
def test_a_closed_transport_sends_nothing(kind, fresh):
    world = SyncTransport if kind == "sync" else AsyncTransport

    async def main():
        with listening(answering(http(200))) as (url, heard):
            transport = world(accounts(url), SOON, Hooks(), None)
            busy = transport._take(READ)
            await outcome(transport.close())
            with pytest.raises(ClientClosed):
                await outcome(transport.send(Step(request("GET"), "datafold", fresh=fresh)))
            assert transport._give_back(busy, READ, sound=True)
            assert heard == []

    asyncio.run(main())


@BOTH
def test_a_read_that_is_to_be_sent_again_is_not_once_the_client_is_closed(kind):
    late = http(503, b"{}", b"retry-after: 1\r\n")
    with listening(answering(late)) as (url, heard):
        account = Account("datafold", api_key=KEY, base_url=url)

        async def main():
            client = AsyncClient(accounts=[account])
            read = asyncio.create_task(client.get("datafold:monitors/42/runs/7"))
            await asyncio.sleep(0.5)
            await client.close()
            with pytest.raises(ClientClosed):
                await read

        if kind == "async":
            asyncio.run(main())
        else:
            client = Client(accounts=[account])
            threading.Timer(0.5, client.close).start()
            with pytest.raises(ClientClosed):
                client.get("datafold:monitors/42/runs/7")
    assert len(heard) == 1


@pytest.mark.parametrize(("kind", "wrong"), [(Client, httpx.AsyncClient), (AsyncClient, httpx.Client)])
def test_a_client_of_the_other_world_sends_nothing(kind, wrong):
    def factory(**given):
        return wrong(**given)

    with listening(answering(http(200))) as (url, heard):
        account = Account("datafold", api_key=KEY, base_url=url)

        async def main():
            client = kind(accounts=[account], http_client=factory)
            with pytest.raises(OmnirunError, match="nothing was sent"):
                await outcome(client.get("datafold:monitors/42/runs/7"))
            await outcome(client.close())

        asyncio.run(main())
    assert heard == []


def test_a_client_of_the_callers_says_itself_what_it_unpacks():
    def factory(**given):
        return httpx.Client(headers={"accept-encoding": "identity"}, **given)

    with (
        listening(answering(http(200))) as (url, heard),
        contextlib.closing(SyncTransport(accounts(url), SOON, Hooks(), factory)) as transport,
    ):
        transport.send(READ)
    assert b"accept-encoding: identity\r\n" in heard[0].lower()


@BOTH
def test_headers_are_read_as_utf_8_or_latin_1_and_joined(kind):
    head = "x-a: grün\r\n".encode() + "x-b: grün\r\n".encode("latin-1") + b"X-C: 1\r\nx-c: 2\r\n"
    with listening(answering(http(200, b"{}", head))) as (url, _):
        headers = send(kind, url, READ).headers
    assert (headers["x-a"], headers["x-b"], headers["x-c"]) == ("grün", "grün", "1, 2")
