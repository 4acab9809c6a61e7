"""The runs of one provider: what was triggered, by target, and in which order.

Runs are always added at the end: the past is laid down oldest first, before the sandbox answers anybody. So the order
of adding is the order of age, and no list has to be sorted when it is read. Who looks through a lens sees no run that
is younger than it allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from omnirun.sandbox.lens import lens
from omnirun.sandbox.life import Life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from omnirun.sandbox.catalogue import Past
    from omnirun.sandbox.life import Plan

K = TypeVar("K")  # how a target is named
S = TypeVar("S")  # how a run goes


@attrs.frozen
class Run(Generic[K, S]):
    """One run: which target, by which script, since when, and whether somebody asked for it or a schedule did."""

    id: str
    target: K
    script: S
    life: Life
    trigger: str


@attrs.define
class Runs(Generic[K, S]):
    """Every run of one provider; `name` makes an id from a number that grows by one."""

    name: Callable[[int], str]
    _all: dict[str, Run[K, S]] = attrs.field(init=False, factory=dict[str, "Run[K, S]"])
    _of: dict[K, list[str]] = attrs.field(init=False, factory=dict["K", list[str]])
    _count: int = attrs.field(init=False, default=0)

    def add(self, target: K, script: S, life: Life, trigger: str = "manual") -> Run[K, S]:
        """Begin a run."""
        self._count += 1
        run = Run(self.name(self._count), target, script, life, trigger)
        self._all[run.id] = run
        self._of.setdefault(target, []).append(run.id)
        return run

    def get(self, run_id: str) -> Run[K, S] | None:
        """The run with this id."""
        run = self._all.get(run_id)
        return run if run is not None and run.life.began <= lens().until else None

    def divert(self, run: Run[K, S], now: float, plan: Plan) -> Run[K, S]:
        """From now on, let a run go by another plan."""
        run = attrs.evolve(run, life=run.life.diverted(now, plan))
        self._all[run.id] = run
        return run

    def newest(self) -> Sequence[Run[K, S]]:
        """Every run, newest first."""
        return _seen(reversed(self._all.values()))

    def newest_of(self, target: K) -> Sequence[Run[K, S]]:
        """Every run of one target, newest first."""
        return _seen(self._all[run_id] for run_id in reversed(self._of.get(target, ())))

    def forget(self, target: K, count: int) -> None:
        """Delete a target's newest runs."""
        ids = self._of.get(target, [])
        for run_id in ids[max(0, len(ids) - count) :]:
            del self._all[run_id]
        del ids[max(0, len(ids) - count) :]

    def remember(self, now: float, pasts: Iterable[tuple[K, Past[S]]], plan_of: Callable[[S], Plan]) -> None:
        """Lay down what the targets have behind them, oldest first."""
        beginnings = [
            (now - number * past.gap, target, past.scripts[number % len(past.scripts)])
            for target, past in pasts
            for number in range(1, past.count + 1)
        ]
        for began, target, script in sorted(beginnings, key=lambda beginning: beginning[0]):
            self.add(target, script, Life(began, plan_of(script)), trigger="scheduled")


def _seen(runs: Iterable[Run[K, S]]) -> Sequence[Run[K, S]]:
    until = lens().until
    return [run for run in runs if run.life.began <= until]
