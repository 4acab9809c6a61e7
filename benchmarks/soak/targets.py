"""What is triggered: as many targets at each provider, some of them everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from omnirun import datafold, firecrawl, monid

if TYPE_CHECKING:
    from omnirun.refs import Target

TARGETS = 90
"""How many targets each provider has."""
SHARED = 6
"""Every so many'th is triggered by strangers and by both clients; of the others, each client has its half."""
READ_TIMEOUT = 1.0
PREFIXES = {"datafold": "Key ", "firecrawl": "Bearer ", "monid": "Bearer "}


def target(provider: str, number: int) -> Target:
    """The target of a provider with this number."""
    match provider:
        case "datafold":
            return datafold.Monitor(number)
        case "firecrawl":
            return firecrawl.Monitor(UUID(int=number))
        case _:
            return monid.Endpoint("soak", f"/{number}", input={"q": number})
