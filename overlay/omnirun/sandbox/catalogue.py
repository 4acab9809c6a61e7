"""What can be run in the sandbox, and how it goes: tables, one per provider.

A target has a script for the runs it is asked for, and a past: how many runs it already has, how far apart, and the
scripts they went by, taken in turn. Seconds are those of a sandbox at speed 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import attrs

from omnirun.sandbox.life import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3600.0

S = TypeVar("S")


@attrs.frozen
class Past(Generic[S]):
    """The runs a target had before the sandbox started, the newest one gap ago."""

    count: int = 0
    gap: float = 24 * HOUR
    scripts: tuple[S, ...] = ()


# ------------------------------------------------------------------------------------------------ datafold


@attrs.frozen
class MonitorScript:
    """How one run of a Datafold monitor goes."""

    plan: Plan
    error: str | None = None
    warnings: tuple[str, ...] = ()


@attrs.frozen
class DatafoldMonitor:
    """A Datafold monitor."""

    id: int
    script: MonitorScript
    past: Past[MonitorScript] = Past()
    name: str = ""
    tags: tuple[str, ...] = ()


def _checks(end: str, *, error: str | None = None, warnings: tuple[str, ...] = ()) -> MonitorScript:
    return MonitorScript(Plan((("created", 1), ("checking", 4)), end), error, warnings)


_NO_TABLE = "relation ORDERS does not exist"
_OK, _ALERT, _ERROR = _checks("ok"), _checks("alert"), _checks("error", error=_NO_TABLE)

DATAFOLD: Mapping[int, DatafoldMonitor] = {
    monitor.id: monitor
    for monitor in (
        DatafoldMonitor(42, _OK, Past(234, scripts=(_OK, _OK, _ALERT, _OK, _ERROR))),
        DatafoldMonitor(43, _ALERT, Past(212, 8 * HOUR, (_ALERT, _OK))),
        DatafoldMonitor(44, _ERROR, Past(3, scripts=(_ERROR,))),
        DatafoldMonitor(45, _checks("learning", warnings=("not enough history yet",))),
        DatafoldMonitor(46, MonitorScript(Plan((("created", 1),), "skipped"))),
        DatafoldMonitor(47, MonitorScript(Plan((("created", 1), ("checking", 2)), "cancelled"))),
        # A newer published revision has this state; the vendored pages don't.
        DatafoldMonitor(48, MonitorScript(Plan((("created", 1), ("queued", 2), ("checking", 3)), "ok"))),
    )
}


# ----------------------------------------------------------------------------------------------- firecrawl


@attrs.frozen
class CheckScript:
    """How one check of a Firecrawl monitor goes: the states, and what was found on each page."""

    plan: Plan
    pages: tuple[str, ...] = ()
    error: str | None = None


@attrs.frozen
class FirecrawlMonitor:
    """A Firecrawl monitor.

    Args:
        id: its id.
        script: how its checks go.
        past: the checks it has had.
        paused: whether it refuses triggers.
        name: its name.
        careless: for so many seconds after a check began, a second trigger is accepted too, and paid.
    """

    id: UUID
    script: CheckScript
    past: Past[CheckScript] = Past()
    paused: bool = False
    name: str = ""
    careless: float = 0.0


def _crawl(end: str, pages: tuple[str, ...], error: str | None = None) -> CheckScript:
    return CheckScript(Plan((("queued", 1), ("running", 5)), end), pages, error)


def _uuid(number: int) -> UUID:
    return UUID(f"0199a1b2-0000-7000-8000-{number:012d}")


_CHANGED = _crawl("completed", ("same", "changed", "new", "removed") + ("same",) * 56)
_SAME = _crawl("completed", ("same",) * 3)
_OVERLAP = CheckScript(Plan((), "skipped_overlap"))

FIRECRAWL: Mapping[UUID, FirecrawlMonitor] = {
    monitor.id: monitor
    for monitor in (
        FirecrawlMonitor(_uuid(1), _CHANGED, Past(160, HOUR, (_SAME, _CHANGED, _SAME, _OVERLAP))),
        FirecrawlMonitor(_uuid(2), _SAME, Past(30, HOUR, (_SAME,))),
        FirecrawlMonitor(_uuid(3), _crawl("partial", ("same", "error"))),
        FirecrawlMonitor(_uuid(4), _crawl("failed", (), "Every target failed.")),
        FirecrawlMonitor(_uuid(5), CheckScript(Plan((("queued", 1),), "skipped_no_credits"))),
        FirecrawlMonitor(_uuid(6), _SAME, paused=True),
    )
}


# --------------------------------------------------------------------------------------------------- monid


@attrs.frozen
class EndpointScript:
    """How one run of a Monid endpoint goes; `http_status` is the data provider's own, None if it was never asked."""

    plan: Plan
    http_status: int | None = 200
    error: str | None = None
    output: tuple[Mapping[str, Any], ...] = ()


@attrs.frozen
class MonidEndpoint:
    """A Monid endpoint.

    A synchronous one answers the trigger with the finished run, and mirrors the data provider's HTTP status; one with
    too high a price answers 402.
    """

    provider: str
    endpoint: str
    script: EndpointScript
    past: Past[EndpointScript] = Past()
    synchronous: bool = False
    affordable: bool = True

    @property
    def provider_name(self) -> str:
        """The provider as it is shown."""
        return self.provider.capitalize()


def _async(
    end: str, http_status: int | None = 200, error: str | None = None, items: int = 0
) -> EndpointScript:
    output = tuple({"id": str(number), "text": f"post {number}"} for number in range(1, items + 1))
    return EndpointScript(Plan((("RUNNING", 5),), end), http_status, error, output)


def _sync(end: str, http_status: int | None = 200, error: str | None = None) -> EndpointScript:
    return EndpointScript(Plan((), end), http_status, error)


_TWEETS, _FAILED = _async("COMPLETED", items=10), _async("FAILED", 500, "The actor crashed.")

MONID: Mapping[tuple[str, str], MonidEndpoint] = {
    (endpoint.provider, endpoint.endpoint): endpoint
    for endpoint in (
        MonidEndpoint(
            "apify", "/apidojo/tweet-scraper", _TWEETS, Past(224, HOUR, (_TWEETS, _TWEETS, _FAILED))
        ),
        MonidEndpoint("apify", "/sandbox/failing", _FAILED, Past(4, 6 * HOUR, (_FAILED,))),
        MonidEndpoint(
            "apify", "/sandbox/ready", EndpointScript(Plan((("READY", 1), ("RUNNING", 2)), "COMPLETED"))
        ),
        MonidEndpoint("apify", "/sandbox/missing", _async("COMPLETED", 404, "No such profile.")),
        MonidEndpoint("apify", "/sandbox/slow", EndpointScript(Plan((("RUNNING", 120),), "TIMED_OUT"), None)),
        MonidEndpoint("exa", "/sandbox/search", _sync("COMPLETED"), synchronous=True),
        MonidEndpoint("exa", "/sandbox/limited", _sync("COMPLETED", 429, "Slow down."), synchronous=True),
        MonidEndpoint("exa", "/sandbox/blocked", _sync("BLOCKED", None, "Not allowed."), synchronous=True),
        MonidEndpoint("exa", "/sandbox/expensive", _sync("COMPLETED"), affordable=False),
    )
}
