"""What reached the providers, as values to assert on; a key is never among them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import attrs

from omnirun import datafold, firecrawl, monid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from omnirun.refs import Ref, Target
    from omnirun.sandbox.world import Accepted


@attrs.frozen
class Sent:
    """One request, as it arrived.

    Attributes:
        method: in capitals.
        provider: whose it was.
        path: below the provider's base URL.
        params: of the query; of several with one name, the last.
        json: the decoded body; None if there was none, or none that is JSON.
    """

    method: str
    provider: str
    path: str
    params: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)
    json: Any = attrs.field(default=None, hash=False)

    def __str__(self) -> str:
        words = [self.method, f"{self.provider}:{self.path}"]
        words += (
            [f"?{'&'.join(f'{name}={value}' for name, value in self.params.items())}"] if self.params else []
        )
        words += [] if self.json is None else [json.dumps(self.json)]
        return " ".join(words)


@attrs.frozen
class Triggered:
    """A trigger that began a run: what a provider would send a bill for."""

    target: Target
    ref: Ref


def trigger_of(accepted: Accepted) -> Triggered:
    """Put what the sandbox accepted into omnirun's terms; it does not keep an input."""
    match accepted.provider, accepted.target:
        case "monid", (str(provider), str(endpoint)):
            target: Target = monid.Endpoint(provider, endpoint)
            return Triggered(target, target.run(f"runs/{accepted.run_id}"))
        case "datafold", int(number):
            target = datafold.Monitor(number)
            return Triggered(target, target.run(f"{target.path}/runs/{accepted.run_id}"))
        case _:
            monitor = firecrawl.Monitor(str(accepted.target))
            return Triggered(monitor, monitor.check(accepted.run_id))


def carries_input_of(request: Sent, target: Target) -> bool:
    """Tell whether a request is a trigger of a Monid endpoint's, with an input."""
    body: object = request.json
    sent = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    return (
        isinstance(target, monid.Endpoint)
        and (request.method, request.provider, request.path) == ("POST", "monid", "/v1/run")
        and (sent.get("provider"), sent.get("endpoint")) == (target.data_provider, target.endpoint)
        and "input" in sent
    )


@attrs.frozen
class Recorder:
    """Takes note of requests on their way to an application, of which the server sends it nothing else."""

    app: ASGIApp
    sent: list[Sent]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; it is written down once its body is read, or refused unread."""
        parts: list[bytes] = []
        place = len(self.sent)
        self.sent.append(_sent(scope, b""))

        async def listen() -> Message:
            message = await receive()
            if body := message.get("body"):
                parts.append(body)
                self.sent[place] = _sent(scope, b"".join(parts))
            return message

        await self.app(scope, listen, send)


def _sent(scope: Scope, body: bytes) -> Sent:
    provider, slash, path = scope["path"].lstrip("/").partition("/")
    try:
        decoded = json.loads(body) if body else None
    except ValueError:
        decoded = None
    params = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Sent(scope["method"], provider, slash + path, params, decoded)
