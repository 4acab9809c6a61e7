# Fields that a rendered page states without a table.
#
# Rules: an item of a list states a field if it starts with a name that is marked as one, as `code` or **bold**, or if
# brackets behind it say what it is (`limit (integer, optional): how many`). A stack states one if a name stands on a
# line of its own and its type on the next, as pages of API references look once they are copied as text; what they
# show of it (required, its place, its default, its values) stands on lines of its own below. Any other words are words.

"""Read fields from lists and stacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve

from codegen.dialects.cells import worded
from codegen.dialects.tables import Row
from codegen.dialects.types import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ITEM = re.compile(
    r"(\s*)[-*\u2022\u25e6]\s+(?:\*\*|__)?(`?)(?:\*\*|__)?([A-Za-z_$@][\w.\[\]$-]*)(?:\*\*|__)?(`?)(?:\*\*|__)?:?\s*(.*)"
)
_BRACKETS = re.compile(r"[(<\[]([^()]*(?:\([^()]*\))?[^()]*?)[)>\]](.*)|[_*]([^_*]+)[_*](.*)")
_PARTS = re.compile(r",\s*(?![^<\[({]*[>\])}])")
_NAME = re.compile(r"[A-Za-z_$@][\w.\[\]$-]*\*?")
_KIND = r"[a-z]+[0-9]*(?:<[^<>]+>)?(?:\[\])*"
_STACKED = re.compile(rf"array of [a-z]+|{_KIND}(?:\s?[|\u00b7]\s?{_KIND})*", re.IGNORECASE)
_WORD_OF_STACK = re.compile(
    r"(required|optional|deprecated|nullable|read-only|write-only|path|query|header|cookie|body)|"
    r"default(?::|s to)\s*(.+)|(?:available options|allowed values|possible values):?\s*(.*)|examples?:?(.*)|"
    r"(?:show|hide) (?:child attributes|all|attributes|properties).*",
    re.IGNORECASE,
)
_FIRST = re.compile(r"([^.:,\u2013\u2014]+?)(?:[.:,\u2013\u2014]|\s-)\s*(.*)")
_LONGEST = 1_000
_LONGEST_STATED = 200
_MOST_LINES = 60


def item(line: str, number: int) -> Row | None:
    """The field that an item of a list states; None where it states none."""
    match = _ITEM.fullmatch(line.replace("\u200b", "").rstrip()[:_LONGEST])
    if match is None:
        return None
    indent, code, name, _, rest = match.groups()
    row = Row(("." if len(indent) > 1 else "") + name, "", None, "", "", number)
    rest = rest.strip()
    told = False
    if re.match(r"[(<\[].*[)>\]]|[_*].*[_*]", rest) and (brackets := _BRACKETS.fullmatch(rest)):
        inside = brackets[1] or brackets[3] or ""
        better, told = _stated(row, inside)
        if told:
            row, rest = better, brackets[2] or brackets[4] or ""
    marked = bool(code) or "**" in line
    colon = re.match(r".*?[`*\])>]\s*(?:[:\u2013\u2014-]|$)|.*?\S:", line[:_LONGEST]) is not None
    if not told and not (marked and colon):
        return None
    text = worded(re.sub(r"^[\s:\u2013\u2014.-]+", "", rest))
    first = None if told else _FIRST.match(text)
    if first is not None and typed(first[1]) is not None:
        row, text = evolve(row, type=first[1]), first[2]
    if required := re.match(r"\(?(required|optional)\b[).,:]?\s*", text, re.IGNORECASE):
        row = evolve(row, required=required[1].lower() == "required")
    return evolve(row, description=text)


def _stated(row: Row, inside: str) -> tuple[Row, bool]:
    # `integer, optional, default 10`
    told = False
    for part in _PARTS.split(inside[:_LONGEST_STATED]):
        word = part.strip().strip("`*_").strip()
        lower = word.lower()
        if lower in ("required", "optional"):
            row, told = evolve(row, required=lower == "required"), True
        elif lower == "nullable":
            row, told = evolve(row, nullable=True), True
        elif lower in ("path", "query", "header", "body", "cookie"):
            row = evolve(row, place=lower)
        elif match := re.match(r"defaults?(?: to| is)?[:=\s]+(.+)", word, re.IGNORECASE):
            row, told = evolve(row, default=match[1]), True
        elif not row.type and typed(word) is not None:
            row, told = evolve(row, type=word), True
    return row, told


def stack(lines: Sequence[str], index: int, ends: Callable[[int], bool]) -> tuple[Row, int] | None:
    """The field that a stack starting at a line states, and the line after it; None where none starts there.

    Args:
        lines: The page.
        index: The line.
        ends: Whether a line is a heading, a table or code: what ends any stack.
    """
    if not starts(lines, index):
        return None
    name = _bare(lines[index])
    following = _next(lines, index + 1)
    row = Row(name.rstrip("*"), _bare(lines[following]), name.endswith("*"), "", "", index + 1)
    words: list[str] = []
    place, last = following + 1, min(len(lines), index + _MOST_LINES)
    while place < last and not ends(place) and not starts(lines, place):
        text = _bare(lines[place])
        match = _WORD_OF_STACK.fullmatch(text) if text else None
        if match is None:
            words += [text] if text else []
        elif match[1]:
            row = _flag(row, match[1].lower())
        elif match[2]:
            row = evolve(row, default=match[2])
        elif match[3] is not None:
            values, place = _values(lines, place, match[3])
            row = evolve(row, values=values)
            continue
        elif match[4] is not None and not match[4].strip():
            place += 1  # the example stands on the next line
        place += 1
    return evolve(row, description=" ".join(words)), place


def starts(lines: Sequence[str], index: int) -> bool:
    """Whether a stack starts at a line: a name, and a type below it."""
    name = _bare(lines[index])
    if _NAME.fullmatch(name) is None or name in ("object", "array"):
        return False
    following = _next(lines, index + 1)
    kind = _bare(lines[following]) if following < len(lines) and following - index <= 2 else ""  # noqa: PLR2004
    return (
        0 < len(kind) <= _LONGEST_STATED and _STACKED.fullmatch(kind) is not None and typed(kind) is not None
    )


def _flag(row: Row, word: str) -> Row:
    if word in ("required", "optional"):
        return evolve(row, required=word == "required")
    if word == "nullable":
        return evolve(row, nullable=True)
    return evolve(row, place=word) if word in ("path", "query", "header", "cookie", "body") else row


def _values(lines: Sequence[str], place: int, first: str) -> tuple[str, int]:
    # `Available options:` with the values behind it or below it, each ended by a comma but the last.
    found = [first.strip()] if first.strip() else []
    place += 1
    while place < len(lines) and (not found or found[-1].endswith(",")):
        text = _bare(lines[place])
        place += 1
        if text:
            found.append(text)
    return ", ".join(each.strip(" ,`") for each in found), place


def _next(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not _bare(lines[index]):
        index += 1
    return index


def _bare(line: str) -> str:
    return line.replace("\u200b", "").strip().strip("`").strip()
