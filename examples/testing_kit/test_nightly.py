"""The tests of that project: no key, no network, no bill. The fixtures come with `pip install omnirun[testing]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightly import nightly

from omnirun import monid
from omnirun.testing import Answer, Reset

if TYPE_CHECKING:
    from omnirun.testing import Kit

SCRAPER = monid.Endpoint("apify", "/apidojo/tweet-scraper")


def test_sound_data_is_scraped(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/42", "ok", polls=2)
    omnirun_sandbox.script(SCRAPER, "COMPLETED", polls=2, output=[{"text": "a"}, {"text": "b"}])
    assert nightly(42, ["AI", "data"]) == "scraped 4 items, 0 scrapers failed"
    omnirun_sandbox.assert_triggered(SCRAPER, times=2, input={"searchTerms": ["AI"]})


def test_an_alert_after_three_polls_is_the_end(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/42", "alert", polls=3)
    assert nightly(42, ["AI"]) == "not scraped: the data has changed"
    omnirun_sandbox.assert_not_triggered(SCRAPER)


def test_429_twice_then_a_failure(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/42", "error", polls=1, error="no table")
    limited = omnirun_sandbox.fault(Answer(429, retry_after=2), on="read", provider="datafold", times=2)
    assert nightly(42, ["AI"]).endswith("ended as failure (error): no table")
    assert limited.fired == 2


def test_a_scraper_that_fails_does_not_stop_the_other(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/42", "ok", polls=1)
    omnirun_sandbox.script(SCRAPER, "FAILED", polls=1, error="crashed")
    omnirun_sandbox.script(SCRAPER, "COMPLETED", polls=1, output=[{"text": "a"}])
    assert nightly(42, ["AI", "data"]) == "scraped 1 items, 1 scrapers failed"


def test_a_lost_answer_does_not_cost_a_second_run(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/7", "alert", polls=1)
    omnirun_sandbox.fault(Reset("accepted"), on="trigger")
    assert nightly(7, []) == "not scraped: the data has changed"
    omnirun_sandbox.assert_triggered("datafold:monitors/7", times=1)


def test_a_monitor_that_takes_all_night_is_left_alone(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.clock.run_at(1000.0)  # nothing is waited for but the deadline
    omnirun_sandbox.script("datafold:monitors/42", "ok", seconds=36_000)
    said = nightly(42, ["AI"])
    assert said == f"not scraped: look at {omnirun_sandbox.triggered[0].ref} in the morning"
