"""The exit codes of the command: a table that is documented and stable.

Where many targets come to different ends, the code is the worst of theirs; `WORST_FIRST` is that order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """What an exit code says."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    ALERT = 3
    WAITING = 4
    PROVIDER = 5
    DEFECT = 70
    INTERRUPTED = 130


MEANING = {
    Exit.SUCCESS: "all went well",
    Exit.FAILED: "a run failed (what counts is up to --fail-on)",
    Exit.USAGE: "usage: bad arguments, no key, a file that can't be read or written",
    Exit.ALERT: "a run raised an alert (only with --fail-on alert)",
    Exit.WAITING: "the wait timed out, the run goes on; its ref is printed",
    Exit.PROVIDER: "the provider refused or failed, or the network did",
    Exit.DEFECT: "a defect of omnirun or of a provider's plug-in",
    Exit.INTERRUPTED: "interrupted (Ctrl-C, SIGTERM); refs of runs that go on are printed",
}

WORST_FIRST = (
    Exit.INTERRUPTED,
    Exit.DEFECT,
    Exit.PROVIDER,
    Exit.USAGE,
    Exit.WAITING,
    Exit.FAILED,
    Exit.ALERT,
    Exit.SUCCESS,
)

# By name: what the command says of an error must not need its module to be imported.
CAUSES = {
    "BadRef": Exit.USAGE,
    "MissingKey": Exit.USAGE,
    "Unsupported": Exit.USAGE,
    "OSError": Exit.USAGE,  # also WaitTimeout's base, which is why the table is read from the class upwards
    "RunFailed": Exit.FAILED,
    "RunAlerted": Exit.ALERT,
    "WaitTimeout": Exit.WAITING,
    "OmnirunError": Exit.PROVIDER,
    "KeyboardInterrupt": Exit.INTERRUPTED,
}


def code_of(error: BaseException) -> Exit:
    """Tell the exit code that an error stands for."""
    causes = (CAUSES[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in CAUSES)
    return next(causes, Exit.DEFECT)


def worst(codes: Iterable[Exit]) -> Exit:
    """Tell the code that stands for many."""
    return min(codes, key=WORST_FIRST.index, default=Exit.SUCCESS)
