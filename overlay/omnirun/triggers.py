"""Starting a run, which is not idempotent and may cost money.

The rules, as a table (`_FATES`): what was certainly not accepted is sent again; what may have been accepted is
*recovered*, never resent; the rest is raised. To recover is to list the target's runs a few times and to leave out
those this client knows, and only at the end to decide: exactly one candidate is adopted, none or several are an
error that names them. Where runs can be adopted, a target is triggered by one flow at a time; every trigger has a
connection of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Literal

import attrs

from omnirun.clock import http_date, moment
from omnirun.errors import (
    AlreadyRunning,
    AmbiguousTrigger,
    OmnirunError,
    RateLimited,
    ServerError,
    TransportError,
    UnreadableReply,
)
from omnirun.flows import ask, asked_pause, judged
from omnirun.provider import Query
from omnirun.run import Origin, Run
from omnirun.scheduler import Step

if TYPE_CHECKING:
    from omnirun.flows import Asking
    from omnirun.provider import Provider
    from omnirun.refs import Ref, Target
    from omnirun.scheduler import Flow, Reply

OnConflict = Literal["raise", "attach"]

_ATTEMPTS = 8
_LOOKS = (2.0, 5.0, 15.0, 30.0)  # seconds after the failed trigger
_CLOCKS_DIFFER = timedelta(seconds=5)
_REMEMBERED = 10_000


class Fate(Enum):
    """What becomes of a trigger that did not simply succeed."""

    RESEND = "it was certainly not accepted"
    RECOVER = "it may have been accepted"
    RAISE = "the provider refused it"


def fate(error: Exception) -> Fate:
    """Tell what becomes of a trigger after an error."""
    match error:
        case TransportError():
            return Fate.RECOVER if error.sent else Fate.RESEND
        case RateLimited():
            return Fate.RESEND
        case ServerError(status=503) if error.retry_after is not None:
            return Fate.RESEND
        case ServerError() | UnreadableReply():
            return Fate.RECOVER
        case _:
            return Fate.RAISE


class Known:
    """Refs of runs this client has handed out, so that no trigger adopts another one's run; bounded."""

    def __init__(self) -> None:
        self._refs: OrderedDict[Ref, None] = OrderedDict()

    def add(self, ref: Ref) -> None:
        """Remember a ref."""
        self._refs[ref] = None
        if len(self._refs) > _REMEMBERED:
            self._refs.popitem(last=False)

    def __contains__(self, ref: object) -> bool:
        return ref in self._refs


@attrs.frozen
class Trigger:
    """One trigger of one target, to be run as a flow."""

    provider: Provider
    target: Target
    lane: str
    known: Known
    asking: Asking
    on_conflict: OnConflict = "raise"

    def flow(self) -> Flow[Run]:
        """Start the run.

        Raises:
            AmbiguousTrigger: it may have been accepted and is not to be found.
            ApiError: the provider refused it.
            TransportError: the provider could not be reached.
        """
        step = Step(
            self.provider.trigger(self.target),
            self.lane,
            exclusive=(self.lane, str(self.target)) if self.provider.adopts else None,
            fresh=True,
        )
        failures = 0
        while True:
            reply = yield step
            try:
                run = judged(partial(self.provider.read_trigger, self.target), reply, str(self.target))
            except AlreadyRunning as error:
                if self.on_conflict == "raise":
                    raise
                return (yield from self._attach(error.ref, step))
            except OmnirunError as error:
                failures += 1
                match fate(error):
                    case Fate.RESEND if failures < _ATTEMPTS:
                        step = self._again(step, error, failures)
                    case Fate.RECOVER:
                        return (yield from self._recover(step, reply, error))
                    case _:
                        raise
            else:
                return self._own(run, Origin.TRIGGERED)

    def _again(self, step: Step, error: OmnirunError, failures: int) -> Step:
        asked = asked_pause(error, self.asking.policy)
        backoff = self.asking.policy.backoff(failures, self.asking.random)
        pause = (asked or backoff) if isinstance(error, RateLimited) else 0.0
        return attrs.evolve(step, delay=max(asked, backoff), pause=pause)

    def _attach(self, ref: Ref, step: Step) -> Flow[Run]:
        get = attrs.evolve(step, request=self.provider.get(ref), fresh=False, metered=False)
        run = yield from ask(get, partial(self.provider.read, ref), self.asking)
        return self._own(run, Origin.ATTACHED)

    def _own(self, run: Run, origin: Origin) -> Run:
        self.known.add(run.ref)
        return attrs.evolve(run, origin=origin, target=self.target)

    def _recover(self, step: Step, lost: Reply, cause: OmnirunError) -> Flow[Run]:
        candidates: tuple[Run, ...] = ()
        looked = 0.0
        for at in _LOOKS:
            found = yield from self._look(step, at - looked, lost)
            looked = at
            candidates = candidates if found is None else found
        if len(candidates) == 1 and self.provider.adopts:
            return self._own(candidates[0], Origin.ADOPTED)
        refs = [run.ref for run in candidates]
        raise AmbiguousTrigger(self.target, moment(lost.sent_at), refs, cause) from cause

    def _look(self, step: Step, delay: float, lost: Reply) -> Flow[tuple[Run, ...] | None]:
        """List the target's newest runs once; None if they could not be read."""
        listing = self.provider.history(self.target)
        request = listing.request(Query(), listing.style.start)
        reply = yield attrs.evolve(step, request=request, delay=delay, pause=0.0, fresh=False)
        try:
            page = judged(listing.read, reply, str(self.target))
        except OmnirunError:
            return None
        theirs = http_date(reply.result().headers.get("date"))
        skew = timedelta() if theirs is None else theirs - moment((reply.sent_at + reply.at) / 2)
        since = moment(lost.sent_at) + skew - _CLOCKS_DIFFER
        return tuple(run for run in page.items if run.ref not in self.known and _started_since(run, since))


def _started_since(run: Run, since: datetime) -> bool:
    at = run.created_at or run.started_at
    return at is None or at >= since
