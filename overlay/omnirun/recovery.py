"""Looking for a run whose trigger got no answer.

The target's runs are listed a few times, each time back to the trigger, and twice more if the last list can't be read.
A candidate is one that somebody asked for, that this client does not know, and that began no earlier than the trigger
was sent; one without a time is a candidate while it has not ended. Whatever any look showed counts, and only at the end
it is decided: a single candidate that began before the answer was given up is adopted; anything else is an error that
names what was found. The clocks' difference comes from the Date of the lists' replies, and is taken so that a run of
ours is never too old.

What no rule can tell: nothing in a run says who asked for it. If the trigger was not accepted, and within the same
seconds somebody else started the one run that is found, that run is adopted; who can't have that says
`on_lost="raise"`.

`candidates` is the same for a caller who looks later: one look, as deep as it takes, and nothing is decided.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import attrs

from omnirun.clock import http_date, moment
from omnirun.errors import AmbiguousTrigger, OmnirunError
from omnirun.paging import Pager
from omnirun.provider import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from omnirun.flows import Asking
    from omnirun.provider import Listing, Page, Provider
    from omnirun.refs import Ref, Target
    from omnirun.run import Run
    from omnirun.scheduler import Flow, Reply
    from omnirun_raw.http import Response

T = TypeVar("T")

_LOOKS = (2.0, 5.0, 15.0, 30.0)  # seconds after the failed trigger
_LATER_LOOKS = (60.0, 120.0)  # only if the one before could not be read to its end
_WITH_DATE = timedelta(seconds=2)  # what the resolution of a Date leaves open
_WITHOUT_DATE = timedelta(seconds=5)
_LATE = timedelta(seconds=15)  # how long after the failure an accepted trigger may still begin
_BELIEVABLE = timedelta(hours=2)  # clocks that differ by more say nothing
_REMEMBERED = 10_000


class Known:
    """Runs this client has handed out or waits for, so that no trigger adopts another one's run; bounded.

    Args:
        waited_for: tells of a run that is being waited for.
    """

    def __init__(self, waited_for: Callable[[Ref], bool] = lambda _: False) -> None:
        self._refs: OrderedDict[Ref, None] = OrderedDict()
        self._waited_for = waited_for

    def add(self, ref: Ref) -> None:
        """Remember a ref."""
        self._refs.pop(ref, None)  # in one step, then the other: other threads add too
        self._refs[ref] = None
        if len(self._refs) > _REMEMBERED:
            self._refs.popitem(last=False)

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._refs or self._waited_for(ref)


@attrs.define
class Lost:
    """A trigger that got no answer.

    Args:
        provider: whose it is.
        target: what was to be run.
        lane: the account.
        known: runs that are not it.
        exclusive: the key that the trigger holds.
        reply: what came instead of an answer, and when.
        cause: why there was none.
        asking: how the lists are read.
        adopts: whether a single candidate may be taken for it.
    """

    provider: Provider
    target: Target
    lane: str
    known: Known
    exclusive: Hashable
    reply: Reply
    cause: OmnirunError
    asking: Asking
    adopts: bool
    _found: dict[Ref, Seen] = attrs.field(factory=dict["Ref", "Seen"], init=False)
    _listed: bool = attrs.field(default=False, init=False)
    _whole: bool = attrs.field(default=False, init=False)

    def find(self) -> Flow[Run]:
        """Look for the run.

        Raises:
            AmbiguousTrigger: there is not exactly one that it can be.
        """
        looked = 0.0
        for at in (*_LOOKS, *_LATER_LOOKS):
            if at in _LATER_LOOKS and self._whole:
                break
            yield from self._look(at - looked)
            looked = at
        refs = [ref for ref in self._found if ref not in self.known]
        if len(refs) == 1 and self.adopts and self._in_time(self._found[refs[0]]):
            return self._found[refs[0]].run
        sent_at = moment(self.reply.sent_at)
        raise AmbiguousTrigger(self.target, sent_at, refs, self.cause, listed=self._listed) from self.cause

    def _look(self, delay: float) -> Flow[None]:
        """Read the target's runs once; what could be read counts, also if the rest could not."""
        sent_at = moment(self.reply.sent_at)
        look = Look(self.provider, self.target, self.lane, self.asking)
        self._whole = False
        with suppress(OmnirunError):
            yield from _holding(look.back_to(sent_at), self.exclusive, delay)
            self._whole = True
        self._listed = self._listed or look.listed
        for seen in look.runs:
            if seen.may_be_since(sent_at):
                before = self._found.get(seen.run.ref, seen)
                self._found[seen.run.ref] = min(seen, before, key=_earliest)  # what a slow reply made late

    def _in_time(self, seen: Seen) -> bool:
        return seen.at is None or seen.at <= moment(self.reply.at) + _LATE


