"""Rows in every form: what is odd in them, and where they go."""

import json
import re
import sys

import pytest

from omnirun import Attempt, Cost, Outcome, Phase, Ref, Run, datafold
from omnirun.cli import output
from omnirun.cli.output import Format, Output
from omnirun.cli.rows import RUN_COLUMNS, Row, attempt_row, run_row, target_row
from omnirun.refs import TargetInfo

RUN = Run(
    Ref.parse("datafold:monitors/42/runs/1"),
    datafold.Monitor(42),
    Phase.FINISHED,
    Outcome.SUCCESS,
    partial=True,
    state="ok\x1b[2J",
    warnings=("little\nhistory",),
    cost=Cost(3, "credits"),
    raw={"odd": float("nan"), "list": [float("inf"), 1.5], "deep": {"\u202e": -float("inf")}},
)


def written(form, rows, capsys, **options):
    made = Output(form, RUN_COLUMNS, **options)
    for place, row in enumerate(rows):
        made.add(row, -place)
    made.close()
    return capsys.readouterr().out


def test_json_is_json_whatever_a_provider_sent(capsys):
    (row,) = json.loads(written(Format.JSON, [run_row(RUN)], capsys), parse_constant=pytest.fail)
    assert row["raw"] == {"odd": None, "list": [None, 1.5], "deep": {"\u202e": None}}
    text = written(Format.JSONL, [run_row(RUN)], capsys)
    assert (json.loads(text)["cost"], text.isascii()) == (3, True)


def test_csv_has_its_lists_as_json_and_no_control_characters(capsys):
    head, row = written(Format.CSV, [run_row(RUN)], capsys).splitlines()
    assert head.split(",")[:3] == ["ref", "target", "phase"]
    assert r"ok\x1b[2J" in row
    assert '"[""little\\nhistory""]"' in row


def test_a_table_is_in_order_and_spells_out_what_is_unfit(capsys):
    rows = [run_row(RUN, "it goes on"), run_row(RUN), attempt_row(Attempt(error=ValueError("nobody knows")))]
    _, *lines = written(Format.TABLE, rows, capsys).splitlines()
    assert [line.split("  ")[-1].strip() for line in lines] == [
        "nobody knows",
        "warning: little history; in part; 3 credits",
        "it goes on",
    ]
    assert r"ok\x1b[2J" in lines[1]
    assert written(Format.TABLE, [], capsys) == ""


def test_quiet_prints_the_key_of_those_that_have_one(capsys):
    rows = [run_row(RUN), attempt_row(Attempt(datafold.Monitor(7), error=ValueError()))]
    assert written(Format.JSON, rows, capsys, quiet=True) == "datafold:monitors/42/runs/1\n"


@pytest.mark.parametrize(
    ("raw", "enabled"),
    [({"enabled": True}, "yes"), ({"active": False}, "no"), ({"enabled": 1}, ""), ({}, "")],
)
def test_a_target_says_whether_it_is_on_where_its_provider_does(raw, enabled):
    row = target_row(TargetInfo(datafold.Monitor(42), "Orders", raw))
    assert row.cells == {"target": "datafold:monitors/42", "name": "Orders", "enabled": enabled}


class Screen:
    """A stdout that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def screened(monkeypatch):
    """Put one in the place of stdout; pytest would take a fixture's away again."""
    made = Screen()
    monkeypatch.setattr(sys, "stdout", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LINES", "20")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return made


@pytest.mark.parametrize(("columns", "lines"), [("100", 3), ("70", 4), ("30", 2)])
def test_a_table_fits_the_screen_or_becomes_blocks(monkeypatch, columns, lines):
    screen = screened(monkeypatch)
    monkeypatch.setenv("COLUMNS", columns)
    rows = [
        Row({}, {"run": "datafold:monitors/42/runs/1", "note": "a note of some length, folded if need be"})
    ]
    made = Output(Format.TABLE, ("run", "state", "note"))
    made.add(rows[0])
    if columns == "30":
        made.add(Row({}, {"run": "datafold:monitors/42/runs/2"}))
    made.close()
    text = re.sub(r"\x1b\[[0-9;]*m", "", screen.text)  # without colour there still is bold
    assert "datafold:monitors/42/runs/1" in text.replace("\n", "")
    assert max(len(line.rstrip()) for line in text.splitlines()) <= int(columns)
    if columns == "30":
        assert "datafold:monitors/42/runs/2" in screen.text.splitlines()[-1]


def test_rows_wait_where_they_would_run_into_a_display(monkeypatch):
    screen = screened(monkeypatch)
    monkeypatch.setattr(output, "on_display", lambda: True)
    made = Output(Format.JSONL, RUN_COLUMNS)
    made.add(run_row(RUN))
    assert screen.text == ""
    made.close()
    assert json.loads(screen.text)["ref"] == str(RUN.ref)


def test_items_wait_too(capsys):
    output.write_items([{"id": 1}, {"id": 2}], Format.JSONL)
    assert capsys.readouterr().out == '{"id": 1}\n{"id": 2}\n'
