# Tables of a rendered page, flattened to text.
#
# Rules: a header line is nothing but names of columns run together (`FieldTypeRequiredDescription`), or names parted
# by tabs or pipes; among parted ones a column of another name is taken as more description. A row runs its cells
# together too: `providerstringYesProvider slug`. Where the name ends is told by the names that are known from the
# page's examples, longest first; for a name no example has, by the only place at which a type (and Yes or No) can
# follow. A row that can be split in several ways or in none is an error.

"""Split the flattened tables of a rendered page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Column = Literal[
    "name",
    "type",
    "required",
    "default",
    "description",
    "place",
    "format",
    "example",
    "values",
    "nullable",
    "other",
]

COLUMNS: dict[str, Column] = {
    **dict.fromkeys(
        ("Field", "Name", "Parameter", "Property", "Header", "Key", "Param", "Attribute", "Argument", "Option"), "name"
    ),
    **dict.fromkeys(("Status", "Code", "Status Code", "HTTP Status", "Status code", "HTTP Code"), "name"),
    **dict.fromkeys(("Type", "Data Type", "Data type"), "type"),
    **dict.fromkeys(("Required", "Required?", "Mandatory"), "required"),
    **dict.fromkeys(("Default", "Default value", "Default Value"), "default"),
    **dict.fromkeys(("Description", "Meaning", "Details", "Notes", "Explanation", "Purpose", "Value"), "description"),
    **dict.fromkeys(("In", "Location", "Where"), "place"),
    "Format": "format", "Example": "example", "Nullable": "nullable",
    **dict.fromkeys(("Values", "Allowed values", "Allowed Values", "Possible values", "Enum"), "values"),
}  # fmt: skip
"""Titles of columns, by what they hold."""

_TITLE = "|".join(sorted((re.escape(title) for title in COLUMNS), key=len, reverse=True))
_HEADER = re.compile(rf"(?:{_TITLE}){{2,}}")
_WORD = (
    r"(?:string|number|integer|float|double|int32|int64|int|long|decimal|boolean|bool|object|array|any|null|datetime|"
    r"date-time|timestamp|date|uuid|enum|json|map|file|binary)"
)
_SIMPLE = rf"{_WORD}(?:\s?\((?:{_WORD}|uri|url|email|ISO 8601|ULID|iso8601)\))?(?:\[\])*"
_ATOM = (
    rf"(?:(?:[Aa]rray|[Ll]ist)<{_WORD}>|array\[{_WORD}\]|(?:Record|[Mm]ap)<string, ?{_WORD}>|array of {_WORD}s?|"
    rf"{_SIMPLE}|\"[^\"]*\")"
)
TYPE = re.compile(rf"{_ATOM}(?:\s*(?:\||\bor\b|/)\s*{_ATOM})*\??")
"""What a type cell may say."""

_NAME = re.compile(r"[A-Za-z_$:][A-Za-z0-9_$.\[\]:*-]*")
_REQUIRED = re.compile(
    r"Yes|No|yes|no|Required|Optional|True|False|true|false|required|optional|✓|✗|✔|✅|❌|Conditional"
)
_TRUE = {"Yes", "yes", "Y", "Required", "required", "True", "true", "✓", "✔", "✅"}
_PLACE = re.compile(r"path|query|header|body|cookie|Path|Query|Header|Body|Cookie")
_DEFAULT = re.compile(
    r"-?\d+(?:\.\d+)?|true|false|null|\"[^\"]*\"|'[^']*'|`[^`]*`|[a-z_]+(?=[A-Z]|$)|—|\u2013|-|"
)
_CODE = re.compile(r"[`*]+([^`*]*)[`*]+")
_NESTED = re.compile(r"^(?:&nbsp;|\u00a0|\s|[└├│─┗┣↳→•∟>|-])+(?=[A-Za-z_$`])")
_SUFFIX = re.compile(
    r"\s*(?:\((required|optional|deprecated|nullable)\)|\b(required|optional)\b|(\*)|(\?))\s*$", re.IGNORECASE
)
_LONGEST_NAME = 200
_LONGEST_HEADER = 300
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
    place: str = ""
    """Where a parameter goes, where the table says so."""
    values: str = ""
    """What a cell of allowed values says."""
    nullable: bool = False


def columns(line: str) -> tuple[Column, ...] | None:
    """The columns a header line names; None where the line is no header."""
    cells = cells_of(line)
    if len(cells) > 1:
        titles = [_clean(cell) for cell in cells]
        held = _distinct([COLUMNS.get(title, "other") for title in titles])
        return held if held[0] == "name" and any(column != "other" for column in held[1:]) else None
    text = line.strip()
    if len(text) > _LONGEST_HEADER or not _HEADER.fullmatch(text):
        return None
    titles = re.findall(_TITLE, text)
    found = _distinct([COLUMNS[title] for title in titles])
    told = "other" not in found or {titles[0], *titles[1:2]} <= {
        "Status",
        "Code",
        "Status Code",
        "HTTP Status",
    }
    return found if told and found[0] == "name" else None


def _distinct(found: Sequence[Column]) -> tuple[Column, ...]:
    # A second column of a kind (`Status`, `Code`) is taken as more description.
    return tuple("other" if column in found[:index] else column for index, column in enumerate(found))


def cells_of(line: str) -> list[str]:
    """The cells of a line that still has its tabs or pipes; otherwise the line itself."""
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    if line.lstrip().startswith("|"):
        inside = line.strip().removeprefix("|").removesuffix("|")
        return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inside)]
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
    if len(cells) > 1:
        if len(cells) < len(shape):
            cells += [""] * (len(shape) - len(cells))
        if len(cells) > len(shape):
            raise ValueError(f"{len(shape)} cells were expected, {len(cells)} found: {line.strip()[:80]!r}")
        return _parted(shape, cells, number)
    text = line.strip()
    for end in range(min(len(text), _LONGEST_NAME), 0, -1):
        if (name := text[:end]) in names:
            for rest in _splits(text[len(name) :], shape[1:], sure=True):
                return _row({"name": name, **rest}, number)
    longest = _NAME.match(text)
    found: list[dict[Column, str]] = [
        {"name": text[:end], **rest}
        for end in range(1, min(longest.end(), _LONGEST_NAME) + 1 if longest else 1)
        for rest in _splits(text[end:], shape[1:], sure=False)
    ]
    if not found:
        raise ValueError(f"a row of {', '.join(shape)} was expected: {text[:80]!r}")
    # `statestring"A", "B"`: quoted words are the type only where no other type stands before them.
    worded = [each for each in found if not each.get("type", "").startswith('"')]
    found = worded if worded and len(found) > 1 else found
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
    pattern = {"type": TYPE, "required": _REQUIRED, "default": _DEFAULT, "name": _NAME, "place": _PLACE}.get(
        column
    )
    match = pattern.match(text) if pattern else None
    if match is None:
        return
    for inner in _splits(text[match.end() :], rest, sure=sure or column == "required"):
        yield {column: match[0], **inner}
        return


def _clean(cell: str) -> str:
    return " ".join(_CODE.sub(r"\1", cell[:_LONGEST_HEADER]).replace("\\_", "_").split())


def _parted(shape: Sequence[Column], cells: Sequence[str], number: int) -> Row:
    held: dict[Column, str] = {}
    more: list[str] = []
    for column, cell in zip(shape, cells, strict=True):
        if column in ("other", "example"):
            more += [cell] if column == "other" and cell else []
        else:
            held[column] = cell if column == "description" else _clean(cell)
    raw = _NESTED.match(held["name"])
    name = held["name"][raw.end() :] if raw else held["name"]
    while suffix := _SUFFIX.search(name):
        name = name[: suffix.start()]
        word = (suffix[1] or suffix[2] or suffix[3] or suffix[4]).lower()
        if word in ("required", "*", "optional", "?"):
            held.setdefault("required", "Yes" if word in ("required", "*") else "No")
    kind = held.get("type", "")
    if kind.endswith("?"):
        held.setdefault("required", "No")
    if (
        kind
        and (spelt := kind.removesuffix("?")[:1].lower() + kind.removesuffix("?")[1:])
        and TYPE.fullmatch(spelt)
    ):
        kind = spelt
    held["type"] = kind
    held["name"] = ("." if raw else "") + name.strip()
    held["description"] = ". ".join([*([held["description"]] if held.get("description") else []), *more])
    return _row(held, number)


def _row(cells: dict[Column, str], number: int) -> Row:
    required = cells.get("required")
    return Row(
        name=cells["name"],
        type=cells.get("type", "").removesuffix("?"),
        required=None if required is None else required in _TRUE,
        default=cells.get("default", ""),
        description=cells.get("description", ""),
        line=number,
        place=cells.get("place", "").lower(),
        values=cells.get("values", ""),
        nullable=cells.get("nullable", "") in _TRUE,
    )
