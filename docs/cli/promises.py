"""What is promised of every message, as functions from what was seen to what is wrong with it; no word is good news."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from messages import Message
    from tried import Seen

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
_HIDDEN, _SHOWN = "\x1b[?25l", "\x1b[?25h"
_DRAWN = re.compile("[⠁-⣿]")
_SHORTEST = 8
_TALL = 100  # rows: what is said fits
_KINDS = ("error: ", "warning: ", "interrupted: ")
_COPIED = re.compile(
    r"resume with: .*|(triggered|attached|adopted) \S+|omnirun: .*|export .*|# .*|\s*\S+|[\[{].*|\S+(,[^,]*){8,}"
)
"""Lines that are to be copied, or read by a program: refs, commands and data are never folded by us."""


def plain(text: str) -> str:
    """Leave out escape sequences, and the echo of Ctrl-C, which is the terminal's."""
    return _ESCAPE.sub("", text).replace("^C", "")


def squeezed(text: str) -> str:
    """Leave out how text is folded."""
    return " ".join(plain(text).split())


def broken(message: Message, seen: Sequence[Seen]) -> list[str]:
    """Tell which promises a message breaks, and in which setting."""
    codes = {each.code for each in seen}
    wrong = [f"the exit codes differ: {sorted(codes)}"] if len(codes) > 1 else []
    for each in seen:
        judge = _of_pipe if each.setting.piped else _of_terminal
        wrong += [
            f"in {each.setting.name}: {what}" for what in (*_of_any(message, each), *judge(message, each))
        ]
    return wrong


def _of_any(message: Message, seen: Seen) -> Iterator[str]:
    shown = "\n".join((*seen.stages, seen.raw, seen.out, seen.err))
    if seen.code != message.code:
        yield f"the exit code is {seen.code}, not {message.code}"
    if "Traceback" in shown:
        yield "a traceback"
    if message.verb != "sandbox" and any(key in shown for key in seen.keys if len(key) >= _SHORTEST):
        yield "a key is shown"  # those of the sandbox are shown by the sandbox, to be copied


def _of_pipe(message: Message, seen: Seen) -> Iterator[str]:
    out, err = squeezed(seen.out), squeezed(seen.err)
    if "\x1b" in seen.out + seen.err:
        yield "an escape sequence"
    if seen.out and not message.data:
        yield f"what is no data is on stdout: {seen.out[:200]!r}"
    yield from (f"not on stdout: {words!r}" for words in message.data if words not in out)
    yield from (f"not on stderr: {words!r}" for words in message.says if words not in err)
    yield from (
        f"on stdout, and it is no data: {words!r}"
        for words in message.says
        if words.startswith(_KINDS) and words in out
    )
    yield from (f"drawn in a pipe: {words!r}" for words in message.draws if words in err)
    if seen.err and not message.says and not message.draws:
        yield f"there is more on stderr than is said of it: {seen.err[:200]!r}"


def _of_terminal(message: Message, seen: Seen) -> Iterator[str]:
    drawn = squeezed(seen.raw)
    shown = squeezed(seen.screen) if message.rows >= _TALL else drawn
    yield from (f"not shown: {words!r}" for words in (*message.data, *message.says) if words not in shown)
    yield from (f"not drawn: {words!r}" for words in message.draws if words not in drawn)
    if seen.setting.environ.get("NO_COLOR"):
        yield from (f"a colour: {found!r}" for found in _COLOUR.findall(seen.raw)[:1])
    elif (
        not message.colourless
        and re.search(r"^(error|warning|interrupted): ", plain(seen.raw), re.MULTILINE)
        and not _COLOUR.search(seen.raw)
    ):
        yield "no colour"
    for line in re.split(r"[\r\n]+", plain(seen.raw)):
        if cell_len(line) > seen.setting.columns and not _COPIED.fullmatch(line):
            yield f"a line is wider than the terminal: {line!r}"
    if _DRAWN.search(seen.screen):
        yield f"what was drawn is left behind: {seen.screen}"
    if seen.raw.rfind(_HIDDEN) > seen.raw.rfind(_SHOWN):
        yield "the cursor stays hidden"
