# Tables of a page that are written in HTML.
#
# Rules: a table becomes rows of pipes, one line per row, each with the number of the line it starts on; its first row
# is the header. Nothing else of HTML is read.

"""HTML tables of a page to lines of pipes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN = re.compile(r"<table\b", re.IGNORECASE)
_CLOSE = re.compile(r"</table\s*>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"<t[hd]\b[^<>]*>", re.IGNORECASE)
_END = re.compile(r"</?(?:t[hdr]|thead|tbody|tfoot|table)\b[^<>]*>", re.IGNORECASE)


def tabled(text: str) -> tuple[list[str], list[int]]:
    """The lines of a page, its HTML tables written with pipes, and for each line its number on the page."""
    lines: list[str] = []
    numbers: list[int] = []
    place, number = 0, 1
    while (opened := _OPEN.search(text, place)) and (closed := _CLOSE.search(text, opened.end())):
        before = text[place : opened.start()].split("\n")
        lines += [*before, ""]
        numbers += [*range(number, number + len(before)), number + len(before) - 1]
        number += len(before) - 1
        for offset, row in _rows(text[opened.start() : closed.start()]):
            lines.append(row)
            numbers.append(number + offset)
        number += text.count("\n", opened.start(), closed.end())
        place = closed.end()
    rest = text[place:].split("\n")
    return [*lines, *rest], [*numbers, *range(number, number + len(rest))]


def _rows(table: str) -> Iterator[tuple[int, str]]:
    starts = [match.end() for match in _ROW.finditer(table)]
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(table)], strict=True)):
        cells = [match.end() for match in _CELL.finditer(table, start, end)]
        ends = [match.start() if (match := _END.search(table, cell, end)) else end for cell in cells]
        texts = [table[cell:last] for cell, last in zip(cells, ends, strict=True)]
        plain = [" ".join(each.split()).replace("|", "\\|") for each in texts]
        line = table.count("\n", 0, start)
        yield line, f"| {' | '.join(plain)} |"
        if index == 0:
            yield line, "|" + "---|" * max(len(plain), 1)
