"""Histories and streams of ends, as objects to iterate over: sync and async faces of the same pager and waiting."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from omnirun.async_driver import AsyncDriver
    from omnirun.attempts import Attempt
    from omnirun.paging import Pager
    from omnirun.scheduler import Flow
    from omnirun.sync_driver import SyncDriver
    from omnirun.waiting import Waiting

T = TypeVar("T")


class _Reading(Generic[T]):
    """Where a reader is: what is left of the page it is in, and how many items it may still take."""

    def __init__(self, pager: Pager[T], limit: int | None) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}; it is a number of items, or None for all of them.")
        self._pager = pager
        self._left = limit
        self._position = pager.cursor
        self._page: deque[T] = deque()
        self._in_hand = False  # whether the reader may still be busy with what was handed out last

    @property
    def cursor(self) -> str | None:
        """Where to resume: the page being read, or the next one; None at the end. A string to keep.

        A page counts as read when more is asked for, so whoever resumes may see items again and never misses one.
        """
        return self._position if self._page or self._in_hand else self._pager.cursor

    def __repr__(self) -> str:
        where = "read to its end" if self.cursor is None else f"goes on at cursor {self.cursor!r}"
        return f"<{type(self).__name__} {where}>"

    def _more(self) -> bool:
        """Whether another page is to be read."""
        self._in_hand = False
        return not self._page and self._pager.cursor is not None and self._left != 0

    def _next_page(self) -> Flow[list[T]]:
        position = self._pager.cursor
        runs = yield from self._pager.next_page()
        self._position = position
        return runs

    def _one(self) -> T:
        """Hand out the next item of the page at hand."""
        if self._left is not None:
            self._left -= 1
        self._in_hand = True
        return self._page.popleft()

    def _rest(self) -> list[T]:
        """Hand out the rest of the page at hand, within the limit."""
        taken: list[T] = []
        while self._page and self._left != 0:
            taken.append(self._one())
        return taken


class Pages(_Reading[T]):
    """The runs of a target or what a run made, in the provider's order, read page by page as they are asked for.

    Iterating raises `PageError` (its `cursor` resumes) rather than end early.
    """

    def __init__(self, pager: Pager[T], limit: int | None, driver: SyncDriver) -> None:
        super().__init__(pager, limit)
        self._driver = driver

    def pages(self) -> Iterator[list[T]]:
        """Read page by page; a page can be empty."""
        if rest := self._rest():
            yield rest
        while self._more():
            self._page.extend(self._driver.run(self._next_page()))
            yield self._rest()

    def __iter__(self) -> Iterator[T]:
        while True:
            while self._page and self._left != 0:
                yield self._one()
            if not self._more():
                return
            self._page.extend(self._driver.run(self._next_page()))


class AsyncPages(_Reading[T]):
    """`Pages` for `async for`."""

    def __init__(self, pager: Pager[T], limit: int | None, driver: AsyncDriver) -> None:
        super().__init__(pager, limit)
        self._driver = driver

    async def pages(self) -> AsyncIterator[list[T]]:
        """Read page by page; a page can be empty."""
        if rest := self._rest():
            yield rest
        while self._more():
            self._page.extend(await self._driver.run(self._next_page()))
            yield self._rest()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            while self._page and self._left != 0:
                yield self._one()
            if not self._more():
                return
            self._page.extend(await self._driver.run(self._next_page()))


class Completed:
    """Attempts as their runs end; closing it, or leaving its loop, ends the wait but no run."""

    def __init__(self, waiting: Waiting, driver: SyncDriver) -> None:
        self._waiting = waiting
        self._driver = driver

    def __iter__(self) -> Iterator[Attempt]:
        try:
            while (attempt := self._driver.run(self._waiting.next())) is not None:
                yield attempt
        finally:
            self.close()

    def close(self) -> None:
        """Stop waiting."""
        self._waiting.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncCompleted:
    """`Completed` for `async for`."""

    def __init__(self, waiting: Waiting, driver: AsyncDriver) -> None:
        self._waiting = waiting
        self._driver = driver

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        try:
            while (attempt := await self._driver.run(self._waiting.next())) is not None:
                yield attempt
        finally:
            self._waiting.close()

    async def aclose(self) -> None:
        """Stop waiting."""
        self._waiting.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
