"""The application: three providers side by side behind one door, and the sandbox's own controls.

The door (`omnirun.sandbox.door`) is where faults are put in. Keys are checked per provider, before anything is looked
up; the controls need none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from omnirun.sandbox import datafold, firecrawl, monid
from omnirun.sandbox.answers import BadParameter, Refused, answer
from omnirun.sandbox.control import Control
from omnirun.sandbox.door import Door
from omnirun.sandbox.world import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send


@attrs.frozen
class Provider:
    """What the application needs to know of a provider."""

    name: str
    key_prefix: str
    routes: Callable[[Sandbox], list[Route]]
    refusal: Callable[[int, str], Refused]
    bad_parameter: Callable[[BadParameter], Refused]
    unauthorized: str


PROVIDERS = (
    Provider(
        "datafold",
        datafold.KEY_PREFIX,
        lambda sandbox: datafold.Datafold(sandbox).routes(),
        datafold.refusal,
        datafold.bad_parameter,
        "Invalid API key",
    ),
    Provider(
        "firecrawl",
        firecrawl.KEY_PREFIX,
        lambda sandbox: firecrawl.Firecrawl(sandbox).routes(),
        firecrawl.refusal,
        firecrawl.bad_parameter,
        "Unauthorized: Invalid token",
    ),
    Provider(
        "monid",
        monid.KEY_PREFIX,
        lambda sandbox: monid.Monid(sandbox).routes(),
        monid.refusal,
        monid.bad_parameter,
        "Invalid API key",
    ),
)


def create_app(sandbox: Sandbox | None = None) -> Starlette:
    """The application that shows `sandbox`; a new one if none is given."""
    shown = Sandbox() if sandbox is None else sandbox
    return Starlette(
        routes=[
            Mount("/_sandbox", routes=Control(shown).routes()),
            *(_mounted(provider, shown) for provider in PROVIDERS),
        ],
        middleware=[Middleware(Door, sandbox=shown)],
    )


def _mounted(provider: Provider, sandbox: Sandbox) -> Mount:
    """The provider under its name, whatever follows: an id may hold a line break, which a mount doesn't expect."""
    mount = Mount(f"/{provider.name}", app=_provider_app(provider, sandbox))
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _provider_app(provider: Provider, sandbox: Sandbox) -> Starlette:
    async def refused(_: Request, refusal: Any) -> Response:
        return answer(refusal.body, refusal.status)

    async def bad_parameter(request: Request, bad: Any) -> Response:
        return await refused(request, provider.bad_parameter(bad))

    async def no_such_route(request: Request, error: Any) -> Response:
        response = await refused(request, provider.refusal(error.status_code, error.detail))
        response.headers.update(error.headers or {})  # `Allow` belongs to a 405
        return response

    return Starlette(
        routes=provider.routes(sandbox),
        middleware=[Middleware(KeyCheck, provider=provider, sandbox=sandbox)],
        exception_handlers={
            Refused: refused,
            BadParameter: bad_parameter,
            HTTPException: no_such_route,
        },
    )


@attrs.frozen
class KeyCheck:
    """Lets through what carries the provider's key, in the provider's form."""

    app: ASGIApp
    provider: Provider
    sandbox: Sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        expected = f"{self.provider.key_prefix}{self.sandbox.keys[self.provider.name]}".encode()
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != expected:
            refusal = self.provider.refusal(401, self.provider.unauthorized)
            await answer(refusal.body, refusal.status)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
