"""A sandbox in another process, told and asked over HTTP, under /_sandbox; it needs no key.

`POST /_sandbox/faults` adds a rule and answers its number; `GET` shows every rule with how often it matched and
fired; `DELETE` forgets them all. `GET /_sandbox/accepted` and `GET /_sandbox/served` are the sandbox's own truth: each
trigger that began a run, and each request. A rule is `omnirun.sandbox.rules.Rule` as JSON:

    {"faults": [{"kind": "reset", "when": "accepted"}], "provider": "datafold", "method": "POST", "times": 3}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs
from pydantic import TypeAdapter, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from omnirun.sandbox.rules import Rule

if TYPE_CHECKING:
    from starlette.requests import Request

    from omnirun.sandbox.rules import Told
    from omnirun.sandbox.world import Sandbox

_RULE = TypeAdapter(Rule)


def read_rule(text: str | bytes) -> Rule:
    """Read a rule from JSON.

    Raises:
        ValueError: it is none; the message says where and why.
    """
    try:
        return _RULE.validate_json(text)
    except ValidationError as error:
        reasons = (
            ": ".join(filter(None, (".".join(map(str, item["loc"])), item["msg"]))) for item in error.errors()
        )
        raise ValueError("; ".join(reasons)) from None


@attrs.frozen
class Control:
    """The routes."""

    sandbox: Sandbox

    def routes(self) -> list[Route]:
        """The route table."""
        return [
            Route("/faults", self.add, methods=["POST"]),
            Route("/faults", self.show, methods=["GET"]),
            Route("/faults", self.clear, methods=["DELETE"]),
            Route("/accepted", self.accepted, methods=["GET"]),
            Route("/served", self.served, methods=["GET"]),
        ]

    async def add(self, request: Request) -> Response:
        """Add a rule."""
        try:
            self.sandbox.faults.put(read_rule(await request.body()))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse({"rules": len(self.sandbox.faults.told)}, 201)

    async def show(self, _: Request) -> Response:
        """Show every rule."""
        return JSONResponse({"rules": [_shown(told) for told in self.sandbox.faults.told]})

    async def clear(self, _: Request) -> Response:
        """Forget every rule."""
        self.sandbox.faults.clear()
        return Response(status_code=204)

    async def accepted(self, _: Request) -> Response:
        """Show what was accepted; a target as text."""
        items = [attrs.asdict(item) for item in self.sandbox.accepted]
        shown = [{**item, "target": _named(item["target"])} for item in items]
        return JSONResponse({"accepted": shown, "now": self.sandbox.clock()})

    async def served(self, _: Request) -> Response:
        """Show what was served."""
        return JSONResponse({"served": [attrs.asdict(item) for item in self.sandbox.served]})


def _shown(told: Told) -> dict[str, object]:
    return {**_RULE.dump_python(told.rule, mode="json"), "matched": told.matched, "fired": told.fired}


def _named(target: object) -> str:
    return "".join(cast("tuple[str, ...]", target)) if isinstance(target, tuple) else str(target)
