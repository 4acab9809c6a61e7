"""When to ask again.

Two policies that are never mixed: *polling* (the run is not finished yet: the gap grows with the run's age) and
*retrying* (the poll itself failed: full jitter). Both are pure: numbers in, seconds out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from omnirun.clock import http_date

if TYPE_CHECKING:
    from omnirun_raw.http import Response

Random = Callable[[], float]  # in [0, 1)


@attrs.frozen
class WaitPolicy:
    """The numbers of waiting, in seconds; replace what you need with `attrs.evolve` or the constructor.

    Attributes:
        first: the gap before the second poll.
        step: what each further poll adds.
        cap: the longest gap.
        slow_cap: the longest gap for runs older than `slow_after`.
        jitter: each gap varies by this share of it, up or down.
        retry_first: the longest pause after a first failed poll; it doubles with each.
        retry_cap: the longest pause after failed polls.
        give_up_after: failing polls end the wait after this long ...
        give_up_failures: ... and this many failures in a row.
        not_found_grace: how long after its trigger a run may be unknown to the provider (replica lag).
        unknown_after: how long a run may stay in a state omnirun does not know.
        retry_after_cap: the longest pause a provider can ask for.
        shared: the longest gaps shrink to this share of them where one poll shows ten runs or more.
    """

    first: float = 2.0
    step: float = 1.0
    cap: float = 30.0
    slow_cap: float = 60.0
    slow_after: float = 3600.0
    jitter: float = 0.1
    retry_first: float = 0.5
    retry_cap: float = 30.0
    give_up_after: float = 600.0
    give_up_failures: int = 5
    not_found_grace: float = 10.0
    unknown_after: float = 600.0
    retry_after_cap: float = 300.0
    shared: float = 0.6

    def gap(self, age: float, polls: int, random: Random, *, shared: bool = False) -> float:
        """Tell how long to pause before the next poll.

        A gap that grows by a step with each poll makes about the square root of twice the age times the step; so a wait
        that resumes at that age goes on where an unbroken one would be.

        Args:
            age: seconds since the youngest run was created.
            polls: how often it was polled in this wait.
            random: in [0, 1).
            shared: one poll shows many runs, so it may come more often.
        """
        cap = (self.slow_cap if age > self.slow_after else self.cap) * (self.shared if shared else 1.0)
        seeded = math.sqrt(2.0 * max(0.0, age) * self.step)
        return min(cap, max(self.first + self.step * polls, seeded)) * self._jittered(random)

    def longest_gap(self, random: Random) -> float:
        """Tell the gap for a run in a state omnirun does not know."""
        return self.cap * self._jittered(random)

    def backoff(self, failures: int, random: Random) -> float:
        """Tell how long to pause after so many failures in a row: full jitter, at least `retry_first`."""
        longest = min(self.retry_cap, self.retry_first * 2.0 ** min(failures, 32))
        return self.retry_first + (longest - self.retry_first) * random()

    def gives_up(self, failures: int, failing_for: float) -> bool:
        """Tell whether failing polls end the wait."""
        return failures >= self.give_up_failures and failing_for >= self.give_up_after

    def _jittered(self, random: Random) -> float:
        return 1.0 + self.jitter * (2.0 * random() - 1.0)


_PROSE = re.compile(
    rb"retry[\s_-]*after\s*:?\s*(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)?\b",
    re.IGNORECASE,
)
_UNITS = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
}
_PROSE_WITHIN = 4096


def retry_after(response: Response, now: float) -> float | None:
    """Read how many seconds a reply asks to wait.

    From `retry-after-ms`, `retry-after` (seconds or an HTTP date), or the body's prose ("retry after 12s"). A date is
    one of the provider's clock, so it counts from the reply's own `Date`.

    Args:
        response: the reply.
        now: seconds UTC, for a date in a reply without one.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = response.headers.get(name)
        if value is None:
            continue
        sent = http_date(response.headers.get("date"))
        seconds = _header_seconds(value, unit, now if sent is None else sent.timestamp())
        if seconds is not None:
            return seconds
    if response.status in (429, 503) and (found := _PROSE.search(response.content[:_PROSE_WITHIN])):
        return float(found[1]) * _UNITS.get((found[2] or b"").decode().lower(), 1.0)
    return None


def _header_seconds(value: str, unit: float, now: float) -> float | None:
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value):
        return float(value) * unit
    date = http_date(value)
    return None if date is None else max(0.0, date.timestamp() - now)
