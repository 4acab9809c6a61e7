"""Durations and times as people write them, and as they like to read them. All times are in UTC.

A duration is `90`, `90s`, `10m`, `1h30m`, `7d` or `2w`; a time is a duration ago (`7d`), a word (`today`), or an ISO
date, with or without a time and an offset.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)
_SPELLED = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("week", "weeks"), "w"),
    "": "s",
}


def duration(text: str) -> float:
    """Read a duration; gives seconds.

    Raises:
        ValueError: it is not one; the message says what is.
    """
    seconds, place, stripped = 0.0, 0, text.strip()
    while match := _PART.match(stripped, place):
        unit = _SPELLED.get(match[2].lower(), match[2].lower())
        if unit not in _UNITS:
            break
        seconds += float(match[1]) * _UNITS[unit]
        place = match.end()
    if not stripped or place != len(stripped):
        raise ValueError(f"{text!r} is not a duration. Write 90s, 10m, 1h30m, 7d or 2w.")
    return seconds


def moment(text: str, now: datetime) -> datetime:
    """Read a time; one without an offset is in UTC.

    Args:
        text: a duration ago, `now`, `today`, `yesterday`, or an ISO 8601 date or time.
        now: aware.

    Raises:
        ValueError: it is not one; the message says what is.
    """
    word = text.strip().lower()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if word in named:
        return named[word]
    if not word.isdigit():  # a bare number is a year to some and seconds to others
        with suppress(ValueError, OverflowError):
            return now - timedelta(seconds=duration(word))
    try:
        read = datetime.fromisoformat(text.strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is not a time. Write 7d (ago), today, 2026-11-01, 2026-11-01T09:30 or 2026-11-01T09:30+02:00."
        ) from None


_SHOWN = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_MINUTE = 60


def shown(seconds: float | None) -> str:
    """Show a duration: `0.4 s`, `12 s`, `3m 20s`, `2d 4h`; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 10:  # noqa: PLR2004 - from here on nobody reads tenths
        return f"{seconds:.1f} s"
    if round(seconds) < _MINUTE:
        return f"{round(seconds)} s"
    left, parts = round(seconds), list[str]()
    for unit, size in _SHOWN:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count}{unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0"))


def clock(at: datetime | None) -> str:
    """Show a time to the second, in UTC; nothing for None."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
