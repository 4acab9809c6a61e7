"""What can go wrong with a request, as data: one record per kind of fault.

Which requests meet it is a rule's business (`omnirun.sandbox.rules`), what becomes of them the door's. Seconds on the
wire (`Stall`, `Late`, `Drip`) are the wall's; all others are the sandbox's own. `kind` tells them apart in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads annotations
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid")
"""A fault with a name nobody knows is an error, not a fault that never happens."""
Garbage = Literal["html", "empty", "cut"]
"""A body nobody can read: a page for people, nothing, or the first half of the JSON."""


@dataclass(frozen=True, config=STRICT)
class Answer:
    """Another answer: a status, and the provider's words or a body nobody can read.

    Args:
        status: the status.
        retry_after: how many seconds it asks to wait.
        asks: where it asks: a header in seconds, as a date or in milliseconds, or the words of the body.
        body: the provider's own form of an error, or garbage.
        message: the words.
        accepted: whether the request is carried out first.
    """

    status: Annotated[int, Field(ge=200, le=599)]
    retry_after: NonNegativeFloat | None = None
    asks: Literal["seconds", "date", "ms", "prose"] = "seconds"
    body: Literal["error"] | Garbage = "error"
    message: str = "The sandbox was told to fail."
    accepted: bool = False
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, config=STRICT)
class Spoil:
    """The right status with a body nobody can read; the request was carried out."""

    body: Garbage = "cut"
    kind: Literal["spoil"] = "spoil"


@dataclass(frozen=True, config=STRICT)
class Reset:
    """The connection ends without an answer.

    Args:
        when: `connecting` as soon as it stands (such a rule matches connections, it can't ask for a path), `reading`
            before the body was read, `read` after, `accepted` once the request was carried out, `answering` in the
            middle of the answer.
        how: by a TCP reset, or closed in good order.
    """

    when: Literal["connecting", "reading", "read", "accepted", "answering"] = "read"
    how: Literal["reset", "close"] = "reset"
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, config=STRICT)
class Stall:
    """No answer, and the connection stays open until the client ends it."""

    accepted: bool = False
    kind: Literal["stall"] = "stall"


@dataclass(frozen=True, config=STRICT)
class Late:
    """An answer that comes late.

    Args:
        seconds: how late.
        accepted: carried out at once and answered late; else it is carried out late, whether or not anybody waits.
    """

    seconds: PositiveFloat
    accepted: bool = True
    kind: Literal["late"] = "late"


@dataclass(frozen=True, config=STRICT)
class Drip:
    """The right answer in pieces, over some seconds."""

    seconds: PositiveFloat
    pieces: Annotated[int, Field(ge=2, le=1000)] = 8
    kind: Literal["drip"] = "drip"


@dataclass(frozen=True, config=STRICT)
class Shift:
    """A list gains runs nobody asked for, or loses its newest ones, right before it is read."""

    insert: NonNegativeInt = 0
    delete: NonNegativeInt = 0
    kind: Literal["shift"] = "shift"


@dataclass(frozen=True, config=STRICT)
class Lag:
    """The answer of a replica that is some seconds behind: young runs are not found, lists are old."""

    seconds: PositiveFloat
    kind: Literal["lag"] = "lag"


@dataclass(frozen=True, config=STRICT)
class Skew:
    """Clocks that are some seconds ahead (or behind, below 0): the `Date` and every time in the answer."""

    seconds: float
    kind: Literal["skew"] = "skew"


@dataclass(frozen=True, config=STRICT)
class Invent:
    """Runs in the answer get a state, or fields, that no published page has."""

    state: str | None = None
    fields: Mapping[str, Any] = Field(default_factory=dict[str, Any])
    kind: Literal["invent"] = "invent"


@dataclass(frozen=True, config=STRICT)
class Pause:
    """The monitor is paused: 409, without a check."""

    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, config=STRICT)
class Repeat:
    """A list's cursor is the one it was asked with."""

    kind: Literal["repeat"] = "repeat"


@dataclass(frozen=True, config=STRICT)
class Elsewhere:
    """`next` links point to another origin."""

    origin: str = "https://elsewhere.invalid"
    kind: Literal["elsewhere"] = "elsewhere"


@dataclass(frozen=True, config=STRICT)
class Mirror:
    """A Monid run that ends at once, answered with the data provider's own status."""

    status: Annotated[int, Field(ge=200, le=599)]
    error: str = "The data provider was told to fail."
    kind: Literal["mirror"] = "mirror"


Fault = (
    Answer
    | Spoil
    | Reset
    | Stall
    | Late
    | Drip
    | Shift
    | Lag
    | Skew
    | Invent
    | Pause
    | Repeat
    | Elsewhere
    | Mirror
)
Tagged = Annotated[Fault, Field(discriminator="kind")]
"""A fault, told apart by its `kind`."""
