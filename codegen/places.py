# Where on the pages a place of the document is stated.
#
# Rules: the innermost part around a pointer that has a provenance tells; where nothing around has one, the first part
# below. An error of a stage that sees only the finished document is put at that page and line, and keeps the pointer in
# its words; one that names no pointer is placed by the operation or component that its words name. Where nothing tells,
# the pages are named of which one must be it.

"""Places of the document to places of the pages."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codegen.errors import StageError
from codegen.jsonvalue import node_at
from codegen.naming import pascal, snake
from codegen.pointer import child
from codegen.structure import AMENDMENTS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from codegen.spec import Spec
    from codegen.structure import Origin

_OPERATION = re.compile(r"\b(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE)\s+(/[^\s\"',;]*)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*[A-Za-z0-9_]")
_TELLING = 4
"""Length of a name that is no word of a sentence by chance."""
_COMPONENT = re.compile(r"#?(/components/schemas/[A-Za-z0-9._-]+)")


def nearest(provenance: Mapping[str, tuple[Origin, ...]], pointer: str) -> Origin | None:
    """The place on a page that a pointer of the document leads to; None where there is none."""
    around = pointer
    while around:
        if held := provenance.get(around):
            return held[0]
        around = around.rpartition("/")[0]
    below = (held[0] for each, held in provenance.items() if each.startswith(f"{pointer}/") and held)
    return next(below, None) if pointer else None


def where(provider: str, origin: Origin) -> tuple[str, str]:
    """The file and the line of an origin, as errors name them."""
    folder = "" if origin.file == AMENDMENTS else "fragments/"
    return f"{provider}/{folder}{origin.file}", f"line {origin.line} ({origin.pointer})"


@contextmanager
def placed(spec: Spec) -> Generator[None]:
    """Put errors of stages that see only the finished document at the pages that state what they speak of."""
    try:
        yield
    except StageError as error:
        better = at_page(error, spec)
        if better is error:
            raise
        raise better from error


def at_page(error: StageError, spec: Spec) -> StageError:
    """An error at a place of openapi.yaml as one at the page that states it; any other as it is."""
    if not error.where.endswith("openapi.yaml"):
        return error
    pointer = error.pointer.removeprefix("#") or _named(error.message, spec)
    origin = nearest(spec.provenance, pointer)
    if origin is None:
        files = sorted({each.file for held in spec.provenance.values() for each in held})
        hint = f"{error.hint} It is made of {', '.join(files)}.".strip()
        return StageError(error.stage, error.where, error.pointer, error.message, hint) if files else error
    file, place = where(spec.name, origin)
    said = "" if pointer in error.message else f" (at {pointer} of openapi.yaml)"
    return StageError(error.stage, file, place, f"{error.message}{said}", error.hint)


def _named(message: str, spec: Spec) -> str:
    if match := _OPERATION.search(message):
        return child("/paths", match[2], match[1].lower())
    if match := _COMPONENT.search(message):
        return match[1].rstrip(".")
    called = _called(spec)
    words = sorted(set(_WORD.findall(message)), key=lambda each: (-len(each), each))
    return next((called[each] for each in words if each in called), "")


def _called(spec: Spec) -> dict[str, str]:
    # What a generator may call an operation or a component, to its pointer.
    found: dict[str, str] = {}
    for path, item in node_at(dict(spec.document), "paths").items():
        for method, held in item.items():
            found |= {
                name: child("/paths", path, method)
                for name in (held["operationId"], snake(held["operationId"]), pascal(held["operationId"]))
            }
    for name in node_at(node_at(dict(spec.document), "components"), "schemas"):
        found |= {each: child("/components/schemas", name) for each in (snake(name), pascal(name), name)}
    return {name: pointer for name, pointer in found.items() if len(name) >= _TELLING}
