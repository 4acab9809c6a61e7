"""`trigger` and `run`. A trigger may cost money: it is never begun twice, and an interrupt waits for its ref."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from omnirun.attempts import Attempt
from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.following import Terms, follow
from omnirun.cli.live import counting
from omnirun.cli.many import Fan
from omnirun.cli.output import Format, Output
from omnirun.cli.rows import RUN_COLUMNS, attempt_row
from omnirun.cli.told import complain, go_on, say
from omnirun.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omnirun.client import Client
    from omnirun.refs import Target
    from omnirun.run import Run
    from omnirun.triggers import OnConflict

_GRACE = 15.0  # seconds an interrupt waits for triggers under way


def trigger(
    targets: Sequence[Target], conflict: OnConflict, form: Format, *, quietly: bool, client: Client
) -> Exit:
    """Start a run of each target."""
    output = Output(form, RUN_COLUMNS, quiet=quietly)

    def seen(place: int, attempt: Attempt) -> None:
        if attempt.error is not None:
            complain(attempt.error)
        output.add(attempt_row(attempt), place)

    try:
        attempts = _started(client, targets, conflict, seen)
    finally:
        output.close()
    return worst(code_of(attempt.error) for attempt in attempts if attempt.error is not None)


def run(
    targets: Sequence[Target],
    conflict: OnConflict,
    terms: Terms,
    form: Format,
    *,
    quietly: bool,
    client: Client,
) -> Exit:
    """Start a run of each target and wait for them to end."""

    def seen(_: int, attempt: Attempt) -> None:
        if attempt.ref is not None:
            say(f"{attempt.run.origin if attempt.run else 'triggered'} {attempt.ref}")

    return follow(client, _started(client, targets, conflict, seen), terms, form, quietly=quietly)


def _started(
    client: Client, targets: Sequence[Target], conflict: OnConflict, seen: Callable[[int, Attempt], None]
) -> list[Attempt]:
    """Trigger all; `seen` is told of each as it is answered."""
    attempts: dict[int, Attempt] = {}

    def note(place: int, result: Run | Exception) -> None:
        target = targets[place]
        if isinstance(result, Exception):
            attempts[place] = Attempt(target, error=result)
        else:
            attempts[place] = Attempt(target, result.ref, result)
        seen(place, attempts[place])

    fan = Fan(targets, partial(client.trigger, on_conflict=conflict))
    try:
        with counting("triggering", len(targets)) as count:
            for place, result in fan:
                note(place, result)
                count()
    except KeyboardInterrupt:
        _interrupted(fan, targets, attempts, note)
    return [attempts[place] for place in sorted(attempts)]


def _interrupted(
    fan: Fan[Target, Run],
    targets: Sequence[Target],
    attempts: dict[int, Attempt],
    note: Callable[[int, Run | Exception], None],
) -> None:
    """Nothing more is triggered; what is under way gets the time to say its ref."""
    open_ = fan.stop()
    if open_:
        say(
            f"{counted(len(open_), 'trigger')} under way: waiting up to {_GRACE:.0f} s for the refs; "
            "Ctrl-C again leaves now",
            of="interrupted",
        )
        try:
            for place, result in fan.rest(_GRACE):
                note(place, result)
        except KeyboardInterrupt:
            pass
    for place in sorted(fan.stop()):
        say(
            f"{targets[place]} may have been triggered, its ref is not known: look at "
            f"`omnirun history {targets[place]}` before you trigger it again",
            of="warning",
        )
    never = len(targets) - len(attempts) - len(fan.stop())
    untouched = f"; {counted(never, 'target')} never triggered" if never else ""
    refs = [attempt.ref for _, attempt in sorted(attempts.items()) if attempt.ref is not None]
    why = "these runs go on:" if refs else "no run was started by this command, as far as it knows"
    go_on(refs, f"{why.rstrip(':')}{untouched}" + (":" if refs else ""), "interrupted")
    raise typer.Exit(Exit.INTERRUPTED) from None
