"""What all verbs of a client share: the accounts, one scheduler, one poller, and the runs it has handed out."""

from __future__ import annotations

import random as _random
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from omnirun.accounts import Accounts
from omnirun.errors import OmnirunError
from omnirun.flows import Asking
from omnirun.hooks import Hooks
from omnirun.poller import Poller
from omnirun.recovery import Known
from omnirun.registry import provider
from omnirun.scheduler import Scheduler
from omnirun.scripts import Receive, received
from omnirun.waiting import to_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from omnirun.accounts import Account
    from omnirun.policy import WaitPolicy
    from omnirun.provider import Judge, Provider
    from omnirun.refs import Ref, Target
    from omnirun.scheduler import Flow, Task
    from omnirun.scripts import Driver, Script
    from omnirun.states import States
    from omnirun.waiting import RefLike

T = TypeVar("T")


class Core:
    """What all verbs share.

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

    def _cancel(self, tasks: list[Task], now: float) -> None:
        for task in tasks:
            self.scheduler.cancel(task, now)
