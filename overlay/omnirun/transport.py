"""Sockets: the one module that names the HTTP library.

httpx by default; any client with its interface can be passed in as a factory. Requests are spread over small pools
(one large httpx pool collapses under its own bookkeeping) that share one TLS context; a trigger has a connection of
its own. A pool is a bare transport of httpx: a client around it would merge, redirect, authenticate and keep cookies,
which here is done elsewhere or must not be (accounts share the pools), for a third of the time of a request. Only
where the environment names a proxy is it a client, which knows the proxies. What is said over a connection, and what
is made of what goes wrong, is `omnirun.exchange`'s business; that a thread does not wait for ever is
`omnirun.watchdog`'s.
"""

from __future__ import annotations

import socket
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

_POOL_SIZE = 8
_POOLS = 8
_POOL = {"max_connections": _POOL_SIZE, "max_keepalive_connections": _POOL_SIZE}
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")
_ALONE = {"max_connections": 1, "max_keepalive_connections": 0}

PLACES = _POOL_SIZE * _POOLS

Factory = Callable[..., Any]
"""Makes an HTTP client with httpx's interface from `limits=` and `timeout=`; proxies and trust are its own business."""


@attrs.define(eq=False)
class Pool:
    """A few connections, how many requests they are busy with, and their sockets.

    Attributes:
        owner: what is closed in the end: a transport or a client.
        request: makes a request of its library.
        send: sends one; gives (or, in an event loop, promises) a reply whose body is not read yet.
        alone: it serves a single request.
    """

    owner: Any
    request: Callable[..., Any]
    send: Callable[[Any], Any]
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
    """Clients made when needed, each with a few connections; what is shared by sync and async."""

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

    def _take(self) -> Pool:
        """Choose the least busy pool; a new one if all are full. The caller holds no more than all pools' size."""
        pool = min(self._pools, key=_busy, default=None)
        if pool is None or (pool.busy >= _POOL_SIZE and len(self._pools) < _POOLS):
            pool = self._open(_POOL)
            self._pools.append(pool)
        pool.busy += 1
        return pool

    @contextmanager
    def _pool(self, step: Step) -> Generator[Pool, None, None]:
        """Lend a pool."""
        if step.fresh:
            yield self._open(_ALONE, alone=True)
            return
        with self._lock:
            pool = self._take()
        try:
            yield pool
        finally:
            with self._lock:
                pool.busy -= 1
                over = pool.retired and not pool.busy
            if over:
                pool.owner.close()

    def _open(self, connections: Mapping[str, int], *, alone: bool = False) -> Pool:
        import httpx  # noqa: PLC0415 - it takes longer than all of omnirun; who only opens a client doesn't pay

        limits = httpx.Limits(**connections)
        try:
            if self._factory is None:
                self._tls = self._tls or httpx.create_ssl_context()
                if not _proxies():
                    transport = getattr(httpx, self.transport)(limits=limits, verify=self._tls)
                    return Pool(transport, httpx.Request, getattr(transport, self.handle), alone=alone)
            make: Factory = self._factory or partial(getattr(httpx, self.client), verify=self._tls)
            client = make(limits=limits, timeout=self._timeout)
            send = partial(client.send, stream=True, follow_redirects=False)  # the key stays where it belongs
            return Pool(client, client.build_request, send, alone=alone)
        except Exception as error:
            raise OmnirunError(
                f"no HTTP client could be made, so nothing was sent: {error!r}. Look at what http_client= makes, and "
                "at the proxies and certificates that the environment names."
            ) from error

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
        pool.hang_up()


def _busy(pool: Pool) -> int:
    return pool.busy


def _proxies() -> bool:
    """Tell whether the environment (on some systems, its settings) names a proxy, as httpx would find it."""
    from urllib.request import getproxies  # noqa: PLC0415 - httpx has imported it by now

    return not {"http", "https", "all"}.isdisjoint(getproxies())
