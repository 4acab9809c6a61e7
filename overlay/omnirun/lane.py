"""How fast one account is asked.

A token bucket spaces out polls and triggers; a pause holds back everything. A rate limit pauses the lane, and for a
minute afterwards its tokens come at half the rate.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnirun.scheduler import Task


class Lane:
    """An account: a token bucket, a pause, and two queues (only the metered one pays tokens)."""

    __slots__ = (
        "_burst",
        "_rate",
        "_slow_until",
        "_stamp",
        "_tokens",
        "flying",
        "free",
        "metered",
        "paused_until",
    )

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate)
        self._tokens = self._burst
        self._stamp = now
        self._slow_until = 0.0
        self.paused_until = 0.0
        self.flying = 0
        self.free: deque[Task] = deque()
        self.metered: deque[Task] = deque()

    def pause(self, seconds: float, now: float) -> None:
        """Rest, then go at half the rate for a minute."""
        self._refill(now)
        self._tokens = min(self._tokens, 1.0)
        self.paused_until = max(self.paused_until, now + seconds)
        self._slow_until = self.paused_until + 60.0

    def ready_at(self, now: float) -> float | None:
        """Tell when the next of its tasks may be sent; None if it has none."""
        for tasks in (self.free, self.metered):
            while tasks and tasks[0].done:  # cancelled ones pay nothing
                tasks.popleft()
        if self.free:
            return max(now, self.paused_until)
        if not self.metered:
            return None
        self._refill(now)
        missing = max(0.0, 1.0 - self._tokens)
        return max(self.paused_until, now + missing / self._speed(now))

    def take(self, now: float) -> Task | None:
        """Hand out the next task, if one may be sent now."""
        ready = self.ready_at(now)
        if ready is None or ready > now:
            return None
        if self.free:
            return self.free.popleft()
        self._tokens -= 1.0
        return self.metered.popleft()

    def _refill(self, now: float) -> None:
        elapsed = now - max(self._stamp, min(self.paused_until, now))
        self._tokens = min(self._burst, self._tokens + elapsed * self._speed(now))
        self._stamp = now

    def _speed(self, now: float) -> float:
        return self._rate / 2.0 if now < self._slow_until else self._rate
