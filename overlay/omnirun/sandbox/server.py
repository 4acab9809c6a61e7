"""The application on a loopback port: in a thread, for tests and notebooks, or for as long as a process lives.

The socket listens before the server runs, so the address is known and the first request can be sent at once; nobody has
to ask whether it is up yet.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import attrs
import uvicorn

from omnirun.sandbox.app import PROVIDERS, create_app
from omnirun.sandbox.wire import protocol
from omnirun.sandbox.world import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from starlette.types import ASGIApp

HOST = "127.0.0.1"
BACKLOG = 2048
GRACE = 1
"""Seconds an unfinished answer gets when the server ends."""


@attrs.frozen
class Running:
    """A sandbox that answers, and where."""

    sandbox: Sandbox
    url: str

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Each provider's base URL."""
        return {provider.name: f"{self.url}/{provider.name}" for provider in PROVIDERS}

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that point a client here."""
        variables = {f"{name.upper()}_API_KEY": key for name, key in self.sandbox.keys.items()}
        variables |= {f"{name.upper()}_BASE_URL": url for name, url in self.base_urls.items()}
        return dict(sorted(variables.items()))


def listen(port: int = 0) -> socket.socket:
    """A socket that listens on loopback; port 0 is a free one.

    Raises:
        OSError: The port is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def make_server(sandbox: Sandbox, around: Callable[[ASGIApp], ASGIApp] | None = None) -> uvicorn.Server:
    """A server that shows `sandbox` and says nothing; `around` sees every request first."""
    app = create_app(sandbox)
    config = uvicorn.Config(
        app if around is None else around(app),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http=protocol(sandbox),
        date_header=False,  # the sandbox has a clock of its own
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def running(listening: socket.socket, sandbox: Sandbox) -> Running:
    """What a socket shows."""
    return Running(sandbox, f"http://{HOST}:{listening.getsockname()[1]}")


@contextlib.contextmanager
def running_sandbox(
    sandbox: Sandbox | None = None,
    *,
    speed: float = 1.0,
    clock: Callable[[], float] = time.time,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> Generator[Running, None, None]:
    """Show a sandbox on a free loopback port, from a thread, until the block ends.

    Args:
        sandbox: What to show; a new one if none is given.
        speed: How fast the runs of a new sandbox go.
        clock: The clock of a new sandbox, in seconds since the epoch.
        around: Makes an application around the sandbox's, which sees every request first.
    """
    if sandbox is None:
        sandbox = Sandbox(clock, speed)
    with listen() as listening:
        server = make_server(sandbox, around)
        thread = threading.Thread(target=server.run, args=([listening],), name="omnirun-sandbox", daemon=True)
        thread.start()
        try:
            yield running(listening, sandbox)
        finally:
            server.should_exit = True
            thread.join()
