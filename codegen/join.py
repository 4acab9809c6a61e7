# Two statements of the same schema to one.
#
# Rules: what matters per key of a schema is the table _RULES; a key that isn't in it must be equal. `strict` schemas,
# which requests use, must accept the same values; others are joined by union, null included. Words (titles,
# descriptions, examples) never matter: the first page's stand, the second's fill gaps. What only one page says is noted
# at the schema; a refusal names both places. The first side is what was joined so far: its mark is used up. Where one
# page refers to a component and the other writes it out in its place, the reference stands, and what is written out is
# kept until the component is known to all pages, which is joined with it then.

"""Join schemas that two pages state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.likeness import WORDS, sense, signature, titled
from codegen.structure import MARK, Origin, carry, carry_all, note, origins, unmarked

if TYPE_CHECKING:
    from collections.abc import Callable

STAGE = "merge"
EITHER = frozenset({"deprecated", "readOnly", "writeOnly"})
"""Keys that hold for both where one page says so."""


@frozen
class Pair:
    """The two sides of one key."""

    one: Node
    two: Node
    key: str
    name: str
    strict: bool
    told: list[str]
    """Notes for the joined schema."""


@frozen
class WrittenOut:
    """What a page states in a place where another refers to a component."""

    reference: str
    schema: Node
    strict: bool


@frozen
class Join:
    """The joins of one provider."""

    provider: str
    written_out: list[WrittenOut] | None = None
    """Grows by what is to be joined with components; without it a reference joins nothing but itself."""

    def schema(self, one: Any, two: Any, name: str, *, strict: bool) -> Any:
        """Two schemas joined; `strict` means that they must accept the same values.

        Raises:
            StageError: They can't be joined.
        """
        if not is_node(one) or not is_node(two):
            if one != two:
                self.refuse(one, two, f"{name} differs")
            return one
        if self.meets(one, two):
            return self._referred(one, two, strict=strict)
        if not strict and (joined := self._with_null(one, two, name)) is not None:
            return joined
        joined, told = dict(one), list[str]()
        for key in [*one, *(key for key in two if key not in one)]:
            if key in WORDS or key in EITHER or key.startswith("x-"):
                continue
            rule = _RULES.get(key)
            if rule is not None:
                value = rule(self, Pair(one, two, key, name, strict, told))
                joined.pop(key, None)
                if value is not None:
                    joined[key] = value
            elif (key in one) != (key in two) or unmarked(one[key]) != unmarked(two[key]):
                said = f"{_said(one, key)} on one page and {_said(two, key)} on the other"
                self.refuse(one, two, f"`{key}` of {name} is {said}")
            else:
                carry_all({key: one[key]}, {key: two[key]})
        joined = note(words(joined, two), *told)
        order = dict.fromkeys([*one, *two, MARK])
        return {key: joined[key] for key in order if key in joined}

    def _with_null(self, one: Node, two: Node, name: str) -> Node | None:
        # One page says that it may be null, the other doesn't.
        first, second = _not_null(one), _not_null(two)
        if (first is None) == (second is None):
            return None
        outer, plain = (one, two) if first is not None else (two, one)
        inner = first or second
        if signature(inner) != signature(plain) and not self.meets(inner, plain):
            return None
        left, right = (inner, plain) if outer is one else (plain, inner)
        files = files_of(outer)
        joined = words(one, two)
        for key in [key for key in joined if key not in WORDS and key not in EITHER]:
            del joined[key]
        null = next(each for each in outer["anyOf"] if each is not inner)
        joined["anyOf"] = [self.schema(left, right, name, strict=False), null]
        if "default" in outer or "default" in plain:
            joined["default"] = outer.get("default", plain.get("default"))
        return note(joined, f"joined: may be null, as stated in {files}")

    def meets(self, one: Any, two: Any) -> bool:
        """Whether one is a reference and the other may be what it leads to, written out."""
        return self.written_out is not None and (_is_written_out(one, two) or _is_written_out(two, one))

    def _referred(self, one: Node, two: Node, *, strict: bool) -> Node:
        # One page refers to a component, the other writes it out.
        held, out = (one, two) if "$ref" in one else (two, one)
        own = carry({key: value for key, value in out.items() if key != MARK}, out)
        if self.written_out is not None:
            self.written_out.append(WrittenOut(held["$ref"], own, strict))
        joined = words(one, two)
        for key in _stated(joined):
            del joined[key]
        joined = {"$ref": held["$ref"], **joined}
        return note(joined, f"joined: {files_of(own)} writes it out in its place")

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


def _stated(schema: Node) -> set[str]:
    return {key for key in schema if key not in WORDS | EITHER | {"default"} and not key.startswith("x-")}


def _is_written_out(one: Any, two: Any) -> bool:
    """Whether the first is a reference and the second a schema that may be what it leads to."""
    if not is_node(one) or not is_node(two) or _stated(one) != {"$ref"}:
        return False
    plain = _stated(two)
    return (
        bool(plain & {"type", "properties"})
        and "$ref" not in plain
        and one.get("default") == two.get("default")
    )


def words(one: Node, two: Node) -> Node:
    """The first side with the words and the marks of both."""
    joined = dict(one)
    for key, value in two.items():
        if key in WORDS or key.startswith("x-"):
            joined.setdefault(key, value)
    for key in EITHER:
        if one.get(key) or two.get(key):
            joined[key] = True
    return carry(
        joined, two
    )  # the mark itself is the first side's: what was joined so far is not copied again


def wordless(value: Any) -> Any:
    """A part without the keys that don't matter."""
    if not is_node(value):
        return value
    return {key: item for key, item in value.items() if key not in WORDS and not key.startswith("x-")}


