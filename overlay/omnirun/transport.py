"""Sockets: the one module that names the HTTP library.

httpx by default; any client with its interface can be passed in as a factory. A large pool of httpx collapses under its
own bookkeeping (each request looks at every connection), so requests are spread over many pools that share one TLS
context. A pool is a bare transport with a single connection: a client around it would merge, redirect, authenticate
and keep cookies, which here is done elsewhere or must not be (accounts share the pools), for a third of the time of a
request. It is a client with eight connections where the caller makes one, and where the environment names a proxy,
which clients know of. A trigger has a connection of its own.

What is said over a connection, and what is made of what goes wrong, is `omnirun.exchange`'s business; that a thread
does not wait for ever is `omnirun.watchdog`'s.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from omnirun.errors import ClientClosed, OmnirunError
from omnirun.exchange import Exchange
from omnirun.watchdog import Watchdog

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from omnirun.accounts import Accounts
    from omnirun.exchange import Timeouts
    from omnirun.hooks import Hooks
    from omnirun.scheduler import Step
    from omnirun_raw.http import Response

_CLIENT_SIZE = 8
_UNPACKED = {"accept-encoding": "gzip, deflate"}  # by every library; a client says itself what it unpacks
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")

PLACES = 64
"""How many requests may be under way at once."""

Factory = Callable[..., Any]
"""Makes an HTTP client with httpx's interface (`build_request`, `send`, `close` or `aclose`) from `limits=` and
`timeout=`; proxies, trust and cookies are its own business."""


@attrs.define(eq=False)
class Pool:
    """A connection or a few, how many requests they are busy with, and their sockets.

    Attributes:
        owner: what is closed in the end: a transport or a client.
        request: makes a request of its library.
        send: sends one; gives (or, in an event loop, promises) a reply whose body is not read yet.
        size: how many connections it has at most.
        alone: it serves a single request.
        headers: what a request of it says besides.
        extensions: what its library is told besides.
    """

    owner: Any
    request: Callable[..., Any]
    send: Callable[[Any], Any]
    size: int = 1
    alone: bool = False
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    extensions: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    busy: int = 0
    retired: bool = False
    _sockets: list[socket.socket] = attrs.field(factory=list["socket.socket"], init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @property
    def lent(self) -> Any:
        """A context manager of either world, which closes a pool that is alone."""
        return self.owner if self.alone else nullcontext()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a new socket; the `trace` extension of httpx's requests."""
        if event.endswith(_CONNECTED):
            connected = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets = [one for one in (*self._sockets, connected) if one.fileno() >= 0]

    def hang_up(self) -> None:
        """End what is read from its sockets, whichever thread reads; they are closed by those who do."""
        with self._lock:
            sockets = self._sockets
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close it; its library is asked only for a client, for a Ctrl-C may have left a lock of it held."""
        if self.size > 1:
            self.owner.close()
            return
        self.hang_up()
        for one in self._sockets:
            one.close()


class Pools:
    """Pools made when needed, and who may use them next; what is shared by sync and async."""

    transport: ClassVar[str]
    """The name of httpx's transport."""

    handle: ClassVar[str]
    """The name of its method that sends a request."""

    client: ClassVar[str]
    """The name of httpx's client."""

    closes: ClassVar[str]
    """The name of the method that closes one."""

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        self._accounts = accounts
        self._hooks = hooks
        self._factory = factory
        self._total = timeouts.total
        read = min(timeouts.read, timeouts.total)
        self._timeout = (timeouts.connect, read, read, read)  # a tuple, which httpx's kin understand too
        names = ("connect", "read", "write", "pool")
        self._extensions = {"timeout": dict(zip(names, self._timeout, strict=True))}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._pools: list[Pool] = []
        self._free: dict[str, list[Pool]] = {}  # by base URL, once for each free connection
        self._closed = False

    def _take(self, step: Step) -> Pool:
        """Choose the pool that was busy last, for its connection is open; a new one if there is none."""
        with self._lock:
            if self._closed:
                raise ClientClosed
            if not step.fresh:
                free = self._free.setdefault(self._accounts.door(step.lane).base_url, [])
                if not free:
                    pool = self._open()
                    self._pools.append(pool)
                    free += [pool] * pool.size
                pool = free.pop()
                pool.busy += 1
                return pool
        return self._open(alone=True)

    def _give_back(self, pool: Pool, step: Step, *, sound: bool) -> bool:
        """Take a pool back; tells whether it is to be closed.

        A single connection whose exchange did not end well is not used again: its library may take it for busy.
        """
        with self._lock:
            if pool.alone:
                return False
            pool.busy -= 1
            if self._closed or not (sound or pool.size > 1):
                self._retire(pool)
            if not pool.retired:
                self._free[self._accounts.door(step.lane).base_url].append(pool)
            return pool.retired and not pool.busy

    def _retire(self, pool: Pool) -> None:
        """Use a pool no more; called with the lock held."""
        pool.retired = True
        self._pools = [other for other in self._pools if other is not pool]
        for base_url, free in self._free.items():
            self._free[base_url] = [other for other in free if other is not pool]

    def _close(self) -> list[Pool]:
        """Lend no pool any more; gives those to close."""
        with self._lock:
            self._closed = True
            return self._pools

    def _open(self, *, alone: bool = False) -> Pool:
        import httpx  # noqa: PLC0415 - it takes longer than all of omnirun; who only opens a client doesn't pay

        make = self._factory or getattr(httpx, self.client)
        library = _library(make, self.client)
        try:
            if library is not None:
                self._tls = self._tls or library.create_ssl_context()
                if not _proxies():
                    return self._bare(library, alone=alone)
                make = partial(make, verify=self._tls)
            size = 1 if alone else _CLIENT_SIZE
            client = make(limits=_limits(library or httpx, size, alone=alone), timeout=self._timeout)
            getattr(client, self.closes)  # one of the other world is refused before anything is sent
            if library is not None:
                _without_cookies(client)
            send = partial(client.send, stream=True, follow_redirects=False)  # the key stays where it belongs
            return Pool(client, client.build_request, send, size, alone)
        except Exception as error:
            raise OmnirunError(
                f"no HTTP client could be made, so nothing was sent: {error!r}. Look at what http_client= makes, and "
                "at the proxies and certificates that the environment names."
            ) from error

    def _bare(self, library: Any, *, alone: bool) -> Pool:
        transport = getattr(library, self.transport)(
            limits=_limits(library, 1, alone=alone), verify=self._tls
        )
        handle = getattr(transport, self.handle)
        return Pool(transport, library.Request, handle, 1, alone, _UNPACKED, self._extensions)

    def _exchange(self, step: Step) -> Exchange:
        return Exchange(step, self._accounts.door(step.lane), self._hooks, self._total)


