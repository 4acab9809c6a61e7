"""Who waits for which runs, what was last seen of them, and what is told to whom.

A record per run, not its JSON. The rules of what a sighting means are here: an unknown state is warned about once and
ends the wait after a while, a refused poll ends it at once, failing polls when they have failed long enough, a
deadline when it has come. When and how runs are asked for is the watch's business.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from omnirun.clock import moment
from omnirun.errors import NotFound, PollError, UnknownState
from omnirun.flows import PASSING
from omnirun.run import Run
from omnirun.states import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omnirun.policy import WaitPolicy
    from omnirun.provider import Provider
    from omnirun.refs import Ref
    from omnirun.scheduler import Task


class Kind(Enum):
    """What there is to say of a run."""

    UPDATED = "its state changed"
    ENDED = "it has ended"
    FAILED = "it can't be waited for any longer"
    EXPIRED = "the deadline came first"


UPDATED, ENDED, FAILED, EXPIRED = Kind
_UNKNOWN, _FINISHED = Phase.UNKNOWN, Phase.FINISHED  # by name: see `omnirun.scheduler.At`


@attrs.frozen
class Event:
    """News of a run for one who waits for it."""

    kind: Kind
    ref: Ref
    run: Run | None = None
    error: Exception | None = None


@attrs.frozen(eq=False)
class Waiter:
    """Who waits: where to tell it, until when (seconds UTC), and whether changes matter."""

    emit: Callable[[Event], None]
    deadline: float | None = None
    updates: bool = False
    alone: tuple[Waiter, ...] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda waiter: (waiter,), takes_self=True)
    )
    """Itself as the only one who waits for a run: one tuple for all the runs it waits for."""


@attrs.define(eq=False, weakref_slot=False)
class Pending:
    """What is kept of a run that is waited for."""

    ref: Ref
    added: float
    since: float  # its creation, or when the wait began if that is not known
    waiters: tuple[Waiter, ...] = ()
    seen_at: float | None = None
    state: str | None = None
    phase: Phase = _UNKNOWN
    watched: bool = False  # it was seen before its end
    unknown_since: float | None = None
    misses: int = 0
    failures: int = 0
    failing_since: float = 0.0
    failure: Exception | None = None  # why the last poll failed
    fetch: Task | None = None
    found: int = 0  # the pass that came by it last
    held: bool = True  # it is still waited for


class Roster:
    """The records of one watch.

    Args:
        provider: whose runs they are.
        policy: how long to put up with failures and unknown states.
        warn: told of states omnirun does not know.
        gone: told of each record that is removed.
    """

    def __init__(
        self,
        provider: Provider,
        policy: WaitPolicy,
        warn: Callable[[Run], None],
        gone: Callable[[Pending, float], None],
    ) -> None:
        self.pending: dict[str, Pending] = {}
        """The records, by the paths of their refs: of one provider and account."""
        self.soonest = math.inf
        """No deadline comes before (seconds UTC); so that thousands need not be gone through to see that none has."""
        self._provider = provider
        self._policy = policy
        self._warn = warn
        self._gone = gone

    def add(self, ref: Ref, waiter: Waiter, run: Run | None, now: float) -> bool:
        """Record who waits for a run, given how it was last seen; tells whether the run is new here."""
        entry = self.pending.get(ref.path)
        new = entry is None
        if entry is None:
            entry = self.pending[ref.path] = Pending(ref, added=now, since=now)
            if run is not None:
                self._note(
                    entry, run, None if run.observed_at is None else min(now, run.observed_at.timestamp())
                )
        entry.waiters = (*entry.waiters, waiter) if entry.waiters else waiter.alone
        if waiter.deadline is not None:
            self.soonest = min(self.soonest, waiter.deadline)
        return new

    def drop(self, ref: Ref, waiter: Waiter, now: float) -> None:
        """Forget one who waits; others who wait for the same run are not touched."""
        entry = self.pending.get(ref.path)
        if entry is None:
            return
        entry.waiters = tuple(other for other in entry.waiters if other is not waiter)
        if not entry.waiters:
            self._remove(entry, now)

    def pollable(self) -> dict[str, Pending]:
        """Give the records whose runs are not being fetched already."""
        return {path: entry for path, entry in self.pending.items() if entry.fetch is None}

    # ---- what was seen

    def see(self, entry: Pending, run: Run, now: float, *, full: bool) -> bool:
        """Take in a sighting; tells whether the run is to be fetched in full: it has ended, or the list can't tell."""
        if run.phase is _UNKNOWN and not full:
            return True
        ended_at = entry.seen_at if entry.phase is _FINISHED and entry.seen_at is not None else now
        changed = run.state != entry.state
        self._note(entry, run, now)
        if run.finished:
            if not full and not self._provider.conclusive(run):
                return True
            if entry.watched and run.finished_at is None:
                run = attrs.evolve(run, observed_finished_at=moment(ended_at))
            self.close(entry, Event(ENDED, entry.ref, run), now)
            return False
        if changed:
            self._tell(entry, Event(UPDATED, entry.ref, run))
        self._judge_unknown(entry, run, now)
        return False

    @staticmethod
    def still(entries: Iterable[Pending], now: float) -> None:
        """Take in that runs are still under way, which is all some lists show."""
        for entry in entries:
            entry.seen_at, entry.watched = now, True
            entry.failures, entry.misses, entry.failure = 0, 0, None

    def _note(self, entry: Pending, run: Run, at: float | None) -> None:
        created = run.created_at or run.started_at
        entry.since = entry.since if created is None else created.timestamp()
        entry.state, entry.phase, entry.seen_at = run.state, run.phase, at
        entry.watched = entry.watched or not run.finished
        entry.failures, entry.misses, entry.failure = 0, 0, None

    def _judge_unknown(self, entry: Pending, run: Run, now: float) -> None:
        if run.phase is not _UNKNOWN:
            entry.unknown_since = None
            return
        self._warn(run)
        if entry.unknown_since is None:
            entry.unknown_since = now
        elif now - entry.unknown_since >= self._policy.unknown_after:
            self.close(entry, Event(FAILED, entry.ref, run, UnknownState(run)), now)

    # ---- what went wrong

    def failed(self, entry: Pending, error: Exception, now: float) -> bool:
        """Take in a failed poll; tells whether the provider should be given a rest."""
        entry.failure = error
        if isinstance(error, NotFound) and now - entry.added < self._policy.not_found_grace:
            entry.seen_at = now  # a replica lags; the next pass looks again
            return False
        if not isinstance(error, PASSING):
            self.close(entry, Event(FAILED, entry.ref, None, error), now)
            return False
        entry.failing_since = entry.failing_since if entry.failures else now
        entry.failures += 1
        if self._policy.gives_up(entry.failures, now - entry.failing_since):
            self.close(entry, Event(FAILED, entry.ref, None, PollError(entry.ref, error)), now)
        return True

    def expire(self, now: float) -> None:
        """Tell those whose deadline has come."""
        if self.soonest > now:
            return
        late = [
            (entry, waiter)
            for entry in self.pollable().values()
            for waiter in entry.waiters
            if waiter.deadline is not None and waiter.deadline <= now
        ]
        for entry, waiter in late:
            waiter.emit(Event(EXPIRED, entry.ref, self._glimpse(entry), entry.failure))
            self.drop(entry.ref, waiter, now)
        left = (waiter.deadline for entry in self.pending.values() for waiter in entry.waiters)
        self.soonest = min((deadline for deadline in left if deadline is not None), default=math.inf)

    def _glimpse(self, entry: Pending) -> Run:
        """What is known of a run without its JSON."""
        target = self._provider.target_of(entry.ref)
        at = None if entry.seen_at is None else moment(entry.seen_at)
        return Run(entry.ref, target, phase=entry.phase, state=entry.state or "", observed_at=at)

    # ---- telling

    def close(self, entry: Pending, event: Event, now: float) -> None:
        """Tell the last news of a run."""
        self._remove(entry, now)
        self._tell(entry, event)

    def _tell(self, entry: Pending, event: Event) -> None:
        for waiter in entry.waiters:
            if waiter.updates or event.kind is not UPDATED:
                waiter.emit(event)

    def _remove(self, entry: Pending, now: float) -> None:
        del self.pending[entry.ref.path]
        entry.held = False
        self._gone(entry, now)
