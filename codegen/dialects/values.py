# Tables of values: a word per row and what it means, without a type.
#
# Rules: which field has the values is told by the heading (`Run Statuses`, `Mode values`) or the title of the first
# column (`Status`); the field is a text of that name. Values that the field's own words list stay, the table's come
# after them; a field of which one value alone is said keeps it. Numbers are statuses of HTTP and nobody's values, and
# rows that are not one word and its meaning make it another table.

"""Read tables of values as enumerations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.dialects.cells import cells_of, plain
from codegen.dialects.found import Values
from codegen.jsonvalue import Node, is_node, node_at
from codegen.naming import snake
from codegen.structure import mark, note, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.structure import Origin

_FLAT = re.compile(r"([A-Z][A-Z0-9_]+(?=[A-Z][a-z]|$)|[a-z][a-z0-9_.-]*(?=[A-Z]|$))(.*)")
_VALUE = re.compile(r"[\"'“]?([A-Za-z][\w.:/-]{0,59})[\"'”]?")
_NOISE = frozenset({
    "value", "values", "possible", "available", "allowed", "supported", "valid", "list", "of", "the", "enum",
    "reference", "definitions", "definition", "meaning", "meanings", "options", "option", "all", "known",
    "field", "lifecycle",
})  # fmt: skip
_HEADER = re.compile(r"([A-Z][A-Za-z]{2,20}?)(?:Description|Meaning|Explanation)")


def header(line: str, *, loose: bool) -> str | None:
    """The title of the first column of what may be a table of values; None where the line is no such header."""
    cells = [plain(cell) for cell in cells_of(line, loose=loose)]
    if len(cells) == 1:
        match = _HEADER.fullmatch(line.strip())
        return match[1] if match else None
    wanted = {"description", "meaning", "explanation", "details", "notes", "what it means"}
    return cells[0] if cells[0] and any(each.lower() in wanted for each in cells[1:]) else None


def table(title: str, heading: str, rows: Sequence[tuple[int, str]]) -> Values | None:
    """A table of values; None where its rows are something else."""
    members: list[str] = []
    for _, line in rows:
        cells = cells_of(line, loose=True)
        match = _VALUE.fullmatch(plain(cells[0])) if len(cells) > 1 else _FLAT.fullmatch(cells[0])
        if match is None:
            return None
        members.append(match[1])
    names = [name for said in (heading, title) for name in _names(said)]
    return Values(rows[0][0], tuple(dict.fromkeys(names)), tuple(dict.fromkeys(members))) if rows else None


def _names(said: str) -> list[str]:
    words = [_singular(word) for word in snake(said).split("_") if word and word not in _NOISE]
    return ["_".join(words), words[-1]] if words else []


def _singular(word: str) -> str:
    for plural, one in (("statuses", "status"), ("ies", "y"), ("sses", "ss")):
        if word.endswith(plural):
            return word.removesuffix(plural) + one
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def enumerate_fields(document: Node, tables: Sequence[tuple[Values, Origin]]) -> list[Values]:
    """Give, in place, the texts of a document the values that tables list for fields of their name.

    Returns:
        The tables that are of no field.
    """
    strange: list[Values] = []
    for values, origin in tables:
        fields = _fields(document, values)
        strange += [] if fields else [values]
        for schema in fields:
            held = schema.get("enum", [])
            extra = [each for each in values.members if each not in held]
            schema["enum"] = [*held, *extra]
            mark(schema, origin)
            note(schema, f"its values are those of the table on line {values.line}")
    return strange


def _fields(document: Node, values: Values) -> list[Node]:
    for name in values.names:
        found: list[Node] = []
        for part in parts(document):
            if not is_node(part.value):
                continue
            held = node_at(part.value, "properties") if part.kind == "schema" else {}
            if part.kind == "parameter" and isinstance(part.value.get("name"), str):
                held = {part.value["name"]: part.value.get("schema")}
            named = [_text(schema) for key, schema in held.items() if snake(key) == name]
            found += [text for text in named if text is not None]
        if found:
            return found
    return []


def _text(schema: object) -> Node | None:
    # The text that a field is, null aside; none where one value alone is said of it.
    if not is_node(schema):
        return None
    alternatives = [each for each in schema.get("anyOf", [schema]) if is_node(each)]
    text = next(
        (each for each in alternatives if each.get("type") == "string" and "format" not in each), None
    )
    return None if text is None or len(text.get("enum", ())) == 1 else text
