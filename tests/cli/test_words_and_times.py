"""Durations, times and words, as people write them and as they are shown."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun.cli import times
from omnirun.cli.words import counted, did_you_mean, fit

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("1h 30 min", 5400),
        ("1.5h", 5400),
        ("7d", 604800),
        ("2W", 1209600),
        ("500ms", 0.5),
        ("0", 0),
        ("3 days", 259200),
    ],
)
def test_a_duration_as_people_write_it(text, seconds):
    assert times.duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "x", "10x", "m", "-5m", "10m!", "1h-2", "inf", "nan", "\u0661\u0660m"]
)
def test_what_is_no_duration_is_told_what_is(text):
    with pytest.raises(ValueError, match=r"is not a duration\. Write 90s, 10m, 1h30m, 7d or 2w\."):
        times.duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-21T15:30:00+00:00"),
        ("today", "2026-11-21T00:00:00+00:00"),
        ("Yesterday", "2026-11-20T00:00:00+00:00"),
        ("7d", "2026-11-14T15:30:00+00:00"),
        ("1h30m", "2026-11-21T14:00:00+00:00"),
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("20261101", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T09:30", "2026-11-01T09:30:00+00:00"),
        ("2026-11-01 09:30", "2026-11-01T09:30:00+00:00"),
        ("2026-11-01T09:30+02:00", "2026-11-01T07:30:00+00:00"),
        ("2026-11-01T09:30Z", "2026-11-01T09:30:00+00:00"),
    ],
)
def test_a_time_as_people_write_it(text, moment):
    assert times.moment(text, NOW).isoformat() == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026", "90", "2026-13-01", "999999999w", "0001-01-01T00:00+12:00"]
)
def test_what_is_no_time_is_told_what_is(text):
    with pytest.raises(ValueError, match="is not a time"):
        times.moment(text, NOW)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.44, "0.4 s"),
        (12.3, "12 s"),
        (59.7, "1m"),
        (200, "3m 20s"),
        (3600, "1h"),
        (187200, "2d 4h"),
    ],
)
def test_a_duration_is_shown_in_two_units_at_most(seconds, shown):
    assert times.shown(seconds) == shown


@settings(deadline=None)
@given(st.floats(0, 1e9))
def test_a_duration_that_is_shown_can_be_written(seconds):
    assert times.duration(times.shown(seconds)) == pytest.approx(seconds, rel=0.05, abs=0.5)


def test_a_time_is_shown_in_utc():
    assert times.clock(None) == ""
    assert times.clock(datetime.fromisoformat("2026-11-01T09:30:00.5+02:00")) == "2026-11-01 07:30:00"


@settings(deadline=None)
@given(st.text())
def test_nothing_that_controls_a_terminal_is_left_in_a_text(text):
    made = fit(text)
    assert made.isprintable() or not [
        c for c in made if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028"
    ]
    assert fit(made) == made


def test_what_is_unfit_is_spelled_out_and_a_line_stays_one():
    assert fit("a\x1b[2J\nb\u202ec\x9b1m") == r"a\x1b[2J b\u202ec\x9b1m"


@pytest.mark.parametrize(
    ("word", "suggested"),
    [("datfold", " Did you mean datafold?"), ("ALRT", " Did you mean alert?"), ("xyz", "")],
)
def test_a_typo_is_told_what_is_near(word, suggested):
    assert did_you_mean(word, ["datafold", "firecrawl", "monid", "alert"]) == suggested


def test_things_are_counted():
    assert [counted(1, "run"), counted(2, "run"), counted(10_000, "run")] == [
        "1 run",
        "2 runs",
        "10,000 runs",
    ]
