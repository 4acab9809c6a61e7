# Type cells of a rendered page to schemas.
#
# Rules: a cell is alternatives (`string | null`, `"a" | "b"`, `number or string`), each a word of _WORDS, a format
# (`string (uuid)`, `ISO 8601 string`), an array (`string[]`, `array of objects`, `List<string>`), a map
# (`Record<string, number>`) or an object written out (`{ city?: string }`), in any case. What is none of these has no
# schema; the caller says what it is taken for.

"""Read the type a cell states."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.jsonvalue import Node

_SCHEMAS: tuple[tuple[Node, str], ...] = (
    ({"type": "string"}, "string, str, text, enum, ulid, char, varchar, regex, jwt"),
    ({"type": "number"}, "number, float, double, decimal, numeric, float32, float64"),
    ({"type": "integer"}, "integer, int, long, bigint, short, uint, int32, int64, unix timestamp, epoch"),
    ({"type": "boolean"}, "boolean, bool"),
    ({"type": "object"}, "object, map, dict, dictionary, hash, json object, struct"),
    ({"type": "array", "items": {}}, "array, list"),
    ({}, "any, json, mixed, unknown, any type, *"),
    ({"type": "null"}, "null, none, nil"),
    (
        {"type": "string", "format": "date-time"},
        "datetime, date-time, iso 8601, iso8601, iso 8601 string, iso string, iso 8601 timestamp, iso timestamp",
    ),
    ({"type": "string", "format": "date"}, "date"),
    ({"type": "string", "format": "uuid"}, "uuid, guid"),
    ({"type": "string", "format": "uri"}, "url, uri"),
    ({"type": "string", "format": "email"}, "email"),
    ({"type": "string", "format": "binary"}, "file, binary, blob"),
    ({}, "timestamp"),  # a text or a number: the example tells
)
_WORDS = {word: schema for schema, words in _SCHEMAS for word in words.split(", ")}
_FORMATS = {
    "uuid": "uuid", "uuid4": "uuid", "guid": "uuid", "datetime": "date-time", "date-time": "date-time",
    "iso 8601": "date-time", "iso8601": "date-time", "iso-8601": "date-time", "timestamp": "date-time", "date": "date",
    "uri": "uri", "url": "uri", "email": "email", "int64": "int64", "int32": "int32", "binary": "binary",
    "float": "float", "double": "double",
}  # fmt: skip
_MANY = (
    re.compile(r"(?:array|list|set)\s?<(.+)>", re.IGNORECASE),
    re.compile(r"(?:array|list|set|sequence)\s?\[(.+)\]", re.IGNORECASE),
    re.compile(r"(?:array|list) of (.+?)", re.IGNORECASE),
    re.compile(r"(.+)\[\s?\]"),
    re.compile(r"(\w+) (?:array|list)", re.IGNORECASE),
)
_MAP = re.compile(
    r"(?:(?:record|map|dict|dictionary|object)\s?[<\[]\s?(?:string|str)\s?,\s?(.+)[>\]]|map\[string\](.+))",
    re.IGNORECASE,
)
_ENUM = re.compile(r"enum\s?(?:[<\[](\w+)[>\]])?(?:\s?[(:]\s?(.+?)\)?)?", re.IGNORECASE)
_FORMATTED = re.compile(r"(\w+)\s?(?:[(<·\s]\s?)([^()<>]+?)[)>]?")
_OBJECT = re.compile(r"\{(.*)\}", re.DOTALL)
_MEMBER = re.compile(r"\s*[\"']?([\w$-]+)[\"']?\s*(\?)?\s*:\s*(.+?)\s*", re.DOTALL)
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|-?\d+(?:\.\d+)?|true|false")
_LONGEST = 300


def typed(text: str) -> Node | None:
    """The schema a type cell states; None where it is no type that is known."""
    text = " ".join(text.split()).removesuffix("?").strip()
    if not text or len(text) > _LONGEST:
        return None
    atoms = list(_alternatives(text, ",")) if re.search(r",\s?(?:null|string|number)\b", text) else []
    atoms = atoms if len(atoms) > 1 else list(_alternatives(text))
    literals = [atom for atom in atoms if (len(atoms) > 1 and _LITERAL.fullmatch(atom)) or _quoted(atom)]
    schemas = [_atom(atom) for atom in atoms if atom not in literals]
    if literals:
        schemas.insert(0, _enumeration(literals))
    found = [each for each in schemas if each is not None]
    if len(found) < len(schemas):
        return None
    return next((each for each in found if not each or len(found) == 1), {"anyOf": found})


def _alternatives(text: str, more: str = "") -> Iterator[str]:
    # Parts between `|`, `or`, `/` and what else is asked for that stand in no bracket and no quotes.
    between = re.compile(rf"\s*(?:\|+|/|\bor\b{'|' + more if more else ''})\s*", re.IGNORECASE)
    depth, start, quote = 0, 0, ""
    index = 0
    while index < len(text):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif depth == 0 and (match := between.match(text, index)):
            yield text[start:index].strip()
            index = start = match.end()
            continue
        index += 1
    yield text[start:].strip()


def _quoted(atom: str) -> bool:
    return len(atom) > 1 and atom[0] in "\"'“" and _LITERAL.fullmatch(atom) is not None


def _enumeration(literals: list[str]) -> Node:
    if all(re.fullmatch(r"-?\d+", each) for each in literals):
        return {"type": "integer", "enum": [int(each) for each in literals]}
    return {"type": "string", "enum": list(dict.fromkeys(each.strip("\"'“”") for each in literals))}


def _atom(text: str) -> Node | None:  # noqa: PLR0911  # one form after the other
    if (known := _WORDS.get(text.lower())) is not None:
        return copy.deepcopy(known)
    if (members := _OBJECT.fullmatch(text)) is not None:
        return _written_out(members[1])
    if mapped := _MAP.fullmatch(text):
        inner = typed(mapped[1] or mapped[2])
        return None if inner is None else {"type": "object", "additionalProperties": inner}
    for pattern in _MANY:
        if many := pattern.fullmatch(text):
            return _array(many[1].strip().removeprefix("(").removesuffix(")"))
    if enum := _ENUM.fullmatch(text):
        return _listed(enum[1] or "string", enum[2] or "")
    formatted = _FORMATTED.fullmatch(text)
    if formatted is None or (schema := _WORDS.get(formatted[1].lower())) is None:
        return None
    known_format = _FORMATS.get(formatted[2].strip().lower())
    return {**copy.deepcopy(schema), **({"format": known_format} if known_format else {})}


def _array(inner: str) -> Node | None:
    items = typed(inner)
    if items is None and re.fullmatch(r"[\w ]+", inner):  # `array of objects`, `array of User objects`
        words = inner.split(" ")
        items = typed(words[-1].removesuffix("s"))
        items = {"type": "object"} if items is None and re.fullmatch(r"[A-Z]\w*", inner) else items
    return None if items is None else {"type": "array", "items": items}


def _listed(kind: str, members: str) -> Node | None:
    schema = _WORDS.get(kind.lower())
    if schema is None:
        return None
    found = [each.strip(" \"'`“”") for each in re.split(r"[,|/]|\bor\b", members)]
    values = [each for each in dict.fromkeys(found) if each]
    return {**schema, **({"enum": values} if values and schema.get("type") == "string" else {})}


def _written_out(text: str) -> Node | None:
    # `country: string, city?: string`
    schema: Node = {"type": "object"}
    for part in _members(text):
        match = _MEMBER.fullmatch(part)
        inner = typed(match[3]) if match else None
        if match is None or inner is None:
            return None
        schema.setdefault("properties", {})[match[1]] = inner
        if not match[2]:
            schema.setdefault("required", []).append(match[1])
    return schema


def _members(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for index, character in enumerate(text):
        depth += {"{": 1, "[": 1, "<": 1, "(": 1, "}": -1, "]": -1, ">": -1, ")": -1}.get(character, 0)
        if character in ",;" and depth == 0:
            yield text[start:index]
            start = index + 1
    if text[start:].strip():
        yield text[start:]
