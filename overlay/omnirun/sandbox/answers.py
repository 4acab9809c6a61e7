"""How a request is read and an answer written, for all three providers.

Every body is a generated pydantic model: what it was given is written, what it wasn't given is absent, so
that a null is there because the provider sends one. What is wrong with a request is a `Refused`, raised with
the provider's own body; a parameter that can't be read is a `BadParameter`, which each provider words in its
own way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import Response

from omnirun.sandbox.lens import lens

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request


class Refused(Exception):
    """The answer to a request that is not carried out."""

    def __init__(self, status: int, body: BaseModel) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class BadParameter(Exception):
    """A parameter that can't be read: where it stood ("path" or "query"), its name, what is wrong with it."""

    def __init__(self, place: str, name: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.name = name
        self.kind = kind
        self.message = message


def answer(body: BaseModel, status: int = 200) -> Response:
    """An answer with this body."""
    text = body.model_dump_json(by_alias=True, exclude_unset=True)
    return Response(text, status, media_type="application/json")


def whole(request: Request, name: str, default: int, *, least: int = 1, most: int | None = None) -> int:
    """A whole number from the query.

    Raises:
        BadParameter: It is none, or out of bounds.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    number = whole_number(text, "query", name)
    if number < least:
        raise BadParameter(
            "query", name, "greater_than_equal", f"Input should be greater than or equal to {least}"
        )
    if most is not None and number > most:
        raise BadParameter("query", name, "less_than_equal", f"Input should be less than or equal to {most}")
    return number


def whole_number(text: str, place: str, name: str) -> int:
    """A whole number, wherever it stood.

    Raises:
        BadParameter: It is none.
    """
    try:
        return int(text)
    except ValueError:
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise BadParameter(place, name, "int_parsing", message) from None


def moment(request: Request, name: str) -> float | None:
    """A date-time from the query, by the clock of the lens, in seconds since the epoch; without an offset it is UTC.

    Raises:
        BadParameter: It is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadParameter(
            "query", name, "datetime_from_date_parsing", "Input should be a valid datetime"
        ) from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() - lens().skew
