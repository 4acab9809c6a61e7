# Defaults and members of enumerations that are not of their schema's type, but clearly meant to be.
#
# Rules: a value is put in the type of its schema only where nothing is lost by it; a default that no value lists is a
# value. What is changed is noted.

"""Values in the type of their schema."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from codegen.jsonvalue import Node, is_list, is_node
from codegen.likeness import structural
from codegen.structure import note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
"""What a value of a JSON type is in Python."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def spell(schema: Node) -> None:
    """Write, in place, the default and the values of a schema as values of its type."""
    kinds = schema["type"] if is_list(schema.get("type")) else [schema.get("type")]
    wanted = [kind for kind in kinds if isinstance(kind, str) and kind != "null"]
    read = _SPELLINGS.get(wanted[0]) if len(wanted) == 1 else None
    if "default" in schema and schema["default"] is None and not _nullable(schema, kinds):
        del schema["default"]
        note(schema, "`default: null` where null does not fit: no default")
    if read is None:
        return
    default = schema.get("default")
    if default is not None and not fits(default, wanted[0]) and (better := read(default)) is not None:
        schema["default"] = better
        note(schema, f"the default {json.dumps(default)} is written as {json.dumps(better)}")
    members = schema.get("enum")
    if is_list(members) and any(each is not None and not fits(each, wanted[0]) for each in members):
        spelt = [each if each is None or fits(each, wanted[0]) else read(each) for each in members]
        if None not in [new for new, old in zip(spelt, members, strict=True) if old is not None]:
            schema["enum"] = spelt
            note(schema, f"members of `enum` are written as values of the type {wanted[0]}")
    default, members = schema.get("default"), schema.get("enum")
    if (
        is_list(members)
        and members
        and default is not None
        and default not in members
        and fits(default, wanted[0])
    ):
        schema["enum"] = [*members, default]
        note(schema, f"the default {json.dumps(default)} is none of the values listed: added to them")


def _nullable(schema: Node, kinds: list[Any]) -> bool:
    if schema.get("nullable") is True or "null" in kinds or not structural(schema):
        return True
    branches = [each for key in ("anyOf", "oneOf") for each in schema.get(key, []) if is_node(each)]
    return (
        "$ref" in schema or "allOf" in schema or any(each.get("type") in ("null", None) for each in branches)
    )


def _as_text(value: Any) -> str | None:
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _as_integer(value: Any) -> int | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value) and "." not in value:
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _as_number(value: Any) -> float | None:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    return float(value) if "." in value else int(value)


def _as_boolean(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


_SPELLINGS: Mapping[str, Callable[[Any], Any]] = {
    "string": _as_text,
    "integer": _as_integer,
    "number": _as_number,
    "boolean": _as_boolean,
}


def fits(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a JSON Schema type."""
    python = PYTHON_TYPES.get(kind)
    return python is None or (
        isinstance(value, python) and (kind == "boolean" or not isinstance(value, bool))
    )
