# Changes as people and machines read them.
#
# Rules: the worst come first, by their effect on the raw client's users, then on the overlay's; within an effect they
# keep the order of the documents. The words of pages are in what is shown: Markdown gets them as code, a terminal
# without anything that moves a cursor. Changes that are the same but for their place are one line of Markdown.

"""Changes as a table, as Markdown and as JSON."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import attrs
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from codegen.diff_kinds import EFFECTS, worst
from codegen.diff_schemas import NOTHING
from codegen.report import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.diff import Change
    from codegen.diff_kinds import Effect

_LONGEST = 60


def effects(changes: Sequence[Change]) -> dict[str, Effect]:
    """The worst there is, for users of either."""
    return {
        "raw": worst([each.raw for each in changes]),
        "overlay": worst([each.overlay for each in changes]),
    }


def ordered(changes: Sequence[Change]) -> list[Change]:
    """The worst first."""
    return sorted(changes, key=lambda each: (EFFECTS.index(each.raw), EFFECTS.index(each.overlay)))


def machine(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """As machines are told."""
    return [attrs.asdict(each) for each in ordered(changes)]


def table(changes: Sequence[Change], width: int = 0) -> str:
    """As a terminal shows them, a table per provider.

    Args:
        changes: What changed.
        width: In characters; that of the terminal by default.
    """
    out = io.StringIO()
    console = Console(file=out, width=width or shutil.get_terminal_size((140, 24)).columns, highlight=False)
    for provider in dict.fromkeys(each.provider for each in changes):
        shown = Table(box=None, pad_edge=False, show_edge=False)
        for title in ("raw", "overlay", "change", f"where in {provider}", "from", "to"):
            shown.add_column(title, overflow="fold", no_wrap=title in {"raw", "overlay"})
        for each in ordered(changes):
            if each.provider == provider:
                words = (each.where, _short(each.before), _short(each.after))
                shown.add_row(each.raw, each.overlay, each.kind, *(escape(printable(text)) for text in words))
        console.print(shown)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def markdown(changes: Sequence[Change]) -> str:
    """For a changelog or a pull request: a list per provider, words-only changes counted."""
    lines: list[str] = []
    for provider in dict.fromkeys(each.provider for each in changes):
        own = [each for each in ordered(changes) if each.provider == provider]
        told = [each for each in own if {each.raw, each.overlay} != {"cosmetic"}]
        lines += [f"### {provider}", ""]
        lines += [f"- {_said(each)}" for each in told]
        rest = len(own) - len(told)
        if rest:
            lines.append(f"- {rest} {'change' if rest == 1 else 'changes'} that no code can tell.")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


def _said(change: Change) -> str:
    values = " to ".join(map(_code, (change.before, change.after)))
    if NOTHING in {change.before, change.after}:
        values = "".join(_code(each) for each in (change.before, change.after) if each != NOTHING)
    words = change.kind.removeprefix("request.").removeprefix("response.").replace(".", " ").replace("_", " ")
    said = f"{_code(change.where)}: {words}{f', {values}' if values else ''} ({change.raw}: {change.why})."
    if change.overlay != change.raw:
        said += f" With the overlay {change.overlay}: {change.why_overlay}."
    return said


def _code(text: str) -> str:
    plain = " ".join(printable(_short(text)).split()).replace("`", "'")
    return f"`{plain}`"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
