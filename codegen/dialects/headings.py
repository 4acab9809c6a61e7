# Headings of rendered pages: what each says of what is below it.
#
# Rules: data, and four questions that are asked of a line. A line that names an operation says nothing else; a heading
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

_OF_FIELDS = r"(?: parameters| params| fields| attributes)?"
SECTIONS: dict[str, Section] = {
    r"(?:request |http )?headers(?: parameters)?": "header",
    r"(?:path|url|route) ?(?:parameters|params|variables)?": "path",
    r"query(?: string)?(?: parameters| params)?|search params": "query",
    r"parameters|params|request parameters|arguments|input parameters": "parameters",
    rf"(?:request )?(?:body|payload){_OF_FIELDS}(?: schema| \(json\))?|request|body schema|request fields": "body",
    r"(?:example|sample) (?:request|body|payload)s?\b.*|(?:request|body) (?:example|sample)s?\b.*": "body",
    r"(?:\w+ )?response headers": "response headers",
    rf"(?:success(?:ful)? )?(?:response|returns|result)s?(?: body| schema| object| format)?{_OF_FIELDS}": "response",
    r"(?:example|sample) responses?\b.*|response (?:example|sample)s?\b.*|success(?:ful)? responses?": "response",
    r"(?:possible |common |http )?errors?(?: (?:codes?|responses?|handling|statuses|status codes|format|body))?"
    r"(?: example| schema)?|(?:http )?(?:status|response) codes|example error(?: response)?s?": "errors",
    r"error response example": "errors",
}
"""Headings, in lower case, and what is below them."""

OPERATION = re.compile(
    r"(?:#+\s*)?(?:endpoint:?\s*)?[`*]*(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[`*]*\s+"
    r"[`*]*(?:https?://[^\s/`]+)?(/[^\s`?*]*)(?:\?[^\s`]*)?[`*]*(?:\s+HTTP/[\d.]+)?\s*",
    re.IGNORECASE,
)
"""A line that names an operation and says nothing else."""
_METHOD = re.compile(r"[`*]*(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[`*]*")
STATUS = re.compile(
    r"(?:(?:http|status|response|status code|code)[\s:]*)?[(`*]*([1-5][0-9][0-9])[)`*]*"
    r"(?:(?:\s*[-\u2013\u2014:(]\s*|\s+)(?-i:[A-Z])[A-Za-z' -]{1,40}\)?)?(?:\s+response)?",
    re.IGNORECASE,
)
STATUS_INSIDE = re.compile(
    r".*\b(?:response|example|error)s?\b.*?[\s(`:]([1-5][0-9][0-9])\b.*", re.IGNORECASE
)
ERROR_LINE = re.compile(r"(?:[-\u2022]\s+)?([1-5][0-9][0-9])\b\s*(?:[-\u2013\u2014:|]\s*)?(.*)")
HEADING = re.compile(r"[A-Z][A-Za-z ]{2,40}")
NOISE = frozenset({"copy", "ask ai", "copy page", "copied", "try it", "expand", "skip to content"})
LONGEST = 100
"""Length of a heading, or of the line that names an operation."""
OBJECT = re.compile(
    r"(?:the )?`?([A-Za-z_][\w.\[\]]*)`?(?: (?:object|fields|properties|item|items|schema|array))?",
    re.IGNORECASE,
)


def section_of(heading: str) -> Section | None:
    """What is below a heading; None where it is no heading of a section."""
    plain = heading.strip("#*`: \t").lower()
    if len(plain) > LONGEST:
        return None
    return next((section for pattern, section in SECTIONS.items() if re.fullmatch(pattern, plain)), None)


def operation(lines: Sequence[str]) -> tuple[int, str, str] | None:
    """Line, method and path of the operation a page is about; None where none is named."""
    for index, line in enumerate(lines):
        if match := OPERATION.fullmatch(line.strip()):
            return index + 1, match[1].lower(), match[2]
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        if (match := _METHOD.fullmatch(line.strip())) and re.fullmatch(r"`?/[^\s`?]+`?", following):
            return index + 2, match[1].lower(), following.strip("`")
    return None


def reason(status: str) -> str:
    """What a status is called; empty where it has no name."""
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return ""
