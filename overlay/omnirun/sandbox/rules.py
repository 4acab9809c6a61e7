"""Which requests meet a fault: rules, and the book that is kept of them.

The door asks about every request; the first rule that fires decides, so a request has one fault at most. A rule fires
for the requests it matches, after `skip` of them, `times` times, each time with the chance `rate`; of several faults
it takes one by chance. Chance is seeded: the same requests in the same order meet the same faults.

Rules are read from JSON and written as JSON, so a sandbox in another process can be told as well
(`omnirun.sandbox.control`).
"""

from __future__ import annotations

import random
import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

import attrs
from pydantic import Field, NonNegativeInt, PositiveInt
from pydantic.dataclasses import dataclass

from omnirun.sandbox.faults import STRICT, Fault, Reset, Tagged

if TYPE_CHECKING:
    from collections.abc import Callable

Name = Literal["", "datafold", "firecrawl", "monid"]


@dataclass(frozen=True, config=STRICT)
class Rule:
    """Which requests meet a fault.

    Args:
        faults: the fault, or several of which chance takes one.
        provider: of which provider; every one if left out.
        method: with which method; any if left out.
        path: a pattern for the path below the provider, where `*` stands for anything.
        skip: how many that match are let through first.
        times: how many meet it; None is all that follow.
        rate: the chance that one meets it.
    """

    faults: Annotated[tuple[Tagged, ...], Field(min_length=1)]
    provider: Name = ""
    method: str = ""
    path: str = "*"
    skip: NonNegativeInt = 0
    times: PositiveInt | None = 1
    rate: Annotated[float, Field(gt=0, le=1)] = 1.0

    def __post_init__(self) -> None:
        if any(_connecting(fault) for fault in self.faults) and not (
            all(_connecting(fault) for fault in self.faults)
            and (self.provider, self.method, self.path) == ("", "", "*")
        ):
            raise ValueError(
                "a connection that has just been made has no path yet: match nothing with `connecting`"
            )

    def matches(self, provider: str, method: str, path: str) -> bool:
        """Tell whether a request is one of those."""
        return (
            self.provider in ("", provider)
            and self.method in ("", method)
            and fnmatchcase(path, self.path)
            and not self.connecting
        )

    @property
    def connecting(self) -> bool:
        """Whether it is connections that meet it."""
        return _connecting(self.faults[0])


@attrs.define
class Told:
    """A rule and how often it matched and fired."""

    rule: Rule
    matched: int = 0
    fired: int = 0

    def fires(self, chance: random.Random) -> bool:
        """Count a match; tell whether the rule fires."""
        self.matched += 1
        due = self.matched > self.rule.skip and (self.rule.times is None or self.fired < self.rule.times)
        fires = due and (self.rule.rate == 1 or chance.random() < self.rule.rate)
        self.fired += fires
        return fires


@attrs.define
class Faults:
    """The rules of a sandbox, in the order they were added; told and asked from any thread.

    Args:
        seed: of the chance that rates and choices are made by.
    """

    seed: int = 0
    _told: list[Told] = attrs.field(init=False, factory=list[Told])
    _chance: random.Random = attrs.field(init=False)
    _lock: threading.Lock = attrs.field(init=False, factory=threading.Lock, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - chance that can be repeated, not a secret

    def add(
        self,
        *faults: Fault,
        provider: Name = "",
        method: str = "",
        path: str = "*",
        skip: int = 0,
        times: int | None = 1,
        rate: float = 1.0,
    ) -> Told:
        """Add a rule made from these; see `Rule`. What it gives counts how often it fired.

        Raises:
            ValueError: the rule makes no sense.
        """
        return self.put(Rule(faults, provider, method, path, skip, times, rate))

    def put(self, rule: Rule) -> Told:
        """Add a rule."""
        told = Told(rule)
        with self._lock:
            self._told.append(told)
        return told

    def clear(self) -> None:
        """Forget all rules: nothing goes wrong any more."""
        with self._lock:
            self._told.clear()

    @property
    def told(self) -> tuple[Told, ...]:
        """The rules so far."""
        with self._lock:
            return tuple(self._told)

    def meet(self, provider: str, method: str, path: str) -> Fault | None:
        """Tell the fault that a request meets."""
        return self._first(lambda rule: rule.matches(provider, method, path))

    def meet_connection(self) -> Reset | None:
        """Tell the fault that a new connection meets."""
        fault = self._first(lambda rule: rule.connecting)
        return fault if isinstance(fault, Reset) else None

    def _first(self, matches: Callable[[Rule], bool]) -> Fault | None:
        with self._lock:
            for told in self._told:
                if matches(told.rule) and told.fires(self._chance):
                    return self._chance.choice(told.rule.faults)
        return None


def _connecting(fault: Fault) -> bool:
    return isinstance(fault, Reset) and fault.when == "connecting"
