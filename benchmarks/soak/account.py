"""What is settled at the end: each run that the server accepted against what its trigger was given."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from benchmarks.soak.targets import PREFIXES, READ_TIMEOUT, SHARED, TARGETS, target
from omnirun import AmbiguousTrigger, Origin, PollError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.soak.callers import Ours
    from omnirun import Run


def account(accepted: Sequence[dict[str, Any]], clients: Sequence[Ours]) -> dict[str, int]:
    """Settle what the server accepted against what the callers were given."""
    owners = collections.defaultdict[str, list[str]](list)  # the id of a trigger -> the runs accepted for it
    begun = {item["run_id"]: item["at"] for item in accepted}
    for item in accepted:
        owners[item["caller"].partition("/")[2]].append(item["run_id"])
    count = collections.Counter[str](
        {
            "triggers": 0,
            "triggered": 0,
            "adopted": 0,
            "ambiguous": 0,
            "refused": 0,
            "paid twice": 0,
            "lost": 0,
        }
    )
    count["accepted by the server"] = sum(not item["caller"].startswith("stranger") for item in accepted)
    count["accepted from strangers"] = len(accepted) - count["accepted by the server"]
    count["someone else's"] = count["can't be told"] = count["after the last look"] = 0
    count["polls given up"] = count["not ended"] = 0
    for ours in clients:
        count["triggers"] += len(ours.given)
        for trigger in {*ours.runs, *ours.errors}:
            paid, run, error = owners.get(trigger, []), ours.runs.get(trigger), ours.errors.get(trigger)
            count["paid twice"] += len(paid) > 1
            named = [] if run is None else [run.ref]
            if run is not None:
                count[str(run.origin)] += 1
                others = (
                    "can't be told" if _shared(run) and run.origin is Origin.ADOPTED else "someone else's"
                )
                count[others] += _id(run.ref) not in paid
            elif isinstance(error, AmbiguousTrigger):
                count["ambiguous"] += 1
                named = list(error.candidates)
            else:
                count["refused"] += 1
            for run_id in {*paid} - {_id(ref) for ref in named}:
                late = isinstance(error, AmbiguousTrigger) and begun[run_id] - ours.ahead > _findable(
                    error, ours
                )
                count["after the last look" if late else "lost"] += 1
        told = {attempt.ref for attempt in ours.given if attempt.ref}
        count["lost"] += len({run.ref for run in ours.runs.values()} - told)
        for one in ours.ended:
            if isinstance(
                one.error, PollError
            ):  # the policy's end of a wait; the run can be waited for again
                count["polls given up"] += 1
            else:
                count["not ended"] += one.error is not None or not one.unwrap().finished
    heard_of = {trigger for ours in clients for trigger in (*ours.runs, *ours.errors)}
    count["lost"] += sum(len(paid) for trigger, paid in owners.items() if trigger and trigger not in heard_of)
    return dict(count)


def open_ends(clients: Sequence[Ours]) -> dict[str, int]:
    """Why waits ended before their runs, by the name of the error."""
    errors = (one.error for ours in clients for one in ours.ended if one.error is not None)
    return dict(collections.Counter(type(error).__name__ for error in errors))


def _findable(error: AmbiguousTrigger, ours: Ours) -> float:
    """Until when a run has to begin to be found by the last look, a lagging replica allowed for."""
    return error.sent_at.timestamp() + READ_TIMEOUT * ours.clock.speed + 15


def _shared(run: Run) -> bool:
    """Whether somebody else triggers its target at the same time."""
    return run.target in {
        target(provider, n) for provider in PREFIXES for n in range(SHARED, TARGETS + 1, SHARED)
    }


def _id(ref: object) -> str:
    return str(ref).rpartition("/")[2]
