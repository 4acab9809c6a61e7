"""Firecrawl, under /firecrawl: four routes, as in its vendored page and the facts in its amendments.yaml.

A monitor has one check at a time: a second trigger is a 409 that carries the id of the first, unless it comes so soon
that the monitor is `careless`. `next` links are absolute, made from the address the request came to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs
from starlette.routing import Route

from omnirun.sandbox.answers import BadParameter, Refused, answer, whole
from omnirun.sandbox.world import instant
from omnirun_raw.firecrawl.schemas import (
    ErrorResponse,
    Monitor,
    MonitorCheck,
    MonitorCheckDetail,
    MonitorCheckDetailResponse,
    MonitorCheckListResponse,
    MonitorCheckPage,
    MonitorListResponse,
    MonitorRunResponse,
    MonitorSummary,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from omnirun.sandbox.catalogue import CheckScript, FirecrawlMonitor
    from omnirun.sandbox.runs import Run
    from omnirun.sandbox.world import Sandbox

KEY_PREFIX = "Bearer "
MOST = 100
USUAL = 25

BILLING = {
    "completed": "confirmed",
    "partial": "confirmed",
    "failed": "released",
    "skipped_overlap": "not_applicable",
    "skipped_no_credits": "not_applicable",
}
"""What became of the credits that were reserved, by the state a check ended in."""


def refusal(status: int, message: str) -> Refused:
    """An error as Firecrawl words it."""
    return Refused(status, ErrorResponse(success=False, error=message))


def bad_parameter(bad: BadParameter) -> Refused:
    """A parameter that can't be read, as Firecrawl words it."""
    details = [{"code": bad.kind, "path": [bad.name], "message": bad.message}]
    body = ErrorResponse(success=False, code="BAD_REQUEST", error="Bad Request", details=details)
    return Refused(400, body)


