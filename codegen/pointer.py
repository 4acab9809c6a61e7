"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import Any, cast


def escape(name: str) -> str:
    """One reference token for a key."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def child(pointer: str, *names: str) -> str:
    """The pointer of something below `pointer`."""
    return "".join((pointer, *(f"/{escape(name)}" for name in names)))


def tokens(pointer: str) -> list[str]:
    """The keys of a pointer, outermost first."""
    return [unescape(token) for token in pointer.split("/")[1:]]


def resolve(document: Any, pointer: str) -> Any:
    """The value at `pointer`.

    Raises:
        KeyError: Nothing is there.
    """
    value = document
    for name in tokens(pointer):
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value)[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(name)]
        else:
            raise KeyError(pointer)
    return value
