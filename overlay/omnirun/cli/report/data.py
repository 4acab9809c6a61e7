"""Runs as the page reads them: columns, not records, so that ten thousand runs stay a small page.

What a run *is* on the page is one word of `KINDS`: its verdict where it has one, else its outcome, else its phase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from omnirun.cli.rows import note
from omnirun.states import Outcome, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from omnirun.run import Run

KINDS = (
    "pass",
    "success",
    "alert",
    "failure",
    "timed_out",
    "cancelled",
    "skipped",
    "running",
    "unknown",
)


class Read(NamedTuple):
    """What was read of one target; `problem` says why it is not all there is."""

    target: str
    runs: Sequence[Run]
    problem: str | None = None


class Page(NamedTuple):
    """What a page shows: when it was made, for which time, and what was read."""

    made_at: datetime
    since: datetime | None
    until: datetime | None
    read: Sequence[Read]


def kind(run: Run) -> str:
    """Tell what a run is on the page."""
    if run.outcome is Outcome.SUCCESS and run.verdict is not None:
        return str(run.verdict)
    if run.outcome is not None:
        return str(run.outcome)
    return "unknown" if run.phase is Phase.UNKNOWN else "running"


def columns(page: Page) -> dict[str, Any]:
    """Lay a page's runs out in columns; repeated texts stand in lists of their own."""
    runs = [(place, run) for place, read in enumerate(page.read) for run in read.runs]
    states, notes = _Texts(), _Texts()
    return {
        "made_at": _ms(page.made_at),
        "since": _ms(page.since),
        "until": _ms(page.until),
        "targets": [read.target for read in page.read],
        "problems": [read.problem for read in page.read],
        "kinds": list(KINDS),
        "ref": [str(run.ref) for _, run in runs],
        "target": [place for place, _ in runs],
        "kind": [KINDS.index(kind(run)) for _, run in runs],
        "state": [states.place(run.state or str(run.phase)) for _, run in runs],
        "at": [_ms(run.started_at or run.created_at) for _, run in runs],
        "took": [None if run.duration is None else round(run.duration, 3) for _, run in runs],
        "note": [notes.place(note(run)) for _, run in runs],
        "states": states.known,
        "notes": notes.known,
    }


class _Texts:
    """Texts, each once."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._places: dict[str, int] = {text: place for place, text in enumerate(known)}

    def place(self, text: str) -> int:
        """Tell where a text stands."""
        return self._places.setdefault(text, len(self._places))

    @property
    def known(self) -> list[str]:
        """All texts, in their order."""
        return list(self._places)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
