# What one place of a document states, looked up in the property that was made of it.
#
# Rules: a default is there, as a default or in words; so is every value that is enumerated in place. Nothing is changed
# on its way into code, names least of all.

"""Losses, and the comparison of one place."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from attrs import frozen
from openapi_python_client.parser.properties import EnumProperty, Property
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.strings import in_double_quote_literal, remove_string_escapes

from codegen.client_parse import resolve
from codegen.client_words import said


@frozen
class Loss:
    """Something the document states and the client does not have, or the other way round."""

    pointer: str
    message: str


def same(pointer: str, what: str, stated: Iterable[Any], made: Iterable[Any]) -> Iterator[Loss]:
    """What is stated and not made, and the other way round."""
    stated, made = set(stated), set(made)
    if missing := sorted(map(str, stated - made)):
        yield Loss(pointer, f"not generated: {what} {', '.join(missing)}")
    if extra := sorted(map(str, made - stated)):
        yield Loss(pointer, f"generated without being stated: {what} {', '.join(extra)}")


def literal(text: str) -> bool:
    """Whether escaping keeps a text as it is."""
    return cast("str", ast.literal_eval(f'"{in_double_quote_literal(text)}"')) == text


def default(
    pointer: str, place: str, schema: Any, made: Property, document: Mapping[str, Any]
) -> Iterator[Loss]:
    """A default, and whether it is the one that is stated."""
    node: Mapping[str, Any] = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
    stated: Any = node.get("default", cast("Mapping[str, Any]", resolve(document, node)).get("default"))
    words = made.description.get_untrusted_value() if made.description else ""
    # What can't be the default of a Python argument stands in its description; it stays the server's default.
    if stated is not None and made.default is None and said(stated) not in words:
        yield Loss(pointer, f"the {place} has lost its default")
    if stated is not None and made.default is not None and not _spells(made.default.raw_value, stated):
        yield Loss(pointer, f"the {place} has another default")


def _spells(made: object, stated: Any) -> bool:
    if not isinstance(stated, str):
        return bool(made == stated)
    return str(made) in (stated, in_double_quote_literal(stated), remove_string_escapes(stated))


def values(pointer: str, schema: Any, made: Property) -> Iterator[Loss]:
    """The values that are enumerated in place, below a property or a parameter."""
    stated = {
        in_double_quote_literal(value) if isinstance(value, str) else value
        for value in _stated_values(schema)
        if value is not None and not isinstance(value, bool)
    }
    known = _made_values(made)
    words = made.description.get_untrusted_value() if made.description else ""
    lost = [
        value for value in stated if value not in known and json.dumps(value, ensure_ascii=False) not in words
    ]
    if lost:
        yield Loss(pointer, f"not generated: value {', '.join(sorted(map(str, lost)))}")


def _stated_values(schema: Any) -> Iterator[Any]:
    if not isinstance(schema, Mapping):
        return
    node = cast("Mapping[str, Any]", schema)
    yield from (value for value in node.get("enum", []) if not isinstance(value, list | dict))
    if isinstance(node.get("const"), str | int | float):
        yield node["const"]
    for key in ("anyOf", "oneOf", "allOf"):
        for each in node.get(key, []):
            yield from _stated_values(each)
    yield from _stated_values(node.get("items"))


def _made_values(made: Any) -> set[Any]:
    if isinstance(made, EnumProperty):
        return set(made.values.values())
    if isinstance(made, ConstProperty):
        value = made.value.raw_value
        return {in_double_quote_literal(value) if isinstance(value, str) else value}
    inner = [
        *getattr(made, "inner_properties", []),
        *([made.inner_property] if hasattr(made, "inner_property") else []),
    ]
    return set[Any]().union(*(_made_values(each) for each in inner))
