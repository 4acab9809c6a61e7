# Tables of a rendered page, flattened to text.
#
# Rules: a header line is nothing but names of columns run together (`FieldTypeRequiredDescription`), or names parted
# by tabs or pipes. A row runs its cells together too: `providerstringYesProvider slug`. Where the name ends is told by
# the names that are known from the page's examples, longest first; for a name no example has, by the only place at
# which a type (and Yes or No) can follow. A row that can be split in several ways or in none is an error.

"""Split the flattened tables of a rendered page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Column = Literal["name", "type", "required", "default", "description"]

COLUMNS: dict[str, Column] = {
    **dict.fromkeys(
        ("Field", "Name", "Parameter", "Property", "Header", "Key", "Param", "Attribute"), "name"
    ),
    **dict.fromkeys(("Status", "Code"), "name"),
    "Type": "type",
    "Required": "required",
    **dict.fromkeys(("Default", "Default value"), "default"),
    **dict.fromkeys(("Description", "Meaning", "Details", "Notes"), "description"),
}
"""Titles of columns, by what they hold."""

_TITLE = "|".join(sorted((re.escape(title) for title in COLUMNS), key=len, reverse=True))
_HEADER = re.compile(rf"(?:{_TITLE}){{2,}}")
_WORD = r"(?:string|number|integer|int|float|boolean|bool|object|array|any|null|datetime|uuid)"
_ATOM = rf"(?:[Aa]rray<{_WORD}>|array of {_WORD}s?|{_WORD}(?:\[\])*|\"[^\"]*\")"
TYPE = re.compile(rf"{_ATOM}(?:\s*(?:\||\bor\b)\s*{_ATOM})*")
"""What a type cell may say."""

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.\[\]-]*")
_REQUIRED = re.compile(r"Yes|No|yes|no|Required|Optional|✓|✗")
_TRUE = {"Yes", "yes", "Required", "✓"}
_DEFAULT = re.compile(r"-?\d+(?:\.\d+)?|true|false|null|\"[^\"]*\"|'[^']*'|[a-z_]+(?=[A-Z]|$)|—|\u2013|-|")
_CODE = re.compile(r"^`([^`]*)`$")
_PLAIN_START = re.compile(r"[^a-z\[\].|<]|$")


@frozen
class Row:
    """One row of a table, its cells told apart."""

    name: str
    type: str
    required: bool | None
    """None where the table has no such column."""
    default: str
    description: str
    line: int


def columns(line: str) -> tuple[Column, ...] | None:
    """The columns a header line names; None where the line is no header."""
    cells = cells_of(line)
    if len(cells) > 1:
        held: tuple[Column, ...] = tuple(COLUMNS[cell] for cell in cells if cell in COLUMNS)
        return held if len(held) == len(cells) and held[0] == "name" else None
    text = line.strip()
    if not _HEADER.fullmatch(text):
        return None
    titles = re.findall(_TITLE, text)
    found: list[Column] = [COLUMNS[title] for title in titles]
    unique = len(set(found)) == len(found)
    return tuple(found) if unique and found[0] == "name" else None


def cells_of(line: str) -> list[str]:
    """The cells of a line that still has its tabs or pipes; otherwise the line itself."""
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    if line.lstrip().startswith("|"):
        return [_CODE.sub(r"\1", cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
    return [line.strip()]


def split(line: str, shape: Sequence[Column], names: Collection[str], number: int) -> Row:
    """One row, split into its cells.

    Args:
        line: The row.
        shape: The table's columns.
        names: Names that examples have, nested ones with dots (`items[].runId`).
        number: The line of the page.

    Raises:
        ValueError: The row can't be split, or not in one way only; says what was expected.
    """
    cells = cells_of(line)
    if len(cells) == len(shape) and len(cells) > 1:
        return _row(dict(zip(shape, cells, strict=True)), number)
    text = line.strip()
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(name):
            for rest in _splits(text[len(name) :], shape[1:], sure=True):
                return _row({"name": name, **rest}, number)
    longest = _NAME.match(text)
    found: list[dict[Column, str]] = [
        {"name": text[:end], **rest}
        for end in range(1, longest.end() + 1 if longest else 1)
        for rest in _splits(text[end:], shape[1:], sure=False)
    ]
    if not found:
        raise ValueError(f"a row of {', '.join(shape)} was expected: {text[:80]!r}")
    if len(found) > 1:
        ways = ", ".join(repr(each["name"]) for each in found[:4])
        raise ValueError(f"the name could be {ways}; no example on the page tells which: {text[:80]!r}")
    return _row(found[0], number)


def _splits(text: str, shape: Sequence[Column], *, sure: bool) -> Iterator[dict[Column, str]]:
    # `sure`: what was read so far can't end elsewhere, so a description may start with any letter.
    if not shape:
        if not text:
            yield {}
        return
    column, rest = shape[0], shape[1:]
    if column == "description":
        if not rest and (sure or _PLAIN_START.match(text)):
            yield {"description": text.strip()}
        return
    pattern = {"type": TYPE, "required": _REQUIRED, "default": _DEFAULT, "name": _NAME}[column]
    match = pattern.match(text)
    if match is None:
        return
    for inner in _splits(text[match.end() :], rest, sure=sure or column == "required"):
        yield {column: match[0], **inner}
        return


def _row(cells: dict[Column, str], number: int) -> Row:
    required = cells.get("required")
    return Row(
        name=cells["name"],
        type=cells.get("type", ""),
        required=None if required is None else required in _TRUE,
        default=cells.get("default", ""),
        description=cells.get("description", ""),
        line=number,
    )
