# Fenced code blocks of a page.
#
# Rules (CommonMark): a fence is three or more backticks or tildes at the start of a line, at most three spaces in
# unless it stands in a component of the page; the block ends at a line of at least as many of the same and nothing
# else. Backticks inside a longer fence are text. Of several blocks that bear the mark, the one whose info string names
# an operation (`yaml openapi.json get /a`) is meant, then one that has `paths` or `webhooks`, then the one below a
# heading `OpenAPI`; one that says the same as another says nothing new; otherwise it isn't clear. A page that has no
# fence at all may be the document itself.

"""Find the fenced block of a page that holds its API document."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from attrs import frozen

from codegen import yamltext
from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.sources import Page

_OPEN = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`]*)")
_HEADING = re.compile(r" {0,3}#{1,6}\s(.*)")
_LANGUAGES = {
    "yaml", "yml", "json", "jsonc", "json5", "openapi", "oas", "text", "txt", "plaintext", "code", "",
}  # fmt: skip
_OPERATION = re.compile(
    r"(?:^|\s)(?:get|put|post|delete|options|head|patch|trace|webhook)\s+\S", re.IGNORECASE
)
_HEAD = 4_000
"""Characters at the start of a page in which its title is looked for."""
_OPENAPI = re.compile(r"openapi\b.*", re.IGNORECASE)
_STATES = re.compile(
    r"""^\s{0,3}(?:\{.*)?["']?(?:paths|webhooks)["']?\s*:|["'](?:paths|webhooks)["']\s*:\s*\{""", re.MULTILINE
)


@frozen
class Block:
    """A fenced block."""

    info: str
    text: str
    line: int
    """Line of the page its text starts on."""
    heading: str
    """The heading above it; empty where there is none."""
    closed: bool
    """Whether the page has its end."""

    @property
    def language(self) -> str:
        """The first word of the info string, in lower case and without decoration: `{.yaml}`, `x-yaml`."""
        word = re.split(r"[\s,:=]", self.info.strip("{} "), maxsplit=1)[0].lower()
        return re.sub(r"^(?:\.|x-|application/)+", "", word.strip("{}"))

    @property
    def names_operation(self) -> bool:
        """Whether the info string names an operation: `yaml openapi.json get /a`."""
        return _OPERATION.search(self.info) is not None


def blocks(page_text: str) -> Iterator[Block]:
    """Every fenced block of a page; one that is never closed goes on to its end."""
    lines = page_text.split("\n")
    index, heading = 0, ""
    while index < len(lines):
        opened = _OPEN.fullmatch(lines[index])
        if opened is None and (title := _HEADING.fullmatch(lines[index])):
            heading = title[1].strip(" #")
        index += 1
        if opened is None:
            continue
        start, indent, fence = index, opened[1], opened[2]
        reach = len(indent.expandtabs(4)) + 3
        close = re.compile(rf"[ \t]{{0,{reach}}}{re.escape(fence[0])}{{{len(fence)},}}\s*")
        while index < len(lines) and not close.fullmatch(lines[index]):
            index += 1
        text = "\n".join(lines[start:index]) + "\n"
        yield Block(
            opened[3].strip(),
            textwrap.dedent(text) if indent else text,
            start + 1,
            heading,
            index < len(lines),
        )
        index += 1


def document_block(page: Page, stage: str, mark: re.Pattern[str], wanted: str) -> Block:
    """The one block of a page whose text bears `mark`.

    Args:
        page: The page.
        stage: Named in errors.
        mark: What only the wanted document has.
        wanted: The document in words, for errors.

    Raises:
        StageError: There is none, more than one that could be meant, or the page ends inside of it.
    """
    every = list(blocks(page.text)) or [whole(page.text)]
    found = candidates(every, mark)
    open_block = next((block for block in every if not block.closed), None)
    if open_block is not None and (not found or open_block in found):
        hint = "Expected a line of as many backticks after it; was the page cut off?"
        message = "this code fence is never closed"
        raise StageError(stage, page.where, f"line {open_block.line - 1}", message, hint)
    if not found:
        hint = "Check the page's dialect in sources.toml, or vendor the page again."
        raise StageError(stage, page.where, "line 1", f"no fenced block holds {wanted}", hint)
    if len(found) > 1 and not _same(found, stage, page.where):
        message = f"a second fenced block holds {wanted}; the first is on line {found[0].line}"
        raise StageError(
            stage, page.where, f"line {found[1].line}", message, "Vendor one page per operation."
        )
    return found[0]


def candidates(every: list[Block], mark: re.Pattern[str]) -> list[Block]:
    """The blocks that bear `mark`; only the likeliest where some are more likely than others."""
    found = [block for block in every if block.language in _LANGUAGES and mark.search(block.text)]
    for likelier in (
        [block for block in found if block.names_operation],
        [block for block in found if _STATES.search(block.text)],
        [block for block in found if _OPENAPI.fullmatch(block.heading)],
    ):
        if likelier and len(found) > 1:
            found = likelier
    return found


def _same(found: list[Block], stage: str, where: str) -> bool:
    # The same document once more, as JSON for example.
    first, *others = [
        yamltext.read(each.text, stage=stage, where=where, first_line=each.line) for each in found
    ]
    return all(each.value == first.value for each in others)


def whole(text: str) -> Block:
    """A page without any fence, as one block."""
    return Block("", text, 1, "", closed=True)


def heading(page: Page) -> str:
    """The text of a page's first-level heading; empty where it has none."""
    # Line by line: an expression over the whole page takes a time that has no bound.
    lines = page.text.split("\n")
    for line in lines:
        if line.startswith("# ") and not line.startswith("# Source:") and line[2:].strip():
            return line[2:].strip()
    start = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or lines[start].strip() != "---" or "---" not in lines[start + 1 :]:
        return ""
    for line in lines[start + 1 : lines.index("---", start + 1)]:
        if line.startswith("title:"):
            return line.removeprefix("title:").strip().strip("\"'")
    return ""
