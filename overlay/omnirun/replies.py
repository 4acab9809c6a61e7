"""From a reply that is not what was hoped for to the error that says so.

Providers differ in where they put their words; what a status means, how a body is decoded, and how much of it an
error keeps, is the same for all. A malformed body never masks the status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, cast

from omnirun.errors import ApiError, InvalidRequest, UnreadableReply, Unsupported, error_class
from omnirun.policy import retry_after
from omnirun.refs import address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnirun.refs import Ref
    from omnirun.run import Run
    from omnirun_raw.http import Response

T = TypeVar("T")

_SHOWN = 300
_REQUEST_IDS = ("x-request-id", "request-id")


def accepted(status: int) -> bool:
    """Tell whether a status is one of success."""
    return 200 <= status < 300  # noqa: PLR2004 - that is what they are


def decoded(response: Response, doing: str) -> dict[str, Any]:
    """Decode the JSON object of a success.

    Raises:
        UnreadableReply: the body is anything else.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError) as error:
        raise unreadable(response, doing, f"the body is not JSON ({error})") from None
    if not isinstance(body, dict):
        raise unreadable(response, doing, "the body is not a JSON object")
    return cast("dict[str, Any]", body)


def unreadable(response: Response, doing: str, why: str) -> UnreadableReply:
    """Make the error for a success whose body is not what its API describes."""
    return UnreadableReply(
        f"{why}: {_start(response)}",
        status=response.status,
        doing=doing,
        request_id=request_id(response.headers),
        body=response.text()[:_SHOWN],
    )


def need(value: T | None, name: str) -> T:
    """Give what a body must have to be of use, though its API document doesn't promise it.

    Raises:
        KeyError: it is absent or null.
    """
    if value is None:
        raise KeyError(name)
    return value


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether decoded JSON is a list."""
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether decoded JSON is an object."""
    return isinstance(value, dict)


def ended(run: Run) -> Run:
    """Give a run that has ended.

    Raises:
        Unsupported: it has not, so what it made is not complete.
    """
    if not run.finished:
        raise Unsupported(
            f"{run.ref} is still {run.state or run.phase}; what it makes can be read once it has ended."
        )
    return run


def expect(ref: Ref, path: str, response: Response) -> None:
    """See to it that a reply shows the run that was asked for; ids that differ in case only are one.

    Raises:
        UnreadableReply: it shows the run at another path; whoever takes that for an answer judges the wrong run.
    """
    if path.casefold() != ref.path.casefold():
        shown = address(ref.provider, ref.account, path)
        raise unreadable(response, str(ref), f"the body is that of another run, {shown} (from a cache?)")


def loose(response: Response) -> Mapping[str, Any]:
    """Decode the JSON object of an error; an empty one if the body is anything else."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def failure(
    response: Response,
    at: float,
    doing: str,
    *,
    message: str | None,
    code: str | None = None,
    details: Sequence[Any] = (),
) -> ApiError:
    """Make the error that a status stands for, in the provider's words where it has some.

    Args:
        response: the reply.
        at: when it came back (seconds UTC).
        doing: what was asked of which target or run.
        message: the provider's words.
        code: the provider's error code.
        details: the provider's list of reasons.
    """
    kind = error_class(response.status)
    common: dict[str, Any] = {
        "status": response.status,
        "doing": doing,
        "code": code,
        "request_id": request_id(response.headers),
        "retry_after": retry_after(response, at),
        "body": loose(response) or response.text()[:_SHOWN],
    }
    if issubclass(kind, InvalidRequest):
        common["details"] = details
    return kind(message or _start(response), **common)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Find the provider's id of the request in the headers of its reply."""
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)


def _start(response: Response) -> str:
    text = " ".join(response.text()[:_SHOWN].split())
    return text or "the body is empty"
