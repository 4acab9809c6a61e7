"""What is drawn and said while runs are waited for."""

import io
import json
import re
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from omnirun import Attempt, NotFound, Outcome, Phase, PollError, Ref, Run, Verdict
from omnirun.cli import following, live
from omnirun.cli.following import Terms
from omnirun.cli.output import Format, Output
from omnirun.cli.told import Ending

REFS = [Ref.parse(f"datafold:monitors/42/runs/{number}") for number in range(1, 31)]


def run(ref, state="checking", **rest):
    began = datetime.now(UTC) - timedelta(seconds=75)
    return Run(ref, phase=Phase.RUNNING, state=state, started_at=began, **rest)


def ended(ref, outcome=Outcome.SUCCESS, verdict=Verdict.PASS):
    end = datetime.now(UTC)
    return Run(
        ref,
        None,
        Phase.FINISHED,
        outcome,
        verdict,
        state="ok",
        started_at=end - timedelta(seconds=5),
        finished_at=end,
    )


@pytest.fixture
def watched(monkeypatch):
    """Thirty runs that are watched on a terminal of 14 lines."""
    monkeypatch.setattr(live, "drawing", lambda: True)
    polls = iter([None, *[4.2] * 100])
    made = live.Watched(dict.fromkeys(REFS), lambda _: next(polls))
    made.shown()
    return made


def drawn(watched, height=14, width=90):
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(watched)
    return console.file.getvalue().splitlines()


def test_a_screen_shows_what_fits_on_it_and_counts_the_rest(watched):
    watched.see(run(REFS[0]))
    lines = drawn(watched)
    assert lines[0].split()[1:] == ["datafold:monitors/42/runs/1", "checking", "1m", "15s", "asking"]
    assert lines[1].split()[1:] == ["datafold:monitors/42/runs/2", "…", "next", "poll", "in", "4", "s"]
    assert lines[-2].strip() == "and 20 more"
    assert lines[-1].startswith("30 runs to wait for, 0 ended, ")


LONG = Ref.parse(f"firecrawl:monitors/{'0' * 36}/checks/{'1' * 36}")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (160, [str(LONG), "checking", "1m 15s", "next poll in 4 s"]),
        (80, ["firecrawl:mon…/checks/111", "checking", "1m 15s", "next poll in 4 s"]),
        (60, ["firecrawl:mon…", "checking", "1m 15s"]),
        (40, ["firecrawl…", "checking"]),
        (20, ["…", "checking"]),
    ],
)
def test_a_long_ref_gives_way_to_what_is_watched(monkeypatch, width, shown):
    monkeypatch.setattr(live, "drawing", lambda: True)
    watched = live.Watched({LONG: None}, lambda _: 4.2)
    watched.shown()
    watched.see(run(LONG))
    line = drawn(watched, width=width)[0]
    ref, *cells = re.split(r"\s{2,}", line[3:].strip())
    start, _, end = ref.partition("…")
    assert (cells, len(line.rstrip()) <= width) == (shown[1:], True)
    assert str(LONG).startswith(start)
    assert str(LONG).endswith(end)
    assert ("…" in ref) == ("…" in shown[0])


def test_ended_runs_stay_while_there_is_room(watched):
    for ref in REFS[:27]:
        watched.see(ended(ref))
    watched.see(ended(REFS[27], Outcome.FAILURE, None))
    watched.gone(REFS[28])
    watched.gone(None)
    lines = drawn(watched)
    assert [line.split()[0] for line in lines[7:9]] == ["✓", "•"]
    assert lines[8].split()[1:] == ["datafold:monitors/42/runs/28", "ok", "5.0", "s"]
    assert lines[-1].startswith("1 run to wait for, 28 ended, ")


def test_elsewhere_each_change_is_a_line(capsys):
    watched = live.Watched(dict.fromkeys(REFS[:1]), lambda _: None)
    with watched.shown():
        for seen in (run(REFS[0]), run(REFS[0]), ended(REFS[0]), ended(REFS[0])):
            watched.see(seen)
    said = [line.split("  ")[1:] for line in capsys.readouterr().err.splitlines()]
    assert said == [
        ["datafold:monitors/42/runs/1", "checking"],
        ["datafold:monitors/42/runs/1", "ok success pass (5.0 s)"],
    ]


def test_counting_is_drawn_on_a_terminal_only(monkeypatch, capsys):
    with live.counting("reading", 3) as count:
        count()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(live, "drawing", lambda: True)
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(live, "stderr", lambda: console)
    with live.counting("reading", 3) as count:
        count()
        count()
    with live.counting("reading", 1) as count:
        count()
    assert "reading (2 of 3)" in console.file.getvalue() or "reading (0 of 3)" in console.file.getvalue()


# ------------------------------------------------------------------------------------------------ into rows


def followed(monkeypatch, *attempts):
    ending = Ending()
    ending.goes_on = dict.fromkeys(attempt.ref for attempt in attempts)
    watched = live.Watched(dict.fromkeys(REFS), lambda _: None)
    output = Output(Format.JSONL, ())
    return following._Following(attempts, output, Terms(None, frozenset()), watched, ending), ending


def test_a_run_that_can_t_be_polled_goes_on_and_one_that_is_refused_does_not(monkeypatch, capsys):
    attempts = [Attempt(ref=ref) for ref in REFS[:3]]
    made, ending = followed(monkeypatch, *attempts)
    made.ended(Attempt(ref=REFS[0], run=run(REFS[0]), error=PollError(REFS[0], ValueError("gone"))))
    made.ended(Attempt(ref=REFS[1], error=NotFound("gone", status=404)))
    made.left("the wait was interrupted")
    assert list(ending.goes_on) == [REFS[0], REFS[2]]
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["ref"], row["state"]) for row in rows] == [
        (str(REFS[0]), "checking"),
        (str(REFS[1]), None),
        (str(REFS[2]), None),
    ]
    said = ["could not be polled any longer", "HTTP 404: gone", "the wait was interrupted"]
    assert [text in row["problem"] for row, text in zip(rows, said, strict=True)] == [True] * 3
    assert [code.name for code in made.codes] == ["PROVIDER", "PROVIDER"]


def test_rows_that_nobody_reads_any_more_are_let_go(monkeypatch):
    class Closed(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    made, _ = followed(monkeypatch)
    monkeypatch.setattr(sys, "stdout", Closed())
    made.close()
