# Cells of tables that still have their tabs or pipes.
#
# Rules: a cell's words count, not its decoration (`code`, **bold**, links, <br>, entities). Where a row has more cells
# than the header, a pipe was meant as a pipe: what follows the type and is a type belongs to it (`string | null`), the
# rest to the last cell. Where it has fewer, the last ones are empty.

"""Rows of tables whose cells are parted."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from codegen.dialects.types import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 2_000
"""Characters of a cell that are looked at closely."""
_MOST = 60
"""Cells of a row that are told apart."""
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:code|b|i|em|strong|sup|sub|span|small|p|a|kbd|nobr|div)(?:\s[^<>]*)?>", re.IGNORECASE
)
_LINK = re.compile(r"!?\[([^\[\]]+)\]\([^()\s]*\)")
_CODE = re.compile(r"[`*]+([^`*]*)[`*]+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")


def is_rule(line: str) -> bool:
    """Whether a line parts the header of a table from its rows: `|---|:-:|`."""
    return "|" in line and len(line) <= LONGEST and _RULE.fullmatch(line) is not None


def cells_of(line: str, *, loose: bool = False) -> list[str]:
    """The cells of a line that still has its tabs or pipes; otherwise the line itself.

    Args:
        line: The line.
        loose: Whether pipes count on a line that doesn't start with one.
    """
    if "\t" in line.strip():
        return [cell.strip() for cell in line.strip("\n\r ").split("\t", _MOST)]
    text = line.strip()
    if text.startswith("|") or (loose and "|" in text):
        inside = text.removeprefix("|")
        inside = inside.removesuffix("|") if not inside.endswith("\\|") else inside
        return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(inside, maxsplit=_MOST)]
    return [text]


def plain(cell: str) -> str:
    """The words of a cell without decoration."""
    text = worded(cell)
    return " ".join(_CODE.sub(r"\1", text).replace("`", "").split())


def worded(cell: str) -> str:
    """A cell as words: without tags and entities, links as their text; code keeps its backticks."""
    text = _TAG.sub("", _BREAK.sub(" ", cell[:LONGEST])) + cell[LONGEST:]
    return " ".join(_ESCAPE.sub(r"\1", _LINK.sub(r"\1", html.unescape(text))).split())


def fitted(cells: Sequence[str], shape: Sequence[str]) -> list[str]:
    """As many cells as the header has.

    Args:
        cells: The row's cells.
        shape: What the header says they are.

    Raises:
        ValueError: There are too many, and no telling where they belong.
    """
    width, kind = len(shape), list(shape).index("type") if "type" in shape else None
    found = list(cells)
    while len(found) > width and kind is not None and kind + 1 < len(found):
        if typed(plain(found[kind + 1])) is None and not plain(found[kind + 1]).startswith('"'):
            break
        found[kind : kind + 2] = [f"{found[kind]} | {found[kind + 1]}"]
    if len(found) > width and shape[-1] not in ("description", "other"):
        raise ValueError(f"{width} cells were expected, {len(cells)} found: {' | '.join(cells)[:80]!r}")
    if len(found) > width:
        found[width - 1 :] = [" | ".join(found[width - 1 :])]
    return found + [""] * (width - len(found))
