# Newer revisions of vendored pages.
#
# Rules: a provider is taken whole or not at all: every page is fetched and has passed every check before one is
# written, and sources.toml, which makes them count, is written last. A page has to be what it was: text in a dialect
# that is read, with an operation in it, and, where nobody chose it by hand, not less than half as long. Whether the
# pages still make a spec is for the stages to say; if they don't, the pages are vendored all the same, since what
# has to be put right (an amendment, a pinned name) can only be put right beside them.

"""The update command: pages as they are now, vendored."""

from __future__ import annotations

import difflib
import hashlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import tomlkit
from attrs import Factory, evolve, frozen

from codegen import amend, diff_sides, fetched, sources, spec
from codegen.errors import StageError
from codegen.fetch import Validators, is_html
from codegen.normalize import normalize
from codegen.read import read
from codegen.recognise import dialect
from codegen.sources import SOURCES, Fragment, Page, Provider

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from codegen.fetch import Fetched
    from codegen.jsonvalue import Node

STAGE = "update"
Status: TypeAlias = Literal["same", "changed", "unknown", "absent"]
"""Unknown: nothing says where the page is; absent: it is not among those that were given."""

_SHRUNK = 2
"""A fetched page that is this many times shorter than before has been cut off, or is another page."""


@frozen
class News:
    """What is new of one page."""

    fragment: Fragment
    """As sources.toml will describe it."""
    status: Status
    content: bytes = b""
    """The new page; empty unless it changed."""
    diff: str = ""
    """From the vendored page to the new one, unified."""
    validators: Validators = Factory(Validators)


@frozen
class Update:
    """What is new of a provider."""

    provider: Provider
    """As it will be."""
    pages: tuple[News, ...]

    @property
    def changed(self) -> tuple[News, ...]:
        """The pages that changed."""
        return tuple(news for news in self.pages if news.status == "changed")


Get: TypeAlias = "Callable[[Provider, Fragment, Validators], Fetched | None]"
"""Where pages come from; None where this one doesn't."""


def plan(provider: Provider, get: Get, today: dt.date, *, chosen: bool) -> Update:
    """Find out what is new of a provider; nothing is written.

    Args:
        provider: The provider.
        get: Where its pages come from.
        today: The date new pages get.
        chosen: Whether a person chose the pages.

    Raises:
        StageError: A page can't be had, or isn't one.
    """
    known = fetched.known(provider)
    pages = tuple(
        _news(provider, fragment, get, known.get(fragment.file, Validators()), today, chosen)
        for fragment in provider.fragments
    )
    return Update(evolve(provider, fragments=tuple(news.fragment for news in pages)), pages)


def from_folder(folder: Path, provider: Provider, fragment: Fragment) -> Path:
    """Where a folder would hold a page; the last place it could be, if it holds none.

    A folder of the shape of specs/ will do, one with a folder of pages per provider, or one with pages alone.
    """
    places = (
        folder / provider.name / "fragments" / fragment.file,
        folder / provider.name / fragment.file,
        folder / fragment.file,
    )
    return next((place for place in places if place.is_file()), places[-1])


def _news(  # noqa: PLR0917  # one call, in the order of what happens
    provider: Provider,
    fragment: Fragment,
    get: Get,
    known: Validators,
    today: dt.date,
    chosen: bool,  # noqa: FBT001
) -> News:
    vendored = _vendored(provider, fragment)
    intact = hashlib.sha256(vendored).hexdigest() == fragment.sha256
    got = get(provider, fragment, known if intact else Validators())
    if got is None:
        return News(fragment, "absent" if chosen else "unknown", validators=known)
    if got.content is None:
        return News(fragment, "same", validators=got.validators)
    sha256 = hashlib.sha256(got.content).hexdigest()
    if sha256 == fragment.sha256 and intact:
        return News(fragment, "same", validators=got.validators)
    where = f"{provider.name}/fragments/{fragment.file}"
    text = _text(got.content, where)
    if not chosen and len(got.content) * _SHRUNK < len(vendored):
        message = f"the new page has {len(got.content)} bytes, the vendored one has {len(vendored)}"
        hint = "If it is whole, save it and take it with --from DIR."
        raise StageError(STAGE, where, "", message, hint)
    revision = fragment.revision if sha256 == fragment.sha256 else today.isoformat()
    new = evolve(fragment, sha256=sha256, revision=revision)
    new = evolve(new, dialect=_checked(Page(new, where, text)))
    old = vendored.decode("utf-8", "replace").replace("\r\n", "\n")
    return News(new, "changed", got.content, _unified(old, text, where), got.validators)


