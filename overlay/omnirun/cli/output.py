"""Rows on stdout: as a table for people, as JSON, JSON lines or CSV for programs.

JSON lines and CSV are written row by row, as the rows come, and flushed (at the end, where they would run into a
live display); a table and a JSON array are whole or not there. A ref is never cut: where the terminal is too narrow
for the table, each row becomes a block. Into a pipe the table goes unfolded, a line per row.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from omnirun.cli.rows import STYLES, Row
from omnirun.cli.told import on_terminal
from omnirun.cli.words import fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console, RenderableType

_NOTE = 24  # a note may be folded, to no less than this
_GAP = 2
_NOT_IN_CSV = frozenset({"raw"})


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Output:
    """Where rows go.

    Args:
        form: how they are written.
        columns: of the table, in their order; one that stays empty is left out.
        key: the field that `quiet` prints alone, a line each.
        quiet: print nothing but the key.
    """

    def __init__(
        self, form: Format, columns: Sequence[str], *, key: str = "ref", quiet: bool = False
    ) -> None:
        self._form = form
        self._columns = columns
        self._key = key
        self._quiet = quiet
        self._streams = (quiet or form in (Format.JSONL, Format.CSV)) and not on_display()
        self._rows: list[tuple[int, Row]] = []
        self._csv: csv.DictWriter[str] | None = None

    def add(self, row: Row, place: int = 0) -> None:
        """Take a row; `place` orders those that are not written as they come."""
        if self._streams:
            self._write(row)
            sys.stdout.flush()
        else:
            self._rows.append((place, row))

    def close(self) -> None:
        """Write what is left."""
        rows = [row for _, row in sorted(self._rows, key=lambda placed: placed[0])]
        self._rows.clear()
        if self._quiet or self._form in (Format.JSONL, Format.CSV):
            for row in rows:
                self._write(row)
        elif self._form is Format.JSON:
            write_json([row.record for row in rows])
        elif rows:
            _table(rows, self._columns)
        sys.stdout.flush()

    def _write(self, row: Row) -> None:
        if self._quiet:
            if row.record.get(self._key):
                print(fit(row.record[self._key]))  # noqa: T201 - stdout is where data goes
        elif self._form is Format.CSV:
            self._write_csv(row.record)
        else:
            print(_json(row.record))  # noqa: T201

    def _write_csv(self, record: Mapping[str, Any]) -> None:
        if self._csv is None:
            fields = [name for name in record if name not in _NOT_IN_CSV]
            self._csv = csv.DictWriter(sys.stdout, fields, extrasaction="ignore", lineterminator="\n")
            self._csv.writeheader()
        self._csv.writerow({name: _cell(value) for name, value in record.items()})


def on_display() -> bool:
    """Tell whether data would run into what is drawn live, because both are on one terminal."""
    return on_terminal(sys.stdout) and on_terminal(sys.stderr)


def write_json(value: object) -> None:
    """Write a JSON document."""
    print(_json(value, indent=2))  # noqa: T201


def _json(value: object, indent: int | None = None) -> str:
    """Write JSON in ASCII, so that no terminal obeys what a provider sent; what is no number becomes null."""
    try:
        return json.dumps(value, indent=indent, allow_nan=False, default=str)
    except ValueError:
        return json.dumps(_finite(value), indent=indent, default=str)


def _finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _finite(item) for key, item in cast("dict[str, Any]", value).items()}
        case list() | tuple():
            return [_finite(item) for item in cast("list[Any]", value)]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str() | int() | float() if not isinstance(value, bool):
            return fit(value)
        case _:
            return _json(value)


# ------------------------------------------------------------------------------------------------ items


def write_item(item: Mapping[str, Any]) -> None:
    """Write a record on a line, at once."""
    print(_json(item), flush=True)  # noqa: T201


def write_items(items: Sequence[Mapping[str, Any]], form: Format) -> None:
    """Write records of whatever shape: the columns are all that occur."""
    columns = list(dict.fromkeys(name for item in items for name in item))
    cells = [{name: _cell(value) for name, value in item.items()} for item in items]
    if form is Format.JSON:
        write_json(list(items))
    elif form is Format.JSONL:
        for item in items:
            write_item(item)
    elif form is Format.CSV:
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)
    elif items:
        _table([Row(item, shown) for item, shown in zip(items, cells, strict=True)], columns)
    sys.stdout.flush()


# ------------------------------------------------------------------------------------------------ tables


def console(width: int | None = None) -> Console:
    """Give a console on stdout."""
    from rich.console import Console

    return Console(highlight=False, width=width, soft_wrap=width is not None)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    from rich.cells import cell_len

    cells = [{name: fit(text) for name, text in row.cells.items()} for row in rows]
    used = [name for name in columns if any(row.get(name) for row in cells)]
    widths = {
        name: max(cell_len(text) for text in (name, *(row.get(name, "") for row in cells))) for name in used
    }
    if not on_terminal(sys.stdout):
        wide = console(sum(widths.values()) + _GAP * len(used) + 1)
        with wide.capture() as drawn:
            wide.print(_grid(cells, used, fold=False))
        print(*(line.rstrip() for line in drawn.get().splitlines()), sep="\n")  # noqa: T201
        return
    screen = console()
    *fixed, last = used
    needed = sum(widths[name] + _GAP for name in fixed) + min(widths[last], _NOTE)
    if needed <= screen.width:
        screen.print(_grid(cells, used, fold=True))
    else:
        _blocks(screen, cells, used)


def _grid(cells: Sequence[Mapping[str, str]], columns: Sequence[str], *, fold: bool) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for name in columns:
        foldable = fold and name == columns[-1]
        table.add_column(name, no_wrap=not foldable, overflow="fold" if foldable else "ignore")
    for row in cells:
        table.add_row(*(Text(row.get(name, ""), STYLES.get(row.get(name, ""), "")) for name in columns))
    return table


def _blocks(screen: Console, cells: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    """A row as a block: its first cell on a line of its own, never cut or folded by us, and the others below it."""
    from rich.padding import Padding
    from rich.text import Text

    first, *others = columns
    for row in cells:
        screen.print(Text(row.get(first, ""), "bold"), soft_wrap=True)
        said = [Text(row[name], STYLES.get(row[name], "")) for name in others if row.get(name)]
        if said:
            screen.print(Padding(Text(" · ").join(said), (0, 0, 0, 2)))
