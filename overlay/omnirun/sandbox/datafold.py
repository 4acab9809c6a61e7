"""Datafold, under /datafold: three routes as in its vendored pages, and the list of monitors as in amendments.yaml.

Only 422 is specified there. The wording of 401 and 404 is FastAPI's, a `detail` that is a string; their
statuses are our guess. Lists are newest first, which the page doesn't say either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
from starlette.routing import Route

from omnirun.sandbox.answers import BadParameter, Refused, answer, moment, whole, whole_number
from omnirun.sandbox.world import instant
from omnirun_raw.datafold.schemas import (
    ApiPublicListMonitorRunsOut,
    ApiPublicListMonitorsOut,
    ApiPublicMonitorOut,
    ApiPublicMonitorRunOut,
    ApiPublicMonitorRunResultOut,
    ApiPublicMonitorTriggerRunResultOut,
    HTTPValidationError,
    ValidationError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from omnirun.sandbox.catalogue import DatafoldMonitor, MonitorScript
    from omnirun.sandbox.runs import Run
    from omnirun.sandbox.world import Sandbox

KEY_PREFIX = "Key "


def refusal(status: int, message: str) -> Refused:
    """An error as Datafold words it."""
    return Refused(status, HTTPValidationError(detail=message))


def bad_parameter(bad: BadParameter) -> Refused:
    """A parameter that can't be read, as Datafold words it."""
    problem = ValidationError(loc=[bad.place, bad.name], msg=bad.message, type=bad.kind)
    return Refused(422, HTTPValidationError(detail=[problem]))


@attrs.frozen
class Datafold:
    """The routes."""

    sandbox: Sandbox

    def routes(self) -> list[Route]:
        """The route table."""
        return [
            Route("/api/v1/monitors", self.list_monitors, methods=["GET"]),
            Route("/api/v1/monitors/{id}/run", self.trigger, methods=["POST"]),
            Route("/api/v1/monitors/{id}/runs", self.list_runs, methods=["GET"]),
            Route("/api/v1/monitors/{id}/runs/{run_id}", self.get_run, methods=["GET"]),
        ]

    async def list_monitors(self, request: Request) -> Response:
        """List monitors, a page at a time; by id, for no other order is documented."""
        page, page_size = whole(request, "page", 1), whole(request, "page_size", 20)
        tags = set(request.query_params.getlist("tags"))
        down = request.query_params.get("sort_order") == "desc"
        monitors = sorted(
            self.sandbox.datafold_monitors.values(), key=lambda monitor: monitor.id, reverse=down
        )
        found = [monitor for monitor in monitors if tags <= set(monitor.tags)]
        first = (page - 1) * page_size
        return answer(
            ApiPublicListMonitorsOut(
                count=len(found),
                page=page,
                page_size=page_size,
                total_pages=math.ceil(len(found) / page_size),
                monitors=[
                    ApiPublicMonitorOut(id=monitor.id, name=monitor.name or f"Monitor {monitor.id}")
                    for monitor in found[first : first + page_size]
                ],
            )
        )

    async def trigger(self, request: Request) -> Response:
        """Trigger a run."""
        monitor = self._monitor(request)
        script = monitor.script
        run = self.sandbox.begin("datafold", self.sandbox.datafold, monitor.id, script, script.plan)
        return answer(ApiPublicMonitorTriggerRunResultOut(run_id=int(run.id)))

    async def get_run(self, request: Request) -> Response:
        """Get a run."""
        monitor = self._monitor(request)
        run_id = whole_number(request.path_params["run_id"], "path", "run_id")
        run = self.sandbox.datafold.get(str(run_id))
        if run is None or run.target != monitor.id:
            raise refusal(404, "Monitor run not found")
        now = self.sandbox.now()
        over = run.life.finished(now)
        return answer(
            ApiPublicMonitorRunResultOut(
                run_id=run_id,
                monitor_id=monitor.id,
                state=run.life.state(now),
                started_at=_started(run, now),
                diff_id=_diff(run, now),
                error=run.script.error if over else None,
                warnings=[*run.script.warnings] if over else [],
            )
        )

    async def list_runs(self, request: Request) -> Response:
        """List runs, a page at a time."""
        monitor = self._monitor(request)
        page, page_size = whole(request, "page", 1), whole(request, "page_size", 10)
        self.sandbox.drift(self.sandbox.datafold, monitor.id, monitor.script, monitor.script.plan)
        since, until = moment(request, "start_time"), moment(request, "end_time")
        runs = [
            run
            for run in self.sandbox.datafold.newest_of(monitor.id)
            if (since is None or run.life.began >= since) and (until is None or run.life.began <= until)
        ]
        now, first = self.sandbox.now(), (page - 1) * page_size
        return answer(
            ApiPublicListMonitorRunsOut(
                count=len(runs),
                page=page,
                page_size=page_size,
                total_pages=math.ceil(len(runs) / page_size),
                runs=[
                    ApiPublicMonitorRunOut(
                        run_id=int(run.id),
                        monitor_id=monitor.id,
                        state=run.life.state(now),
                        started_at=_started(run, now),
                        diff_id=_diff(run, now),
                    )
                    for run in runs[first : first + page_size]
                ],
            )
        )

    def _monitor(self, request: Request) -> DatafoldMonitor:
        monitor = self.sandbox.datafold_monitors.get(whole_number(request.path_params["id"], "path", "id"))
        if monitor is None:
            raise refusal(404, "Monitor not found")
        return monitor


def _started(run: Run[int, MonitorScript], now: float) -> datetime | None:
    started = run.life.entered("checking")
    return instant(started) if now >= started else None


def _diff(run: Run[int, MonitorScript], now: float) -> int | None:
    return int(run.id) + 500_000 if run.life.finished(now) else None
