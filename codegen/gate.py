# The gate before generation: a document that passes can be turned into Python.
#
# Rules: whatever is written into a file later is looked at here: names, paths, values, text. A hostile or a broken
# document is an error that names the place and the page that states it, never a file. References lead to components
# of the same document; nothing is ever fetched. Our own checks come first, since they explain themselves better than
# openapi-spec-validator, which has the last word.

"""Refuse documents that can't become a client."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from codegen.errors import StageError
from codegen.gate_names import check_components, check_operations, check_paths, check_security_schemes
from codegen.gate_schemas import check_circles, check_references, check_schemas
from codegen.gate_text import Finding, check_text
from codegen.jsonvalue import is_node
from codegen.places import nearest, where
from codegen.pointer import child
from codegen.structure import AMENDMENTS, Origin, Part, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codegen.jsonvalue import Node
    from codegen.sources import Provider

STAGE = "gate"


def gate(
    document: Mapping[str, Any], provenance: Mapping[str, tuple[Origin, ...]], provider: Provider
) -> None:
    """Refuse a document that can't become a client.

    Args:
        document: The shaped document, without marks.
        provenance: Where its parts are stated.
        provider: The provider, named in errors.

    Raises:
        StageError: The first finding, by the page and the line that state it.
    """
    for finding in findings(dict(document)):
        raise _located(finding, provenance, provider)


def findings(document: Node) -> Iterator[Finding]:
    """Everything about a shaped document that can't pass, check by check."""
    everything = list(parts(document))
    found = False
    for check in _CHECKS:
        for finding in check(document, everything):
            found = True
            yield finding
    if not found:  # the validator follows references, so it sees only what leads nowhere else
        yield from _valid(document)


def _located(
    finding: Finding, provenance: Mapping[str, tuple[Origin, ...]], provider: Provider
) -> StageError:
    message = f"{finding.message} (at {finding.pointer or '/'} of the document)"
    origin = nearest(provenance, finding.pointer)
    if origin is None:
        return StageError(STAGE, provider.name, finding.pointer, finding.message, finding.hint)
    file, place = where(provider.name, origin)
    hint = (
        finding.hint
        or f"Settle it in {provider.name}/{AMENDMENTS} (x-fragment: {origin.file}), or vendor the page again."
    )
    return StageError(STAGE, file, place, message, hint)


def _valid(document: Node) -> Iterator[Finding]:
    try:
        from codegen.gate_openapi import errors  # noqa: PLC0415  # the validator takes a third of a second to import

        for error in errors(_without_patterns(document)):
            deepest: Any = (
                min(error.context, key=lambda each: -len(each.absolute_path), default=error)
                if error.context
                else error
            )
            pointer = child("", *(str(step) for step in deepest.absolute_path))
            yield Finding(pointer, f"not valid OpenAPI 3.1: {str(deepest.message)[:200]}")
    except Exception as error:  # noqa: BLE001  # it knows no other way to say that it can't go on
        yield Finding("", f"openapi-spec-validator can't read it: {str(error)[:200] or type(error).__name__}")


def _without_patterns(document: Node) -> Node:
    # The validator reads defaults by them, and a regular expression takes a time that has no bound.
    found = copy.deepcopy(document)
    for part in parts(found):
        if part.kind == "schema" and is_node(part.value):
            part.value.pop("pattern", None)
            part.value.pop("patternProperties", None)
    return found


_CHECKS: tuple[Callable[[Node, list[Part]], Iterator[Finding]], ...] = (
    check_text,
    check_references,
    check_circles,
    check_paths,
    check_components,
    check_schemas,
    check_operations,
    check_security_schemes,
)
