# Dialect `rendered`: the text of a reference page that has no OpenAPI at all.
#
# Rules: the page's first `METHOD /path` line is its operation. What a table or an example block speaks of is told by
# the heading above it (the table SECTIONS): headers, path, query, body, or a response, whose heading is a status such
# as `202 Accepted`. Examples are the page's JSON: blocks under `json`, and the data of a `curl`. They are read as
# JSON, never run or guessed at. A page is read or is an error that names the line.

"""Read a rendered page: tables flattened to text, examples, no OpenAPI."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from attrs import Factory, define

from codegen.dialects import tables
from codegen.dialects.fields import MISSING, Field, schema_of, tree
from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node
from codegen.structure import METHODS, Origin, mark

if TYPE_CHECKING:
    from codegen.sources import Page

STAGE = "read"
Section = Literal["intro", "header", "path", "query", "body", "response", "errors", "other"]

SECTIONS: dict[str, Section] = {
    "headers": "header", "request headers": "header",
    "path parameters": "path", "path": "path", "url parameters": "path",
    "query parameters": "query", "query": "query", "query string": "query",
    "body": "body", "request body": "body", "body parameters": "body", "request": "body",
    "request parameters": "body", "example request": "body", "parameters": "query",
    "response": "response", "response body": "response", "response fields": "response", "responses": "response",
    "errors": "errors", "error responses": "errors", "error codes": "errors", "status codes": "errors",
}  # fmt: skip
"""Headings, in lower case, and what is below them."""

_OPERATION = re.compile(r"#*\s*(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+`?(/[^\s`?]*)`?\s*")
_STATUS = re.compile(r"#*\s*`?([1-5][0-9][0-9])`?(?:\s+(?:[-\u2013\u2014:]\s*)?[A-Z][A-Za-z -]{1,40})?")
_EXAMPLE_RESPONSE = re.compile(r"example responses?\b.*|response example\b.*")
_LANGUAGES = {
    "bash",
    "shell",
    "curl",
    "sh",
    "typescript",
    "javascript",
    "python",
    "json",
    "go",
    "ruby",
    "java",
    "php",
}
_HEADING = re.compile(r"[A-Z][A-Za-z ]{2,40}")
_CURL_HEADER = re.compile(r"""-H\s+["']([A-Za-z0-9-]+):\s*([^"']*)["']""")
_CURL_DATA = re.compile(r"""(?:-d|--data(?:-raw|-binary)?)\s+'""")
_ERROR_ROW = re.compile(r"([1-5][0-9][0-9])\s*(.*)")
_PARAMETER = re.compile(r"\{([^{}/]+)\}|(?<=/):([A-Za-z_]\w*)")


@define
class _Table:
    section: Section
    status: str
    shape: tuple[tables.Column, ...]
    lines: list[tuple[int, str]]


@define
class _Response:
    line: int
    words: list[str] = Factory(list[str])
    examples: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])


@define
class _Scan:
    # What the lines of the page hold, before any of it is understood.
    tables: list[_Table] = Factory(list[_Table])
    responses: dict[str, _Response] = Factory(dict[str, _Response])
    bodies: list[tuple[int, Any]] = Factory(list["tuple[int, Any]"])
    intro: list[str] = Factory(list[str])


def read(page: Page) -> Node:
    """The page's operation as an OpenAPI document, every part marked.

    Raises:
        StageError: A line of the page is not what the dialect expects.
    """
    return _Reader(page).document()


