# What an update says, to people and to machines.
#
# Rules: where the pages of a run come from (their addresses, or a folder) is decided once, here, at the edge. Of every
# page something is said, also of those of which nothing is known.

"""The update command's source of pages, and its words."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from codegen import diff_show
from codegen.diff import compare
from codegen.errors import StageError
from codegen.fetch import STAGE, Fetched, Validators, fetch
from codegen.sources import content, today
from codegen.update import Get, Update, documents, from_folder, plan, vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from codegen.build import Places
    from codegen.diff_overlay import Overlay
    from codegen.report import Entry, Report
    from codegen.sources import Fragment, Provider

_SAYS = {
    "same": "unchanged",
    "changed": "[green]changed[/]",
    "unknown": "[yellow]address not known[/]: save the page and take it with --from DIR",
    "absent": "[dim]not in the folder[/]",
}

_context = cache(httpx.create_ssl_context)


@contextmanager
def published() -> Generator[Get]:
    """Pages from where they were published."""
    with httpx.Client(verify=_context(), follow_redirects=False) as client:
        yield lambda _, fragment, known: fetch(client, fragment.source, known) if fragment.source else None


@contextmanager
def saved(folder: Path) -> Generator[Get]:
    """Pages from a folder.

    Raises:
        StageError: There is no such folder.
    """
    if not folder.is_dir():
        raise StageError(
            STAGE, str(folder), "", "there is no such folder", "Name the folder the pages are in."
        )

    def get(provider: Provider, fragment: Fragment, _: Validators) -> Fetched | None:
        path = from_folder(folder, provider, fragment)
        if not path.is_file():
            return None
        return Fetched(content(path, folder.resolve(), str(path)), Validators())

    yield get


def update(
    entry: Entry,
    report: Report,
    provider: Provider,
    places: Places,
    get: Get,
    *,
    overlay: Callable[[], Overlay],
    chosen: bool,
) -> None:
    """Update a provider and say what came of it.

    Raises:
        StageError: A page can't be had or isn't one, or the new pages make no document.
        OSError: Something can't be written.
    """
    found = plan(provider, get, today(), chosen=chosen)
    vendor(found, places.specs)
    entry.fields.update(status="updated" if found.changed else "unchanged", pages=pages(found))
    for news in found.pages:
        report.say(f"{provider.name}/{news.fragment.file}: {_SAYS[news.status]}")
    for news in found.changed:
        report.print(news.diff)
    if not found.changed:
        return
    try:
        committed, made = documents(found, places.document(provider.name))
    except StageError as error:
        hint = f"{error.hint} The new pages are vendored: put right what they need, then build.".strip()
        raise StageError(error.stage, error.where, error.pointer, error.message, hint) from error
    changes = compare(provider.name, committed, made, overlay())
    entry.fields.update(effects=diff_show.effects(changes), changes=diff_show.machine(changes))
    report.print(f"\n{diff_show.table(changes)}" if changes else "")
    report.say(words(provider.name, changes))


def words(what: str, changes: Any) -> str:
    """One line on some changes."""
    if not changes:
        return f"[green]{what}[/]: nothing changed in meaning"
    effects = diff_show.effects(changes)
    count = f"{len(changes)} {'change' if len(changes) == 1 else 'changes'}"
    return f"[green]{what}[/]: {count} in meaning: raw client {effects['raw']}, overlay {effects['overlay']}"


def pages(found: Update) -> list[dict[str, Any]]:
    """Its pages, as machines are told."""
    return [
        {
            "file": news.fragment.file,
            "source": news.fragment.source,
            "status": news.status,
            "sha256": news.fragment.sha256,
            "dialect": news.fragment.dialect,
            "revision": news.fragment.revision,
            "diff": news.diff,
        }
        for news in found.pages
    ]
