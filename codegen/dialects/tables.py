# Tables of a rendered page, flattened to text or not.
#
# Rules: a header line is nothing but names of columns run together (`FieldTypeRequiredDescription`), or names parted
# by tabs or pipes; among parted ones a column of another name is taken as more description. A flattened row runs its
# cells together too: `providerstringYesProvider slug`. Where the name ends is told by the names that are known from the
# page's examples, longest first; for a name no example has, by the only place at which a type (and Yes or No) can
# follow, and of several such places by the words of the page. A row that can be split in several ways or in none is an
# error. Badges count: `brandrequiredstring`, `name *`.

"""Split the tables of rendered pages into rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from codegen.dialects.cells import cells_of, fitted, plain, worded

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
    "optional",
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
_LOWER: dict[str, Column] = {
    **{title.lower(): column for title, column in COLUMNS.items()},
    **dict.fromkeys(
        (
            "field name", "parameter name", "property name", "header name", "fields", "parameters", "key name",
            "body parameter", "query parameter", "path parameter", "url parameter", "variable", "member",
            "attribute name",
        ), "name",
    ),
    **dict.fromkeys(("value type", "schema", "types"), "type"),
    **dict.fromkeys(("req", "req.", "is required", "optional/required", "required/optional", "presence"), "required"),
    **dict.fromkeys(("comment", "comments", "remarks", "info", "desc", "summary", "note"), "description"),
    **dict.fromkeys(("optional", "optional?"), "optional"), "defaults": "default",
    **dict.fromkeys(("allowed", "options", "possible value", "enum values"), "values"),
}  # fmt: skip
"""The same in lower case, with titles that only parted headers have."""

_TITLE = "|".join(sorted((re.escape(title) for title in COLUMNS), key=len, reverse=True))
_HEADER = re.compile(rf"(?:{_TITLE}){{2,}}")
_WORD = (
    r"(?:string|number|integer|float|double|int32|int64|int|long|decimal|boolean|bool|object|array|any|null|datetime|"
    r"date-time|timestamp|date|uuid|enum|json|map|file|binary)"
)
_SIMPLE = rf"{_WORD}(?:\s?\((?:{_WORD}|uri|url|email|ISO 8601|ULID|iso8601)\))?(?:\[\])*"
_ATOM = (
    rf"(?:(?:[Aa]rray|[Ll]ist|enum)<{_WORD}>|array\[{_WORD}\]|(?:Record|[Mm]ap)<string, ?{_WORD}>|array of {_WORD}s?|"
    rf"{_SIMPLE}|\"[^\"]*\")"
)
TYPE = re.compile(rf"{_ATOM}(?:\s*(?:\||\bor\b|/)\s*{_ATOM})*\??")
"""What a type cell of a flattened row may say."""
_CAPITAL = re.compile(TYPE.pattern, re.IGNORECASE)

_NAME = re.compile(r"[A-Za-z_$:@][A-Za-z0-9_$.\[\]:*@-]*")
_REQUIRED = re.compile(
    r"Yes|No|yes|no|Required|Optional|True|False|true|false|required|optional|✓|✗|✔|✅|❌|Conditional"
)
_TRUE = {"yes", "y", "required", "true", "✓", "✔", "✅", "always", "mandatory", "x", "●", "☑"}
_PLACE = re.compile(r"path|query|header|body|cookie|Path|Query|Header|Body|Cookie")
_DEFAULT = re.compile(
    r"-?\d+(?:\.\d+)?|true|false|null|\[[^\]]*\]|\{[^}]*\}|\"[^\"]*\"|'[^']*'|`[^`]*`|[a-z_]+(?=[A-Z]|$)|--|—|\u2013|-|"
)
_NESTED = re.compile(r"^(?:&nbsp;|\u00a0|\s|[└├│─┗┣↳→•∟>|-])+(?=[A-Za-z_$`])")
_SUFFIX = re.compile(
    r"\s*(?:\((required|optional|deprecated|nullable)\)|\b(required|optional|nullable)\b|(\*)|(\?))\s*$",
    re.IGNORECASE,
)
_BADGE = re.compile(r"\s*(required|optional)\s*")
_BADGED = re.compile(r"(?:required|optional)$")
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


def columns(line: str, *, loose: bool = False) -> tuple[Column, ...] | None:
    """The columns a header line names; None where the line is no header.

    Args:
        line: The line.
        loose: Whether pipes count on a line that doesn't start with one.
    """
    cells = cells_of(line, loose=loose)
    if len(cells) > 1:
        titles = [plain(cell).lower() for cell in cells]
        held = _distinct([_LOWER.get(each, "other") for each in titles])
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


def split(
    line: str, shape: Sequence[Column], names: Collection[str], number: int, words: Collection[str] = ()
) -> Row:
    """One row, split into its cells.

    Args:
        line: The row.
        shape: The table's columns.
        names: Names that examples have, nested ones with dots (`items[].runId`).
        number: The line of the page.
        words: Words of the page that may be names, asked where nothing else tells.

    Raises:
        ValueError: The row can't be split, or not in one way only; says what was expected.
    """
    cells = cells_of(line, loose=True)
    if len(cells) > 1 and (
        "\t" in line or line.lstrip().startswith("|") or line.count("|") >= len(shape) - 1
    ):
        return _parted(shape, fitted(cells, shape), number)
    text = line.strip()
    for end in range(min(len(text), _LONGEST_NAME), 0, -1):
        if (name := text[:end]) in names:
            for rest in _splits(text[len(name) :], shape[1:], sure=True):
                return _row({"name": name, **rest}, number)
    found = _ways(text, shape, TYPE) or _ways(text, shape, _CAPITAL)
    if not found:
        raise ValueError(f"a row of {', '.join(shape)} was expected: {text[:80]!r}")
    # `statestring"A", "B"`: quoted words are the type only where no other type stands before them.
    worded_types = [each for each in found if not each.get("type", "").startswith('"')]
    found = worded_types if worded_types and len(found) > 1 else found
    badged = [each for each in found if "required" in each]
    if badged and "required" not in shape:  # `languageoptionalstring`: a badge is no part of the name
        found = [each for each in found if each in badged or not _BADGED.search(each["name"])]
    if len(found) > 1:
        known = [each for each in found if each["name"] in words]
        found = known if len(known) == 1 else found
    if len(found) > 1:
        ways = ", ".join(repr(each["name"]) for each in found[:4])
        raise ValueError(f"the name could be {ways}; no example on the page tells which: {text[:80]!r}")
    return _row(found[0], number)


def _ways(text: str, shape: Sequence[Column], kind: re.Pattern[str]) -> list[dict[Column, str]]:
    longest = _NAME.match(text)
    return [
        {"name": text[:end], **rest}
        for end in range(1, min(longest.end(), _LONGEST_NAME) + 1 if longest else 1)
        for rest in _splits(text[end:], shape[1:], sure=False, kind=kind)
    ]


def _splits(
    text: str, shape: Sequence[Column], *, sure: bool, kind: re.Pattern[str] = TYPE
) -> Iterator[dict[Column, str]]:
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
    badge = _BADGE.match(text) if column == "type" and "required" not in rest else None
    if badge is not None and (match := kind.match(text, badge.end())):
        for inner in _splits(text[match.end() :], rest, sure=True, kind=kind):
            yield {"type": match[0], "required": badge[1], **inner}
            return
    pattern = {"type": kind, "required": _REQUIRED, "default": _DEFAULT, "name": _NAME, "place": _PLACE}.get(
        column
    )
    match = pattern.match(text) if pattern else None
    if match is None:
        return
    for inner in _splits(text[match.end() :], rest, sure=sure or column == "required", kind=kind):
        yield {column: match[0], **inner}
        return


def _parted(shape: Sequence[Column], cells: Sequence[str], number: int) -> Row:
    held: dict[Column, str] = {}
    more: list[str] = []
    for column, cell in zip(shape, cells, strict=True):
        if column in ("other", "example"):
            more += [worded(cell)] if column == "other" and cell else []
        else:
            held[column] = worded(cell) if column == "description" else plain(cell)
    raw = _NESTED.match(held["name"]) or _NESTED.match(cells[list(shape).index("name")])
    name = held["name"]
    name = _NESTED.sub("", name) if raw else name
    while suffix := _SUFFIX.search(name):
        name = name[: suffix.start()]
        word = (suffix[1] or suffix[2] or suffix[3] or suffix[4]).lower()
        if word in ("required", "*", "optional", "?"):
            held.setdefault("required", "Yes" if word in ("required", "*") else "No")
    kind = held.get("type", "")
    while suffix := _SUFFIX.search(kind):
        kind = kind[: suffix.start()].rstrip(" ,")
        word = (suffix[1] or suffix[2] or suffix[3] or suffix[4]).lower()
        if word in ("required", "optional", "?"):
            held.setdefault("required", "Yes" if word == "required" else "No")
        if word == "nullable":
            held["nullable"] = "Yes"
    if "optional" in held:
        held.setdefault("required", "No" if said(held["optional"]) else "Yes")
    held["type"] = kind
    held["name"] = ("." if raw else "") + name.strip().removesuffix(":").strip("\"'")
    held["description"] = ". ".join([*([held["description"]] if held.get("description") else []), *more])
    return _row(held, number)


def _row(cells: dict[Column, str], number: int) -> Row:
    required = cells.get("required")
    return Row(
        name=cells["name"],
        type=cells.get("type", "").removesuffix("?"),
        required=None if required is None else said(required),
        default=cells.get("default", ""),
        description=cells.get("description", ""),
        line=number,
        place=cells.get("place", "").lower(),
        values=cells.get("values", ""),
        nullable=said(cells.get("nullable", "")),
    )


def said(cell: str) -> bool:
    """Whether a cell says yes."""
    return re.split(r"[\s,.;:*(]", cell.strip().lower(), maxsplit=1)[0] in _TRUE
