"""Where the CPU of waiting for thousands goes: samples of the process, sorted by what it was doing.

A sample belongs to the innermost function that is named here, and to none if there is no such function. What the
simulated provider does counts for nothing, as in `waiting.crowd`.
"""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.side_by_side import waiting

if TYPE_CHECKING:
    from types import FrameType

    from benchmarks.side_by_side.providers import Provider

_EVERY = 0.001  # seconds of CPU
_NOBODY = ""
_FUNCTIONS = {
    "json.loads": ("loads",),
    "what pages show": ("Watch._list",),
    "when to poll": ("Watch._flow",),
    "the scheduler": ("Scheduler.next", "Scheduler.wake", "Scheduler.feed"),
    "taking the runs in": ("Waiting.__init__", "Waiting.begin"),
    "the end of each run": ("ask", "Watch._fetch", "Watch._fetched", "Waiting.next"),
    "the simulation": ("World.run", "World._pump", "World._receive"),
    _NOBODY: ("Provider.__call__",),
}
PARTS = tuple(part for part in _FUNCTIONS if part != _NOBODY)
_PART_OF = {function: part for part, functions in _FUNCTIONS.items() for function in functions}


def seconds(kind: type[Provider], ends: list[float]) -> tuple[dict[str, float], float]:
    """Wait for a crowd under observation.

    Returns:
        The seconds of CPU per 10,000 runs that each of `PARTS` takes, and the pace of the machine.
    """
    found: Counter[str] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        found[_part(frame)] += 1

    before: Any = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        crowd = waiting.crowd(kind, ends, memory=False)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    total = sum(found[part] for part in PARTS)
    per = 10_000 / len(ends) * crowd.cpu / total
    return {part: per * found[part] for part in PARTS}, crowd.pace


def _part(frame: FrameType | None) -> str:
    inner = _NOBODY
    while frame is not None:
        part = _PART_OF.get(frame.f_code.co_qualname)
        if part == _NOBODY:
            return _NOBODY
        inner = inner or part or _NOBODY
        frame = frame.f_back
    return inner
