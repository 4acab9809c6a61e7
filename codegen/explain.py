# Where every operation and component of a provider comes from, and what was made of it on the way.
#
# Rules: nothing is told by the stages as they run; what is said is found by comparing what they take with what they
# give, part by part, by the origins the parts carry. So it is true of whatever the stages do, also of what a later
# version of them does. A part is a page's own if a page states it in its place; one that a page states inline
# elsewhere was named by the pipeline.

"""The explain command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen import amend, sources
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.naming import pinned, public
from codegen.normalize import normalize
from codegen.pointer import child, tokens
from codegen.read import read
from codegen.spec import load, make
from codegen.structure import AMENDMENTS, KINDS, MARK, Origin, Part, origins, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codegen.build import Places
    from codegen.spec import Spec

_WORDS = frozenset({"title", "description", "summary", "example", "examples", "externalDocs", MARK})
_LONGEST = 160
_MEMBER = re.compile(r"/enum/[0-9]+$")
_OPERATIONS = {"paths": "operation", "webhooks": "webhook"}


@frozen
class _Sides:
    # Every part of the pages by what it carries: as read, and as lowered.
    read: Mapping[Origin, Part]
    lowered: Mapping[Origin, Part]


def explain(name: str, places: Places) -> dict[str, Any]:
    """Where each operation and component of a provider comes from.

    Args:
        name: The provider.
        places: Where its pages are and its client goes.

    Returns:
        `operations`, `webhooks` and `components`, each with `origins`, `joined`, `lowered` and `amended`: see
        docs/pipeline.md.

    Raises:
        StageError: A stage refuses the provider's pages.
    """
    provider = load(places.specs).provider(name)
    pages = sources.pages(provider)
    acts = amend.load(provider)
    spec = make(provider, pages, acts)
    documents = [(read(page), page.where) for page in pages]
    sides = _Sides(
        _by_origin(document for document, _ in documents),
        _by_origin(normalize(document, where) for document, where in documents),
    )
    named = {
        name for document, _ in documents for name in node_at(node_at(document, "components"), "schemas")
    }
    actions = {act.origin: act for act in acts}
    found = [_part(pointer, kind, spec, sides, actions) for pointer, kind in _subjects(spec)]
    for part in found:
        if part["kind"] == "component" and not any(o["file"] == AMENDMENTS for o in part["origins"][:1]):
            part["named_by"] = "the page" if part["name"] in named else "the pipeline, from an inline type"
    for part in found:
        if part["kind"] == "operation":
            part["import"] = f"from {places.package}.{name} import {public(part['name'].partition('.')[0])}"
    return {
        "provider": name,
        "title": spec.title,
        "base_url": spec.base_url,
        "sha256": spec.sha256,
        "operations": [part for part in found if part["kind"] == "operation"],
        "webhooks": [part for part in found if part["kind"] == "webhook"],
        "components": [part for part in found if part["kind"] == "component"],
    }


def text(explanation: Mapping[str, Any]) -> str:
    """An explanation for people."""
    lines = [f"{explanation['title']}  {explanation['base_url']}", ""]
    for part in [*explanation["operations"], *explanation["webhooks"], *explanation["components"]]:
        title = "  ".join(each for each in (part["name"], _line(part)) if each)
        lines.append(f"{part['kind']} {title}")
        lines += [
            f"  from     {_place(origin)}" for origin in part["origins"] if origin["file"] != AMENDMENTS
        ]
        if part.get("named_by", "the page") != "the page":
            lines.append(f"  named    by {part['named_by']}")
        lines += [f"  joined   {said}" for said in part["joined"]]
        lines += [f"  amended  {_place(each)}: {each['description']}" for each in part["amended"]]
        lines += [f"  note     {each['at'] or '/'}: {each['said']}" for each in part["notes"]]
        for change in part["lowered"]:
            at = f"{change['at']}: " if change["at"] else ""
            lines.append(f"  lowered  {at}{change['before']}  ->  {change['after']}  (line {change['line']})")
        lines.append("")
    return "\n".join(lines)


def _line(part: Mapping[str, Any]) -> str:
    return f"{part.get('method', '')} {part.get('path', '')}".strip()


def _place(origin: Mapping[str, Any]) -> str:
    return f"{origin['file']} line {origin['line']} ({origin['pointer'] or '/'})"


def _by_origin(documents: Iterator[Node]) -> dict[Origin, Part]:
    found: dict[Origin, Part] = {}
    for document in documents:
        for part in parts(document):
            for origin in origins(part.value):
                held = found.setdefault(
                    origin, part
                )  # the outermost: what wraps a part carries its origin too
                if "$ref" in held.value and "$ref" not in part.value:
                    found[origin] = part  # what a page states in place of a reference to it
    return found


def _subjects(spec: Spec) -> Iterator[tuple[str, str]]:
    for part in parts(dict(spec.document)):
        match tokens(part.pointer):
            case [where, _, _] if (
                part.kind == "operation"
            ):  # what is deeper is a callback, told with its operation
                yield part.pointer, _OPERATIONS[where]
            case _:
                pass
    for name in node_at(dict(spec.document["components"]), "schemas"):
        yield child("/components/schemas", name), "component"


def _part(
    pointer: str, kind: str, spec: Spec, sides: _Sides, actions: Mapping[Origin, amend.Action]
) -> dict[str, Any]:
    held = spec.provenance.get(pointer, ())
    below = {
        where: own
        for where, own in spec.provenance.items()
        if where == pointer or where.startswith(f"{pointer}/")
    }
    _, *names, last = tokens(pointer)
    found: dict[str, Any] = {"kind": kind, "name": last}
    if kind == "operation":
        name = ".".join(pinned(spec.document["paths"][names[0]][last]))
        found |= {"name": name, "method": last.upper(), "path": names[0]}
    if kind == "webhook":
        found |= {"name": names[0], "method": last.upper()}
    firsts: dict[Origin, str] = {}
    for where, own in below.items():
        for origin in own:
            firsts.setdefault(origin, where)
    amending = [origin for origin in firsts if origin.file == AMENDMENTS]
    return {
        **found,
        "pointer": pointer,
        "origins": [_origin(origin) for origin in held],
        "joined": list(_joined(pointer, below, sides)),
        "amended": [
            {**_origin(origin), "target": act.target, "description": " ".join(act.description.split())}
            for origin in amending
            if (act := _action(origin, actions)) is not None
        ],
        "notes": [
            {"at": where.removeprefix(pointer), "said": said}
            for where, held in spec.notes.items()
            for said in held
            if where == pointer or where.startswith(f"{pointer}/")
        ],
        "lowered": [
            {"at": where.removeprefix(pointer), "file": origin.file, "line": origin.line, **change}
            for origin, where in firsts.items()
            if (change := _lowered(origin, sides))
        ],
    }


def _action(origin: Origin, actions: Mapping[Origin, amend.Action]) -> amend.Action | None:
    return next(
        (act for held, act in actions.items() if f"{origin.pointer}/".startswith(f"{held.pointer}/")), None
    )


def _origin(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line, "pointer": origin.pointer}


# ------------------------------------------------------------------------------------------------ joined


def _joined(pointer: str, below: Mapping[str, Sequence[Origin]], sides: _Sides) -> Iterator[str]:
    whole = _pages(below.get(pointer, ()))
    if len(whole) < 2:  # noqa: PLR2004
        return
    yield f"from {' and '.join(whole)}"
    for where, own in below.items():
        files = _pages(own)
        if (
            files
            and set(files) < set(whole)
            and not any(
                where.startswith(f"{other}/") and _pages(below[other]) == files
                for other in below
                if other != where
            )
        ):
            yield f"{where.removeprefix(pointer)}: only {' and '.join(files)} states it"
        yield from _members(where.removeprefix(pointer), own, sides)


def _members(at: str, own: Sequence[Origin], sides: _Sides) -> Iterator[str]:
    # Lists that the join unites (values) or intersects (required).
    if _MEMBER.search(at):
        return
    for key, said in (("enum", "only {file} has the value"), ("required", "only {file} requires")):
        stated = {
            origin.file: _listed(part.value, key, origin)
            for origin in own
            if (part := sides.lowered.get(origin)) is not None and is_node(part.value)
        }
        for file, members in stated.items():
            others = [other for name, held in stated.items() if name != file for other in held]
            for member in members if len(stated) > 1 else []:
                if member not in others:
                    yield f"{at or '/'}: {said.format(file=file)} {member}"


def _listed(schema: Node, key: str, origin: Origin) -> list[Any]:
    # What may be null was wrapped; what is inside has the same origin.
    inner = [each for each in list_at(schema, "anyOf") if origin in origins(each)]
    return [member for each in (schema, *inner) for member in list_at(each, key)]


def _pages(own: Sequence[Origin]) -> list[str]:
    return sorted({origin.file for origin in own if origin.file != AMENDMENTS})


# ------------------------------------------------------------------------------------------------ lowered


def _lowered(origin: Origin, sides: _Sides) -> dict[str, str] | None:
    before, after = sides.read.get(origin), sides.lowered.get(origin)
    if before is None or after is None:
        return None
    one, two = _shallow(before), _shallow(after)
    if one == two:
        return None
    gone = {key: value for key, value in one.items() if two.get(key, MARK) != value}
    new = {key: value for key, value in two.items() if one.get(key, MARK) != value}
    return {"before": _said(gone) or "nothing", "after": _said(new) or "nothing"}


def _shallow(part: Part) -> dict[str, Any]:
    # A part with the parts below it left out, but for those that are not marked: they are its own.
    inner = KINDS[part.kind]
    return {
        key: _outline(value) if key in inner else unmarked(value)
        for key, value in part.value.items()
        if key not in _WORDS
    }


def _outline(value: Any) -> Any:
    if is_list(value):
        return [_brief(item) for item in value]
    if is_node(value) and not {"type", "$ref", "anyOf", "oneOf", "allOf"} & value.keys() - set(
        value.get("properties", ())
    ):
        return sorted(value.keys() - {MARK})
    return _brief(value)


def _brief(value: Any) -> Any:
    if not is_node(value):
        return value
    for key in ("$ref", "type", "name", "schema"):
        if isinstance(value.get(key), str):
            return f"{key}: {value[key]}"
    return "..." if value.keys() - {MARK} else "any"


def _said(values: Mapping[str, Any]) -> str:
    words = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return ", ".join(word if len(word) <= _LONGEST else f"{word[:_LONGEST]}..." for word in words)
