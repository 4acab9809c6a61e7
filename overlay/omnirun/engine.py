"""What a client does, written once for both worlds.

Every verb is a *script*: a generator that yields what must be awaited (a `Step` to send, a `Receive` of news) and
returns its result. The client faces only hand scripts to their driver. The engine owns what all verbs share: the
accounts, one scheduler, one poller, and the runs this client has handed out.
"""

from __future__ import annotations

import logging
import random as _random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs
from omnirun_raw.http import InvalidBody, StatusError

from omnirun.accounts import Accounts
from omnirun.attempts import Attempt
from omnirun.drivers import Receive
from omnirun.errors import BadRef, ClientClosed, OmnirunError, WaitTimeout
from omnirun.flows import Asking, ask, judged
from omnirun.paging import Pager
from omnirun.poller import Poller
from omnirun.provider import Query
from omnirun.refs import Ref, Target
from omnirun.registry import parse_target, provider
from omnirun.replies import unreadable
from omnirun.run import Run
from omnirun.scheduler import Scheduler, Step
from omnirun.triggers import Known, Trigger
from omnirun.watch import Event, Kind, Waiter

if TYPE_CHECKING:
    from omnirun_raw.http import Request, Response

    from omnirun.accounts import Account
    from omnirun.drivers import Channel, Job, Script
    from omnirun.policy import WaitPolicy
    from omnirun.provider import Provider
    from omnirun.scheduler import Task
    from omnirun.states import States
    from omnirun.triggers import OnConflict

T = TypeVar("T")
OnUpdate = Callable[[Run], object]
RefLike = Run | Ref | str

_LAST_POLL = 5.0  # seconds past its deadline that a wait stays for the last poll's answer
_log = logging.getLogger("omnirun")


class Driver(Protocol):
    """What the engine needs of a driver."""

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        ...

    def channel(self) -> Channel:
        """Make a channel."""
        ...

    def call(self, job: Job) -> None:
        """Do something with the scheduler, where it lives."""
        ...


class Engine:
    """The scripts of all verbs and what they share.

    Args:
        accounts: the ones passed in.
        policy: how waits poll.
        states: replacements in the state tables, by provider.
        environ: where default accounts come from.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        policy: WaitPolicy,
        states: Mapping[str, States],
        environ: Mapping[str, str],
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._states = states
        self._providers: dict[str, Provider] = {}
        self.accounts = Accounts(accounts, environ, self.provider)
        self.asking = Asking(policy, random)
        self.scheduler = Scheduler(rate=self.accounts.rate)
        self.poller = Poller(self.scheduler, self.asking, self.provider)
        self.known = Known()

    def provider(self, name: str) -> Provider:
        """Find a provider, with the states this client was given."""
        if name not in self._providers:
            found = provider(name)
            self._providers[name] = found.with_states(self._states[name]) if name in self._states else found
        return self._providers[name]

    def lane(self, of: Ref | Target) -> str:
        """Tell the lane of an address; raises `MissingKey` or `BadRef`."""
        return self.accounts.lane(of.provider, of.account)

    # ---- one run

    def get(self, ref: RefLike) -> Script[Run]:
        """Read a run."""
        address = to_ref(ref)
        owner = self.provider(address.provider)
        step = Step(owner.get(address), self.lane(address), metered=False)
        run = yield from ask(step, partial(owner.read, address), self.asking)
        self.known.add(run.ref)
        return run

    def trigger_all(
        self, driver: Driver, targets: Iterable[Target | str], on_conflict: OnConflict
    ) -> Script[list[Attempt]]:
        """Start a run of each target; the errors of one don't end the others."""
        attempts: list[Attempt | None] = []
        flows: list[tuple[int, Target, Trigger]] = []
        for place, item in enumerate(targets):
            target = None if isinstance(item, str) else item
            try:
                target = to_target(item)
                trigger = Trigger(
                    self.provider(target.provider), target, self.lane(target), self.known, self.asking, on_conflict
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

        def ended(place: int, target: Target, run: Run | None, error: Exception | None, _: float) -> None:
            ref = None if run is None else run.ref
            channel.put((place, Attempt(target, ref, run, error)))

        def start(now: float) -> None:
            for place, target, trigger in flows:
                tasks.append(self.scheduler.spawn(trigger.flow(), partial(ended, place, target), now))

        driver.call(start)
        left = len(flows)
        try:
            while left:
                place, attempt = yield Receive(channel)
                attempts[place] = attempt
                left -= 1
        finally:
            if left:
                with suppress(ClientClosed):
                    driver.call(partial(self._leave, tasks))

    def _leave(self, tasks: list[Task], now: float) -> None:
        """The caller left: what was not sent yet is not sent; what was is followed to its end, and logged."""
        for task in tasks:
            if not task.sent_at:
                self.scheduler.cancel(task, now)
            elif not task.done:
                task.on_done = _log_left

    def trigger(self, driver: Driver, target: Target | str, on_conflict: OnConflict) -> Script[Run]:
        """Start a run."""
        (attempt,) = yield from self.trigger_all(driver, [target], on_conflict)
        return attempt.unwrap()

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
    ) -> Script[Run]:
        """Start a run and wait for it to end."""
        started = yield from self.trigger(driver, target, on_conflict)
        return (yield from self.wait(driver, started, timeout, on_update))

    # ---- lists and everything else

    def history(self, target: Target | str, query: Query, cursor: str | None) -> Pager:
        """Read the runs of a target."""
        what = to_target(target)
        listing = self.provider(what.provider).history(what)
        return Pager(listing, query, self.lane(what), self.asking, cursor)

    def send(self, request: Request[T], account: str) -> Script[T]:
        """Send any request of a raw client; reads are retried, the rest is sent once."""
        owner = self.provider(request.provider)
        lane = self.accounts.lane(request.provider, account)

        def read(response: Response, at: float) -> T:
            try:
                return request.parse(response)
            except StatusError:
                raise owner.error(response, at, f"{lane} {request.operation}") from None
            except InvalidBody as error:
                raise unreadable(response, f"{lane} {request.operation}", str(error)) from error

        step = Step(request, lane, metered=False)
        if request.method in ("GET", "HEAD"):
            return (yield from ask(step, read, self.asking))
        reply = yield attrs.evolve(step, fresh=True)
        return judged(read, reply)


