"""The verbs that read: `get`, `history`, `items`, `targets`; and `stop`, which asks and then reads.

A list that is interrupted or breaks off is written as far as it was read, and the cursor that resumes it is said.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from omnirun.attempts import Attempt
from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.live import counting
from omnirun.cli.many import Fan
from omnirun.cli.output import Format, Output, on_display, write_item, write_items
from omnirun.cli.rows import RUN_COLUMNS, TARGET_COLUMNS, attempt_row, run_row, target_row
from omnirun.cli.times import clock
from omnirun.cli.told import Ending, Usage, complain, say
from omnirun.cli.words import did_you_mean
from omnirun.errors import OmnirunError, PageError
from omnirun.registry import provider
from omnirun.run import Run
from omnirun.states import Outcome, Phase, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from omnirun.client import Client
    from omnirun.pages import Pages
    from omnirun.refs import Ref, Target

T = TypeVar("T")


class Wanted(NamedTuple):
    """What of a list is wanted."""

    since: datetime | None = None
    until: datetime | None = None
    status: tuple[str, ...] = ()
    limit: int | None = None
    cursor: str | None = None


def get(refs: Sequence[Ref], form: Format, *, client: Client, ending: Ending) -> None:
    """Read runs as they are now."""
    _each(refs, client.get, "reading", Output(form, RUN_COLUMNS), ending)


def stop(refs: Sequence[Ref], form: Format, *, client: Client, ending: Ending) -> None:
    """Ask runs to end."""
    _each(refs, client.stop, "stopping", Output(form, RUN_COLUMNS), ending)


def _each(
    refs: Sequence[Ref], call: Callable[[Ref], Run], doing: str, output: Output, ending: Ending
) -> None:
    codes: list[Exit] = []
    fan = Fan(refs, call)
    try:
        with counting(doing, len(refs)) as count:
            for place, result in fan:
                count()
                if isinstance(result, Run):
                    output.add(run_row(result), place)
                    continue
                complain(result)
                codes.append(code_of(result))
                output.add(attempt_row(Attempt(ref=refs[place], error=result)), place)
    except KeyboardInterrupt:
        ending.why = f"{doing} ended early, {len(fan.left())} of {len(refs)} had no answer yet"
        raise
    finally:
        output.close()
    ending.code = worst(codes)


# ------------------------------------------------------------------------------------------------ lists


def history(
    targets: Sequence[Target],
    wanted: Wanted,
    form: Format,
    *,
    quietly: bool,
    client: Client,
    ending: Ending,
) -> None:
    """Read the runs of targets, one target after the other."""
    in_order(wanted)
    if wanted.cursor is not None and len(targets) > 1:
        raise Usage("a cursor belongs to one target; give that one alone.")
    output = Output(form, RUN_COLUMNS, quiet=quietly)
    with _resuming(wanted.cursor):
        lists = [(f"runs of {target}", _asked(client, target, wanted)) for target in targets]
        try:
            ending.code = worst(
                [_read(pages, lambda run: output.add(run_row(run)), ending, what) for what, pages in lists]
            )
        finally:
            output.close()


def _asked(client: Client, target: Target, wanted: Wanted) -> Pages[Run]:
    known = list(dict.fromkeys([*provider(target.provider).states, *Phase, *Outcome, *Verdict]))
    for word in wanted.status:
        if word not in known:
            raise Usage(
                f"{word!r} is no status of {target.provider}.{did_you_mean(word, known)} "
                f"There are {', '.join(known)}."
            )
    return client.history(
        target,
        since=wanted.since,
        until=wanted.until,
        status=wanted.status,
        limit=wanted.limit,
        cursor=wanted.cursor,
    )


def targets(
    name: str,
    account: str,
    wanted: Wanted,
    form: Format,
    *,
    quietly: bool,
    client: Client,
    ending: Ending,
) -> None:
    """List what an account can run."""
    output = Output(form, TARGET_COLUMNS, key="target", quiet=quietly)
    with _resuming(wanted.cursor):
        pages = client.targets(name, account=account, limit=wanted.limit, cursor=wanted.cursor)
        try:
            ending.code = _read(pages, lambda info: output.add(target_row(info)), ending, "targets")
        finally:
            output.close()


def items(ref: Ref, wanted: Wanted, form: Format, *, client: Client, ending: Ending) -> None:
    """Read what a run made."""
    with _resuming(wanted.cursor):
        pages = client.items(ref, limit=wanted.limit, cursor=wanted.cursor)
        if form is Format.JSONL and not on_display():
            ending.code = _read(pages, write_item, ending, "items")
            return
        held: list[Mapping[str, Any]] = []
        try:
            ending.code = _read(pages, held.append, ending, "items")
        finally:
            write_items(held, form)


def in_order(wanted: Wanted) -> None:
    """Refuse a time that ends before it begins."""
    if wanted.since is not None and wanted.until is not None and wanted.until < wanted.since:
        raise Usage(
            f"--until {clock(wanted.until)} is before --since {clock(wanted.since)}: no run can be in between."
        )


def reason(error: OmnirunError) -> OmnirunError:
    """Say why a list could not be read further, without what only a program can resume with."""
    cause = error.__cause__
    return cause if isinstance(error, PageError) and isinstance(cause, OmnirunError) else error


@contextlib.contextmanager
def _resuming(cursor: str | None) -> Generator[None, None, None]:
    """A cursor that is none is a mistake, wherever it is found out."""
    try:
        yield
    except ValueError as error:
        if cursor is None or isinstance(error, OmnirunError):
            raise
        raise Usage(
            f"{cursor!r} is no cursor of this list; give one that was said when a reading of it ended early."
        ) from error


def _read(pages: Pages[T], take: Callable[[T], object], ending: Ending, what: str) -> Exit:
    """Read a list to its end; tells how that went, and where to go on if it broke off."""
    taken = 0
    try:
        with counting("reading", 1):
            for item in pages:
                take(item)
                taken += 1
    except KeyboardInterrupt:
        ending.why = _broken_off(taken, pages.cursor if taken else None)
        raise
    except OmnirunError as error:
        complain(reason(error))
        if taken:
            say(
                _broken_off(taken, error.cursor if isinstance(error, PageError) else pages.cursor),
                of="warning",
            )
        return code_of(error)
    if not taken:
        say(f"no {what} were found")
    return Exit.SUCCESS


def _broken_off(taken: int, cursor: str | None) -> str:
    return f"{taken:,} read" + (f"; go on with: --cursor {cursor}" if cursor else "")
