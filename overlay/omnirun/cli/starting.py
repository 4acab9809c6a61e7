"""`trigger` and `run`. A trigger may cost money: it is never begun twice, and an interrupt waits for its ref."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from omnirun.attempts import Attempt
from omnirun.cli.exits import code_of, worst
from omnirun.cli.following import Terms, follow
from omnirun.cli.live import counting
from omnirun.cli.many import Fan
from omnirun.cli.output import Format, Output
from omnirun.cli.rows import RUN_COLUMNS, attempt_row
from omnirun.cli.told import Ending, complain, fresh_line, say
from omnirun.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omnirun.client import Client
    from omnirun.refs import Target
    from omnirun.run import Run
    from omnirun.triggers import OnConflict

_GRACE = 15.0  # seconds an interrupt waits for triggers under way


def trigger(
    targets: Sequence[Target],
    conflict: OnConflict,
    form: Format,
    *,
    quietly: bool,
    client: Client,
    ending: Ending,
) -> None:
    """Start a run of each target."""
    output = Output(form, RUN_COLUMNS, quiet=quietly)

    def seen(place: int, attempt: Attempt) -> None:
        if attempt.error is not None:
            complain(attempt.error)
        output.add(attempt_row(attempt), place)

    try:
        attempts = _started(client, targets, conflict, seen, ending, early="stopped early")
    finally:
        output.close()
    ending.goes_on.clear()  # their refs are the output
    ending.code = worst(code_of(attempt.error) for attempt in attempts if attempt.error is not None)


def run(
    targets: Sequence[Target],
    conflict: OnConflict,
    terms: Terms,
    form: Format,
    *,
    quietly: bool,
    client: Client,
    ending: Ending,
) -> None:
    """Start a run of each target and wait for them to end."""

    def seen(_: int, attempt: Attempt) -> None:
        if attempt.run is not None:
            say(f"{attempt.run.origin} {attempt.ref}", whole=True)

    attempts = _started(client, targets, conflict, seen, ending, early="stopped before the wait")
    follow(client, attempts, terms, form, quietly=quietly, ending=ending)


def _started(
    client: Client,
    targets: Sequence[Target],
    conflict: OnConflict,
    seen: Callable[[int, Attempt], None],
    ending: Ending,
    *,
    early: str,
) -> list[Attempt]:
    """Trigger all; `seen` is told of each as it is answered, and `early` is what an interrupt is called."""
    attempts: dict[int, Attempt] = {}

    def note(place: int, result: Run | Exception) -> None:
        target = targets[place]
        if isinstance(result, Exception):
            attempts[place] = Attempt(target, error=result)
        else:
            if not result.finished:
                ending.goes_on[result.ref] = None
            attempts[place] = Attempt(target, result.ref, result)
        seen(place, attempts[place])

    fan = Fan(targets, partial(client.trigger, on_conflict=conflict))
    try:
        with counting("triggering", len(targets)) as count:
            for place, result in fan:
                note(place, result)
                count()
    except KeyboardInterrupt:
        lost = _rest(fan, note)
        for place in lost:
            say(
                f"{targets[place]} may have been triggered, its ref is not known: look at "
                f"`omnirun history {targets[place]}` before you trigger it again",
                of="warning",
            )
        never = len(targets) - len(attempts) - len(lost)
        ending.why = f"{counted(never, 'target')} not triggered" if never else early
        raise
    return [attempts[place] for place in sorted(attempts)]


def _rest(fan: Fan[Target, Run], note: Callable[[int, Run | Exception], None]) -> list[int]:
    """Nothing more is triggered; what is under way gets the time to say its ref. Gives what did not."""
    under_way = fan.stop()
    if not under_way:
        return []
    say(
        f"{counted(len(under_way), 'trigger')} under way: waiting up to {_GRACE:.0f} s for the refs; "
        "Ctrl-C again leaves now",
        of="interrupted",
    )
    try:
        for place, result in fan.rest(_GRACE):
            note(place, result)
    except KeyboardInterrupt:
        fresh_line()
    return sorted(fan.stop())
