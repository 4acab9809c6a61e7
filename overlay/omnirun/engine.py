"""What a client does, written once for both worlds.

Every verb is a *script*: a generator that yields what must be awaited (a `Step` to send, a `Receive` of news) and
returns its result. The client faces only hand scripts to their driver. The engine owns what all verbs share: the
accounts, one scheduler, one poller, and the runs this client has handed out.
"""

from __future__ import annotations

import logging
import random as _random
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from omnirun.accounts import Accounts
from omnirun.attempts import Attempt
from omnirun.clock import moment
from omnirun.errors import AmbiguousTrigger, ClientClosed, Conflict, OmnirunError, WaitTimeout
from omnirun.flows import Asking, ask, judged
from omnirun.hooks import Hooks
from omnirun.paging import SCAN_LIMIT, Pager
from omnirun.poller import Poller
from omnirun.provider import Query
from omnirun.recovery import Known, candidates
from omnirun.registry import provider, to_target
from omnirun.replies import accepted, unreadable
from omnirun.scheduler import At, Scheduler, Step
from omnirun.scripts import Receive, received
from omnirun.states import Outcome, Phase, Verdict
from omnirun.triggers import Trigger
from omnirun.waiting import Waiting, to_ref
from omnirun_raw.http import InvalidBody, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from omnirun.accounts import Account
    from omnirun.policy import WaitPolicy
    from omnirun.provider import Judge, Provider
    from omnirun.refs import Ref, Target, TargetInfo
    from omnirun.run import Run
    from omnirun.scheduler import Flow, Task
    from omnirun.scripts import Driver, Job, Script
    from omnirun.states import States
    from omnirun.triggers import OnConflict, OnLost
    from omnirun.waiting import OnUpdate, RefLike
    from omnirun.webhooks import Event
    from omnirun_raw.http import Request, Response

T = TypeVar("T")

_log = logging.getLogger("omnirun")


