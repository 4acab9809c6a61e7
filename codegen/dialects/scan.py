# The lines of a rendered page to tables, examples and words.
#
# Rules: what a table or an example speaks of is told by the heading above it (the table SECTIONS): headers, path,
# query, body, or a response, whose heading has a status such as `202 Accepted`; what a page says of a response without
# any status is kept under the status "". A table of fields below a heading that says none of this is an error, unless
# the heading names a field: then its rows are below that field. What is below a heading and states nothing that is kept
# (words where fields are due, a table of something else) is kept as unread. Nothing is understood here.

"""Find the parts of a rendered page."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from codegen.dialects import lists, tables, values
from codegen.dialects.blocks import Block, block_at, opens, outside
from codegen.dialects.cells import cells_of, is_rule
from codegen.dialects.found import Response, Scan, Table, Unreadable
from codegen.dialects.headings import (
    ERROR_LINE,
    HEADING,
    LONGEST,
    NOISE,
    OPERATION,
    STATUS_INSIDE,
    Section,
    bare,
    section_of,
    status_of,
)
from codegen.dialects.known import Fields, Known
from codegen.dialects.samples import json_at, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARE_EXAMPLES = 50
"""Examples without a fence or a label that are looked for on a page."""
_VALUES = 50
"""Tables of values that are kept of a page."""
_OF_REQUEST = re.compile(r"\|?\s*[`*]*(?:Param|Argument|Query)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_OF_FIELDS: tuple[Section, ...] = (
    "header",
    "path",
    "query",
    "body",
    "parameters",
    "response",
    "response headers",
)


def scan(lines: Sequence[str], start: int, found: Scan | None = None, section: Section = "intro") -> Scan:
    """Everything below a line.

    Args:
        lines: The page.
        start: How many lines are above.
        found: What was found already; it grows.
        section: What the first lines speak of.

    Raises:
        Unreadable: A line is not what it has to be; says which.
    """
    scanner = _Scanner(lines, found or Scan(), section)
    scanner.run(start)
    return scanner.found


class _Scanner:
    def __init__(self, lines: Sequence[str], found: Scan, section: Section) -> None:
        self._lines = lines
        self.found = found
        self._section: Section = section
        self._status = ""
        self._heading = ""
        self._fields = Fields()
        self._bare = 0
        self._alone = -2
        """The last line that was a status and nothing else."""

    def run(self, index: int) -> None:
        index = outside(self._lines, index) if index and self._section == "intro" else index
        while index < len(self._lines):
            index = self._line(index)

    def _line(self, index: int) -> int:  # noqa: PLR0911  # one return per kind of line
        line = self._lines[index].strip()
        if opens(self._lines, index):
            return self._block(block_at(self._lines, index))
        loose = index + 1 < len(self._lines) and is_rule(self._lines[index + 1])
        shape = tables.columns(line, loose=loose)
        if shape is not None:
            return self._table(index, shape)
        if (title := values.header(line, loose=loose)) is not None and not self._blank(index + 1):
            return self._values(index, title)
        if line[:1] in ("{", "[") and self._section in ("body", "response", "errors"):
            return self._bare_json(index)
        if not line or line.lstrip("#").strip().lower() in NOISE or re.fullmatch(r"[-*_=]{3,}", line):
            return index + 1
        if (stacked := self._stacked(index)) is not None:
            return stacked
        if not self._heads(index, line):
            self._words(index, line)
        return index + 1

    def _ends(self, index: int) -> bool:
        # Whether a line is a heading, a table or code: what ends any stack of lines.
        line = self._lines[index].strip()
        if not line:
            return False
        if opens(self._lines, index) or line.startswith("#") or section_of(line) or status_of(line):
            return True
        return tables.columns(line, loose=True) is not None or OPERATION.fullmatch(line) is not None

    def _stacked(self, index: int) -> int | None:
        line = self._lines[index].strip()
        if self._section not in _OF_FIELDS or (section_of(line) and not line[:1].islower()):
            return None
        if (row := lists.item(self._lines[index], index + 1)) is not None and self._is_field(row):
            self._rows([row])
            return index + 1
        if (found := lists.stack(self._lines, index, self._ends)) is None:
            return None
        self._rows([found[0]])
        return found[1]

    def _is_field(self, row: tables.Row) -> bool:
        return bool(row.type) or (row.required is not None) or self._section not in ("response", "body")

    def _rows(self, rows: list[tables.Row]) -> None:
        last = self.found.tables[-1] if self.found.tables else None
        if last is None or not last.rows or (last.section, last.status) != (self._section, self._status):
            last = Table(self._section, self._status, ())
            self.found.tables.append(last)
        last.rows += rows
        for row in rows:
            self._know(row.name.lstrip("."))

    def _heads(self, index: int, line: str) -> bool:
        # Whether the line is a heading; if so, what is below it is known from here on.
        alone = line.startswith(("#", "**")) or (self._blank(index - 1) and self._blank(index + 1))
        plain = bare(line)
        if len(plain) > LONGEST:
            return False
        if OPERATION.fullmatch(line):
            pass
        elif (status := status_of(line)) is not None:
            self._respond(status, index)
        elif (section := section_of(line)) is not None:
            inside = STATUS_INSIDE.fullmatch(plain)
            if inside and section in ("response", "errors"):
                self._respond(inside[1], index)
            else:
                self._enter(section)
        elif alone and (match := STATUS_INSIDE.fullmatch(plain)):
            self._respond(match[1], index)
        elif line.startswith("#") or (HEADING.fullmatch(line) and (alone or self._above_table(index, plain))):
            if self._fields.named(plain) is None:
                self._section = "other"
        else:
            return False
        self._heading = plain
        return True

    def _above_table(self, index: int, heading: str) -> bool:
        # A line in title case that has a table soon below it is a heading without blank lines too.
        if " " not in heading or not all(word[0].isupper() for word in heading.split() if len(word) > 3):  # noqa: PLR2004
            return False
        return any(
            tables.columns(each, loose=True) is not None for each in self._lines[index + 1 : index + 4]
        )

    def _know(self, path: str) -> None:
        self._fields.add(Known(path, self._section, self._status))

    def _respond(self, status: str, index: int) -> None:
        # Statuses on lines one below the other are the tabs of examples: the first is the one that is shown.
        tab = self._lines[index].strip() == status
        shown = self._status if tab and self._alone == index - 1 and self._section == "response" else status
        above = index - 1
        while tab and above > self._alone and self._blank(above):
            above -= 1
        if tab and above == self._alone and self._section == "response":
            shown = self._status
        self._alone = index if tab else -2
        self._section, self._status = "response", shown
        self.found.responses.setdefault(status, Response(index + 1))

    def _enter(self, section: Section) -> None:
        if self._section == "errors" and section == "response":
            self._status = next((each for each in self.found.responses if each.startswith("2")), "")
        elif section == "errors":
            self._status = ""
        self._section = section

    def _blank(self, index: int) -> bool:
        return not 0 <= index < len(self._lines) or not self._lines[index].strip()

    def _words(self, index: int, line: str) -> None:
        if self._section == "intro":
            self.found.intro.append(line)
        elif self._section == "errors" and (
            match := ERROR_LINE.fullmatch(re.sub(r"[`*]+", "", line).strip())
        ):
            self.found.stated.setdefault(match[1], (index + 1, match[2].strip()))
        elif self._section == "response" and self._status:
            self.found.responses[self._status].words.append(line)
        elif not is_rule(line) and not _TAG.fullmatch(line):
            self.found.unread.append((index + 1, line))

    def _body_of_table(self, index: int) -> tuple[list[tuple[int, str]], int]:
        start = index + 1
        if start < len(self._lines) and is_rule(self._lines[start]):
            start += 1
        parted = len(cells_of(self._lines[index], loose=start > index + 1)) > 1
        end = start
        while not self._blank(end) and not self._lines[end].startswith("#"):
            line = self._lines[end]
            if parted and "|" not in line and "\t" not in line:
                break  # the page goes on without a blank line
            if not parted and (opens(self._lines, end) or status_of(line) or section_of(line)):
                break
            end += 1
        return [(number + 1, self._lines[number]) for number in range(start, end)], end

    def _values(self, index: int, title: str) -> int:
        rows, end = self._body_of_table(index)
        if (
            len(self.found.values) < _VALUES
            and (found := values.table(title, self._heading, rows)) is not None
        ):
            self.found.values.append(found)
        else:
            self.found.unread += rows
        return end

    def _table(self, index: int, shape: tuple[tables.Column, ...]) -> int:
        rows, end = self._body_of_table(index)
        typed = "type" in shape or "required" in shape
        title = values.header(self._lines[index], loose=True) or ""
        found = (
            None if typed or len(self.found.values) >= _VALUES else values.table(title, self._heading, rows)
        )
        if found is not None and self._section not in ("header", "path", "query", "response headers"):
            self.found.values.append(found)
        if typed and (named := self._fields.named(self._heading)) is not None:
            below, section, status = named
            self.found.tables.append(Table(section, status, shape, rows, below))
            return end
        if self._section == "intro" and _OF_REQUEST.match(self._lines[index].strip()):
            self._section = "parameters"
        if self._section in ("intro", "other"):
            if not typed:  # of statuses, limits, plans: it states no field
                self.found.unread += rows if found is None else []
                return end
            wanted = "Query Parameters, Request Body, Response, 200 OK or the name of a field"
            message = f"a table of fields below {self._heading or 'no heading'!r}"
            raise Unreadable(index + 1, f"{message}; a heading such as {wanted} was expected")
        self.found.tables.append(Table(self._section, self._status, shape, rows))
        names = set(self._fields)
        for number, line in rows:
            with suppress(ValueError):  # that it can't be split is said where it is read
                self._know(tables.split(line, shape, names, number).name.lstrip("."))
        return end

    def _bare_json(self, index: int) -> int:
        self._bare += 1
        if self._bare > _BARE_EXAMPLES:
            return index + 1
        code = "\n".join(self._lines[index:])
        try:
            value, length = json_at(code)
        except ValueError:
            return index + 1
        self._example(index + 1, value)
        return index + code[:length].count("\n") + 1

    def _block(self, block: Block) -> int:
        self.found.words |= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", block.code))
        if (command := block.command) is not None:
            for name, value in command.headers.items():
                self.found.headers.setdefault(name, value)
            self.found.query += command.query
            if command.data is not None and self._section not in ("response", "errors"):
                self.found.bodies.append((block.line, command.data[1]))
        wanted = block.language != "http" or self._section in ("body", "response", "errors")
        for line, value in block.examples if wanted else ():
            self._example(line, value)
        return block.end

    def _example(self, line: int, value: Any) -> None:
        for path in sorted(names_of(value)):
            self._know(path)
        if self._section == "body":
            self.found.bodies.append((line, value))
        elif self._section == "errors":
            self.found.errors.append((line, value))
        elif self._section == "response":
            self.found.responses.setdefault(self._status, Response(line)).examples.append((line, value))
