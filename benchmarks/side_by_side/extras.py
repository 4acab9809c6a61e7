"""omnirun with and without its extra `fast`, in one process: with msgspec or json decoding what comes back.

The bench environment has msgspec, so everything is measured without it unless it says `omnirun[fast]`. sniffio, the
extra's other half, is not installed here: it would help what is done by hand as much.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from omnirun_raw import http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_FAST = http._decoder()  # noqa: SLF001 - there is no other way to have both
FAST = "omnirun[fast]"


@contextmanager
def without() -> Iterator[None]:
    """Decode as a fresh installation does."""
    with _decoding(json.loads):
        yield


def fast(work: Callable[[], T]) -> Callable[[], T]:
    """Do some work as `omnirun[fast]` does it."""
    if _FAST is json.loads:
        raise AssertionError("msgspec is not installed here")

    @wraps(work)
    def done() -> T:
        with _decoding(_FAST):
            return work()

    return done


@contextmanager
def _decoding(decoder: Callable[[bytes], Any]) -> Iterator[None]:
    before, http._decoder = http._decoder, lambda: decoder  # type: ignore[assignment]  # noqa: SLF001
    try:
        yield
    finally:
        http._decoder = before  # noqa: SLF001
