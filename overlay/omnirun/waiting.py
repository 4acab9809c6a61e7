"""One call that waits, for one run or for many: what it waits for, what has come, and its deadline.

The same script serves `wait`, which takes the first end, and `as_completed`, which takes them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import attrs

from omnirun.attempts import Attempt
from omnirun.errors import BadRef, OmnirunError, PollError, UnknownState, WaitTimeout, named
from omnirun.refs import Ref
from omnirun.roster import EXPIRED, UPDATED, Waiter
from omnirun.run import Run
from omnirun.scripts import Receive, received

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnirun.engine import Engine
    from omnirun.roster import Event
    from omnirun.scripts import Driver, Script

OnUpdate = Callable[[Run], object]
RefLike = Run | Ref | str

_RESUMABLE = (WaitTimeout, PollError, UnknownState)
"""Errors of a wait, not of a run: whoever waits for such an attempt again waits on."""

_LAST_POLL = 5.0  # seconds past its deadline that a wait stays for the last poll's answer


def to_ref(item: object) -> Ref:
    """Read what stands for a run; raises `BadRef`."""
    if isinstance(item, Run):
        return item.ref
    if isinstance(item, str):
        return Ref.parse(item)
    if not isinstance(item, Ref):
        raise BadRef(
            f"{item!r} is no run. One is a Run, its ref, or the ref's string, such as 'datafold:monitors/42/runs/123'."
        )
    return item


class Waiting:
    """One call that waits for one or many runs; gives each end as it comes.

    Args:
        engine: whose poller does the work.
        driver: of the client that waits.
        items: what to wait for; what has ended, or has an error other than of a wait, is given at once.
        timeout: seconds; None waits as long as it takes.
        on_update: called with a run at each change, in the waiter's thread or task.
    """

    __slots__ = (
        "_channel",
        "_done",
        "_driver",
        "_engine",
        "_failure",
        "_late",
        "_on_update",
        "_open",
        "_registered",
        "_timeout",
        "_waiter",
        "items",
    )

    def __init__(
        self,
        engine: Engine,
        driver: Driver,
        items: Iterable[Attempt | RefLike],
        timeout: float | None,
        on_update: OnUpdate | None,
    ) -> None:
        self._engine = engine
        self._driver = driver
        self._timeout = _checked(timeout)
        self._on_update = on_update
        self._channel = driver.channel()
        deadline = None if self._timeout is None else driver.now() + self._timeout
        self._waiter = Waiter(self._channel.put, deadline, updates=on_update is not None)
        self._done: list[Attempt] = []
        self._open: dict[Ref, Attempt | None] = {}  # a bare ref needs no record
        self._late: list[Run] = []
        self._failure: Exception | None = None  # why the last poll of a late one failed
        self.items = [item if isinstance(item, Attempt) else self._attempt(item) for item in items]
        for item in self.items:
            self._take(item)
        self._registered = False

    def next(self) -> Script[Attempt | None]:
        """Wait for the next end; None when there is nothing left.

        Raises:
            WaitTimeout: the deadline came; everything that ended before was given.
        """
        self.begin()
        deadline = self._waiter.deadline
        until = None if deadline is None else deadline + _LAST_POLL
        while not self._done and self._open:
            try:
                event = received((yield Receive(self._channel, until)))
            except GeneratorExit:
                raise
            except BaseException as error:
                error.add_note(f"The runs go on: {named(self._open, len(self._open))}")
                raise
            if event is None:
                self._give_up()
            else:
                self._hear(event)
        if self._done:
            return self._done.pop(0)
        if self._late:
            late, self._late = self._late, []
            raise WaitTimeout(late, self._timeout, self._failure) from self._failure
        self._channel.put(None)
        return None

    def close(self) -> None:
        """Stop waiting; the runs go on."""
        refs, self._open = list(self._open), {}
        if refs:
            self._channel.put(None)  # whoever else reads this stream comes to its end
        if refs and self._registered:
            with suppress(OmnirunError):  # a client that is closed waits for nothing
                self._driver.call(partial(self._engine.poller.drop, self._engine.lane, refs, self._waiter))

    def begin(self) -> None:
        """Start to wait when the first end is asked for: an iterator that is never used costs nothing."""
        if self._open and not self._registered:
            self._registered = True
            runs = {ref: None if attempt is None else attempt.run for ref, attempt in self._open.items()}
            self._driver.call(partial(self._engine.poller.add, self._engine.lane, runs, self._waiter))

    def _take(self, item: Attempt | Ref) -> None:
        attempt, ref = (item, item.ref) if isinstance(item, Attempt) else (None, item)
        if attempt is not None and (ref is None or _settled(attempt)):
            self._done.append(attempt)
            return
        assert ref is not None
        try:
            self._engine.lane(ref)
        except OmnirunError as error:
            self._done.append(attrs.evolve(attempt or Attempt(ref=ref), error=error))
        else:
            self._open[ref] = attempt

    def _attempt(self, item: RefLike) -> Attempt | Ref:
        try:
            ref = self._engine.ref(item)
        except OmnirunError as error:
            return Attempt(ref=item if isinstance(item, Ref) else None, error=error)
        return Attempt(item.target, ref, item) if isinstance(item, Run) else ref

    def _hear(self, event: Event) -> None:
        if event.ref not in self._open:
            return
        attempt = self._open[event.ref] or Attempt(ref=event.ref)
        if event.kind is EXPIRED:
            del self._open[event.ref]
            assert event.run is not None
            self._late.append(self._own(event.run, attempt))
            self._failure = event.error or self._failure
            return
        run = None if event.run is None else self._own(event.run, attempt)
        if event.kind is not UPDATED:
            target = attempt.target or (None if run is None else run.target)
            self._settle(event.ref, Attempt(target, event.ref, run or attempt.run, event.error))
        if run is not None and event.error is None and self._on_update is not None:
            self._on_update(run)

    def _settle(self, ref: Ref, attempt: Attempt) -> None:
        del self._open[ref]
        self._engine.known.add(ref)
        self._done.append(attempt)

    @staticmethod
    def _own(run: Run, attempt: Attempt) -> Run:
        """Carry on what only the one who triggered knows: where it came from, what it was given."""
        known, target = attempt.run, attempt.target or run.target
        if known is None and target is run.target:
            return run
        origin, created = (run.origin, None) if known is None else (known.origin, known.created_at)
        return attrs.evolve(run, target=target, origin=origin, created_at=run.created_at or created)

    def _give_up(self) -> None:
        """The last poll gave no answer in time either."""
        for ref, attempt in self._open.items():
            self._late.append(attempt.run if attempt is not None and attempt.run is not None else Run(ref))
        self.close()


def _settled(attempt: Attempt) -> bool:
    """Whether there is nothing to wait for: it has ended, or its error is another than that of a wait."""
    ended = attempt.run is not None and attempt.run.finished
    return ended or not isinstance(attempt.error, (*_RESUMABLE, type(None)))


def _checked(timeout: float | None) -> float | None:
    if timeout is None or timeout == math.inf:
        return None
    if not timeout >= 0:
        raise ValueError(
            f"timeout is {timeout}; it is a number of seconds, or None to wait as long as it takes."
        )
    return timeout
