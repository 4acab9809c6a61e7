"""Python spellings of names that come from pages."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")


def words(name: str) -> list[str]:
    """The words of a name in any case: `monitorId`, `run_id`, `HTTPError`."""
    return _WORD.findall(name)


def pascal(name: str) -> str:
    """`run_id` as RunId; letters that are capitals stay so."""
    return "".join(word[0].upper() + word[1:] for word in words(name))


def snake(name: str) -> str:
    """`runId` as run_id."""
    return "_".join(word.lower() for word in words(name))


def pinned(operation: Mapping[str, Any]) -> tuple[str, str]:
    """Group and name of a shaped operation; its operationId carries the group where another group has the name too."""
    group = str((operation.get("tags") or ["default"])[0])
    return group, str(operation.get("operationId")).removeprefix(f"{group}.")


def public(word: str) -> str:
    """A pinned name as Python users write it: as it is pinned, with an underscore behind a word of Python."""
    return f"{word}_" if keyword.iskeyword(word) else word