@attrs.frozen
class Firecrawl:
    """The routes."""

    sandbox: Sandbox

    def routes(self) -> list[Route]:
        """The route table."""
        return [
            Route("/monitor", self.list_monitors, methods=["GET"]),
            Route("/monitor/{monitorId}/run", self.trigger, methods=["POST"]),
            Route("/monitor/{monitorId}/checks", self.list_checks, methods=["GET"]),
            Route("/monitor/{monitorId}/checks/{checkId}", self.get_check, methods=["GET"]),
        ]

    async def trigger(self, request: Request) -> Response:
        """Run a monitor."""
        monitor = self._monitor(request)
        if monitor.paused:
            raise refusal(409, "Monitor is paused.")
        running = self._running(monitor)
        if running is not None and self.sandbox.now() - running.life.began >= monitor.careless:
            message = "Monitor check is already running."
            raise Refused(409, ErrorResponse(success=False, error=message, checkId=UUID(running.id)))
        script = monitor.script
        run = self.sandbox.begin("firecrawl", self.sandbox.firecrawl, monitor.id, script, script.plan)
        check = MonitorCheck(**self._check(monitor, run))
        return answer(MonitorRunResponse(success=True, id=UUID(run.id), data=check))

    async def list_monitors(self, request: Request) -> Response:
        """List monitors, each with the check it has at the moment."""
        limit, offset = whole(request, "limit", USUAL, most=MOST), whole(request, "offset", 0, least=0)
        monitors = [*self.sandbox.firecrawl_monitors.values()][offset : offset + limit]
        return answer(MonitorListResponse(success=True, data=[self._listed(monitor) for monitor in monitors]))

    async def list_checks(self, request: Request) -> Response:
        """List checks, newest first, without a total."""
        monitor = self._monitor(request)
        limit, offset = whole(request, "limit", USUAL, most=MOST), whole(request, "offset", 0, least=0)
        self.sandbox.drift(self.sandbox.firecrawl, monitor.id, monitor.script, monitor.script.plan)
        status, now = request.query_params.get("status"), self.sandbox.now()
        runs = [
            run
            for run in self.sandbox.firecrawl.newest_of(monitor.id)
            if status is None or run.life.state(now) == status
        ]
        checks = [MonitorCheck(**self._check(monitor, run)) for run in runs[offset : offset + limit]]
        return answer(MonitorCheckListResponse(success=True, data=checks))

    async def get_check(self, request: Request) -> Response:
        """Get a check with a page of its pages."""
        monitor = self._monitor(request)
        run = self.sandbox.firecrawl.get(str(_uuid(request, "checkId")))
        if run is None or run.target != monitor.id:
            raise refusal(404, "Check not found")
        limit, skip = whole(request, "limit", USUAL, most=MOST), whole(request, "skip", 0, least=0)
        status = request.query_params.get("status")
        found = run.script.pages if run.life.finished(self.sandbox.now()) else ()
        pages = [
            MonitorCheckPage.model_validate({"url": f"https://example.com/{number}", "status": word})
            for number, word in enumerate(found)
            if status is None or word == status
        ]
        detail: dict[str, Any] = {**self._check(monitor, run), "pages": pages[skip : skip + limit]}
        if skip + limit >= len(pages):
            return answer(MonitorCheckDetailResponse(success=True, data=MonitorCheckDetail(**detail)))
        link = str(request.url.include_query_params(limit=limit, skip=skip + limit))
        return answer(
            MonitorCheckDetailResponse(success=True, next=link, data=MonitorCheckDetail(**detail, next=link))
        )

    def _monitor(self, request: Request) -> FirecrawlMonitor:
        monitor = self.sandbox.firecrawl_monitors.get(_uuid(request, "monitorId"))
        if monitor is None:
            raise refusal(404, "Monitor not found")
        return monitor

    def _running(self, monitor: FirecrawlMonitor) -> Run[UUID, CheckScript] | None:
        now = self.sandbox.now()
        newest = next(iter(self.sandbox.firecrawl.newest_of(monitor.id)), None)
        return None if newest is None or newest.life.finished(now) else newest

    def _listed(self, monitor: FirecrawlMonitor) -> Monitor:
        now, running = self.sandbox.now(), self._running(monitor)
        last = next(
            (run for run in self.sandbox.firecrawl.newest_of(monitor.id) if run.life.finished(now)), None
        )
        return Monitor(
            id=monitor.id,
            name=monitor.name or f"Monitor {monitor.id.int % 1000}",
            currentCheckId=UUID(running.id) if running else None,
            lastCheckSummary=_summary(last.script.pages) if last else None,
        )

    def _check(self, monitor: FirecrawlMonitor, run: Run[UUID, CheckScript]) -> dict[str, Any]:
        """What a check says of itself wherever it is shown."""
        now, life, script = self.sandbox.now(), run.life, run.script
        over, state = life.finished(now), life.state(now)
        started = life.entered("running")
        ran = started < life.ends
        credits_ = len(script.pages)
        billing = BILLING[state] if over else "reserved"
        return {
            "id": UUID(run.id),
            "monitorId": monitor.id,
            "status": state,
            "trigger": run.trigger,
            "scheduledFor": instant(life.began) if run.trigger == "scheduled" else None,
            "startedAt": instant(started) if ran and now >= started else None,
            "finishedAt": instant(life.ends) if over else None,
            "estimatedCredits": credits_,
            "reservedCredits": 0 if billing == "not_applicable" else credits_,
            "actualCredits": (credits_ if billing == "confirmed" else 0) if over else None,
            "billingStatus": billing,
            "summary": _summary(script.pages if over else ()),
            "targetResults": None,
            "notificationStatus": None,
            "error": script.error if over else None,
            "createdAt": instant(life.began),
            "updatedAt": instant(min(now, life.ends)),
        }


def _summary(pages: tuple[str, ...]) -> MonitorSummary:
    return MonitorSummary(
        totalPages=len(pages),
        same=pages.count("same"),
        changed=pages.count("changed"),
        new=pages.count("new"),
        removed=pages.count("removed"),
        error=pages.count("error"),
    )


def _uuid(request: Request, name: str) -> UUID:
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise BadParameter("path", name, "invalid_string", "Invalid uuid") from None
