"""Looking for a run whose trigger got no answer.

The target's runs are listed a few times. A candidate is one that this client does not know and that began no earlier
than the trigger was sent; one without a time is a candidate while it has not ended. Whatever any look showed counts,
and only at the end it is decided: a single candidate that began before the answer was given up is adopted; anything
else is an error that names what was found. The clocks' difference comes from the Date of the lists' replies.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from omnirun.clock import http_date, moment
from omnirun.errors import AmbiguousTrigger, OmnirunError
from omnirun.flows import judged
from omnirun.provider import Query
from omnirun.scheduler import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from omnirun.provider import Provider
    from omnirun.refs import Ref, Target
    from omnirun.run import Run
    from omnirun.scheduler import Flow, Reply

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
        since = moment(self.reply.sent_at) - _BELIEVABLE
        for query in (Query(),) if listing.newest_first else (Query(), Query(since=since)):
            request = listing.request(query, listing.style.start)
            reply = yield Step(request, self.lane, delay=delay, exclusive=self.exclusive)
            delay = 0.0
            try:
                page = judged(listing.read, reply, str(self.target))
            except OmnirunError:
                continue
            self._listed = True
            skew, margin = self._clocks(reply)
            self._until = moment(self.reply.at) + skew + _LATE
            began = moment(self.reply.sent_at) + skew - margin
            self._found |= {run.ref: run for run in page.items if _may_be(run, began)}

    def _clocks(self, reply: Reply) -> tuple[timedelta, timedelta]:
        """How far the provider's clock is ahead, and how exactly that is known."""
        theirs = http_date(reply.result().headers.get("date"))
        skew = None if theirs is None else theirs - moment((reply.sent_at + reply.at) / 2)
        return (timedelta(), _WITHOUT_DATE) if skew is None or abs(skew) > _BELIEVABLE else (skew, _WITH_DATE)

    def _in_time(self, run: Run) -> bool:
        at = run.created_at or run.started_at
        return at is None or self._until is None or at <= self._until


def _may_be(run: Run, began: datetime) -> bool:
    at = run.created_at or run.started_at
    return not run.finished if at is None else at >= began
