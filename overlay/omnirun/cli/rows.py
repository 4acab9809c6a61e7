"""What is shown of a run: a row of cells for people, a record for programs.

The record is `Run.to_dict()` and one field more, `problem`: what kept the command from bringing the run to its end
(the run's own `error` is something else). What could not be started is a record too, with nothing but its target and
its problem; so every target has its line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from omnirun.cli.times import clock, shown
from omnirun.cli.words import said_of
from omnirun.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from omnirun.attempts import Attempt
    from omnirun.refs import TargetInfo

STYLES = {
    "success": "green",
    "pass": "green",
    "alert": "yellow",
    "failure": "red",
    "timed_out": "red",
    "skipped": "dim",
    "cancelled": "dim",
    "running": "cyan",
    "queued": "cyan",
    "unknown": "magenta",
    "ok": "green",
    "warning": "yellow",
    "problem": "red",
}
RUN_COLUMNS = ("run", "state", "outcome", "verdict", "when (UTC)", "took", "note")
TARGET_COLUMNS = ("target", "enabled", "name")


class Row(NamedTuple):
    """A line of the output: its record, and its cells by column."""

    record: Mapping[str, Any]
    cells: Mapping[str, str]


def run_row(run: Run, problem: str | None = None) -> Row:
    """Show a run."""
    cells = {
        "run": str(run.ref),
        "state": run.state or str(run.phase),
        "outcome": str(run.outcome or run.phase),
        "verdict": str(run.verdict or ""),
        "when (UTC)": clock(run.started_at or run.created_at),
        "took": shown(run.duration),
        "note": _short(problem, run.ref) or note(run),
    }
    return Row({**run.to_dict(), "problem": problem}, cells)


def attempt_row(attempt: Attempt) -> Row:
    """Show one of many: its run as last seen, or what is known without one."""
    problem = None if attempt.error is None else said_of(attempt.error)
    if attempt.run is not None:
        return run_row(attempt.run, problem)
    named = {
        "target": None if attempt.target is None else str(attempt.target),
        "ref": None if attempt.ref is None else str(attempt.ref),
    }
    name = named["ref"] or named["target"] or ""
    empty = dict.fromkeys(field.name for field in attrs.fields(Run))
    record = {**empty, "cost_unit": None, "duration": None, **named, "problem": problem}
    return Row(record, {"run": name, "note": _short(problem, name)})


def target_row(info: TargetInfo) -> Row:
    """Show what can be run."""
    said = (info.raw.get(key) for key in ("enabled", "active"))
    enabled = next(("yes" if word else "no" for word in said if isinstance(word, bool)), "")
    record = {"target": str(info.target), "name": info.name, "raw": dict(info.raw)}
    return Row(record, {"target": str(info.target), "name": info.name, "enabled": enabled})


def _short(problem: str | None, of: object) -> str:
    """Leave out what the row begins with."""
    return "" if problem is None else problem.removeprefix(f"{of}: ")


def note(run: Run) -> str:
    """What else there is to say of a run: why it failed, its warnings, what it cost."""
    said = [run.error] if run.error else []
    said += [f"warning: {warning}" for warning in run.warnings]
    said += ["in part"] if run.partial else []
    said += [] if run.cost is None else [str(run.cost)]
    return "; ".join(said)


def age(run: Run, now: datetime) -> float | None:
    """Seconds since a run began."""
    began = run.started_at or run.created_at
    return None if began is None else max(0.0, (now - began).total_seconds())
