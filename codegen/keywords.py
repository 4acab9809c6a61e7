# What of a schema the generators get to see.
#
# Rules: keywords of JSON Schema and OpenAPI and nothing else. Generators read keys of their own from a schema, some
# of which put code into what they write (`customTypePath` names an import, `x-enum-varnames` names members); a page
# must not be able to say them. The lists say what is let through, so that a key a newer generator learns stays out.

"""The keywords of schemas that generators may see."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from codegen.jsonvalue import is_node
from codegen.naming import pinned
from codegen.structure import parts

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYWORDS = frozenset({
    "$ref", "type", "format", "enum", "const", "title", "description", "default", "example", "examples",
    "deprecated", "readOnly", "writeOnly", "nullable",
    "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
    "maxProperties", "unevaluatedProperties", "dependentRequired", "dependentSchemas", "discriminator",
    "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
    "unevaluatedItems",
    "pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
})  # fmt: skip
"""The keywords that pass."""

FORMATS = frozenset({"date-time", "date", "uuid", "binary", "int32", "int64", "float", "double"})
"""The formats that mean a Python type; any other word is for people, and a generator warns or reads a type into it."""


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document whose schemas have these keywords and formats alone, and operations their names."""
    found = copy.deepcopy(dict(document))
    for part in parts(found):
        if part.kind == "operation" and "operationId" in part.value:
            part.value["operationId"] = pinned(part.value)[1]
        if part.kind == "schema" and is_node(part.value):
            for key in part.value.keys() - KEYWORDS:
                del part.value[key]
            if part.value.get("format") not in FORMATS:
                part.value.pop("format", None)
            if "pattern" in part.value and not readable(part.value["pattern"]):
                del part.value["pattern"]
            if any(not readable(each) for each in part.value.get("patternProperties", ())):
                del part.value["patternProperties"]
    return found


def readable(pattern: Any) -> bool:
    """Whether the engine of schemas.py reads a regular expression: one that it can't would break every import.

    ECMAScript's own, such as a look-ahead, are left out, and so is what would take more memory than it may.
    """
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except (SchemaError, TypeError):
        return False
    return True
