"""What a notebook shows: text as text, and of an error's lines only the caller's."""

from __future__ import annotations

import html
import re

import attrs
import pytest

from omnirun import Client, NotFound, Outcome, Phase, Run, Verdict
from omnirun.attempts import Attempt
from omnirun.datafold import Monitor
from omnirun.notebook import callers_lines
from omnirun.refs import Ref
from omnirun.run import Cost

REF = Ref.parse("datafold:monitors/42/runs/7")
EVIL = "<script>alert('1')</script>&"
GONE = NotFound("no such <b>run</b>", status=404)


def text(markup):
    return html.unescape(re.sub(r"<[^>]+>", " ", markup)).split()


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (Run(REF), "… {} state ? (unknown)"),
        (Run(REF, phase=Phase.RUNNING, state="checking"), "… {} state checking (running)"),
        (
            Run(REF, None, Phase.FINISHED, Outcome.SUCCESS, Verdict.ALERT, partial=True, state="alert"),
            "⚠ {} state alert (finished) outcome success (partial) verdict alert",
        ),
        (
            Run(
                REF,
                None,
                Phase.FINISHED,
                Outcome.FAILURE,
                state="error",
                cost=Cost(0.25, "USD"),
                error="no table",
                warnings=("a", "b"),
            ),
            "✗ {} state error (finished) outcome failure cost 0.25 USD error no table warnings a; b",
        ),
    ],
    ids=["bare", "running", "alert", "failure"],
)
def test_a_run_shows_what_is_known_of_it(run, expected):
    assert expected.format(REF).split() == text(run._repr_html_())


def test_times_and_durations_are_shown():
    run = Run.from_json(
        attrs.evolve(Run(REF, Monitor(42)), state="ok", phase=Phase.FINISHED, outcome=Outcome.SUCCESS)
        .to_json()
        .replace('"started_at": null', '"started_at": "2026-01-02T03:04:05+00:00"')
        .replace('"finished_at": null', '"finished_at": "2026-01-02T03:04:11.5+00:00"', 1)
    )
    assert "started 2026-01-02 03:04:05 UTC duration 6.5 s" in " ".join(text(run._repr_html_()))


@pytest.mark.parametrize(
    ("attempt", "shown", "written"),
    [
        (Attempt(Monitor(42)), "… datafold:monitors/42", "<Attempt datafold:monitors/42: None>"),
        (
            Attempt(Monitor(42), REF, Run(REF)),
            f"… {REF} state ? (unknown)",
            f"<Attempt datafold:monitors/42: <Run {REF} ? unknown>>",
        ),
        (Attempt(None, REF, error=GONE), f"✗ NotFound what {GONE}", f"<Attempt {REF}: {GONE!r}>"),
    ],
    ids=["nothing", "run", "error"],
)
def test_an_attempt_shows_what_became_of_it(attempt, shown, written):
    assert (text(attempt._repr_html_()), repr(attempt)) == (shown.split(), written)


@pytest.mark.parametrize("value", [Run(REF, state=EVIL, error=EVIL), Attempt(error=ValueError(EVIL))])
def test_what_a_provider_said_is_text(value):
    assert "<script>" not in value._repr_html_()
    assert html.escape(EVIL) in value._repr_html_()


def test_an_error_shows_its_callers_lines_and_its_message():
    with Client(environ={}) as client, pytest.raises(Exception, match="no key") as caught:
        client.get(REF)
    shown = "\n".join(callers_lines(caught.value))
    assert caught.value._render_traceback_() == shown.splitlines()
    assert "client.get(REF)" in shown
    assert "engine.py" not in shown
    assert shown.endswith(str(caught.value))


def test_pages_say_where_they_are_and_read_nothing():
    with Client(environ={"DATAFOLD_API_KEY": "k"}) as client:
        assert repr(client.history(Monitor(42))) == "<Pages goes on at cursor '1'>"
