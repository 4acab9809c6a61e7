"""The one clock: seconds UTC that never run backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import clock


@pytest.fixture
def hands(monkeypatch):
    """The machine's two clocks, to be set by hand; only for this module, as event loops of other threads go on."""
    times = {"time": 1_000_000.0, "monotonic": 50.0}
    readers = SimpleNamespace(time=lambda: times["time"], monotonic=lambda: times["monotonic"])
    monkeypatch.setattr(clock, "time", readers)
    return times


@pytest.mark.parametrize(("speed", "expected"), [(1.0, 1_000_010.0), (60.0, 1_000_600.0)])
def test_goes_on_with_the_monotonic_clock(hands, speed, expected) -> None:
    told = clock.Clock(speed)
    hands["monotonic"] += 10.0

    assert expected == told.now()


def test_does_not_jump_with_the_wall_clock(hands) -> None:
    told = clock.Clock()
    hands["time"] -= 3600.0

    assert 1_000_000.0 == told.now()


@pytest.mark.parametrize(
    ("speed", "seconds", "expected"), [(1.0, 3.0, 3.0), (60.0, 3.0, 0.05), (1.0, -3.0, 0.0), (60.0, 0.0, 0.0)]
)
def test_real_seconds(speed, seconds, expected) -> None:
    assert expected == pytest.approx(clock.Clock(speed).real(seconds))


def test_moment_is_aware_and_utc() -> None:
    moment = clock.moment(1_767_225_600.5)

    assert datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC) == moment
    assert timedelta() == moment.utcoffset()


AT = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", AT),
        ("Wed, 21 Oct 2015 09:28:00 +0200", AT.astimezone(timezone(timedelta(hours=2)))),
        ("Wed, 21 Oct 2015 07:28:00 -0000", AT),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", AT),
        (None, None),
        ("", None),
        (" ", None),
        ("junk", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +9999", None),
        ("2015-10-21T07:28:00Z", None),
    ],
)
def test_http_date(value, expected) -> None:
    assert expected == clock.http_date(value)


@settings(deadline=None)
@given(st.text() | st.text("0123456789 :,+-GMTWedOct"))
def test_http_date_is_aware_or_nothing(value) -> None:
    read = clock.http_date(value)

    assert read is None or read.tzinfo is not None
