# References that OpenAPI allows and the plain form lacks, replaced by what they mean.
#
# Rules: a parameter, response, request body, header or path item is in the operation itself; a schema refers to
# components of the same document by `#/components/schemas/NAME` and in no other way: a reference to a part of
# something (`#/components/schemas/X/properties/y`, `#/paths/..`) or to `$defs` is replaced by a copy of that part. All
# copies together are bounded. A reference that leads nowhere, or out of the document, stays for the gate to refuse:
# nothing is ever fetched.

"""Inline references."""

from __future__ import annotations

import copy
import re
from typing import Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, node_at
from codegen.pointer import child, resolve, tokens
from codegen.structure import KINDS, MARK, carry, note, origins, parts

STAGE = "normalize"
MAX_COPIES = 400_000
"""Values that all copies of a document hold together."""

_INLINED = {
    "parameter": "#/components/parameters/",
    "response": "#/components/responses/",
    "request_body": "#/components/requestBodies/",
    "header": "#/components/headers/",
    "path_item": "#/components/pathItems/",
    "callback": "#/components/callbacks/",
}
_DEEPEST = 20


def inline(document: Node, where: str) -> Node:
    """A document without any reference but those from schemas to components.

    Raises:
        StageError: References go round in a circle, or copies would be more than is allowed.
    """
    inliner = _Inliner(document, where)
    for part in list(parts(document)):
        if part.kind == "schema" and is_node(part.value):
            inliner.schema(part.value, part.pointer)
    inlined: Node = inliner.inlined(document, "document", "")
    return inlined


class _Inliner:
    def __init__(self, document: Node, where: str) -> None:
        self._document = document
        self._where = where
        self._copied = 0

    def inlined(self, value: Any, kind: str, pointer: str) -> Any:
        if not is_node(value):
            return value
        node = value
        prefix = _INLINED.get(kind, "#/paths/")
        for _ in range(_DEEPEST):
            reference = node.get("$ref")
            if not isinstance(reference, str) or not reference.startswith((prefix, "#/paths/")):
                break
            target = self._target(reference, pointer)
            if target is None:
                break  # dangling: the gate says so
            node = carry(target, node)
        else:
            raise StageError(
                STAGE, self._where, self._place(value, pointer), "references go round in a circle"
            )
        for key, (inner, how) in KINDS[kind].items():
            held = (
                {name: item for name, item in node.items() if name != MARK} if key == "*" else node.get(key)
            )
            if inner in ("schema", "security_scheme", "components") or (key != "*" and key not in node):
                continue
            changed = self._all(held, inner, how, pointer if key == "*" else child(pointer, key))
            node.update(changed if key == "*" else {key: changed})
        return node

    def _all(self, held: Any, kind: str, how: str, pointer: str) -> Any:
        if how == "map" and is_node(held):
            return {name: self.inlined(item, kind, child(pointer, name)) for name, item in held.items()}
        if how == "list" and is_list(held):
            return [self.inlined(item, kind, child(pointer, str(i))) for i, item in enumerate(held)]
        return self.inlined(held, kind, pointer)

    def schema(self, schema: Node, pointer: str, around: frozenset[str] = frozenset()) -> None:
        """Replace, in place, a reference to something that is no component."""
        while True:
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/") or _is_component(reference):
                return
            target = self._target(reference, pointer)
            if target is None:
                return  # dangling: the gate says so
            if reference in around:
                message = f"{reference} leads to a part that contains itself"
                hint = "Give it a name: put it into components by an amendment and refer to that."
                raise StageError(STAGE, self._where, self._place(schema, pointer), message, hint)
            del schema["$ref"]
            for key, value in target.items():
                if key != MARK:
                    schema.setdefault(key, value)
            carry(schema, target)
            note(schema, f"`$ref: {reference}` is replaced by what it leads to")
            around |= {reference}
            for part in list(parts(schema, "schema", pointer))[1:]:
                if is_node(part.value):
                    self.schema(part.value, part.pointer, around)

    def _target(self, reference: str, pointer: str) -> Node | None:
        try:
            found: Any = resolve(self._document, reference[1:])
        except KeyError:
            found = self._definition(reference, pointer)
        if not is_node(found):
            return None
        self._copied += _size(found)
        if self._copied > MAX_COPIES:
            message = f"more than {MAX_COPIES} values once its references are replaced by what they lead to"
            raise StageError(STAGE, self._where, pointer, message)
        return copy.deepcopy(found)

    def _definition(self, reference: str, pointer: str) -> Any:
        # `#/$defs/X` is often meant to be looked for in the schema around it.
        names = tokens(reference[1:])
        if not re.fullmatch(r"#/(\$defs|definitions)/[^/]+", reference):
            return None
        while pointer:
            pointer = pointer.rpartition("/")[0]
            try:
                around = resolve(self._document, pointer)
            except KeyError:
                continue
            if is_node(around) and names[1] in node_at(around, names[0]):
                return node_at(around, names[0])[names[1]]
        return None

    def _place(self, value: Any, pointer: str) -> str:
        origin = next(iter(origins(value)), None)
        return f"line {origin.line} ({origin.pointer})" if origin else pointer


def _is_component(reference: str) -> bool:
    return re.fullmatch(r"#/components/schemas/[^/]+", reference) is not None


def _size(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        held = waiting.pop()
        count += 1
        if is_node(held):
            waiting += held.values()
        elif is_list(held):
            waiting += held
    return count
