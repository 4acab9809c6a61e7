# Two statements of the same schema to one.
#
# Rules: what matters per key of a schema is the table _RULES; a key that isn't in it must be equal. `strict` schemas,
# which requests use, must accept the same values; others are joined by union. Words (titles, descriptions, examples)
# never matter: the first page's stand, the second's fill gaps. A refusal names both places.

"""Join schemas that two pages state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.structure import MARK, Origin, mark, origins, unmarked

if TYPE_CHECKING:
    from collections.abc import Callable

STAGE = "merge"
WORDS = frozenset({
    "title", "description", "summary", "example", "examples", "externalDocs", "tags", "operationId", MARK,
})  # fmt: skip
"""Keys that don't matter to a join."""
EITHER = frozenset({"deprecated"})
"""Keys that hold for both where one page says so."""


@frozen
class Pair:
    """The two sides of one key."""

    one: Node
    two: Node
    key: str
    name: str
    strict: bool


@frozen
class Join:
    """The joins of one provider."""

    provider: str

    def schema(self, one: Any, two: Any, name: str, *, strict: bool) -> Any:
        """Two schemas joined; `strict` means that they must accept the same values.

        Raises:
            StageError: They can't be joined.
        """
        if not is_node(one) or not is_node(two):
            if one != two:
                self.refuse(one, two, f"{name} differs")
            return one
        joined = words(one, two)
        for key in [*one, *(key for key in two if key not in one)]:
            if key in WORDS or key in EITHER or key.startswith("x-"):
                continue
            rule = _RULES.get(key)
            if rule is not None:
                value = rule(self, Pair(one, two, key, name, strict))
                joined.pop(key, None)
                if value is not None:
                    joined[key] = value
            elif one.get(key) != two.get(key) or (key in one) != (key in two):
                said = f"{_said(one, key)} on one page and {_said(two, key)} on the other"
                self.refuse(one, two, f"`{key}` of {name} is {said}")
        return {key: joined[key] for key in dict.fromkeys([*one, *two]) if key in joined}

    def refuse(self, one: Any, two: Any, message: str) -> NoReturn:
        """Stop, naming both places.

        Raises:
            StageError: Always.
        """
        first, second = _places(one, two)
        hint = f"Settle it with an amendment that says x-fragment: {second.file} and a description of why."
        where = f"{self.provider}/fragments/{first.file}"
        place = f"line {first.line} ({first.pointer})"
        message = f"{message}; the other page is {second.file} line {second.line} ({second.pointer})"
        raise StageError(STAGE, where, place, message, hint)


def words(one: Node, two: Node) -> Node:
    """The first side with the words and the marks of both."""
    joined = dict(one)
    for key, value in two.items():
        if key in WORDS or key.startswith("x-"):
            joined.setdefault(key, value)
    for key in EITHER:
        if one.get(key) or two.get(key):
            joined[key] = True
    if MARK in one or MARK in two:
        joined[MARK] = []
        mark(joined, *origins(one), *origins(two))
    return joined


def wordless(value: Any) -> Any:
    """A part without the keys that don't matter."""
    if not is_node(value):
        return value
    return {key: item for key, item in value.items() if key not in WORDS and not key.startswith("x-")}


def into(held: Node, new: Node, join: Callable[[Any, Any, str], Any]) -> None:
    """Add entries to a map in place, joining those both have."""
    for key, value in new.items():
        held[key] = join(held[key], value, key) if key in held else value


def _places(one: Any, two: Any) -> tuple[Origin, Origin]:
    nowhere = Origin("an amendment", "", 0)
    second = next(iter(origins(two)), nowhere)
    others = [origin for origin in origins(one) if origin.file != second.file]
    return next(iter(others or origins(one)), nowhere), second


def _said(schema: Node, key: str) -> str:
    return json.dumps(unmarked(schema[key]))[:120] if key in schema else "absent"


def _properties(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = dict(node_at(one, key)), node_at(two, key)
    if pair.strict and (only := first.keys() ^ second.keys()):
        join.refuse(
            one, two, f"only one page has {', '.join(sorted(only))} in {pair.name}, which requests use"
        )

    def inner(left: Any, right: Any, prop: str) -> Any:
        return join.schema(left, right, f"{pair.name}.{prop}", strict=pair.strict)

    into(first, second, inner)
    return first


def _required(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = list_at(one, key), list_at(two, key)
    if pair.strict and set(first) != set(second):
        join.refuse(one, two, f"{pair.name}, which requests use, requires different properties")
    return [each for each in first if each in second] or None


def _enum(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    if key not in one or key not in two:
        join.refuse(one, two, f"only one page gives values for {pair.name}")
    first, second = one[key], two[key]
    extra = [each for each in second if each not in first]
    if pair.strict and (extra or len(first) != len(second)):
        join.refuse(one, two, f"the values of {pair.name}, which requests use, differ")
    return [*first, *extra]


def _inner(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = one.get(key, {}), two.get(key, {})
    if unmarked(first) in ({}, True) and unmarked(second) in ({}, True):
        return one.get(key, two.get(key))
    if (key in one) != (key in two) or isinstance(first, bool) != isinstance(second, bool):
        join.refuse(one, two, f"`{key}` of {pair.name} differs")
    return join.schema(first, second, f"{pair.name}.{pair.key}", strict=pair.strict)


def _alternatives(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = list(list_at(one, key)), list(list_at(two, key))
    paired: list[Any] = []
    for item in first:
        match = next((each for each in second if _signature(each) == _signature(item)), None)
        if match is None:
            join.refuse(one, two, f"`{key}` of {pair.name} differs")
        second.remove(match)
        paired.append(join.schema(item, match, pair.name, strict=pair.strict))
    if second:
        join.refuse(one, two, f"`{key}` of {pair.name} differs")
    return paired


def _signature(schema: Any) -> Any:
    if not is_node(schema):
        return schema
    return tuple(json.dumps(schema.get(key)) for key in ("type", "$ref", "format"))


_RULES: dict[str, Callable[[Join, Pair], Any]] = {
    "properties": _properties,
    "required": _required,
    "enum": _enum,
    **dict.fromkeys(("items", "additionalProperties", "not"), _inner),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), _alternatives),
}
