"""Finish the built site, and check it as a browser would: `python docs/tools/finish.py site`.

A page may link to a file of the repository (an example, say): the file is copied to where the link leads. Then every
link and anchor has to lead somewhere, and nothing may be loaded from another host: no script, style, font or picture.
"""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
LOADS = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}
TEXT_ONLY = {"mermaid", "glightbox", "pyodide"}
"""Classes for which the theme would load a script from another host."""
NOT_LOADED = {"canonical", "next", "prev", "edit"}


class Page(HTMLParser):
    """What a page links to, what it loads, which anchors and classes it has, and fences that are shown as text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.loads: list[str] = []
        self.fences = 0
        self.ids: set[str] = set()
        self.classes: set[str] = set()
        self.feed(text)

    def handle_data(self, data: str) -> None:
        """Count what should have been a block of code."""
        self.fences += data.count("```")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        told = {name: value or "" for name, value in attrs}
        self.ids |= {told.get("id", ""), told.get("name", "")}
        self.classes |= set(told.get("class", "").split())
        for name, value in told.items():
            if (tag, name) in LOADS and told.get("rel") not in NOT_LOADED:
                self.loads.append(value)
            elif tag == "a" and name == "href":
                self.links.append(value)


def finish(site: Path) -> list[str]:
    """Copy what is linked to; tell all that is wrong."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    wrong = [
        f"{path.relative_to(site)}: {fault}"
        for path, page in pages.items()
        if path.name != "404.html"  # the theme's own; its links are relative to nowhere
        for fault in faults(site, path, page, pages)
    ]
    drawn = sorted(path for suffix in ("css", "html", "svg") for path in site.rglob(f"*.{suffix}"))
    return wrong + [f"{path.relative_to(site)}: {fault}" for path in drawn for fault in styled(path)]


def faults(site: Path, path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """What is wrong with a page."""
    yield from foreign(site, path, page)
    if page.fences:
        yield "shows a fence: what stands behind its language can't be read"
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        found = target(site, path, parts.path)
        if not found.exists():
            copied(site, found)
        if not found.exists():
            yield f"links to {link}, which is not there"
        elif parts.fragment and found in pages and unquote(parts.fragment) not in pages[found].ids:
            yield f"links to {link}, which has no such anchor"


def foreign(site: Path, path: Path, page: Page) -> Iterator[str]:
    """What a page would load from elsewhere, or in vain."""
    for loaded in page.loads:
        if urlsplit(loaded).netloc:
            yield f"loads {loaded} from another host"
        elif not target(site, path, loaded).exists():
            yield f"loads {loaded}, which is not there"
    for name in sorted(TEXT_ONLY & page.classes):
        yield f"has something of the class {name}, for which a script would come from another host"


def styled(path: Path) -> Iterator[str]:
    """What the styles in a file would load from elsewhere."""
    for style in re.findall(r"url\([\"']?(https?:[^)\"']*)", path.read_text(encoding="utf-8")):
        yield f"loads {style} from another host"


def target(site: Path, path: Path, link: str) -> Path:
    """The file that a link leads to."""
    link = unquote(urlsplit(link).path)
    found = (
        (site / link.lstrip("/") if link.startswith("/") else path.parent / link).resolve() if link else path
    )
    return found / "index.html" if found.is_dir() else found


def copied(site: Path, missing: Path) -> None:
    """Copy a file of the repository that stands where a link leads."""
    if missing.is_relative_to(site):
        source = ROOT / missing.relative_to(site)
        if source.is_file():
            missing.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, missing)


def main(arguments: Sequence[str]) -> int:
    """Finish a site; returns the exit code."""
    site = Path(*arguments).resolve()
    wrong = finish(site)
    print(
        "\n".join(
            [*wrong, f"{len(wrong)} faults on {sum(1 for _ in site.rglob('*.html'))} pages of {site.name}"]
        )
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
