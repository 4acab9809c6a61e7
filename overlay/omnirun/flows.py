"""Reading something once: a request that costs nothing and may be sent again.

The retry rule for reads: whatever may pass by itself is asked again a few times, with full jitter, and no sooner
than the provider asks for; the rest is raised at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from omnirun.errors import ApiError, OmnirunError, RateLimited, ServerError, TransportError, UnreadableReply
from omnirun.hooks import Hooks, Retrying
from omnirun.replies import unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from omnirun.policy import Random, WaitPolicy
    from omnirun.scheduler import Flow, Reply, Step
    from omnirun_raw.http import Response

T = TypeVar("T")

PASSING = (TransportError, RateLimited, ServerError, UnreadableReply)
"""Errors of a read that may pass by themselves."""


@attrs.frozen
class Asking:
    """How reads are retried: the policy's pauses, at most `attempts` times, none longer than `patience` seconds."""

    policy: WaitPolicy
    random: Random
    hooks: Hooks = attrs.field(factory=Hooks)
    attempts: int = 4
    patience: float = 60.0


def ask(
    step: Step,
    read: Callable[[Response, float], T],
    asking: Asking,
    told: Callable[[Step], object] = lambda _: None,
) -> Flow[T]:
    """Send a read until its reply can be read; `told` hears of each try.

    Raises:
        OmnirunError: what `read` raised last.
    """
    failures = 0
    what = f"{step.lane} {step.request.method} {step.request.path}"
    while True:
        told(step)
        reply = yield step
        try:
            return judged(read, reply, what)
        except PASSING as error:
            failures += 1
            pause = max(asking.policy.backoff(failures, asking.random), asked_pause(error, asking.policy))
            if failures >= asking.attempts or pause > asking.patience:
                raise
            asking.hooks.retry(Retrying(what, error, failures, pause))
            step = attrs.evolve(step, delay=pause, pause=pause if isinstance(error, RateLimited) else 0.0)


def judged(read: Callable[[Response, float], T], reply: Reply, doing: str) -> T:
    """Have a provider read a reply; a body of another shape than its API describes is an error like others.

    Raises:
        OmnirunError: what `read` raised.
    """
    response = reply.result()
    try:
        return read(response, reply.at)
    except OmnirunError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise unreadable(response, doing, f"the body has another shape than expected ({error!r})") from error


def asked_pause(error: Exception, policy: WaitPolicy) -> float:
    """Tell how many seconds a failed reply asked for, bounded by the policy."""
    asked = error.retry_after if isinstance(error, ApiError) else None
    return min(asked or 0.0, policy.retry_after_cap)
