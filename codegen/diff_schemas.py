# What changed between two schemas.
#
# Rules: schemas are in the plain form of normalized documents (lower.py). Nothing that differs goes unsaid: a keyword
# without a rule of its own is `keyword.changed`, the worst. A component is compared once, under its name; a reference
# that still leads to it says nothing. Kinds are named without a direction here: which one applies is known only to who
# knows whether requests or replies hold the schema.

"""Changes between two schemas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from codegen.jsonvalue import Node, is_node, list_at, node_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMAS = "#/components/schemas/"
_WORDS = frozenset({
    "title", "description", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs", "$comment",
})  # fmt: skip
_STRUCTURE = frozenset({
    "$ref", "type", "format", "enum", "default", "properties", "required", "additionalProperties", "items", "anyOf",
    "oneOf",
})  # fmt: skip
_LOWER_IS_LOOSER = frozenset(
    {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"}
)
_HIGHER_IS_LOOSER = frozenset(
    {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"}
)
_OTHER_LIMITS = frozenset({"pattern", "multipleOf", "uniqueItems"})
_LIMITS = _LOWER_IS_LOOSER | _HIGHER_IS_LOOSER | _OTHER_LIMITS
_PYTHON_FORMATS = frozenset({"date-time", "date", "uuid", "binary"})
_WIDER = {("integer", "number"), ("", "integer"), ("", "number")}
NOTHING = "—"
"""What stands where there was nothing, or is nothing any more."""


@frozen
class Found:
    """One change, not yet judged."""

    kind: str
    where: str
    name: str = ""
    """What the overlay would have to say to stand on it."""
    before: str = NOTHING
    after: str = NOTHING


@frozen
class Pair:
    """Two documents whose schemas are compared."""

    old: Node
    new: Node

    def renamed(self, old: str, new: str) -> bool:
        """Whether one component took the place of another: neither name is in the other document."""
        return old not in components(self.new) and new not in components(self.old)


@frozen
class Place:
    """Where a schema stands."""

    pair: Pair
    where: str
    name: str = ""

    def __truediv__(self, part: str) -> Place:
        name = part if part.isidentifier() else self.name
        return evolve(self, where=f"{self.where}.{part}" if self.where else part, name=name)

    def found(self, kind: str, before: Any = None, after: Any = None) -> Found:
        """A change here."""
        return Found(kind, self.where, self.name, shown(before), shown(after))


def shown(value: Any) -> str:
    """A value as people are told it."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def components(document: Node) -> Node:
    """The schemas a document names."""
    return node_at(node_at(document, "components"), "schemas")


