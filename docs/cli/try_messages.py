"""Try every message of the command: `python docs/cli/try_messages.py [WORDS...]` writes messages.md.

Each is tried at 80 columns, at 200, in pipes and without colour, and has to keep what `promises` says. What breaks a
promise is told, and the exit code is 1. With words, only messages whose title or command holds one of them are tried,
and shown; nothing is written then.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from messages import VERBS, messages  # noqa: E402 - it lies beside this file
from promises import broken  # noqa: E402
from terminal import steady  # noqa: E402
from tried import SETTINGS, tried  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from messages import Message

_AT_ONCE = 6  # most of them wait most of the time
_HEAD = """# Every message

Written by [try_messages.py](try_messages.py), which tries each of these in a real terminal of 80 columns (which is
shown) and of 200, in a pipe, and without colour, and fails if one breaks a [promise](promises.py): the same exit code
everywhere, no traceback, no line wider than the terminal, data on stdout and all else on stderr, no colour where none
is wanted, no key. A test compares this page with the source: a message that is not here fails it.

Where keys are pressed, the first block is what the terminal showed by then. Times and durations are made up.
"""
_MADE_UP = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"), "2026-11-21T12:00:00Z"),
    (re.compile(r"\b\d+ms\b|\b\d+\.\d{3} s\b"), "0.010 s"),
    (re.compile(r"(\bpython +ok +).*"), r"\g<1>3.11.7 on Linux x86_64"),
    (re.compile(r"/tmp/tmp\w+"), "/home/you"),  # noqa: S108 - that is where it was
    (re.compile(r"trying again in \d+ s"), "trying again in 2 s"),
    (re.compile(r"next poll in \d+ s"), "next poll in 1 s"),
)


class Tried(NamedTuple):
    """A message, what is wrong with it, and what the page shows of it."""

    wrong: list[str]
    shown: str


def try_(message: Message) -> Tried:
    """Try a message in every setting."""
    logging.disable()  # a sandbox is left in the middle of an answer; the command is in a process of its own
    try:
        seen = [tried(message, setting) for setting in SETTINGS]
    except TimeoutError as late:
        return Tried([str(late)], "")
    first = seen[0]
    blocks = [f"$ {message.command}\n{stage}" for stage in first.stages[:1]]
    blocks.append("\n".join(filter(None, (f"$ {message.command}", first.screen))))
    return Tried(broken(message, seen), _steady("\n```\n\n```console\n".join(blocks)))


def _steady(text: str) -> str:
    text = steady(text)
    for pattern, replacement in _MADE_UP:
        text = pattern.sub(replacement, text)
    return text


def page(shown: Mapping[int, str], every: Sequence[Message]) -> str:
    """Write the page."""
    parts = [_HEAD]
    for verb in VERBS:
        parts.append(f"## {verb if verb == 'omnirun' else f'omnirun {verb}'}\n")
        for place, message in enumerate(every):
            if message.verb == verb:
                keys = ", ".join(key for _, key in message.press)
                about = ", ".join(filter(None, (keys, f"exit code {message.code}")))
                parts.append(f"**{message.title}**: {about}\n\n```console\n{shown[place]}\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Try them all and write what they showed; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "words", nargs="*", help="try only messages whose title or command holds one of these"
    )
    words = parser.parse_args().words
    every = messages()
    asked = [
        place
        for place, message in enumerate(every)
        if not words or any(word in f"{message.title} {message.command}" for word in words)
    ]
    shown: dict[int, str] = {}
    wrong = 0
    with ProcessPoolExecutor(_AT_ONCE, mp_context=get_context("spawn")) as pool:
        for done in as_completed(under_way := {pool.submit(try_, every[place]): place for place in asked}):
            message = every[under_way[done]]
            result = done.result()
            shown[under_way[done]] = result.shown
            wrong += bool(result.wrong)
            for what in result.wrong:
                print(f"{message.verb}: {message.title} ({message.command}): {what}", file=sys.stderr)
            if words:
                print(result.shown, end="\n\n")
    if not words:
        (HERE / "messages.md").write_text(page(shown, every), "utf-8")
    print(f"{len(asked)} messages, each in {len(SETTINGS)} settings; {wrong} break a promise")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