def _earliest(seen: Seen) -> float:
    return -math.inf if seen.at is None else seen.at.timestamp()


@attrs.frozen
class Seen:
    """A run in a list, and when it began by our clock, at the latest; None if the list doesn't say."""

    run: Run
    at: datetime | None

    def may_be_since(self, since: datetime) -> bool:
        """Tell whether it may have begun since a moment; without a time, while it has not ended."""
        return not self.run.finished if self.at is None else self.at >= since


@attrs.define
class Look:
    """One reading of the runs of a target that somebody asked for.

    Attributes:
        runs: what has been read so far.
        listed: whether anything could be.
    """

    provider: Provider
    target: Target
    lane: str
    asking: Asking
    runs: list[Seen] = attrs.field(factory=list["Seen"], init=False)
    listed: bool = attrs.field(default=False, init=False)
    _oldest: datetime | None = attrs.field(default=None, init=False)

    def back_to(self, since: datetime) -> Flow[None]:
        """Read the runs that began since a moment, by our clock.

        Raises:
            OmnirunError: they could not be read further.
        """
        listing = self.provider.history(self.target)
        noted: Listing[Run] = attrs.evolve(listing, read=partial(self._read, listing))
        bounded = Query(since=since - _BELIEVABLE)
        # A list filtered by time may leave out what has no time yet: its first page is looked at without the filter.
        for query in (bounded,) if listing.newest_first else (Query(), bounded):
            pager = Pager(noted, query, self.lane, self.asking)
            while pager.cursor is not None:
                yield from pager.next_page()
                past = listing.newest_first and self._oldest is not None and self._oldest < since
                if query is not bounded or past:
                    break
            if pager.cursor is None:
                break

    def _read(self, listing: Listing[Run], response: Response, at: float) -> Page[Run]:
        page = listing.read(response, at)
        ahead = _ahead(response, moment(at))
        self.listed = True
        self._oldest = None if page.oldest is None else page.oldest - ahead
        for run in filter(self.provider.asked_for, page.items):
            began = run.created_at or run.started_at
            self.runs.append(Seen(run, None if began is None else began - ahead))
        return page


def _ahead(response: Response, ours: datetime) -> timedelta:
    """How far the provider's clock is ahead, at the least: a slow reply makes it too small, never too large."""
    theirs = http_date(response.headers.get("date"))
    skew = None if theirs is None else theirs - ours
    return -_WITHOUT_DATE if skew is None or abs(skew) > _BELIEVABLE else skew - _WITH_DATE


def candidates(
    provider: Provider, target: Target, lane: str, known: Known, *, since: datetime, asking: Asking
) -> Flow[list[Run]]:
    """Find the runs of a target that may have begun since a moment and that this client doesn't know.

    It holds the key that triggers of the target hold, so that none under way is taken for unknown.

    Raises:
        OmnirunError: the runs could not be listed.
    """
    flow = _since(provider, target, lane, known, since=since, asking=asking)
    return _holding(flow, exclusive(lane, target)) if provider.adopts else flow


def _since(
    provider: Provider, target: Target, lane: str, known: Known, *, since: datetime, asking: Asking
) -> Flow[list[Run]]:
    look = Look(provider, target, lane, asking)
    yield from look.back_to(since)
    found = {seen.run.ref: seen.run for seen in look.runs if seen.may_be_since(since)}
    return [run for ref, run in found.items() if ref not in known]


def exclusive(lane: str, target: Target) -> Hashable:
    """Tell the key that a trigger holds where runs are adopted: one target is triggered by one flow at a time."""
    return (lane, str(target))


def _holding(flow: Flow[T], key: Hashable, delay: float = 0.0) -> Flow[T]:
    """Have all steps of a flow hold a key, and the first one wait."""
    step = attrs.evolve(next(flow), delay=delay)
    try:
        while True:
            step = flow.send((yield attrs.evolve(step, exclusive=key)))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
