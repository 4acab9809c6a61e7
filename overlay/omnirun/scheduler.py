"""Many flows, few requests: a scheduler without I/O.

Rules. A *flow* is a generator: it yields a `Step`, is sent the `Reply`, never sleeps and never reads a clock. The
scheduler is told `now`; drivers own time and sockets and do just this: send what `next` hands out, `feed` the
replies, and come back at `wake`. One heap holds every delay, so a stalled flow holds no slot. One bound holds over
all requests in flight, and a *lane* (an account, see `omnirun.lane`) says when its next may go. A step's `exclusive`
key is held from its first send to the end of its flow.

Everything that changes the state of a task lives in this file. It is not thread-safe: one driver, one thread.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Generator, Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from omnirun.lane import Lane

if TYPE_CHECKING:
    from omnirun.hooks import Sending
    from omnirun_raw.http import Request, Response

T = TypeVar("T")


@attrs.frozen
class Step:
    """One request a flow wants sent.

    Attributes:
        request: from a raw client's `build`.
        lane: the account it goes to.
        delay: seconds from the reply that resumed the flow to the earliest send.
        metered: it takes a token of its lane (polls and triggers do, a plain get does not).
        exclusive: at most one flow with this key is between its first send and its end.
        pause: the lane rests this many seconds first; the flow, which judges replies, asks for it.
        fresh: it goes out on a connection of its own.
        trigger: which trigger it sends, for hooks.
    """

    request: Request[Any]
    lane: str
    delay: float = 0.0
    metered: bool = True
    exclusive: Hashable = None
    pause: float = 0.0
    fresh: bool = False
    trigger: Sending | None = None


@attrs.frozen
class Reply:
    """What came of a step: a response or an error, with the times (seconds UTC) it was sent and came back."""

    sent_at: float
    at: float
    response: Response | None = None
    error: Exception | None = None

    def result(self) -> Response:
        """Give the response.

        Raises:
            Exception: what happened instead, mostly a TransportError.
        """
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response


Flow = Generator[Step, Reply, T]
OnDone = Callable[[Any, Exception | None, float], None]


class At(Enum):
    """Where a task stands."""

    LATER = "in the heap, not due"
    HELD = "waits for its exclusive key"
    READY = "queued in its lane"
    SENT = "in flight"
    RUNNING = "its flow decides on the next step"
    DONE = "ended or cancelled"


LATER, HELD, READY, SENT, RUNNING, DONE = At
"""By name: on Python 3.11 a look into an enum takes 0.1 µs, and a request changes its state half a dozen times."""


class Task:
    """A flow under way; the scheduler alone changes it."""

    __slots__ = ("at", "due", "flow", "key", "on_done", "sent_at", "step")

    def __init__(self, flow: Flow[Any], on_done: OnDone) -> None:
        self.flow = flow
        self.on_done = on_done
        self.at = LATER
        self.due = 0.0
        self.key: Hashable = None
        self.sent_at = 0.0
        self.step: Step

    @property
    def done(self) -> bool:
        """Whether it ended or was cancelled."""
        return self.at is DONE

    @property
    def running(self) -> bool:
        """Whether its flow is being resumed right now; it ends by itself and must not be cancelled."""
        return self.at is RUNNING


class Scheduler:
    """The one place that decides what is sent next.

    Args:
        in_flight: how many requests may be under way at once.
        rate: tells a lane's tokens per second.
    """

    def __init__(self, in_flight: int = 32, rate: Callable[[str], float] = lambda _: 50.0) -> None:
        self._in_flight = in_flight
        self._rate = rate
        self._flying = 0
        self._heap: list[tuple[float, int, Task]] = []
        self._count = itertools.count()
        self._lanes: dict[str, Lane] = {}
        self._turns: deque[Lane] = deque()
        self._owners: dict[Hashable, Task] = {}
        self._blocked: dict[Hashable, deque[Task]] = {}

    def spawn(self, flow: Flow[Any], on_done: OnDone, now: float) -> Task:
        """Start a flow; `on_done(value, error, now)` is called at its end, not if it is cancelled."""
        task = Task(flow, on_done)
        self._advance(task, None, now)
        return task

    def nudge(self, task: Task, due: float) -> None:
        """Bring a sleeping task's next step forward to `due`."""
        if task.at is LATER and due < task.due:
            self._push(task, due)

    def cancel(self, task: Task, now: float) -> None:
        """End a task; a reply still in flight will be dropped."""
        if not task.done:
            was, task.at = task.at, DONE
            task.flow.close()
            if was is not SENT:
                self._release(task, now)

    def next(self, now: float) -> list[Task]:
        """Hand out the tasks to send now; the driver feeds each one's reply."""
        self._queue_due(now)
        out: list[Task] = []
        passed_over = 0
        while passed_over < len(self._turns) and self._flying < self._in_flight:
            lane = self._turns[0]
            self._turns.rotate(-1)  # the lanes take turns, from one call to the next
            task = lane.take(now) if lane.flying < self._share() else None
            if task is None:
                passed_over += 1
                continue
            passed_over = 0
            task.at, task.sent_at = SENT, now
            lane.flying += 1
            self._flying += 1
            out.append(task)
        return out

    def feed(self, task: Task, reply: Reply) -> None:
        """Give a sent task its reply."""
        self._flying -= 1
        self._lanes[task.step.lane].flying -= 1
        if task.done:  # cancelled while in flight
            self._release(task, reply.at)
        else:
            self._advance(task, reply, reply.at)

    def wake(self, now: float) -> float | None:
        """Tell when to call `next` again; None if only a reply or a new task can change anything."""
        while self._heap and self._stale(self._heap[0]):
            heapq.heappop(self._heap)
        times = [self._heap[0][0]] if self._heap else []
        if self._flying < self._in_flight:  # else only a reply can free a place
            share = self._share()
            ready = (lane.ready_at(now) for lane in self._turns if lane.flying < share)
            times += [at for at in ready if at is not None]
        return min(times, default=None)

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return self._flying

    def _share(self) -> int:
        """How many requests one lane may have under way: one that hangs leaves places to the others."""
        return max(1, self._in_flight * 3 // 4)

    # ---- transitions

    def _advance(self, task: Task, reply: Reply | None, now: float) -> None:
        task.at = RUNNING
        try:
            step = next(task.flow) if reply is None else task.flow.send(reply)
        except StopIteration as stop:
            self._end(task, stop.value, None, now)
        except Exception as error:  # noqa: BLE001 - whatever ends a flow is its caller's to see
            self._end(task, None, error, now)
        else:
            self._place(task, step, now)

    def _place(self, task: Task, step: Step, now: float) -> None:
        task.step = step
        lane = self._lane(step.lane, now)
        if step.pause:
            lane.pause(step.pause, now)
        if step.exclusive is not None:
            task.key = step.exclusive
            if self._owners.setdefault(task.key, task) is not task:
                task.at = HELD
                self._blocked.setdefault(task.key, deque()).append(task)
                return
        self._push(task, now + step.delay)

    def _end(self, task: Task, value: Any, error: Exception | None, now: float) -> None:
        task.at = DONE
        self._release(task, now)
        task.on_done(value, error, now)

    def _release(self, task: Task, now: float) -> None:
        """Pass a task's exclusive key on to the first one that waits for it."""
        if self._owners.get(task.key) is not task:
            return
        waiting = self._blocked.get(task.key, deque())
        while waiting and waiting[0].done:
            waiting.popleft()
        if waiting:
            heir = self._owners[task.key] = waiting.popleft()
            self._push(heir, now + heir.step.delay)
        else:
            del self._owners[task.key]
            self._blocked.pop(task.key, None)

    def _push(self, task: Task, due: float) -> None:
        task.at, task.due = LATER, due
        heapq.heappush(self._heap, (due, next(self._count), task))

    def _queue_due(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if not self._stale(entry):
                task = entry[2]
                task.at = READY
                lane = self._lane(task.step.lane, now)
                (lane.metered if task.step.metered else lane.free).append(task)

    @staticmethod
    def _stale(entry: tuple[float, int, Task]) -> bool:
        due, _, task = entry
        return task.at is not LATER or task.due != due

    def _lane(self, name: str, now: float) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(self._rate(name), now)
            self._turns.append(lane)
        return lane
