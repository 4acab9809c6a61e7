# The lines of a rendered page to tables, examples and words.
#
# Rules: what a table or an example speaks of is told by the heading above it (the table SECTIONS): headers, path,
# query, body, or a response, whose heading has a status such as `202 Accepted`; what a page says of a response without
# any status is kept under the status "". A table of fields below a heading that says none of this is an error, unless
# the heading names a field: then its rows are below that field. Nothing is understood here.

"""Find the parts of a rendered page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from codegen.dialects import tables
from codegen.dialects.headings import (
    ERROR_LINE,
    HEADING,
    LONGEST,
    NOISE,
    OBJECT,
    OPERATION,
    STATUS,
    STATUS_INSIDE,
    Section,
    section_of,
)
from codegen.dialects.samples import JSON_LANGUAGES, LANGUAGES, curl, json_at, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARE_EXAMPLES = 50
"""Examples without a fence or a label that are looked for on a page."""


class Unreadable(ValueError):
    """A line is not what it has to be."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@define
class Table:
    """A table and what it speaks of."""

    section: Section
    status: str
    shape: tuple[tables.Column, ...]
    lines: list[tuple[int, str]]
    below: str = ""
    """The field its rows are below."""


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
    headers: dict[str, str] = Factory(dict[str, str])
    """Headers that curl commands send."""
    query: list[str] = Factory(list[str])
    intro: list[str] = Factory(list[str])


def scan(lines: Sequence[str], start: int) -> Scan:
    """Everything below the operation's line.

    Raises:
        Unreadable: A line is not what it has to be; says which.
    """
    scanner = _Scanner(lines)
    scanner.run(start)
    return scanner.found


