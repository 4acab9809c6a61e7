"""Time, as everything here sees it: seconds UTC that never run backwards.

Rule: only drivers hold a clock; flows are told the time. One scale serves both deadlines (which must not jump) and
ages (which compare with the providers' timestamps): the wall clock is read once, a monotonic one carries it on.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any


class Clock:
    """Seconds since the epoch, monotonic; `speed` makes it run faster than the wall (for soak tests)."""

    __slots__ = ("_monotonic", "_started", "speed")

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._started = time.time()
        self._monotonic = time.monotonic()

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        return self._started + (time.monotonic() - self._monotonic) * self.speed

    def real(self, seconds: float) -> float:
        """Tell how many seconds of the wall a span of this clock takes; never negative."""
        return max(0.0, seconds) / self.speed


def moment(seconds: float) -> datetime:
    """Turn seconds since the epoch into an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def http_date(value: str | None) -> datetime | None:
    """Read the date of an HTTP header; None if it is absent or none."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - a tenth of the time of `from omnirun import Client`

    try:
        read = None if value is None else parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return read if read is None or read.tzinfo is not None else read.replace(tzinfo=UTC)


def instant(value: Any) -> datetime | None:
    """Read a provider's timestamp: ISO 8601, or seconds or milliseconds since the epoch; anything else is None.

    A time without an offset is taken for UTC.
    """
    if value is None:
        return None
    if isinstance(value, str):
        try:
            read = _from_iso(value)
            return read if read.tzinfo is UTC else _in_utc(read)
        except (ValueError, OverflowError):  # the latter from an offset at the very first or last day
            return None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _epoch(value) if number else None


_from_iso = datetime.fromisoformat


def _in_utc(read: datetime) -> datetime:
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _epoch(value: float) -> datetime | None:
    milliseconds_from = 1e11  # as seconds this is the year 5138
    try:
        return datetime.fromtimestamp(value / 1000 if value >= milliseconds_from else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
