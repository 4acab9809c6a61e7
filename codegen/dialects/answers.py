# Responses and errors of a rendered page.
#
# Rules: a response is known from its heading, its table, its examples or a row of the table of errors. What the page
# says of a response without a status is that of the first success it names, else of any success (2XX). An error of
# which the page shows only the body has that body at every error status.

"""The responses a rendered page states."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import evolve

from codegen.dialects.cells import cells_of
from codegen.dialects.found import Response, Table, Unreadable
from codegen.dialects.headings import reason
from codegen.dialects.sheet import Sheet, rows_of
from codegen.structure import mark, note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.jsonvalue import Node

_ERROR_ROW = re.compile(r"([1-5][0-9][0-9])[\s:\u2013\u2014-]*(.*)")
_CODE = re.compile(r"[a-z][a-z0-9_.-]+(?=[A-Z]|$)|[A-Z][A-Z0-9_]*_[A-Z0-9_]*(?=[A-Z][a-z]|$)|[A-Z]{3,}$")
_CODE_AND_WORDS = re.compile(r"^([A-Z][A-Z0-9_]+)(?=[A-Z][a-z])")


def responses(sheet: Sheet) -> Node:
    """Every response of the page.

    Raises:
        Unreadable: It states none, or a row of it is not what it has to be.
    """
    listed = _listed(sheet)
    sheet, held = _settled(sheet, next((status for status in listed if status.startswith("2")), ""))
    found: Node = {status or "2XX": _response(sheet, status, each) for status, each in held.items()}
    for status, (line, words) in listed.items():
        if status not in found:
            origin = sheet.origin(f"/response/{status}", line)
            found[status] = mark({"description": words or reason(status)}, origin)
    _error_bodies(sheet, found)
    if not found:
        message = "the page states no response; a heading such as `200 OK` was expected below `Response`"
        raise Unreadable(sheet.end, message)
    return found


def _settled(sheet: Sheet, success: str) -> tuple[Sheet, Mapping[str, Response]]:
    # What is said without a status is put where it belongs.
    held = dict(sheet.scan.responses)
    for table in sheet.scan.tables:
        if table.section.startswith("response") and table.status not in held:
            lines = [number for number, _ in table.lines] or [row.line for row in table.rows]
            held[table.status] = Response(lines[0] if lines else sheet.start)
    first = next((status for status in held if status.startswith("2")), success)
    if first and (unsaid := held.pop("", None)):
        known = held.setdefault(first, unsaid)
        if known is not unsaid:
            held[first] = evolve(known, examples=[*known.examples, *unsaid.examples])
        moved = [
            evolve(table, status=first)
            if table.section.startswith("response") and not table.status
            else table
            for table in sheet.scan.tables
        ]
        sheet = evolve(sheet, scan=evolve(sheet.scan, tables=moved))
    return sheet, held


def _response(sheet: Sheet, status: str, held: Response) -> Node:
    examples = [value for _, value in held.examples]
    rows = sheet.rows("response", examples, status)
    at = f"/response/{status or '2XX'}"
    response: Node = {"description": " ".join(held.words) or reason(status)}
    if rows or examples:
        line = held.examples[0][0] if examples else rows[0].line
        response["content"] = {"application/json": sheet.media(rows, examples, at, request=False, line=line)}
    headers: Node = {}
    for row in sheet.rows("response headers", [], status):
        origin = sheet.origin(f"{at}/header/{row.name}", row.line)
        schema = mark({"type": row.type or "string"}, origin)
        headers[row.name] = mark({"description": row.description, "schema": schema}, origin)
    if headers:
        response["headers"] = headers
    if not status:
        note(response, "the page names no status: any success is taken")
    return mark(response, sheet.origin(at, held.line))


def _listed(sheet: Sheet) -> dict[str, tuple[int, str]]:
    # Status to line and words, of every list and table of errors.
    listed = dict(sheet.scan.stated)
    for table in _tables(sheet, typed=False):
        for line, raw in table.lines:
            cells = cells_of(raw, loose=True)
            text = " ".join(re.sub(r"[`*]+", "", cell).strip() for cell in cells)
            match = _ERROR_ROW.search(text) if len(cells) > 1 else _ERROR_ROW.match(text)
            if match is not None:
                words = _CODE_AND_WORDS.sub(r"\1: ", match[2].strip())
                listed.setdefault(match[1], (line, words))
            elif not listed and "name" in table.shape[:1] and not _CODE.match(cells[0].strip("`* ")):
                raise Unreadable(line, f"a row that starts with a status was expected: {raw[:80]!r}")
    return listed


def _tables(sheet: Sheet, *, typed: bool) -> Iterator[Table]:
    for table in sheet.scan.tables:
        if table.section == "errors" and ("type" in table.shape) == typed:
            yield table


def _error_bodies(sheet: Sheet, found: Node) -> None:
    examples: list[Any] = [value for _, value in sheet.scan.errors]
    rows = [row for table in _tables(sheet, typed=True) for row in rows_of(table, examples)]
    if not rows and not examples:
        return
    line = sheet.scan.errors[0][0] if examples else rows[0].line
    bare = [each for status, each in found.items() if status[0] in "45" and "content" not in each]
    if not bare:
        origin = sheet.origin("/response/default", line)
        bare = [found.setdefault("default", mark({"description": "An error."}, origin))]
    for response in bare:
        media = sheet.media(rows, examples, "/response/error", request=False, line=line)
        response["content"] = {"application/json": media}
