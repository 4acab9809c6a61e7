"""Every error omnirun raises.

Rules: one root; a class says whether the *wait* ended or the *run* did, never both; each error carries what its
reader needs next (the ref, the pending runs, the candidates) and its message says so; no error ever holds a key.
All of them survive pickling.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from omnirun.refs import Ref, Target
    from omnirun.run import Run


class OmnirunError(Exception):
    """The root of all errors of omnirun."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), self.args, self.__dict__)

    def _repr_html_(self) -> str:
        from omnirun.notebook import error_card  # noqa: PLC0415 - only notebooks ask

        return error_card(self)

    def _render_traceback_(self) -> list[str]:
        """Show only the caller's lines in a notebook: the name is IPython's."""
        from omnirun.notebook import callers_lines  # noqa: PLC0415 - only notebooks ask

        return callers_lines(self)


def _revive(cls: type[OmnirunError], args: tuple[Any, ...], state: dict[str, Any]) -> OmnirunError:
    error: OmnirunError = cls.__new__(cls, *args)
    error.args = args  # OSError, which a TimeoutError is, leaves them to an __init__ that is not called
    error.__dict__.update(state)
    return error


# ------------------------------------------------------------------------------ before anything is sent


class BadRef(OmnirunError, ValueError):
    """A ref or target is not of the form its provider understands; nothing was sent."""


class MissingKey(OmnirunError):
    """No API key is known for an account; nothing was sent."""


class Unsupported(OmnirunError):
    """The provider cannot do what was asked; nothing was sent."""


class ClientClosed(OmnirunError):
    """The client was closed; runs that were waited for go on."""

    def __init__(self) -> None:
        super().__init__(
            "the client was closed; runs that were waited for go on, wait again with their refs."
        )


# ------------------------------------------------------------------------------ the answer was an error


class ApiError(OmnirunError):
    """The provider answered with an error.

    Attributes:
        status: the HTTP status.
        message: the provider's own words, or a description of the body if it has none.
        code: the provider's error code, where it gives one.
        request_id: the provider's id of the request, where it gives one.
        retry_after: seconds the provider asks to wait, where it does.
        body: the decoded JSON, or the start of the text.
    """

    _next: ClassVar[str] = ""  # what to do now, for the message

    def __init__(
        self,
        message: str,
        *,
        status: int,
        doing: str = "",
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: Any = None,
    ) -> None:
        parts = [f"{doing}: " if doing else "", f"HTTP {status}", f" {code}" if code else "", f": {message}"]
        said = "".join(parts) + (f" (request {request_id})" if request_id else "")
        super().__init__(f"{said.rstrip('.')}. {self._next}" if self._next else said)
        self.status = status
        self.message = message
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body


class AuthError(ApiError):
    """The key was refused (401, 403)."""

    _next = "Look at the account's key, and at what it may do."


class PaymentRequired(ApiError):
    """The account has no credit left (402)."""

    _next = "The account needs credit before it can be tried again."


class NotFound(ApiError):
    """There is no such target or run (404)."""

    _next = "Look at its id, and at whose account it is."


class InvalidRequest(ApiError):
    """The provider refused what was sent (400, 422); `details` holds its list of reasons."""

    def __init__(self, message: str, *, details: Sequence[Any] = (), **rest: Any) -> None:
        super().__init__(message, **rest)
        self.details = tuple(details)


class Conflict(ApiError):
    """What was asked does not fit the state it found (409)."""


class AlreadyRunning(Conflict):
    """The target is busy with another run; `ref` is that run."""

    def __init__(self, message: str, *, ref: Ref, **rest: Any) -> None:
        super().__init__(
            f'{message.rstrip(".")}. The run under way is {ref}: wait for it, or trigger with on_conflict="attach".',
            **rest,
        )
        self.ref = ref


class TargetPaused(Conflict):
    """The target is paused and takes no runs."""

    _next = "Resume it at the provider first."


class RateLimited(ApiError):
    """Too many requests (429); nothing was accepted."""


class ServerError(ApiError):
    """The provider failed (5xx, 408); whether a trigger was accepted is not known."""


class UnreadableReply(ApiError):
    """The provider reported success, but the body is not what its API describes, or is that of another run."""

    _next = "If it stays so, the provider has changed its API; `body` holds the start of what came."


