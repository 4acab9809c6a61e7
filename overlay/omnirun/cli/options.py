"""The arguments and options that verbs share: their names, their help, and how their text is read."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from omnirun.cli import times
from omnirun.cli.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FORMATS = ("table", "json", "jsonl", "csv")
GATES = ("failure", "skipped", "alert", "no_verdict")
NOTHING = "nothing"
FAIL_ON = "failure,skipped"
_MOST = 10**12  # nobody reads so many


def _duration(text: str) -> float:
    try:
        return times.duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _moment(text: str) -> datetime:
    try:
        return times.moment(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _word(known: Iterable[str], what: str) -> Callable[[str], str]:
    names = tuple(known)

    def read(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(
                f"{text!r} is no {what}.{did_you_mean(text, names)} There are {', '.join(names)}."
            )
        return text

    return read


def _gates(text: str) -> str:
    """Check the words; what they stand for is split off again where it is used."""
    read = _word((*GATES, NOTHING), "end to fail on")
    words = [read(word.strip().replace("-", "_").lower()) for word in text.split(",")]
    if NOTHING in words and len(words) > 1:
        raise typer.BadParameter(f"{text!r} names {NOTHING} and something; give one or the other.")
    return ",".join(words)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        with suppress(ValueError):
            if least <= (number := int(text)) <= most:
                return number
        above = f"from {least} to {most}" if most < _MOST else f"from {least} on"
        raise typer.BadParameter(f"{text!r} is not a whole number {above}.")

    return read


def _speed(text: str) -> float:
    with suppress(ValueError):
        if 0 < (number := float(text)) < math.inf:
            return number
    raise typer.BadParameter(f"{text!r} is not a positive number, such as 10 or 0.5.")


def _starting_with(words: Iterable[str]) -> Callable[[str], list[str]]:
    known = tuple(words)
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def _addresses(incomplete: str) -> list[str]:
    """Complete what every address begins with; what comes after it only the provider knows."""
    from omnirun.cli.given import names

    return [f"{name}:" for name in names() if f"{name}:".startswith(incomplete)]


def _providers(incomplete: str) -> list[str]:
    from omnirun.cli.given import names

    return [name for name in names() if name.startswith(incomplete)]


Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET...",
        help="Such as datafold:monitors/42; - reads them from stdin, one per line.",
        autocompletion=_addresses,
    ),
]
Refs = Annotated[
    list[str],
    typer.Argument(
        metavar="REF...",
        help="Runs, such as datafold:monitors/42/runs/7; - reads them from stdin, one per line.",
        autocompletion=_addresses,
    ),
]
Ref = Annotated[
    str,
    typer.Argument(metavar="REF", help="A run, such as monid:runs/01HXYZ.", autocompletion=_addresses),
]
ProviderName = Annotated[
    str,
    typer.Argument(
        metavar="PROVIDER", help="Such as datafold, or datafold@eu for an account.", autocompletion=_providers
    ),
]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        "-i",
        metavar="JSON|@FILE|-",
        help="The input, for targets that take one (Monid endpoints).",
    ),
]
Attach = Annotated[
    bool, typer.Option("--attach", help="If a target is busy, take the run under way instead of failing.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        "-t",
        metavar="TIME",
        parser=_duration,
        help="Wait no longer than this, such as 10m; the runs go on. No limit if left out.",
    ),
]
FailOn = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="ENDS",
        parser=_gates,
        autocompletion=_starting_with((*GATES, NOTHING)),
        help="Which ends make the exit code 1 (3 for alert): failure, skipped, alert, no_verdict, with commas "
        "between them, or nothing.",
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=_moment,
        help="Only runs from then on: 7d (ago), today, 2026-11-01, 2026-11-01T09:30+02:00. UTC.",
    ),
]
Until = Annotated[
    datetime | None, typer.Option("--until", metavar="TIME", parser=_moment, help="Only runs up to then.")
]
Status = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        "-s",
        metavar="WORD",
        help="Only runs of this state, phase, outcome or verdict, such as alert or failure; can be repeated.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", metavar="N", parser=_number(0, _MOST), help="At most so many."),
]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where another reading ended.")
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="|".join(FORMATS),
        parser=_word(FORMATS, "format"),
        autocompletion=_starting_with(FORMATS),
        help="How the data on stdout is written.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="On stdout nothing but the refs (or targets), one per line.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show each request on stderr, keys left out.")]
ReportFile = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Where the page goes; - is stdout.")
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        metavar="N",
        parser=_number(0, 65535),
        show_default=False,
        help="The port; a free one if left out.",
    ),
]
Speed = Annotated[
    float, typer.Option("--speed", metavar="N", parser=_speed, help="How many times faster runs go.")
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="JSON",
        help="What goes wrong, such as "
        """'{"faults": [{"kind": "answer", "status": 503}], "rate": 0.3, "times": null}'; """
        "can be repeated.",
    ),
]
UntilEof = Annotated[bool, typer.Option("--until-eof", help="End when stdin does, with the parent process.")]