class _Reader:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._lines = page.text.split("\n")
        self._start, self._method, self._path = self._operation()
        self._scan = _Scan()
        self._tables()

    def document(self) -> Node:
        path, method = self._path, self._method
        bodies = [value for _, value in self._scan.bodies]
        security, schemes, headers, content_type = self._headers()
        operation: Node = {"summary": self._summary(), "description": " ".join(self._scan.intro)}
        operation["parameters"] = self._path_parameters() + self._parameters("query") + headers
        rows = self._rows("body", "", bodies)
        if rows or bodies:
            operation["requestBody"] = self._body(rows, bodies, content_type)
        operation["responses"] = self._responses()
        operation["security"] = security
        document: Node = {
            "openapi": "3.1.0",
            "info": {"title": f"{method.upper()} {path}", "version": self._page.fragment.revision},
            "paths": {path: {method: mark(operation, self._origin("", self._start))}},
            "components": {"schemas": {}, "securitySchemes": schemes},
        }
        if server := self._server():
            document["servers"] = [{"url": server}]
        return document

    def _error(self, line: int, message: str, hint: str = "") -> StageError:
        return StageError(STAGE, self._page.where, f"line {line}", message, hint)

    def _origin(self, pointer: str, line: int) -> Origin:
        return Origin(self._page.fragment.file, pointer, line)

    def _operation(self) -> tuple[int, str, str]:
        for number, line in enumerate(self._lines, 1):
            if (match := _OPERATION.fullmatch(line)) and match[1].lower() in METHODS:
                return number, match[1].lower(), match[2]
        hint = "Check the page's dialect in sources.toml, or vendor the page again."
        raise self._error(1, "a line such as `POST /v1/run` was expected; the page has none", hint)

    def _tables(self) -> None:
        section: Section = "intro"
        status = ""
        index = self._start
        while index < len(self._lines):
            line = self._lines[index].strip()
            heading = line.lstrip("#").strip().lower()
            shape = tables.columns(line)
            if line.startswith("```") or (heading in _LANGUAGES and not line.startswith("#")):
                index = self._block(index, heading, section, status)
                continue
            if shape is not None:
                index = self._table(index, shape, section, status)
                continue
            if match := _STATUS.fullmatch(line):
                section, status = "response", match[1]
                self._scan.responses.setdefault(status, _Response(index + 1))
            elif _EXAMPLE_RESPONSE.fullmatch(heading):
                section = "response"
            elif heading in SECTIONS:
                section = SECTIONS[heading]
            elif line.startswith("#") or (
                _HEADING.fullmatch(line) and self._blank(index - 1) and self._blank(index + 1)
            ):
                section = "other"
            elif line and not _OPERATION.fullmatch(line):
                self._words(line, section, status)
            index += 1

    def _blank(self, index: int) -> bool:
        return not 0 <= index < len(self._lines) or not self._lines[index].strip()

    def _words(self, line: str, section: Section, status: str) -> None:
        if section == "intro":
            self._scan.intro.append(line)
        elif section == "response" and status:
            self._scan.responses[status].words.append(line)

    def _table(self, index: int, shape: tuple[tables.Column, ...], section: Section, status: str) -> int:
        start = index + 1
        if (
            start < len(self._lines)
            and re.fullmatch(r"[|\s:-]+", self._lines[start])
            and "|" in self._lines[start]
        ):
            start += 1
        end = start
        while not self._blank(end):
            end += 1
        rows = [(number + 1, self._lines[number]) for number in range(start, end)]
        self._scan.tables.append(_Table(section, status, shape, rows))
        return end

    def _block(self, index: int, opening: str, section: Section, status: str) -> int:
        # A code block that has lost its fence: JSON tells its own end; other code ends where the page goes on.
        fenced, language = opening.startswith("`"), opening.strip("`").split(" ")[0]
        start = end = index + 1
        while end < len(self._lines) and not (
            self._lines[end].startswith("```") if fenced else self._ends_code(end)
        ):
            end += 1
        code = "\n".join(self._lines[start:end])
        if language == "json" or (fenced and not language and code.lstrip().startswith("{")):
            value, length = self._json(code, start + 1)
            self._example(start + 1, value, section, status)
            end = end if fenced else start + code[:length].count("\n") + 1
        elif code.lstrip().startswith("curl") and (data := _CURL_DATA.search(code)):
            self._curl(code, data.end(), start + 1)
        return end + 1 if fenced else end

    def _curl(self, code: str, data: int, line: int) -> None:
        if code[data:].lstrip().startswith(("{", "[")):  # else it is a form, or a file
            value, _ = self._json(code[data:], line + code[:data].count("\n"))
            self._scan.bodies.append((line, value))

    def _json(self, text: str, line: int) -> tuple[Any, int]:
        blank = len(text) - len(text.lstrip())
        try:
            value, length = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text.lstrip())
        except json.JSONDecodeError as error:
            place = line + text[:blank].count("\n") + error.lineno - 1
            raise self._error(place, f"JSON was expected here: {error.msg}") from error
        except (ValueError, RecursionError) as error:
            raise self._error(line, f"JSON was expected here: {error}") from error
        return value, blank + length

    def _ends_code(self, index: int) -> bool:
        raw = self._lines[index]
        line = raw.strip()
        if line.lower() in _LANGUAGES:
            return True
        if not self._blank(index - 1) or raw[:1] in ("", " ", "\t") or re.match(r"#[^#]", line):
            return False  # `# 202 Accepted` is a comment of the code
        heading = line.lstrip("#").strip().lower()
        return (
            heading in SECTIONS or bool(_STATUS.fullmatch(line)) or bool(_EXAMPLE_RESPONSE.fullmatch(heading))
        )

    def _example(self, line: int, value: Any, section: Section, status: str) -> None:
        if section == "body":
            self._scan.bodies.append((line, value))
        elif section == "response" and status:
            self._scan.responses[status].examples.append((line, value))

    def _rows(self, section: Section, status: str, examples: list[Any]) -> list[tables.Row]:
        names = {name for example in examples for name in _names(example)}
        rows: list[tables.Row] = []
        for table in self._scan.tables:
            if (table.section, table.status if section == "response" else "") != (section, status):
                continue
            for number, line in table.lines:
                try:
                    rows.append(tables.split(line, table.shape, names, number))
                except ValueError as error:
                    raise self._error(number, str(error)) from error
        return rows

    def _schema(self, field: Field, example: Any, at: str, line: int, *, request: bool) -> Node:
        def origin(name: str, row: int) -> Origin:
            return self._origin(f"{at}/{name}" if name else at, row or line)

        try:
            return schema_of(field, example, origin, request=request)
        except ValueError as error:
            raise self._error(line, str(error)) from error

    def _summary(self) -> str:
        text = " ".join(self._scan.intro)
        first = re.match(r".+?[.](?=\s|$)", text)
        return first[0].rstrip(".") if first else text or f"{self._method.upper()} {self._path}"

    def _server(self) -> str:
        pattern = re.sub(r"\\\{[^{}]+\\\}|(?<=/):\w+", r"[^/\\s\"'`?]+", re.escape(self._path))
        match = re.search(rf"(https?://[^\s\"'`]+?){pattern}(?=[\s\"'`?\\]|$)", self._page.text)
        return match[1] if match else ""

    def _path_parameters(self) -> list[Node]:
        names = [match[1] or match[2] for match in _PARAMETER.finditer(self._path)]
        rows = {
            row.name.lstrip(":").strip("{}"): row for row in self._rows("path", "", [dict.fromkeys(names)])
        }
        found: list[Node] = []
        for name in names:
            row = rows.get(name)
            line = row.line if row else self._start
            field = Field(row) if row else Field()
            schema = (
                self._schema(field, MISSING, f"/path/{name}", line, request=True)
                if row
                else {"type": "string"}
            )
            found.append(self._parameter(name, "path", row, schema, line))
        return found

    def _parameter(self, name: str, place: str, row: tables.Row | None, schema: Node, line: int) -> Node:
        origin = self._origin(f"/{place}/{name}", line)
        parameter: Node = {
            "name": name,
            "in": place,
            "required": place == "path" or bool(row and row.required),
        }
        if row and row.description:
            parameter["description"] = row.description
        return mark({**parameter, "schema": mark(schema, origin)}, origin)

    def _parameters(self, place: Literal["query"]) -> list[Node]:
        used = re.search(
            re.escape(self._path.split("{")[0].split(":")[0]) + r"[^\s\"'`?]*\?([^\s\"'`]+)", self._page.text
        )
        names = [pair.split("=")[0] for pair in used[1].split("&")] if used else []
        found: list[Node] = []
        for row in self._rows(place, "", [dict.fromkeys(names)]):
            schema = self._schema(Field(row), MISSING, f"/{place}/{row.name}", row.line, request=True)
            found.append(self._parameter(row.name, place, row, schema, row.line))
        return found

    def _headers(self) -> tuple[list[Node], Node, list[Node], str]:
        used = dict(_CURL_HEADER.findall(self._page.text))
        rows = {row.name: row for row in self._rows("header", "", [dict.fromkeys(used)])}
        content_type, schemes, headers = "application/json", dict[str, Any](), list[Node]()
        for name in dict.fromkeys([*rows, *used]):
            row = rows.get(name)
            said = row.description if row else used[name]
            line = row.line if row else self._start
            if name.lower() == "content-type":
                content_type = next(iter(re.findall(r"[a-z]+/[a-z0-9.+-]+", said)), content_type)
            elif name.lower() == "authorization" or re.search(r"api-?key|token", name, re.IGNORECASE):
                title, scheme = _scheme(name, said)
                schemes[title] = mark(scheme, self._origin(f"/header/{name}", line))
            elif row is not None and name.lower() != "accept":
                schema = (
                    self._schema(Field(row), MISSING, f"/header/{name}", line, request=True)
                    if row.type
                    else {"type": "string"}
                )
                headers.append(self._parameter(name, "header", row, schema, line))
        return [{title: []} for title in schemes], schemes, headers, content_type

    def _body(self, rows: list[tables.Row], bodies: list[Any], content_type: str) -> Node:
        line = rows[0].line if rows else self._scan.bodies[0][0]
        root = tree(rows)
        example: Any = _joined(bodies) if bodies else {}
        schema = self._schema(root, example, "/body", line, request=True)
        media: Node = {"schema": schema}
        if bodies:
            media["example"] = bodies[0]
        origin = self._origin("/body", line)
        required = any(row.required for row in rows)
        return mark({"required": required, "content": {content_type: mark(media, origin)}}, origin)

    def _responses(self) -> Node:
        responses: Node = {}
        for status, held in self._scan.responses.items():
            examples = [value for _, value in held.examples]
            rows = self._rows("response", status, examples)
            origin = self._origin(f"/response/{status}", held.line)
            response: Node = {"description": " ".join(held.words)}
            if rows or examples:
                line = held.examples[0][0] if examples else rows[0].line
                example: Any = _joined(examples) if examples else {}
                media: Node = {
                    "schema": self._schema(tree(rows), example, f"/response/{status}", line, request=False)
                }
                if len(examples) == 1:
                    media["example"] = examples[0]
                elif examples:
                    media["examples"] = {f"example{i}": {"value": each} for i, each in enumerate(examples, 1)}
                response["content"] = {"application/json": mark(media, origin)}
            responses[status] = mark(response, origin)
        for table in self._scan.tables:
            if table.section == "errors":
                self._errors(table, responses)
        if not responses:
            hint = "A heading such as `200 OK` was expected below `Response`."
            raise self._error(len(self._lines), "the page states no response", hint)
        return responses

    def _errors(self, table: _Table, responses: Node) -> None:
        for number, line in table.lines:
            match = _ERROR_ROW.match(" ".join(tables.cells_of(line)))
            if match is None:
                raise self._error(number, f"a row that starts with a status was expected: {line[:80]!r}")
            if match[1] not in responses:
                origin = self._origin(f"/response/{match[1]}", number)
                responses[match[1]] = mark({"description": match[2].strip()}, origin)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _scheme(name: str, said: str) -> tuple[str, Node]:
    prefix = said.strip().split(" ")[0] if " " in said.strip() else ""
    if name.lower() != "authorization":
        return "apiKeyAuth", {"type": "apiKey", "in": "header", "name": name}
    if prefix in ("", "Bearer"):
        return "bearerAuth", {"type": "http", "scheme": "bearer"}
    if prefix == "Basic":
        return "basicAuth", {"type": "http", "scheme": "basic"}
    return "apiKeyAuth", {"type": "apiKey", "in": "header", "name": name, "x-key-prefix": f"{prefix} "}


def _names(example: Any, prefix: str = "") -> set[str]:
    if is_list(example):
        return {name for item in example for name in _names(item, f"{prefix}[]" if prefix else "")}
    if not is_node(example):
        return set()
    found: set[str] = set()
    for key, value in example.items():
        path = f"{prefix}.{key}" if prefix else key
        found |= {path, *_names(value, path)}
    return found


def _joined(examples: list[Any]) -> Any:
    # Several examples as one that has every key; a value that is not null wins over null.
    first = examples[0]
    for other in examples[1:]:
        if is_node(first) and is_node(other):
            both = {**other, **first}
            first = {
                key: _joined([value, other[key]]) if key in first and key in other else value
                for key, value in both.items()
            }
        elif first is None:
            first = other
    return first
