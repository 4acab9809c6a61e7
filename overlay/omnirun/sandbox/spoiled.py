"""What a fault makes of a finished answer: functions from reply to reply, one per kind of fault."""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import singledispatch
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs

from omnirun.sandbox import datafold, firecrawl, monid
from omnirun.sandbox.faults import Answer, Elsewhere, Invent, Pause, Repeat, Spoil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omnirun.sandbox.answers import Refused
    from omnirun.sandbox.faults import Garbage

JSON = (b"content-type", b"application/json")
_HTML = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
_RUNS = (("run_id", "state"), ("id", "status"), ("runId", "status"))
"""What makes an object of an answer a run, by provider: an id and a word for its state."""
_REFUSALS: Mapping[str, Callable[[int, str], Refused]] = {
    "datafold": datafold.refusal,
    "firecrawl": firecrawl.refusal,
    "monid": monid.refusal,
}


@attrs.frozen
class Reply:
    """An answer before it is sent; the length of its body is counted when it leaves."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,)


@attrs.frozen
class Asked:
    """What was asked: of which provider, with which query, and when (seconds since the epoch, as the sandbox says)."""

    provider: str
    query: str
    now: float


def http_date(seconds: float) -> bytes:
    """A time as it stands in a header."""
    return formatdate(seconds, usegmt=True).encode()


@singledispatch
def spoiled(_fault: object, reply: Reply, _asked: Asked) -> Reply:
    """The reply a fault makes of one; most faults leave it alone."""
    return reply


@spoiled.register(Answer)
def _(fault: Answer, _reply: Reply, asked: Asked) -> Reply:
    seconds = fault.retry_after
    prose = "" if seconds is None or fault.asks != "prose" else f" Please retry after {seconds:g}s."
    reply = _refusal(asked.provider, fault.status, fault.message + prose)
    if fault.body != "error":
        reply = _garbage(reply, fault.body)
    if seconds is None or fault.asks == "prose":
        return reply
    headers = {
        "seconds": (b"retry-after", f"{seconds:g}".encode()),
        "ms": (b"retry-after-ms", f"{seconds * 1000:g}".encode()),
        "date": (b"retry-after", http_date(asked.now + seconds)),
    }
    return attrs.evolve(reply, headers=(*reply.headers, headers[fault.asks]))


@spoiled.register(Spoil)
def _(fault: Spoil, reply: Reply, _asked: Asked) -> Reply:
    return _garbage(reply, fault.body)


@spoiled.register(Pause)
def _(_fault: Pause, _reply: Reply, asked: Asked) -> Reply:
    return _refusal(asked.provider, 409, "Monitor is paused.")


@spoiled.register(Invent)
def _(fault: Invent, reply: Reply, _asked: Asked) -> Reply:
    return _rewritten(reply, lambda item: _invented(item, fault))


@spoiled.register(Repeat)
def _(_fault: Repeat, reply: Reply, asked: Asked) -> Reply:
    (cursor,) = parse_qs(asked.query).get("cursor", [None])
    return _rewritten(reply, lambda item: {**item, "cursor": cursor} if cursor and "cursor" in item else item)


@spoiled.register(Elsewhere)
def _(fault: Elsewhere, reply: Reply, _asked: Asked) -> Reply:
    def pointed(item: dict[str, Any]) -> dict[str, Any]:
        link = item.get("next")
        if not isinstance(link, str):
            return item
        there = urlsplit(fault.origin)
        return {**item, "next": urlsplit(link)._replace(scheme=there.scheme, netloc=there.netloc).geturl()}

    return _rewritten(reply, pointed)


def _refusal(provider: str, status: int, message: str) -> Reply:
    refused = _REFUSALS[provider](status, message)
    return Reply(status, refused.body.model_dump_json(by_alias=True, exclude_unset=True).encode())


def _garbage(reply: Reply, body: Garbage) -> Reply:
    match body:
        case "html":
            return attrs.evolve(reply, body=_HTML, headers=((b"content-type", b"text/html"),))
        case "empty":
            return attrs.evolve(reply, body=b"")
        case _:
            return attrs.evolve(reply, body=reply.body[: len(reply.body) // 2])


def _invented(item: dict[str, Any], fault: Invent) -> dict[str, Any]:
    for run_id, state in _RUNS:
        if run_id in item and state in item:
            return {**item, **({} if fault.state is None else {state: fault.state}), **fault.fields}
    return item


def _rewritten(reply: Reply, rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    """The reply with every object in its JSON rewritten."""
    body = json.loads(reply.body, object_hook=rewrite)
    return attrs.evolve(reply, body=json.dumps(cast("object", body)).encode())
