"""A third driver, for tests: virtual time and a scripted server, the same scripts and the same scheduler.

`World(server)` runs scripts to their end without ever sleeping: time jumps to whatever comes next. The server is a
function from a step and the time to a response, an exception, or a pair of either and the seconds it takes.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections import deque
from typing import Any

from omnirun.engine import Engine
from omnirun.policy import WaitPolicy
from omnirun.scheduler import Reply, Step
from omnirun_raw.http import Response

KEYS = {"DATAFOLD_API_KEY": "df-key", "FIRECRAWL_API_KEY": "fc-key", "MONID_API_KEY": "mo-key"}
START = 1_800_000_000.0


def reply(status: int, body: Any = None, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


class Channel:
    def __init__(self) -> None:
        self.items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        self.items.append(item)


class World:
    """A client's engine in virtual time."""

    def __init__(
        self,
        server: Any,
        *,
        latency: float = 0.1,
        states: Any = None,
        random: Any = lambda: 0.5,
        **policy: float,
    ) -> None:
        self.time = START
        self.server = server
        self.latency = latency
        self.sent: list[tuple[float, Step]] = []
        self.most_in_flight = 0
        self._events: list[tuple[float, int, Any]] = []
        self._count = itertools.count()
        self.engine = Engine((), WaitPolicy(**policy), states or {}, KEYS, random=random)

    # ---- the driver

    def now(self) -> float:
        return self.time

    def channel(self) -> Channel:
        return Channel()

    def call(self, job: Any) -> None:
        job(self.time)
        self._pump()

    def run(self, script: Any) -> Any:
        answer: Any = None
        try:
            while True:
                wanted = script.send(answer)
                answer = self._alone(wanted) if isinstance(wanted, Step) else self._receive(wanted)
        except StopIteration as stop:
            return stop.value
        finally:
            script.close()

    # ---- time

    def at(self, seconds: float, action: Any) -> None:
        """Do something so many seconds after the start."""
        heapq.heappush(self._events, (START + seconds, next(self._count), action))

    def paths(self) -> list[str]:
        return [step.request.path for _, step in self.sent]

    def times(self) -> list[float]:
        return [round(at - START, 3) for at, _ in self.sent]

    def _alone(self, step: Step) -> Reply:
        self.time += step.delay
        sent_at = self.time
        outcome, takes = self._serve(step)
        self.time += takes
        return self._reply(sent_at, outcome)

    def _receive(self, wanted: Any) -> Any:
        while not wanted.channel.items:
            wake = self.engine.scheduler.wake(self.time)
            times = [
                t for t in (wake, self._events[0][0] if self._events else None, wanted.until) if t is not None
            ]
            assert times, "nothing will ever happen"
            self.time = max(self.time, min(times))
            if self._events and self._events[0][0] <= self.time:
                heapq.heappop(self._events)[2]()
                self._pump()
            elif wanted.until is not None and self.time >= wanted.until:
                return None
            else:
                self._pump()
        return wanted.channel.items.popleft()

    def _pump(self) -> None:
        for task in self.engine.scheduler.next(self.time):
            outcome, takes = self._serve(task.step)
            fed = self._feeding(task, self.time, outcome)
            heapq.heappush(self._events, (self.time + takes, next(self._count), fed))
        self.most_in_flight = max(self.most_in_flight, self.engine.scheduler.in_flight)

    def _feeding(self, task: Any, sent_at: float, outcome: Any) -> Any:
        return lambda: self.engine.scheduler.feed(task, self._reply(sent_at, outcome))

    def _serve(self, step: Step) -> tuple[Any, float]:
        self.sent.append((self.time, step))
        outcome = self.server(step.request, self.time - START)
        return outcome if isinstance(outcome, tuple) else (outcome, self.latency)

    def _reply(self, sent_at: float, outcome: Any) -> Reply:
        if isinstance(outcome, Exception):
            return Reply(sent_at, self.time, error=outcome)
        return Reply(sent_at, self.time, outcome)
