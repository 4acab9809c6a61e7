"""Measuring in turns: every round measures each subject once, and a ratio is taken within a round.

Rule: what disturbs the machine disturbs neighbours alike, so the median of the rounds' ratios is the result and their
quartiles are its spread; the order changes from round to round.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Once = Callable[[], float]
"""Does a piece of work once; gives what it took (seconds, or whatever is compared)."""


@attrs.frozen
class Figure:
    """The median of the rounds with their lower and upper quartiles; all the same where it is counted."""

    value: float
    low: float
    high: float


@attrs.frozen
class Row:
    """One result: a subject compared with a baseline.

    Attributes:
        case: what was done.
        subject: by what.
        baseline: compared with what.
        figure: the ratio of the two, or the figure itself where it is no ratio.
        goal: what the value should be at most (or at least, see `more`); None where it is for orientation.
        more: more is better.
        unit: what the value is counted in; empty for a ratio.
        steady: `make bench-check` compares it with what was recorded.
        note: what the reader should know.
    """

    case: str
    subject: str
    baseline: str
    figure: Figure
    goal: float | None = None
    more: bool = False
    unit: str = ""
    steady: bool = True
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        value = self.figure.value
        return self.goal is None or (value >= self.goal if self.more else value <= self.goal)


def timed(work: Callable[[], object]) -> Once:
    """Make a measurement of the time something takes, with the garbage of others gone before."""

    def once() -> float:
        gc.collect()
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return once


def interleaved(subjects: Mapping[str, Once], rounds: int) -> dict[str, list[float]]:
    """Measure each subject once per round, in turns; one round before is not counted."""
    names = list(subjects)
    found: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        subjects[name]()
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(subjects[name]())
    return found


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> Figure:
    """Give the median of the rounds' ratios and their quartiles."""
    return spread([one / other for one, other in zip(numerators, denominators, strict=True)])


def spread(values: Sequence[float]) -> Figure:
    """Give the median of some values and their quartiles."""
    if len(values) == 1:
        return exactly(values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Figure(median(values), low, high)


def least(values: Sequence[float]) -> Figure:
    """Give the least of some times that are no ratios, and their spread: what disturbs a run only adds to it."""
    return attrs.evolve(spread(values), value=min(values))


def exactly(value: float) -> Figure:
    """Give what was counted rather than measured."""
    return Figure(value, value, value)
