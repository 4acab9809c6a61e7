"""The messages of the command as data: what is called, how it has to end, and the words it must show.

They stand in messages/*.toml, in the order of the pages. A table `[[run]]` is a message of `omnirun run`; one under
`[[each]]` is one of each of its `verbs`, where `{verb}` and `{subject}` (an address that the verb takes) are put in.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TABLES = Path(__file__).parent / "messages"
MONITOR = "datafold:monitors/42"
RUN = f"{MONITOR}/runs/1001"
SUBJECTS: Mapping[str, str] = {
    "run": MONITOR,
    "trigger": MONITOR,
    "wait": RUN,
    "get": RUN,
    "history": MONITOR,
    "items": RUN,
    "stop": RUN,
    "targets": "datafold",
    "report": MONITOR,
    "providers": "",
    "doctor": "",
    "sandbox": "",
}
"""What each verb takes, in the order of the verbs."""
VERBS = ("omnirun", *SUBJECTS)
ASKED = "a request"
"""A stage: the request that is the first to meet a fault is under way."""


def _strings(given: Sequence[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@attrs.frozen(kw_only=True)
class Message:
    """A message.

    Attributes:
        verb: whose it is; `omnirun` for the command's own.
        title: what it is about.
        command: for the shell.
        code: the exit code.
        says: words that are on stderr.
        data: words that are on stdout; without any, nothing is.
        draws: words that are drawn on a terminal for a while, and never in a pipe.
        press: what is pressed, each a stage and a key: a stage is a text, or `a request`.
        environ: variables besides the sandbox's; `{bare}` is the URL of `bare`.
        faults: rules of the sandbox.
        bare: what a server that is no HTTP server worth the name answers.
        files: what lies in the folder, by name; what begins with `@` is a file of ours.
        speed: how fast runs go.
        rows: how high the terminal is.
        omit: patterns of what is not installed.
        hurry: the minutes of the policy of waiting are moments.
        colourless: it is said before there is a console.
    """

    verb: str
    title: str
    command: str
    code: int
    says: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    data: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    draws: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    press: Sequence[tuple[str, str]] = ()
    environ: Mapping[str, str] = {}
    faults: Sequence[Mapping[str, Any]] = ()
    bare: str = ""
    files: Mapping[str, str] = {}
    speed: float = 20.0
    rows: int = 100
    omit: Sequence[str] = ()
    hurry: bool = False
    colourless: bool = False


def messages() -> list[Message]:
    """Read the tables."""
    found: dict[str, list[Message]] = defaultdict(list)
    for path in sorted(TABLES.glob("*.toml")):
        for section, rows in tomllib.loads(path.read_text("utf-8")).items():
            for row in rows:
                for verb in row.pop("verbs", list(SUBJECTS)) if section == "each" else [section]:
                    found[verb].append(_message(verb, row))
    return [message for verb in VERBS for message in found[verb]]


def _message(verb: str, row: Mapping[str, Any]) -> Message:
    subject = SUBJECTS.get(verb, "")

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{verb}", verb).replace(" {subject}", f" {subject}".rstrip())
        return [filled(item) for item in value] if isinstance(value, list) else value

    message = Message(verb=verb, **{key: filled(value) for key, value in row.items()})
    return attrs.evolve(message, command=message.command.strip())
