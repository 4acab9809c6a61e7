# What the words of a table cell say about a value.
#
# Rules: only plain forms count. Two or more quoted words in a row enumerate the values, and so does a description that
# is nothing but quoted words; examples (`e.g. "a", "b"`) don't. A default is a word after `default`; null is possible
# where the words say so (`null if ..`, `or null`). What isn't clear is left as words.

"""Enumerations, defaults and nulls in descriptions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from codegen.jsonvalue import Node, is_node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORD = r"(?:\"[^\"]{1,60}\"|“[^”]{1,60}”|`[^`]{1,60}`|'[^' ]{1,60}')"
_BETWEEN = r"(?:\s*,?\s*(?:\bor\b|\band\b)\s*|\s*[,|/]\s*)"
_ONLY = re.compile(
    rf"(?:(?:one of|either|always|possible values|allowed values|values?)\b(?: are| is)?:?\s*)?"
    rf"({_WORD}(?:{_BETWEEN}{_WORD})*)(?:{_BETWEEN}(?:\.{{2,3}}|\u2026|etc))?\.?",
    re.IGNORECASE,
)
_LIST = re.compile(rf"{_WORD}(?:{_BETWEEN}{_WORD})+", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"(?:e\.?g\.?|such as|for example|for instance|like|example:?|examples:?)[,:]?\s*\(?$", re.IGNORECASE
)
_BARE = re.compile(
    r"\b(?i:one of|possible values|allowed values)(?: are)?:?\s+"
    r"([A-Z][A-Z0-9_]+(?:(?:,?\s+or\s+|,\s*|\s*\|\s*)[A-Z][A-Z0-9_]+)+)"
)
_NULL = re.compile(r"(?<!non-)(?<!not )(?<!never )\bnull\b(?=[\s.,;)]|$)", re.IGNORECASE)
_DEFAULTS = (
    re.compile(r"\b[Dd]efaults?(?: value)?\s*(?:is|to|:|=)\s*[\"`'“]?([\w./-]*\w)[\"`'”]?(?=[\s),.;]|$)"),
    re.compile(r"\b[Dd]efaults?(?: value)?\s*(?:is|to|:|=)\s*`?(\[[^\[\]]*\]|\{\})`?"),
    re.compile(r"\b[Dd]efault\s+(?:[\"`'“]([\w./-]+)[\"`'”]|(-?\d+(?:\.\d+)?|true|false))(?=[\s),.;]|$)"),
)
_LONGEST = 2_000
"""Characters of a description that are looked at."""
_NONE = ("", "-", "--", "\u2014", "\u2013", "none", "None", "null", "n/a")


def enumerated(text: str) -> list[str]:
    """The values a description enumerates; empty where it enumerates none."""
    text = _short(text)
    if only := _ONLY.fullmatch(text.strip()):
        return _words(only[1])
    for listed in _LIST.finditer(text):
        if not _EXAMPLE.search(text[: listed.start()].rstrip(" (") + " "):
            return _words(listed[0])
    bare = _BARE.search(text)
    return re.findall(r"[A-Z][A-Z0-9_]+", bare[1]) if bare else []


def _words(text: str) -> list[str]:
    words = [match[0][1:-1].strip("\"'`") for match in re.finditer(_WORD, text)]
    return list(dict.fromkeys(word for word in words if word not in ("null", "")))


def may_be_null(text: str) -> bool:
    """Whether a description says that the value may be null."""
    return _NULL.search(_short(text)) is not None


def _short(text: str) -> str:
    return " ".join(text[:_LONGEST].split())


def default(cell: str, text: str, schema: Node) -> Any:
    """The default that a cell or a description names, as the schema's type; None where there is none."""
    given = cell.strip().strip("`")
    given = given if given[:1] in ("[", "{") else given.strip("\"'`")
    if given in _NONE:
        said = next((match for pattern in _DEFAULTS if (match := pattern.search(_short(text)))), None)
        given = next(filter(None, said.groups()), "") if said else ""
    return _as(given, schema) if given not in _NONE else None


def _as(text: str, schema: Node) -> Any:
    alternatives: list[Node] = schema.get("anyOf", [schema])
    if text[:1] in ("[", "{"):
        return _collection(text, alternatives)
    for each in alternatives:
        kind = each.get("type")
        if kind == "string" and ("enum" not in each or text in each["enum"]):
            return text
        if kind in ("integer", "number", "boolean"):
            try:
                value = json.loads(text.lower())
            except ValueError:
                continue
            if JSON_TYPES[kind](value):
                return value
    return None


def _collection(text: str, alternatives: list[Node]) -> Any:
    # `["web"]`, `{}`
    try:
        value: Any = json.loads(text.replace("'", '"') if '"' not in text else text)
    except (ValueError, RecursionError):
        return None
    for each in alternatives:
        kind = each.get("type")
        if kind not in ("array", "object") or not JSON_TYPES[kind](value):
            continue
        inner: Any = each.get("items")
        wanted = inner.get("type") if is_node(inner) else None
        if kind == "object" or wanted is None or all(JSON_TYPES[wanted](item) for item in value):
            return value
    return None


JSON_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
"""Whether a JSON value is of a type."""
