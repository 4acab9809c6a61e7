"""Deliveries that providers push, so that a wait can end before its next poll.

A delivery is a hint, not a fact: its signature is checked on the raw bytes before anything in it is looked at, and a
client that is told of it reads the run itself. Whether a delivery is old or a replay is said, not judged: providers
send again what was not acknowledged.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Literal

import attrs

from omnirun.errors import BadSignature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from omnirun.refs import Ref
    from omnirun.run import Run


@attrs.frozen
class Event:
    """What a delivery says.

    Attributes:
        ref: the run it is about.
        kind: `page` (a part of the run is done) or `completed` (the run has ended).
        run: the run, as far as the delivery shows it.
        delivery: the id of this delivery; the same for one that is sent again.
        replayed: whether this delivery was seen before.
        age: seconds since the run began, where its id tells; much more than runs take means a late delivery.
        body: the decoded JSON.
    """

    ref: Ref
    kind: Literal["page", "completed"]
    run: Run
    delivery: str
    replayed: bool = False
    age: float | None = None
    body: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False, repr=False)


def verify(body: bytes, signature: str | None, secret: str) -> None:
    """Check the HMAC-SHA256 of the raw body in constant time.

    Args:
        body: the bytes as they came, before any parsing.
        signature: `sha256=<hex>`.
        secret: what the provider signs with; not the API key.

    Raises:
        BadSignature: it is missing or another one.
    """
    if not secret:
        raise BadSignature("no secret is given, so nothing can be checked.")
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if signature is None:
        raise BadSignature("the delivery is not signed; set a secret at the provider, or refuse it.")
    if not hmac.compare_digest(expected.encode(), signature.strip().encode()):
        raise BadSignature("the delivery is not signed with this secret; refuse it (401).")


def age(name: UUID, now: float) -> float | None:
    """Seconds since a UUID of version 7 was made."""
    made = (name.int >> 80) / 1000
    return max(0.0, now - made) if name.version == 7 else None  # noqa: PLR2004 - the version that holds a time
