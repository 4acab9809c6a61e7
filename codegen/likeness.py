# What in a schema says which values fit, and how alike two schemas are in that.
#
# Rules: functions value -> value. What the join asks, surest first: the same sense, the same title, the same type.

"""What schemas of the same sense have in common."""

from __future__ import annotations

import json
from typing import Any

from codegen.jsonvalue import Node, is_node, list_at
from codegen.structure import KINDS, MARK, unmarked

WORDS = frozenset({
    "title", "description", "summary", "example", "examples", "externalDocs", "tags", "operationId", MARK,
})  # fmt: skip
"""Keys that don't matter to a join."""
ANNOTATIONS = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs",
})  # fmt: skip
"""Schema keys that say nothing about which values fit."""


def sense(schema: Any) -> Any:
    """A schema without the words anywhere in it, as text; two of the same sense accept the same values."""
    return json.dumps(_wordless(schema, "schema"), sort_keys=True)


def _wordless(value: Any, kind: str) -> Any:
    if not is_node(value):
        return value
    kept: Node = {}
    for key, held in value.items():
        inner, how = KINDS[kind].get(key, ("", "one"))
        if key in WORDS or key.startswith("x-"):
            continue
        if inner and how == "map" and is_node(held):
            kept[key] = {name: _wordless(item, inner) for name, item in held.items()}
        elif inner and how == "list" and isinstance(held, list):
            kept[key] = [_wordless(item, inner) for item in list_at(value, key)]
        else:
            kept[key] = _wordless(held, inner) if inner else unmarked(held)
    return kept


def titled(schema: Any) -> Any:
    """A schema's title, and what it is; None where it has no title."""
    return (schema["title"], signature(schema)) if is_node(schema) and "title" in schema else None


def signature(schema: Any) -> Any:
    """Type, reference and format of a schema."""
    if not is_node(schema):
        return schema
    return tuple(json.dumps(schema.get(key)) for key in ("type", "$ref", "format"))


def structural(schema: Node) -> set[str]:
    """The keys of a schema that say which values fit."""
    return {key for key in schema if key not in ANNOTATIONS and key != MARK and not key.startswith("x-")}
