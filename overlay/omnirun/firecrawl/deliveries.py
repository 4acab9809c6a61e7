"""Firecrawl's webhooks: `monitor.page` and `monitor.check.completed`, signed over the raw body.

A page's status is the page's; only the end of a check says how the check stands.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from omnirun.clock import moment
from omnirun.errors import BadRef, BadSignature
from omnirun.firecrawl.checks import PROVIDER
from omnirun.firecrawl.monitors import Monitor
from omnirun.webhooks import Event, age, verify

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableSet

_EVENTS: Mapping[str, Literal["page", "completed"]] = {
    "monitor.page": "page",
    "monitor.check.completed": "completed",
}


def read_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    account: str = "",
    seen: MutableSet[str] | None = None,
    now: float | None = None,
) -> Event:
    """Read a delivery of Firecrawl's (https://docs.firecrawl.dev/webhooks/events), once its signature holds.

    Args:
        body: the bytes as they came.
        headers: with `X-Firecrawl-Signature`, in any case.
        secret: the webhook secret of the account's settings; not the API key.
        account: whose runs these are, if not the default account's.
        seen: ids of deliveries read before; this one's is added.
        now: seconds UTC, for its age; the wall clock if absent.

    Raises:
        BadSignature: it is not signed with the secret, or is no delivery of a monitor's.
    """
    signature = next(
        (value for name, value in headers.items() if name.lower() == "x-firecrawl-signature"), None
    )
    verify(body, signature, secret)
    try:
        read: dict[str, Any] = json.loads(body)
        kind = _EVENTS[read["type"]]
        (part, *_) = read["data"]
        monitor, check, delivery = (
            Monitor(part["monitorId"], account=account),
            read["id"],
            str(read["webhookId"]),
        )
        ref = monitor.check(check)
    except (AttributeError, BadRef, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadSignature(f"the delivery is signed and is none of a monitor's ({error!r}).") from error
    at = time.time() if now is None else now
    replayed = seen is not None and delivery in seen
    if seen is not None:
        seen.add(delivery)
    # Only the end of a check says how the check stands; a page's status is the page's.
    about: Any = {**part, "id": check} if kind == "completed" else {"id": check, "status": "running"}
    run = PROVIDER.check(monitor, about, moment(at))
    return Event(ref, kind, run, delivery, replayed, age(UUID(str(check)), at), read)
