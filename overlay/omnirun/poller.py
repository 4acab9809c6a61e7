"""The one poller of a client: which watch a run belongs to, and who waits for what.

Every wait, however many tasks or threads call it, registers here; so runs of one collection are polled together
even if a thousand callers wait for one each. Called by one driver, in one thread.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from omnirun.roster import FAILED, Event
from omnirun.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from omnirun.flows import Asking
    from omnirun.provider import Listing, Provider
    from omnirun.refs import Ref
    from omnirun.roster import Waiter
    from omnirun.run import Run
    from omnirun.scheduler import Scheduler

_log = logging.getLogger("omnirun")


class Poller:
    """All watches of a client.

    Args:
        scheduler: where the watches' flows run.
        asking: the waiting policy and the random numbers.
        provider: finds a provider by name.
    """

    def __init__(self, scheduler: Scheduler, asking: Asking, provider: Callable[[str], Provider]) -> None:
        self._scheduler = scheduler
        self._asking = asking
        self._provider = provider
        self._watches: dict[tuple[str, str], Watch] = {}
        self._warned: set[tuple[str, str]] = set()

    @property
    def pending(self) -> int:
        """How many runs are waited for."""
        return sum(len(watch.roster.pending) for watch in self._watches.values())

    def add(
        self, lane: Callable[[Ref], str], runs: Mapping[Ref, Run | None], waiter: Waiter, now: float
    ) -> None:
        """Wait for runs, given how each was last seen, if it was."""
        touched: dict[int, tuple[Watch, list[Ref]]] = {}
        for ref, run in runs.items():
            try:
                watch = self._watch(ref, lane(ref))
            except Exception as error:  # noqa: BLE001 - a provider's defect is its run's affair and nobody else's
                waiter.emit(Event(FAILED, ref, None, error))
                continue
            watch.add(ref, waiter, run, now)
            touched.setdefault(id(watch), (watch, []))[1].append(ref)
        for watch, refs in touched.values():
            watch.start(refs, now)

    def drop(self, lane: Callable[[Ref], str], refs: Iterable[Ref], waiter: Waiter, now: float) -> None:
        """Stop waiting for runs; nobody else's wait is touched."""
        for ref in refs:
            key, _ = self._place(ref, lane(ref))
            watch = self._watches.get(key)
            if watch is not None:
                watch.roster.drop(ref, waiter, now)

    def waits(self, lane: str, ref: Ref) -> bool:
        """Tell whether a run is waited for."""
        key, _ = self._place(ref, lane)
        watch = self._watches.get(key)
        return watch is not None and ref.path in watch.roster.pending

    def due(self, lane: str, ref: Ref) -> float | None:
        """Tell when a run is to be asked for next (seconds UTC); None if it is not waited for, or being asked for."""
        key, _ = self._place(ref, lane)
        watch = self._watches.get(key)
        return None if watch is None else watch.due(ref)

    def notify(self, lane: str, ref: Ref, now: float) -> None:
        """Look at a run at once if it is waited for: somebody says it has ended."""
        key, _ = self._place(ref, lane)
        if (watch := self._watches.get(key)) is not None:
            watch.look(ref, now)

    def _watch(self, ref: Ref, lane: str) -> Watch:
        key, listing = self._place(ref, lane)
        watch = self._watches.get(key)
        if watch is None:
            provider = self._provider(ref.provider)
            forget = partial(self._watches.pop, key, None)
            watch = Watch(
                provider,
                lane,
                listing,
                asking=self._asking,
                scheduler=self._scheduler,
                warn=self._warn,
                emptied=forget,
            )
            self._watches[key] = watch
        return watch

    def _place(self, ref: Ref, lane: str) -> tuple[tuple[str, str], Listing[Run] | None]:
        listing = self._provider(ref.provider).collection(ref)
        return (lane, ref.path if listing is None else listing.key), listing

    def _warn(self, run: Run) -> None:
        """Say once that a state is not known."""
        word = (run.ref.provider, run.state)
        if word not in self._warned:
            self._warned.add(word)
            _log.warning(
                "%s is in the state %r, which omnirun does not know; it is polled slowly", run.ref, run.state
            )
