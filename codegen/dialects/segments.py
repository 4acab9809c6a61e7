# The operations of a rendered page, each with its lines.
#
# Rules: a line `GET /v1/runs` names an operation, outside of code first; it states one if what follows says anything of
# a request or a response, else it only mentions one. The heading right above it is its title and belongs to it. What
# stands below a heading of errors that is no deeper than the operations' own holds for all of them.

"""Split a rendered page into its operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from codegen.dialects.cells import is_rule
from codegen.dialects.found import Unreadable
from codegen.dialects.headings import NOISE, OPERATION, TITLE, method_and_path, section_of, status_of
from codegen.dialects.tables import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100
"""Operations of a page."""


@frozen
class Segment:
    """An operation and the lines that speak of it."""

    line: int
    """The line that names it."""
    method: str
    path: str
    end: int
    """The line after its last one, both counted from 1."""
    title: str = ""
    shared: tuple[int, int] = (0, 0)
    """Lines that speak of all operations, the last one excluded; both 0 where there are none."""


def segments(lines: Sequence[str]) -> list[Segment]:
    """Every operation the page states; the first it mentions where it states none.

    Raises:
        Unreadable: There are too many.
    """
    fenced = _fenced(lines)
    every = _named(lines, [index for index in range(len(lines)) if index not in fenced])
    every = every or _named(lines, range(len(lines)))
    if not every:
        return []
    bounds = [index for index, _, _ in every[1:]] + [len(lines)]
    kept = [
        (index, method, path)
        for (index, method, path), end in zip(every, bounds, strict=True)
        if _states(lines, index + 1, end)
    ] or every[:1]
    if len(kept) > MOST:
        raise Unreadable(kept[MOST][0] + 1, f"more than {MOST} operations are on the page; part it")
    starts = [_title(lines, index, fenced) for index, _, _ in kept]
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    found = [
        Segment(index + 1, method, path, end, title)
        for (index, method, path), (_, title), end in zip(kept, starts, ends, strict=True)
    ]
    return _shared(found, lines, fenced) if len(found) > 1 else [evolve(each, title="") for each in found]


def _fenced(lines: Sequence[str]) -> set[int]:
    found: set[int] = set()
    opened = ""
    for index, line in enumerate(lines):
        fence = match[0] if (match := re.match(r"`{3,}|~{3,}", line.strip())) else ""
        if opened or fence:
            found.add(index)
        opened = fence if not opened else "" if fence.startswith(opened) else opened
    return found if not opened else set()


def _named(lines: Sequence[str], indexes: Sequence[int]) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    for index in indexes:
        named = method_and_path(lines, index)
        if named is not None and (not found or found[-1][1:] != named[1:]):
            found.append((named[0], *named[1:]))
    return found


def _states(lines: Sequence[str], start: int, end: int) -> bool:
    for index in range(start, end):
        line = lines[index].strip()
        loose = index + 1 < end and is_rule(lines[index + 1])
        shape = columns(line, loose=loose)
        if shape is not None and ("type" in shape or "required" in shape):
            return True
        section = section_of(line)
        if section not in (None, "errors", "intro", "other") or status_of(line) is not None:
            return True
    return False


def _title(lines: Sequence[str], index: int, fenced: set[int]) -> tuple[int, str]:
    # Where the operation's lines start, and its title: the heading right above, with nothing but blank lines between.
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    own = lines[index].strip().startswith("#")  # then it is its own heading
    text = lines[above].strip() if above >= 0 and above not in fenced and not own else ""
    text = "" if status_of(text) or section_of(text) else text
    plain = text.strip("#*: ")
    heading = text.startswith(("#", "**")) or (TITLE.fullmatch(text) and plain.lower() not in NOISE)
    if OPERATION.fullmatch(lines[index].strip()) and heading and not OPERATION.fullmatch(text):
        return above, plain
    return index, ""


def _shared(found: list[Segment], lines: Sequence[str], fenced: set[int]) -> list[Segment]:
    last = found[-1]
    own = _level(lines, last)
    for index in range(last.line, last.end):
        line = lines[index].strip()
        depth = len(line) - len(line.lstrip("#"))
        if index not in fenced and own and 0 < depth <= own and section_of(line) == "errors":
            shared = (index, last.end)
            found = [*found[:-1], evolve(last, end=index)]
            return [evolve(each, shared=shared) for each in found]
    return found


def _level(lines: Sequence[str], segment: Segment) -> int:
    for index in (segment.line - 1, segment.line - 2, segment.line - 3):
        line = lines[index].strip() if index >= 0 else ""
        if line.startswith("#"):
            return len(line) - len(line.lstrip("#"))
    return 0
