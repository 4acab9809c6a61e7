"""The numbers of waiting: gaps, backoff, giving up, and what a reply asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun.policy import WaitPolicy, retry_after
from omnirun_raw.http import Response
from tests.overlay.virtual import reply

POLICY = WaitPolicy()
NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()

SHARES = st.floats(0, 1, exclude_max=True)
AGES = st.floats(0, 1e9)


def middle():
    return 0.5


def test_gaps_of_a_fresh_run_grow_by_a_second_to_the_cap() -> None:
    """2, 3, 4 ... 30, 30: the age that this very polling makes never outruns the count."""
    age, gaps = 0.0, []
    for polls in range(40):
        gaps.append(POLICY.gap(age, polls, middle))
        age += gaps[-1]

    assert [min(float(n), 30.0) for n in range(2, 42)] == gaps


@pytest.mark.parametrize(
    ("age", "polls", "expected"),
    [
        (-60.0, 0, 2.0),
        (0.0, 0, 2.0),
        (0.4, 0, 2.0),
        (1.0, 0, 2.0),
        (2.0, 0, 2.0),
        (50.0, 0, 10.0),
        (200.0, 0, 20.0),
        (449.0, 0, 29.967),
        (450.0, 0, 30.0),
        (3600.0, 0, 30.0),
        (3600.0, 1000, 30.0),
        (3600.1, 0, 60.0),
        (1e9, 1000, 60.0),
    ],
)
def test_gap_is_seeded_by_age(age, polls, expected) -> None:
    assert expected == pytest.approx(POLICY.gap(age, polls, middle), abs=0.001)


@pytest.mark.parametrize(("first", "step"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0), (3.0, 3.0)])
def test_a_wait_that_resumes_goes_on_where_an_unbroken_one_would_be(first, step) -> None:
    """Whatever the numbers: the age alone gives the gap that the count of polls had come to, but for a step or so."""
    policy = WaitPolicy(first=first, step=step, cap=1e6, slow_cap=1e6)
    age = 0.0
    for polls in range(200):
        gap = policy.gap(age, polls, middle)
        assert policy.gap(age, 0, middle) == pytest.approx(gap, abs=first + step)
        age += gap


@given(AGES, st.integers(0, 10_000), SHARES)
def test_gap_is_bounded(age, polls, share) -> None:
    plain = POLICY.gap(age, polls, middle)

    assert 1.0 <= plain <= (60.0 if age > POLICY.slow_after else 30.0)
    assert 0.9 * plain <= POLICY.gap(age, polls, lambda: share) <= 1.1 * plain


@given(AGES, AGES, st.integers(0, 100), st.integers(0, 100))
def test_gap_never_shrinks_with_age_or_polls(age, older, polls, more) -> None:
    assert POLICY.gap(age, polls, middle) <= POLICY.gap(age + older, polls + more, middle)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_jitter_is_a_tenth(share, expected) -> None:
    assert 2 * expected == pytest.approx(POLICY.gap(0, 0, lambda: share))
    assert 30 * expected == pytest.approx(POLICY.longest_gap(lambda: share))


def test_gap_of_a_policy_of_ones_own() -> None:
    own = WaitPolicy(first=0.0, step=0.5, cap=2.0, jitter=0.0)

    assert [0.0, 0.5, 1.0, 1.5, 2.0, 2.0] == [own.gap(0, polls, middle) for polls in range(6)]


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0), (100, 30.0), (10**6, 30.0)]
)
def test_backoff_is_full_jitter_between_half_a_second_and_its_bound(failures, longest) -> None:
    assert [0.5, (0.5 + longest) / 2, longest] == [
        POLICY.backoff(failures, lambda share=share: share) for share in (0.0, 0.5, 1.0)
    ]


@pytest.mark.parametrize(
    ("failures", "seconds", "expected"),
    [(4, 10_000.0, False), (5, 599.0, False), (5, 600.0, True), (100, 10.0, False), (6, 601.0, True)],
)
def test_gives_up_after_failures_and_time(failures, seconds, expected) -> None:
    assert expected is POLICY.gives_up(failures, seconds)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "999999999"}, 999_999_999.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        (
            {"retry-after": "Thu, 01 Jan 2026 02:00:30 GMT", "date": "Thu, 01 Jan 2026 02:00:00 GMT"},
            30.0,
        ),  # their clock is ahead
        ({"retry-after": "Thu, 01 Jan 2026 01:00:30 +0100"}, 30.0),
        ({"retry-after": "Wed, 31 Dec 2025 23:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "junk", "retry-after": "9"}, 9.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9999999999"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 99 Foo 2026 99:99:99 GMT"}, None),
    ],
)
def test_retry_after_header(headers, expected) -> None:
    assert expected == retry_after(Response(503, headers, b""), NOW)


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("Rate limit exceeded, please retry after 12s, resets at 12:00", 12.0),
        ("Retry After: 12", 12.0),
        ("retry_after: 12 seconds", 12.0),
        ("retry-after 1 second", 1.0),
        ("retry after 1.5 sec", 1.5),
        ("retry after 1500ms", 1.5),
        ("retry after 2 minutes", 120.0),
        ("retry after 2m", 120.0),
        ("retry after 250 milliseconds", 0.25),
        ("retry after 3 mins", 180.0),
        ("retry after 1 hour", 3600.0),
        ("retry after 12 sheep", 12.0),
        ("retry after 123456s", 123_456.0),
        ("retry after 1234567s", None),
        ("retry after a while", None),
        ("retry in 12s", None),
        ("x" * 5000 + "retry after 12s", None),
        ("", None),
    ],
)
def test_retry_after_prose(prose, expected) -> None:
    assert expected == retry_after(reply(429, {"error": prose}), NOW)


@pytest.mark.parametrize(
    ("status", "expected"), [(200, None), (404, None), (500, None), (429, 12.0), (503, 12.0)]
)
def test_prose_counts_only_where_a_pause_is_asked_for(status, expected) -> None:
    assert expected == retry_after(reply(status, {"error": "retry after 12s"}), NOW)


def test_junk_header_hides_no_prose() -> None:
    assert 12.0 == retry_after(reply(429, {"error": "retry after 12s"}, retry_after="soon"), NOW)


@settings(deadline=None)
@given(st.text(), st.binary())
def test_retry_after_is_never_negative_and_never_raises(header, body) -> None:
    asked = retry_after(Response(429, {"retry-after": header}, body), NOW)

    assert asked is None or asked >= 0.0


@pytest.mark.parametrize(("age", "longest"), [(10.0, None), (500.0, 18.0), (5000.0, 36.0)])
def test_a_poll_that_shows_many_runs_comes_more_often(age, longest):
    shared = POLICY.gap(age, 0, middle, shared=True)
    assert shared == (POLICY.gap(age, 0, middle) if longest is None else pytest.approx(longest))
