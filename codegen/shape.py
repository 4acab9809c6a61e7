# A merged document to one whose every type and operation has a name.
#
# Rules: operation names come from sources.toml alone; an operation without a name there, or a name without its
# operation, is an error. Inline bodies become <Operation>Request and <Operation>Response; inline objects with
# properties and inline enumerations become <Parent><Property>, items <..>Item, values of a map <..>Value. An object
# without properties is free-form and stays where it is. A hoisted name never replaces a component that says
# something else.

"""Name operations by their pins and hoist inline types to named components."""

from __future__ import annotations

import copy
import json
from typing import Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.naming import pascal, snake
from codegen.pointer import child
from codegen.sources import SOURCES, Provider
from codegen.structure import METHODS, mark, origins, unmarked

STAGE = "shape"
_SCHEMAS = "#/components/schemas/"
_WORDS = ("title", "description", "example", "examples", "default", "deprecated")
_DROPPED = ("operationId", "tags", "servers", "externalDocs")


def shape(document: Node, provider: Provider) -> Node:
    """The document with named operations and components.

    Raises:
        StageError: Pins and operations don't match, or a hoisted name is taken.
    """
    document = copy.deepcopy(document)
    _pin(document, provider)
    hoist = _Hoist(document["components"]["schemas"], provider.name)
    for name, schema in list(document["components"]["schemas"].items()):
        hoist.inside(schema, pascal(name) or name)
    for item in document["paths"].values():
        for method in METHODS:
            if method in item:
                hoist.operation(item[method])
    return document


def operations(document: Node) -> dict[str, tuple[str, str]]:
    """`METHOD /path` to path and method, for every operation of a document."""
    return {
        f"{method.upper()} {path}": (path, method)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def proposed(document: Node, path: str, method: str) -> str:
    """A pinned name for an operation, from its operationId, tags or path."""
    operation = document["paths"][path][method]
    tags = list_at(operation, "tags")
    plain = [segment for segment in path.split("/") if segment and not segment.startswith("{")]
    group = snake(str(tags[0])) if tags else snake(plain[-1] if plain else "")
    own = snake(str(operation.get("summary") or operation.get("operationId") or ""))
    return f"{group or 'api'}.{own or method + '_' + '_'.join(snake(segment) for segment in plain)}"


def _pin(document: Node, provider: Provider) -> None:
    found = operations(document)
    where = f"[{provider.name}.operations]"
    missing = [key for key in found if key not in provider.operations]
    if missing:
        lines = "\n  ".join(f'"{key}" = "{proposed(document, *found[key])}"' for key in missing)
        message = f"no name is pinned for {', '.join(missing)}"
        raise StageError(STAGE, SOURCES, where, message, f"Add, with names of your choice:\n  {lines}")
    for key in provider.operations:
        if key not in found:
            hint = "Take the line out, or vendor the page or write the amendment that states it."
            raise StageError(
                STAGE, SOURCES, where, f"{key!r} is pinned, but no page or amendment states it", hint
            )
    for key, (path, method) in found.items():
        operation = document["paths"][path][method]
        group, name = provider.operations[key].split(".")
        for dropped in _DROPPED:
            operation.pop(dropped, None)
        document["paths"][path][method] = {"operationId": name, "tags": [group], **operation}


class _Hoist:
    def __init__(self, schemas: Node, provider: str) -> None:
        self._schemas = schemas
        self._provider = provider

    def operation(self, operation: Node) -> None:
        name = pascal(operation["operationId"])
        for parameter in list_at(operation, "parameters"):
            if "schema" in parameter:
                parameter["schema"] = self.schema(
                    parameter["schema"], name + pascal(str(parameter.get("name")))
                )
        self._contents(operation.get("requestBody"), f"{name}Request")
        responses: Node = node_at(operation, "responses")
        first = next(
            (status for status in sorted(responses) if status.startswith("2") and _inline(responses[status])),
            "",
        )
        for status, response in responses.items():
            self._contents(response, f"{name}Response{'' if status == first else pascal(status)}")

    def _contents(self, holder: Any, name: str) -> None:
        contents: Node = node_at(holder, "content") if is_node(holder) else {}
        for index, (kind, media) in enumerate(contents.items()):
            if is_node(media) and "schema" in media:
                suffix = "" if index == 0 else pascal(kind.split("/")[-1])
                media["schema"] = self.schema(media["schema"], name + suffix)

    def schema(self, schema: Any, name: str) -> Any:
        """The schema, or a reference to the component it was hoisted to."""
        if not is_node(schema):
            return schema
        node = schema
        self.inside(node, name)
        return self._hoisted(node, name) if _is_type(node) else node

    def inside(self, node: Node, name: str) -> None:
        """Hoist what is inline below a schema called `name`."""
        for prop, schema in node_at(node, "properties").items():
            node["properties"][prop] = self.schema(schema, name + pascal(prop))
        for key, suffix in (("items", "Item"), ("additionalProperties", "Value")):
            if is_node(node.get(key)):
                node[key] = self.schema(node[key], name + suffix)
        for key in ("anyOf", "oneOf"):
            held = list_at(node, key)
            several = sum(is_node(each) and _is_type(each) for each in held) > 1
            node.update(
                {
                    key: [
                        self.schema(each, f"{name}{i + 1}" if several else name)
                        for i, each in enumerate(held)
                    ]
                }
                if held
                else {}
            )
        for each in list_at(node, "allOf"):
            if is_node(each):
                self.inside(each, name)

    def _hoisted(self, node: Node, name: str) -> Node:
        held = self._schemas.get(name)
        if held is None:
            self._schemas[name] = node
        elif _sense(held) != _sense(node):
            origin = next(iter(origins(node)), None)
            hint = "Rename one of them by an amendment, or let the property refer to the component."
            place = str(origin) if origin else child("/components/schemas", name)
            message = f"an inline type would be called {name}, which is a component that says something else"
            raise StageError(STAGE, f"{self._provider}/fragments", place, message, hint)
        else:
            mark(held, *origins(node))
        reference: Node = {"$ref": f"{_SCHEMAS}{name}"}
        if "default" in node:
            reference["default"] = node["default"]
            self._schemas[name] = {
                key: value for key, value in self._schemas[name].items() if key != "default"
            }
        if "description" in node:
            reference["description"] = node["description"]
        return mark(reference, *origins(node))


def _is_type(node: Node) -> bool:
    if node.get("enum") and node.get("type") in ("string", "integer"):
        return True
    return node.get("type") == "object" and bool(node.get("properties"))


def _inline(response: Any) -> bool:
    contents: Node = node_at(response, "content") if is_node(response) else {}
    return any("$ref" not in media.get("schema", {"$ref": ""}) for media in contents.values())


def _sense(node: Node) -> str:
    plain: Node = unmarked(node)
    return json.dumps({key: value for key, value in plain.items() if key not in _WORDS}, sort_keys=True)
