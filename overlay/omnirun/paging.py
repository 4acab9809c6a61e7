"""Reading a list that shifts while it is read.

Three styles, each a rule for where the next page is; a *position* is a string that can be kept and resumed from.
The pager is the same for all: it retries every page, drops duplicates by ref in a bounded window, holds one page,
raises and never truncates. It has no I/O: `next_page` is a flow.

- page numbers: the next number; if the list's count changed meanwhile, one page back, once.
- offsets without a total: the next offset, less a fifth of a page; ends on a short page or a full one with nothing new.
- cursors: the provider's cursor; ends only where there is none; one that repeats is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import attrs

from omnirun.errors import PageError
from omnirun.flows import PASSING, ask
from omnirun.provider import Query
from omnirun.refs import TargetInfo
from omnirun.run import Run
from omnirun.scheduler import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnirun.flows import Asking
    from omnirun.provider import Listing, Page
    from omnirun.scheduler import Flow

T = TypeVar("T")

_DIGITS = 19
_ALL = Query()
_WINDOW = 10_000  # names remembered at most; lists shift by far less while a page is read
SCAN_LIMIT = 10_000
"""Items read in vain before a pager asks whether to go on."""


@attrs.frozen
class Passed:
    """What a style needs to know of the page just read."""

    position: str
    page: Page[Any]
    fresh: int
    shifted: bool


class Style(Protocol):
    """A rule for where the next page is."""

    @property
    def start(self) -> str:
        """The position of the first page."""
        ...

    def after(self, passed: Passed) -> str | None:
        """Tell the position of the next page; None at the end."""
        ...

    def accepts(self, position: str) -> bool:
        """Tell whether a string is a position."""
        ...


@attrs.frozen
class PageNumbers:
    """Pages by number, with a total."""

    start: str = "1"

    def after(self, passed: Passed) -> str | None:
        """Step on; a page back if the list shifted under the reader, for what moved up meanwhile."""
        page, number = passed.page, int(passed.position)
        if passed.shifted and number > 1:
            return str(number - 1)
        last = page.size < page.asked if page.pages is None else number >= page.pages
        return None if last or page.size == 0 else str(number + 1)

    def accepts(self, position: str) -> bool:
        """A page number, from 1 on."""
        return _natural(position) and int(position) > 0


@attrs.frozen
class Offsets:
    """Pages by offset, without a total."""

    start: str = "0"
    overlap: float = 0.2

    def after(self, passed: Passed) -> str | None:
        """Step on by less than a page, so that what moves up meanwhile is still seen."""
        page = passed.page
        if page.size < page.asked or passed.fresh == 0:
            return None
        back = min(page.size - 1, int(page.asked * self.overlap))
        return str(int(passed.position) + page.size - back)

    def accepts(self, position: str) -> bool:
        """An offset, from 0 on."""
        return _natural(position)


@attrs.frozen
class Cursors:
    """Pages by the provider's cursor."""

    start: str = ""

    def after(self, passed: Passed) -> str | None:
        """Follow the cursor; an empty page is no end."""
        return passed.page.cursor or None

    def accepts(self, position: str) -> bool:  # noqa: ARG002 - only the provider knows its cursors
        """Any string."""
        return True


class Window:
    """The names that came last, in two sets: when the newer is full it becomes the older, whose names are forgotten.

    Args:
        size: how many names it holds at most; it knows the last half as many for sure.
    """

    def __init__(self, size: int) -> None:
        self._half = size // 2
        self._newer: set[str] = set()
        self._older: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._newer or name in self._older

    def add(self, name: str) -> bool:
        """Remember a name; tells whether it is new."""
        if name in self._newer or name in self._older:
            return False
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, set()
        self._newer.add(name)
        return True


def _natural(position: str) -> bool:
    return position.isascii() and position.isdigit() and len(position) < _DIGITS