class Waiting:
    """One call that waits for one or many runs; gives each end as it comes.

    Args:
        engine: whose poller does the work.
        driver: of the client that waits.
        items: what to wait for; attempts with an error and runs that have ended are given at once.
        timeout: seconds; None waits as long as it takes.
        on_update: called with a run at each change, in the waiter's thread or task.
    """

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
        self._timeout = timeout
        self._on_update = on_update
        self._channel = driver.channel()
        deadline = None if timeout is None else driver.now() + timeout
        self._waiter = Waiter(self._channel.put, deadline, updates=on_update is not None)
        self._done: deque[Attempt] = deque()
        self._open: dict[Ref, Attempt] = {}
        self._late: list[Run] = []
        for item in items:
            self._take(item)
        runs = {ref: attempt.run for ref, attempt in self._open.items()}
        if runs:
            driver.call(partial(engine.poller.add, engine.lane, runs, self._waiter))

    def next(self) -> Script[Attempt | None]:
        """Wait for the next end; None when there is nothing left.

        Raises:
            WaitTimeout: the deadline came; everything that ended before was given.
        """
        deadline = self._waiter.deadline
        until = None if deadline is None else deadline + _LAST_POLL
        while not self._done and self._open:
            event = yield Receive(self._channel, until)
            if event is None:
                self._give_up()
            else:
                self._hear(event)
        if self._done:
            return self._done.popleft()
        if self._late:
            late, self._late = self._late, []
            raise WaitTimeout(late, self._timeout)
        return None

    def close(self) -> None:
        """Stop waiting; the runs go on."""
        refs, self._open = list(self._open), {}
        if refs:
            with suppress(ClientClosed):
                self._driver.call(partial(self._engine.poller.drop, self._engine.lane, refs, self._waiter))

    def _take(self, item: Attempt | RefLike) -> None:
        attempt = item if isinstance(item, Attempt) else self._attempt(item)
        if attempt.error is not None or attempt.ref is None or (attempt.run is not None and attempt.run.finished):
            self._done.append(attempt)
            return
        try:
            self._engine.lane(attempt.ref)
            target = self._engine.provider(attempt.ref.provider).target_of(attempt.ref)
        except OmnirunError as error:
            self._done.append(attrs.evolve(attempt, error=error))
            return
        self._open[attempt.ref] = attrs.evolve(attempt, target=attempt.target or target)

    @staticmethod
    def _attempt(item: RefLike) -> Attempt:
        try:
            ref = to_ref(item)
        except BadRef as error:
            return Attempt(error=error)
        return Attempt(item.target, ref, item) if isinstance(item, Run) else Attempt(ref=ref)

    def _hear(self, event: Event) -> None:
        attempt = self._open.get(event.ref)
        if attempt is None:
            return
        if event.kind is Kind.EXPIRED:
            del self._open[event.ref]
            assert event.run is not None
            self._late.append(event.run)
            return
        run = None if event.run is None else self._own(event.run, attempt)
        if event.kind is not Kind.UPDATED:
            self._settle(event.ref, attrs.evolve(attempt, run=run or attempt.run, error=event.error))
        if run is not None and event.error is None and self._on_update is not None:
            self._on_update(run)

    def _settle(self, ref: Ref, attempt: Attempt) -> None:
        del self._open[ref]
        self._engine.known.add(ref)
        self._done.append(attempt)

    @staticmethod
    def _own(run: Run, attempt: Attempt) -> Run:
        """Carry on what only the one who triggered knows: where it came from, what it was given."""
        known = attempt.run
        return attrs.evolve(
            run,
            target=attempt.target or run.target,
            origin=run.origin if known is None else known.origin,
            created_at=run.created_at or (None if known is None else known.created_at),
        )

    def _give_up(self) -> None:
        """The last poll gave no answer in time either."""
        for ref, attempt in self._open.items():
            self._late.append(attempt.run or Run(ref, attempt.target))
        self.close()


def to_ref(item: RefLike) -> Ref:
    """Read what stands for a run; raises `BadRef`."""
    if isinstance(item, Run):
        return item.ref
    return Ref.parse(item) if isinstance(item, str) else item


def to_target(item: Target | str) -> Target:
    """Read what stands for a target; raises `BadRef`."""
    return parse_target(item) if isinstance(item, str) else item


def _log_left(run: Run | None, error: Exception | None, _: float) -> None:
    if run is not None:
        _log.warning("the caller left while a trigger was under way; it started %s", run.ref)
    else:
        _log.warning("the caller left while a trigger was under way; it ended with %s", error)
