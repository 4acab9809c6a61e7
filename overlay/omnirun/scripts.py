"""What verbs are made of: scripts, and what a driver must offer to run them.

A *script* is a generator that yields a `Step` (send it now, for the caller alone) or a `Receive` (wait for news) and
returns its verb's result. Scheduled flows send their news on *channels*. There are two drivers, sync and async; tests
add a third, in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeVar

import attrs

from omnirun.scheduler import Step

T = TypeVar("T")


class Channel(Protocol):
    """Where scheduled flows send news."""

    def put(self, item: Any) -> None:
        """Add an item; never blocks."""
        ...


@attrs.frozen
class Receive:
    """A script waits for the next item on a channel; it gets None if there is none until then (seconds UTC)."""

    channel: Channel
    until: float | None = None


Script = Generator[Step | Receive, Any, T]
Job = Callable[[float], None]
"""Something to do with the scheduler, given the time."""


@attrs.frozen
class Ended:
    """The last item of every channel of a driver that was closed or broke, so that nobody waits for ever."""

    error: Exception


def received(item: Any) -> Any:
    """Give an item taken from a channel.

    Raises:
        Exception: the driver was closed (`ClientClosed`) or broke.
    """
    if isinstance(item, Ended):
        raise item.error
    return item


class Driver(Protocol):
    """What verbs need of a driver."""

    def now(self) -> float:
        """Tell the time in seconds UTC."""
        ...

    def channel(self) -> Channel:
        """Make a channel."""
        ...

    def call(self, job: Job) -> None:
        """Do something with the scheduler, where it lives."""
        ...
