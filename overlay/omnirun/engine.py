"""What a client does, written once for both worlds.

Every verb is a *script*: a generator that yields what must be awaited (a `Step` to send, a `Receive` of news) and
returns its result. The client faces only hand scripts to their driver. Here are those that wait, and the two that
speak to a run under way; the others are in `omnirun.starting` and `omnirun.reading`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnirun.attempts import Attempt
from omnirun.errors import Conflict, WaitTimeout
from omnirun.flows import ask
from omnirun.reading import Reading
from omnirun.replies import accepted
from omnirun.scheduler import Step
from omnirun.starting import Starting
from omnirun.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omnirun.refs import Ref, Target
    from omnirun.run import Run
    from omnirun.scripts import Driver, Job, Script
    from omnirun.triggers import OnConflict, OnLost
    from omnirun.waiting import OnUpdate, RefLike
    from omnirun.webhooks import Event
    from omnirun_raw.http import Response


class Engine(Starting, Reading):
    """The scripts of all verbs."""

    def wait(
        self, driver: Driver, ref: RefLike, timeout: float | None, on_update: OnUpdate | None
    ) -> Script[Run]:
        """Wait for a run to end."""
        waiting = Waiting(self, driver, [ref], timeout, on_update)
        try:
            attempt = yield from waiting.next()
        finally:
            waiting.close()
        assert attempt is not None
        return attempt.unwrap()

    def run(
        self,
        driver: Driver,
        target: Target | str,
        timeout: float | None,
        on_conflict: OnConflict,
        on_update: OnUpdate | None,
        *,
        on_lost: OnLost | None = None,
    ) -> Script[Run]:
        """Start a run and wait for it to end."""
        started = yield from self.trigger(driver, target, on_conflict, on_lost)
        return (yield from self.wait(driver, started, timeout, on_update))

    def wait_all(
        self,
        driver: Driver,
        items: Iterable[Attempt | RefLike],
        timeout: float | None,
        on_update: OnUpdate | None,
    ) -> Script[list[Attempt]]:
        """Wait for runs to end; gives an attempt for each item, in their order."""
        waiting = Waiting(self, driver, items, timeout, on_update)
        ended: dict[Ref | None, Attempt] = {}
        try:
            while (attempt := (yield from waiting.next())) is not None:
                ended[attempt.ref] = attempt
        except WaitTimeout as late:
            for run in late.pending:
                ended[run.ref] = Attempt(run.target, run.ref, run, WaitTimeout([run], timeout))
        finally:
            waiting.close()
        return [_outcome(item, ended) for item in waiting.items]

    def run_all(
        self,
        driver: Driver,
        targets: Iterable[Target | str],
        timeout: float | None,
        on_conflict: OnConflict,
        on_update: OnUpdate | None,
        *,
        on_lost: OnLost | None = None,
    ) -> Script[list[Attempt]]:
        """Start a run of each target and wait for them to end."""
        started = yield from self.trigger_all(driver, targets, on_conflict, on_lost)
        return (yield from self.wait_all(driver, started, timeout, on_update))

    def stop(self, ref: RefLike) -> Script[Run]:
        """Ask a run to end, then read it."""
        address = self.ref(ref)
        owner, lane = self.provider(address.provider), self.lane(address)

        def read(response: Response, at: float) -> None:
            if not accepted(response.status):
                raise owner.error(response, at, str(address))

        tried: list[Step] = []
        step = Step(owner.stop(address), lane, metered=False)
        try:
            yield from ask(step, read, self.asking, tried.append)
        except Conflict:
            if len(tried) < 2:  # noqa: PLR2004 - the second may be refused because the first was heard
                raise
        return (yield from self.get(address))

    def next_poll(self, ref: RefLike, now: float) -> float | None:
        """Tell in how many seconds a run that is waited for is asked for next."""
        address = self.ref(ref)
        due = self.poller.due(self.lane(address), address)
        return None if due is None else max(0.0, due - now)

    def noticing(self, event: Event) -> Job:
        """Make the job that lets waits know of a delivery; the end of a part ends nothing."""
        lane = self.lane(event.ref)
        return lambda now: self.poller.notify(lane, event.ref, now) if event.kind == "completed" else None


def _outcome(item: Attempt | Ref, ended: Mapping[Ref | None, Attempt]) -> Attempt:
    """What became of one that was waited for; one without a ref has its own error."""
    if isinstance(item, Attempt):
        return item if item.ref is None else ended.get(item.ref, item)
    return ended[item]
