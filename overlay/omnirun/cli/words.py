"""Words as people type them and as providers send them: suggestions for typos, and text made fit for a terminal.

Text from a provider is hostile until here: a control character could rewrite what is on the screen, a line break
could fake a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# C0, DEL and C1 (among them ESC and CSI), line separators, and the marks that reverse the direction of text.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def fit(text: object) -> str:
    """Make text fit for one line of a terminal: what controls it is spelled out."""
    return _UNFIT.sub(_spelled, str(text))


def _spelled(match: re.Match[str]) -> str:
    character = match[0]
    return " " if character in "\t\n\r" else character.encode("unicode_escape").decode()


# What the library tells a program to do next, and how the command does it.
_NEXT = (
    (re.compile(r'trigger with on_conflict="attach"'), "give --attach to take it"),
    (re.compile(r"Teach it with Client\(.*\) or wait again\."), "Wait again with its ref."),
    (
        re.compile(r"Narrow it with since=, raise scan_limit=, or go on\."),
        "Narrow it with --since, or go on.",
    ),
    (re.compile(r"Resume with cursor='(.*)'\."), r"Go on with: --cursor \1"),
    (re.compile(r"; `body` holds the start of what came\."), "."),
    (re.compile(r"Look at what http_client= makes, and at the"), "Look at the"),
    (re.compile(r"monid\.Endpoint\('apify', '/x', input=\{\}\)"), "monid:endpoints/apify/x"),
)


def said_of(error: BaseException) -> str:
    """Say an error in its own words, but for those that only a program can follow."""
    text = str(error) or type(error).__name__
    for pattern, words in _NEXT:
        text = pattern.sub(words, text)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest what a mistyped word may stand for; an empty string if nothing is near."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in known}
    near = [spelled[name] for name in get_close_matches(word.lower(), spelled, n=2, cutoff=0.6)]
    return f" Did you mean {' or '.join(near)}?" if near else ""


def counted(number: int, noun: str) -> str:
    """Count things: `1 run`, `2 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cut(text: str, room: int) -> str:
    """Cut text in its middle where it is too long: addresses differ at their ends."""
    if len(text) <= room:
        return text
    end = (room - 1) * 2 // 3
    return f"{text[: room - 1 - end]}…{text[len(text) - end :]}"
