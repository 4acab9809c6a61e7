# Lines of a rendered page that lost the break between them.
#
# Rules: text that was taken from HTML may run a line into the next: code into the heading or the label of what follows
# (`});200 OK`, `}'typescript`), the operation into its words (`GET /v1/runsList runs`). Only what can't be meant as one
# is parted: code that ends and goes on as a status, a language or a capitalised heading; an operation whose path, up to
# where it is parted, is one the page sends a request to. Every line keeps the number of the line it was part of.

"""Part lines that were run together."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from codegen.dialects.headings import LONGEST, section_of, status_of
from codegen.dialects.htmltables import tabled
from codegen.dialects.samples import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CODE = re.compile(r"(.*[)}\]'\";])([A-Za-z0-9][^(){}\[\]'\";]*)")
_CLOSED = re.compile(r"[}\])]+;?")
_TITLE = re.compile(r"(?:[A-Z][a-z]+ ?)+")
_OPERATION = re.compile(r"((?:GET|POST|PUT|PATCH|DELETE)\s+)(/[^\s?]*)(.*)")
_BREAK = re.compile(r"(?<=[a-z0-9_}])(?=[A-Z])")
_ADDRESS = re.compile(r"https?://[^\s/\"'`<>]+(/[^\s\"'`?<>\\]*)")
_LONGEST = 2_000
_MOST_ADDRESSES = 200
_PARAMETER = re.compile(r":\w+|\{\w+\}|\$\{[^}]*\}")


def unglued(text: str) -> tuple[list[str], list[int]]:
    """The lines of a page, and for each the number of the line it is from."""
    lines, known = tabled(text)
    found: list[str] = []
    numbers: list[int] = []
    every = (match[1].rstrip("/") for line in lines for match in _ADDRESS.finditer(line[:_LONGEST]))
    paths = list(dict.fromkeys(islice(every, _MOST_ADDRESSES)))
    for number, line in zip(known, lines, strict=True):
        parted = list(_parted(line, paths)) if len(line) <= 4 * LONGEST else [line]
        found += parted
        numbers += [number] * len(parted)
    return found, numbers


def _parted(line: str, paths: Sequence[str]) -> Iterator[str]:
    if (match := _OPERATION.fullmatch(line.strip())) and (end := _end(match[2], match[3], paths)):
        yield match[1] + match[2][:end]
        yield match[2][end:] + match[3]
    elif (match := _CODE.fullmatch(line)) and (
        _starts(match[2].strip()) or (_CLOSED.fullmatch(match[1]) and _TITLE.fullmatch(match[2]))
    ):
        yield match[1]
        yield match[2].strip()
    else:
        yield line


def _end(path: str, rest: str, paths: Sequence[str]) -> int:
    # Where the path ends, if it goes on as words: at the last place that can be its end.
    for match in reversed(list(_BREAK.finditer(path))):
        if " " not in rest and section_of(path[match.start() :] + rest) is None:
            continue
        pattern = _PARAMETER.sub("\0", path[: match.start()])
        pattern = re.escape(pattern).replace("\0", "[^/]+").replace(re.escape("\0"), "[^/]+")
        if any(re.fullmatch(rf".*{pattern}", each) for each in paths):
            return match.start()
    return 0


def _starts(text: str) -> bool:
    return text.lower() in LANGUAGES or status_of(text) is not None or section_of(text) is not None
