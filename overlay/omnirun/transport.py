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
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from omnirun.errors import OmnirunError
from omnirun.exchange import Exchange
from omnirun.watchdog import Watchdog

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Mapping

    from omnirun.accounts import Accounts
    from omnirun.exchange import Timeouts
    from omnirun.hooks import Hooks
    from omnirun.scheduler import Step
    from omnirun_raw.http import Response

_CLIENT_SIZE = 8
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")

PLACES = 64
"""How many requests may be under way at once."""

Factory = Callable[..., Any]
"""Makes an HTTP client with httpx's interface from `limits=` and `timeout=`; proxies and trust are its own business."""


@attrs.define(eq=False)
class Pool:
    """A connection or a few, how many requests they are busy with, and their sockets.

    Attributes:
        owner: what is closed in the end: a transport or a client.
        request: makes a request of its library.
        send: sends one; gives (or, in an event loop, promises) a reply whose body is not read yet.
        size: how many connections it has at most.
        alone: it serves a single request.
    """

    owner: Any
    request: Callable[..., Any]
    send: Callable[[Any], Any]
    size: int = 1
    alone: bool = False
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


class Pools:
    """Pools made when needed, and who may use them next; what is shared by sync and async."""

    transport: ClassVar[str]
    """The name of httpx's transport."""

    handle: ClassVar[str]
    """The name of its method that sends a request."""

    client: ClassVar[str]
    """The name of httpx's client."""

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        self._accounts = accounts
        self._hooks = hooks
        self._factory = factory
        self._total = timeouts.total
        read = min(timeouts.read, timeouts.total)
        self._timeout = (timeouts.connect, read, read, read)  # a tuple, which httpx's kin understand too
        names = ("connect", "read", "write", "pool")
        self._limits = {"timeout": dict(zip(names, self._timeout, strict=True))}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._pools: list[Pool] = []
        self._free: dict[str, list[Pool]] = {}  # by base URL, once for each free connection

    def _take(self, base_url: str) -> Pool:
        """Choose the pool that was busy last, for its connection is open; a new one if there is none."""
        free = self._free.setdefault(base_url, [])
        if not free:
            pool = self._open()
            self._pools.append(pool)
            free += [pool] * pool.size
        pool = free.pop()
        pool.busy += 1
        return pool

    @contextmanager
    def _pool(self, step: Step) -> Generator[Pool, None, None]:
        """Lend a pool."""
        if step.fresh:
            yield self._open(alone=True)
            return
        base_url = self._accounts.door(step.lane).base_url
        with self._lock:
            pool = self._take(base_url)
        try:
            yield pool
        finally:
            with self._lock:
                pool.busy -= 1
                over = pool.retired and not pool.busy
                if not pool.retired:
                    self._free[base_url].append(pool)
            if over:
                pool.owner.close()

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
        return Pool(transport, library.Request, getattr(transport, self.handle), 1, alone)

    def _exchange(self, step: Step) -> Exchange:
        return Exchange(step, self._accounts.door(step.lane), self._hooks, self._total)


class SyncTransport(Pools):
    """Sends from threads; each blocks until its reply is there."""

    transport, handle, client = "HTTPTransport", "handle_request", "Client"

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, hooks, factory)
        self._places = threading.BoundedSemaphore(PLACES)
        self._watchdog = Watchdog(timeouts.total)

    def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no whole answer came back.
        """
        exchange = self._exchange(step)
        with self._places, self._pool(step) as pool, pool.lent, exchange:
            mark = self._watchdog.begin(partial(self._give_up, pool))
            try:
                extensions = {**self._limits, "trace": pool.trace}
                request = pool.request(**exchange.arguments, extensions=extensions)
                with closing(pool.send(request)) as reply:
                    exchange.begin(reply.status_code, reply.headers.raw)
                    for chunk in reply.iter_bytes():
                        exchange.take(chunk)
            finally:
                self._watchdog.done(mark)
        return exchange.result()

    def close(self) -> None:
        """Close all connections."""
        self._watchdog.close()
        for pool in self._pools:
            pool.owner.close()

    def _give_up(self, pool: Pool) -> None:
        """End a request that is overdue; reads that share its pool fail with it and are sent again by their flows."""
        with self._lock:
            pool.retired = True
            self._pools = [other for other in self._pools if other is not pool]
            for base_url, free in self._free.items():
                self._free[base_url] = [other for other in free if other is not pool]
        pool.hang_up()


def _limits(library: Any, size: int, *, alone: bool) -> Any:
    return library.Limits(max_connections=size, max_keepalive_connections=0 if alone else size)


def _library(make: Factory, name: str) -> Any:
    """Find the library, httpx or its kin, whose very client is asked for; None if the caller makes one of his own."""
    library = sys.modules.get(str(getattr(make, "__module__", "")).partition(".")[0])
    return library if getattr(library, name, None) is make else None


def _proxies() -> bool:
    """Tell whether the environment (on some systems, its settings) names a proxy, as httpx would find it."""
    from urllib.request import getproxies  # noqa: PLC0415 - httpx has imported it by now

    return not {"http", "https", "all"}.isdisjoint(getproxies())
