"""One execution of a target, the same shape for every provider.

A `Run` is a value: frozen, comparable, picklable, JSON both ways. It never does I/O. The provider's own word
(`state`) and its decoded JSON (`raw`) are always kept beside what omnirun made of them.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import attrs

from omnirun.clock import instant
from omnirun.errors import RunAlerted, RunFailed
from omnirun.refs import Ref, Target, unfrozen
from omnirun.states import Outcome, Phase, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Gate = Literal["raise", "pass"]
_FINISHED = Phase.FINISHED  # by name: see `omnirun.scheduler.At`
_new = object.__new__


class Origin(StrEnum):
    """How this client came to know a run."""

    TRIGGERED = "triggered"
    ADOPTED = "adopted"
    ATTACHED = "attached"
    FETCHED = "fetched"


@attrs.frozen
class Cost:
    """What a run cost or is priced at, in `unit` (`credits`, or a currency code such as `USD`)."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}".rstrip()


priced = lru_cache(typed=True)(Cost)
"""Makes a `Cost`; runs of one price share it."""


@attrs.frozen(repr=False)
class Run:
    """One execution of a target, as seen at `observed_at`. All times are aware and in UTC.

    Attributes:
        ref: its durable address.
        target: what was run, where the provider says.
        phase: where it is.
        outcome: how it ended; only when finished.
        verdict: what it found; only where the provider says so.
        partial: it succeeded in part.
        state: the provider's own word.
        created_at: when it was asked for, where the provider says.
        started_at: when its work began, where the provider says.
        finished_at: when it ended, where the provider says.
        observed_at: when this was read.
        observed_finished_at: when a wait first saw the end, for providers that don't say.
        error: the provider's words on what went wrong.
        warnings: the provider's warnings.
        cost: what it cost, where the provider says.
        output: what it made, where it fits into one reply (Monid's output, Datafold's diff id).
        origin: how this client came to know it.
        raw: the decoded JSON.
    """

    ref: Ref
    target: Target | None = None
    phase: Phase = Phase.UNKNOWN
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    partial: bool = False
    state: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    observed_at: datetime | None = attrs.field(default=None, eq=False)
    observed_finished_at: datetime | None = attrs.field(default=None, eq=False)
    error: str | None = None
    warnings: tuple[str, ...] = ()
    cost: Cost | None = None
    output: Any = attrs.field(default=None, hash=False)
    origin: Origin = attrs.field(default=Origin.FETCHED, eq=False)
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.phase is _FINISHED

    @property
    def ok(self) -> bool:
        """Whether it ended in success and raised no alert."""
        return self.outcome is Outcome.SUCCESS and self.verdict is not Verdict.ALERT

    @property
    def duration(self) -> float | None:
        """Seconds from its start to its end; observed ones where the provider gives none."""
        start = self.started_at or self.created_at
        end = self.finished_at or self.observed_finished_at
        return None if start is None or end is None else max(0.0, (end - start).total_seconds())

    def check(
        self,
        *,
        failure: Gate = "raise",
        alert: Gate = "pass",
        skipped: Gate = "raise",
        no_verdict: Gate = "pass",
    ) -> Run:
        """Let the run through if it went well; a gate for pipelines.

        Args:
            failure: what to do with one that did not end in success (and one that has not ended).
            alert: what to do with one that found something.
            skipped: what to do with one the provider skipped.
            no_verdict: what to do with a success that has no verdict.

        Returns:
            The run itself.

        Raises:
            RunFailed: it failed, was skipped, has no verdict or has not ended, and that is to be raised.
            RunAlerted: it found something, and that is to be raised.
        """
        for given in (failure, alert, skipped, no_verdict):
            if given not in get_args(Gate):
                raise ValueError(f"a gate either raises or passes, it can't be {given!r}.")
        error: type[RunFailed | RunAlerted] = RunFailed
        if self.outcome is Outcome.SKIPPED:
            gate = skipped
        elif self.outcome is not Outcome.SUCCESS:
            gate = failure
        elif self.verdict is Verdict.ALERT:
            gate, error = alert, RunAlerted
        elif self.verdict is None:
            gate = no_verdict
        else:
            return self
        if gate == "raise":
            raise error(self)
        return self

    def typed(self) -> Any:
        """Read `raw` into the generated model of the reply it came from."""
        from omnirun.registry import provider  # noqa: PLC0415 - a value reaches its provider only when asked

        return provider(self.ref.provider).typed(self.raw)

    def to_dict(self) -> dict[str, Any]:
        """Flatten it for a table or JSON: addresses and enums as strings, times as ISO 8601, cost as two columns."""
        row: dict[str, Any] = {}
        for field in attrs.fields(Run):
            value = getattr(self, field.name)
            row[field.name] = _plain(value)
        row["cost"], row["cost_unit"] = (
            (None, None) if self.cost is None else (self.cost.amount, self.cost.unit)
        )
        row["duration"] = self.duration
        return row

    def to_json(self) -> str:
        """Write it as JSON; `from_json` reads it back."""
        row = self.to_dict()
        row["given"] = None if self.target is None else self.target.given
        return json.dumps(row)

    @classmethod
    def from_json(cls, text: str) -> Run:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is not what `to_json` writes.
        """
        try:
            return cls._from_row(json.loads(text))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"this is not what Run.to_json writes ({error!r})") from error

    @classmethod
    def _from_row(cls, row: dict[str, Any]) -> Run:
        from omnirun.registry import parse_target  # noqa: PLC0415 - the registry imports the providers

        unit = row.pop("cost_unit")
        given = row.pop("given")
        del row["duration"]
        for name in ("created_at", "started_at", "finished_at", "observed_at", "observed_finished_at"):
            row[name] = instant(row[name])
        target = None if row["target"] is None else attrs.evolve(parse_target(row["target"]), **given)
        typed: dict[str, Any] = {
            "ref": Ref.parse(row["ref"]),
            "target": target,
            "phase": Phase(row["phase"]),
            "outcome": None if row["outcome"] is None else Outcome(row["outcome"]),
            "verdict": None if row["verdict"] is None else Verdict(row["verdict"]),
            "warnings": tuple(row["warnings"]),
            "cost": None if row["cost"] is None else Cost(row["cost"], unit),
            "origin": Origin(row["origin"]),
        }
        return cls(**(row | typed))

    def __repr__(self) -> str:
        words = [str(self.ref), self.state or "?", str(self.phase)]
        words += [str(word) for word in (self.outcome, self.verdict) if word is not None]
        words += ["partial"] if self.partial else []
        words += [] if self.duration is None else [f"{self.duration:.1f}s"]
        words += [] if self.error is None else [repr(self.error)]
        return f"<Run {' '.join(words)}>"

    def _repr_html_(self) -> str:
        from omnirun.notebook import run_card  # noqa: PLC0415 - only notebooks ask

        return run_card(self)


_OpenRun: Any = unfrozen(Run)


def fresh(  # noqa: PLR0917 - as `Run` has it
    ref: Ref,
    target: Target | None = None,
    phase: Phase = Phase.UNKNOWN,
    outcome: Outcome | None = None,
    verdict: Verdict | None = None,
    partial: bool = False,  # noqa: FBT001, FBT002
    state: str = "",
    created_at: datetime | None = None,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    observed_at: datetime | None = None,
    observed_finished_at: datetime | None = None,
    error: str | None = None,
    warnings: tuple[str, ...] = (),
    cost: Cost | None = None,
    output: Any = None,
    origin: Origin = Origin.FETCHED,
    *,
    raw: Mapping[str, Any],
) -> Run:
    """Make a `Run` of what `Run(...)` takes, in a third of its time: by plain assignments.

    A frozen record fills its fields through `object.__setattr__`, which would take half of the time of reading a page.
    """
    run: Any = _new(_OpenRun)
    run.ref = ref
    run.target = target
    run.phase = phase
    run.outcome = outcome
    run.verdict = verdict
    run.partial = partial
    run.state = state
    run.created_at = created_at
    run.started_at = started_at
    run.finished_at = finished_at
    run.observed_at = observed_at
    run.observed_finished_at = observed_finished_at
    run.error = error
    run.warnings = warnings
    run.cost = cost
    run.output = output
    run.origin = origin
    run.raw = raw
    run.__class__ = Run
    filled: Run = run
    return filled


def _plain(value: Any) -> Any:
    match value:
        case Ref() | Target() | StrEnum():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return list(cast("tuple[str, ...]", value))
        case _:
            return value


def to_dicts(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Flatten runs into rows for a DataFrame."""
    return [run.to_dict() for run in runs]
