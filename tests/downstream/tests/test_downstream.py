"""No key, no network, no bill: the fixtures come with `omnirun[testing]`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from downstream.audit import alerts, pinned, started, titled
from downstream.gate import decide
from downstream.scrape import scrape

import omnirun
from omnirun import monid
from omnirun.testing import Answer, Reset

if TYPE_CHECKING:
    from downstream.gate import Decision

    from omnirun.testing import Kit

SCRAPER = monid.Endpoint("apify", "/apidojo/tweet-scraper")


@pytest.mark.parametrize(
    ("state", "decision", "why"),
    [
        ("ok", "open", "pass"),
        ("learning", "open", "no verdict"),
        ("alert", "closed", "datafold:monitors/42/runs/"),
        ("error", "ask a person", "no table"),
    ],
)
def test_the_gate(omnirun_sandbox: Kit, state: str, decision: Decision, why: str) -> None:
    error = "no table" if state == "error" else None
    omnirun_sandbox.script("datafold:monitors/42", state, polls=2, error=error)
    said = decide(42)
    assert said[0] == decision
    assert said[1].startswith(why)


def test_a_provider_that_is_down_is_for_a_person(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.fault(Answer(401), provider="datafold", times=None)
    assert decide(42) == ("ask a person", "AuthError")


def test_a_lost_answer_does_not_pay_twice(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/7", "ok", polls=1)
    omnirun_sandbox.fault(Reset("accepted"), on="trigger")
    assert decide(7) == ("open", "pass")
    omnirun_sandbox.assert_triggered("datafold:monitors/7", times=1)


def test_scrapers_in_a_loop(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script(SCRAPER, "COMPLETED", polls=1, output=[{"text": "a"}, {"text": "b"}])
    assert asyncio.run(scrape(["AI", "data"])) == {"AI": 2, "data": 2}


def test_the_raw_client_and_the_overlay_see_the_same(omnirun_sandbox: Kit) -> None:
    omnirun_sandbox.script("datafold:monitors/9", "alert", polls=1)
    closed, ref = decide(9)
    assert closed == "closed"
    assert int(ref.rpartition("/")[2]) in alerts(9)
    assert len(started(9)) >= 1


def test_what_a_bug_report_needs() -> None:
    said = pinned()
    assert said["omnirun"] == omnirun.__version__
    assert len(said["spec"]) == 64
    assert len(said["revision"].split("-")) == 3
    assert titled({"run_id": 2, "monitor_id": 1, "state": "queued"}) == "1/2: queued"
    assert titled({"run_id": 2, "monitor_id": 1}) == "1/2: unknown"
