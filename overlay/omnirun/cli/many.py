"""Many calls at once, from threads that Ctrl-C does not reach.

The main thread only waits for results, so an interrupt never cuts a trigger in two: what has begun can be followed to
its end, and what has not begun never will.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

_WIDTH = 16


class Fan(Generic[T, R]):
    """Calls under way: iterate for `(place, result)` as they end; a result may be an exception.

    Args:
        items: what to call with.
        call: what to call.
        width: how many at once.
    """

    def __init__(self, items: Sequence[T], call: Callable[[T], R], width: int = _WIDTH) -> None:
        self._call = call
        self._todo: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, R | Exception]] = queue.SimpleQueue()
        self._open = set(range(len(items)))
        for placed in enumerate(items):
            self._todo.put(placed)
        self._width = width

    def __iter__(self) -> Iterator[tuple[int, R | Exception]]:
        for _ in range(min(self._width, len(self._open))):
            threading.Thread(target=self._work, name="omnirun-cli", daemon=True).start()
        while self._open:
            yield self._took(self._done.get())

    def left(self) -> set[int]:
        """The places whose results have not been taken."""
        return set(self._open)

    def stop(self) -> set[int]:
        """Begin nothing more; gives the places that are under way."""
        try:
            while True:
                self._open.discard(self._todo.get_nowait()[0])
        except queue.Empty:
            return self.left()

    def rest(self, seconds: float) -> Iterator[tuple[int, R | Exception]]:
        """What ends within a grace period; `stop` then tells what has not."""
        deadline = time.monotonic() + seconds
        while self._open and (left := deadline - time.monotonic()) > 0:
            try:
                yield self._took(self._done.get(timeout=left))
            except queue.Empty:
                return

    def _took(self, result: tuple[int, R | Exception]) -> tuple[int, R | Exception]:
        self._open.discard(result[0])
        return result

    def _work(self) -> None:
        try:
            while True:
                place, item = self._todo.get_nowait()
                try:
                    self._done.put((place, self._call(item)))
                except Exception as error:  # noqa: BLE001 - whoever iterates judges it
                    self._done.put((place, error))
        except queue.Empty:
            return
