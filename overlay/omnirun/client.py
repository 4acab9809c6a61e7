"""`Client`, the face of omnirun for threads.

Nothing is decided here: each verb hands its script to the driver. `AsyncClient` has the same verbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from omnirun.face import Face
from omnirun.pages import Completed, Pages
from omnirun.paging import SCAN_LIMIT
from omnirun.provider import Query
from omnirun.sync_driver import SyncDriver
from omnirun.transport import SyncTransport
from omnirun.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from omnirun.attempts import Attempt
    from omnirun.clock import Clock
    from omnirun.exchange import Timeouts
    from omnirun.refs import Target, TargetInfo
    from omnirun.run import Run
    from omnirun.transport import Factory
    from omnirun.triggers import OnConflict, OnLost
    from omnirun.waiting import OnUpdate, RefLike
    from omnirun.webhooks import Event
    from omnirun_raw.http import Request

T = TypeVar("T")


class Client(Face):
    """Trigger runs, wait for them and page through their histories, from threads.

    Keys come from `DATAFOLD_API_KEY`, `FIRECRAWL_API_KEY` and `MONID_API_KEY`, or from `accounts`. It may be shared
    by threads; close it, or use it as a context manager.
    """

    _driver: SyncDriver

    def _connect(self, timeouts: Timeouts, factory: Factory | None, clock: Clock) -> None:
        transport = SyncTransport(self._engine.accounts, timeouts, self._engine.hooks, factory)
        self._driver = SyncDriver(transport, self._engine.scheduler, clock)

    def trigger(
        self, target: Target | str, *, on_conflict: OnConflict = "raise", on_lost: OnLost | None = None
    ) -> Run:
        """Start a run. It is never sent twice: what may have been accepted is looked for instead.

        Args:
            target: what to run.
            on_conflict: what to do if the target is busy: raise `AlreadyRunning`, or `attach` to that run.
            on_lost: what to do if no answer came and the target's list shows one run that can be it: `adopt` it, or
                `raise` `AmbiguousTrigger`. By default as the provider's list allows: Datafold and Firecrawl adopt,
                Monid, whose list shows no input, raises.

        Raises:
            AmbiguousTrigger: it may have been accepted and is not to be found.
            ApiError: the provider refused it.
            TransportError: the provider could not be reached.
        """
        return self._driver.run(self._engine.trigger(self._driver, target, on_conflict, on_lost))

    def trigger_all(
        self,
        targets: Iterable[Target | str],
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
    ) -> list[Attempt]:
        """Start a run of each target, in their order; the error of one is in its attempt."""
        return self._driver.run(self._engine.trigger_all(self._driver, targets, on_conflict, on_lost))

    def get(self, ref: RefLike) -> Run:
        """Read a run.

        Raises:
            NotFound: there is no such run.
            ApiError, TransportError: it could not be read.
        """
        return self._driver.run(self._engine.get(ref))

    def wait(self, ref: RefLike, timeout: float | None = None, *, on_update: OnUpdate | None = None) -> Run:
        """Wait for a run to end, however it ends; one that has ended is given at once.

        Args:
            ref: the run, its ref or the ref's string.
            timeout: seconds; None waits as long as it takes.
            on_update: called with the run at each change.

        Raises:
            WaitTimeout: the wait ended, the run did not.
            PollError: the run could not be polled any longer.
            UnknownState: the run stays in a state omnirun does not know.
            ApiError: the provider refuses to show it.
        """
        return self._driver.run(self._engine.wait(self._driver, ref, timeout, on_update))

    def run(
        self,
        target: Target | str,
        timeout: float | None = None,
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
        on_update: OnUpdate | None = None,
    ) -> Run:
        """Trigger, then wait; `timeout` (seconds) is for the wait. Raises what `trigger` and `wait` raise."""
        return self._driver.run(
            self._engine.run(self._driver, target, timeout, on_conflict, on_update, on_lost=on_lost)
        )

    def as_completed(
        self,
        attempts: Iterable[Attempt | RefLike],
        timeout: float | None = None,
        *,
        on_update: OnUpdate | None = None,
    ) -> Completed:
        """Wait for many runs and give each as it ends; attempts that hold an error are given at once.

        Args:
            attempts: attempts, runs, refs or their strings.
            timeout: seconds for all of them.
            on_update: called with a run at each change.

        Returns:
            An iterable of `Attempt`, each run once; it raises `WaitTimeout` after the last that ended in time.
        """
        waiting = Waiting(self._engine, self._driver, attempts, timeout, on_update)
        return Completed(waiting, self._driver)

    def history(
        self,
        target: Target | str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: str | Collection[str] = (),
        limit: int | None = None,
        cursor: str | None = None,
        scan_limit: int | None = SCAN_LIMIT,
    ) -> Pages[Run]:
        """Read the runs of a target, lazily, page by page.

        What the provider can't filter is filtered here, page by page.

        Args:
            target: whose runs.
            since: only runs created (or started) at or after; aware.
            until: only runs created (or started) at or before; aware.
            status: only runs of which one of these words is the state (the provider's own word), the phase, the outcome
                or the verdict: `"failed"`, `Outcome.FAILURE`, `("failure", "timed_out")`.
            limit: at most so many.
            cursor: where another history left off.
            scan_limit: after so many runs in a row that are not asked for, raise `PageError`; its cursor goes on.

        Raises:
            PageError: it could not be read further, or `scan_limit` is reached (when it is read).
            Unsupported: the provider has no such list.
            ValueError: there is no such status, or a time has no time zone.
        """
        pager = self._engine.history(target, Query(since, until, status), cursor, scan_limit)
        return Pages(pager, limit, self._driver)

    def targets(
        self, provider: str, *, account: str = "", limit: int | None = None, cursor: str | None = None
    ) -> Pages[TargetInfo]:
        """Read what can be run at a provider, lazily, page by page.

        Args:
            provider: such as `datafold`.
            account: whose, if not the default account's.
            limit: at most so many.
            cursor: where another reading left off.

        Raises:
            Unsupported: the provider has no such list.
        """
        return Pages(self._engine.targets(provider, account, cursor), limit, self._driver)

    def recover(self, target: Target | str, since: datetime) -> list[Run]:
        """Find the runs of a target that may have begun since a moment and that this client doesn't know.

        For whoever got `AmbiguousTrigger` (`recover(error.target, error.sent_at)`) or died while triggering. It only
        reads: it triggers nothing, adopts nothing, and gives the same again. The difference of the clocks is allowed
        for, so a run may be among them that began seconds before.

        Args:
            target: whose runs.
            since: when the trigger was sent; aware.

        Raises:
            Unsupported: the provider has no list of them.
            PageError, ApiError: they could not be listed.
            ValueError: the time has no time zone.
        """
        return self._driver.run(self._engine.recover(self._driver, target, since))

    def run_all(
        self,
        targets: Iterable[Target | str],
        timeout: float | None = None,
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
        on_update: OnUpdate | None = None,
    ) -> list[Attempt]:
        """Trigger all, then wait for all, in their order; errors and `WaitTimeout` are in the attempts."""
        return self._driver.run(
            self._engine.run_all(self._driver, targets, timeout, on_conflict, on_update, on_lost=on_lost)
        )

    def wait_all(
        self,
        refs: Iterable[Attempt | RefLike],
        timeout: float | None = None,
        *,
        on_update: OnUpdate | None = None,
    ) -> list[Attempt]:
        """Wait for all, in their order; errors and `WaitTimeout` are in the attempts.

        Args:
            refs: attempts, runs, refs or their strings.
            timeout: seconds for all of them.
            on_update: called with a run at each change.
        """
        return self._driver.run(self._engine.wait_all(self._driver, refs, timeout, on_update))

    def items(
        self, ref: RefLike, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[Mapping[str, Any]]:
        """Read what a finished run made: Firecrawl's page results, Monid's output items.

        Raises:
            Unsupported: the provider has no such list, or the run has not ended (when it is read).
        """
        return Pages(self._engine.items(ref, cursor), limit, self._driver)

    def stop(self, ref: RefLike) -> Run:
        """Ask a run to end and read it; it may take a while to end.

        Raises:
            Unsupported: the provider can't.
            Conflict: the run can't be stopped (any more).
        """
        return self._driver.run(self._engine.stop(ref))

    def notify(self, event: Event) -> None:
        """Tell the client of a webhook delivery: a wait for that run looks at it at once, not at its next poll."""
        self._driver.call(self._engine.noticing(event))

    def send(self, request: Request[T], *, account: str = "") -> T:
        """Send any request of a raw client, with this client's keys and its retries of reads.

        Raises:
            ApiError: the provider answered with an error.
        """
        return self._driver.run(self._engine.send(request, account))

    def close(self) -> None:
        """Close the connections; waits under way in other threads end with `ClientClosed`."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
