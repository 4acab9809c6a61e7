# What the scan of a rendered page finds.
#
# Rules: records without an opinion; scan.py fills them, sheet.py, answers.py and values.py read them.

"""Tables, examples and words of a rendered page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, define, frozen

if TYPE_CHECKING:
    from codegen.dialects.headings import Section
    from codegen.dialects.tables import Column, Row


class Unreadable(ValueError):
    """A line is not what it has to be."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@define
class Table:
    """A table, or a list of fields, and what it speaks of."""

    section: Section
    status: str
    shape: tuple[Column, ...]
    lines: list[tuple[int, str]] = Factory(list["tuple[int, str]"])
    below: str = ""
    """The field its rows are below."""
    rows: list[Row] = Factory(list["Row"])
    """Rows that were read already, where it is a list."""


@frozen
class Values:
    """A table of values that some field may have."""

    line: int
    names: tuple[str, ...]
    """What the field may be called, in snake case, the likeliest first."""
    members: tuple[str, ...]


@define
class Response:
    """What a page says of one status."""

    line: int
    words: list[str] = Factory(list[str])
    examples: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])


@define
class Scan:
    """What the lines of a page hold."""

    tables: list[Table] = Factory(list[Table])
    responses: dict[str, Response] = Factory(dict[str, Response])
    bodies: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])
    errors: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])
    """Examples of errors whose status isn't said."""
    stated: dict[str, tuple[int, str]] = Factory(dict[str, "tuple[int, str]"])
    """Errors that are listed: status to line and words."""
    values: list[Values] = Factory(list[Values])
    headers: dict[str, str] = Factory(dict[str, str])
    """Headers that curl commands send."""
    query: list[str] = Factory(list[str])
    intro: list[str] = Factory(list[str])
    words: set[str] = Factory(set[str])
    """Words of the page that may be names of fields."""
    unread: list[tuple[int, str]] = Factory(list["tuple[int, str]"])
    """Lines below a heading that state nothing that is kept."""
