# A merged document to one whose every type and operation has a name.
#
# Rules: operation names come from sources.toml alone; an operation without a name there, or a name without its
# operation, is an error. Inline bodies become <Operation>Request and <Operation>Response; inline objects with
# properties and inline enumerations become <Parent><Property>, items <..>Item, values of a map <..>Value. An object
# without properties is free-form and stays where it is. A hoisted name never replaces a component that says
# something else: it gets a number. What webhooks and callbacks send is hoisted too, so that it has a type.

"""Name operations by their pins and hoist inline types to named components."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from difflib import get_close_matches
from typing import Any

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.naming import pascal, snake
from codegen.sources import SOURCES, Provider
from codegen.structure import METHODS, carry_all, mark, note, origins, unmarked

STAGE = "shape"
_SCHEMAS = "#/components/schemas/"
_WORDS = ("title", "description", "example", "examples", "default", "deprecated")
_VERSION = re.compile(r"v[0-9]+(_[0-9]+)*|api")
_MOST_WORDS = 6
_DROPPED = ("operationId", "tags", "servers", "externalDocs")


def shape(document: Node, provider: Provider) -> Node:
    """The document with named operations and components.

    Raises:
        StageError: Pins and operations don't match, or a hoisted name is taken.
    """
    document = copy.deepcopy(document)
    _pin(document, provider)
    hoist = _Hoist(document["components"]["schemas"])
    for name, schema in list(document["components"]["schemas"].items()):
        hoist.inside(schema, pascal(name) or name)
    for item in document["paths"].values():
        for method in METHODS:
            if method in item:
                hoist.operation(item[method], pascal(item[method]["operationId"]))
    for name, item in node_at(document, "webhooks").items():
        for method in METHODS:
            if method in item:
                hoist.operation(item[method], pascal(name) or "Webhook")
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
    """A pinned name for an operation, from its tags, summary, operationId or path."""
    operation = document["paths"][path][method]
    tags = list_at(operation, "tags")
    plain = [snake(part) for part in path.split("/") if part and not part.startswith("{")]
    plain = [part for part in plain if part and not _VERSION.fullmatch(part)] or plain or ["api"]
    action = method != "get" and re.search(r"\}/[^{}/]+$", path) is not None and len(plain) > 1
    group = snake(str(tags[0])) if tags else plain[-2 if action else -1]
    said = snake(str(operation.get("summary") or operation.get("operationId") or ""))
    if said.count("_") < _MOST_WORDS:
        return f"{group or plain[0]}.{said or method + '_' + '_'.join(plain)}"
    # A summary that is a sentence is no name: what is done, and to what.
    one = path.endswith("}")
    verb = said.partition("_")[0] if method != "get" else "get" if one else "list"
    return f"{group or plain[0]}.{verb}_{plain[-1].removesuffix('s') if one else plain[-1]}"


def _pin(document: Node, provider: Provider) -> None:
    found = operations(document)
    where = f"[{provider.name}.operations]"
    missing = [key for key in found if key not in provider.operations]
    if missing:
        from codegen.propose import propose  # noqa: PLC0415  # it asks this module what pages call operations

        names = propose(document, provider.operations)
        lines = "\n  ".join(f'"{key}" = "{names[key]}"' for key in missing)
        message = f"no name is pinned for {', '.join(_stated_at(document, key) for key in missing)}"
        raise StageError(STAGE, SOURCES, where, message, f"Add, with names of your choice:\n  {lines}")
    for key in provider.operations:
        if key not in found:
            hint = "Take the line out, or vendor the page or write the amendment that states it."
            if near := get_close_matches(key, found, 3):
                hint += f" What is stated is {', '.join(_stated_at(document, each) for each in near)}."
            raise StageError(
                STAGE, SOURCES, where, f"{key!r} is pinned, but no page or amendment states it", hint
            )
    uses = Counter(pinned.partition(".")[2] for pinned in provider.operations.values())
    for key, (path, method) in found.items():
        operation = document["paths"][path][method]
        group, name = provider.operations[key].split(".")
        for dropped in _DROPPED:
            operation.pop(dropped, None)
        # An operationId is one of a kind in the whole document, a name in its group.
        identifier = name if uses[name] == 1 else f"{group}.{name}"
        document["paths"][path][method] = {"operationId": identifier, "tags": [group], **operation}


def _stated_at(document: Node, key: str) -> str:
    path, method = operations(document)[key]
    origin = next(iter(origins(document["paths"][path][method])), None)
    return f"{key} ({origin.file} line {origin.line})" if origin else key


class _Hoist:
    def __init__(self, schemas: Node) -> None:
        self._schemas = schemas
        self._spelt = {snake(name): name for name in schemas}
        self._named: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, int] = {}

    def operation(self, operation: Node, name: str) -> None:
        """Hoist what is inline in an operation called `name`, its callbacks included."""
        for callback, paths in node_at(operation, "callbacks").items():
            for item in paths.values() if is_node(paths) else ():
                for method in METHODS:
                    if is_node(item) and method in item:
                        self.operation(item[method], name + pascal(callback))
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

    def _hoisted(self, node: Node, wanted: str) -> Node:
        name = self._name(node, wanted)
        held = self._schemas.get(name)
        if held is None:
            self._schemas[name] = node
            self._spelt[snake(name)] = name
        else:
            carry_all(held, node)
        reference: Node = {"$ref": f"{_SCHEMAS}{name}"}
        if "default" in node:
            reference["default"] = node["default"]
            self._schemas[name] = {
                key: value for key, value in self._schemas[name].items() if key != "default"
            }
        if "description" in node:
            reference["description"] = node["description"]
        if name != wanted:
            note(reference, f"called {name}, since {wanted} is something else")
        return mark(reference, *origins(node))

    def _name(self, node: Node, wanted: str) -> str:
        # The first name that is free, or that says the same.
        key = (snake(wanted), _sense(node))
        taken = self._spelt.get(key[0])
        if taken is None or (taken == wanted and _sense(self._schemas[wanted]) == key[1]):
            return wanted
        while key not in self._named:
            number = self._numbers[key[0]] = self._numbers.get(key[0], 1) + 1
            if snake(f"{wanted}{number}") not in self._spelt:
                self._named[key] = f"{wanted}{number}"
        return self._named[key]


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
