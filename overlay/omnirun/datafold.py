"""Datafold: data monitors and their runs (https://app.datafold.com, `Authorization: Key <key>`).

Quirks. A trigger answers a run id and nothing else. No state is documented; items of a list lack error and warnings
and may have a null state, so the end of a run is always read from the run itself. The order of the list isn't
documented. No completion time is given.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import attrs

import omnirun_raw.datafold as raw
from omnirun import states
from omnirun.clock import instant, moment
from omnirun.errors import BadRef, Unsupported
from omnirun.paging import PageNumbers
from omnirun.provider import Listing, Page, Provider, Query, Site
from omnirun.refs import Ref, Target, TargetInfo, address, ref_to, respelled
from omnirun.replies import expect, failure, is_list, loose
from omnirun.run import fresh
from omnirun.states import Phase
from omnirun_raw.datafold.api.monitors import (
    get_monitor_run,
    list_monitor_runs,
    list_monitors,
    trigger_monitor_run,
)
from omnirun_raw.http import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from omnirun.errors import ApiError
    from omnirun.provider import Known
    from omnirun.run import Run
    from omnirun.states import States
    from omnirun_raw.datafold import wire
    from omnirun_raw.http import Request, Response

    _Item = wire.ApiPublicMonitorRunOut | wire.ApiPublicMonitorRunResultOut

_RUN = re.compile(r"monitors/(\d{1,18})/runs/(\d{1,18})")
_MONITOR = re.compile(r"monitors/(\d{1,18})")
_PAGE_SIZE = 100


def _natural(_: object, __: object, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRef(f"a Datafold monitor is named by its number, not by {value!r}: datafold.Monitor(42).")


@attrs.frozen
class Monitor(Target):
    """A data monitor, such as `datafold.Monitor(42)`; its address is `datafold:monitors/42`."""

    provider: ClassVar[str] = "datafold"

    id: int = attrs.field(validator=_natural)

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"monitors/{self.id}"


@attrs.frozen
class Datafold(Provider):
    """The provider; see `omnirun.provider.Provider` for what each method does."""

    states: States = states.DATAFOLD
    name: ClassVar[str] = "datafold"
    site: ClassVar[Site] = Site(raw.BASE_URL, raw.KEY_HEADER, raw.KEY_PREFIX)
    adopts: ClassVar[bool] = True

    def parse_target(self, path: str, account: str) -> Monitor:
        """See `Provider`."""
        match = _MONITOR.fullmatch(path)
        if match is None:
            raise BadRef(f"{path!r} is no Datafold target. One reads datafold:monitors/42.")
        return Monitor(int(match[1]), account=account)

    def canonical(self, ref: Ref) -> Ref:
        """See `Provider`."""
        monitor, run = _ids(ref)
        return respelled(ref, f"monitors/{monitor}/runs/{run}")

    def target_of(self, ref: Ref) -> Monitor:
        """See `Provider`."""
        return Monitor(_ids(ref)[0], account=ref.account)

    def trigger(self, target: Target) -> Request[Any]:
        """See `Provider`."""
        return trigger_monitor_run.build(_monitor(target).id)

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """See `Provider`."""
        body = cast("wire.ApiPublicMonitorTriggerRunResultOut", self.body(response, at, str(target)))
        ref = target.run(f"{target.path}/runs/{int(body['run_id'])}")
        return fresh(ref, target, Phase.QUEUED, observed_at=moment(at), raw=body)

    def get(self, ref: Ref) -> Request[Any]:
        """See `Provider`."""
        monitor, run = _ids(ref)
        return get_monitor_run.build(monitor, run)

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """See `Provider`."""
        monitor = self.target_of(ref)
        body = cast("wire.ApiPublicMonitorRunResultOut", self.body(response, at, str(ref)))
        shown = int(body.get("monitor_id") or monitor.id)
        expect(ref, _paths(f"monitors/{shown}")(body), response)
        return self._run(monitor, ref.path, body, moment(at))

    def history(self, target: Target) -> Listing[Run]:
        """See `Provider`."""
        monitor = _monitor(target)
        return Listing(
            key=monitor.path,
            style=PageNumbers(),
            request=partial(_list, monitor),
            read=partial(self._page, monitor),
            glance=partial(self._glance, monitor),
            newest_first=False,
        )

    def targets(self, account: str) -> Listing[TargetInfo]:
        """See `Provider`; its monitors."""
        return Listing(
            key="monitors",
            style=PageNumbers(),
            request=_list_monitors,
            read=partial(self._monitors, account),
            newest_first=False,
        )

    def collection(self, ref: Ref) -> Listing[Run]:
        """See `Provider`."""
        return self.history(self.target_of(ref))

    def conclusive(self, run: Run) -> bool:
        """See `Provider`."""
        return "warnings" in run.raw

    def typed(self, raw: Mapping[str, Any]) -> Any:
        """See `Provider`."""
        from omnirun_raw.datafold import models  # noqa: PLC0415 - only who asks pays for the models

        if "warnings" in raw:
            return models.ApiPublicMonitorRunResultOut.from_dict(raw)
        if "monitor_id" in raw:
            return models.ApiPublicMonitorRunOut.from_dict(raw)
        return models.ApiPublicMonitorTriggerRunResultOut.from_dict(raw)

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """See `Provider`."""
        detail = loose(response).get("detail")
        reasons = detail if is_list(detail) else []
        message = detail if isinstance(detail, str) else "; ".join(map(_reason, reasons))
        return failure(response, at, doing, message=message, details=reasons)

    def _page(self, monitor: Monitor, response: Response, at: float) -> Page[Run]:
        return self._glance(monitor, response, at, None)

    def _glance(self, monitor: Monitor, response: Response, at: float, known: Known | None) -> Page[Run]:
        body = cast("wire.ApiPublicListMonitorRunsOut", self.body(response, at, str(monitor)))
        items, seen, path = body["runs"], moment(at), _paths(monitor.path)
        changed = items if known is None else known.changed(items, path, "state")
        return Page(
            tuple([self._run(monitor, path(item), item, seen) for item in changed]),
            len(items),
            asked=body.get("page_size", _PAGE_SIZE),
            count=body["count"],
            pages=body["total_pages"],
        )

    def _monitors(self, account: str, response: Response, at: float) -> Page[TargetInfo]:
        body = cast(
            "wire.ApiPublicListMonitorsOut",
            self.body(response, at, address("datafold", account, "monitors")),
        )
        items = tuple(
            TargetInfo(Monitor(item["id"], account=account), item.get("name") or "", dict(item))
            for item in body["monitors"]
        )
        return Page(
            items,
            len(items),
            asked=body.get("page_size", _PAGE_SIZE),
            count=body["count"],
            pages=body["total_pages"],
        )

    def _run(self, monitor: Monitor, path: str, item: _Item, seen: datetime) -> Run:
        get: Callable[[str], Any] = item.get
        word = get("state") or ""
        meaning = self.states.get(word, states.UNKNOWN)
        return fresh(
            ref_to("datafold", monitor.account, path),
            monitor,
            meaning.phase,
            meaning.outcome,
            meaning.verdict,
            meaning.partial,
            word,
            started_at=instant(get("started_at")),
            observed_at=seen,
            error=get("error"),
            warnings=tuple(get("warnings") or ()),
            output=get("diff_id"),
            raw=item,
        )


def _paths(monitor: str) -> Callable[[_Item], str]:
    """Make what tells the path of a run's ref, given that of its monitor."""
    under = f"{monitor}/runs/"
    return lambda item: f"{under}{int(item['run_id'])}"


