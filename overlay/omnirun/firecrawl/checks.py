"""Firecrawl: web monitors and their checks (https://api.firecrawl.dev/v2, `Authorization: Bearer`).

Quirks. A busy monitor answers 409 with the check that is under way; a paused one answers 409 without. Lists have no
total and no next. Which checks are under way shows in the list of monitors. Reads may come from a replica that lags.
A running check is read with `limit=1`, for its pages matter only once it has ended.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import parse_qs, urlsplit

import attrs

import omnirun_raw.firecrawl as raw
from omnirun import states
from omnirun.clock import instant, moment
from omnirun.errors import AlreadyRunning, BadRef, Conflict, TargetPaused
from omnirun.firecrawl.monitors import CHECK, Monitor, ids, monitor_of, parsed, spelled
from omnirun.paging import Cursors, Offsets
from omnirun.provider import Judge, Listing, Page, Provider, Query, Site, oldest
from omnirun.refs import Ref, Target, TargetInfo, address, ref_to, respelled
from omnirun.replies import ended, expect, failure, is_list, loose, need
from omnirun.run import fresh, priced
from omnirun.states import Verdict
from omnirun_raw.firecrawl.api.monitoring import (
    get_monitor_check,
    list_monitor_checks,
    list_monitors,
    run_monitor,
)
from omnirun_raw.http import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from omnirun.errors import ApiError
    from omnirun.run import Run
    from omnirun.states import States
    from omnirun_raw.firecrawl import wire
    from omnirun_raw.http import Request, Response

_PAGE_SIZE = 100
_PASS, _ALERT = Verdict.PASS, Verdict.ALERT  # by name: see `omnirun.scheduler.At`
_log = logging.getLogger("omnirun")


def by_summary(raw: Mapping[str, Any]) -> Verdict | None:
    """An alert if anything changed, came or went; replaceable, for a monitor with a goal judges changes itself."""
    summary: wire.MonitorSummary | None = raw.get("summary")
    if summary is None:
        return None
    found = (summary.get("changed") or 0) + (summary.get("new") or 0) + (summary.get("removed") or 0)
    return _ALERT if found else _PASS


@attrs.frozen
class Firecrawl(Provider):
    """The provider; see `omnirun.provider.Provider` for what each method does."""

    states: States = states.FIRECRAWL
    judge: Judge = by_summary
    name: ClassVar[str] = "firecrawl"
    site: ClassVar[Site] = Site(raw.BASE_URL, raw.KEY_HEADER, raw.KEY_PREFIX)
    adopts: ClassVar[bool] = True

    def parse_target(self, path: str, account: str) -> Monitor:
        """See `Provider`."""
        return parsed(path, account)

    def canonical(self, ref: Ref) -> Ref:
        """See `Provider`."""
        monitor, check = ids(ref)
        return respelled(ref, f"monitors/{monitor}/checks/{check}")

    def target_of(self, ref: Ref) -> Monitor:
        """See `Provider`."""
        return Monitor(ids(ref)[0], account=ref.account)

    def target_path(self, ref: Ref) -> str:
        """See `Provider`."""
        return ref.path.partition("/checks/")[0]

    def trigger(self, target: Target) -> Request[Any]:
        """See `Provider`."""
        return run_monitor.build(monitor_of(target).id)

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """See `Provider`."""
        monitor = monitor_of(target)
        if response.status == 409:  # noqa: PLR2004 - busy or paused
            raise self._conflict(monitor, response, at)
        body = cast("wire.MonitorRunResponse", self.body(response, at, str(target)))
        return self.check(monitor, need(body.get("data"), "data"), moment(at))

    def get(self, ref: Ref) -> Request[Any]:
        """See `Provider`."""
        monitor, check = ids(ref)
        return get_monitor_check.build(monitor, check, limit=1)

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """See `Provider`."""
        return self.check(self.target_of(ref), self._detail(ref, response, at)[1], moment(at))

    def history(self, target: Target) -> Listing[Run]:
        """See `Provider`."""
        monitor = monitor_of(target)
        return Listing(
            key=monitor.path,
            style=Offsets(),
            request=partial(self._list, monitor),
            read=partial(self._page, monitor),
        )

    def collection(self, ref: Ref) -> Listing[Run]:
        """See `Provider`."""
        return Listing(
            key="monitors",
            style=Offsets(overlap=0.0),  # what shifts past one pass is seen by the next
            request=_list_monitors,
            read=partial(self._monitors, ref.account),
            newest_first=False,
        )

    def targets(self, account: str) -> Listing[TargetInfo]:
        """See `Provider`; its monitors."""
        return Listing(
            key="monitors",
            style=Offsets(),
            request=_list_monitors,
            read=partial(self._targets, account),
            newest_first=False,
        )

    def items(self, ref: Ref) -> Listing[Mapping[str, Any]]:
        """See `Provider`; what the check found on each page.

        The `next` link is not followed: what it leaves out is read from it, and asked for where the client asks anyway.
        """
        return Listing(
            key=ref.path,
            style=Cursors(),
            request=partial(_list_pages, ref),
            read=partial(self._pages, ref),
            newest_first=False,
        )

    def asked_for(self, run: Run) -> bool:
        """See `Provider`."""
        return run.raw.get("trigger") != "scheduled"

    def conclusive(self, run: Run) -> bool:
        """See `Provider`."""
        return "summary" in run.raw

    def typed(self, raw: Mapping[str, Any]) -> Any:
        """See `Provider`."""
        from omnirun_raw.firecrawl import models  # noqa: PLC0415 - only who asks pays for the models

        kind = models.MonitorCheckDetail if "pages" in raw else models.MonitorCheck
        return kind.from_dict(raw)

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """See `Provider`."""
        body = cast("wire.ErrorResponse", loose(response))
        details = body.get("details")
        return failure(
            response,
            at,
            doing,
            message=body.get("error"),
            code=body.get("code"),
            details=details if is_list(details) else [details] if details else [],
        )

    def _conflict(self, monitor: Monitor, response: Response, at: float) -> ApiError:
        error = self.error(response, at, str(monitor))
        check = cast("wire.ErrorResponse", loose(response)).get("checkId", "")
        told: dict[str, Any] = {
            "status": error.status,
            "doing": str(monitor),
            "code": error.code,
            "request_id": error.request_id,
            "body": error.body,
        }
        path = f"{monitor.path}/checks/{str(check).lower()}"
        if CHECK.fullmatch(path):
            with suppress(BadRef):  # 36 characters that are no UUID
                return AlreadyRunning(error.message, ref=self.canonical(monitor.run(path)), **told)
        paused = "paused" in str(error.message).lower()
        return (TargetPaused if paused else Conflict)(error.message, **told)

    def _list(self, monitor: Monitor, query: Query, position: str) -> Request[Any]:
        """The list takes one state word; anything else is filtered by the client."""
        word = query.word(self.states) or UNSET
        return list_monitor_checks.build(monitor.id, limit=_PAGE_SIZE, offset=int(position), status=word)

    def _page(self, monitor: Monitor, response: Response, at: float) -> Page[Run]:
        body = cast("wire.MonitorCheckListResponse", self.body(response, at, str(monitor)))
        seen = moment(at)
        checks = tuple([self.check(monitor, item, seen) for item in need(body.get("data"), "data")])
        return Page(checks, len(checks), asked=_PAGE_SIZE, oldest=oldest(checks))

    def _pages(self, ref: Ref, response: Response, at: float) -> Page[Mapping[str, Any]]:
        body, check = self._detail(ref, response, at)
        ended(self.check(self.target_of(ref), check, moment(at)))
        link = body.get("next") or check.get("next")
        pages = check.get("pages") or []
        return Page(tuple(pages), len(pages), asked=_PAGE_SIZE, cursor=_skipped(link) if link else None)

    def _detail(
        self, ref: Ref, response: Response, at: float
    ) -> tuple[wire.MonitorCheckDetailResponse, wire.MonitorCheckDetail]:
        """Decode the reply to a get of a check; what it says of the check comes second."""
        body = cast("wire.MonitorCheckDetailResponse", self.body(response, at, str(ref)))
        check = need(body.get("data"), "data")
        monitor, _ = ids(ref)
        shown = f"monitors/{spelled(check.get('monitorId') or monitor)}"
        expect(ref, f"{shown}/checks/{spelled(need(check.get('id'), 'id'))}", response)
        return body, check

    def _listed(self, account: str, response: Response, at: float) -> list[wire.Monitor]:
        doing = address("firecrawl", account, "monitors")
        return need(cast("wire.MonitorListResponse", self.body(response, at, doing)).get("data"), "data")

    def _targets(self, account: str, response: Response, at: float) -> Page[TargetInfo]:
        listed = self._listed(account, response, at)
        items = tuple(
            TargetInfo(Monitor(item["id"], account=account), item.get("name") or "", dict(item))
            for item in listed
        )
        return Page(items, len(items), asked=_PAGE_SIZE)

    def _monitors(self, account: str, response: Response, at: float) -> Page[Run]:
        """The same list for waiting: which check each monitor is busy with."""
        current: dict[str, str | None] = {}
        items = self._listed(account, response, at)
        for item in items:
            if "currentCheckId" not in item:
                continue
            try:
                path, check = f"monitors/{spelled(need(item.get('id'), 'id'))}", item["currentCheckId"]
                current[path] = f"{path}/checks/{spelled(check)}" if check else None
            except (AttributeError, TypeError, ValueError):  # an id of another form is none of ours
                continue
        return Page((), len(items), asked=_PAGE_SIZE, current=current)

    def _verdict(self, body: Mapping[str, Any]) -> Verdict | None:
        """Ask the judge; one that fails is logged and says nothing, for the run is what counts."""
        try:
            return self.judge(body)
        except Exception:
            if self.judge is by_summary:
                raise
            _log.exception("the judge of firecrawl's verdicts failed (%r)", self.judge)
            return None

    def check(
        self, monitor: Monitor, item: wire.MonitorCheck | wire.MonitorCheckDetail, seen: datetime
    ) -> Run:
        """Read the JSON of a check."""
        word = item.get("status") or ""
        finished_at = instant(item.get("finishedAt"))
        meaning = states.meaning(self.states, word, completed=finished_at is not None)
        credits_ = item.get("actualCredits")
        path = f"monitors/{monitor.id}/checks/{spelled(need(item.get('id'), 'id'))}"
        return fresh(
            ref_to("firecrawl", monitor.account, path),
            monitor,
            meaning.phase,
            meaning.outcome,
            self._verdict(item) if meaning.judged else meaning.verdict,
            meaning.partial,
            word,
            created_at=instant(item.get("createdAt")),
            started_at=instant(item.get("startedAt")),
            finished_at=finished_at,
            observed_at=seen,
            error=item.get("error"),
            cost=None if credits_ is None else priced(credits_, "credits"),
            raw=item,
        )


def _list_pages(ref: Ref, _: Query, position: str) -> Request[Any]:
    monitor, check = ids(ref)
    return get_monitor_check.build(monitor, check, limit=_PAGE_SIZE, skip=int(position or 0))


def _skipped(link: str) -> str:
    """Read from a `next` link how many pages it leaves out."""
    skip = parse_qs(urlsplit(link).query).get("skip", [""])[-1]
    if not (skip.isascii() and skip.isdigit()):
        raise ValueError(f"the next link {link!r} names no skip")
    return str(int(skip))


def _list_monitors(_: Query, position: str) -> Request[Any]:
    return list_monitors.build(limit=_PAGE_SIZE, offset=int(position))


PROVIDER = Firecrawl()
