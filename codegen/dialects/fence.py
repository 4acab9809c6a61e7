# Fenced code blocks of a page.
#
# Rules (CommonMark): a fence is three or more backticks or tildes at the start of a line; the block ends at a line of
# at least as many of the same and nothing else. Backticks inside a longer fence are text.

"""Find the fenced block of a page that holds its API document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.sources import Page

_OPEN = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`]*?)\s*")
_LANGUAGES = {"yaml", "yml", "json", ""}


@frozen
class Block:
    """A fenced block."""

    info: str
    text: str
    line: int
    """Line of the page its text starts on."""


def blocks(page: Page, stage: str) -> Iterator[Block]:
    """Every fenced block of a page.

    Raises:
        StageError: A fence is never closed.
    """
    lines = page.text.split("\n")
    index = 0
    while index < len(lines):
        opened = _OPEN.fullmatch(lines[index])
        index += 1
        if opened is None:
            continue
        start, fence = index, opened[1]
        close = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*")
        while index < len(lines) and not close.fullmatch(lines[index]):
            index += 1
        if index == len(lines):
            hint = f"Expected a line of {fence} after it; was the page cut off?"
            raise StageError(stage, page.where, f"line {start}", "this code fence is never closed", hint)
        yield Block(opened[2], "\n".join(lines[start:index]) + "\n", start + 1)
        index += 1


def document_block(page: Page, stage: str, mark: re.Pattern[str], wanted: str) -> Block:
    """The one block of a page whose text bears `mark`.

    Args:
        page: The page.
        stage: Named in errors.
        mark: What only the wanted document has.
        wanted: The document in words, for errors.

    Raises:
        StageError: There is none, or more than one.
    """
    found = [
        block
        for block in blocks(page, stage)
        if block.info.split(" ")[0].lower() in _LANGUAGES and mark.search(block.text)
    ]
    if not found:
        hint = "Check the page's dialect in sources.toml, or vendor the page again."
        raise StageError(stage, page.where, "line 1", f"no fenced block holds {wanted}", hint)
    if len(found) > 1:
        message = f"a second fenced block holds {wanted}; the first is on line {found[0].line}"
        raise StageError(
            stage, page.where, f"line {found[1].line}", message, "Vendor one page per operation."
        )
    return found[0]


def heading(page: Page) -> str:
    """The text of a page's first-level heading; empty where it has none."""
    match = re.search(r"^# (?!Source:)(.+?)\s*$", page.text, re.MULTILINE)
    return match[1] if match else ""