class BadSignature(OmnirunError):
    """A webhook delivery is not signed with the secret, or is not what it claims to be; don't act on it."""


# ------------------------------------------------------------------------------ there was no answer


class TransportError(OmnirunError):
    """No answer came back; `sent` is False if the request certainly never reached the provider."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


# ------------------------------------------------------------------------------ the wait ended, the runs did not


class WaitTimeout(OmnirunError, TimeoutError):
    """The wait ended at its deadline; the runs go on. `pending` holds them as last seen."""

    def __init__(
        self, pending: Sequence[Run], timeout: float | None, failure: Exception | None = None
    ) -> None:
        shown = named((f"{run.ref} ({run.state or run.phase})" for run in pending), len(pending))
        after = "" if timeout is None else f" after {timeout:g} s"
        super().__init__(
            f"the wait ended{after}, the runs did not: {shown}. Wait again with their refs."
            + (f" The last poll failed: {failure}" if failure is not None else "")
        )
        self.pending = tuple(pending)


class PollError(OmnirunError):
    """A run could not be polled any longer, so how it stands is not known; `ref` resumes the wait."""

    def __init__(self, ref: Ref, cause: Exception) -> None:
        super().__init__(
            f"{ref} could not be polled any longer, its state is not known. Wait again with this ref. "
            f"Last failure: {cause}"
        )
        self.ref = ref
        self.cause = cause


class UnknownState(OmnirunError):
    """A run stayed in a state omnirun does not know; `run` is how it was last seen, its ref resumes the wait."""

    def __init__(self, run: Run) -> None:
        super().__init__(
            f"{run.ref} stays in the state {run.state!r}, which omnirun does not know. "
            f"Teach it with Client(states={{{run.ref.provider!r}: {{{run.state!r}: ...}}}}) or wait again."
        )
        self.run = run


# ------------------------------------------------------------------------------ the run ended (only from `check`)


class RunFailed(OmnirunError):
    """The run ended without success; `run` tells how."""

    def __init__(self, run: Run) -> None:
        how = "has not ended" if run.outcome is None else f"ended as {run.outcome}"
        why = f": {run.error}" if run.error else ""
        super().__init__(f"{run.ref} {how} ({run.state or run.phase}){why}")
        self.run = run


class RunAlerted(OmnirunError):
    """The run went well and found something; `run` tells what."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"{run.ref} raised an alert ({run.state})")
        self.run = run


# ------------------------------------------------------------------------------ triggers and pages


class AmbiguousTrigger(OmnirunError):
    """A trigger may or may not have been accepted; it was not sent again.

    Attributes:
        target: what was to be run.
        sent_at: when the trigger was sent (UTC).
        candidates: refs of runs that may be the one; look at them before triggering again.
    """

    def __init__(
        self,
        target: Target,
        sent_at: datetime,
        candidates: Sequence[Ref],
        cause: Exception,
        *,
        listed: bool = True,
    ) -> None:
        found = ", ".join(map(str, candidates)) or (
            "none was found" if listed else "the runs could not be listed"
        )
        super().__init__(
            f"the trigger of {target} at {sent_at:%Y-%m-%d %H:%M:%S} UTC may have been accepted ({cause}). "
            f"It was not sent again. Candidates: {found}. Look at the target's history before you trigger again."
        )
        self.target = target
        self.sent_at = sent_at
        self.candidates = tuple(candidates)
        self.cause = cause


class PageError(OmnirunError):
    """A history could not be read further; `cursor` resumes it at the page that failed."""

    def __init__(self, message: str, cursor: str) -> None:
        super().__init__(f"{message} Resume with cursor={cursor!r}.")
        self.cursor = cursor


# ------------------------------------------------------------------------------ words

_NAMED = 5  # so many are readable


def named(what: Iterable[object], count: int) -> str:
    """Name the first few of many."""
    shown = ", ".join(map(str, islice(what, _NAMED)))
    return shown if count <= _NAMED else f"{shown} and {count - _NAMED} more"


# ------------------------------------------------------------------------------ from a status to a class

_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequest,
    401: AuthError,
    402: PaymentRequired,
    403: AuthError,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    422: InvalidRequest,
    429: RateLimited,
}


def error_class(status: int) -> type[ApiError]:
    """Tell which class of error an HTTP status stands for."""
    server_side = 500
    return _BY_STATUS.get(status, ServerError if status >= server_side else ApiError)
