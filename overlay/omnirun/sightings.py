"""What a page of a list tells of the runs that are pending there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnirun.flows import judged
from omnirun.states import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omnirun.provider import Listing, Page, Provider
    from omnirun.roster import Pending
    from omnirun.run import Run
    from omnirun.scheduler import Reply

_UNSETTLED = (Phase.UNKNOWN, Phase.FINISHED)  # there is more to see than the state


def beyond(listing: Listing[Run], page: Page[Run], oldest: float) -> bool:
    """Whether a newest-first list has come to runs older than all that are pending."""
    return listing.newest_first and page.oldest is not None and page.oldest.timestamp() < oldest


def read_page(
    listing: Listing[Run], reply: Reply, known: Mapping[str, Pending], doing: str
) -> tuple[Page[Run], set[str]]:
    """Read a page; also tells which pending runs on it are as they were: most are, and making a run costs time.

    Args:
        listing: the list.
        reply: what came back.
        known: the pending runs, by the paths of their refs.
        doing: what was asked for, for errors.

    Raises:
        OmnirunError: it can't be read.
    """
    unchanged = set[str]()
    glance = listing.glance
    if glance is None:
        return judged(listing.read, reply, doing), unchanged

    def wanted(path: str, word: str) -> bool:
        entry = known.get(path)
        if entry is None or entry.fetch is not None:
            return False
        if word != entry.state or entry.phase in _UNSETTLED:
            return True
        unchanged.add(path)
        return False

    return judged(lambda response, at: glance(response, at, wanted), reply, doing), unchanged


def by_targets(provider: Provider, entries: Iterable[Pending]) -> dict[str, list[Pending]]:
    """Sort pending runs by the paths of what they are runs of, where their refs say it."""
    found: dict[str, list[Pending]] = {}
    for entry in entries:
        if (path := provider.target_path(entry.ref)) is not None:
            found.setdefault(path, []).append(entry)
    return found
