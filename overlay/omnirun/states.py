"""The state tables: what each provider's word means on three axes.

A monitor that found a problem has still run successfully, so there are three: *phase* (where the run is), *outcome*
(how it ended) and *verdict* (what it found). The tables are data; a word that is in none of them is never taken for
an end unless the provider gives a completion time.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs


class Phase(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a run ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a run found."""

    PASS = "pass"  # noqa: S105 - no password
    ALERT = "alert"


@attrs.frozen
class Meaning:
    """What one word of a provider stands for; `judged` means that the run's own findings give the verdict."""

    phase: Phase
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    partial: bool = False
    judged: bool = False


States = Mapping[str, Meaning]

QUEUED = Meaning(Phase.QUEUED)
RUNNING = Meaning(Phase.RUNNING)
UNKNOWN = Meaning(Phase.UNKNOWN)
ENDED_UNKNOWN = Meaning(Phase.FINISHED, Outcome.UNKNOWN)


def ended(
    outcome: Outcome, verdict: Verdict | None = None, *, partial: bool = False, judged: bool = False
) -> Meaning:
    """Make the meaning of a final state."""
    return Meaning(Phase.FINISHED, outcome, verdict, partial, judged)


# Datafold documents none of its states; `learning` is the least certain: the model has no verdict yet.
DATAFOLD: States = {
    "created": QUEUED,
    "queued": QUEUED,
    "checking": RUNNING,
    "ok": ended(Outcome.SUCCESS, Verdict.PASS),
    "alert": ended(Outcome.SUCCESS, Verdict.ALERT),
    "error": ended(Outcome.FAILURE),
    "skipped": ended(Outcome.SKIPPED),
    "cancelled": ended(Outcome.CANCELLED),
    "learning": ended(Outcome.SUCCESS),
}

FIRECRAWL: States = {
    "queued": QUEUED,
    "running": RUNNING,
    "completed": ended(Outcome.SUCCESS, judged=True),
    "partial": ended(Outcome.SUCCESS, partial=True, judged=True),
    "failed": ended(Outcome.FAILURE),
    "skipped_overlap": ended(Outcome.SKIPPED),
    "skipped_no_credits": ended(Outcome.SKIPPED),
}

MONID: States = {
    "READY": QUEUED,
    "RUNNING": RUNNING,
    "STOPPING": RUNNING,
    "COMPLETED": ended(Outcome.SUCCESS),
    "FAILED": ended(Outcome.FAILURE),
    "BLOCKED": ended(Outcome.FAILURE),
    "STOPPED": ended(Outcome.CANCELLED),
    "TIMED_OUT": ended(Outcome.TIMED_OUT),
}


def meaning(states: States, word: str | None, *, completed: bool = False) -> Meaning:
    """Look a provider's word up; `completed` says that the provider gave a completion time."""
    known = states.get(word or "")
    if known is None or (known.phase is UNKNOWN.phase and completed):
        return ENDED_UNKNOWN if completed else UNKNOWN
    return known
