# What changed in meaning between two normalized documents of a provider.
#
# Rules: operations are known by method and path; one that moved, by its Python name. Nothing that differs goes unsaid:
# what no rule covers is `document.other` or `keyword.changed`, the worst. A component is compared once, and its changes
# are judged by the directions it is used in, in either document. Reading order: the document, its operations, its
# components; each in the order of the newer document.

"""The diff command: two documents to the changes between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, frozen

from codegen.diff_kinds import EFFECTS, KINDS, worst
from codegen.diff_operations import operations, respelled_schemes, schemes
from codegen.diff_schemas import Found, Pair, Place, components, same, schemas
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.naming import pinned
from codegen.structure import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.diff_kinds import Effect, Kind
    from codegen.diff_overlay import Overlay

Direction: TypeAlias = Literal["request", "response"]
_TITLES = frozenset({"openapi", "info", "tags", "externalDocs", "security"})
_HANDLED = frozenset({"servers", "paths", "components"})


@frozen
class Change:
    """One change, with what it does to users."""

    provider: str
    kind: str
    where: str
    before: str
    after: str
    operations: tuple[str, ...]
    """The operations it concerns, by their pinned names; none where it concerns all."""
    raw: Effect
    why: str
    overlay: Effect
    why_overlay: str


def compare(provider: str, old: Node, new: Node, overlay: Overlay) -> list[Change]:
    """Every change between two normalized documents of a provider.

    Args:
        provider: Its name.
        old: The document people have; empty if there is none.
        new: The document they would get; empty if there is none.
        overlay: What of the raw client the overlay stands on.
    """
    if not old or not new:
        found = Found("provider.added" if new else "provider.removed", provider)
        return [_judged(provider, found, [found.kind], (), overlay)] if old or new else []
    pair, uses = Pair(old, new), used(old, new)
    changes = [
        _judged(provider, each, [each.kind], names, overlay)
        for names, each in [
            *(((), each) for each in _document(pair)),
            *operations(pair),
            *((_users(uses.get(each.name, {})), each) for each in _models(pair)),
        ]
    ]
    shared = {(name, name): None for name in components(new) if name in components(old)}
    compared: dict[tuple[str, str], None] = {}
    while waiting := [each for each in {**shared, **_renames(changes)} if each not in compared]:
        compared |= dict.fromkeys(waiting)
        for before, after in waiting:
            directions: dict[Direction, tuple[str, ...]] = {**uses.get(before, {}), **uses.get(after, {})}
            for each in schemas(components(old)[before], components(new)[after], Place(pair, after)):
                kinds = _directed(each.kind, directions)
                changes.append(_judged(provider, each, kinds, _users(directions), overlay))
    return list(dict.fromkeys(_renamed(changes)))


def _renames(changes: list[Change]) -> dict[tuple[str, str], None]:
    """Old and new names of models under another name."""
    return dict.fromkeys((each.before, each.after) for each in changes if each.kind == "model.renamed")


def _renamed(changes: list[Change]) -> Iterator[Change]:
    """The changes, a model under another name being one change wherever it is used."""
    names = _renames(changes)
    gone, come = {old for old, _ in names}, {new for _, new in names}
    for pair in names:
        own = [each for each in changes if each.kind == "model.renamed" and (each.before, each.after) == pair]
        users = tuple(dict.fromkeys(name for each in own for name in each.operations))
        worse = min(own, key=lambda each: EFFECTS.index(each.overlay))
        yield evolve(worse, where=pair[0], operations=users)
    for each in changes:
        said = {"model.removed": gone, "model.added": come}.get(each.kind, set[str]())
        if each.kind != "model.renamed" and each.where not in said:
            yield each


def _users(uses: Mapping[Direction, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for held in uses.values() for name in held))


def _directed(kind: str, uses: Mapping[Direction, tuple[str, ...]]) -> list[str]:
    if kind in KINDS:
        return [kind]
    # A component that nothing uses can still be imported: it is read, if anything.
    return [f"{direction}.{kind}" for direction in list(uses) or ["response"]]


def _judged(
    provider: str, found: Found, kinds: list[str], names: tuple[str, ...], overlay: Overlay
) -> Change:
    raw = worst([KINDS[kind].raw for kind in kinds])
    kind = next(each for each in kinds if KINDS[each].raw == raw)
    judged = [(_overlaid(KINDS[each], found, names, overlay), each) for each in kinds]
    theirs = worst([effect for (effect, _), _ in judged])
    why = next(words for (effect, words), _ in judged if effect == theirs)
    return Change(
        provider, kind, found.where, found.before, found.after, names, raw, KINDS[kind].why, theirs, why
    )


def _overlaid(kind: Kind, found: Found, names: tuple[str, ...], overlay: Overlay) -> tuple[Effect, str]:
    if kind.touches == "always":
        return kind.overlay, kind.why_overlay
    if not any(name in overlay.operations for name in names):
        return "cosmetic", "the overlay calls none of the operations it concerns"
    if kind.touches == "name" and found.name and found.name not in overlay.names:
        return "cosmetic", "the overlay never names it"
    if kind.touches == "unstated" and found.name and found.name in overlay.names:
        return "cosmetic", "the overlay has it already"
    return kind.overlay, kind.why_overlay


def _document(pair: Pair) -> Iterator[Found]:
    old, new = pair.old, pair.new
    before, after = _base_url(old), _base_url(new)
    if before != after:
        yield Found("base_url.changed", "servers", "", before, after)
    yield from _schemes(pair)
    for key in sorted({*old, *new} - _HANDLED):
        if not same(old.get(key), new.get(key)):
            words = key in _TITLES or key.startswith("x-")
            yield Found("document.described" if words else "document.other", key)


def _base_url(document: Node) -> str:
    return ", ".join(str(each.get("url", "")) for each in list_at(document, "servers") if is_node(each))


def _schemes(pair: Pair) -> Iterator[Found]:
    before, after, respelled = schemes(pair.old), schemes(pair.new), respelled_schemes(pair)
    for name in [*before, *(name for name in after if name not in before)]:
        where = f"security scheme {name}"
        if name in respelled:
            yield Found("document.described", where, "", respelled[name], name)
        elif name not in before:
            yield Found("auth.scheme.added", where, "", after=after[name])
        elif name not in after and name not in respelled.values():
            yield Found("auth.scheme.removed", where, "", before[name])
        elif name in after and before[name] != after[name]:
            yield Found("auth.scheme.changed", where, "", before[name], after[name])


def _models(pair: Pair) -> Iterator[Found]:
    before, after = components(pair.old), components(pair.new)
    for name in before:
        if name not in after:
            yield Found("model.removed", name, name, name)
    for name in after:
        if name not in before:
            yield Found("model.added", name, name, after=name)


def used(*documents: Node) -> dict[str, dict[Direction, tuple[str, ...]]]:
    """For every component, the directions it is used in and the operations that do."""
    found: dict[str, dict[Direction, tuple[str, ...]]] = {}
    for document in documents:
        for item in node_at(document, "paths").values():
            for method in METHODS:
                if method in item:
                    _use(document, item[method], found)
    return found


def _use(document: Node, operation: Node, found: dict[str, dict[Direction, tuple[str, ...]]]) -> None:
    name = ".".join(pinned(operation))
    sides: tuple[tuple[Direction, Any], ...] = (
        ("request", [operation.get("parameters"), operation.get("requestBody")]),
        ("response", operation.get("responses")),
    )
    for direction, held in sides:
        for component in _reached(document, held):
            names = found.setdefault(component, {}).get(direction, ())
            if name not in names:
                found[component][direction] = (*names, name)


def _reached(document: Node, value: Any) -> list[str]:
    reached: dict[str, None] = {}
    waiting = [value]
    while waiting:
        each: Any = waiting.pop()
        if is_list(each):
            waiting += each
        elif is_node(each):
            ref = each.get("$ref")
            if isinstance(ref, str) and ref.startswith("#/components/"):
                kind, _, name = ref.removeprefix("#/components/").partition("/")
                if kind != "schemas" or name not in reached:
                    reached |= {name: None} if kind == "schemas" else {}
                    waiting.append(node_at(node_at(document, "components"), kind).get(name))
            waiting += each.values()
    return list(reached)
