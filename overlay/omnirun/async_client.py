"""`AsyncClient`, the face of omnirun for an event loop: `Client` with `await` and `async for`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from omnirun.async_driver import AsyncDriver
from omnirun.async_transport import AsyncTransport
from omnirun.face import Face
from omnirun.pages import AsyncCompleted, AsyncPages
from omnirun.paging import SCAN_LIMIT
from omnirun.provider import Query
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


class AsyncClient(Face):
    """`Client` with `await` and `async for`, for one event loop."""

    _driver: AsyncDriver

    def _connect(self, timeouts: Timeouts, factory: Factory | None, clock: Clock) -> None:
        transport = AsyncTransport(self._engine.accounts, timeouts, self._engine.hooks, factory)
        self._driver = AsyncDriver(transport, self._engine.scheduler, clock)

    async def trigger(
        self, target: Target | str, *, on_conflict: OnConflict = "raise", on_lost: OnLost | None = None
    ) -> Run:
        """See `Client.trigger`."""
        return await self._driver.run(self._engine.trigger(self._driver, target, on_conflict, on_lost))

    async def trigger_all(
        self,
        targets: Iterable[Target | str],
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
    ) -> list[Attempt]:
        """See `Client.trigger_all`."""
        return await self._driver.run(self._engine.trigger_all(self._driver, targets, on_conflict, on_lost))

    async def get(self, ref: RefLike) -> Run:
        """See `Client.get`."""
        return await self._driver.run(self._engine.get(ref))

    async def wait(
        self, ref: RefLike, timeout: float | None = None, *, on_update: OnUpdate | None = None
    ) -> Run:
        """See `Client.wait`."""
        return await self._driver.run(self._engine.wait(self._driver, ref, timeout, on_update))

    async def run(
        self,
        target: Target | str,
        timeout: float | None = None,
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
        on_update: OnUpdate | None = None,
    ) -> Run:
        """See `Client.run`."""
        return await self._driver.run(
            self._engine.run(self._driver, target, timeout, on_conflict, on_update, on_lost=on_lost)
        )

    def as_completed(
        self,
        attempts: Iterable[Attempt | RefLike],
        timeout: float | None = None,
        *,
        on_update: OnUpdate | None = None,
    ) -> AsyncCompleted:
        """See `Client.as_completed`; iterate with `async for`."""
        waiting = Waiting(self._engine, self._driver, attempts, timeout, on_update)
        return AsyncCompleted(waiting, self._driver)

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
    ) -> AsyncPages[Run]:
        """See `Client.history`; iterate with `async for`."""
        pager = self._engine.history(target, Query(since, until, status), cursor, scan_limit)
        return AsyncPages(pager, limit, self._driver)

    def targets(
        self, provider: str, *, account: str = "", limit: int | None = None, cursor: str | None = None
    ) -> AsyncPages[TargetInfo]:
        """See `Client.targets`; iterate with `async for`."""
        return AsyncPages(self._engine.targets(provider, account, cursor), limit, self._driver)

    async def recover(self, target: Target | str, since: datetime) -> list[Run]:
        """See `Client.recover`."""
        return await self._driver.run(self._engine.recover(self._driver, target, since))

    async def run_all(
        self,
        targets: Iterable[Target | str],
        timeout: float | None = None,
        *,
        on_conflict: OnConflict = "raise",
        on_lost: OnLost | None = None,
        on_update: OnUpdate | None = None,
    ) -> list[Attempt]:
        """See `Client.run_all`."""
        return await self._driver.run(
            self._engine.run_all(self._driver, targets, timeout, on_conflict, on_update, on_lost=on_lost)
        )

    async def wait_all(
        self,
        refs: Iterable[Attempt | RefLike],
        timeout: float | None = None,
        *,
        on_update: OnUpdate | None = None,
    ) -> list[Attempt]:
        """See `Client.wait_all`."""
        return await self._driver.run(self._engine.wait_all(self._driver, refs, timeout, on_update))

    def items(
        self, ref: RefLike, *, limit: int | None = None, cursor: str | None = None
    ) -> AsyncPages[Mapping[str, Any]]:
        """See `Client.items`; iterate with `async for`."""
        return AsyncPages(self._engine.items(ref, cursor), limit, self._driver)

    async def stop(self, ref: RefLike) -> Run:
        """See `Client.stop`."""
        return await self._driver.run(self._engine.stop(ref))

    def notify(self, event: Event) -> None:
        """See `Client.notify`; call it in the client's event loop."""
        self._driver.call(self._engine.noticing(event))

    async def send(self, request: Request[T], *, account: str = "") -> T:
        """See `Client.send`."""
        return await self._driver.run(self._engine.send(request, account))

    async def close(self) -> None:
        """Close the connections; waits under way in other tasks end with `ClientClosed`."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
