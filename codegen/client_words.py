# What has no shape in Python is put into words where its place is described.

"""Defaults, limits and enumerations in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from codegen.jsonvalue import Node

LIMITS: Final = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
)


def said(value: object) -> str:
    """How a default that has no Python shape is put into words."""
    return f"Default: {json.dumps(value, ensure_ascii=False)}."


def one_of(values: list[object]) -> str:
    """How an enumeration that has no Python shape is put into words."""
    return f"One of {', '.join(json.dumps(value, ensure_ascii=False) for value in values)}."


def put_in_words(schema: Node) -> None:
    """Say the limits of a schema, and that it is deprecated."""
    limits = [text.format(schema[key]) for key, text in LIMITS if isinstance(schema.get(key), int | float)]
    if limits:
        text = ", ".join(limits)
        say(schema, f"{text[0].upper()}{text[1:]}.")
    if schema.get("deprecated") is True:
        say(schema, "Deprecated.")


def say(node: Node, text: str) -> None:
    """Put a sentence behind a description that lacks it."""
    held = node.get("description")
    if not (isinstance(held, str) and text in held):
        node["description"] = f"{held.rstrip()}\n\n{text}" if isinstance(held, str) and held.strip() else text
