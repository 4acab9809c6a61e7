"""Looking for a run whose trigger got no answer.

The target's runs are listed a few times. A candidate is one that this client does not know and that began no earlier
than the trigger was sent; one without a time is a candidate while it has not ended. Whatever any look showed counts,
and only at the end it is decided: a single candidate that began before the answer was given up is adopted; anything
else is an error that names what was found. The clocks' difference comes from the Date of the lists' replies.

`candidates` is the same for a caller who looks later: one look, as deep as it takes, and nothing is decided.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from omnirun.clock import http_date, moment
from omnirun.errors import AmbiguousTrigger, OmnirunError
from omnirun.flows import judged
from omnirun.paging import Pager
from omnirun.provider import Query, oldest
from omnirun.scheduler import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from omnirun.flows import Asking
    from omnirun.provider import Listing, Page, Provider
    from omnirun.refs import Ref, Target
    from omnirun.run import Run
    from omnirun.scheduler import Flow, Reply
    from omnirun_raw.http import Response

_LOOKS = (2.0, 5.0, 15.0, 30.0)  # seconds after the failed trigger
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
        self._refs[ref] = None
        self._refs.move_to_end(ref)
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
    """

    provider: Provider
    target: Target
    lane: str
    known: Known
    exclusive: Hashable
    reply: Reply
    cause: OmnirunError
    _found: dict[Ref, Run] = attrs.field(factory=dict["Ref", "Run"], init=False)
    _listed: bool = attrs.field(default=False, init=False)
    _until: datetime | None = attrs.field(default=None, init=False)

    def find(self) -> Flow[Run]:
        """Look for the run.

        Raises:
            AmbiguousTrigger: there is not exactly one that it can be.
        """
        looked = 0.0
        for at in _LOOKS:
            yield from self._look(at - looked)
            looked = at
        runs = [run for ref, run in self._found.items() if ref not in self.known]
        if len(runs) == 1 and self.provider.adopts and self._in_time(runs[0]):
            return runs[0]
        sent_at = moment(self.reply.sent_at)
        refs = [run.ref for run in runs]
        raise AmbiguousTrigger(self.target, sent_at, refs, self.cause, listed=self._listed) from self.cause

    def _look(self, delay: float) -> Flow[None]:
        """List the target's newest runs; where the order isn't known, also the ones since the trigger."""
        listing = self.provider.history(self.target)
        since = Query(since=moment(self.reply.sent_at) - _BELIEVABLE)
        for query in (Query(),) if listing.newest_first else (Query(), since):
            request = listing.request(query, listing.style.start)
            reply = yield Step(request, self.lane, delay=delay, exclusive=self.exclusive)
            delay = 0.0
            try:
                page = judged(listing.read, reply, str(self.target))
            except OmnirunError:
                continue
            self._listed = True
            skew, margin = _clocks(reply.result(), moment((reply.sent_at + reply.at) / 2))
            self._until = moment(self.reply.at) + skew + _LATE
            began = moment(self.reply.sent_at) + skew - margin
            self._found |= {run.ref: run for run in page.items if _may_be(run, began)}

    def _in_time(self, run: Run) -> bool:
        at = run.created_at or run.started_at
        return at is None or self._until is None or at <= self._until


def candidates(
    provider: Provider, target: Target, lane: str, known: Known, *, since: datetime, asking: Asking
) -> Flow[list[Run]]:
    """Find the runs of a target that may have begun since a moment and that this client doesn't know.

    It holds the key that triggers of the target hold, so that none under way is taken for unknown.

    Raises:
        OmnirunError: the runs could not be listed.
    """
    return _holding(
        _since(provider, target, lane, known, since=since, asking=asking), exclusive(provider, lane, target)
    )


def _since(
    provider: Provider, target: Target, lane: str, known: Known, *, since: datetime, asking: Asking
) -> Flow[list[Run]]:
    listing = provider.history(target)
    began = since - _WITHOUT_DATE

    def read(response: Response, at: float) -> Page[Run]:
        nonlocal began
        skew, margin = _clocks(response, moment(at))
        began = since + skew - margin
        return listing.read(response, at)

    noted: Listing[Run] = attrs.evolve(listing, read=read)
    found: dict[Ref, Run] = {}
    bounded = Query(since=since - _BELIEVABLE)
    # A list filtered by time may leave out what has no time yet: its first page is looked at without the filter.
    for query in (bounded,) if listing.newest_first else (Query(), bounded):
        pager = Pager(noted, query, lane, asking)
        while pager.cursor is not None:
            page = yield from pager.next_page()
            found |= {run.ref: run for run in page if _may_be(run, began)}
            reached = oldest(page)
            past = listing.newest_first and reached is not None and reached < began
            if query is not bounded or past:
                break
    return [run for ref, run in found.items() if ref not in known]


def exclusive(provider: Provider, lane: str, target: Target) -> Hashable:
    """Tell the key that a trigger holds where runs are adopted: one target is triggered by one flow at a time."""
    return (lane, str(target)) if provider.adopts else None


def _holding(flow: Flow[list[Run]], key: Hashable) -> Flow[list[Run]]:
    """Have all steps of a flow hold a key."""
    step = next(flow)
    try:
        while True:
            step = flow.send((yield attrs.evolve(step, exclusive=key)))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def _clocks(response: Response, ours: datetime) -> tuple[timedelta, timedelta]:
    """How far the provider's clock is ahead, and how exactly that is known."""
    theirs = http_date(response.headers.get("date"))
    skew = None if theirs is None else theirs - ours
    return (timedelta(), _WITHOUT_DATE) if skew is None or abs(skew) > _BELIEVABLE else (skew, _WITH_DATE)


def _may_be(run: Run, began: datetime) -> bool:
    at = run.created_at or run.started_at
    return not run.finished if at is None else at >= began
