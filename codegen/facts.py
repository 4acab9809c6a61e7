# What fragments state, followed from the page to the finished document.
#
# Rules: a fact is a part of a page (an operation, parameter, response, schema: known by its origin) or a value of an
# enumeration (known by the origin of its schema and its text). Every fact of a page must be borne by some part of the
# finished document, unless an amendment removed it. Shared parameters, responses and the like that no operation of the
# page refers to state nothing about any operation and are no facts.

"""Find what got lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, node_at
from codegen.pointer import child, tokens
from codegen.structure import AMENDMENTS, Origin, origins, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STAGE = "spec"
Fact = tuple[Origin, str]
"""An origin with the text of a value, or with "" for the part itself."""

_ALWAYS = ("schemas", "securitySchemes")


def value_text(value: Any) -> str:
    """A value of an enumeration as it is compared: `1`, `"1"` and 1.0 are spellings of one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, default=str)


def values(schema: Any) -> list[str]:
    """The values a schema enumerates; null, which is a type, left out."""
    if not is_node(schema):
        return []
    members: Any = schema.get("enum")
    listed: list[Any] = [*(members if is_list(members) else []), schema.get("const")]
    return [value_text(value) for value in listed if value is not None]


def facts(document: Mapping[str, Any]) -> set[Fact]:
    """Every fact a document states or bears."""
    found: set[Fact] = set()
    for part in parts(dict(document)):
        held = origins(part.value)
        found.update((origin, "") for origin in held)
        if part.kind == "schema":
            texts = values(part.value)
            found.update((origin, text) for origin in held for text in texts)
    return found


def stated(document: Node) -> set[Fact]:
    """Every fact a page states, as its reader returns it."""
    idle = _idle(document)
    components: Node = node_at(document, "components")
    kept: Node = {kind: dict(node_at(components, kind)) for kind in components}
    for pointer in idle:
        kind, name = tokens(pointer)[1:]
        del kept[kind][name]
    return facts({**document, "components": kept})


def _idle(document: Node) -> set[str]:
    # Pointers of shared parts, schemas excepted, that nothing refers to.
    components: Node = node_at(document, "components")
    shared = {
        child("/components", kind, name): item
        for kind in components
        if kind not in _ALWAYS
        for name, item in node_at(components, kind).items()
    }
    used: set[str] = set()
    waiting = list(_references({key: held for key, held in document.items() if key != "components"}))
    waiting += _references({kind: held for kind, held in components.items() if kind in _ALWAYS})
    while waiting:
        pointer = child("", *tokens(waiting.pop().removeprefix("#"))[:3])
        if pointer in shared and pointer not in used:
            used.add(pointer)
            waiting += _references(shared[pointer])
    return shared.keys() - used


def _references(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        held = waiting.pop()
        if is_node(held):
            reference = held.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                yield reference
            waiting += held.values()
        elif is_list(held):
            waiting += held


def nothing_lost(provider: str, lost: set[Fact]) -> None:
    """Refuse a document that has lost what a page states.

    Args:
        provider: Its name.
        lost: Facts that are nowhere in the document and were not removed.

    Raises:
        StageError: There is one; the first on the pages is named.
    """
    if not lost:
        return
    first, text = min(lost, key=lambda fact: (fact[0].file, fact[0].line, fact[0].pointer, fact[1]))
    where = f"{provider}/fragments/{first.file}"
    more = f", and {len(lost) - 1} more like it" if len(lost) > 1 else ""
    what = f"the value {text!r} that this place lists" if text else "what this place states"
    message = f"{what} is nowhere in the document{more}"
    hint = "A defect of the pipeline, unless an amendment replaced it: then let an action `remove` it first."
    raise StageError(STAGE, where, f"line {first.line} ({first.pointer})", message, hint)


def provenance(document: Node, known: set[Fact]) -> dict[str, tuple[Origin, ...]]:
    """JSON pointer to every place that states what is there, values of enumerations included.

    Args:
        document: The finished document, still marked.
        known: What the pages state.
    """
    found: dict[str, tuple[Origin, ...]] = {}
    for part in parts(document):
        held = origins(part.value)
        if not held:
            continue
        found[part.pointer] = held
        members: Any = part.value.get("enum") if part.kind == "schema" else None
        for index, member in enumerate(members if is_list(members) else []):
            text = value_text(member)
            own = tuple(origin for origin in held if (origin, text) in known)
            amended = tuple(origin for origin in held if origin.file == AMENDMENTS)
            found[child(part.pointer, "enum", str(index))] = own or amended or held
    return found
