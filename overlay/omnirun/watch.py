"""Waiting for the runs of one collection.

One `Watch` per account and collection, whether one run is pending there or thousands; so the waiting policy is
written once. Rules:

- A pass is a list of the collection when three or more runs are pending and it costs fewer requests than single gets
  would; otherwise it gets each run.
- Absence from a list is never an end: after two complete passes without it, the run itself is fetched.
- A finished run is fetched once in full unless the list item was conclusive; these gets pay no tokens.
- A failed poll is not a failed run. A poll that is refused ends that run's wait; one that may pass is tried again.
- The next pass comes no later than the earliest deadline; who has reached theirs after a pass is told so.

A watch keeps a record per run, not its JSON, and never reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from omnirun.clock import moment
from omnirun.errors import AuthError, NotFound, OmnirunError, PollError, RateLimited, UnknownState
from omnirun.flows import PASSING, Asking, ask, asked_pause, judged
from omnirun.paging import Passed
from omnirun.policy import retry_after
from omnirun.provider import Query
from omnirun.run import Run
from omnirun.scheduler import Step
from omnirun.states import Phase

if TYPE_CHECKING:
    from omnirun.provider import Listing, Page, Provider
    from omnirun.refs import Ref
    from omnirun.scheduler import Flow, Reply, Scheduler, Task

_LISTING_FROM = 3
_MISSES = 2
_CLOCKS_DIFFER = 5.0
_FINAL_ATTEMPTS = 6


class Kind(Enum):
    """What a watch has to say of a run."""

    UPDATED = "its state changed"
    ENDED = "it has ended"
    FAILED = "it can't be waited for any longer"
    EXPIRED = "the deadline came first"


@attrs.frozen
class Event:
    """News of a run for one who waits for it."""

    kind: Kind
    ref: Ref
    run: Run | None = None
    error: Exception | None = None


@attrs.frozen(eq=False)
class Waiter:
    """Who waits: until when (seconds UTC), where to tell it, and whether changes matter."""

    emit: Callable[[Event], None]
    deadline: float | None = None
    updates: bool = False


@attrs.define(eq=False)
class Pending:
    """What is kept of a run that is waited for."""

    ref: Ref
    added: float
    since: float
    waiters: tuple[Waiter, ...] = ()
    seen_at: float | None = None
    state: str | None = None
    phase: Phase = Phase.UNKNOWN
    unknown_since: float | None = None
    misses: int = 0
    failures: int = 0
    failing_since: float = 0.0
    fetch: Task | None = None


class Watch:
    """The runs pending in one collection of one account.

    Args:
        provider: whose they are.
        lane: the account.
        listing: the collection, if there is one.
        asking: the policy and the random numbers.
        scheduler: where its flows run.
        warn: told of states omnirun does not know.
        emptied: told when the last run is gone; what comes after belongs to another watch.
    """

    def __init__(
        self,
        provider: Provider,
        lane: str,
        listing: Listing | None,
        asking: Asking,
        scheduler: Scheduler,
        warn: Callable[[Run], None],
        emptied: Callable[[], object],
    ) -> None:
        self.pending: dict[Ref, Pending] = {}
        self._provider = provider
        self._lane = lane
        self._listing = listing
        self._asking = asking
        self._policy = asking.policy
        self._scheduler = scheduler
        self._warn = warn
        self._emptied = emptied
        self._task: Task | None = None
        self._polls = 0
        self._failing = 0
        self._depth = 1  # pages the last pass needed
        self._pause = 0.0  # for the lane, before the next request
        self._floor = 0.0  # seconds the last good reply asked for

    # ---- who waits

    def add(self, ref: Ref, waiter: Waiter, run: Run | None, now: float) -> None:
        """Wait for a run, given how it was last seen; `start` then sets the watch going."""
        entry = self.pending.get(ref)
        if entry is None:
            entry = self.pending[ref] = Pending(ref, added=now, since=now)
            self._polls = 0
            if run is not None:
                self._note(entry, run, None if run.observed_at is None else run.observed_at.timestamp())
        entry.waiters += (waiter,)

    def start(self, refs: Iterable[Ref], now: float) -> None:
        """Poll as soon as these runs and their deadlines want it."""
        entries = [entry for ref in refs if (entry := self.pending.get(ref)) is not None and entry.fetch is None]
        if not entries:
            return
        if self._task is None or self._task.done:
            self._task = self._scheduler.spawn(self._flow(now), self._flow_ended, now)
        elif not self._failing:
            self._scheduler.nudge(self._task, now + self._delay(entries, now))

    def _flow_ended(self, _: None, error: Exception | None, now: float) -> None:
        """A flow ends by itself when nothing is pending; one that broke takes its runs' waits with it, loudly."""
        for entry in list(self.pending.values()) if error is not None else ():
            self._close(entry, Event(Kind.FAILED, entry.ref, None, error), now)

    def drop(self, ref: Ref, waiter: Waiter, now: float) -> None:
        """Forget one who waits; others who wait for the same run are not touched."""
        entry = self.pending.get(ref)
        if entry is None:
            return
        entry.waiters = tuple(other for other in entry.waiters if other is not waiter)
        if not entry.waiters:
            self._forget(entry, now)

    def _forget(self, entry: Pending, now: float) -> None:
        del self.pending[entry.ref]
        if entry.fetch is not None:
            self._scheduler.cancel(entry.fetch, now)
        if not self.pending:
            self._emptied()
            if self._task is not None and not self._task.running:
                self._scheduler.cancel(self._task, now)

    # ---- passes

    def _pollable(self) -> Iterable[Pending]:
        return (entry for entry in self.pending.values() if entry.fetch is None)

    def _flow(self, now: float) -> Flow[None]:
        while entries := list(self._pollable()):
            failed = self._failing
            delay = self._delay(entries, now)
            now = yield from (self._list(entries, delay) if self._lists(entries) else self._get(entries, delay))
            self._failing = 0 if self._failing == failed else self._failing
            self._polls += 1
            self._expire(now)

    def _lists(self, entries: list[Pending]) -> bool:
        return self._listing is not None and len(entries) >= max(_LISTING_FROM, self._depth + 1)

    def _delay(self, entries: list[Pending], now: float) -> float:
        """Seconds to the next pass: the policy's gap or what was asked for, but no later than a deadline."""
        if any(entry.seen_at is None and not entry.failures for entry in entries):
            gap = 0.0  # nothing is known of it yet
        elif self._failing:
            gap = self._policy.backoff(self._failing, self._asking.random)
        elif all(entry.unknown_since is not None for entry in entries):
            gap = self._policy.longest_gap(self._asking.random)
        else:
            gap = self._policy.gap(now - max(e.since for e in entries), self._polls, self._asking.random)
            gap -= min(now - (entry.seen_at or now) for entry in entries)
        deadlines = (w.deadline - now for e in entries for w in e.waiters if w.deadline is not None)
        return max(0.0, min(max(gap, self._floor), min(deadlines, default=float("inf"))))

    def _step(self, request: Any, delay: float = 0.0) -> Step:
        pause, self._pause = self._pause, 0.0
        return Step(request, self._lane, delay=delay, pause=pause)

    def _get(self, entries: list[Pending], delay: float) -> Flow[float]:
        """Poll each run by itself."""
        now = 0.0
        for entry in entries:
            if not self._waits(entry):
                continue
            reply = yield self._step(self._provider.get(entry.ref), delay)
            delay, now = 0.0, reply.at
            if not self._waits(entry):
                continue
            try:
                run = judged(partial(self._provider.read, entry.ref), reply)
                self._floor = self._asked(reply)
            except OmnirunError as error:
                self._poll_failed(entry, error, now)
            else:
                self._see(entry, run, now, full=True)
        return now

    def _list(self, entries: list[Pending], delay: float) -> Flow[float]:
        """Read the collection until every pending run was seen, its end, or the point where gets cost less."""
        assert self._listing is not None
        missing = {entry.ref for entry in entries}
        oldest = min(entry.since for entry in entries) - _CLOCKS_DIFFER
        position: str | None = self._listing.style.start
        pages, complete, now = 0, False, 0.0
        while position is not None and missing and pages < len(entries):
            reply = yield self._step(self._listing.request(Query(), position), delay)
            delay, now = 0.0, reply.at
            try:
                page = judged(self._listing.read, reply)
                self._floor = self._asked(reply)
            except OmnirunError as error:
                self._list_failed(entries, error, now)
                return now
            pages += 1
            missing -= self._sight(page, now)
            position = self._listing.style.after(Passed(position, page, page.size, shifted=False))
            complete = position is None or self._beyond(page, oldest)
            if complete:
                break
        self._depth = pages if complete or not missing else len(entries)
        if complete:
            self._missed(missing, now)
        return now

    def _beyond(self, page: Page, oldest: float) -> bool:
        """Whether a newest-first list has come to runs older than all that are pending."""
        assert self._listing is not None
        last = page.runs[-1].created_at if self._listing.newest_first and page.runs else None
        return last is not None and last.timestamp() < oldest

    def _sight(self, page: Page, now: float) -> set[Ref]:
        """Take in what a page shows of the pending runs; gives the refs it shows something of."""
        sighted: set[Ref] = set()
        for run in page.runs:
            entry = self.pending.get(run.ref)
            if entry is not None and entry.fetch is None:
                sighted.add(run.ref)
                self._see(entry, run, now, full=False)
        if page.current:
            sighted |= self._sight_current(page, now)
        return sighted

    def _sight_current(self, page: Page, now: float) -> set[Ref]:
        """A list that only shows which run each target is busy with: the others are looked at themselves."""
        sighted: set[Ref] = set()
        for entry in list(self._pollable()):
            target = self._provider.target_of(entry.ref)
            if target is not None and target.path in page.current:
                sighted.add(entry.ref)
                if page.current[target.path] == entry.ref:
                    entry.seen_at, entry.failures, entry.misses = now, 0, 0
                else:
                    self._fetch(entry, now)
        return sighted

    def _missed(self, missing: set[Ref], now: float) -> None:
        for ref in missing:
            entry = self.pending.get(ref)
            if entry is None or entry.fetch is not None:
                continue
            entry.misses += 1
            if entry.misses >= _MISSES:
                entry.misses = 0
                self._fetch(entry, now)

    def _asked(self, reply: Reply) -> float:
        return min(retry_after(reply.result(), reply.at) or 0.0, self._policy.retry_after_cap)

    def _waits(self, entry: Pending) -> bool:
        return self.pending.get(entry.ref) is entry

    # ---- what was seen

    def _note(self, entry: Pending, run: Run, at: float | None) -> None:
        created = run.created_at or run.started_at
        entry.since = entry.since if created is None else created.timestamp()
        entry.state, entry.phase = run.state, run.phase
        entry.seen_at = at
        entry.failures = entry.misses = 0

    def _see(self, entry: Pending, run: Run, now: float, *, full: bool) -> None:
        changed, waited = run.state != entry.state, entry.state is not None
        self._note(entry, run, now)
        if run.finished:
            if full or self._provider.conclusive(run):
                self._end(entry, run, now, waited=waited)
            else:
                self._fetch(entry, now)
            return
        if changed:
            self._tell(entry, Event(Kind.UPDATED, run.ref, run))
        if run.phase is not Phase.UNKNOWN:
            entry.unknown_since = None
            return
        self._warn(run)
        if entry.unknown_since is None:
            entry.unknown_since = now
        elif now - entry.unknown_since >= self._policy.unknown_after:
            self._close(entry, Event(Kind.FAILED, run.ref, run, UnknownState(run)), now)

    def _end(self, entry: Pending, run: Run, now: float, *, waited: bool) -> None:
        if waited and run.finished_at is None:
            run = attrs.evolve(run, observed_finished_at=moment(now))
        self._close(entry, Event(Kind.ENDED, run.ref, run), now)

    def _fetch(self, entry: Pending, now: float) -> None:
        """Get a run in full, apart from the passes and their rate."""
        step = Step(self._provider.get(entry.ref), self._lane, metered=False)
        asking = attrs.evolve(self._asking, attempts=_FINAL_ATTEMPTS)
        flow = ask(step, partial(self._provider.read, entry.ref), asking)
        entry.fetch = self._scheduler.spawn(flow, partial(self._fetched, entry), now)

    def _fetched(self, entry: Pending, run: Run | None, error: Exception | None, now: float) -> None:
        entry.fetch = None
        if run is not None:
            self._see(entry, run, now, full=True)
        elif isinstance(error, OmnirunError):
            self._poll_failed(entry, error, now)
        else:
            self._close(entry, Event(Kind.FAILED, entry.ref, None, error), now)
        self.start((entry.ref,), now)

    # ---- what failed

    def _poll_failed(self, entry: Pending, error: OmnirunError, now: float) -> None:
        if isinstance(error, NotFound) and now - entry.added < self._policy.not_found_grace:
            entry.seen_at = now  # a replica lags; the next pass looks again
            return
        if not isinstance(error, PASSING):
            self._close(entry, Event(Kind.FAILED, entry.ref, None, error), now)
            return
        self._back_off(error)
        self._count_failure(entry, error, now)

    def _list_failed(self, entries: list[Pending], error: OmnirunError, now: float) -> None:
        if not isinstance(error, (*PASSING, AuthError)):
            self._listing = None  # this list is not to be had; single gets may be
            return
        self._back_off(error)
        for entry in entries:
            if not self._waits(entry):
                continue
            if isinstance(error, AuthError):
                self._close(entry, Event(Kind.FAILED, entry.ref, None, error), now)
            else:
                self._count_failure(entry, error, now)

    def _back_off(self, error: OmnirunError) -> None:
        self._failing += 1
        if isinstance(error, RateLimited):
            asked = asked_pause(error, self._policy)
            self._pause = asked or self._policy.backoff(self._failing, self._asking.random)

    def _count_failure(self, entry: Pending, error: OmnirunError, now: float) -> None:
        entry.failing_since = entry.failing_since if entry.failures else now
        entry.failures += 1
        if self._policy.gives_up(entry.failures, now - entry.failing_since):
            self._close(entry, Event(Kind.FAILED, entry.ref, None, PollError(entry.ref, error)), now)

    # ---- telling

    def _expire(self, now: float) -> None:
        for entry in list(self._pollable()):
            late = [w for w in entry.waiters if w.deadline is not None and w.deadline <= now]
            for waiter in late:
                waiter.emit(Event(Kind.EXPIRED, entry.ref, self._glimpse(entry)))
                self.drop(entry.ref, waiter, now)

    def _glimpse(self, entry: Pending) -> Run:
        """What is known of a run without its JSON."""
        target = self._provider.target_of(entry.ref)
        at = None if entry.seen_at is None else moment(entry.seen_at)
        return Run(entry.ref, target, phase=entry.phase, state=entry.state or "", observed_at=at)

    def _tell(self, entry: Pending, event: Event) -> None:
        for waiter in entry.waiters:
            if waiter.updates or event.kind is not Kind.UPDATED:
                waiter.emit(event)

    def _close(self, entry: Pending, event: Event, now: float) -> None:
        self._forget(entry, now)
        self._tell(entry, event)
