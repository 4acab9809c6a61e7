"""The verbs that read: `get`, `history`, `items`, `targets`; and `stop`, which asks and then reads.

A list that is interrupted or breaks off is written as far as it was read, and the cursor that resumes it is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import typer

from omnirun.attempts import Attempt
from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.live import counting
from omnirun.cli.many import Fan
from omnirun.cli.output import Format, Output, write_items
from omnirun.cli.rows import RUN_COLUMNS, TARGET_COLUMNS, attempt_row, run_row, target_row
from omnirun.cli.told import Usage, complain, say
from omnirun.cli.words import did_you_mean
from omnirun.errors import OmnirunError, PageError
from omnirun.registry import provider
from omnirun.run import Run
from omnirun.states import Outcome, Phase, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
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


def get(refs: Sequence[Ref], form: Format, *, client: Client) -> Exit:
    """Read runs as they are now."""
    return _each(refs, client.get, "reading", Output(form, RUN_COLUMNS))


def stop(refs: Sequence[Ref], form: Format, *, client: Client) -> Exit:
    """Ask runs to end."""
    return _each(refs, client.stop, "stopping", Output(form, RUN_COLUMNS))


def _each(refs: Sequence[Ref], call: Callable[[Ref], Run], doing: str, output: Output) -> Exit:
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
        left = fan.stop()
        output.close()
        say(f"{doing} ended early; {len(left)} of {len(refs)} had no answer yet", of="interrupted")
        raise typer.Exit(Exit.INTERRUPTED) from None
    output.close()
    return worst(codes)


# ------------------------------------------------------------------------------------------------ lists


def history(targets: Sequence[Target], wanted: Wanted, form: Format, *, quietly: bool, client: Client) -> Exit:
    """Read the runs of targets, one target after the other."""
    if wanted.cursor is not None and len(targets) > 1:
        raise Usage("a cursor belongs to one target; give that one alone.")
    output = Output(form, RUN_COLUMNS, quiet=quietly)
    codes: list[Exit] = []
    for target in targets:
        pages = _asked(client, target, wanted)
        codes.append(_read(pages, output, lambda run: output.add(run_row(run))))
    output.close()
    return worst(codes)


def _asked(client: Client, target: Target, wanted: Wanted) -> Pages[Run]:
    try:
        return client.history(
            target,
            since=wanted.since,
            until=wanted.until,
            status=wanted.status,
            limit=wanted.limit,
            cursor=wanted.cursor,
        )
    except OmnirunError:
        raise
    except ValueError as error:  # a word that is no status; the message lists what there is
        known = [*provider(target.provider).states, *Phase, *Outcome, *Verdict]
        near = (did_you_mean(word, known) for word in wanted.status if word not in known)
        raise Usage(f"{error}{''.join(near)}") from None


def targets(
    provider: str, account: str, wanted: Wanted, form: Format, *, quietly: bool, client: Client
) -> Exit:
    """List what an account can run."""
    output = Output(form, TARGET_COLUMNS, key="target", quiet=quietly)
    pages = client.targets(provider, account=account, limit=wanted.limit, cursor=wanted.cursor)
    code = _read(pages, output, lambda info: output.add(target_row(info)))
    output.close()
    return code


def _read(pages: Pages[T], output: Output, take: Callable[[T], None]) -> Exit:
    """Read a list to its end; tells how that went."""
    try:
        with counting("reading", 1):
            for item in pages:
                take(item)
    except KeyboardInterrupt:
        output.close()
        _resume(pages, "reading ended early", "interrupted")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except PageError as error:
        complain(error)
        _resume(pages, "the list was not read to its end", "warning")
        return code_of(error)
    except OmnirunError as error:
        complain(error)
        return code_of(error)
    return Exit.SUCCESS


def _resume(pages: Pages[T], why: str, of: str) -> None:
    say(why + (f"; resume with: --cursor {pages.cursor}" if pages.cursor else ""), of=of)


def items(ref: Ref, wanted: Wanted, form: Format, *, client: Client) -> Exit:
    """Read what a run made."""
    pages = client.items(ref, limit=wanted.limit, cursor=wanted.cursor)
    ended: list[OmnirunError | KeyboardInterrupt] = []

    def read() -> Iterator[Mapping[str, Any]]:
        """What there is; why it ends early is told once it is written."""
        try:
            yield from pages
        except (OmnirunError, KeyboardInterrupt) as error:
            ended.append(error)

    write_items(read(), form)
    for error in ended:
        if isinstance(error, KeyboardInterrupt):
            _resume(pages, "reading ended early", "interrupted")
            return Exit.INTERRUPTED
        complain(error)
        return code_of(error)
    return Exit.SUCCESS
