"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import Any

from codegen.jsonvalue import is_list, is_node


def escape(name: str) -> str:
    """One reference token for a key."""
    if "/" in name or "~" in name:
        return name.replace("~", "~0").replace("/", "~1")
    return name


def unescape(token: str) -> str:
    """The key a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def child(pointer: str, *names: str) -> str:
    """The pointer of something below `pointer`."""
    for name in names:
        pointer = f"{pointer}/{escape(name)}"
    return pointer


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
        if is_node(value):
            value = value[name]
        elif is_list(value) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise KeyError(pointer)
    return value
