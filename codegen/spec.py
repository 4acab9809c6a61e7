# Every stage up to the gate, in order, for one provider.
#
# Rules: the text is canonical: the same input gives the same bytes on every machine. Provenance says for every part
# of the document where it is stated; what a page states and no part of the document bears any more is an error,
# unless an amendment took it away.

"""Vendored pages of a provider to its normalized OpenAPI 3.1 document."""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from codegen import amend, sources, yamltext
from codegen.errors import StageError
from codegen.facts import Fact, nothing_lost, provenance, stated
from codegen.facts import facts as borne
from codegen.gate import gate
from codegen.jsonvalue import node_at
from codegen.merge import Fragment, merge
from codegen.normalize import normalize
from codegen.read import check_types, read
from codegen.shape import shape
from codegen.structure import AMENDMENTS, METHODS, Origin, notes, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from codegen.sources import Page, Provider, Sources

STAGE = "spec"
_HEADER = """\
# machine-written by `python -m codegen build`: don't edit, a build overwrites it.
# The normalized OpenAPI 3.1 document of {title}, from the pages in fragments/ and amendments.yaml.
"""


@frozen
class Spec:
    """The normalized document of one provider."""

    name: str
    title: str
    base_url: str
    revision: str
    """Date of the newest page."""
    document: Mapping[str, Any]
    text: str
    """The document as canonical YAML."""
    sha256: str
    """Of `text`."""
    provenance: Mapping[str, tuple[Origin, ...]]
    """JSON pointer in `document` to every place that states what is there."""
    notes: Mapping[str, tuple[str, ...]]
    """JSON pointer in `document` to what stages changed there, in sentences."""
    sources: Mapping[str, str] = Factory(dict[str, str])
    """Fragment file to the address it was published at, where that is known."""


def silent(_: str) -> None:
    """Report a stage to nobody."""


def load(specs_dir: Path) -> Sources:
    """Read specs/sources.toml.

    Raises:
        StageError: It is missing or malformed.
    """
    return sources.load(specs_dir)


def normalize_provider(specs_dir: Path, name: str, report: Callable[[str], None] = silent) -> Spec:
    """Run every stage up to the gate for one provider of a specs folder.

    Args:
        specs_dir: The folder with sources.toml.
        name: The provider.
        report: Called with the name of each stage as it starts.

    Raises:
        StageError: A stage stopped.
    """
    report("vendor")
    provider = load(specs_dir).provider(name)
    try:
        return make(provider, sources.pages(provider), amend.load(provider), report)
    except RecursionError as error:
        message = "something in its pages is nested too deeply to be followed"
        raise StageError(STAGE, provider.name, "", message) from error


def make(
    provider: Provider,
    pages: Sequence[Page],
    acts: Sequence[amend.Action],
    report: Callable[[str], None] = silent,
) -> Spec:
    """The normalized document of one provider's pages and amendments.

    Args:
        provider: The provider.
        pages: Its pages.
        acts: Its amendments.
        report: Called with the name of each stage as it starts.

    Raises:
        StageError: A stage stopped.
    """
    with _uncollected():
        return _make(provider, pages, acts, report)


@contextmanager
def _uncollected() -> Generator[None]:
    # Documents are trees, in which the collector of cycles has nothing to find; its walks over them, which get longer
    # as they grow, are a fifth of the time of a large document.
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _make(
    provider: Provider, pages: Sequence[Page], acts: Sequence[amend.Action], report: Callable[[str], None]
) -> Spec:
    amendments = f"{provider.name}/{AMENDMENTS}"
    fragments: list[Fragment] = []
    known: set[Fact] = set()
    removed: set[Fact] = set()
    report("read")
    documents = [read(page) for page in pages]
    report("normalize")
    by_fragment: dict[str, list[amend.Action]] = {}
    for act in acts:
        by_fragment.setdefault(act.fragment, []).append(act)
    for page, stating in zip(pages, documents, strict=True):
        document = normalize(stating, page.where)
        known |= stated(stating)
        if own := by_fragment.get(page.fragment.file):
            amended = amend.amend(document, own, amendments)
            removed |= amended.removed
            check_types(amended.document, amendments)
            document = normalize(amended.document, amendments)
        fragments.append(Fragment(page.fragment.file, document))
    report("merge")
    merged = merge(provider, fragments)
    if own := by_fragment.get(""):
        amended = amend.amend(merged, own, amendments)
        removed |= amended.removed
        check_types(amended.document, amendments)
        merged = normalize(amended.document, amendments)
    report("shape")
    shaped = shape(merged, provider)
    nothing_lost(provider.name, known - removed - borne(shaped))
    shaped = ordered(shaped)
    document = unmarked(shaped)
    places = provenance(shaped, known)
    report("gate")
    gate(document, places, provider)
    text = _HEADER.format(title=provider.title) + yamltext.write(document)
    return Spec(
        name=provider.name,
        title=provider.title,
        base_url=provider.base_url,
        revision=provider.revision,
        document=document,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        provenance=places,
        notes={part.pointer: held for part in parts(shaped) if (held := notes(part.value))},
        sources={page.fragment.file: page.fragment.source for page in pages if page.fragment.source},
    )


def ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with paths, methods and components in their canonical order; the rest as stated."""
    components: Mapping[str, Any] = document["components"]
    return {
        **document,
        "paths": {
            path: {method: _operation(item[method]) for method in METHODS if method in item}
            for path, item in sorted(document["paths"].items())
        },
        "components": {key: dict(sorted(held.items())) for key, held in sorted(components.items())},
    }


def _operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    return {**operation, "responses": dict(sorted(node_at(dict(operation), "responses").items()))}
