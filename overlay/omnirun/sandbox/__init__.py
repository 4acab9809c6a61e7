"""The three providers, played on loopback: for demos and for tests, without a key and without a bill.

Importing this package costs nothing and needs no extra; using a name from it needs `omnirun[sandbox]`. That is why the
names are looked up late: `python -m omnirun.sandbox` has to be able to say what is missing.

It misbehaves on command, per request or by rate, for real on the wire:

    with running_sandbox() as running:
        running.sandbox.faults.add(faults.Reset("accepted"), provider="datafold", method="POST")
        running.sandbox.faults.add(faults.Answer(429, retry_after=2), faults.Answer(502), rate=0.3)

The kinds of faults are in `omnirun.sandbox.faults`, what a rule can say in `omnirun.sandbox.rules`; a sandbox in
another process is told over HTTP (`omnirun.sandbox.control`). `sandbox.served` and `sandbox.accepted` are its truth:
every request, and every trigger that began a run, which is what a provider would send a bill for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnirun.sandbox.app import create_app
    from omnirun.sandbox.rules import Faults, Rule
    from omnirun.sandbox.server import Running, running_sandbox
    from omnirun.sandbox.world import KEYS, Accepted, Sandbox, Served

__all__ = [
    "KEYS",
    "Accepted",
    "Faults",
    "Rule",
    "Running",
    "Sandbox",
    "Served",
    "create_app",
    "running_sandbox",
]

_HOMES = {
    "KEYS": "world",
    "Accepted": "world",
    "Faults": "rules",
    "Rule": "rules",
    "Running": "server",
    "Sandbox": "world",
    "Served": "world",
    "create_app": "app",
    "running_sandbox": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
