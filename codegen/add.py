# A new provider from published pages.
#
# Rules: nothing is written here. What a page doesn't say (its file name, its dialect, the names of its operations) is
# worked out from it; what it can't say (where the API is, if it names no server) is asked for. Every stage up to the
# merge has passed before anything is written.

"""The add command: pages to the provider they make."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import evolve

from codegen import amend, sources
from codegen.addition import Addition, entry
from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.merge import Fragment as Stated
from codegen.merge import merge
from codegen.normalize import normalize
from codegen.packages import check_provider
from codegen.propose import propose
from codegen.read import read
from codegen.recognise import dialect, source
from codegen.sources import MAX_PAGE_BYTES, SOURCES, Fragment, Page, Provider, load, text_of
from codegen.structure import AMENDMENTS, METHODS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

STAGE = "add"
_SERVER = re.compile(r"https?://[^\s/?#{}]+(/[^\s?#{}]*)?")
_LONGEST_TITLE = 100
_FILE_START = re.compile(r"^[^A-Za-z0-9]+")


def plan(
    name: str, paths: Sequence[Path], specs: Path, base_url: str = "", today: dt.date | None = None
) -> Addition:
    """Work out a new provider; nothing is written.

    Args:
        name: Its name.
        paths: Files of its pages.
        specs: The specs folder it will be in.
        base_url: Where its API is; by default what the pages name as their server.
        today: The date its pages are vendored.

    Raises:
        StageError: There is such a provider already, or a stage refuses the pages.
    """
    check_provider(name)
    _check_base_url(base_url)
    revision = (today or sources.today()).isoformat()
    contents, pages = _pages(paths, revision)
    _check_new(name, specs, [page.fragment for page in pages])
    documents = [_document(page) for page in pages]
    url = base_url.rstrip("/") or _common_server(pages, documents)
    removed = {
        page.fragment.file: ", ".join(written)
        for page, document in zip(pages, documents, strict=True)
        if (written := _written_servers(document)) and not any(_is(url, each) for each in written)
    }
    provider = Provider(
        name=name,
        title=_title(name, pages, documents),
        base_url=url,
        operations={},
        fragments=tuple(page.fragment for page in pages),
        folder=specs / name,
    )
    for document in documents:
        document.pop("servers", None)
    merged = _merged(
        provider,
        [Stated(page.fragment.file, document) for page, document in zip(pages, documents, strict=True)],
    )
    addition = Addition(evolve(provider, operations=propose(merged)), contents, removed)
    amend.actions(addition.amendments(), f"{name}/{AMENDMENTS}", list(contents))
    return addition


def _document(page: Page) -> Node:
    try:
        return normalize(read(page), page.where)
    except RecursionError as error:
        raise StageError(STAGE, page.where, "", "something is nested too deeply to be followed") from error


def _merged(provider: Provider, stated: Sequence[Stated]) -> Node:
    try:
        return merge(provider, stated)
    except StageError as error:
        hint = (
            f"{error.hint} `add` takes pages that agree: add the one that is right, then run `add` with the other, "
            "which says what to write by hand."
        )
        raise StageError(error.stage, error.where, error.pointer, error.message, hint) from error


def servers(document: Node) -> list[str]:
    """The addresses a document names as its servers, their variables filled in, relative ones left out."""
    found: list[str] = []
    for server in _held(document):
        if not is_node(server) or not isinstance(server.get("url"), str):
            continue
        url: str = server["url"]
        variables: Any = server.get("variables")
        for variable, stated in variables.items() if is_node(variables) else ():
            if is_node(stated) and isinstance(stated.get("default"), str):
                url = url.replace(f"{{{variable}}}", stated["default"])
        if _SERVER.fullmatch(url):
            found.append(url.rstrip("/"))
    return sorted(found, key=_local)  # what runs on the writer's own machine comes last


def _held(document: Node) -> list[Any]:
    # The page's servers, or those of its operations where each has its own.
    operations = [
        item[method] for item in node_at(document, "paths").values() for method in METHODS if method in item
    ]
    own = [list_at(each, "servers") for each in operations]
    return [server for each in own for server in each] if own and all(own) else list_at(document, "servers")


def _pages(paths: Sequence[Path], revision: str) -> tuple[dict[str, bytes], list[Page]]:
    contents: dict[str, bytes] = {}
    pages: list[Page] = []
    for path in paths:
        content = _content(path)
        for page, known in zip(pages, contents.values(), strict=True):
            if known == content:
                raise StageError(
                    STAGE, str(path), "", f"the same page as {page.where}", "Leave one of them out."
                )
        file = _file(path, contents)
        text = text_of(content, STAGE, str(path))
        blank = Fragment(file, "", hashlib.sha256(content).hexdigest(), "", revision)
        page = Page(blank, str(path), text)
        own = evolve(blank, dialect=dialect(page), source=source(page))
        contents[file] = content
        pages.append(evolve(page, fragment=own))
    if not pages:
        raise StageError(STAGE, "", "", "no page was given", "Name at least one file.")
    return contents, pages


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            kind = "no file" if path.exists() else "not there"
            raise StageError(STAGE, str(path), "", f"the page is {kind}", "A page is a file, as published.")
        size = path.stat().st_size
        if size > MAX_PAGE_BYTES:
            raise StageError(STAGE, str(path), "", f"{size} bytes; at most {MAX_PAGE_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise StageError(STAGE, str(path), "", f"can't be read: {error.strerror}") from error


def _file(path: Path, taken: Iterable[str]) -> str:
    plain = _FILE_START.sub("", re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem))[:100] or "page"
    suffix = path.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ".md"
    known = {file.lower() for file in taken}
    number, file = 2, f"{plain}{suffix}"
    while file.lower() in known:
        number, file = number + 1, f"{plain}-{number}{suffix}"
    return file


def _check_new(name: str, specs: Path, fragments: Sequence[Fragment]) -> None:
    known: Mapping[str, Provider] = load(specs).providers if (specs / SOURCES).exists() else {}
    if name in known:
        lines = "\n  ".join(line for fragment in fragments for line in entry(name, fragment))
        hint = (
            f"To add a page to it, copy the page into {name}/fragments/, put these lines into {SOURCES} and run "
            f"`python -m codegen build {name}`, which names what is still missing:\n  {lines}"
        )
        raise StageError(STAGE, SOURCES, f"[{name}]", f"there is a provider {name!r} already", hint)
    folder = specs / name
    if folder.exists() or folder.is_symlink():
        hint = "Move it away, or write its lines in sources.toml by hand."
        raise StageError(
            STAGE, f"{name}/", "", f"the folder is there, though {SOURCES} doesn't name it", hint
        )


def _written_servers(document: Node) -> list[str]:
    return [str(each.get("url", "")) for each in list_at(document, "servers") if is_node(each)]


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "0.0.0.0") or host.startswith("127.")  # noqa: S104  # compared, not bound to


def _is(base_url: str, url: str) -> bool:
    # The merge takes a server as it is written, or a path the base URL ends on.
    url = url.rstrip("/")
    return url == base_url or (url.startswith("/") and base_url.endswith(url))


def _check_base_url(url: str) -> None:
    if url and not _SERVER.fullmatch(url):
        hint = "It starts with https:// and has no query, such as https://api.example.com/v1."
        raise StageError(STAGE, "--base-url", "", f"{url[:120]!r} can't be a base URL", hint)


def _common_server(pages: Sequence[Page], documents: Sequence[Node]) -> str:
    stated = {
        page.where: urls for page, each in zip(pages, documents, strict=True) if (urls := servers(each))
    }
    if not stated:
        hint = "Say where the API is: --base-url https://..."
        raise StageError(STAGE, pages[0].where, "", "no page names its server", hint)
    first = next(iter(stated.values()))
    for url in first:
        if all(url in urls for urls in stated.values()):
            return url
    said = "; ".join(f"{where}: {', '.join(urls)}" for where, urls in stated.items())
    hint = "Say which it is: --base-url https://... (pages that name another are amended)."
    raise StageError(STAGE, next(iter(stated)), "", f"the pages name different servers ({said})", hint)


def _title(name: str, pages: Sequence[Page], documents: Sequence[Node]) -> str:
    # A fenced OpenAPI document has the API's title; pages of the other dialects have only their own.
    titles = {
        " ".join(str(node_at(document, "info").get("title") or "").split())
        for page, document in zip(pages, documents, strict=True)
        if page.fragment.dialect == "openapi"
    }
    only = titles.pop() if len(titles) == 1 else ""
    return only if 0 < len(only) <= _LONGEST_TITLE else f"{name.replace('_', ' ').title()} API"
