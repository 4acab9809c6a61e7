# YAML text to plain values, and back.
#
# Rules: a value is dict, list, str, int, float, bool or None and nothing else: scalars follow the YAML 1.2 core
# schema, so a date, `yes` or `12:30` stays the string it is. Text is read as events, without recursion, and is
# bounded: depth, values, values after aliases are expanded. The line of every value is kept, by JSON pointer.
# What is written reads the same under YAML 1.1 and 1.2: every string that isn't plainly a string is quoted.

"""Bounded YAML reader with line numbers, and a canonical writer."""

from __future__ import annotations

import copy
import re
from typing import Any, cast

import yaml
from attrs import Factory, define, frozen

from codegen.errors import StageError
from codegen.jsonvalue import is_list, is_node
from codegen.pointer import child

MAX_DEPTH = 100
"""Levels of nesting."""
MAX_VALUES = 400_000
"""Values in one text, aliases expanded."""
MAX_CHARACTERS = 8_000_000
"""Size of one text."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_INT = re.compile(r"[-+]?[0-9]{1,40}")
_OTHER_INT = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"), ".NaN": float("nan"),
}  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./$#@()'<>=+*{}-]*( [A-Za-z0-9_./$@()'<>=+*,;{}-]+)*")
_NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@frozen
class Yaml:
    """A value read from YAML text, with the line every part of it starts on."""

    value: Any
    lines: dict[str, int]

    def line(self, pointer: str) -> int:
        """The line of a pointer, or of the nearest part around it that is known."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


@define
class _Open:
    # A collection whose end was not read yet.
    value: dict[str, Any] | list[Any]
    pointer: str
    anchor: str | None
    start: int
    key: str | None = None
    merges: list[Any] = Factory(list[Any])


def read(text: str, *, stage: str, where: str, first_line: int = 1) -> Yaml:
    """Read one YAML document.

    Args:
        text: The document.
        stage: Named in errors.
        where: The file, named in errors.
        first_line: The line of the file on which `text` starts.

    Raises:
        StageError: The text is not one YAML document, or exceeds a bound.
    """
    if len(text) > MAX_CHARACTERS:
        raise StageError(stage, where, "", f"{len(text)} characters; at most {MAX_CHARACTERS} are read")
    builder = _Builder(stage, where, first_line)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.feed(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + first_line}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable characters"
        raise StageError(stage, where, line, f"not valid YAML: {problem}") from error
    return Yaml(builder.root, builder.lines)


class _Builder:
    def __init__(self, stage: str, where: str, first_line: int) -> None:
        self.root: Any = None
        self.lines: dict[str, int] = {}
        self._stage, self._where, self._first = stage, where, first_line
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._documents = 0
        self._line = first_line

    def feed(self, event: Any) -> None:
        if event.start_mark is not None:
            self._line = event.start_mark.line + self._first
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._error("a second YAML document starts here; one was expected")
            case yaml.ScalarEvent():
                value = self._scalar(event)
                self._keep(event.anchor, value, 1)
                self._place(value)
            case yaml.AliasEvent():
                self._alias(str(event.anchor))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()
            case _:
                pass

    def _error(self, message: str) -> StageError:
        return StageError(self._stage, self._where, f"line {self._line}", message)

    def _tally(self, values: int) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            raise self._error(f"more than {MAX_VALUES} values once its aliases are expanded")

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _alias(self, anchor: str) -> None:
        if any(level.anchor == anchor for level in self._stack):
            raise self._error(f"the alias *{anchor} contains itself")
        if anchor not in self._anchors:
            raise self._error(f"the alias *{anchor} is not defined")
        value, size = self._anchors[anchor]
        self._tally(size)
        self._place(copy.deepcopy(value))

    def _scalar(self, event: Any) -> Any:
        self._tally(1)
        text: str = event.value
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise self._error(f"the tag {event.tag} is not read; plain YAML was expected")
        if event.tag or not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text)
        if _OTHER_INT.fullmatch(text):
            return int(text, 0)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _open(self, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        if event.tag not in (None, "!"):
            raise self._error(f"the tag {event.tag} is not read; plain YAML was expected")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        pointer = self._here()
        self.lines.setdefault(pointer, self._line)
        self._stack.append(_Open(value, pointer, event.anchor, self._count))
        self._tally(1)

    def _here(self) -> str:
        if not self._stack:
            return ""
        level = self._stack[-1]
        name = str(len(level.value)) if is_list(level.value) else level.key or ""
        return child(level.pointer, name)

    def _close(self) -> None:
        level = self._stack.pop()
        if is_node(level.value):
            for merged in level.merges:
                for key, value in merged.items():
                    level.value.setdefault(key, copy.deepcopy(value))
        self._keep(level.anchor, level.value, self._count - level.start)
        self._place(level.value)

    def _place(self, value: Any) -> None:
        if not self._stack:
            self.root = value
            return
        level = self._stack[-1]
        if is_list(level.value):
            self.lines.setdefault(child(level.pointer, str(len(level.value))), self._line)
            level.value.append(value)
        elif level.key is None:
            level.key = self._key(value)
            self.lines.setdefault(child(level.pointer, level.key), self._line)
        elif level.key == "<<":
            level.merges += self._merged(value)
            level.key = None
        elif level.key in level.value:
            raise self._error(f"the key {level.key!r} occurs twice")
        else:
            cast("dict[str, Any]", level.value)[level.key] = value
            level.key = None

    def _key(self, value: Any) -> str:
        match value:
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case int() | float():
                return str(value)  # response codes are often written bare
            case None:
                return "null"
            case _:
                raise self._error("a collection can't be a key")

    def _merged(self, value: Any) -> list[Any]:
        sources = value if is_list(value) else [value]
        if not all(is_node(source) for source in sources):
            raise self._error("`<<` merges mappings only")
        return sources


class _Dumper(_DUMPER):  # type: ignore[misc]  # the C class where PyYAML has it
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's own signature
        return True


def _represent_str(dumper: Any, text: str) -> Any:
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_PLAIN
    block = (
        "\n" in text and re.search(r"[ \t]$|^\s", text, re.MULTILINE) is None and text.isprintable() is False
    )
    style = None if plain else "|" if block and _printable(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


_Dumper.add_representer(str, _represent_str)


def write(value: Any) -> str:
    """Canonical YAML text of a plain value: block style, keys in the order given, no aliases."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, line_break="\n"
    )
    return text
