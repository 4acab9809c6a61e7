"""The transport of an event loop: `omnirun.transport`'s pools, sent from tasks.

A module of its own, so that whoever uses threads does not import asyncio.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from omnirun.transport import PLACES, Pools

if TYPE_CHECKING:
    from omnirun.accounts import Accounts
    from omnirun.exchange import Exchange, Timeouts
    from omnirun.hooks import Hooks
    from omnirun.scheduler import Step
    from omnirun.transport import Factory, Pool
    from omnirun_raw.http import Response


class AsyncTransport(Pools):
    """Sends from tasks of one event loop."""

    transport, handle, client = "AsyncHTTPTransport", "handle_async_request", "AsyncClient"
    closes = "aclose"

    def __init__(self, accounts: Accounts, timeouts: Timeouts, hooks: Hooks, factory: Factory | None) -> None:
        super().__init__(accounts, timeouts, hooks, factory)
        self._places = asyncio.Semaphore(PLACES)

    async def send(self, step: Step) -> Response:
        """Send a step's request.

        Raises:
            TransportError: no whole answer came back.
        """
        async with self._places:
            exchange = self._exchange(step)  # not before it's needed: thousands may wait for a place
            pool = self._take(step)
            try:
                async with pool.lent:
                    with exchange:
                        await self._converse(pool, exchange)
            finally:
                if self._give_back(pool, step, sound=exchange.whole):
                    await pool.owner.aclose()
        return exchange.result()

    async def close(self) -> None:
        """Close all connections."""
        for pool in self._close():
            await pool.owner.aclose()

    async def _converse(self, pool: Pool, exchange: Exchange) -> None:
        async with asyncio.timeout(self._total):
            request = pool.request(**exchange.arguments(pool.headers), extensions=pool.extensions)
            async with aclosing(await pool.send(request)) as reply:
                exchange.begin(reply.status_code, reply.headers.raw)
                async for chunk in reply.aiter_bytes():
                    exchange.take(chunk)
