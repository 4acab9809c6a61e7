"""Connections that end badly, for real: what ASGI can't do, done to the socket.

The server's protocol leaves its transport in the scope's state, and meets the faults of connections itself, before
anything was read. A reset is a TCP reset (SO_LINGER of zero seconds), not an orderly end.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, Literal

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Scope

    from omnirun.sandbox.world import Sandbox

_TRANSPORT = "omnirun.sandbox.transport"
_NO_LINGERING = struct.pack("ii", 1, 0)


def protocol(sandbox: Sandbox) -> type[asyncio.Protocol]:
    """The protocol of a server that shows `sandbox`."""

    class Wire(H11Protocol):
        """A connection of such a server."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Begin, or end at once."""
            super().connection_made(transport)
            self.app_state = {**self.app_state, _TRANSPORT: transport}
            fault = sandbox.faults.meet_connection()
            if fault is not None:
                sandbox.serve("", "", "", 0, fault.kind)
                end(transport, fault.how)

    return Wire


def transport_of(scope: Scope) -> asyncio.Transport:
    """The transport that a request came on.

    Raises:
        RuntimeError: it came on none: the application is not behind the sandbox's own server.
    """
    state: dict[str, Any] = scope.get("state", {})
    if _TRANSPORT not in state:
        raise RuntimeError(
            "a connection can only be cut where there is one: show the sandbox with running_sandbox()"
        )
    transport: asyncio.Transport = state[_TRANSPORT]
    return transport


def end(transport: asyncio.Transport, how: Literal["reset", "close"]) -> None:
    """End a connection; what was written before has been sent, if it was little."""
    if how == "close":
        transport.close()
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()
