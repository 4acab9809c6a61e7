"""The driver for threads: it owns time and sockets and decides nothing.

A script runs in its caller's thread, the scheduler in one of its own, requests in up to 32 more. These threads are
daemons that end when idle: leaving a wait leaks nothing, and Ctrl-C is never held up.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from omnirun.errors import ClientClosed, OmnirunError, TransportError
from omnirun.scheduler import Reply, Step
from omnirun.scripts import Ended

if TYPE_CHECKING:
    from omnirun.clock import Clock
    from omnirun.scheduler import Scheduler, Task
    from omnirun.scripts import Job, Receive, Script
    from omnirun.transport import SyncTransport

T = TypeVar("T")

_IDLE = 5.0  # seconds a sender thread stays for more work


class SyncChannel:
    """A thread-safe channel."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        """Add an item."""
        self._items.put(item)

    def get(self, seconds: float | None) -> Any:
        """Wait for an item; None if there is none in time."""
        try:
            return self._items.get(timeout=None if seconds is None else min(seconds, threading.TIMEOUT_MAX))
        except queue.Empty:
            return None


class SyncDriver:
    """Runs scripts in the caller's thread, the scheduler in one of its own, and requests in up to 32 more."""

    def __init__(self, transport: SyncTransport, scheduler: Scheduler, clock: Clock) -> None:
        self._transport = transport
        self._scheduler = scheduler
        self._clock = clock
        self._lock = threading.RLock()  # a finalizer may call in while the lock is held
        self._process = os.getpid()
        self._pump: threading.Thread | None = None
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._free = threading.Semaphore(0)  # senders that wait for a task
        self._channels: WeakSet[SyncChannel] = WeakSet()
        self._closed = False

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        return self._clock.now()

    def channel(self) -> SyncChannel:
        """Make a channel."""
        self._check_process()
        channel = SyncChannel()
        with self._lock:
            self._channels.add(channel)
        return channel

    def run(self, script: Script[T]) -> T:
        """Run a script to its end in this thread."""
        try:
            wanted = next(script)
            while True:
                try:
                    answer = self._alone(wanted) if isinstance(wanted, Step) else self._receive(wanted)
                except BaseException as error:  # noqa: BLE001 - Ctrl-C too: the script knows what is under way
                    wanted = script.throw(error)
                else:
                    wanted = script.send(answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            script.close()

    def call(self, job: Job) -> None:
        """Do something with the scheduler, in its thread."""
        self._check_process()
        with self._lock:
            self._check()
            if self._pump is None:
                pump = threading.Thread(target=self._work, name="omnirun", daemon=True)
                try:
                    pump.start()  # before there is a job, which would otherwise be done for another caller, later
                except RuntimeError as error:
                    raise OmnirunError(f"no thread can be started, so nothing was sent: {error}.") from error
                self._pump = pump
            self._jobs.put(job)

    def close(self) -> None:
        """End every wait with `ClientClosed` and close the connections."""
        if os.getpid() != self._process:
            self._closed = True  # threads and connections are the parent's
            return
        with self._lock:
            self._closed = True
            pump = self._pump
            self._jobs.put(_nothing)
        if pump is not None and pump is not threading.current_thread():
            pump.join()  # nothing more goes out once it has ended; only then is anybody told
        self._tell(ClientClosed())
        self._transport.close()

    def _check(self) -> None:
        if self._closed:
            raise ClientClosed
        self._check_process()

    def _check_process(self) -> None:
        """A child of a fork has none of the threads, and a lock that one of them held is held for ever."""
        if os.getpid() != self._process:
            raise OmnirunError(
                "this client was opened before the fork; its threads stayed behind. Open one here."
            )

    def _tell(self, error: Exception) -> None:
        with self._lock:
            channels = list(self._channels)
        for channel in channels:
            channel.put(Ended(error))

    def _receive(self, wanted: Receive) -> Any:
        assert isinstance(wanted.channel, SyncChannel)
        if threading.current_thread() is self._pump:
            raise OmnirunError("a hook can't wait: it is called by the thread that its wait would wait for.")
        left = None if wanted.until is None else self._clock.real(wanted.until - self._clock.now())
        return wanted.channel.get(left)

    def _alone(self, step: Step) -> Reply:
        self._check()
        if step.delay:
            time.sleep(self._clock.real(step.delay))
            self._check()
        return self._exchange(step)

    def _exchange(self, step: Step) -> Reply:
        sent_at = self._clock.now()
        try:
            response = self._transport.send(step)
        except Exception as error:  # noqa: BLE001 - the flow that asked is the one to judge it
            return Reply(sent_at, self._clock.now(), error=error)
        return Reply(sent_at, self._clock.now(), response)

    def _work(self) -> None:
        """Pump the scheduler until nothing is under way there; what breaks it is told to all who wait."""
        try:
            while not self._closed and self._turn():
                pass
        except BaseException as error:  # noqa: BLE001 - a defect, say of a provider, must not leave its callers hanging
            with self._lock:
                self._pump = None
            self._tell(
                error if isinstance(error, Exception) else OmnirunError(f"the client broke: {error!r}")
            )

    def _turn(self) -> bool:
        """Send what is due and do one job; tells whether to go on."""
        now = self._clock.now()
        for task in self._scheduler.next(now):
            self._send(task)
        wake = self._scheduler.wake(now)
        if wake is None and not self._scheduler.in_flight and self._retire():
            return False
        try:
            job = self._jobs.get(timeout=None if wake is None else self._clock.real(wake - now))
        except queue.Empty:
            return True
        job(self._clock.now())
        return True

    def _retire(self) -> bool:
        with self._lock:
            if not self._jobs.empty():
                return False
            self._pump = None
            return True

    def _send(self, task: Task) -> None:
        if not self._free.acquire(blocking=False):
            try:
                threading.Thread(target=self._sender, name="omnirun-send", daemon=True).start()
            except RuntimeError as error:
                now = self._clock.now()
                unsent = TransportError(f"not sent: no thread can be started: {error}", sent=False)
                self._jobs.put(_feeding(self._scheduler, task, Reply(now, now, error=unsent)))
                return
        self._tasks.put(task)  # only now: what no thread would send must not lie about

    def _sender(self) -> None:
        """Send tasks until none has come for a while; one that a `_send` counts on never leaves."""
        while not self._closed:
            try:
                task = self._tasks.get(timeout=_IDLE)
            except queue.Empty:
                if self._free.acquire(blocking=False):
                    return
                continue
            if self._closed:
                return
            try:
                reply = self._exchange(task.step)
            except BaseException as error:  # noqa: BLE001 - a hook that exits: its thread is no place to end a program
                cut = TransportError(f"the request was cut short by {error!r}", sent=True)
                reply = Reply(task.sent_at, self._clock.now(), error=cut)
            self._jobs.put(_feeding(self._scheduler, task, reply))
            self._free.release()


def _nothing(_: float) -> None:
    """Wake the pump."""


def _feeding(scheduler: Scheduler, task: Task, reply: Reply) -> Job:
    return lambda _: scheduler.feed(task, reply)