class Engine:
    """The scripts of all verbs and what they share.

    Args:
        accounts: the ones passed in.
        policy: how waits poll.
        states: replacements in the state tables, by provider.
        environ: where default accounts come from.
        hooks: who looks on.
        verdicts: who judges what runs found, by provider.
        random: in [0, 1).
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        policy: WaitPolicy,
        states: Mapping[str, States],
        environ: Mapping[str, str],
        *,
        hooks: Hooks | None = None,
        verdicts: Mapping[str, Judge] | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._states = states
        self._verdicts = verdicts or {}
        self._providers: dict[str, Provider] = {}
        self.accounts = Accounts(accounts, environ, self.provider)
        self.hooks = hooks or Hooks()
        self.asking = Asking(policy, random, self.hooks)
        self.scheduler = Scheduler(rate=self.accounts.rate)
        self.poller = Poller(self.scheduler, self.asking, self.provider)
        self.known = Known(self._waited_for)

    def provider(self, name: str) -> Provider:
        """Find a provider, with the states and the judge this client was given."""
        if name not in self._providers:
            found = provider(name)
            if name in self._states:
                found = found.with_states(self._states[name])
            if name in self._verdicts:
                found = found.with_judge(self._verdicts[name])
            self._providers[name] = found
        return self._providers[name]

    def ref(self, item: RefLike) -> Ref:
        """Read what stands for a run, in its one spelling; raises `BadRef`."""
        ref = to_ref(item)
        return self.provider(ref.provider).canonical(ref)

    def lane(self, of: Ref | Target) -> str:
        """Tell the lane of an address; raises `MissingKey` or `BadRef`."""
        return self.accounts.lane(of.provider, of.account)

    def _waited_for(self, ref: Ref) -> bool:
        return self.poller.waits(self.lane(ref), ref)

    # ---- one run

    def get(self, ref: RefLike) -> Script[Run]:
        """Read a run."""
        address = self.ref(ref)
        owner = self.provider(address.provider)
        step = Step(owner.get(address), self.lane(address), metered=False)
        run = yield from ask(step, partial(owner.read, address), self.asking)
        self.known.add(run.ref)
        return run

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
            target = None if isinstance(item, str) else item
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
            ref = None if run is None else run.ref
            channel.put((place, Attempt(target, ref, run, error)))

        def start(now: float) -> None:
            for place, target, trigger in flows:
                tasks.append(self.scheduler.spawn(trigger.flow(), partial(ended, place, target), now))

        try:
            driver.call(start)
            while left:
                place, attempt = received((yield Receive(channel)))
                attempts[place] = attempt
                left -= 1
        except ClientClosed as closed:
            left = 0
            for (place, target, _), task in zip_longest(flows, tasks):
                attempts[place] = attempts[place] or Attempt(target, error=_cut_short(target, task, closed))
        finally:
            if left:
                _log_started(attempts)
                with suppress(OmnirunError):  # a client that is closed has nothing left to cancel
                    driver.call(partial(self._leave, tasks))

    def _leave(self, tasks: list[Task], now: float) -> None:
        """The caller left: what was not sent is not sent any more; the rest is followed to its end, and logged."""
        for task in tasks:
            if not _at_stake(task):
                self.scheduler.cancel(task, now)
                continue
            step = task.step
            _log.warning(
                "the caller left while a run was being started (%s %s)", step.lane, step.request.path
            )
            task.on_done = _log_left

    def _cancel(self, tasks: list[Task], now: float) -> None:
        for task in tasks:
            self.scheduler.cancel(task, now)

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

    # ---- lists and everything else

    def history(
        self, target: Target | str, query: Query, cursor: str | None, scan_limit: int | None = SCAN_LIMIT
    ) -> Pager[Run]:
        """Read the runs of a target."""
        what = to_target(target)
        owner = self.provider(what.provider)
        _check_status(owner, query.status)
        return Pager(owner.history(what), query, self.lane(what), self.asking, cursor, scan_limit=scan_limit)

    def targets(self, name: str, account: str, cursor: str | None) -> Pager[TargetInfo]:
        """Read what can be run."""
        listing = self.provider(name).targets(account)
        return Pager(listing, Query(), self.accounts.lane(name, account), self.asking, cursor)

    def recover(self, driver: Driver, target: Target | str, since: datetime) -> Script[list[Run]]:
        """Find the runs of a target since a moment that this client doesn't know."""
        what = to_target(target)
        Query(since=since)  # refuses a time without a time zone
        owner, lane = self.provider(what.provider), self.lane(what)
        flow = candidates(owner, what, lane, self.known, since=since, asking=self.asking)
        return (yield from self._scheduled(driver, flow))

    def _scheduled(self, driver: Driver, flow: Flow[T]) -> Script[T]:
        """Run a flow in the scheduler, in turn with the others; if the caller leaves, it ends."""
        channel = driver.channel()
        tasks: list[Task] = []

        def ended(value: T | None, error: Exception | None, _: float) -> None:
            channel.put((value, error))

        try:
            driver.call(lambda now: tasks.append(self.scheduler.spawn(flow, ended, now)))
            value, error = received((yield Receive(channel)))
        except BaseException:
            with suppress(OmnirunError):  # a client that is closed has nothing left to cancel
                driver.call(partial(self._cancel, tasks))
            raise
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]

    def items(self, ref: RefLike, cursor: str | None) -> Pager[Mapping[str, Any]]:
        """Read what a run made."""
        address = self.ref(ref)
        listing = self.provider(address.provider).items(address)
        return Pager(listing, Query(), self.lane(address), self.asking, cursor)

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
        return judged(read, reply, f"{lane} {request.operation}")


def _check_status(owner: Provider, words: Iterable[str]) -> None:
    """Refuse a word that no run can match: it would read a whole history in vain."""
    known = {*owner.states, *Phase, *Outcome, *Verdict}
    if unknown := sorted(set(words) - known):
        raise ValueError(
            f"{owner.name} has no status {', '.join(map(repr, unknown))}. It has {', '.join(owner.states)}; and there "
            f"are {', '.join(dict.fromkeys([*Phase, *Outcome, *Verdict]))}. Teach a word with "
            f"Client(states={{{owner.name!r}: {{...}}}})."
        )


def _outcome(item: Attempt | Ref, ended: Mapping[Ref | None, Attempt]) -> Attempt:
    """What became of one that was waited for; one without a ref has its own error."""
    if isinstance(item, Attempt):
        return item if item.ref is None else ended.get(item.ref, item)
    return ended[item]


def _at_stake(task: Task) -> bool:
    """Whether its trigger is on the wire or may have been accepted."""
    return not task.done and (task.at is At.SENT or not task.step.fresh)


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
