# A document as the generators can take it: the same facts, in the shapes they know.
#
# Rules: the document itself stays as it is, and what was generated is compared with it, not with this copy. What has no
# shape in Python (a list as a default, an enumeration of fractions) is put into words where its place is described.
# What is said only to our templates (which variant a value chooses, which content type was meant) goes in a table
# beside the copy. Openapi-python-client gets `document`; datamodel-code-generator gets `plain`, which has less.

"""Shapes the generators don't know, put into shapes they do."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from attrs import Factory, frozen

from codegen.client_contents import lower_body, lower_parameter, lower_reply
from codegen.client_lower_schemas import lower_path_default, lower_schema
from codegen.client_parse import operations, resolve
from codegen.client_variants import Variants, with_variants, without_variants
from codegen.client_words import put_in_words
from codegen.errors import StageError
from codegen.jsonvalue import is_node, node_at
from codegen.pointer import child, tokens
from codegen.structure import parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.client_contents import Form
    from codegen.jsonvalue import Node

FORMATS: Final = frozenset({"binary", "date", "date-time", "uuid", "int32", "int64", "float", "double"})
"""Formats both generators read alike; of others datamodel-code-generator has types that spell values anew."""

At = tuple[str, str]
"""Path and method of an operation."""


@frozen
class Lowered:
    """A document for the generators, with what our templates must know beside it."""

    document: dict[str, Any]
    plain: dict[str, Any]
    variants: Mapping[str, Variants] = Factory(dict[str, Variants])
    """By the marker that stands for them."""
    styles: Mapping[At, Mapping[tuple[str, str], str]] = Factory(dict[Any, Any])
    """Place and name of a parameter to how it is written, where that is not the usual way."""
    contents: Mapping[str, str] = Factory(dict[str, str])
    """Content type the parser sees to the one that is stated."""
    replies: Mapping[At, Mapping[str, tuple[Form, ...]]] = Factory(dict[Any, Any])
    """Status to the forms of a reply, the first of them the one the parser is told of."""


def lower(document: Mapping[str, Any]) -> Lowered:
    """Put a document into the shapes the generators know.

    Args:
        document: With the keywords of JSON Schema and OpenAPI alone.
    """
    found: dict[str, Any] = copy.deepcopy(dict(document))
    contents, styles, replies = _operations(found)
    files = _files(found)
    everything = list(parts(found))
    for part in everything:
        if part.kind == "schema" and is_node(part.value):
            lower_schema(part.value, document, part.pointer, files)
    for part in everything:  # by now a schema has the default of the component it refers to
        if part.kind == "parameter":
            lower_path_default(part.value)
    plain = copy.deepcopy(found)
    for schema in _schemas(plain):
        without_variants(schema, plain)
        if schema.get("format") not in FORMATS:
            schema.pop("format", None)
    variants: dict[str, Variants] = {}
    for schema in _schemas(found):
        with_variants(schema, found, variants)
        put_in_words(schema)
    return Lowered(found, plain, variants, styles, contents, replies)


def _schemas(document: Node) -> list[Node]:
    return [part.value for part in parts(document) if part.kind == "schema" and is_node(part.value)]


def _operations(
    document: Node,
) -> tuple[dict[str, str], dict[At, dict[tuple[str, str], str]], dict[At, dict[str, tuple[Form, ...]]]]:
    contents: dict[str, str] = {}
    styles: dict[At, dict[tuple[str, str], str]] = {}
    replies: dict[At, dict[str, tuple[Form, ...]]] = {}
    written: dict[int, str] = {}  # a parameter of the path is one of each of its methods
    for path, method, operation, parameters in operations(document):
        for parameter in parameters:
            if id(parameter) not in written:
                try:
                    written[id(parameter)] = lower_parameter(parameter)
                except StageError as error:
                    pointer = child("/paths", path, method, "parameters", _index(operation, parameter))
                    raise StageError(error.stage, error.where, pointer, error.message, error.hint) from error
            if style := written[id(parameter)]:
                styles.setdefault((path, method), {})[str(parameter["in"]), str(parameter["name"])] = style
        lower_body(operation, contents)
        stated = node_at(dict(operation), "responses").items()
        replies[path, method] = {str(status): lower_reply(resolve(document, held)) for status, held in stated}
    return contents, styles, replies


def _index(operation: Mapping[str, Any], parameter: object) -> str:
    """The place of a parameter among those of its operation; past the last one if it is one of the path's."""
    own: list[object] = list(operation.get("parameters", []))
    return str(next((index for index, each in enumerate(own) if each is parameter), len(own)))


def _files(document: Node) -> set[str]:
    """Pointers of the schemas that are files: in bodies of several parts, and whole bodies and replies."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = []
    for part in parts(document):
        if part.kind == "media":
            kind = tokens(part.pointer)[-1]
            if kind.startswith(("multipart/", "application/octet-stream")):
                waiting.append((f"{part.pointer}/schema", node_at(dict(part.value), "schema")))
    while waiting:
        pointer, schema = waiting.pop()
        if pointer in found:
            continue
        for part in parts(schema, "schema", pointer):
            found.add(part.pointer)
            reference = part.value.get("$ref") if is_node(part.value) else None
            if isinstance(reference, str):
                waiting.append((reference.removeprefix("#"), resolve(document, part.value)))
    return found
