"""The one door that every request passes, in and out: it writes down what was answered, and puts the faults in.

What was answered is written down before the answer leaves, so that whoever has an answer finds it in the log. A fault
acts at one of three places: on what the request sees (a lens), on the finished answer (a function from reply to
reply), or on the wire. The clock in the `Date` is the sandbox's own; some providers' answers carry a request id.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from omnirun.sandbox.faults import Answer, Drip, Lag, Late, Mirror, Pause, Reset, Shift, Skew, Stall
from omnirun.sandbox.lens import Lens, lens, looking_through
from omnirun.sandbox.spoiled import Asked, Reply, http_date, spoiled
from omnirun.sandbox.wire import end, transport_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from omnirun.sandbox.faults import Fault
    from omnirun.sandbox.world import Sandbox

REQUEST_IDS = ("monid",)
CALLER = b"x-sandbox-caller"
CONTROL = "/_sandbox/"
"""Where the sandbox itself is told and asked; nothing goes wrong there."""
NOTHING = Reply(404, b"")
"""What stands for the answer to a request that is not carried out."""


@attrs.frozen
class Door:
    """Lets requests in and answers out."""

    app: ASGIApp
    sandbox: Sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        provider, slash, path = scope["path"].lstrip("/").partition("/")
        fault = self.sandbox.faults.meet(provider, scope["method"], slash + path)
        caller = dict(scope["headers"]).get(CALLER, b"").decode("latin-1")
        with looking_through(self._lens(fault, caller)):
            passage = Passage(self.app, self.sandbox, scope, receive, send, provider, fault)
            await passage.go()

    def _lens(self, fault: Fault | None, caller: str) -> Lens:
        match fault:
            case Lag(seconds):
                return Lens(until=self.sandbox.clock() - seconds, caller=caller)
            case Skew(seconds):
                return Lens(skew=seconds, caller=caller)
            case Shift(insert, delete):
                return Lens(insert=insert, delete=delete, caller=caller)
            case Mirror(status, error):
                return Lens(mirror=(status, error), caller=caller)
            case _:
                return Lens(caller=caller)


@attrs.frozen
class Passage:
    """One request on its way through the door."""

    app: ASGIApp
    sandbox: Sandbox
    scope: Scope
    receive: Receive
    send: Send
    provider: str
    fault: Fault | None

    async def go(self) -> None:
        """Carry the request out, unless its fault is in the way, and answer it, if its fault lets us."""
        if isinstance(self.fault, Reset) and self.fault.when == "reading":
            await self._cut()
            return
        body = await self._body()
        match self.fault:
            case Reset(when="read") | Stall(accepted=False):
                await self._cut()
            case Reset(when="accepted") | Stall(accepted=True):
                await self._carried_out(body)
                await self._cut()
            case Answer(accepted=False) | Pause():
                await self._answer(NOTHING)
            case Late(seconds, accepted=False):
                await asyncio.sleep(seconds)
                await self._answer(await self._carried_out(body))
            case Late(seconds):
                reply = await self._carried_out(body)
                await asyncio.sleep(seconds)
                await self._answer(reply)
            case _:
                await self._answer(await self._carried_out(body))

    async def _answer(self, reply: Reply) -> None:
        """Write a reply down and send it, as its fault would have it."""
        if self.fault is not None:
            asked = Asked(self.provider, self._query, self.sandbox.now())
            reply = spoiled(self.fault, reply, asked)
        self._serve(reply.status)
        headers = [(b"date", http_date(self.sandbox.clock() + lens().skew)), *reply.headers]
        if self.provider in REQUEST_IDS:
            headers.append((b"x-request-id", f"sandbox-{len(self.sandbox.served)}".encode()))
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await self.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        match self.fault:
            case Reset():
                await self._part(reply.body[: len(reply.body) // 2])
                end(transport_of(self.scope), self.fault.how)
                await self._gone()
            case Drip(seconds, pieces):
                size = -(-len(reply.body) // pieces)
                for start in range(0, len(reply.body), size):
                    await self._part(reply.body[start : start + size])
                    await asyncio.sleep(seconds / pieces)
                await self._part(b"", more=False)
            case _:
                await self._part(reply.body, more=False)

    async def _cut(self) -> None:
        """Let the connection end, or wait until the client ends it, without an answer."""
        self._serve(0)
        if isinstance(self.fault, Reset):
            end(transport_of(self.scope), self.fault.how)
        await self._gone()

    def _serve(self, status: int) -> None:
        kind = "" if self.fault is None else self.fault.kind
        self.sandbox.serve(self.scope["method"], self.scope["path"], self._query, status, kind)

    @property
    def _query(self) -> str:
        return self.scope["query_string"].decode("ascii", "replace")  # type: ignore[no-any-return]

    async def _carried_out(self, body: bytes) -> Reply:
        """Have the providers answer, whether or not anybody waits for it; what they send is kept."""
        status, headers, parts = 0, list[tuple[bytes, bytes]](), list[bytes]()

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [item for item in message["headers"] if item[0] != b"content-length"]
            else:
                parts.append(message["body"])

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(self.scope, replay, keep)
        return Reply(status, b"".join(parts), tuple(headers))

    async def _part(self, body: bytes, *, more: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def _body(self) -> bytes:
        """Read the request to its end."""
        body, more = b"", True
        while more:
            message = await self.receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        return body

    async def _gone(self) -> None:
        """Wait until the connection is no more; answering it now would be the server's own error."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
