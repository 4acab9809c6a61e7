"""How a run lives: a plan of states, and where in it a run is at a given time.

A plan is data, in the provider's own words. A life is a plan that has begun; it is a value, so the state of a run is
computed when somebody asks and nothing has to tick. All times are seconds since the epoch.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class Plan:
    """The states a run goes through, each with its seconds, and the state it ends in."""

    steps: tuple[tuple[str, float], ...]
    end: str

    @property
    def seconds(self) -> float:
        """How long a run takes from its trigger to its end."""
        return sum(seconds for _, seconds in self.steps)

    def faster(self, speed: float) -> Plan:
        """The same plan, `speed` times as fast."""
        return Plan(tuple((state, seconds / speed) for state, seconds in self.steps), self.end)


@attrs.frozen
class Life:
    """A plan that began at a time."""

    began: float
    plan: Plan

    @property
    def ends(self) -> float:
        """When the run reaches its last state."""
        return self.began + self.plan.seconds

    def finished(self, now: float) -> bool:
        """Whether the run has reached its last state."""
        return now >= self.ends

    def state(self, now: float) -> str:
        """The provider's word for where the run is."""
        entered = self.began
        for state, seconds in self.plan.steps:
            entered += seconds
            if now < entered:
                return state
        return self.plan.end

    def entered(self, state: str) -> float:
        """When the run enters `state`; when it ends, if it never does."""
        entered = self.began
        for step, seconds in self.plan.steps:
            if step == state:
                break
            entered += seconds
        return entered

    def diverted(self, now: float, plan: Plan) -> Life:
        """The same life up to now, and from here on another plan."""
        past, entered = list[tuple[str, float]](), self.began
        for state, seconds in (*self.plan.steps, (self.plan.end, now - entered)):
            past.append((state, min(seconds, now - entered)))
            entered += seconds
            if now < entered:
                break
        return Life(self.began, Plan((*past, *plan.steps), plan.end))
