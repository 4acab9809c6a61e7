"""How runs, attempts, pages and errors show in a notebook.

Rules: what a provider said is text, never markup; looking at a value sends nothing; an outcome is told by a sign and a
word, never by colour alone. An error that nobody caught shows its caller's lines and its message, not omnirun's own
lines: the message says what to do next, and `traceback.print_exc()` still shows all of them.
"""

from __future__ import annotations

import html
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from omnirun.states import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnirun.run import Run

SIGNS: Mapping[object, str] = {
    Outcome.SUCCESS: "✓",
    Outcome.FAILURE: "✗",
    Outcome.CANCELLED: "⊘",
    Outcome.SKIPPED: "↷",
    Outcome.TIMED_OUT: "⧖",
    Outcome.UNKNOWN: "?",
    Verdict.ALERT: "⚠",
}
_INNER = ("omnirun", "omnirun_raw", "IPython")  # packages whose lines are no caller's


def card(title: object, rows: Mapping[str, object]) -> str:
    """Make a small table: a title, and a row for each value that is there."""
    left = 'style="text-align:left"'
    cells = "".join(
        f"<tr><th {left}>{name}</th><td {left}>{html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
        if value not in (None, "", ())
    )
    return f"<table><caption {left}><b>{html.escape(str(title))}</b></caption>{cells}</table>"


def run_card(run: Run) -> str:
    """Show a run."""
    sign = SIGNS.get(run.verdict) or SIGNS.get(run.outcome) or "…"
    ended = " ".join(str(word) for word in (run.outcome, "(partial)" if run.partial else None) if word)
    rows = {
        "state": f"{run.state or '?'} ({run.phase})",
        "outcome": ended,
        "verdict": run.verdict,
        "started": _time(run.started_at or run.created_at),
        "duration": None if run.duration is None else f"{run.duration:.1f} s",
        "cost": run.cost,
        "error": run.error,
        "warnings": "; ".join(run.warnings),
    }
    return card(f"{sign} {run.ref}", rows)


def error_card(error: Exception) -> str:
    """Show an error."""
    return card(f"{SIGNS[Outcome.FAILURE]} {type(error).__name__}", {"what": error})


def callers_lines(error: BaseException) -> list[str]:
    """The traceback of an error without omnirun's own frames, as lines."""
    told = traceback.TracebackException.from_exception(error)
    inner = tuple(
        str(Path(sys.modules[name].__file__ or "").parent) for name in _INNER if name in sys.modules
    )
    told.stack = traceback.StackSummary.from_list(
        [frame for frame in told.stack if not frame.filename.startswith(inner)]
    )
    told.__cause__ = told.__context__ = None  # the message has the cause
    return "".join(told.format()).splitlines()


def _time(value: object) -> str | None:
    return None if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"