class _Scanner:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.found = Scan()
        self._section: Section = "intro"
        self._status = ""
        self._heading = ""
        self._fields: dict[str, str] = {}
        self._first = ""
        self._second = 0
        self._bare = 0

    def run(self, index: int) -> None:
        if index:
            self._first = self._lines[index - 1].strip()
            index = self._outside(index)
        while index < len(self._lines):
            index = self._line(index)

    def _outside(self, index: int) -> int:
        # The operation may be named inside of a code block: then what follows starts below that.
        opened = ""
        for line in self._lines[:index]:
            fence = match[0] if (match := re.match(r"`{3,}|~{3,}", line.strip())) else ""
            opened = fence if not opened else "" if fence.startswith(opened) else opened
        while opened and index < len(self._lines):
            index += 1
            if self._lines[index - 1].strip().startswith(opened):
                break
        return index

    def _line(self, index: int) -> int:
        line = self._lines[index].strip()
        label = line.lstrip("#").strip().lower()
        shape = tables.columns(line)
        if re.match(r"(`{3,}|~{3,})", line) or (label in LANGUAGES and not line.startswith("#")):
            return self._block(index, label)
        if shape is not None:
            return self._table(index, shape)
        if line[:1] in ("{", "[") and self._section in ("body", "response", "errors"):
            return self._bare_json(index)
        if not line or label in NOISE or re.fullmatch(r"[-*_=]{3,}", line):
            return index + 1
        if not self._heads(index, line):
            self._words(index, line)
        return index + 1

    def _heads(self, index: int, line: str) -> bool:
        # Whether the line is a heading; if so, what is below it is known from here on.
        alone = line.startswith(("#", "**")) or (self._blank(index - 1) and self._blank(index + 1))
        plain = line.strip("#*: \t")
        if len(plain) > LONGEST:
            return False
        if OPERATION.fullmatch(line):
            self._second = self._second or (index + 1 if self._other_operation(line) else 0)
        elif match := STATUS.fullmatch(plain):
            self._respond(match[1], index)
        elif (section := section_of(line)) is not None:
            inside = STATUS_INSIDE.fullmatch(plain)
            if inside and section in ("response", "errors"):
                self._respond(inside[1], index)
            else:
                self._enter(section)
        elif alone and (match := STATUS_INSIDE.fullmatch(plain)):
            self._respond(match[1], index)
        elif line.startswith("#") or (HEADING.fullmatch(line) and alone):
            if self._section not in ("response", "body", "errors") or not self._names_field(plain):
                self._section = "other"
        else:
            return False
        self._heading = plain
        return True

    def _other_operation(self, line: str) -> bool:
        one, two = OPERATION.fullmatch(self._first), OPERATION.fullmatch(line)
        return one is None or two is None or (one[1].lower(), one[2]) != (two[1].lower(), two[2])

    def _names_field(self, heading: str) -> bool:
        match = OBJECT.fullmatch(heading)
        return match is not None and match[1].removesuffix("[]") in self._fields

    def _know(self, path: str) -> None:
        # A field is called by its path and, where no other is called so, by its last name.
        plain = path.removesuffix("[]")
        for name in (plain, plain.rpartition(".")[2]):
            self._fields.setdefault(name, path)

    def _respond(self, status: str, index: int) -> None:
        self._section, self._status = "response", status
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

    def _table(self, index: int, shape: tuple[tables.Column, ...]) -> int:
        start = index + 1
        if (
            not self._blank(start)
            and re.fullmatch(r"[|\s:+-]+", self._lines[start])
            and "-" in self._lines[start]
        ):
            start += 1
        end = start
        while not self._blank(end) and not self._lines[end].startswith("#"):
            end += 1
        rows = [(number + 1, self._lines[number]) for number in range(start, end)]
        below = ""
        typed = "type" in shape or "required" in shape
        if self._section in ("intro", "other"):
            if not typed:
                return end  # of statuses, limits, plans: it states no field
            if self._second:
                message = "a second operation starts here; one page states one"
                raise Unreadable(self._second, message)
            wanted = "Query Parameters, Request Body, Response, 200 OK or the name of a field"
            message = f"a table of fields below {self._heading or 'no heading'!r}"
            raise Unreadable(index + 1, f"{message}; a heading such as {wanted} was expected")
        if self._second and self._section != "errors":
            raise Unreadable(self._second, "a second operation starts here; one page states one")
        if self._names_field(self._heading) and (match := OBJECT.fullmatch(self._heading)):
            below = self._fields[match[1].removesuffix("[]")]
        self.found.tables.append(Table(self._section, self._status, shape, rows, below))
        for _, line in rows:
            if match := re.search(r"[A-Za-z_][\w.\[\]]*", line):
                self._know(match[0])
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

    def _block(self, index: int, label: str) -> int:
        # A code block that has lost its fence: JSON tells its own end; other code ends where the page goes on.
        fence = match[0] if (match := re.match(r"`{3,}|~{3,}", label)) else ""
        language = label.strip("`~").split(" ")[0]
        start = end = index + 1
        while end < len(self._lines) and not (
            self._lines[end].strip().startswith(fence) if fence else self._ends_code(end)
        ):
            end += 1
        code = "\n".join(self._lines[start:end])
        if language in JSON_LANGUAGES or (fence and not language and code.lstrip()[:1] in ("{", "[")):
            value, length = self._json(code, start + 1)
            self._example(start + 1, value)
            end = end if fence else start + code[:length].count("\n") + 1
        elif code.lstrip().startswith("curl"):
            self._curl(code, start + 1)
        elif language == "http" and self._section in ("body", "response", "errors") and "\n\n" in code:
            head, _, rest = code.partition("\n\n")
            if rest.lstrip()[:1] in ("{", "["):
                self._example(start + 1, self._json(rest, start + head.count("\n") + 3)[0])
        return end + 1 if fence else end

    def _ends_code(self, index: int) -> bool:
        raw = self._lines[index]
        line = raw.strip()
        if line.lower() in LANGUAGES:
            return True
        if not self._blank(index - 1) or raw[:1] in ("", " ", "\t") or re.match(r"#[^#]", line):
            return False  # `# 202 Accepted` is a comment of the code
        return section_of(line) is not None or STATUS.fullmatch(line.lstrip("#").strip()) is not None

    def _curl(self, code: str, line: int) -> None:
        try:
            command = curl(code)
        except json.JSONDecodeError as error:
            raise Unreadable(
                line + code.count("\n"), f"JSON was expected as data of curl: {error.msg}"
            ) from error
        for name, value in command.headers.items():
            self.found.headers.setdefault(name, value)
        self.found.query += command.query
        if command.data is not None and self._section not in ("response", "errors"):
            self.found.bodies.append((line, command.data[1]))

    def _json(self, text: str, line: int) -> tuple[Any, int]:
        try:
            return json_at(text)
        except json.JSONDecodeError as error:
            raise Unreadable(line + error.lineno - 1, f"JSON was expected here: {error.msg}") from error
        except ValueError as error:
            raise Unreadable(line, f"JSON was expected here: {error}") from error

    def _example(self, line: int, value: Any) -> None:
        for path in sorted(names_of(value)):
            self._know(path)
        if self._section == "body":
            self.found.bodies.append((line, value))
        elif self._section == "errors":
            self.found.errors.append((line, value))
        elif self._section == "response":
            self.found.responses.setdefault(self._status, Response(line)).examples.append((line, value))
