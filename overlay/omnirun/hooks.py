"""Where a caller can look on: around each request, at each retry, around each send of a trigger.

Rules. A hook is a plain function, called where the request is sent (a thread of the sync client's, the event loop of
the async one), so it must be quick and thread-safe. No hook sees a key or a body. One that raises is logged and
changes nothing, for a paid run must not be lost to it; only `before_trigger` may: then nothing is sent, and its error
is the trigger's. What is sent is logged at DEBUG under the name `omnirun`, whether there are hooks or not.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from omnirun.errors import OmnirunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omnirun.refs import Target
    from omnirun.run import Run

T = TypeVar("T")

_log = logging.getLogger("omnirun")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = {"connection", "content-length", "host", "transfer-encoding"}


@attrs.frozen
class Sending:
    """One send of a trigger.

    Attributes:
        id: the client's own name for the trigger; the same each time it is sent again.
        target: what is to be run.
        attempt: which send it is, from 1 on.
    """

    id: str
    target: Target
    attempt: int = 1


@attrs.frozen
class Outgoing:
    """A request about to be sent.

    Attributes:
        account: whose it is, such as `datafold@eu`.
        method: the HTTP method.
        url: where it goes, without its query.
        operation: its name in the raw client, such as `monitors.get_monitor_run`.
        trigger: which trigger it sends, if it does.
    """

    account: str
    method: str
    url: str
    operation: str
    trigger: Sending | None = None


@attrs.frozen
class Answered:
    """What came of a request.

    Attributes:
        request: the very object that `before_request` was given.
        seconds: from its start to its end.
        status: the HTTP status; None if no answer began.
        headers: those of the reply, with lower-case names.
        size: how many bytes of the body were read.
        error: why there is no whole answer.
    """

    request: Outgoing
    seconds: float
    status: int | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    size: int = 0
    error: BaseException | None = None


@attrs.frozen
class Retrying:
    """A read or a trigger that is sent again (a run that is polled again is none).

    Attributes:
        what: what is asked.
        error: why.
        failures: how often it has failed.
        delay: seconds until it is sent again.
        trigger: the send that failed, if it was a trigger.
    """

    what: str
    error: Exception
    failures: int
    delay: float
    trigger: Sending | None = None


@attrs.frozen(kw_only=True)
class Hooks:
    """Functions to be called; each is optional.

    Attributes:
        before_request: may return headers to add, such as a `traceparent`.
        after_response: called once for each `before_request`, whatever came of it.
        on_retry: called when a read or a trigger is to be sent again.
        before_trigger: called right before each send of a trigger; if it raises, nothing is sent.
        after_trigger: called when it is known what became of a send: with the run it started (or that was found
            later), or the error (`AmbiguousTrigger` if it can't be known).
    """

    before_request: Callable[[Outgoing], Mapping[str, str] | None] | None = None
    after_response: Callable[[Answered], object] | None = None
    on_retry: Callable[[Retrying], object] | None = None
    before_trigger: Callable[[Sending], object] | None = None
    after_trigger: Callable[[Sending, Run | None, Exception | None], object] | None = None

    def request(self, outgoing: Outgoing) -> dict[str, str]:
        """Tell of a request; gives the headers to add, lower-case."""
        if outgoing.trigger is not None and self.before_trigger is not None:
            try:
                self.before_trigger(outgoing.trigger)
            except (Exception, KeyboardInterrupt):
                raise
            except (
                BaseException
            ) as error:  # in a thread of ours it would end nothing and leave its caller waiting
                raise OmnirunError(f"a hook kept the trigger from being sent: {error!r}") from error
        added = _called(self.before_request, outgoing) or {}
        return {name.lower(): value for name, value in added.items() if _sendable(name, value)}

    def response(self, answered: Answered) -> None:
        """Tell of what came back."""
        _called(self.after_response, answered)

    def retry(self, retrying: Retrying) -> None:
        """Tell that something is sent again."""
        _log.debug(
            "%s: again in %.1f s, after failure %d: %s",
            retrying.what,
            retrying.delay,
            retrying.failures,
            retrying.error,
        )
        _called(self.on_retry, retrying)

    def triggered(self, sending: Sending, run: Run | None, error: Exception | None) -> None:
        """Tell what became of a send of a trigger."""
        _called(self.after_trigger, sending, run, error)


def _called(hook: Callable[..., T] | None, *told: Any) -> T | None:
    if hook is None:
        return None
    try:
        return hook(*told)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - it is somebody else's code, and a paid run must not be lost to it
        _log.exception("a hook failed (%r); everything goes on without it", hook)
        return None


def _sendable(name: object, value: object) -> bool:
    fine = (
        isinstance(name, str)
        and isinstance(value, str)
        and _NAME.fullmatch(name) is not None
        and _VALUE.fullmatch(value) is not None
        and name.lower() not in _OURS
    )
    if not fine:
        _log.error("a hook gave the header %r, which can't be added; it is left out", name)
    return fine
