"""How one request sees the sandbox: as of when, with clocks how far ahead, and what shifts before it looks.

The door sets a lens for the request it lets through; whatever answers looks through it. Without one, everything is as
it is. A lens belongs to one request: two that are answered at the same time don't see through each other's.
"""

from __future__ import annotations

import contextlib
import math
from contextvars import ContextVar
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Generator


@attrs.frozen
class Lens:
    """What a request sees.

    Attributes:
        until: nothing that happened after this is seen, in seconds since the epoch of the sandbox.
        skew: how many seconds the clocks it is shown are ahead.
        insert: how many runs a list gains before it is read.
        delete: how many of its newest runs a list loses before it is read.
        mirror: the status and the words of the data provider that a Monid run is begun and ended with.
        caller: who asks, as the request itself says.
    """

    until: float = math.inf
    skew: float = 0.0
    insert: int = 0
    delete: int = 0
    mirror: tuple[int, str] | None = None
    caller: str = ""


_LENS: ContextVar[Lens] = ContextVar("lens", default=Lens())  # noqa: B039 - frozen


def lens() -> Lens:
    """The lens of the request that is being answered."""
    return _LENS.get()


@contextlib.contextmanager
def looking_through(new: Lens) -> Generator[None]:
    """Answer a request through a lens."""
    token = _LENS.set(new)
    try:
        yield
    finally:
        _LENS.reset(token)