class Pager(Generic[T]):
    """Where a reader of a list stands.

    Args:
        listing: the list.
        query: what is asked for.
        lane: the account.
        asking: how reads are retried.
        cursor: where another pager left off.
        scan_limit: how many items in a row may be read in vain, because none of them is asked for; None for all.

    Attributes:
        cursor: the position of the page to read next, a string to resume from; None at the end.
    """

    def __init__(
        self,
        listing: Listing[T],
        query: Query,
        lane: str,
        asking: Asking,
        cursor: str | None = None,
        *,
        scan_limit: int | None = SCAN_LIMIT,
    ) -> None:
        if scan_limit is not None and scan_limit < 1:
            raise ValueError(f"scan_limit is {scan_limit}; it is a number of items, or None for all of them.")
        self.cursor: str | None = cursor or listing.style.start
        if cursor is not None and not listing.style.accepts(cursor):
            raise ValueError(
                f"{cursor!r} is no cursor of the list {listing.key}; take one from a history's `cursor`."
            )
        self._listing = listing
        self._query = query
        self._lane = lane
        self._asking = asking
        self._scan_limit = scan_limit
        self._vain = 0  # items read since the last one that was asked for
        self._seen = Window(_WINDOW)
        self._read = Window(_WINDOW)
        self._pages = 0
        self._anchor: str | None = None  # a cursor far back, so that no loop is too long to be seen
        self._count: int | None = None

    def next_page(self) -> Flow[list[T]]:
        """Read the page at `cursor` and move on.

        Returns:
            What is on it, less the runs that were seen before or are outside the query; none does not mean the end.

        Raises:
            PageError: the page could not be read, the provider repeats a cursor, or nothing of what was asked for has
                come for too long; its `cursor` resumes.
            ApiError: the provider refuses (a wrong key, an unknown target).
        """
        position = self.cursor
        if position is None:
            return []
        step = Step(self._listing.request(self._query, position), self._lane, metered=False)
        try:
            page = yield from ask(step, self._listing.read, self._asking)
        except PASSING as error:
            why = str(error).rstrip(".")
            raise PageError(
                f"The list {self._listing.key} could not be read further: {why}.", position
            ) from error
        fresh = self._unseen(page.items)
        self.cursor = self._after(position, page, len(fresh))
        wanted = fresh
        if self._query != _ALL:
            wanted = [item for item in fresh if not isinstance(item, Run) or self._query.admits(item)]
        self._bound(page, len(wanted))
        return wanted

    def _bound(self, page: Page[T], wanted: int) -> None:
        """Stop, resumably, where page after page has nothing of what was asked for."""
        self._vain = 0 if wanted else self._vain + (page.size or page.asked or 1)
        if self._scan_limit is not None and self._vain >= self._scan_limit and self.cursor is not None:
            read, self._vain = self._vain, 0
            raise PageError(
                f"{read} items of the list {self._listing.key} in a row are not what was asked for, and it goes on. "
                "Narrow it with since=, raise scan_limit=, or go on.",
                self.cursor,
            )

    def _unseen(self, items: Iterable[T]) -> list[T]:
        """Leave out runs and targets seen before, and remember the rest; what a run made is never seen twice."""
        fresh: list[T] = []
        add = self._seen.add
        for item in items:
            if isinstance(item, Run):
                new = add(item.ref.path)  # of one list, so of one provider and account
            else:
                new = not isinstance(item, TargetInfo) or add(item.target.path)
            if new:
                fresh.append(item)
        return fresh

    def _after(self, position: str, page: Page[T], fresh: int) -> str | None:
        if self._listing.newest_first and self._query.passed(page):
            return None
        following = self._listing.style.after(
            Passed(position, page, fresh, shifted=self._shifted(position, page))
        )
        self._read.add(position)
        self._pages += 1
        if self._pages & (self._pages - 1) == 0:  # 1, 2, 4, 8 ...
            self._anchor = position
        round_again = following is not None and (following in self._read or following == self._anchor)
        if round_again and isinstance(self._listing.style, Cursors):
            raise PageError(
                f"The list {self._listing.key} repeats its cursor, it would go round for ever.", position
            )
        return following

    def _shifted(self, position: str, page: Page[T]) -> bool:
        """Compare the count with that of the last page read for the first time; a page read again proves nothing."""
        if position in self._read:
            return False
        before, self._count = self._count, page.count
        return None not in (before, page.count) and before != page.count