def same(old: Any, new: Any) -> bool:
    """Whether two JSON values are the same; 1 and true aren't."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def schemas(old: Any, new: Any, place: Place) -> Iterator[Found]:
    """Every change between two schemas that stand at the same place."""
    old, new = _node(old), _node(new)
    if same(old, new):
        return
    if not same(words := _of(old, _WORDS), after := _of(new, _WORDS)):
        keys = [key for key in sorted({*words, *after}) if not same(words.get(key), after.get(key))]
        yield Found("described", place.where, place.name, after=", ".join(keys))
    yield from _defaults(old, new, place)
    had_null, olds = variants(old)
    has_null, news = variants(new)
    if has_null and not had_null:
        yield place.found("null.added")
    if had_null and not has_null:
        yield place.found("null.removed")
    if len(olds) == len(news) == 1:
        yield from _one(olds[0], news[0], place)
    else:
        yield from _several(olds, news, place)


def variants(schema: Node) -> tuple[bool, list[Node]]:
    """Whether null fits a schema, and what else does."""
    for key in ("anyOf", "oneOf"):
        listed = [_node(each) for each in list_at(schema, key)]
        if listed:
            rest = {name: held for name, held in schema.items() if name not in {key, "default", *_WORDS}}
            plain = [each for each in listed if each.get("type") != "null"]
            return len(plain) < len(listed), [{**rest, **each} for each in plain]
    return schema.get("type") == "null", [] if schema.get("type") == "null" else [schema]


def _several(olds: list[Node], news: list[Node], place: Place) -> Iterator[Found]:
    before, after = _keyed(olds), _keyed(news)
    for key in before:
        if key in after:
            yield from _one(before[key], after[key], place)
    gone = [key for key in before if key not in after]
    come = [key for key in after if key not in before]
    if gone and come:
        yield place.found("type.changed", " | ".join(before), " | ".join(after))
    elif gone or come:
        yield place.found("type.narrower" if gone else "type.wider", " | ".join(before), " | ".join(after))


def _keyed(listed: list[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for each in listed:
        word = _word(each)
        found[word if word not in found else f"{word} #{len(found)}"] = each
    return found


def _one(old: Node, new: Node, place: Place) -> Iterator[Found]:
    names = (_name(old), _name(new))
    if names[0] and names[0] == names[1]:
        return  # the component is compared by itself
    if names[0] and names[1]:
        # Two components are compared by themselves, once, wherever they are used.
        kind = "model.renamed" if place.pair.renamed(*names) else "type.changed"
        yield evolve(place.found(kind, *names), name=names[0] if kind == "model.renamed" else place.name)
        return
    old, new = resolved(place.pair.old, old), resolved(place.pair.new, new)
    (was_null, olds), (is_null, news) = variants(old), variants(new)
    if (was_null or is_null or len(olds) > 1 or len(news) > 1) and names != ("", ""):
        yield from schemas(old, new, place)
    else:
        yield from _plain(old, new, place)


def _plain(old: Node, new: Node, place: Place) -> Iterator[Found]:
    types = (str(old.get("type", "")), str(new.get("type", "")))
    if types[0] != types[1]:
        wider, narrower = not types[1] or types in _WIDER, not types[0] or types[::-1] in _WIDER
        kind = "type.wider" if wider else "type.narrower" if narrower else "type.changed"
        yield place.found(kind, types[0] or "anything", types[1] or "anything")
        if types not in _WIDER and types[::-1] not in _WIDER:
            return
    if old.get("format") != new.get("format"):
        formats = (old.get("format"), new.get("format"))
        typed = not _PYTHON_FORMATS.isdisjoint(formats)
        yield place.found("format.changed" if typed else "described", *formats)
    yield from _enums(old, new, place)
    yield from _limits(old, new, place)
    yield from _properties(old, new, place)
    yield from _extras(old, new, place)
    if "items" in old or "items" in new:
        yield from schemas(
            old.get("items", {}), new.get("items", {}), evolve(place, where=f"{place.where}[]")
        )
    handled = _WORDS | _STRUCTURE | _LIMITS
    for key in sorted({*old, *new} - handled):
        if not same(old.get(key), new.get(key)):
            said = [f"{key} {shown(side.get(key))}" for side in (old, new)]
            yield place.found("described" if key.startswith("x-") else "keyword.changed", *said)


def _enums(old: Node, new: Node, place: Place) -> Iterator[Found]:
    before, after = list_at(old, "enum"), list_at(new, "enum")
    if before and after:
        for value in _without(before, after):
            yield evolve(place.found("enum.value.removed", value), name=str(value))
        for value in _without(after, before):
            yield evolve(place.found("enum.value.added", None, value), name=str(value))
    elif before or after:
        yield place.found("enum.removed" if before else "enum.added", before or None, after or None)


def _without(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    known = {json.dumps(other) for other in others}
    return [value for value in values if json.dumps(value) not in known]


def _limits(old: Node, new: Node, place: Place) -> Iterator[Found]:
    for key in sorted(_LIMITS & {*old, *new}):
        before, after = old.get(key), new.get(key)
        if not same(before, after):
            kind = "limit.looser" if _is_looser(key, before, after) else "limit.tighter"
            yield place.found(kind, f"{key} {shown(before)}", f"{key} {shown(after)}")


def _is_looser(key: str, before: Any, after: Any) -> bool:
    if after is None or after is False:
        return True
    if key in _OTHER_LIMITS or not isinstance(before, int | float) or not isinstance(after, int | float):
        return False
    return bool(after < before) if key in _LOWER_IS_LOOSER else bool(after > before)


def _properties(old: Node, new: Node, place: Place) -> Iterator[Found]:
    before, after = node_at(old, "properties"), node_at(new, "properties")
    needed, needs = list_at(old, "required"), list_at(new, "required")
    for name in [*before, *(name for name in after if name not in before)]:
        here = evolve(place / name, name=name)
        if name not in after:
            yield here.found("property.removed", _word(_node(before[name])))
        elif name not in before:
            kind = "property.added.required" if name in needs else "property.added.optional"
            yield here.found(kind, None, _word(_node(after[name])))
        else:
            if (name in needed) != (name in needs):
                yield here.found("property.required" if name in needs else "property.optional")
            yield from schemas(before[name], after[name], here)
    for name in [name for name in [*needed, *needs] if name not in before and name not in after]:
        if (name in needed) != (name in needs):
            yield evolve(place / name, name=name).found(
                "property.required" if name in needs else "property.optional"
            )


def _extras(old: Node, new: Node, place: Place) -> Iterator[Found]:
    before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
    before, after = (True if each == {} else each for each in (before, after))
    if same(before, after):
        return
    if after is False or before is False:
        yield place.found("extras.closed" if after is False else "extras.opened")
    else:
        yield from schemas(before, after, evolve(place, where=f"{place.where}.*"))


def _defaults(old: Node, new: Node, place: Place) -> Iterator[Found]:
    before, after = old.get("default"), new.get("default")
    if not same(before, after):
        kind = "added" if "default" not in old else "removed" if "default" not in new else "changed"
        yield place.found(f"default.{kind}", before, after)


def resolved(document: Node, value: Node) -> Node:
    """What a reference leads to; anything else as it is."""
    name = _name(value)
    return _node(components(document).get(name)) if name else value


def _node(value: Any) -> Node:
    return value if is_node(value) else {}


def _of(schema: Node, keys: frozenset[str]) -> Node:
    return {key: held for key, held in schema.items() if key in keys}


def _name(schema: Node) -> str:
    return str(schema.get("$ref", "")).removeprefix(SCHEMAS)


def _word(schema: Node) -> str:
    null, listed = variants(schema)
    if len(listed) != 1 or null:
        return " | ".join([*map(_word, listed), *(["null"] if null else [])]) or "anything"
    (only,) = listed
    if _name(only):
        return _name(only)
    held = only.get("items")
    kind = str(only.get("type", "anything"))
    return f"{kind} of {_word(held)}" if kind == "array" and is_node(held) else kind
