"""JSON values, as type checkers see them."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

Node: TypeAlias = dict[str, Any]
"""A JSON object."""


def is_node(value: Any) -> TypeGuard[Node]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def node_at(node: Node, key: str) -> Node:
    """The object at a key; an empty one where there is none."""
    value = node.get(key)
    return value if is_node(value) else {}


def list_at(node: Node, key: str) -> list[Any]:
    """The array at a key; an empty one where there is none."""
    value = node.get(key)
    return value if is_list(value) else []
