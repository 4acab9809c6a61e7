# Dialect `rendered`: the text of a reference page that has no OpenAPI at all.
#
# Rules: segments.py finds the page's operations by their `METHOD /path` lines, scan.py their tables and examples, and
# here they become an OpenAPI document. Names and their order come from tables, then from examples. Rows of a table of
# parameters go where the table says, into the path if it has the name, else where the method takes them. A page is
# read or is an error that names the line; lines that state nothing that is kept are noted at the operation.

"""Read a rendered page: tables flattened to text, examples, no OpenAPI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen.dialects.answers import responses
from codegen.dialects.fields import MISSING, Field
from codegen.dialects.found import Unreadable
from codegen.dialects.scan import scan
from codegen.dialects.segments import segments
from codegen.dialects.sheet import Sheet
from codegen.dialects.unglue import unglued
from codegen.dialects.values import enumerate_fields
from codegen.errors import StageError
from codegen.jsonvalue import Node
from codegen.structure import mark, note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.dialects.found import Values
    from codegen.dialects.segments import Segment
    from codegen.dialects.tables import Row
    from codegen.sources import Page
    from codegen.structure import Origin

STAGE = "read"
_BODYLESS = ("get", "head", "delete", "options")
_PARAMETER = re.compile(r"\{([^{}/]+)\}|(?<=/):([A-Za-z_]\w*)")
_QUERY = re.compile(r"[?&]([\w.-]+)=")
_KEY_HEADER = re.compile(r"(?:x-)?(?:[\w-]*api-?key|(?:auth|access)-?token|apikey)", re.IGNORECASE)
_BASE = re.compile(r"\b[Bb]ase (?:URL|Url|url)[`*:#\s]{1,20}(https?://[^\s\"'`<>)\]*]{1,300})")
_USUAL = {"accept", "authorization", "content-type", "user-agent"}
"""Headers that every client has its own way to send."""
_MOST_NOTES, _LONGEST_NOTE = 30, 160
_SAID_KEY = re.compile(r"\b(X-[A-Za-z-]*(?:Api-?Key|Token))\b", re.IGNORECASE)
_SAID_SCHEME = re.compile(r"Authorization[\"'`]?\s*[:=]\s*[\"'`]?(Bearer|Basic)\b")


def read(page: Page) -> Node:
    """The page's operation as an OpenAPI document, every part marked.

    Raises:
        StageError: A line of the page is not what the dialect expects.
    """
    lines, numbers = unglued(page.text)
    try:
        return _Reader(page, lines, numbers).document()
    except Unreadable as error:
        line = numbers[min(error.line, len(numbers)) - 1]
        raise StageError(STAGE, page.where, f"line {line}", str(error)) from error


class _Reader:
    def __init__(self, page: Page, lines: list[str], numbers: list[int]) -> None:
        self._page, self._lines, self._numbers = page, lines, numbers

    def document(self) -> Node:
        found = segments(self._lines)
        if not found:
            hint = "Check the page's dialect in sources.toml, or vendor the page again."
            message = "a line such as `POST /v1/run` was expected; the page has none"
            raise StageError(STAGE, self._page.where, "line 1", message, hint)
        document: Node = {
            "openapi": "3.1.0",
            "info": {
                "title": f"{found[0].method.upper()} {found[0].path}",
                "version": self._page.fragment.revision,
            },
            "paths": {},
            "components": {"schemas": {}, "securitySchemes": {}},
        }
        operations: list[tuple[_Operation, Node]] = []
        for segment in found:
            operation = _Operation(self._page, self._lines, self._numbers, segment)
            methods = document["paths"].setdefault(segment.path, {})
            if segment.method in methods:
                message = f"{segment.method.upper()} {segment.path} is stated a second time"
                raise Unreadable(segment.line, message)
            stated = operation.stated(document["components"]["securitySchemes"])
            methods[segment.method] = stated
            operations.append((operation, stated))
            if (server := operation.server()) and "servers" not in document:
                document["servers"] = [{"url": server}]
        strange = enumerate_fields(
            document, [each for operation, _ in operations for each in operation.values()]
        )
        for operation, stated in operations:
            note(stated, *operation.unread(strange))
        return document


class _Operation:
    def __init__(self, page: Page, lines: list[str], numbers: list[int], segment: Segment) -> None:
        self._page = page
        self._start, self._method, self._path = segment.line, segment.method, segment.path
        self._line = lines[segment.line - 1]
        above = [
            line.lstrip("# ").strip()
            for line in lines[: self._start - 1]
            if re.match(r"#+ (?!Source:)", line)
        ]
        self._title = segment.title or (above[0] if above else "")
        self._scan = scan(lines[: segment.end], self._start)
        if segment.shared[1]:
            self._scan = scan(lines[: segment.shared[1]], segment.shared[0], self._scan, "other")
        self._sheet = Sheet(page.fragment.file, self._scan, self._start, segment.end, numbers)
        self._numbers = numbers
        self._known: set[str] = set()
        """Headers and parameters that are stated, in lower case."""

    def stated(self, held: Node) -> Node:
        """The operation, its security schemes added to those that are held."""
        method = self._method
        security, schemes, headers, content_type = self._headers()
        stated: Node = {"summary": self._summary(), "description": " ".join(self._scan.intro)}
        names = [match[1] or match[2] for match in _PARAMETER.finditer(self._path)]
        cookies = [self._with_schema(row, "cookie") for row in self._mixed("cookie", names)]
        stated["parameters"] = self._path_parameters(names) + self._query(names) + headers + cookies
        bodies = [value for _, value in self._scan.bodies]
        rows = self._body_rows(names, bodies)
        if rows or (bodies and method not in _BODYLESS):
            stated["requestBody"] = self._body(rows, bodies, content_type)
        stated["responses"] = responses(self._sheet)
        stated["security"] = security
        self._known |= {
            each["name"].lower() for each in [*stated["parameters"], *schemes.values()] if "name" in each
        }
        held.update({title: scheme for title, scheme in schemes.items() if title not in held})
        return mark(stated, self._sheet.origin("", self._start))

    def unread(self, strange: Sequence[Values]) -> list[str]:
        """What states nothing that is kept: sentences for people, who may have to amend it.

        Args:
            strange: Tables of values that are of no field.
        """
        scan, known = self._scan, self._known
        lines = dict(scan.unread)
        for each in scan.values:
            if each in strange:
                lines[each.line] = f"a table of values ({', '.join(each.members)}) of no field that is stated"
        found = [
            f"line {self._numbers[number - 1]} is not read: {_short(lines[number])}"
            for number in sorted(lines)
        ]
        if len(found) > _MOST_NOTES:
            found[_MOST_NOTES:] = [f"{len(found) - _MOST_NOTES} more lines are not read"]
        sent = [f"the header {name}" for name in scan.headers if name.lower() not in {*known, *_USUAL}]
        sent += [f"the parameter {name}" for name in dict.fromkeys(scan.query) if name.lower() not in known]
        return found + [f"{each} is sent by an example, but stated nowhere" for each in sent]

    def values(self) -> list[tuple[Values, Origin]]:
        """The tables of values, and where they are."""
        return [(each, self._sheet.origin("/values", each.line)) for each in self._scan.values]

    def _mixed(self, place: str, names: list[str]) -> list[Row]:
        # Rows of a table `Parameters`, by their place: what the table says, the path, or what the method has.
        usual = "query" if self._method in _BODYLESS else "body"
        examples: list[Any] = [
            dict.fromkeys([*names, *self._scan.query]),
            *(value for _, value in self._scan.bodies),
        ]
        return [
            row
            for row in self._sheet.rows("parameters", examples)
            if place == (row.place or ("path" if _bare(row.name) in names else usual))
        ]

    def _summary(self) -> str:
        text = " ".join(self._scan.intro)
        first = re.match(r".+?[.](?=\s|$)", text)
        said = first[0].rstrip(".") if first else text
        return self._title or said or f"{self._method.upper()} {self._path}"

    def server(self) -> str:
        """Where the examples send the operation, or what the page calls its base URL; empty where neither is said."""
        pattern = re.sub(r"\\\{[^{}]+\\\}|(?<=/):\w+", r"[^/\\s\"'`?]+", re.escape(self._path))
        match = re.search(rf"(https?://[^\s\"'`]{{1,300}}?){pattern}(?=[\s\"'`?\\]|$)", self._page.text)
        match = match or _BASE.search(self._page.text)
        return match[1].rstrip("/") if match else ""

    def _path_parameters(self, names: list[str]) -> list[Node]:
        every = [
            *self._sheet.rows("path", [dict.fromkeys([*names, *(f":{name}" for name in names)])]),
            *self._mixed("path", names),
        ]
        rows = {_bare(row.name): row for row in every}
        if strangers := [each for name, each in rows.items() if name not in names]:
            message = f"the path parameter {strangers[0].name!r} is not in {self._path}"
            raise Unreadable(strangers[0].line, message)
        found: list[Node] = []
        for name in names:
            row = rows.get(name)
            line = row.line if row else self._start
            schema = (
                self._sheet.schema(Field(row), MISSING, f"/path/{name}", line, request=True)
                if row and row.type
                else {"type": "string"}
            )
            found.append(self._parameter(name, "path", row, schema, line))
        return found

    def _parameter(self, name: str, place: str, row: Row | None, schema: Node, line: int) -> Node:
        origin = self._sheet.origin(f"/{place}/{name}", line)
        parameter: Node = {
            "name": name,
            "in": place,
            "required": place == "path" or bool(row and row.required),
        }
        if row and row.description:
            parameter["description"] = row.description
        return mark({**parameter, "schema": mark(schema, origin)}, origin)

    def _query(self, names: list[str]) -> list[Node]:
        rows = [*self._sheet.rows("query", [dict.fromkeys(self._scan.query)]), *self._mixed("query", names)]
        known = {row.name for row in rows}
        said = [name for name in dict.fromkeys(_QUERY.findall(self._line)) if name not in known]
        return [self._with_schema(row, "query") for row in rows] + [
            self._parameter(name, "query", None, {"type": "string"}, self._start) for name in said
        ]

    def _with_schema(self, row: Row, place: str) -> Node:
        at = f"/{place}/{row.name}"
        schema = (
            self._sheet.schema(Field(row), MISSING, at, row.line, request=True)
            if row.type
            else {"type": "string"}
        )
        return self._parameter(row.name, place, row, schema, row.line)

    def _headers(self) -> tuple[list[Node], Node, list[Node], str]:
        used = self._scan.headers
        every = [*self._sheet.rows("header", [dict.fromkeys(used)]), *self._mixed("header", [])]
        rows = {row.name: row for row in every}
        content_type, schemes, headers = "application/json", dict[str, Any](), list[Node]()
        for name in dict.fromkeys([*rows, *used]):
            row = rows.get(name)
            said = (row.description or row.default) if row else used[name]
            line = row.line if row else self._start
            if name.lower() == "content-type":
                content_type = next(iter(re.findall(r"[a-z]+/[a-z0-9.+-]+", said)), content_type)
            elif name.lower() == "authorization" or _KEY_HEADER.fullmatch(name):
                title, scheme = _scheme(name, used.get(name, said) if " " not in said.strip() else said)
                schemes[title] = mark(scheme, self._sheet.origin(f"/header/{name}", line))
            elif row is not None and name.lower() != "accept":
                headers.append(self._with_schema(row, "header"))
        if not schemes and (match := _SAID_SCHEME.search(self._page.text)):
            title, scheme = _scheme("Authorization", f"{match[1]} <key>")
            line = self._page.text[: match.start()].count("\n") + 1
            schemes[title] = mark(scheme, self._sheet.origin("/header/Authorization", line))
        elif not schemes and (match := _SAID_KEY.search(self._page.text)):
            line = self._page.text[: match.start()].count("\n") + 1
            schemes["apiKeyAuth"] = mark(
                {"type": "apiKey", "in": "header", "name": match[1]},
                self._sheet.origin(f"/header/{match[1]}", line),
            )
        return [{title: []} for title in schemes], schemes, headers, content_type

    def _body_rows(self, names: list[str], bodies: list[Any]) -> list[Row]:
        return [*self._sheet.rows("body", bodies), *self._mixed("body", names)]

    def _body(self, rows: list[Row], bodies: list[Any], content_type: str) -> Node:
        line = rows[0].line if rows else self._scan.bodies[0][0]
        media = self._sheet.media(rows, bodies, "/body", request=True, line=line)
        origin = self._sheet.origin("/body", line)
        required = any(row.required for row in rows)
        return mark({"required": required, "content": {content_type: media}}, origin)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_NOTE else f"{words[:_LONGEST_NOTE]}..."


def _bare(name: str) -> str:
    return name.lstrip(":").strip("{}")


def _scheme(name: str, said: str) -> tuple[str, Node]:
    prefix = said.strip().split(" ")[0].rstrip(":") if " " in said.strip() else ""
    if name.lower() != "authorization":
        return "apiKeyAuth", {"type": "apiKey", "in": "header", "name": name}
    known = re.search(r"\b(Bearer|Basic)\b", said)
    if known and known[1] == "Basic":
        return "basicAuth", {"type": "http", "scheme": "basic"}
    if known or prefix == "" or not re.fullmatch(r".+ [<{\[A-Z].*", said.strip()):
        return "bearerAuth", {"type": "http", "scheme": "bearer"}
    return "apiKeyAuth", {"type": "apiKey", "in": "header", "name": name, "x-key-prefix": f"{prefix} "}
