"""What the two clients share: how they are opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from omnirun.clock import Clock
from omnirun.engine import Engine
from omnirun.exchange import Timeouts
from omnirun.policy import WaitPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omnirun.accounts import Account
    from omnirun.hooks import Hooks
    from omnirun.provider import Judge
    from omnirun.states import States
    from omnirun.transport import Factory
    from omnirun.waiting import RefLike


class Face:
    """How both clients are opened, and what they tell without sending anything."""

    def __init__(
        self,
        *,
        accounts: Iterable[Account] = (),
        policy: WaitPolicy | None = None,
        states: Mapping[str, States] | None = None,
        timeouts: Timeouts | None = None,
        http_client: Factory | None = None,
        hooks: Hooks | None = None,
        verdicts: Mapping[str, Judge] | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open a client.

        Args:
            accounts: named accounts, or a default one whose key is not to come from the environment.
            policy: how waits poll.
            states: replacements in the state tables, such as `{"datafold": {"learning": states.RUNNING}}`.
            timeouts: of single requests, in seconds.
            http_client: makes the HTTP client: `httpx.Client`, `httpx.AsyncClient` or another with their interface.
            hooks: functions that look on, such as a tracer's.
            verdicts: who judges what successful runs found, such as `{"firecrawl": judge}`, given the run's JSON.
            environ: where `<PROVIDER>_API_KEY` and `<PROVIDER>_BASE_URL` come from, if not the process environment.
            clock: tells the time.
        """
        self._engine = Engine(
            accounts,
            policy or WaitPolicy(),
            states or {},
            os.environ if environ is None else environ,
            hooks=hooks,
            verdicts=verdicts,
        )
        self._clock = clock or Clock()
        self._connect(timeouts or Timeouts(), http_client, self._clock)

    def _connect(self, timeouts: Timeouts, factory: Factory | None, clock: Clock) -> None:
        raise NotImplementedError

    def next_poll(self, ref: RefLike) -> float | None:
        """Tell in how many seconds a run that is waited for is asked for next; None while it is being asked for.

        None also for a run nobody waits for. For displays; it sends nothing.
        """
        return self._engine.next_poll(ref, self._clock.now())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} waiting for {self._engine.poller.pending} runs>"
