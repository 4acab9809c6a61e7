"""Starting a run, which is not idempotent and may cost money.

The rules, as a table (`_FATES`): what was certainly not accepted is sent again; what may have been accepted is
*recovered* (see `omnirun.recovery`), never resent; the rest is raised. Where runs can be adopted, a target is
triggered by one flow at a time; every trigger has a connection of its own.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from os import urandom
from typing import TYPE_CHECKING, Literal, get_args

import attrs

from omnirun.clock import moment
from omnirun.errors import (
    AlreadyRunning,
    AmbiguousTrigger,
    OmnirunError,
    RateLimited,
    ServerError,
    TransportError,
    UnreadableReply,
)
from omnirun.flows import ask, asked_pause, judged
from omnirun.hooks import Retrying, Sending
from omnirun.recovery import Lost, exclusive
from omnirun.replies import unreadable
from omnirun.run import Origin, Run
from omnirun.scheduler import Step
from omnirun.states import Phase

if TYPE_CHECKING:
    from omnirun.flows import Asking
    from omnirun.provider import Provider
    from omnirun.recovery import Known
    from omnirun.refs import Ref, Target
    from omnirun.scheduler import Flow, Reply

OnConflict = Literal["raise", "attach"]
OnLost = Literal["adopt", "raise"]

_ATTEMPTS = 8


class Fate(Enum):
    """What becomes of a trigger that did not simply succeed."""

    RESEND = "it was certainly not accepted"
    RECOVER = "it may have been accepted"
    RAISE = "the provider refused it"


def fate(error: Exception) -> Fate:
    """Tell what becomes of a trigger after an error."""
    match error:
        case TransportError():
            return Fate.RECOVER if error.sent else Fate.RESEND
        case RateLimited():
            return Fate.RESEND
        case ServerError(status=503) if error.retry_after is not None:
            return Fate.RESEND
        case ServerError() | UnreadableReply():
            return Fate.RECOVER
        case _:
            return Fate.RAISE


@attrs.frozen
class Trigger:
    """One trigger of one target, to be run as a flow."""

    provider: Provider
    target: Target
    lane: str
    known: Known
    asking: Asking
    on_conflict: OnConflict = "raise"
    on_lost: OnLost | None = None

    def flow(self) -> Flow[Run]:
        """Start the run.

        Raises:
            AmbiguousTrigger: it may have been accepted and is not to be found.
            ApiError: the provider refused it.
            TransportError: the provider could not be reached.
        """
        sending = Sending(urandom(8).hex(), self.target)
        step = self._step()
        while True:
            try:
                came = yield from self._once(attrs.evolve(step, trigger=sending))
            except OmnirunError as error:
                self.asking.hooks.triggered(sending, None, error)
                raise
            if isinstance(came, Run):
                self.asking.hooks.triggered(sending, came, None)
                return came
            self.asking.hooks.triggered(sending, None, came)
            if sending.attempt == _ATTEMPTS:
                raise came
            step = self._again(step, came, sending)
            sending = Sending(sending.id, self.target, sending.attempt + 1)

    def _step(self) -> Step:
        for name, value, kind in (
            ("on_conflict", self.on_conflict, OnConflict),
            ("on_lost", self.on_lost or "raise", OnLost),
        ):
            if value not in get_args(kind):
                raise ValueError(f"{name} is {' or '.join(map(repr, get_args(kind)))}, not {value!r}.")
        alone = self.provider.adopts or self._adopts()
        return Step(
            self.provider.trigger(self.target),
            self.lane,
            exclusive=exclusive(self.lane, self.target) if alone else None,
            fresh=True,
        )

    def _adopts(self) -> bool:
        return self.provider.adopts if self.on_lost is None else self.on_lost == "adopt"

    def _once(self, step: Step) -> Flow[Run | OmnirunError]:
        """Send it once; gives the run, or the error of a trigger that was certainly not accepted."""
        reply = yield step
        try:
            run = judged(partial(self.provider.read_trigger, self.target), reply, str(self.target))
        except AlreadyRunning as error:
            if self.on_conflict == "raise":
                raise
            return (yield from self._attach(error.ref, step))
        except OmnirunError as error:
            what = fate(error)
            if what is Fate.RESEND:
                return error
            if what is Fate.RAISE:
                raise
            return (yield from self._recover(step, reply, error))
        except Exception as defect:
            if reply.response is None:
                raise  # a hook's: it keeps the trigger from being sent
            unread = unreadable(reply.response, str(self.target), f"its provider can't read it ({defect!r})")
            return (yield from self._recover(step, reply, unread))
        return self._own(run, Origin.TRIGGERED)

    def _recover(self, step: Step, reply: Reply, cause: OmnirunError) -> Flow[Run]:
        lost = Lost(
            provider=self.provider,
            target=self.target,
            lane=self.lane,
            known=self.known,
            exclusive=step.exclusive,
            reply=reply,
            cause=cause,
            asking=self.asking,
            adopts=self._adopts(),
        )
        try:
            run = yield from lost.find()
        except OmnirunError:
            raise
        except Exception as defect:  # whatever breaks here, a run may have been paid for
            sent_at = moment(reply.sent_at)
            raise AmbiguousTrigger(self.target, sent_at, (), cause, listed=False) from defect
        return self._own(run, Origin.ADOPTED)

    def _again(self, step: Step, error: OmnirunError, sending: Sending) -> Step:
        asked = asked_pause(error, self.asking.policy)
        backoff = self.asking.policy.backoff(sending.attempt, self.asking.random)
        pause = (asked or backoff) if isinstance(error, RateLimited) else 0.0
        delay = max(asked, backoff)
        self.asking.hooks.retry(Retrying(str(self.target), error, sending.attempt, delay, sending))
        return attrs.evolve(step, delay=delay, pause=pause)

    def _attach(self, ref: Ref, step: Step) -> Flow[Run]:
        """Give the run under way; if it can't be read now, what is known of it."""
        get = Step(self.provider.get(ref), self.lane, metered=False, exclusive=step.exclusive)
        try:
            run = yield from ask(get, partial(self.provider.read, ref), self.asking)
        except OmnirunError:
            run = Run(ref, self.target, Phase.RUNNING)
        return self._own(run, Origin.ATTACHED)

    def _own(self, run: Run, origin: Origin) -> Run:
        self.known.add(run.ref)
        return attrs.evolve(run, origin=origin, target=self.target)