def _text(content: bytes, where: str) -> str:
    if is_html(content):
        raise StageError(STAGE, where, "line 1", "the new page is a web page (HTML), not the page as text")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise StageError(STAGE, where, f"byte {error.start}", "the new page is not UTF-8 text") from error


def _checked(page: Page) -> str:
    """The dialect of a page; no reader takes one that states no operation."""
    try:
        found = dialect(page)
        normalize(read(evolve(page, fragment=evolve(page.fragment, dialect=found))), page.where)
    except StageError as error:
        hint = f"{error.hint} Nothing was changed; the vendored page stays.".strip()
        raise StageError(
            error.stage, error.where, error.pointer, f"the new page: {error.message}", hint
        ) from error
    except RecursionError as error:
        raise StageError(STAGE, page.where, "", "the new page is nested too deeply to be followed") from error
    return found


def _vendored(provider: Provider, fragment: Fragment) -> bytes:
    where = f"{provider.name}/fragments/{fragment.file}"
    try:
        return sources.content(provider.folder / "fragments" / fragment.file, provider.real_folder, where)
    except OSError:
        return b""


def _unified(old: str, new: str, where: str) -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines = difflib.unified_diff(before, after, f"a/{where}", f"b/{where}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def documents(update: Update, places_document: Path) -> tuple[Node, Node]:
    """The document that is committed (empty if none is) and the one the new pages make.

    Raises:
        StageError: The new pages don't make one.
    """
    provider = update.provider
    try:
        committed = diff_sides.read(places_document.read_text("utf-8"), str(places_document))
    except FileNotFoundError:
        committed = {}
    made = spec.make(provider, sources.pages(provider), amend.load(provider))
    return committed, dict(made.document)


def vendor(update: Update, specs: Path) -> bool:
    """Write what is new of a provider, all of it or nothing; return whether there was anything.

    Raises:
        OSError: Something can't be written.
    """
    provider = update.provider
    files = {provider.folder / "fragments" / news.fragment.file: news.content for news in update.changed}
    said = fetched.text(provider.fragments, {news.fragment.file: news.validators for news in update.pages})
    lock = provider.folder / fetched.FETCHED
    if said.encode() != _held(lock):
        files[lock] = said.encode()
    if update.changed:
        files[specs / SOURCES] = _sources((specs / SOURCES).read_bytes().decode("utf-8"), update).encode()
    _put(files)
    return bool(files)


def _sources(text: str, update: Update) -> str:
    document: Any = tomlkit.parse(text)
    new = {news.fragment.file: news.fragment for news in update.changed}
    for entry in document[update.provider.name]["fragments"]:
        fragment = new.get(str(entry["file"]))
        if fragment is not None:
            entry.update(sha256=fragment.sha256, dialect=fragment.dialect, revision=fragment.revision)
    return tomlkit.dumps(document)


def _put(files: Mapping[Path, bytes]) -> None:
    """Put every file in its place, or none: sources.toml, the last, is what makes the others count."""
    drafts = {path: path.with_name(f".{path.name}.draft") for path in files}
    before = {path: path.read_bytes() if path.is_file() else None for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts[path].write_bytes(content)
        for path, draft in drafts.items():
            draft.replace(path)
    except BaseException:
        for path, held in before.items():
            drafts[path].unlink(missing_ok=True)
            if held is not None:
                path.write_bytes(held)
            elif path.is_file():
                path.unlink()
        raise


def _held(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
