"""The driver for an event loop: it owns time and sockets and decides nothing.

A script runs in its caller's task, the scheduler on the loop's timers, each request in a task of its own.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from omnirun.errors import ClientClosed, OmnirunError, TransportError
from omnirun.scheduler import Reply, Step
from omnirun.scripts import Ended

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from omnirun.async_transport import AsyncTransport
    from omnirun.clock import Clock
    from omnirun.scheduler import Scheduler, Task
    from omnirun.scripts import Job, Receive, Script

T = TypeVar("T")


class AsyncChannel:
    """A channel within one event loop; each wait has one, and a queue of asyncio's takes ten times the room."""

    __slots__ = ("__weakref__", "_items", "_takers")

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._takers: list[asyncio.Future[None]] = []

    def put(self, item: Any) -> None:
        """Add an item."""
        self._items.append(item)
        for taker in self._takers:
            if not taker.done():
                taker.set_result(None)

    async def get(self, seconds: float | None) -> Any:
        """Wait for an item; None if there is none in time."""
        try:
            async with asyncio.timeout(seconds):
                while not self._items:
                    taker = asyncio.get_running_loop().create_future()
                    self._takers.append(taker)
                    try:
                        await taker
                    finally:
                        self._takers.remove(taker)
        except TimeoutError:
            return None
        return self._items.pop(0)


class AsyncDriver:
    """Runs scripts in the caller's task; the scheduler lives on the loop's timers, each request in a task."""

    def __init__(self, transport: AsyncTransport, scheduler: Scheduler, clock: Clock) -> None:
        self._transport = transport
        self._scheduler = scheduler
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._flights: set[asyncio.Task[Reply]] = set()
        self._channels: WeakSet[AsyncChannel] = WeakSet()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        return self._clock.now()

    def channel(self) -> AsyncChannel:
        """Make a channel."""
        channel = AsyncChannel()
        self._channels.add(channel)
        return channel

    async def run(self, script: Script[T]) -> T:
        """Run a script to its end in this task."""
        try:
            wanted = next(script)
            while True:
                try:
                    answer = await (
                        self._alone(wanted) if isinstance(wanted, Step) else self._receive(wanted)
                    )
                except BaseException as error:  # noqa: BLE001 - a cancellation too: the script knows what is under way
                    wanted = script.throw(error)
                else:
                    wanted = script.send(answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            script.close()

    def call(self, job: Job) -> None:
        """Do something with the scheduler, here and now."""
        self._check()
        job(self._clock.now())
        self._kick()

    async def close(self) -> None:
        """End every wait with `ClientClosed` and close the connections."""
        self._closed = True
        self._tell(ClientClosed())
        if self._timer is not None:
            self._timer.cancel()
        flights = list(self._flights)
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._transport.close()

    def _check(self) -> None:
        if self._closed:
            raise ClientClosed
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise OmnirunError("this client belongs to another event loop; open one in each.")

    def _tell(self, error: Exception) -> None:
        for channel in list(self._channels):
            channel.put(Ended(error))

    def _receive(self, wanted: Receive) -> Coroutine[Any, Any, Any]:
        """Wait for an item; no coroutine of its own, for each of ten thousand waits holds its frames."""
        assert isinstance(wanted.channel, AsyncChannel)
        left = None if wanted.until is None else self._clock.real(wanted.until - self._clock.now())
        return wanted.channel.get(left)

    async def _alone(self, step: Step) -> Reply:
        self._check()
        if step.delay:
            await asyncio.sleep(self._clock.real(step.delay))
            self._check()
        return await self._exchange(step)

    async def _exchange(self, step: Step) -> Reply:
        sent_at = self._clock.now()
        try:
            response = await self._transport.send(step)
        except Exception as error:  # noqa: BLE001 - the flow that asked is the one to judge it
            return Reply(sent_at, self._clock.now(), error=error)
        return Reply(sent_at, self._clock.now(), response)

    def _kick(self) -> None:
        """Send what is due and come back when more is."""
        if self._closed:
            return
        now, loop = self._clock.now(), asyncio.get_running_loop()
        for task in self._scheduler.next(now):
            flight = loop.create_task(self._exchange(task.step))
            self._flights.add(flight)
            flight.add_done_callback(partial(self._landed, task))
        if self._timer is not None:
            self._timer.cancel()
        wake = self._scheduler.wake(now)
        self._timer = None if wake is None else loop.call_later(self._clock.real(wake - now), self._kick)

    def _landed(self, task: Task, flight: asyncio.Task[Reply]) -> None:
        """Feed a reply; one that somebody else cut short, perhaps before it began, is an error its flow must know."""
        self._flights.discard(flight)
        broke = None if flight.cancelled() else flight.exception()
        if flight.cancelled() or broke is not None:
            if self._closed:
                return
            why = "cancelled" if broke is None else f"cut short by {broke!r}"
            gone = TransportError(f"the request was {why} on its way", sent=True)
            reply = Reply(task.sent_at, self._clock.now(), error=gone)
        else:
            reply = flight.result()
        try:
            self._scheduler.feed(task, reply)
            self._kick()
        except Exception as error:  # noqa: BLE001 - a defect must not leave its callers hanging
            self._tell(error)