def into(held: Node, new: Node, join: Callable[[Any, Any, str], Any]) -> None:
    """Add entries to a map in place, joining those both have."""
    for key, value in new.items():
        held[key] = join(held[key], value, key) if key in held else value


def _not_null(schema: Node) -> Any:
    """What a schema is when it isn't null; None where it never is, or where there are several such."""
    held = list_at(schema, "anyOf")
    rest = [each for each in held if not (is_node(each) and each.get("type") == "null")]
    return rest[0] if len(held) == 2 and len(rest) == 1 and is_node(rest[0]) else None  # noqa: PLR2004  # X or null


def files_of(side: Any) -> str:
    """The files that state a part, for notes."""
    return ", ".join(dict.fromkeys(origin.file for origin in origins(side))) or "an amendment"


def _tell(pair: Pair, what: str, lacks: list[Any], adds: list[Any]) -> None:
    file = files_of(pair.two)
    for verb, held in (("lacks", lacks), ("adds", adds)):
        if held:
            pair.told.append(f"joined: {file} {verb} {what} {', '.join(str(each) for each in held)}")


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

    lacks, adds = (
        [each for each in first if each not in second],
        [each for each in second if each not in first],
    )
    _tell(pair, "the properties", lacks, adds)
    into(first, second, inner)
    return first


def _required(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = list_at(one, key), list_at(two, key)
    if pair.strict and set(first) != set(second):
        join.refuse(one, two, f"{pair.name}, which requests use, requires different properties")
    both = [each for each in first if each in set(second)]
    lacks, adds = [each for each in first if each not in both], [each for each in second if each not in both]
    _tell(pair, "as required (so they aren't)", lacks, adds)
    return both or None


def _enum(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    if key not in one or key not in two:
        join.refuse(one, two, f"only one page gives values for {pair.name}")
    first, second = one[key], two[key]
    extra = [each for each in second if each not in first]
    if pair.strict and (extra or len(first) != len(second)):
        join.refuse(one, two, f"the values of {pair.name}, which requests use, differ")
    _tell(pair, "the values", [each for each in first if each not in second], extra)
    return [*first, *extra]


def _inner(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = one.get(key, {}), two.get(key, {})
    if unmarked(first) in ({}, True) and unmarked(second) in ({}, True):
        held = one.get(key, two.get(key))
        return carry(held, second) if is_node(held) else held
    if (key in one) != (key in two) or isinstance(first, bool) != isinstance(second, bool):
        join.refuse(one, two, f"`{key}` of {pair.name} differs")
    return join.schema(first, second, f"{pair.name}.{pair.key}", strict=pair.strict)


def _alternatives(join: Join, pair: Pair) -> Any:
    one, two, key = pair.one, pair.two, pair.key
    first, second = list(list_at(one, key)), list(list_at(two, key))
    if len(first) != len(second):
        join.refuse(one, two, f"`{key}` of {pair.name} differs")
    matches: dict[int, Any] = {}
    for likeness in (sense, titled, signature):  # the surest first
        for index, item in enumerate(first):
            alike = [each for each in second if likeness(each) == likeness(item)]
            if index not in matches and alike and likeness(item) is not None:
                matches[index] = alike[0]
                second = [each for each in second if each is not alike[0]]
    rest = [index for index in range(len(first)) if index not in matches]
    if len(rest) == len(second) == 1 and join.meets(first[rest[0]], second[0]):
        matches[rest[0]] = second.pop()
    if second or len(matches) < len(first):
        join.refuse(one, two, f"`{key}` of {pair.name} differs")
    return [
        join.schema(item, matches[index], pair.name, strict=pair.strict) for index, item in enumerate(first)
    ]


_RULES: dict[str, Callable[[Join, Pair], Any]] = {
    "properties": _properties,
    "required": _required,
    "enum": _enum,
    "patternProperties": _properties,
    **dict.fromkeys(("items", "additionalProperties", "not", "contains", "propertyNames"), _inner),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), _alternatives),
}
