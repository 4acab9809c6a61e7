"""The deadline of a whole request in a thread, which no timeout between two bytes keeps.

A server that sends a byte of its headers now and then keeps a thread for ever: there each read is in time. So one
thread looks when the oldest request under way is overdue, and closes its connections; what reads from them then fails.
It is started by a request, stays for one deadline's time without any, and costs a request two entries in a dict.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Watchdog:
    """Ends requests that take too long.

    Args:
        total: seconds a request may take.
    """

    def __init__(self, total: float) -> None:
        self._total = total
        self._under_way: dict[object, tuple[float, Callable[[], object]]] = {}  # the oldest first
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, end: Callable[[], object]) -> object:
        """Watch a request from now on; gives what `done` is to be called with.

        Args:
            end: hangs up, if it comes to that; called in another thread, and again if that was too early to help.
        """
        mark = object()
        with self._lock:
            self._under_way[mark] = (time.monotonic() + self._total, end)
            if self._thread is None and not self._over.is_set():
                thread = threading.Thread(target=self._work, name="omnirun-watchdog", daemon=True)
                with suppress(RuntimeError):  # no thread to be had: the timeouts of the sockets must do
                    thread.start()
                    self._thread = thread
        return mark

    def done(self, mark: object) -> None:
        """Watch a request no longer."""
        with self._lock:
            self._under_way.pop(mark, None)

    def close(self) -> None:
        """End the thread."""
        self._over.set()

    def _work(self) -> None:
        while not self._over.wait(self._left()):
            now = time.monotonic()
            overdue: list[Callable[[], object]] = []
            with self._lock:
                if not self._under_way:
                    self._thread = None
                    return
                for mark, (deadline, end) in list(self._under_way.items()):
                    if deadline > now:
                        break
                    overdue.append(end)
                    del self._under_way[mark]
                    self._under_way[mark] = (now + self._total, end)  # behind all others
            for end in overdue:
                end()

    def _left(self) -> float:
        with self._lock:
            deadline, _ = next(iter(self._under_way.values()), (None, None))
        return self._total if deadline is None else max(0.0, deadline - time.monotonic())
