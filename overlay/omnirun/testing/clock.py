"""Time that a test has in its hands: it runs fast, and it jumps when told.

The sandbox and every client of a test share one clock, so that runs, polls and deadlines keep their proportions: at the
usual speed of 25, a run of a minute and the polls in it take 2.4 s. Much faster is not better: what the machine itself
takes for a request is then a long time by this clock.
"""

from __future__ import annotations

from omnirun.clock import Clock


class KitClock(Clock):
    """A clock that runs `speed` times as fast as the wall's, and can be moved on.

    Args:
        speed: how many of its seconds pass in one of the wall's.
    """

    __slots__ = ("_ahead",)

    def __init__(self, speed: float = 25.0) -> None:
        super().__init__(_positive(speed))
        self._ahead = 0.0

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        return super().now() + self._ahead

    def run_at(self, speed: float) -> None:
        """Run at another speed from now on; who sleeps goes on sleeping at the old one."""
        now, self.speed = self.now(), _positive(speed)
        self._ahead += now - self.now()

    def advance(self, seconds: float) -> None:
        """Let time jump ahead; who sleeps goes on sleeping until its own end.

        Args:
            seconds: how far; time never runs backwards.

        Raises:
            ValueError: it is below 0.
        """
        if seconds < 0:
            raise ValueError(f"time runs forwards only, so {seconds!r} is no way to go.")
        self._ahead += seconds


def _positive(speed: float) -> float:
    if not speed > 0:
        raise ValueError(f"a clock runs at a speed above 0, not {speed!r}.")
    return speed
