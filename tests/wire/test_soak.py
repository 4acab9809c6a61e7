"""`make soak`, a small one; and that its account would show what it is there to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.soak.__main__ import main
from benchmarks.soak.account import account
from benchmarks.soak.callers import Ours
from benchmarks.soak.targets import SHARED as SHARED_EVERY
from omnirun import AmbiguousTrigger, Attempt, Origin, Phase, Run, TransportError, datafold

ALONE, SHARED = datafold.Monitor(1), datafold.Monitor(SHARED_EVERY)
NOW = datetime.now(UTC)
LOST = TransportError("no answer", sent=True)


def test_a_small_soak_pays_nothing_twice_and_loses_nothing(capsys):
    assert main(["--runs", "300", "--speed", "100", "--pause", "0.01"]) == 0
    counted = {
        line.rpartition(" ")[0].strip(): float(line.split()[-1])
        for line in capsys.readouterr().out.splitlines()
    }
    assert counted["triggers"] == 300
    assert (
        min(
            counted[name]
            for name in ("triggered", "adopted", "ambiguous", "faults", "accepted from strangers")
        )
        > 0
    )


def run(number, target=ALONE, origin=Origin.TRIGGERED):
    return Run(target.run(f"{target.path}/runs/{number}"), target, Phase.FINISHED, origin=origin)


def ambiguous(*candidates, ago=0.0):
    sent_at = NOW - timedelta(seconds=ago)
    return AmbiguousTrigger(ALONE, sent_at, [run(number).ref for number in candidates], LOST)


@pytest.mark.parametrize(
    ("accepted", "came", "expected"),
    [
        ({"7": "me/T"}, run(7), {"triggered": 1}),
        ({"7": "me/T"}, run(7, origin=Origin.ADOPTED), {"adopted": 1}),
        ({"7": "me/T"}, ambiguous(7, 8), {"ambiguous": 1}),
        ({}, LOST, {"refused": 1}),
        ({"7": "me/T"}, ambiguous(8), {"ambiguous": 1, "lost": 1}),
        ({"7": "me/T"}, ambiguous(ago=60), {"ambiguous": 1, "after the last look": 1}),
        ({"7": "me/T"}, LOST, {"refused": 1, "lost": 1}),
        ({"7": "me/T", "8": "me/T"}, run(8), {"triggered": 1, "lost": 1, "paid twice": 1}),
        ({"7": "me/T", "8": "me/T"}, ambiguous(7, 8), {"ambiguous": 1, "paid twice": 1}),
        ({"7": "me/T", "8": "me/U"}, run(7), {"triggered": 1, "lost": 1}),
        ({"7": "stranger"}, run(7, origin=Origin.ADOPTED), {"adopted": 1, "someone else's": 1}),
        ({"7": "stranger"}, run(7, SHARED, Origin.ADOPTED), {"adopted": 1, "can't be told": 1}),
        ({"7": "stranger"}, run(7, SHARED), {"triggered": 1, "someone else's": 1}),
    ],
)
def test_the_account_shows_what_went_wrong(accepted, came, expected):
    ours = Ours("me")
    if isinstance(came, Run):
        ours.runs["T"] = came
        ours.given.append(Attempt(ALONE, came.ref, came))
    else:
        ours.errors["T"] = came
        ours.given.append(Attempt(ALONE, error=came))
    truth = [
        {"caller": caller, "run_id": run_id, "at": NOW.timestamp()} for run_id, caller in accepted.items()
    ]
    counted = account(truth, [ours])
    others = {"triggers", "accepted by the server", "accepted from strangers"}
    assert {name: number for name, number in counted.items() if number and name not in others} == expected
