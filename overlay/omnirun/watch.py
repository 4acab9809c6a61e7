"""Waiting for the runs of one collection.

One `Watch` per account and collection, whether one run is pending there or thousands; so the waiting policy is
written once. Rules:

- A pass is a list of the collection when three or more runs are pending and it costs fewer requests than single gets
  would; otherwise it gets each run.
- Absence from a list is never an end: after two complete passes without it, the run itself is fetched.
- A finished run is fetched once in full unless the list item was conclusive; these gets pay no tokens.
- A failed poll is not a failed run: the next pass comes after a pause, and a rate limit pauses the whole lane.
- The next pass comes no later than the earliest deadline.

A watch never reads a clock; what it saw and who is told is kept in its roster.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

from omnirun.errors import OmnirunError, RateLimited, ServerError, TransportError
from omnirun.flows import Asking, ask, asked_pause, judged
from omnirun.paging import Passed
from omnirun.policy import retry_after
from omnirun.provider import Query
from omnirun.roster import FAILED, Event, Pending, Roster
from omnirun.scheduler import LATER, Step
from omnirun.sightings import Pass, Shown, beyond, by_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from omnirun.provider import Listing, Page, Provider
    from omnirun.refs import Ref
    from omnirun.roster import Waiter
    from omnirun.run import Run
    from omnirun.scheduler import Flow, Reply, Scheduler, Task

_LIST_FAILURES = 4  # in a row; a list of many pages may fail for ever where each run can still be read
_LISTING_FROM = 3
_MANY = 10  # pending runs on a page
_MISSES = 2
_CLOCKS_DIFFER = 5.0
_FINAL_ATTEMPTS = 6
_since: Callable[[Pending], float] = attrgetter("since")  # a wait asks this of thousands
_seen_at: Callable[[Pending], float | None] = attrgetter("seen_at")
_OUTAGES = (TransportError, RateLimited, ServerError)


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
        listing: Listing[Run] | None,
        *,
        asking: Asking,
        scheduler: Scheduler,
        warn: Callable[[Run], None],
        emptied: Callable[[], object],
    ) -> None:
        self.roster = Roster(provider, asking.policy, warn, self._gone)
        self._provider = provider
        self._lane = lane
        self._listing = listing
        self._asking = asking
        self._finally = attrs.evolve(asking, attempts=_FINAL_ATTEMPTS)
        self._policy = asking.policy
        self._scheduler = scheduler
        self._emptied = emptied
        self._task: Task | None = None
        self._polls = 0  # passes since the newest run came
        self._joined = False  # a run came during a pass
        self._failures = 0  # polls failed since the last pass that went well
        self._depth = 1  # pages the last list pass needed
        self._passes = 0
        self._shown: dict[int, Shown] = {}  # what each page showed last
        self._forgot = False  # during this pass
        self._pause = 0.0  # seconds the lane rests before the next request
        self._floor = 0.0  # seconds the last good reply asked for

    def add(self, ref: Ref, waiter: Waiter, run: Run | None, now: float) -> None:
        """Wait for a run, given how it was last seen; `start` then sets the watch going."""
        if self.roster.add(ref, waiter, run, now):
            self._polls, self._joined = 0, True
            self._forget()

    def start(self, refs: Iterable[Ref], now: float) -> None:
        """Poll as soon as these runs and their deadlines want it."""
        known = (self.roster.pending.get(ref.path) for ref in refs)
        entries = [entry for entry in known if entry is not None and entry.fetch is None]
        if not entries:
            return
        if self._task is None or self._task.done:
            self._task = self._scheduler.spawn(self._flow(now), self._ended, now)
        elif not self._failures:
            self._scheduler.nudge(self._task, now + self._delay(entries, now))

    def look(self, ref: Ref, now: float) -> None:
        """Fetch a run now, if it is waited for and not being fetched already."""
        entry = self.roster.pending.get(ref.path)
        if entry is not None and entry.fetch is None:
            self._fetch(entry, now)

    def due(self, ref: Ref) -> float | None:
        """Tell when a run is to be asked for next; None while it is being asked for."""
        entry = self.roster.pending.get(ref.path)
        task = None if entry is None else entry.fetch or self._task
        return task.due if task is not None and task.at is LATER else None

    def _ended(self, _: None, error: Exception | None, now: float) -> None:
        """A flow ends by itself when nothing is pending; one that broke ends its runs' waits, loudly."""
        for entry in list(self.roster.pending.values()) if error is not None else ():
            self.roster.close(entry, Event(FAILED, entry.ref, None, error), now)

    def _gone(self, entry: Pending, now: float) -> None:
        if entry.fetch is not None:
            self._scheduler.cancel(entry.fetch, now)
        if not self.roster.pending:
            self._emptied()
            if self._task is not None and not self._task.running:
                self._scheduler.cancel(self._task, now)

    # ---- when

    def _flow(self, now: float) -> Flow[None]:
        while entries := self.roster.pollable():
            now = yield from self._pass(entries, self._delay(entries.values(), now))
            self.roster.expire(now)

    def _pass(self, entries: dict[str, Pending], delay: float) -> Flow[float]:
        failures, self._joined, self._forgot = self._failures, False, False
        pays = len(entries) >= max(_LISTING_FROM, self._depth + 1)
        lists = self._listing is not None and pays and failures < _LIST_FAILURES
        now = yield from (self._list(entries, delay) if lists else self._get(entries.values(), delay))
        self._failures = 0 if self._failures == failures else self._failures
        self._polls = 0 if self._joined else self._polls + (delay > 0.0)
        if self._forgot:
            self._shown.clear()
        return now

    def _forget(self) -> None:
        """Have the lists read again, also where they are as they were: there is a run they were not searched for.

        A pass that is under way does not search for it either, so what it keeps from now on is of no use.
        """
        self._forgot = True
        self._shown.clear()

    def _delay(self, entries: Collection[Pending], now: float) -> float:
        """Seconds to the next pass: the policy's gap or what was asked for, but no later than a deadline."""
        unseen = None in map(_seen_at, entries)  # which is seldom so, and soon known
        if unseen and any(entry.seen_at is None and not entry.failures for entry in entries):
            gap = 0.0  # nothing is known of it yet
        elif self._failures:
            gap = self._policy.backoff(self._failures, self._asking.random)
        elif all(entry.unknown_since is not None for entry in entries):
            gap = self._policy.longest_gap(self._asking.random)
        else:
            youngest = max(entries, key=_since)
            shared = self._listing is not None and len(entries) >= _MANY * self._depth
            gap = self._policy.gap(now - youngest.since, self._polls, self._asking.random, shared=shared)
            gap -= now - (youngest.seen_at or now)
        gap = max(gap, self._floor)
        if self.roster.soonest < now + gap:
            deadlines = (w.deadline - now for e in entries for w in e.waiters if w.deadline is not None)
            gap = min((gap, *deadlines))
        return max(0.0, gap)

    # ---- how

    def _step(self, request: Any, delay: float) -> Step:
        pause, self._pause = self._pause, 0.0
        return Step(request, self._lane, delay=delay, pause=pause)

    def _get(self, entries: Iterable[Pending], delay: float) -> Flow[float]:
        """Poll each run by itself; tells when the last reply came."""
        now = 0.0
        self._forget()
        for entry in filter(_held, entries):
            reply = yield self._step(self._provider.get(entry.ref), delay)
            delay, now = 0.0, reply.at
            if not entry.held:
                continue
            try:
                run = judged(partial(self._provider.read, entry.ref), reply, str(entry.ref))
            except OmnirunError as error:
                if self.roster.failed(entry, error, now):
                    self._rest(error)
            else:
                self._floor = self._asked(reply)
                self._see(entry, run, now, full=True)
        return now

    def _list(self, entries: dict[str, Pending], delay: float) -> Flow[float]:
        """Read the collection to the last pending run, its end, or where gets cost less; tells when that was."""
        assert self._listing is not None
        self._passes += 1
        search = Pass(entries, self._passes, self._shown)
        oldest = min(map(_since, entries.values())) - _CLOCKS_DIFFER
        position: str | None = self._listing.style.start
        by_target: dict[str, list[Pending]] = {}
        pages, complete, now = 0, False, 0.0
        while search.left and not complete and pages < len(entries):
            assert position is not None
            reply = yield self._step(self._listing.request(Query(), position), delay)
            delay, now = 0.0, reply.at
            try:
                page = search.read(self._listing, pages, reply, f"{self._lane}:{self._listing.key}")
            except OmnirunError as error:
                self._list_failed(search.missing(), error, now)
                return now
            self._floor = self._asked(reply)
            if page.current:
                by_target = by_target or by_targets(self._provider, entries.values())
            self._sight(page, search, by_target, now)
            search.keep(pages, page)
            pages += 1
            position = self._listing.style.after(Passed(position, page, page.size, shifted=False))
            complete = position is None or beyond(self._listing, page, oldest)
        self._depth = pages if complete or not search.left else len(entries)
        if complete:
            self._miss(search.missing(), now)
        return now

    def _asked(self, reply: Reply) -> float:
        return min(retry_after(reply.result(), reply.at) or 0.0, self._policy.retry_after_cap)

    # ---- what a list shows

    def _sight(self, page: Page[Run], search: Pass, by_target: dict[str, list[Pending]], now: float) -> None:
        """Take in what a page shows of the pending runs: that they are as they were, or something new."""
        self.roster.still(search.still, now)
        for run in page.items:
            entry = self.roster.pending.get(run.ref.path)
            if entry is not None and entry.fetch is None:
                search.found(entry)
                self._see(entry, run, now, full=False)
        for path, current in page.current.items():
            for entry in by_target.get(path, ()):
                self._sight_current(entry, current, search, now)

    def _sight_current(self, entry: Pending, current: str | None, search: Pass, now: float) -> None:
        """A list that only shows which run each target is busy with: the others are looked at themselves."""
        if not entry.held or entry.fetch is not None:
            return
        search.found(entry)
        if current == entry.ref.path:
            self.roster.still((entry,), now)
        else:
            self._fetch(entry, now)

    def _miss(self, missing: Iterable[Pending], now: float) -> None:
        for entry in missing:
            if not entry.held or entry.fetch is not None:
                continue
            entry.misses += 1
            if entry.misses >= _MISSES:
                entry.misses = 0
                self._fetch(entry, now)

    # ---- the run itself

    def _see(self, entry: Pending, run: Run, now: float, *, full: bool) -> None:
        if self.roster.see(entry, run, now, full=full):
            self._fetch(entry, now)

    def _fetch(self, entry: Pending, now: float) -> None:
        """Get a run in full, apart from the passes and their rate."""
        step = Step(self._provider.get(entry.ref), self._lane, metered=False)
        flow = ask(step, partial(self._provider.read, entry.ref), self._finally)
        entry.fetch = self._scheduler.spawn(flow, partial(self._fetched, entry), now)

    def _fetched(self, entry: Pending, run: Run | None, error: Exception | None, now: float) -> None:
        entry.fetch = None
        try:
            if run is not None:
                self._see(entry, run, now, full=True)
            elif error is not None and self.roster.failed(entry, error, now):
                self._rest(error)
        except Exception as defect:  # noqa: BLE001 - a provider's defect is its run's affair and nobody else's
            self.roster.close(entry, Event(FAILED, entry.ref, None, defect), now)
        if entry.held:
            self._forget()
            self.start((entry.ref,), now)

    # ---- what failed

    def _list_failed(self, entries: Iterable[Pending], error: OmnirunError, now: float) -> None:
        """What may pass counts against the runs not found yet; a list that is not to be had is given up for gets."""
        if not isinstance(error, _OUTAGES):
            self._listing = None
            return
        for entry in filter(_held, entries):
            self.roster.failed(entry, error, now)
        self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._failures += 1
        if isinstance(error, RateLimited):
            asked = asked_pause(error, self._policy)
            self._pause = asked or self._policy.backoff(self._failures, self._asking.random)


def _held(entry: Pending) -> bool:
    return entry.held
