"""Pages of made-up products, as providers."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from codegen import spec
from codegen.merge import Fragment as Stated
from codegen.merge import merge
from codegen.normalize import normalize
from codegen.propose import propose
from codegen.read import read
from codegen.recognise import dialect
from codegen.sources import Fragment, Page, Provider

PAGES = Path(__file__).parent / "pages"
BASE_URLS = {
    "acme": "https://api.acme.example/v2",
    "borea": "https://eu.api.borea.example/v1",
    "corvus": "https://api.corvus.example",
}


def page(text, file="page.md", provider="acme"):
    """A page, its dialect recognised."""
    blank = Page(Fragment(file, "", "0" * 64, "", "2026-11-21"), f"{provider}/fragments/{file}", text)
    return evolve(blank, fragment=evolve(blank.fragment, dialect=dialect(blank)))


def build(name, pages, base_url, acts=()):
    """The spec of some pages, their operations pinned to the proposed names."""
    documents = [normalize(read(each), each.where) for each in pages]
    provider = Provider(
        name, name.title(), base_url, {}, tuple(each.fragment for each in pages), Path("nowhere")
    )
    fragments = [
        Stated(each.fragment.file, document) for each, document in zip(pages, documents, strict=True)
    ]
    pinned = evolve(provider, operations=propose(merge(provider, fragments)))
    return spec.make(pinned, pages, acts)


def vendored(name):
    """The spec of a folder of pages."""
    files = sorted((PAGES / name).glob("*.md"))
    pages = [page(file.read_text("utf-8"), file.name, name) for file in files]
    return build(name, pages, BASE_URLS[name])
