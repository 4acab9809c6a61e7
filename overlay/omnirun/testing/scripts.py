"""How a run is to go, in the provider's own words, made into what the sandbox plays.

A script goes by time (`seconds` of the kit's clock in each state) or by polls (`polls`: the one that first shows the
end); then nothing in a test depends on how fast the machine is. The tables here are all that differs from provider to
provider.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs

from omnirun import datafold, firecrawl, monid, states
from omnirun.errors import Unsupported
from omnirun.sandbox.catalogue import (
    CheckScript,
    DatafoldMonitor,
    EndpointScript,
    FirecrawlMonitor,
    MonidEndpoint,
    MonitorScript,
)
from omnirun.sandbox.life import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omnirun.refs import Target
    from omnirun.states import States

    Played = MonitorScript | CheckScript | EndpointScript
    Listed = DatafoldMonitor | FirecrawlMonitor | MonidEndpoint

KNOWN: Mapping[str, States] = {
    "datafold": states.DATAFOLD,
    "firecrawl": states.FIRECRAWL,
    "monid": states.MONID,
}
BEFORE: Mapping[str, tuple[str, ...]] = {
    "datafold": ("created", "checking"),
    "firecrawl": ("queued", "running"),
    "monid": ("RUNNING",),
}
"""What a run goes through if a test names its end alone."""
LISTS: Mapping[str, tuple[str, ...]] = {
    "datafold": ("/datafold/api/v1/monitors/{target}/runs",),
    "firecrawl": ("/firecrawl/monitor", "/firecrawl/monitor/{target}/checks"),
    "monid": ("/monid/v1/runs",),
}
"""Where a provider shows a run, besides at its own address."""
PLAYS: Mapping[str, tuple[Callable[..., Played], Callable[..., Listed], frozenset[str]]] = {
    "datafold": (MonitorScript, DatafoldMonitor, frozenset({"error", "warnings"})),
    "firecrawl": (CheckScript, FirecrawlMonitor, frozenset({"error", "pages"})),
    "monid": (EndpointScript, MonidEndpoint, frozenset({"error", "http_status", "output"})),
}
"""A run's script, a target's entry in the catalogue, and what can be said of a run."""


@attrs.frozen
class Script:
    """One run to be: what the sandbox plays, the states, and at which poll it moves on (None: by time)."""

    played: Any
    states: tuple[str, ...]
    polls: int | None = None

    def state_after(self, polls: int) -> str:
        """Tell the state that the next poll shows, once it was polled so often."""
        assert self.polls is not None
        return self.states[-1] if polls >= self.polls - 1 else self.states[min(polls, len(self.states) - 2)]


def written(
    provider: str, words: Sequence[str], polls: int | None, seconds: float, told: Mapping[str, Any]
) -> Script:
    """Make a script.

    Raises:
        ValueError: the provider has no such state, or says no such thing of a run.
    """
    known = KNOWN[provider]
    for word in words:
        if word not in known:
            raise ValueError(
                f"{provider} has no state {word!r}. Known are {', '.join(known)}; for one that nobody knows, add the "
                f"fault Invent(state={word!r})."
            )
    make, _, fields = PLAYS[provider]
    if unknown := told.keys() - fields:
        raise ValueError(
            f"{provider} says no {', '.join(sorted(unknown))} of a run; it says {', '.join(sorted(fields))}."
        )
    if polls is not None and polls < 1:
        raise ValueError(f"a run ends at its first poll or later, not at poll {polls}.")
    path = tuple(words) if len(words) > 1 else (*BEFORE[provider], *words)
    by_polls = ((path[0], math.inf),)  # the state moves on at polls, not by time
    steps = by_polls if polls is not None else tuple((word, seconds) for word in path[:-1])
    return Script(make(Plan(steps, path[-1]), **told), path, polls)


def entry(target: Target, played: Any) -> tuple[Any, Any]:
    """Tell under which key a target stands in the sandbox's catalogue, and make an entry for it.

    Raises:
        Unsupported: the sandbox does not play its provider, or it can't be run.
    """
    match target:
        case datafold.Monitor(id=number):
            return number, DatafoldMonitor(number, played)
        case firecrawl.Monitor(id=name):
            return UUID(name), FirecrawlMonitor(UUID(name), played)
        case monid.Endpoint(data_provider=provider, endpoint=path):
            return (provider, path), MonidEndpoint(provider, path, played)
        case _:
            raise Unsupported(
                f"the sandbox can't run {target}; it runs monitors of Datafold's and Firecrawl's, and "
                "endpoints of Monid's."
            )
