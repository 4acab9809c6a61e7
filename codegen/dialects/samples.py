# Code samples and examples of a rendered page.
#
# Rules: code is never run. JSON is read as JSON; where that fails, comments, trailing commas and `...`, by which pages
# shorten their examples, are taken out and it is read once more. Of a curl command its headers, the query of its
# address and its data are read.

"""Read JSON examples and curl commands."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import Factory, define

from codegen.jsonvalue import is_list, is_node

LANGUAGES = frozenset({
    "bash", "c#", "console", "csharp", "curl", "go", "http", "java", "javascript", "js", "json", "jsonc",
    "kotlin", "node", "node.js", "nodejs", "php", "plaintext", "py", "python", "ruby", "rust", "sh", "shell",
    "swift", "text", "ts", "typescript", "zsh",
})  # fmt: skip
"""Labels above a code block that has lost its fence, in lower case."""
_LONGEST = 200_000
"""Characters of an example or a command that is looked at closely."""
JSON_LANGUAGES = frozenset({"json", "jsonc"})

_HEADER = re.compile(r"""(?:-H|--header)\s+(["'])([A-Za-z0-9-]+):\s*(.*?)\1""")
_DATA = re.compile(r"""(?:-d|--data(?:-raw|-binary|-ascii)?|--json)[ =]?\s*(\$?'|")(?=\s*[{\[])""")
_QUERY = re.compile(r"""https?://[^\s"'`?]{1,500}\?([^\s"'`]+)""")
_SHORTENED = re.compile(
    r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*[\s\S]*?\*/|(?:,\s*)?(?:\.\.\.|\u2026)(?:\s*,)?|,(?=\s*[}\]])'
)


@define
class Curl:
    """What a curl command says."""

    headers: dict[str, str] = Factory(dict[str, str])
    query: list[str] = Factory(list[str])
    """Names of the query parameters."""
    data: tuple[int, Any] | None = None
    """The line its data starts on, counted from the command's, and the data."""


def json_at(text: str) -> tuple[Any, int]:
    """The JSON value a text starts with and where it ends.

    Raises:
        ValueError: There is none; a JSONDecodeError names the place.
    """
    blank = len(text) - len(text.lstrip())
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    try:
        value, length = decoder.raw_decode(text.lstrip())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except ValueError:
        if len(text) > _LONGEST:
            raise
        return _shortened(text)
    return value, blank + length


def _shortened(text: str) -> tuple[Any, int]:
    # Lengths change when something is taken out, so the end is where the brackets of the text are even.
    end = _even(text)
    found: tuple[Any, int] = (json.loads(_relaxed(text[:end]), parse_constant=_no_constant), end)
    return found


def _relaxed(text: str) -> str:
    once = _SHORTENED.sub(lambda match: match[1] or ("," if _between(match[0]) else ""), text)
    return _SHORTENED.sub(lambda match: match[1] or "", once)


def _between(taken: str) -> bool:
    return taken.startswith(",") and taken.endswith(",") and len(taken) > 1


def _even(text: str) -> int:
    depth = 0
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|[{\[]|[}\]]', text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if depth == 0 and match[0] in "}]":
            return match.end()
    return len(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def curl(code: str) -> Curl:
    """Read a curl command.

    Raises:
        ValueError: Its data starts like JSON and is none.
    """
    code = code[:_LONGEST]
    found = Curl(headers={name: value for _, name, value in _HEADER.findall(code)})
    if query := _QUERY.search(code):
        found.query = [pair.split("=")[0] for pair in query[1].split("&")]
    if data := _DATA.search(code):
        rest = code[data.end() :]
        if data[1] == '"':
            rest = re.sub(r"\\([\"\\$`])", r"\1", rest)
        found.data = (code[: data.end()].count("\n"), json_at(rest)[0])
    return found


def names_of(example: Any, prefix: str = "") -> set[str]:
    """The names of all fields of an example, nested ones as tables write them: `items[].runId`."""
    if is_list(example):
        return {name for item in example for name in names_of(item, f"{prefix}[]" if prefix else "")}
    if not is_node(example):
        return set()
    found: set[str] = set()
    for key, value in example.items():
        path = f"{prefix}.{key}" if prefix else key
        found |= {path, *names_of(value, path)}
    return found
