"""For the tests of projects that use omnirun: the providers on loopback, scripted run by run, and what was sent there.

With the extra `testing` installed, pytest finds two fixtures, `omnirun_sandbox` and `omnirun_client`; nothing has to be
imported or switched on. The names below are for what the fixtures take and give. They are looked up late, so that a
project whose tests use none of this pays nothing for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnirun.sandbox.faults import (
        Answer,
        Drip,
        Elsewhere,
        Invent,
        Lag,
        Late,
        Mirror,
        Pause,
        Repeat,
        Reset,
        Shift,
        Skew,
        Spoil,
        Stall,
    )
    from omnirun.testing.clock import KitClock
    from omnirun.testing.kit import Kit, running_kit
    from omnirun.testing.sent import Sent, Triggered

_WHERE = {
    "omnirun.sandbox.faults": (
        "Answer Drip Elsewhere Invent Lag Late Mirror Pause Repeat Reset Shift Skew Spoil Stall"
    ),
    "omnirun.testing.clock": "KitClock",
    "omnirun.testing.kit": "Kit running_kit",
    "omnirun.testing.sent": "Sent Triggered",
}
_HOME = {name: module for module, names in _WHERE.items() for name in names.split()}

__all__ = [
    "Answer",
    "Drip",
    "Elsewhere",
    "Invent",
    "Kit",
    "KitClock",
    "Lag",
    "Late",
    "Mirror",
    "Pause",
    "Repeat",
    "Reset",
    "Sent",
    "Shift",
    "Skew",
    "Spoil",
    "Stall",
    "Triggered",
    "running_kit",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
