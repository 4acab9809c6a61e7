"""One request and its reply, the same for both worlds: what goes out, what is told of it, how much of it is read.

A reply is hostile input: it may drip for ever, never end, or repeat the key. So it has a deadline and a largest size,
and the key is blotted out of what is kept of an error. What goes wrong is sorted into two kinds: certainly not sent,
or nobody knows. Nothing here does I/O or names an HTTP library; its errors are told apart by their names, which the
libraries with httpx's interface share.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

import attrs

from omnirun._version import __version__
from omnirun.errors import OmnirunError, TransportError
from omnirun.hooks import Answered, Hooks, Outgoing
from omnirun.replies import request_id
from omnirun_raw.http import UNSET, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omnirun.accounts import Door
    from omnirun.scheduler import Step

_log = logging.getLogger("omnirun")

_NOT_SENT = {
    "ConnectError",  # DNS and TLS failures too
    "ConnectTimeout",
    "InvalidURL",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
}
_HEADERS = {"user-agent": f"omnirun/{__version__}", "accept": "application/json"}
_LARGEST = 100 * 2**20
_ERRORS_FROM = 400
_SHORTEST_KEY = 8  # what is shorter may well be a word


def _positive(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"the timeout {field.name} is a number of seconds above 0, not {value!r}.")


@attrs.frozen
class Timeouts:
    """How long a request may take, in seconds; the deadline of a wait is another matter.

    Attributes:
        connect: until the connection stands.
        read: without a byte of the reply.
        total: until the whole reply is there, however steadily it drips in.
    """

    connect: float = attrs.field(default=10.0, validator=_positive)
    read: float = attrs.field(default=30.0, validator=_positive)
    total: float = attrs.field(default=120.0, validator=_positive)


class Exchange:
    """A request on its way, and what has come of it so far.

    As a context manager it keeps what goes wrong inside for `result` to raise: out there the error has no context, and
    an HTTP library's errors hold requests, and these the key.
    """

    def __init__(self, step: Step, door: Door, hooks: Hooks, total: float) -> None:
        request = step.request
        self._step = step
        self._key = door.credential.split()[-1].encode()
        self._hooks = hooks
        self._total = total
        self._told = Outgoing(
            step.lane, request.method, door.base_url + request.path, request.operation, step.trigger
        )
        self._headers = {name.lower(): value for name, value in request.headers}
        self._credential = {door.header.lower(): door.credential}
        self._content = request.content if request.json is UNSET else _encoded(step)
        if request.json is not UNSET:
            self._headers.setdefault("content-type", "application/json")
        self._status = 0
        self._answer: dict[str, str] = {}
        self._body = bytearray()
        self._error: Exception | None = None
        self._started = 0.0
        self.whole = False
        """Whether it went well to its end."""

    def __enter__(self) -> Self:
        self._headers = _HEADERS | self._hooks.request(self._told) | self._headers | self._credential
        self._started = time.monotonic()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        self.whole = error is None
        answered = Answered(
            self._told,
            time.monotonic() - self._started,
            self._status or None,
            self._answer,
            len(self._body),
            None if error is None else self._failure(error),
        )
        with suppress(Exception):  # a filter of somebody else's must not cost a paid run
            _log_of(answered)
        self._hooks.response(answered)
        if not isinstance(error, Exception):
            return False  # it went well, or the caller leaves
        self._error = answered.error if isinstance(answered.error, Exception) else error
        return True

    def arguments(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Give what a request of an HTTP library is made from; `headers` are those of the library."""
        request = self._step.request
        query = f"?{urlencode(request.params, quote_via=quote)}" if request.params else ""
        arguments: dict[str, Any] = {
            "method": request.method,
            "url": self._told.url + query,  # httpx parses the URL once more for `params`
            "headers": {**headers, **self._headers},
        }
        if self._content is not None:
            arguments["content"] = self._content
        return arguments

    def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take the head of the reply."""
        key = self._key.decode()
        self._status = status
        for raw_name, raw_value in headers:
            name, value = _decoded(raw_name).lower(), _decoded(raw_value)
            self._answer[name] = f"{self._answer[name]}, {value}" if name in self._answer else value
        if self._tells(key):
            self._answer |= {
                name: value.replace(key, "[key]") for name, value in self._answer.items() if key in value
            }

    def take(self, chunk: bytes) -> None:
        """Take a part of the body.

        Raises:
            TimeoutError: the reply has taken too long.
            ValueError: the body is too large.
        """
        self._body += chunk
        if len(self._body) > _LARGEST:
            raise ValueError(f"the body is larger than {_LARGEST >> 20} MB")
        if time.monotonic() - self._started > self._total:
            raise TimeoutError

    def result(self) -> Response:
        """Give the reply.

        Raises:
            TransportError: no whole answer came back.
        """
        if self._error is not None:
            raise self._error
        content = bytes(self._body)
        if self._status >= _ERRORS_FROM and self._tells(self._key):
            content = content.replace(self._key, b"[key]")
        return Response(self._status, self._answer, content)

    @staticmethod
    def _tells(key: str | bytes) -> bool:
        return len(key) >= _SHORTEST_KEY

    def _failure(self, error: BaseException) -> BaseException:
        if not isinstance(error, Exception):
            return error
        request = self._step.request
        known = not _NOT_SENT.isdisjoint(kind.__name__ for kind in type(error).__mro__)
        what = str(error) or type(error).__name__
        if type(error) is TimeoutError or time.monotonic() - self._started >= self._total:
            what = f"it was not whole after {self._total:g} s"
        return TransportError(
            f"{self._step.lane}: {request.method} {request.path}: {'not sent' if known else 'no answer'}: {what}",
            sent=not known,
        )


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _encoded(step: Step) -> bytes:
    try:
        text = json.dumps(step.request.json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise OmnirunError(
            f"{step.lane}: {step.request.method} {step.request.path}: what is to be sent is no JSON ({error}). "
            "Nothing was sent."
        ) from error


def _log_of(answered: Answered) -> None:
    if not _log.isEnabledFor(logging.DEBUG):
        return
    told = answered.request
    came = answered.error if answered.status is None else f"HTTP {answered.status}"
    name = request_id(answered.headers)
    _log.debug(
        "%s: %s %s: %s in %.3f s%s",
        told.account,
        told.method,
        told.url,
        came if answered.error is None or answered.status is None else f"{came}, {answered.error}",
        answered.seconds,
        "" if name is None else f" (request {name})",
    )
