"""Sockets: the one module that names the HTTP library.

httpx by default; any client with its interface can be passed in as a factory. Requests are spread over small pools
(one large httpx pool collapses under its own bookkeeping) that share one TLS context; a trigger has a connection of
its own. What is said over a connection, and what is made of what goes wrong, is `omnirun.exchange`'s business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from omnirun._version import __version__
from omnirun.errors import OmnirunError
from omnirun.exchange import Exchange

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
_HEADERS = {"user-agent": f"omnirun/{__version__}", "accept": "application/json"}
_POOL = {"max_connections": _POOL_SIZE, "max_keepalive_connections": _POOL_SIZE}
_ALONE = {"max_connections": 1, "max_keepalive_connections": 0}

PLACES = _POOL_SIZE * _POOLS

Factory = Callable[..., Any]
"""Makes an HTTP client with httpx's interface from `limits=` and `timeout=`; proxies and trust are its own business."""


class Pools:
    """Clients made when needed, each with a few connections; what is shared by sync and async."""

    standard: ClassVar[str]
    """The name of httpx's client."""

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        self._accounts = accounts
        self._hooks = hooks
        self._factory = factory
        self._total = timeouts.total
        read = min(timeouts.read, timeouts.total)
        self._timeout = (timeouts.connect, read, read, read)  # a tuple, which httpx's kin understand too
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._clients: list[Any] = []
        self._busy: list[int] = []

    def _take(self) -> int:
        """Choose the least busy pool; a new one if all are full. The caller holds no more than all pools' size."""
        index = min(range(len(self._busy)), key=self._busy.__getitem__, default=None)
        if index is None or (self._busy[index] >= _POOL_SIZE and len(self._busy) < _POOLS):
            self._clients.append(self._open(_POOL))
            self._busy.append(0)
            index = len(self._busy) - 1
        self._busy[index] += 1
        return index

    @contextmanager
    def _client(self, step: Step) -> Generator[Any, None, None]:
        """Lend a client, as a context manager of either world; one made for a single request is closed by it."""
        if step.fresh:
            yield self._open(_ALONE)
            return
        with self._lock:
            index = self._take()
        try:
            yield nullcontext(self._clients[index])
        finally:
            with self._lock:
                self._busy[index] -= 1

    def _open(self, connections: Mapping[str, int]) -> Any:
        import httpx  # noqa: PLC0415 - it takes longer than all of omnirun; who only opens a client doesn't pay

        limits = httpx.Limits(**connections)
        try:
            if self._factory is not None:
                client = self._factory(limits=limits, timeout=self._timeout)
            else:
                self._tls = self._tls or httpx.create_ssl_context()
                made: Factory = getattr(httpx, self.standard)
                client = made(limits=limits, timeout=self._timeout, verify=self._tls)
            client.headers.update(_HEADERS)
        except Exception as error:
            raise OmnirunError(
                f"no HTTP client could be made, so nothing was sent: {error!r}. Look at what http_client= makes, and "
                "at the proxies and certificates that the environment names."
            ) from error
        return client

    def _exchange(self, step: Step) -> Exchange:
        return Exchange(step, self._accounts.door(step.lane), self._hooks, self._total)


class SyncTransport(Pools):
    """Sends from threads; each blocks until its reply is there."""

    standard = "Client"

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, hooks, factory)
        self._places = threading.BoundedSemaphore(PLACES)

    def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no whole answer came back.
        """
        exchange = self._exchange(step)
        with (
            self._places,
            self._client(step) as lent,
            lent as client,
            exchange,
            client.stream(**exchange.arguments) as reply,
        ):
            exchange.begin(reply.status_code, reply.headers)
            for chunk in reply.iter_bytes():
                exchange.take(chunk)
        return exchange.result()

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()
