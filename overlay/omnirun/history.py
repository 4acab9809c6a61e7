"""Histories and streams of ends, as objects to iterate over: sync and async faces of the same pager and waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from omnirun.async_driver import AsyncDriver
    from omnirun.attempts import Attempt
    from omnirun.paging import Pager
    from omnirun.run import Run
    from omnirun.sync_driver import SyncDriver
    from omnirun.waiting import Waiting


class _Reading:
    """Where a reader is: which page it is in the middle of, and how many runs it may still take."""

    def __init__(self, pager: Pager, limit: int | None) -> None:
        self._pager = pager
        self._left = limit
        self._reading: str | None = None
        self._cut_short = False

    @property
    def cursor(self) -> str | None:
        """Where to resume: the page being read, or the next one; None at the end. A string to keep."""
        return self._pager.cursor if self._reading is None else self._reading

    def _more(self) -> bool:
        return self._pager.cursor is not None and self._left != 0

    def _cut(self, runs: list[Run]) -> list[Run]:
        if self._left is None:
            return runs
        taken = runs[: self._left]
        self._cut_short = len(taken) < len(runs)
        self._left -= len(taken)
        return taken


class History(_Reading):
    """The runs of a target, newest first where the provider lists them so; read page by page as they are asked for.

    Iterating raises `PageError` (its `cursor` resumes) rather than end early.
    """

    def __init__(self, pager: Pager, limit: int | None, driver: SyncDriver) -> None:
        super().__init__(pager, limit)
        self._driver = driver

    def pages(self) -> Iterator[list[Run]]:
        """Read page by page; a page can be empty."""
        while self._more():
            position = self._pager.cursor
            runs = self._cut(self._driver.run(self._pager.next_page()))
            self._reading = position
            yield runs
            self._reading = position if self._cut_short else None

    def __iter__(self) -> Iterator[Run]:
        for page in self.pages():
            yield from page


class AsyncHistory(_Reading):
    """`History` for `async for`."""

    def __init__(self, pager: Pager, limit: int | None, driver: AsyncDriver) -> None:
        super().__init__(pager, limit)
        self._driver = driver

    async def pages(self) -> AsyncIterator[list[Run]]:
        """Read page by page; a page can be empty."""
        while self._more():
            position = self._pager.cursor
            runs = self._cut(await self._driver.run(self._pager.next_page()))
            self._reading = position
            yield runs
            self._reading = position if self._cut_short else None

    async def __aiter__(self) -> AsyncIterator[Run]:
        async for page in self.pages():
            for run in page:
                yield run


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
