# Every stage up to the gate, in order, for one provider.
#
# Rules: the text is canonical: the same input gives the same bytes on every machine. Provenance says for every part
# of the document where it is stated; what a page states and no part of the document bears any more is an error,
# unless an amendment took it away.

"""Vendored pages of a provider to its normalized OpenAPI 3.1 document."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen import amend, sources, yamltext
from codegen.errors import StageError
from codegen.gate import gate
from codegen.jsonvalue import node_at
from codegen.merge import Fragment, merge
from codegen.normalize import normalize
from codegen.read import check_types, read
from codegen.shape import shape
from codegen.structure import AMENDMENTS, METHODS, Origin, origins, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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


def load(specs_dir: Path) -> Sources:
    """Read specs/sources.toml.

    Raises:
        StageError: It is missing or malformed.
    """
    return sources.load(specs_dir)


def normalize_provider(specs_dir: Path, name: str) -> Spec:
    """Run every stage up to the gate for one provider of a specs folder.

    Raises:
        StageError: A stage stopped.
    """
    provider = load(specs_dir).provider(name)
    return make(provider, sources.pages(provider), amend.load(provider))


def make(provider: Provider, pages: Sequence[Page], acts: Sequence[amend.Action]) -> Spec:
    """The normalized document of one provider's pages and amendments.

    Raises:
        StageError: A stage stopped.
    """
    amendments = f"{provider.name}/{AMENDMENTS}"
    fragments: list[Fragment] = []
    stated: set[Origin] = set()
    removed: set[Origin] = set()
    for page in pages:
        document = normalize(read(page), page.where)
        own = [act for act in acts if act.fragment == page.fragment.file]
        amended = amend.amend(document, own, amendments)
        stated |= _stated(document)
        removed |= amended.removed
        check_types(amended.document, amendments)
        fragments.append(Fragment(page.fragment.file, normalize(amended.document, amendments)))
    merged = merge(provider, fragments)
    amended = amend.amend(merged, [act for act in acts if not act.fragment], amendments)
    removed |= amended.removed
    check_types(amended.document, amendments)
    shaped = shape(normalize(amended.document, amendments), provider)
    _nothing_lost(provider, stated - removed - _stated(shaped))
    document = unmarked(ordered(shaped))
    provenance = {part.pointer: held for part in parts(ordered(shaped)) if (held := origins(part.value))}
    gate(document, provenance, provider)
    text = _HEADER.format(title=provider.title) + yamltext.write(document)
    return Spec(
        name=provider.name,
        title=provider.title,
        base_url=provider.base_url,
        revision=provider.revision,
        document=document,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        provenance=provenance,
    )


def _stated(document: dict[str, Any]) -> set[Origin]:
    return {origin for part in parts(document) for origin in origins(part.value)}


def _nothing_lost(provider: Provider, lost: set[Origin]) -> None:
    if lost:
        first = min(lost, key=lambda origin: (origin.file, origin.line, origin.pointer))
        where = f"{provider.name}/fragments/{first.file}"
        more = f", and {len(lost) - 1} more like it" if len(lost) > 1 else ""
        message = f"what this place states is nowhere in the document{more}"
        hint = (
            "A defect of the pipeline, unless an amendment replaced it: then let an action `remove` it first."
        )
        raise StageError(STAGE, where, f"line {first.line} ({first.pointer})", message, hint)


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
