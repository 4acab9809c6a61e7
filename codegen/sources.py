# specs/sources.toml and the pages it names.
#
# Rules: this is the only stage that reads vendored files. A page is taken only if its bytes have the sha256 that
# sources.toml says; nothing outside <specs>/<provider>/ is opened, nor anything there that is no regular file, nor
# more of it than a bound; an unknown key is an error, since a misspelt one would be a fact silently ignored.

"""Read specs/sources.toml and the vendored pages, verified."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen.errors import StageError
from codegen.jsonvalue import is_list, is_node
from codegen.structure import AMENDMENTS, METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STAGE = "vendor"
SOURCES = "sources.toml"
READY = "ready"
"""File in the draft of a provider that is complete, but not in its place yet."""
MAX_PAGE_BYTES = 8_000_000
"""Size of one page."""

_PROVIDER_KEYS = {"title", "base_url", "operations", "fragments"}
_FRAGMENT_KEYS = {"file", "source", "sha256", "dialect", "revision"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OPERATION = re.compile(r"([A-Z]+) (/\S*)")
_PINNED = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def today() -> dt.date:
    """Tell the date that pages get which are vendored now: UTC, or the one of SOURCE_DATE_EPOCH.

    Raises:
        StageError: SOURCE_DATE_EPOCH (reproducible-builds.org) is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = dt.datetime.now(tz=dt.UTC) if epoch is None else dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    except (ValueError, OverflowError, OSError):
        message = f"SOURCE_DATE_EPOCH is {epoch!r}, which is no number of seconds since 1970"
        raise StageError(STAGE, "the environment", "", message, "Unset it, or set it to one.") from None
    return now.date()


@frozen
class Fragment:
    """One vendored page, as sources.toml describes it."""

    file: str
    source: str
    """Address the page was published at; empty where the page doesn't say."""
    sha256: str
    dialect: str
    revision: str
    """Date it was vendored, YYYY-MM-DD."""


@frozen
class Page:
    """A vendored page with its verified text."""

    fragment: Fragment
    where: str
    """The file as errors name it, relative to the specs folder."""
    text: str


