# Code of a rendered page, with its fence or without.
#
# Rules: a block opens with a fence, with the name of a language on a line of its own (a label that is left of a lost
# fence), or with a curl command. A fence ends at its like; JSON tells its own end; other code ends where the page goes
# on: at the next label, or after a blank line at a heading. JSON that can't be read is an error at its line.

"""Read the code blocks of a rendered page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from codegen.dialects.found import Unreadable
from codegen.dialects.headings import section_of, status_of
from codegen.dialects.samples import JSON_LANGUAGES, LANGUAGES, Curl, curl, json_at

if TYPE_CHECKING:
    from collections.abc import Sequence

_FENCE = re.compile(r"`{3,}|~{3,}")
_GOES_ON = ("\\", "{", "[", "(", ",", "=")
"""Ends of lines of code that is not over."""
_COMMAND = re.compile(r"\$?\s*curl\s+\S")


@define
class Block:
    """A block of code."""

    language: str
    code: str
    line: int
    """The line its code starts on."""
    end: int
    """How many lines are above what follows it."""
    command: Curl | None = None
    examples: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])
    """JSON of the block, with the line it starts on."""


def opens(lines: Sequence[str], index: int) -> bool:
    """Whether a block of code opens at a line."""
    line = lines[index].strip()
    if _FENCE.match(line) or _COMMAND.match(line):
        return True
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return line.lower() in JSON_LANGUAGES or (line.lower() in LANGUAGES and bool(following))


def outside(lines: Sequence[str], index: int) -> int:
    """The first line from `index` on that is in no fence."""
    opened = ""
    for line in lines[:index]:
        fence = match[0] if (match := _FENCE.match(line.strip())) else ""
        opened = fence if not opened else "" if fence.startswith(opened) else opened
    while opened and index < len(lines):
        index += 1
        if lines[index - 1].strip().startswith(opened):
            break
    return index


def block_at(lines: Sequence[str], index: int) -> Block:
    """The block that opens at a line.

    Raises:
        Unreadable: It holds JSON that can't be read.
    """
    label = lines[index].strip()
    fence = match[0] if (match := _FENCE.match(label)) else ""
    bare = not fence and _COMMAND.match(label) is not None
    language = "" if bare else re.split(r"[\s{,]", label.strip("`~ ").lower(), maxsplit=1)[0]
    start = end = index if bare else index + 1
    while end < len(lines) and not (
        lines[end].strip().startswith(fence) if fence else end > start and _ends(lines, end, bare=bare)
    ):
        end += 1
    code = "\n".join(lines[start:end])
    block = Block(language, code, start + 1, end + 1 if fence else end)
    plain = code.lstrip()
    if language in JSON_LANGUAGES or (fence and not language and plain[:1] in ("{", "[")):
        value, length = _json(code, start + 1)
        block.examples.append((start + 1, value))
        block.end = block.end if fence else start + code[:length].count("\n") + 1
    elif plain.lstrip("$ ").startswith("curl"):
        block.command = _curl(code, start + 1)
    elif language == "http" and "\n\n" in code:
        head, _, rest = code.partition("\n\n")
        if rest.lstrip()[:1] in ("{", "["):
            block.examples.append((start + 1, _json(rest, start + head.count("\n") + 3)[0]))
    return block


def _ends(lines: Sequence[str], index: int, *, bare: bool) -> bool:
    raw = lines[index]
    line = raw.strip()
    if line.lower() in LANGUAGES:
        return True
    above = lines[index - 1].strip()
    if bare and not above.endswith(_GOES_ON) and not line.startswith(("-", "}", "]")):
        return section_of(line) is not None or status_of(line) is not None or not line
    if raw[:1] in ("", " ", "\t") or re.match(r"#[^#]", line):
        return False  # `# 202 Accepted` is a comment of the code
    if above and (above.endswith(_GOES_ON) or not re.match(r"[A-Z0-9]", line)):
        return False
    return section_of(line) is not None or status_of(line) is not None


def _curl(code: str, line: int) -> Curl:
    try:
        return curl(code)
    except json.JSONDecodeError as error:
        message = f"JSON was expected as data of curl: {error.msg}"
        raise Unreadable(line + code.count("\n"), message) from error


def _json(text: str, line: int) -> tuple[Any, int]:
    try:
        return json_at(text)
    except json.JSONDecodeError as error:
        raise Unreadable(line + error.lineno - 1, f"JSON was expected here: {error.msg}") from error
    except ValueError as error:
        raise Unreadable(line, f"JSON was expected here: {error}") from error
