# One fragment's document to one way of saying things: OpenAPI 3.1 in its plainest form.
#
# Rules: nothing is dropped that a page states about an operation. Parameters, responses and bodies are in the
# operation itself, so are path-level parameters, servers and document-level security; `:name` in a path is `{name}`;
# schemas are as lower.py says, names as spelling.py does. Webhooks and callbacks are kept as they are, lowered:
# they are no operations a client can call. Normalizing twice changes nothing.

"""Lower a document to OpenAPI 3.1 in its plainest form."""

from __future__ import annotations

import copy
import re
from typing import Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.lower import dissolve, lower_schema
from codegen.pointer import child
from codegen.references import inline
from codegen.spelling import spell
from codegen.structure import KINDS, METHODS, Mark, mark, note, origins, parts

STAGE = "normalize"

_KEPT_COMPONENTS = ("schemas", "securitySchemes")
_SEVERAL = re.compile(r"\{[+*]([\w.-]+)\}|\{([\w.-]+)(?:\+|\*|:path)\}")
_COLON = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")


def normalize(document: Node, where: str) -> Node:
    """The document in OpenAPI 3.1's plainest form.

    Args:
        document: A marked document, as a reader returns it.
        where: The fragment, named in errors.

    Raises:
        StageError: References go round in a circle, or a path occurs twice.
    """
    document = inline(spell(copy.deepcopy(document), where), where)
    security = document.pop("security", None)
    document["paths"] = _paths(document, security, where)
    for item in node_at(document, "webhooks").values():
        for method in METHODS:
            if node_at(item, method).get("responses") == {}:
                del item[method]["responses"]
    components = node_at(document, "components")
    document["components"] = {key: node_at(components, key) for key in _KEPT_COMPONENTS}
    document["openapi"] = "3.1.0"
    lowered_document: Node = _schemas(document, "document")
    return lowered_document


def _paths(document: Node, security: Any, where: str) -> Node:
    paths: Node = {}
    for path, item in node_at(document, "paths").items():
        for method in METHODS:
            if is_node(item.get(method)):
                _operation(item[method], item, security)
        item.pop("parameters", None)
        lowered, several = plain_path(path)
        if lowered in paths:
            raise StageError(STAGE, where, child("/paths", path), f"the path occurs twice, also as {lowered}")
        if lowered != path:
            for method in METHODS:
                if is_node(item.get(method)):
                    note(item[method], f"the path {path} is written {lowered}")
                    _several_segments(item[method], several)
        paths[lowered] = item
    return paths


def _operation(operation: Node, item: Node, security: Any) -> None:
    own = list_at(operation, "parameters")
    named = {(parameter.get("in"), parameter.get("name")): parameter for parameter in own}
    for each in list_at(item, "parameters"):
        closer = named.get((each.get("in"), each.get("name")))
        if closer is None:
            own.append(copy.deepcopy(each))
        else:
            _in_place_of(closer, each)
    for parameter in own:
        if parameter.get("in") == "path":
            parameter["required"] = True
        if "schema" not in parameter and "content" not in parameter and "$ref" not in parameter:
            parameter["schema"] = mark({}, *origins(parameter))
            note(parameter, "no `schema`: any value is taken")
    operation["parameters"] = own
    _of_the_page(operation, item, security)


def _of_the_page(operation: Node, item: Node, security: Any) -> None:
    # What the page says for all its operations, and what has to be there.
    if "servers" not in operation and "servers" in item:
        operation["servers"] = copy.deepcopy(item["servers"])
    if "security" not in operation and security is not None:
        operation["security"] = copy.deepcopy(security)
        note(operation, "security is that of the whole page")
    if not node_at(operation, "responses"):
        operation["responses"] = {"default": mark({}, *origins(operation))}
        note(operation, "no response is stated: any is taken")
    for response in node_at(operation, "responses").values():
        if is_node(response) and "$ref" not in response:
            response.setdefault("description", "")


def _in_place_of(parameter: Node, other: Node) -> None:
    # The operation's own parameter stands; it bears what the path's would have.
    for part in parts(other, "parameter"):
        mark(parameter, *origins(part.value))
    note(parameter, "stands in place of the path's parameter of that name")


def _schemas(value: Any, kind: str) -> Any:
    # Innermost first, so that what wraps a schema sees its plain form.
    if kind == "schema" and isinstance(value, bool):
        return {} if value else {"not": {}}
    if not is_node(value):
        return value
    # A wrapper of one goes first: `nullable` inside of it speaks of the $ref beside it.
    node = dissolve(value) if kind == "schema" else value
    for key, (inner, how) in KINDS[kind].items():
        held = node if key == "*" else node.get(key)
        if how == "one" and key in node:
            keep = key in ("additionalProperties", "unevaluatedProperties") and isinstance(held, bool)
            node[key] = held if keep else _schemas(held, inner)
        elif how == "map" and is_node(held):
            for name, item in held.items():
                held[name] = item if isinstance(item, Mark) else _schemas(item, inner)
        elif how == "list" and is_list(held):
            node[key] = [_schemas(item, inner) for item in held]
    return lower_schema(node) if kind == "schema" else node


def _several_segments(operation: Node, names: set[str]) -> None:
    for parameter in list_at(operation, "parameters"):
        if parameter.get("in") == "path" and parameter.get("name") in names:
            parameter["x-multi-segment"] = True
            note(parameter, "its slashes are kept: the page writes it as several segments")


def plain_path(path: str) -> tuple[str, set[str]]:
    """A path with all its parameters written `{name}`, and the names of those that take several segments."""
    several = {match[1] or match[2] for match in _SEVERAL.finditer(path)}
    path = _SEVERAL.sub(lambda match: f"{{{match[1] or match[2]}}}", path)
    segments = [_COLON.sub(r"{\1}", part) if part.startswith(":") else part for part in path.split("/")]
    return "/".join(segments), several
