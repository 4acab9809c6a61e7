# What is known of a rendered page, with the two ways it is used: rows of a table, and schemas of fields.
#
# Rules: a row is split with the names of the examples it belongs to; a table and an example that contradict each other
# are an error at the row's line.

"""Rows and schemas of a rendered page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from codegen.dialects import tables
from codegen.dialects.fields import Field, schema_of, tree
from codegen.dialects.found import Scan, Table, Unreadable
from codegen.dialects.samples import names_of
from codegen.jsonvalue import is_list, is_node
from codegen.structure import Origin, mark

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from codegen.dialects.headings import Section
    from codegen.jsonvalue import Node

_MORE = re.compile(r"(?:default|example|possible values|allowed values|range|min|max)\w*\s?:", re.IGNORECASE)
_MOST_LINES = 3


@frozen
class Sheet:
    """A scanned page."""

    file: str
    scan: Scan
    start: int
    """The line that names the operation."""
    end: int
    """The last line."""
    numbers: Sequence[int]
    """For every line the number of the page's line it is from."""

    def origin(self, pointer: str, line: int) -> Origin:
        """A place of the page."""
        return Origin(self.file, pointer, self.numbers[line - 1])

    def rows(self, section: Section, examples: Sequence[Any], status: str = "") -> list[tables.Row]:
        """The rows of every table of a section; of a response, of those of its status."""
        return [
            row
            for table in self.scan.tables
            if (table.section, table.status if section.startswith("response") else "") == (section, status)
            for row in rows_of(table, examples, self.scan.words)
        ]

    def schema(self, field: Field, example: Any, at: str, line: int, *, request: bool) -> Node:
        """The schema of a field.

        Raises:
            Unreadable: Table and example contradict each other.
        """

        def origin(name: str, row: int) -> Origin:
            return self.origin(f"{at}/{name}" if name else at, row or line)

        try:
            return schema_of(field, example, origin, request=request)
        except ValueError as error:
            raise Unreadable(field.row.line if field.row else line, str(error)) from error

    def media(
        self, rows: Sequence[tables.Row], examples: Sequence[Any], at: str, *, request: bool, line: int
    ) -> Node:
        """A body with its schema and examples."""
        example: Any = joined(examples) if examples else {}
        media: Node = {"schema": self.schema(tree(rows), example, at, line, request=request)}
        if len(examples) == 1 or (examples and request):
            media["example"] = examples[0]
        elif examples:
            media["examples"] = {f"example{i}": {"value": each} for i, each in enumerate(examples, 1)}
        return mark(media, self.origin(at, line))


def rows_of(table: Table, examples: Sequence[Any], words: Collection[str] = ()) -> list[tables.Row]:
    """The rows of a table, those below a field under its name.

    Args:
        table: The table.
        examples: Examples of what it describes.
        words: Words of the page that may be names.

    Raises:
        Unreadable: A row can't be split into its cells.
    """
    names = {name for example in examples for name in names_of(example)}
    if table.below:
        below = f"{table.below}."
        inner = {name.removeprefix(below).removeprefix(f"{table.below}[].") for name in names}
        names |= inner
    found = [*table.rows, *_split(table, names, words)]
    if not table.below:
        return found
    return [evolve(row, name=f"{table.below}.{row.name.removeprefix(f'{table.below}.')}") for row in found]


def _split(table: Table, names: Collection[str], words: Collection[str]) -> list[tables.Row]:
    # A row of a flattened table may take several lines: a badge has one of its own, and so has a default.
    found: list[tables.Row] = []
    waiting: list[tuple[int, str]] = []
    failure: tuple[int, str] | None = None
    for number, line in table.lines:
        if found and not waiting and _MORE.match(line.strip()):
            found[-1] = evolve(found[-1], description=f"{found[-1].description} {line.strip()}".strip())
            continue
        waiting.append((number, line.strip()))
        text = line if len(waiting) == 1 else "".join(each for _, each in waiting)
        try:
            found.append(tables.split(text, table.shape, names, waiting[0][0], words))
        except ValueError as error:
            failure = failure or (waiting[0][0], str(error))
            if len(waiting) > _MOST_LINES:
                break
            continue
        waiting, failure = [], None
    if failure is not None:
        raise Unreadable(*failure)
    return found


def joined(examples: Sequence[Any]) -> Any:
    """Several examples as one that has every key."""
    # A value that is not null wins over null.
    first = examples[0]
    for other in examples[1:]:
        if is_node(first) and is_node(other):
            both = {**other, **first}
            first = {
                key: joined([value, other[key]]) if key in first and key in other else value
                for key, value in both.items()
            }
        elif first is None or (is_list(first) and not first and is_list(other)):
            first = other
    return first
