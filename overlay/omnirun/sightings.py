"""What a page of a list tells of the runs that are pending there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from omnirun.flows import judged
from omnirun.provider import Page
from omnirun.states import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omnirun.provider import Glance, Item, Listing, Provider
    from omnirun.roster import Pending
    from omnirun.run import Run
    from omnirun.scheduler import Reply
    from omnirun_raw.http import Response

_UNSETTLED = (Phase.UNKNOWN, Phase.FINISHED)  # there is more to see than the state


@attrs.frozen
class Shown:
    """What a page showed: a digest of the reply, the page without its items, and which pending runs were on it.

    The digest is Python's own hash; unless PYTHONHASHSEED says otherwise it is keyed, and no server can forge one.
    """

    digest: int
    page: Page[Run]
    entries: list[Pending]


class Pass:
    """One pass over a list in search of the pending runs; see `omnirun.provider.Known`.

    Most runs are as they were, and making a `Run` costs time; so does decoding a page, and many are as they were.
    For each page `read` comes first, then `found` for each run of which it shows something new, then `keep`.

    Args:
        entries: the records of the runs, by the paths of their refs.
        number: of the pass; no two of a watch have the same.
        shown: what the first, second ... page showed last; whoever learns of a run elsewhere clears it.

    Attributes:
        left: how many runs are not found yet.
        still: the records of those on the page just read that are as they were.
    """

    def __init__(self, entries: dict[str, Pending], number: int, shown: dict[int, Shown]) -> None:
        self.left = len(entries)
        self.still: list[Pending] = []
        self._entries = entries
        self._number = number
        self._shown = shown
        self._digest = 0
        self._on_page: list[Pending] = []

    def missing(self) -> list[Pending]:
        """Give the records of the runs not found yet."""
        return [entry for entry in self._entries.values() if entry.found != self._number]

    def read(self, listing: Listing[Run], number: int, reply: Reply, doing: str) -> Page[Run]:
        """Read a page; what of it is as it was is in `still`, and found.

        Raises:
            OmnirunError: it can't be read.
        """
        response, before = reply.result(), self._shown.get(number)
        self._digest, self.still, self._on_page = hash((response.status, response.content)), [], []
        if before is not None and before.digest == self._digest:
            self.still += [entry for entry in before.entries if entry.held and entry.fetch is None]
            page = before.page
        elif listing.glance is None:
            page = judged(listing.read, reply, doing)
        else:
            page = judged(partial(self._glance, listing.glance), reply, doing)
        for entry in self.still:
            self.found(entry)
        return page

    def _glance(self, glance: Glance[Run], response: Response, at: float) -> Page[Run]:
        return glance(response, at, self)

    def changed(self, items: Iterable[Item], path: Callable[[Item], str], word: str) -> list[Item]:
        """See `Known`."""
        changed: list[Item] = []
        known, still = self._entries.get, self.still.append
        for item in items:
            entry = known(path(item))
            if entry is None or not entry.held or entry.fetch is not None:
                continue
            if entry.state == (item.get(word) or "") and entry.phase not in _UNSETTLED:
                still(entry)
            else:
                changed.append(item)
        return changed

    def found(self, entry: Pending) -> None:
        """Take note that the page just read shows a run."""
        self._on_page.append(entry)
        if entry.found != self._number:
            entry.found = self._number
            self.left -= 1

    def keep(self, number: int, page: Page[Run]) -> None:
        """Remember what the page just read showed."""
        bare: Page[Run] = Page((), page.size, page.asked, page.cursor, page.count, page.pages, page.oldest)
        self._shown[number] = Shown(self._digest, bare, self._on_page)


def beyond(listing: Listing[Run], page: Page[Run], oldest: float) -> bool:
    """Whether a newest-first list has come to runs older than all that are pending."""
    return listing.newest_first and page.oldest is not None and page.oldest.timestamp() < oldest


def by_targets(provider: Provider, entries: Iterable[Pending]) -> dict[str, list[Pending]]:
    """Sort pending runs by the paths of what they are runs of, where their refs say it."""
    found: dict[str, list[Pending]] = {}
    for entry in entries:
        if (path := provider.target_path(entry.ref)) is not None:
            found.setdefault(path, []).append(entry)
    return found
