# Amendments: hand-made corrections and additions, an OpenAPI Overlay 1.0 document.
#
# Rules: every action says in `description` where its fact is known from. `target` is an RFC 9535 JSONPath; one that
# matches nothing is an error, since a correction that corrects nothing hides that the page has changed. `update`
# merges into a mapping (mappings merge, lists grow, the rest is replaced) or is appended to a list; `remove` takes
# away. An action with `x-fragment` is applied to that fragment before the merge, the others to the merged document.

"""Apply amendments.yaml."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import jsonpath
from attrs import frozen

from codegen import yamltext
from codegen.errors import StageError
from codegen.facts import Fact, value_text, values
from codegen.jsonvalue import Node, is_list, is_node
from codegen.pointer import child
from codegen.sources import content
from codegen.structure import AMENDMENTS, MARK, MARKED, Origin, mark, origins, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from codegen.sources import Provider

STAGE = "amend"
_KEYS = {"target", "description", "update", "remove"}
_FRAGMENT = "x-fragment"
_EXPRESSION = re.compile(r"\b(match|search)\s*\(|=~")  # the time they take has no bound
_LONGEST = 1_000


@frozen
class Action:
    """One action of an overlay."""

    target: str
    description: str
    origin: Origin
    fragment: str
    """File name of the fragment it is for; empty for the merged document."""
    update: Any = None
    remove: bool = False


@frozen
class Amended:
    """A document after its amendments."""

    document: Node
    removed: frozenset[Fact]
    """Everything that actions took away."""


def load(provider: Provider) -> tuple[Action, ...]:
    """Read a provider's amendments; none where it has no such file.

    Raises:
        StageError: The file is not an OpenAPI Overlay 1.0 document as this stage reads it.
    """
    path: Path = provider.folder / AMENDMENTS
    where = f"{provider.name}/{AMENDMENTS}"
    if not path.exists():
        return ()
    try:
        text = content(path, provider.real_folder, where).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(STAGE, where, "", f"can't be read: {error}") from error
    return actions(text, where, [fragment.file for fragment in provider.fragments])


def actions(text: str, where: str, fragments: Sequence[str]) -> tuple[Action, ...]:
    """The actions of an overlay document.

    Args:
        text: The document.
        where: The file, named in errors.
        fragments: File names that `x-fragment` may name.

    Raises:
        StageError: It is no overlay, or an action is malformed.
    """
    read = yamltext.read(text, stage=STAGE, where=where)
    root = read.value
    if not is_node(root) or root.get("overlay") not in ("1.0.0", "1.0"):
        hint = "An amendments file starts with `overlay: 1.0.0`, `info` and `actions`."
        raise StageError(STAGE, where, "/overlay", "not an OpenAPI Overlay 1.0 document", hint)
    entries: Any = root.get("actions") or []
    if not is_list(entries):
        raise StageError(STAGE, where, "/actions", "a list was expected")
    return tuple(
        _action(entry, where, child("/actions", str(index)), read, fragments)
        for index, entry in enumerate(entries)
    )


def _action(entry: Any, where: str, pointer: str, read: yamltext.Yaml, fragments: Sequence[str]) -> Action:
    line = read.line(pointer)
    place = f"line {line} ({pointer})"
    if not is_node(entry):
        raise StageError(STAGE, where, place, "an action is a mapping")
    action = entry
    unknown = [key for key in action if key not in _KEYS and not key.startswith("x-")]
    if unknown:
        raise StageError(STAGE, where, place, f"the key {unknown[0]!r} is unknown to Overlay 1.0")
    if not isinstance(action.get("target"), str):
        raise StageError(STAGE, where, place, "`target` is missing")
    if not isinstance(action.get("description"), str) or not action["description"].strip():
        raise StageError(STAGE, where, place, "`description` is missing", "Say where the fact is known from.")
    remove = action.get("remove") is True
    if remove == ("update" in action):
        raise StageError(STAGE, where, place, "exactly one of `update` and `remove: true` was expected")
    fragment = action.get(_FRAGMENT, "")
    if fragment and fragment not in fragments:
        hint = f"Its fragments are: {', '.join(fragments)}."
        raise StageError(STAGE, where, place, f"no fragment is named {fragment!r}", hint)
    return Action(
        target=action["target"],
        description=action["description"].strip(),
        origin=Origin(AMENDMENTS, pointer, line),
        fragment=fragment,
        update=unmarked(action.get("update")),
        remove=remove,
    )


def amend(document: Node, acts: Sequence[Action], where: str) -> Amended:
    """Apply actions to a document, in order.

    Args:
        document: A marked document.
        acts: The actions for it.
        where: The amendments file, named in errors.

    Raises:
        StageError: An action matches nothing, or can't be applied to what it matches.
    """
    document = copy.deepcopy(document)
    removed: set[Fact] = set()
    added: dict[int, tuple[Any, Origin]] = {}  # the values are held, so that no other can have their id
    for act in acts:
        for location in _matches(document, act, where):
            if act.remove:
                removed |= _remove(document, location, act, where)
            else:
                for value in _update(document, location, act, where):
                    added[id(value)] = (value, act.origin)
    _mark_added(document, added, acts)
    return Amended(document, frozenset(removed))


def _mark_added(document: Node, added: Mapping[int, tuple[Any, Origin]], acts: Sequence[Action]) -> None:
    # A part without a mark came with the innermost addition around it.
    if not acts:
        return
    around: list[tuple[str, Origin]] = []
    for part in parts(document):
        while around and not f"{part.pointer}/".startswith(f"{around[-1][0]}/"):
            around.pop()
        if id(part.value) in added:
            around.append((part.pointer, added[id(part.value)][1]))
        if part.kind in MARKED and is_node(part.value) and MARK not in part.value:
            mark(part.value, around[-1][1] if around else acts[-1].origin)


def _matches(document: Node, act: Action, where: str) -> list[tuple[str | int, ...]]:
    if _EXPRESSION.search(act.target) or len(act.target) > _LONGEST:
        hint = "Name the place, or take one action per place."
        raise _error(act, where, "a target with a regular expression, or too long to be one", hint)
    try:
        found = [match.parts for match in jsonpath.finditer(act.target, document, strict=True)]
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise _error(act, where, f"{act.target} is not a JSONPath (RFC 9535): {error}") from error
    found = [location for location in found if MARK not in location]
    if not found:
        hint = "The page has changed, or the path is misspelt; correct the action or take it out."
        raise _error(act, where, f"{act.target} matches nothing", hint)
    # Last first, so that removing from a list doesn't move what is still to be removed.
    return sorted(
        found, key=lambda location: [(isinstance(step, str), step) for step in location], reverse=True
    )


def _error(act: Action, where: str, message: str, hint: str = "") -> StageError:
    return StageError(STAGE, where, f"line {act.origin.line} ({act.origin.pointer})", message, hint)


def _at(document: Any, location: Sequence[str | int]) -> Any:
    for step in location:
        document = document[step]
    return document


def _remove(document: Node, location: tuple[str | int, ...], act: Action, where: str) -> set[Fact]:
    if not location:
        raise _error(act, where, "the whole document can't be removed")
    holder, step = _at(document, location[:-1]), location[-1]
    gone = holder[step]
    facts = set(_facts(gone))
    if step in ("enum", "const"):
        facts |= {(origin, text) for origin in origins(holder) for text in values({step: gone})}
    elif location[-2:-1] == ("enum",):
        facts |= {(origin, value_text(gone)) for origin in origins(_at(document, location[:-2]))}
    del holder[step]
    if is_node(holder) and MARK in holder:
        mark(holder, act.origin)
    required: Any = None
    if len(location) > 1 and location[-2] == "properties":
        required = _at(document, location[:-2]).get("required")
    if is_list(required) and step in required:
        required.remove(step)
    return facts


def _facts(value: Any) -> Iterator[Fact]:
    for origin in origins(value):
        yield origin, ""
        for text in values(value):
            yield origin, text
    items: Any = ()
    if is_node(value):
        items = value.values()
    elif is_list(value):
        items = value
    for item in items:
        if isinstance(item, dict | list):
            yield from _facts(item)


def _update(document: Node, location: tuple[str | int, ...], act: Action, where: str) -> list[Any]:
    target = _at(document, location)
    added: list[Any] = []
    if is_list(target):
        added.append(copy.deepcopy(act.update))
        target += added
    elif not is_node(target):
        raise _error(act, where, f"{act.target} is neither a mapping nor a list; update what holds it")
    elif not is_node(act.update):
        raise _error(act, where, "`update` must be a mapping, since its target is one")
    else:
        added += _merge(target, act.update, act.origin)
    for depth in range(len(location), -1, -1):
        held = _at(document, location[:depth])
        if is_node(held) and MARK in held:
            mark(held, act.origin)
            break
    return added


def _merge(target: Node, update: Node, origin: Origin) -> list[Any]:
    added: list[Any] = []
    for key, value in update.items():
        held = target.get(key)
        if is_node(held) and is_node(value):
            added += _merge(held, value, origin)
            if MARK in held:
                mark(held, origin)
        elif is_list(held) and is_list(value):
            grown: list[Any] = copy.deepcopy(value)
            held += grown
            added += grown
        else:
            target[key] = copy.deepcopy(value)
            added.append(target[key])
    return added