@frozen
class Provider:
    """One provider's part of sources.toml."""

    name: str
    title: str
    base_url: str
    operations: Mapping[str, str]
    """`METHOD /path` to `group.operation`."""
    fragments: tuple[Fragment, ...]
    folder: Path

    @property
    def revision(self) -> str:
        """The date of its newest page."""
        return max((fragment.revision for fragment in self.fragments), default="")

    @property
    def real_folder(self) -> Path:
        """Where its folder is once links around it are followed."""
        return self.folder.parent.resolve() / self.name

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file its document is made from, sources.toml excepted."""
        pages = tuple(self.folder / "fragments" / fragment.file for fragment in self.fragments)
        return (*pages, self.folder / AMENDMENTS)


@frozen
class Sources:
    """A whole specs folder."""

    specs_dir: Path
    providers: Mapping[str, Provider]

    def provider(self, name: str) -> Provider:
        """One provider.

        Raises:
            StageError: sources.toml has no such provider.
        """
        if name not in self.providers:
            known = ", ".join(self.providers) or "none"
            raise StageError(STAGE, SOURCES, "", f"no provider is named {name!r}", f"It names: {known}.")
        return self.providers[name]


def load(specs_dir: Path) -> Sources:
    """Read sources.toml of a specs folder.

    Raises:
        StageError: It is missing, no TOML, says something that can't be, or is half of an interrupted `add`.
    """
    for ready in sorted(specs_dir.glob(f".*.adding/{READY}")):
        name = ready.parent.name.removeprefix(".").removesuffix(".adding")
        hint = "Run `python -m codegen build` with the same folders, which finishes it."
        raise StageError(STAGE, f"{ready.parent.name}/", "", f"an `add` of {name} was interrupted", hint)
    try:
        table = tomllib.loads(content(specs_dir / SOURCES, specs_dir.resolve(), SOURCES).decode("utf-8"))
    except OSError as error:
        message = f"can't be read: {error.strerror}"
        raise StageError(STAGE, SOURCES, "", message, f"A specs folder holds a {SOURCES}.") from error
    except RecursionError as error:
        raise StageError(STAGE, SOURCES, "", "nested too deeply") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StageError(STAGE, SOURCES, "", f"not valid TOML: {error}") from error
    return Sources(specs_dir, {name: _provider(specs_dir, name, body) for name, body in table.items()})


def _provider(specs_dir: Path, name: str, body: Any) -> Provider:
    where = f"[{name}]"
    if not _NAME.fullmatch(name):
        raise StageError(STAGE, SOURCES, where, "a provider's name is a lower-case Python name")
    body = _table(body, where, _PROVIDER_KEYS)
    base_url = _text(body, "base_url", where, re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?"))
    operations: dict[str, str] = {}
    for key, pinned in _table(body.get("operations", {}), f"[{name}.operations]", None).items():
        operations[key] = _pin(f"[{name}.operations]", key, pinned)
    entries: Any = body.get("fragments", [])
    if not is_list(entries):
        raise StageError(STAGE, SOURCES, where, "`fragments` is not a list of tables")
    fragments = tuple(_fragment(name, item) for item in entries)
    files = [fragment.file for fragment in fragments]
    for file in files:
        if files.count(file) > 1:
            raise StageError(STAGE, SOURCES, f"[[{name}.fragments]]", f"{file} is named twice")
    title = _text(body, "title", where, re.compile(r"[^\r\n]{1,200}"))
    return Provider(name, title, base_url.rstrip("/"), operations, fragments, specs_dir / name)


def _pin(where: str, key: str, pinned: Any) -> str:
    match = _OPERATION.fullmatch(key)
    if match is None or match[1].lower() not in METHODS:
        raise StageError(STAGE, SOURCES, where, f"{key!r} is not `METHOD /path`")
    if not isinstance(pinned, str) or not _PINNED.fullmatch(pinned):
        message = (
            f"{key!r} is pinned to {pinned!r}, which is not `group.operation` in lower-case Python names"
        )
        raise StageError(STAGE, SOURCES, where, message)
    return pinned


def _fragment(provider: str, body: Any) -> Fragment:
    where = f"[[{provider}.fragments]]"
    body = _table(body, where, _FRAGMENT_KEYS)
    return Fragment(
        file=_text(body, "file", where, _FILE),
        source=_text({"source": "", **body}, "source", where, re.compile(r"\S*")),
        sha256=_text(body, "sha256", where, re.compile(r"[0-9a-f]{64}")),
        dialect=_text(body, "dialect", where),
        revision=_text(body, "revision", where, _DATE),
    )


def _table(value: Any, where: str, known: set[str] | None) -> dict[str, Any]:
    if not is_node(value):
        raise StageError(STAGE, SOURCES, where, "is not a table")
    table = value
    for key in table:
        if known is not None and key not in known:
            hint = f"It may say: {', '.join(sorted(known))}."
            raise StageError(STAGE, SOURCES, where, f"the key {key!r} is unknown", hint)
    return table


def _text(table: Mapping[str, Any], key: str, where: str, pattern: re.Pattern[str] | None = None) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise StageError(STAGE, SOURCES, where, f"`{key}` is missing or not a string")
    if pattern is not None and not pattern.fullmatch(value):
        raise StageError(
            STAGE, SOURCES, where, f"`{key}` is {value[:80]!r}, which can't be", f"Wanted: {pattern.pattern}"
        )
    return value


def pages(provider: Provider) -> tuple[Page, ...]:
    """Read a provider's pages, in the order of their file names.

    Raises:
        StageError: A page is missing, isn't the one that was vendored, or isn't text.
    """
    if provider.folder.resolve() != provider.real_folder:
        hint = "Put the folder itself there."
        raise StageError(STAGE, f"{provider.name}/", "", "a link that leads out of the specs folder", hint)
    return tuple(
        _page(provider, fragment) for fragment in sorted(provider.fragments, key=lambda item: item.file)
    )


def content(path: Path, folder: Path, where: str) -> bytes:
    """The bytes of a file of the specs folder.

    Args:
        path: The file.
        folder: The folder it must be in once links are followed.
        where: The file, named in errors.

    Raises:
        StageError: It is elsewhere, no regular file, or too big.
        OSError: It can't be read.
    """
    try:
        real = path.resolve(strict=True)
    except RuntimeError as error:  # before Python 3.13
        raise StageError(STAGE, where, "", "a link that leads to itself") from error
    if not real.is_relative_to(folder):
        raise StageError(
            STAGE, where, "", "a link that leads out of its folder", "Put the file itself there."
        )
    if not real.is_file():
        raise StageError(STAGE, where, "", "not a regular file")
    size = real.stat().st_size
    if size > MAX_PAGE_BYTES:
        raise StageError(STAGE, where, "", f"{size} bytes; at most {MAX_PAGE_BYTES} are read")
    return real.read_bytes()


def _page(provider: Provider, fragment: Fragment) -> Page:
    where = f"{provider.name}/fragments/{fragment.file}"
    try:
        data = content(provider.folder / "fragments" / fragment.file, provider.real_folder, where)
    except OSError as error:
        hint = f"{SOURCES} names it; vendor it again or take its entry out."
        raise StageError(STAGE, where, "", f"can't be read: {error.strerror}", hint) from error
    found = hashlib.sha256(data).hexdigest()
    if found != fragment.sha256:
        hint = (
            f'If the page was meant to change, put sha256 = "{found}" into {SOURCES}; otherwise restore it.'
        )
        raise StageError(
            STAGE, where, "", f"its sha256 is not the one in {SOURCES} ({fragment.sha256})", hint
        )
    return Page(fragment, where, text_of(data, STAGE, where))


def text_of(data: bytes, stage: str, where: str) -> str:
    """The text of a page, its lines ended by line feeds alone.

    Args:
        data: The page's bytes.
        stage: Named in errors.
        where: The file, named in errors.

    Raises:
        StageError: They are no text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "not UTF-8 text"
        raise StageError(stage, where, f"byte {error.start}", message, "Save the page as UTF-8.") from error
    if "\0" in text:
        raise StageError(stage, where, f"byte {data.index(0)}", "not text: it has NUL bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")
