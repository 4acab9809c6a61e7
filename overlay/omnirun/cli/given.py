"""What the user gave: targets and refs from arguments or stdin, and an input as JSON.

All of it is read and checked before anything is sent.
"""

from __future__ import annotations

import contextlib
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import attrs

from omnirun.cli.told import Usage, fresh_line, on_terminal, say
from omnirun.cli.words import did_you_mean
from omnirun.errors import BadRef
from omnirun.refs import Address, Ref, Target
from omnirun.registry import BUILT_IN, GROUP, parse_target, provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

STDIN = "-"
_TOLD = 3  # of many mistakes; whoever pipes the wrong thing in makes one a line


def targets(words: Iterable[str], given: Mapping[str, Any] | None = None) -> list[Target]:
    """Read targets; each of them takes the input, if there is one."""
    read = _each(words, "target", _target)
    return read if given is None else [_with_input(target, given) for target in read]


def refs(words: Iterable[str]) -> list[Ref]:
    """Read refs, each once and in its one spelling."""
    return list(dict.fromkeys(_each(words, "ref", _ref)))


def only_ref(word: str) -> Ref:
    """Read the one ref of a verb that takes no more; stdin may hold it."""
    first, *more = refs([word])
    if more:
        raise Usage(f"this verb takes one run; {1 + len(more)} were given. Nothing was sent.")
    return first


def lane(word: str) -> tuple[str, str]:
    """Read `provider` or `provider@account`."""
    name, _, account = word.rstrip(":").partition("@")
    _known(name)
    return name, account


def _each(words: Iterable[str], key: str, read: Callable[[str], T]) -> list[T]:
    """Read all, and tell of all that can't be read at once."""
    found: list[T] = []
    wrong: list[str] = []  # sentences
    for word in _spread(words, key):
        try:
            found.append(read(word))
        except BadRef as error:
            wrong.append(str(error))
    if wrong:
        more = f" And {len(wrong) - _TOLD:,} more like these." if len(wrong) > _TOLD else ""
        raise Usage(" ".join(wrong[:_TOLD]) + more + " Nothing was sent.")
    if not found:
        raise Usage(f"no {key} was given: neither as an argument nor, with -, on stdin.")
    return found


def _spread(words: Iterable[str], key: str) -> Iterable[str]:
    """Put the lines of stdin in the place of `-`."""
    for word in words:
        if word == STDIN:
            yield from _lines(key)
        else:
            yield word


def _lines(key: str) -> Iterable[str]:
    """What `-o json` wrote; or on each line an address, or a row that `-o jsonl` wrote. `#` begins a remark."""
    given = _stdin(f"{key}s, one per line")
    if given.lstrip().startswith("["):
        for place, row in enumerate(_json(given, "stdin"), 1):
            yield _of(row, key, f"row {place} of stdin")
        return
    for number, line in enumerate(given.splitlines(), 1):
        text = line.strip()
        if text.startswith("{"):
            yield _of(_json(text, f"line {number} of stdin"), key, f"line {number} of stdin")
        elif text and not text.startswith("#"):
            yield text


def _of(row: Any, key: str, where: str) -> str:
    found = cast("dict[str, Any]", row).get(key) if isinstance(row, dict) else None
    if not isinstance(found, str):
        raise Usage(f"{where} has no {key!r}: it is not a row that -o json or -o jsonl writes.")
    return found


def _stdin(what: str) -> str:
    if on_terminal(sys.stdin):
        say(f"reading {what}, from the terminal; Ctrl-D ends it")
    # In some locales anything would pass; a test's stream is none to be told.
    with contextlib.suppress(AttributeError, ValueError):
        sys.stdin.reconfigure(errors="strict")  # type: ignore[union-attr]
    try:
        return sys.stdin.read()
    except KeyboardInterrupt:
        fresh_line()
        raise
    except UnicodeDecodeError as error:
        raise Usage(f"stdin is not text in UTF-8 ({error.reason} at byte {error.start}).") from None


def _target(word: str) -> Target:
    _address(word)
    try:
        return parse_target(word)
    except BadRef:
        if _is_ref(word):
            raise BadRef(f"{word} is a run; this verb takes what was run{_stem(word)}.") from None
        raise


def _ref(word: str) -> Ref:
    _address(word)
    ref = Ref.parse(word)
    try:
        return provider(ref.provider).canonical(ref)
    except BadRef:
        if _is_target(word):
            raise BadRef(
                f"{word} is a target, this verb takes its runs: `omnirun history {word}` lists them."
            ) from None
        raise


def _address(word: str) -> None:
    _known(Address.parse(word).provider)


def names() -> list[str]:
    """Name the providers: the built-in ones, and those that other packages offer."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def _known(name: str) -> None:
    if name not in BUILT_IN and name not in (known := names()):
        raise BadRef(
            f"there is no provider {name!r}.{did_you_mean(name, known)} Known are {', '.join(known)}."
        )


def _is_ref(word: str) -> bool:
    ref = Ref.parse(word)
    try:
        provider(ref.provider).canonical(ref)
    except BadRef:
        return False
    return True


def _is_target(word: str) -> bool:
    try:
        parse_target(word)
    except BadRef:
        return False
    return True


def _stem(word: str) -> str:
    """Name what was run, if the ref says it."""
    ref = Ref.parse(word)
    target = provider(ref.provider).target_of(ref)
    return "" if target is None else f", such as {target}"


# ------------------------------------------------------------------------------------------------ the input


def given_input(text: str | None) -> Mapping[str, Any] | None:
    """Read an input: JSON, `@` and a file with JSON, or `-` for stdin."""
    if text is None:
        return None
    if text == STDIN:
        return decoded(_stdin("the input, JSON"), "stdin")
    if text.startswith("@"):
        return decoded(_file(text[1:]), text[1:])
    return decoded(text, "--input")


def decoded(text: str, where: str) -> dict[str, Any]:
    """Decode a JSON object."""
    value = _json(text, where)
    if not isinstance(value, dict):
        raise Usage(f"{where} has to be a JSON object, {{...}}; it is {json.dumps(value)[:40]}.")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Usage(f"{where} is not JSON that can be sent: it holds half of a surrogate pair.") from None
    return cast("dict[str, Any]", value)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Usage(
            f"{where} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise Usage(f"{where} is not JSON that can be sent: it is nested too deeply.") from None
    except ValueError as error:
        raise Usage(f"{where} is not JSON that can be sent: {error}.") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _file(path: str) -> str:
    if not path:
        raise Usage("--input @ has to be followed by the name of a file.")
    try:
        return Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Usage(
            f"the input {path!r} can't be read: it is not text in UTF-8 (byte {error.start})."
        ) from None
    except OSError as error:
        raise Usage(f"the input {path!r} can't be read: {error.strerror}.") from None
    except ValueError as error:  # a path with a null character
        raise Usage(f"the input {path!r} can't be read: {error}.") from None


def _with_input(target: Target, given: Mapping[str, Any]) -> Target:
    if "input" not in {field.name for field in attrs.fields(type(target))}:
        raise Usage(f"{target} takes no input; --input is for targets that do, such as Monid endpoints.")
    made: Target = attrs.evolve(target, input=given)  # type: ignore[call-arg]
    return made
