# Headings of rendered pages: what each says of what is below it.
#
# Rules: data, and the questions that are asked of a line. A line that names an operation says nothing else; a heading
# of a section is one of SECTIONS, whatever decorates it; a heading of a response has a status.

"""Recognise headings, statuses and operations."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Section = Literal[
    "intro",
    "header",
    "path",
    "query",
    "body",
    "parameters",
    "response",
    "response headers",
    "errors",
    "other",
]

_OF_FIELDS = r"(?: parameters| params| fields| attributes| properties| schema| object| format| structure)*"
SECTIONS: dict[str, Section] = {
    r"(?:request |http |required |optional )?headers?(?: parameters| params)?|authorizations": "header",
    r"(?:path|url|uri|route) ?(?:parameters?|params?|variables?)?": "path",
    r"query(?: ?string)?(?: parameters?| params?)?|search params|url query parameters?": "query",
    r"(?:(?:required|optional|request|input) )?(?:parameters|params|arguments)|input": "parameters",
    rf"(?:request |json |http )?(?:body|payload){_OF_FIELDS}(?: \(json\))?|request|request{_OF_FIELDS}": "body",
    r"(?:example|sample) (?:requests?|body|payload|call|usage)\b.*|(?:request|body) (?:example|sample)s?\b.*": "body",
    r"(?:\w+ )?response headers": "response headers",
    rf"(?:success(?:ful)? |json |example )?(?:response|returns?|result|output)s?(?: body)?{_OF_FIELDS}": "response",
    r"(?:example|sample) responses?\b.*|response (?:example|sample)s?\b.*|success(?:ful)? responses?": "response",
    r"(?:possible |common |http )?errors?"
    r"(?: (?:codes?|responses?|handling|statuses|status|format|body|model|object|shape|schema|envelope|structure))*"
    r"(?: example)?|(?:http )?(?:status|response) codes|example error(?: response)?s?|failure responses?": "errors",
    r"error response example": "errors",
}
"""Headings, in lower case, and what is below them."""
_SECTIONS: list[tuple[re.Pattern[str], Section]] = [
    (re.compile(pattern), section) for pattern, section in SECTIONS.items()
]

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
OPERATION = re.compile(
    rf"(?:#+\s*)?(?:\d+\.\s+)?(?:[*_]*(?:endpoint|request|url|route)[*_]*\s*:?[*_]*\s*)?[`*]*({_METHODS})[`*:]*\s+"
    r"[`*]*(?:https?://[^\s/`]+)?(/[^\s`?*]*)(?:\?[^\s`]*)?[`*]*(?:\s+HTTP/[\d.]+)?\s*",
    re.IGNORECASE,
)
"""A line that names an operation and says nothing else."""
_METHOD = re.compile(rf"(?:<[^<>]+>)?[`*]*({_METHODS})[`*]*(?:</[^<>]+>)?")
_PATH = re.compile(r"[`*]*(?:https?://[^\s/`]+)?(/[^\s`?*]+)[`*]*")
_MOST_PIECES = 40
_REASON = r"(?:(?:\s*[-\u2013\u2014:(]\s*|\s+)(?-i:[A-Z])[A-Za-z' -]{1,40}\)?)?"
STATUS = re.compile(
    rf"(?:(?:http(?:/[\d.]+)?|status|response|status code|code)[\s:]*)?[(`*]*([1-5][0-9][0-9])[)`*]*{_REASON}"
    r"(?:\s*[-\u2013\u2014:]?\s*(?:application|text)/[\w.+-]+)?(?:\s+response)?(?:\s*[(\[][^()\[\]]{1,60}[)\]])?:?",
    re.IGNORECASE,
)
STATUS_INSIDE = re.compile(
    r".*\b(?:response|example|error|success)s?\b.*?[\s(`:]([1-5][0-9][0-9])\b.*", re.IGNORECASE
)
ERROR_LINE = re.compile(r"(?:[-\u2022]\s+)?([1-5][0-9][0-9])\b\s*(?:[-\u2013\u2014:|]\s*)?(.*)")
HEADING = re.compile(r"[A-Z][A-Za-z ]{2,40}")
TITLE = re.compile(r"[A-Z][\w' /()-]{2,60}")
NOISE = frozenset({
    "copy", "ask ai", "copy page", "copied", "try it", "expand", "skip to content", "expand all", "\u200b", "curl",
})  # fmt: skip
LONGEST = 100
"""Length of a heading, or of the line that names an operation."""
OBJECT = re.compile(
    r"(?:the )?`?([A-Za-z_][\w.\[\]]*)`?(?: (?:object|fields|properties|item|items|schema|array|parameters|options))?",
    re.IGNORECASE,
)


def bare(heading: str) -> str:
    """The words of a heading."""
    return re.sub(r"\s*(?:\{#[^{}]*\}|\[\u200b?\]\([^()]*\)|\u200b|\u00b6)", "", heading).strip("#*_`: \t")


def section_of(heading: str) -> Section | None:
    """What is below a heading; None where it is no heading of a section."""
    plain = bare(heading).lower()
    if len(plain) > LONGEST:
        return None
    for text in (plain, re.sub(r"\s*\([^()]*\)$|^\d+\.\s+", "", plain).strip("*_` ")):
        for pattern, section in _SECTIONS:
            if pattern.fullmatch(text):
                return section
    return None


def status_of(heading: str) -> str | None:
    """The status a heading of a response names; None where it is no such heading."""
    plain = bare(heading).replace("**", "").replace("`", "")
    match = STATUS.fullmatch(plain) if len(plain) <= LONGEST else None
    return match[1] if match else None


def method_and_path(lines: Sequence[str], index: int) -> tuple[int, str, str] | None:
    """Index of the path, method and path of the operation a line starts to name; None where it names none."""
    line = lines[index].strip()
    if len(line) > 2 * LONGEST:
        return None
    if match := OPERATION.fullmatch(line):
        return index, match[1].lower(), match[2]
    if _METHOD.fullmatch(line):
        following = index + 1
        while following < len(lines) and not lines[following].strip() and following - index <= 2:  # noqa: PLR2004
            following += 1
        below = lines[following].strip() if following < len(lines) else ""
        if match := _PATH.fullmatch(below):
            return following, _METHOD.sub(r"\1", line).lower(), match[1]
        if below == "/":
            return _in_pieces(lines, following, _METHOD.sub(r"\1", line).lower())
    return None


def _in_pieces(lines: Sequence[str], index: int, method: str) -> tuple[int, str, str] | None:
    # A path whose slashes and segments stand on lines of their own.
    path, last = "", index
    for following in range(index, min(len(lines), index + _MOST_PIECES)):
        text = lines[following].strip()
        if not text:
            continue
        if _METHOD.fullmatch(text) or not (
            text == "/" if not path or path[-1] != "/" else re.fullmatch(r"[\w{}:.*-]+", text)
        ):
            break
        path, last = path + text, following
    return (last, method, path) if len(path) > 1 and not path.endswith("/") else None


def operation(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """Line, method and path of the first operation a page names; None where none is named."""
    for index in range(len(lines)):
        if (named := method_and_path(lines, index)) is not None:
            return named[0] + 1, *named[1:]
    return None


def reason(status: str) -> str:
    """What a status is called; empty where it has no name."""
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return ""