def _monitor(target: Target) -> Monitor:
    if not isinstance(target, Monitor):
        raise Unsupported(f"Datafold runs monitors, such as datafold.Monitor(42); {target} is none.")
    return target


def _ids(ref: Ref) -> tuple[int, int]:
    match = _RUN.fullmatch(ref.path)
    if match is None:
        wanted = address("datafold", ref.account, "monitors/42/runs/123")
        raise BadRef(f"{str(ref)!r} is no ref of a Datafold run. One reads {wanted}.")
    return int(match[1]), int(match[2])


def _list(monitor: Monitor, query: Query, position: str) -> Request[Any]:
    return list_monitor_runs.build(
        monitor.id,
        page=int(position),
        page_size=_PAGE_SIZE,
        start_time=query.since or UNSET,
        end_time=query.until or UNSET,
    )


def _list_monitors(_: Query, position: str) -> Request[Any]:
    return list_monitors.build(page=int(position), page_size=_PAGE_SIZE)


def _reason(reason: Any) -> str:
    """Put one entry of a 422's detail into words."""
    if not isinstance(reason, dict):
        return str(reason)
    entry = cast("wire.ValidationError", reason)
    loc = entry.get("loc")
    where = ".".join(map(str, loc)) if is_list(loc) else ""
    return f"{where}: {entry.get('msg', entry)}" if where else str(entry.get("msg", entry))


PROVIDER = Datafold()
