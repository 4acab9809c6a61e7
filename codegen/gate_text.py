# What the gate finds in names and text, wherever they stand.
#
# Rules: names hold no control, direction or line-breaking character and are not endless; two names that are one in
# snake case can't stand side by side.

"""Findings about names and text."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen.jsonvalue import Node, is_list, is_node
from codegen.naming import snake
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.structure import Part

MAX_NAME = 200
"""Length of a name."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINES = frozenset("\u2028\u2029")
"""Characters that break a line where none should be."""


@frozen
class Finding:
    """Something that can't pass."""

    pointer: str
    message: str
    hint: str = ""


def check_text(document: Node, _: list[Part]) -> Iterator[Finding]:
    """Names and texts with characters that have no business there, and numbers JSON lacks."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if is_node(value):
            for key, item in value.items():
                yield from characters(pointer, key, "a name", refused=LINES)
                if len(key) > MAX_NAME:
                    yield Finding(
                        pointer,
                        f"the name {key[:40]!r}... has {len(key)} characters; at most {MAX_NAME} pass",
                    )
                waiting.append((child(pointer, key), item))
        elif is_list(value):
            items = value
            waiting += [(child(pointer, str(index)), item) for index, item in enumerate(items)]
        elif isinstance(value, str):
            yield from characters(pointer, value, "a text", refused=frozenset())
        elif isinstance(value, float) and not math.isfinite(value):
            yield Finding(pointer, f"{value} is no JSON number")


def characters(pointer: str, text: str, what: str, refused: frozenset[str]) -> Iterator[Finding]:
    """The first character of a text that has no business there."""
    for character in text:
        control = unicodedata.category(character) in ("Cc", "Cs") and (
            character not in "\n\t" or bool(refused)
        )
        if control or character in _BIDI or character in refused:
            name = unicodedata.name(character, "a control character")
            yield Finding(pointer, f"{what} holds U+{ord(character):04X} ({name}): {text[:60]!r}")
            return


def clashes(pointer: str, names: Iterable[str], what: str) -> Iterator[Finding]:
    """Names that would be one name in Python."""
    held: dict[str, str] = {}
    for name in names:
        spelling = snake(name) or name
        other = held.setdefault(spelling, name)
        if other != name:
            yield Finding(
                pointer, f"the {what} {other!r} and {name!r} would have one name in Python, {spelling}"
            )
