"""Monid, under /monid: four routes, as in its vendored page and the facts in its amendments.yaml.

The list covers the whole workspace and its cursor is opaque. A synchronous endpoint answers the trigger with the run
itself, under the data provider's own HTTP status. The values of `code` are ours: no published page lists them.
"""

from __future__ import annotations

import base64
import binascii
import json
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import attrs
from starlette.routing import Route

from omnirun.sandbox.answers import BadParameter, Refused, answer, whole
from omnirun.sandbox.lens import lens
from omnirun.sandbox.life import Plan
from omnirun.sandbox.world import instant
from omnirun_raw.monid.schemas import (
    PlatformError,
    Run,
    RunListItem,
    RunListResponse,
    RunProviderResponse,
    StartRunResponse,
    StopRunResponse,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from omnirun.sandbox.catalogue import EndpointScript, MonidEndpoint
    from omnirun.sandbox.runs import Run as Record
    from omnirun.sandbox.world import Sandbox

KEY_PREFIX = "Bearer "
CALLER = "USER#sandbox"
PRICE = 0.003

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "PAYMENT_REQUIRED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
}


def refusal(status: int, message: str) -> Refused:
    """A platform error as Monid words it."""
    return Refused(status, PlatformError(code=CODES.get(status, "ERROR"), message=message))


def bad_parameter(bad: BadParameter) -> Refused:
    """A parameter that can't be read, as Monid words it."""
    return refusal(400, f"{bad.name}: {bad.message}")


@attrs.frozen
class Monid:
    """The routes."""

    sandbox: Sandbox

    def routes(self) -> list[Route]:
        """The route table."""
        return [
            Route("/v1/run", self.start, methods=["POST"]),
            Route("/v1/runs", self.list_runs, methods=["GET"]),
            Route("/v1/runs/{runId}", self.get_run, methods=["GET"]),
            Route("/v1/runs/{runId}/stop", self.stop, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        """Start a run."""
        endpoint = self._endpoint(await _body(request))
        if not endpoint.affordable:
            raise refusal(402, "Insufficient balance. Top up your wallet.")
        key, script, mirror = (endpoint.provider, endpoint.endpoint), endpoint.script, lens().mirror
        if mirror is not None:
            script = attrs.evolve(script, plan=Plan((), "COMPLETED"), http_status=mirror[0], error=mirror[1])
        run = self.sandbox.begin("monid", self.sandbox.monid, key, script, script.plan)
        if endpoint.synchronous or mirror is not None:
            return answer(Run(**self._whole(run)), script.http_status or 200)
        return answer(StartRunResponse(**self._run(run)), 202)

    async def get_run(self, request: Request) -> Response:
        """Get a run with its output."""
        return answer(Run(**self._whole(self._record(request))))

    async def list_runs(self, request: Request) -> Response:
        """List the workspace's runs, newest first."""
        limit, after = whole(request, "limit", 10, most=100), request.query_params.get("cursor")
        for key, endpoint in islice(self.sandbox.monid_endpoints.items(), 1):
            self.sandbox.drift(self.sandbox.monid, key, endpoint.script, endpoint.script.plan)
        runs = self.sandbox.monid.newest()
        ids = [run.id for run in runs]
        first = 0 if after is None else _position(after, ids) + 1
        page = runs[first : first + limit]
        more = first + limit < len(runs)
        return answer(
            RunListResponse(
                items=[RunListItem(**self._run(run), **self._provider_response(run)) for run in page],
                cursor=_cursor(page[-1].id) if more else None,
            )
        )

    async def stop(self, request: Request) -> Response:
        """Stop a run."""
        run, now = self._record(request), self.sandbox.now()
        if run.life.finished(now) or run.life.state(now) == "STOPPING":
            raise refusal(409, f"Run {run.id} is {run.life.state(now)} and can't be stopped.")
        run = self.sandbox.monid.divert(run, now, Plan((("STOPPING", 1 / self.sandbox.speed),), "STOPPED"))
        return answer(StopRunResponse.model_validate({"runId": run.id, "status": run.life.state(now)}), 202)

    def _endpoint(self, body: dict[str, Any]) -> MonidEndpoint:
        expected = {"provider": str, "endpoint": str, "input": dict}
        wrong = [name for name, kind in expected.items() if not isinstance(body.get(name), kind)]
        if wrong:
            raise refusal(400, f"Missing or invalid: {', '.join(wrong)}")
        endpoint = self.sandbox.monid_endpoints.get((body["provider"], body["endpoint"]))
        if endpoint is None:
            raise refusal(404, f"No endpoint {body['endpoint']} at provider {body['provider']}")
        return endpoint

    def _record(self, request: Request) -> Record[tuple[str, str], EndpointScript]:
        run = self.sandbox.monid.get(request.path_params["runId"])
        if run is None:
            raise refusal(404, "Run not found")
        return run

    def _run(self, run: Record[tuple[str, str], EndpointScript]) -> dict[str, Any]:
        """What a run says of itself wherever it is shown."""
        endpoint = self.sandbox.monid_endpoints[run.target]
        return {
            "runId": run.id,
            "caller": CALLER,
            "provider": endpoint.provider,
            "providerName": endpoint.provider_name,
            "endpoint": endpoint.endpoint,
            "status": run.life.state(self.sandbox.now()),
            "price": {"type": "PER_CALL", "amount": PRICE, "currency": "USD"},
            "createdAt": instant(run.life.began),
        }

    def _provider_response(self, run: Record[tuple[str, str], EndpointScript]) -> dict[str, Any]:
        """What the data provider said, once it has."""
        state, script = run.life.state(self.sandbox.now()), run.script
        if state != script.plan.end or script.http_status is None:
            return {}
        answered = RunProviderResponse(httpStatus=script.http_status, error=script.error)
        return {"providerResponse": answered}

    def _whole(self, run: Record[tuple[str, str], EndpointScript]) -> dict[str, Any]:
        """What only a single run shows besides: its output and its cost."""
        state = run.life.state(self.sandbox.now())
        done = state == run.script.plan.end == "COMPLETED"
        return {
            **self._run(run),
            **self._provider_response(run),
            **({"output": [dict(item) for item in run.script.output], "cost": PRICE} if done else {}),
        }


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise refusal(400, "The body is no JSON") from None
    if not isinstance(body, dict):
        raise refusal(400, "The body is no JSON object")
    return cast("dict[str, Any]", body)


def _cursor(run_id: str) -> str:
    return base64.urlsafe_b64encode(run_id.encode()).decode()


def _position(cursor: str, ids: list[str]) -> int:
    try:
        return ids.index(base64.b64decode(cursor, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        raise refusal(400, "Invalid cursor") from None
