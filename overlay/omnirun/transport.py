"""Sockets: the one module that names the HTTP library.

httpx by default; any client with its interface can be passed in as a factory. Requests are spread over small pools
(one large httpx pool collapses under its own bookkeeping) that share one TLS context. What goes wrong is sorted into
two kinds: certainly not sent, or nobody knows. Redirects are not followed, so the key stays where it belongs, and a
reply that repeats the key has it blotted out.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from omnirun._version import __version__
from omnirun.errors import TransportError
from omnirun_raw.http import UNSET, Response

if TYPE_CHECKING:
    import ssl

    from omnirun.accounts import Accounts, Door
    from omnirun.scheduler import Step

_POOL_SIZE = 8
_POOLS = 8
_POOL = httpx.Limits(max_connections=_POOL_SIZE, max_keepalive_connections=_POOL_SIZE)
_ALONE = httpx.Limits(max_connections=1, max_keepalive_connections=0)
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_REDIRECTS = {"follow_redirects": False}
_ERRORS_FROM = 400
_SHORTEST_KEY = 8  # what is shorter may well be a word


@attrs.frozen
class Timeouts:
    """How long a request may take, in seconds; the deadline of a wait is another matter.

    Attributes:
        connect: until the connection stands.
        read: without a byte of the reply (a reply that keeps dripping in takes as long as it takes).
    """

    connect: float = 10.0
    read: float = 30.0


Factory = Callable[..., Any]
"""Makes an HTTP client with httpx's interface from `limits=` and `timeout=`; proxies and trust are its own business."""


class _Pools:
    """Clients made when needed, each with a few connections; what is shared by sync and async."""

    def __init__(
        self, accounts: Accounts, timeouts: Timeouts, factory: Factory | None, standard: Factory
    ) -> None:
        self._accounts = accounts
        self._factory = factory
        self._standard = standard
        self._timeout = httpx.Timeout(timeouts.read, connect=timeouts.connect)
        self._tls: ssl.SSLContext | None = None
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

    def _open(self, limits: httpx.Limits) -> Any:
        if self._factory is not None:
            return self._factory(limits=limits, timeout=self._timeout)
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._standard(limits=limits, timeout=self._timeout, verify=self._tls)

    def _arguments(self, step: Step) -> dict[str, Any]:
        request, door = step.request, self._accounts.door(step.lane)
        headers = {"user-agent": f"omnirun/{__version__}", "accept": "application/json"}
        arguments: dict[str, Any] = _REDIRECTS | {
            "method": request.method,
            "url": door.base_url + request.path,
            "headers": headers | dict(request.headers) | {door.header: door.credential},
        }
        if request.params:
            arguments["params"] = list(request.params)
        if request.json is not UNSET:
            arguments["json"] = request.json
        elif request.content is not None:
            arguments["content"] = request.content
        return arguments

    def _response(self, step: Step, reply: Any) -> Response:
        content = reply.content
        if reply.status_code >= _ERRORS_FROM:
            content = _blotted(content, self._accounts.door(step.lane))
        return Response(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, content)


def _blotted(content: bytes, door: Door) -> bytes:
    key = door.credential.split()[-1].encode()
    return content.replace(key, b"[key]") if len(key) >= _SHORTEST_KEY else content


def _error(step: Step, error: Exception) -> TransportError:
    request = step.request
    what = str(error) or type(error).__name__
    known = isinstance(error, _NOT_SENT)
    return TransportError(
        f"{step.lane}: {request.method} {request.path}: {'not sent' if known else 'no answer'}: {what}",
        sent=not known,
    )


class SyncTransport(_Pools):
    """Sends from threads; each blocks until its reply is there."""

    def __init__(self, accounts: Accounts, timeouts: Timeouts, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, factory, httpx.Client)
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_POOL_SIZE * _POOLS)

    def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no answer came back.
        """
        with self._places:
            with self._lock:
                index = self._take()
            try:
                return self._response(step, self._exchange(self._clients[index], step))
            except Exception as error:  # noqa: BLE001 - whatever client was passed in has errors of its own
                failure = _error(step, error)
            finally:
                with self._lock:
                    self._busy[index] -= 1
        raise failure  # out here it has no context: the HTTP library's errors hold requests, and these the key

    def _exchange(self, client: Any, step: Step) -> Any:
        if not step.fresh:
            return client.request(**self._arguments(step))
        with self._open(_ALONE) as alone:
            return alone.request(**self._arguments(step))

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()


class AsyncTransport(_Pools):
    """Sends from tasks of one event loop."""

    def __init__(self, accounts: Accounts, timeouts: Timeouts, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, factory, httpx.AsyncClient)
        self._places = asyncio.Semaphore(_POOL_SIZE * _POOLS)

    async def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no answer came back.
        """
        async with self._places:
            index = self._take()
            try:
                return self._response(step, await self._exchange(self._clients[index], step))
            except Exception as error:  # noqa: BLE001 - as above
                failure = _error(step, error)
            finally:
                self._busy[index] -= 1
        raise failure  # as above

    async def _exchange(self, client: Any, step: Step) -> Any:
        if not step.fresh:
            return await client.request(**self._arguments(step))
        async with self._open(_ALONE) as alone:
            return await alone.request(**self._arguments(step))

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()
