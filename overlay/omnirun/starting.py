"""The verbs that start runs.

What is started is never lost: a caller that leaves has what was not sent cancelled, and the rest followed to its end
and logged.
"""

from __future__ import annotations

import logging
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from omnirun.attempts import Attempt
from omnirun.clock import moment
from omnirun.core import Core
from omnirun.errors import AmbiguousTrigger, ClientClosed, OmnirunError
from omnirun.refs import Target
from omnirun.registry import to_target
from omnirun.scheduler import SENT
from omnirun.scripts import Receive, received
from omnirun.triggers import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnirun.run import Run
    from omnirun.scheduler import Task
    from omnirun.scripts import Driver, Script
    from omnirun.triggers import OnConflict, OnLost

_log = logging.getLogger("omnirun")


class Starting(Core):
    """The scripts that start runs."""

    def trigger_all(
        self,
        driver: Driver,
        targets: Iterable[Target | str],
        on_conflict: OnConflict,
        on_lost: OnLost | None = None,
    ) -> Script[list[Attempt]]:
        """Start a run of each target; the errors of one don't end the others."""
        attempts: list[Attempt | None] = []
        flows: list[tuple[int, Target, Trigger]] = []
        for place, item in enumerate(targets):
            target = item if isinstance(item, Target) else None
            try:
                target = to_target(item)
                trigger = Trigger(
                    self.provider(target.provider),
                    target,
                    self.lane(target),
                    self.known,
                    self.asking,
                    on_conflict,
                    on_lost,
                )
                flows.append((place, target, trigger))
                attempts.append(None)
            except OmnirunError as error:
                attempts.append(Attempt(target=target, error=error))
        if flows:
            yield from self._trigger(driver, flows, attempts)
        return [attempt for attempt in attempts if attempt is not None]

    def _trigger(
        self, driver: Driver, flows: list[tuple[int, Target, Trigger]], attempts: list[Attempt | None]
    ) -> Script[None]:
        channel = driver.channel()
        tasks: list[Task] = []
        left = len(flows)

        def ended(place: int, target: Target, run: Run | None, error: Exception | None, _: float) -> None:
            attempts[place] = Attempt(target, None if run is None else run.ref, run, error)
            channel.put(
                place
            )  # it is written down first: who leaves before this is heard finds it in the log

        def start(now: float) -> None:
            for place, target, trigger in flows:
                tasks.append(self.scheduler.spawn(trigger.flow(), partial(ended, place, target), now))

        try:
            driver.call(start)
            while left:
                received((yield Receive(channel)))
                left -= 1
        except ClientClosed as closed:
            left = 0
            for (place, target, _), task in zip_longest(flows, tasks):
                attempts[place] = attempts[place] or Attempt(target, error=_cut_short(target, task, closed))
        finally:
            if left:
                try:
                    driver.call(partial(self._leave, tasks, attempts))
                except OmnirunError:  # a client that is closed has nothing left to cancel
                    _log_started(attempts)

    def _leave(self, tasks: list[Task], attempts: list[Attempt | None], now: float) -> None:
        """The caller left: what was not sent is not sent any more; the rest is followed to its end, and logged."""
        _log_started(attempts)
        for task in tasks:
            if not _at_stake(task):
                self.scheduler.cancel(task, now)
                continue
            step = task.step
            _log.warning(
                "the caller left while a run was being started (%s %s)", step.lane, step.request.path
            )
            task.on_done = _log_left

    def trigger(
        self,
        driver: Driver,
        target: Target | str,
        on_conflict: OnConflict,
        on_lost: OnLost | None = None,
    ) -> Script[Run]:
        """Start a run."""
        (attempt,) = yield from self.trigger_all(driver, [target], on_conflict, on_lost)
        return attempt.unwrap()


def _at_stake(task: Task) -> bool:
    """Whether its trigger is on the wire or may have been accepted."""
    return not task.done and (task.at is SENT or not task.step.fresh)


def _cut_short(target: Target, task: Task | None, closed: ClientClosed) -> OmnirunError:
    if task is None or not _at_stake(task):
        return closed
    return AmbiguousTrigger(target, moment(task.sent_at), (), closed)


def _log_started(attempts: Iterable[Attempt | None]) -> None:
    started = [str(attempt.ref) for attempt in attempts if attempt is not None and attempt.ref is not None]
    if started:
        _log.warning("the caller left; these runs were started: %s", ", ".join(started))


def _log_left(run: Run | None, error: Exception | None, _: float) -> None:
    if run is not None:
        _log.warning("the caller left while a trigger was under way; it started %s", run.ref)
    else:
        _log.warning("the caller left while a trigger was under way; it ended with %s", error)
