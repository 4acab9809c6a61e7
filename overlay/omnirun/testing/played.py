"""The sandbox of a test: a run goes by its target's next script, and moves on when it is polled if that says so.

A run is polled whenever an answer shows it, by itself or in a list. It moves on after the answer, so what a poll shows
depends on the polls before it and on nothing else.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from omnirun.sandbox.lens import lens
from omnirun.sandbox.life import Plan
from omnirun.sandbox.world import Sandbox
from omnirun.testing.scripts import LISTS

if TYPE_CHECKING:
    from omnirun.sandbox.runs import Run, Runs
    from omnirun.sandbox.world import Accepted
    from omnirun.testing.scripts import Script

K = TypeVar("K")
S = TypeVar("S")


@attrs.define
class Played(Sandbox):
    """A sandbox whose runs go by scripts."""

    scripts: dict[tuple[str, Any], deque[Script]] = attrs.field(
        init=False, factory=dict[tuple[str, Any], "deque[Script]"]
    )
    polls: Counter[tuple[str, str]] = attrs.field(init=False, factory=Counter[tuple[str, str]])
    _going: dict[tuple[str, str], Script] = attrs.field(init=False, factory=dict[tuple[str, str], "Script"])

    def begin(self, provider: str, runs: Runs[K, S], target: K, script: S, plan: Plan) -> Run[K, S]:
        """Begin a run by its target's next script; the last one stays."""
        queue = self.scripts.get((provider, target))
        if not queue or lens().mirror is not None:
            return super().begin(provider, runs, target, script, plan)
        told = queue.popleft() if len(queue) > 1 else queue[0]
        run = super().begin(provider, runs, target, told.played, told.played.plan)
        if told.polls is not None:
            self._going[provider, run.id] = told
        return run

    def serve(self, method: str, path: str, query: str, status: int, fault: str) -> None:
        """Write a request down; the runs that it showed move on."""
        super().serve(method, path, query, status, fault)
        for accepted in self.accepted:
            key = accepted.provider, accepted.run_id
            if (method, status) == ("GET", 200) and _shows(path, accepted):
                self.polls[key] += 1
                self._move(*key)
            elif method == "POST" and not self.polls[key]:
                self._move(*key)  # what ends at its first poll has not ended in the answer to its trigger

    def _move(self, provider: str, run_id: str) -> None:
        told, runs = self._going.get((provider, run_id)), getattr(self, provider)
        run, now = runs.get(run_id), self.clock()
        if told is None or run is None or run.life.finished(now) or run.life.state(now) not in told.states:
            return  # it goes by time, was deleted, has ended, or is being stopped
        word = told.state_after(self.polls[provider, run_id])
        if word == told.states[-1]:
            runs.divert(run, now, Plan((), word))
        elif word != run.life.state(now):
            runs.divert(run, now, Plan(((word, math.inf),), told.states[-1]))


def _shows(path: str, accepted: Accepted) -> bool:
    lists = (pattern.format(target=accepted.target) for pattern in LISTS[accepted.provider])
    return path in lists or path.endswith(f"s/{accepted.run_id}")