class SyncTransport(Pools):
    """Sends from threads; each blocks until its reply is there."""

    transport, handle, client, closes = "HTTPTransport", "handle_request", "Client", "close"

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, hooks, factory)
        self._places = threading.BoundedSemaphore(PLACES)
        self._watchdog = Watchdog(timeouts.total)

    def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no whole answer came back.
        """
        with self._places:
            exchange = self._exchange(step)
            pool = self._take(step)
            try:
                with pool.lent, exchange:
                    self._converse(pool, exchange)
            finally:
                if self._give_back(pool, step, sound=exchange.whole):
                    pool.end()
        return exchange.result()

    def close(self) -> None:
        """Close all connections."""
        self._watchdog.close()
        for pool in self._close():
            pool.owner.close()

    def _converse(self, pool: Pool, exchange: Exchange) -> None:
        mark = self._watchdog.begin(partial(self._give_up, pool))
        try:
            extensions = {**pool.extensions, "trace": pool.trace}
            request = pool.request(**exchange.arguments(pool.headers), extensions=extensions)
            with closing(pool.send(request)) as reply:
                exchange.begin(reply.status_code, reply.headers.raw)
                for chunk in reply.iter_bytes():
                    exchange.take(chunk)
        finally:
            self._watchdog.done(mark)

    def _give_up(self, pool: Pool) -> None:
        """End a request that is overdue; reads that share its pool fail with it and are sent again by their flows."""
        with self._lock:
            self._retire(pool)
        pool.hang_up()


def _limits(library: Any, size: int, *, alone: bool) -> Any:
    return library.Limits(max_connections=size, max_keepalive_connections=0 if alone else size)


def _without_cookies(client: Any) -> None:
    """Let a client keep no cookies: accounts share it."""
    from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415 - its library has imported it by now

    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))


def _library(make: Factory, name: str) -> Any:
    """Find the library, httpx or its kin, whose very client is asked for; None if the caller makes one of his own."""
    library = sys.modules.get(str(getattr(make, "__module__", "")).partition(".")[0])
    return library if getattr(library, name, None) is make else None


def _proxies() -> bool:
    """Tell whether the environment (on some systems, its settings) names a proxy, as httpx would find it."""
    from urllib.request import getproxies  # noqa: PLC0415 - httpx has imported it by now

    return not {"http", "https", "all"}.isdisjoint(getproxies())
