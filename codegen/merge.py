# The fragments of a provider to one document.
#
# Rules: pages are taken in the order of their file names, so the order they are given in doesn't matter. Two pages
# that state the same thing are joined: schemas that only responses use by union of properties and enum values,
# `required` only what both require; schemas that requests use must be equal. Titles, descriptions and examples don't
# matter (the first page's stand). What can't be joined is an error with both places; nothing is ever overwritten.

"""Join the documents of a provider's pages."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

from codegen.join import EITHER, Join, files_of, into, wordless, words
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.likeness import WORDS
from codegen.pointer import unescape
from codegen.servers import check_servers
from codegen.structure import METHODS, carry_all, note, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.sources import Provider

STAGE = "merge"
_SCHEMAS = "#/components/schemas/"


@frozen
class Fragment:
    """A page's normalized document."""

    file: str
    document: Mapping[str, Any]


def merge(provider: Provider, fragments: Sequence[Fragment]) -> Node:
    """One document that says what all fragments say.

    Raises:
        StageError: Two fragments contradict each other, or a fragment is for another server.
    """
    ordered = sorted(fragments, key=lambda fragment: fragment.file)
    for fragment in ordered:
        check_servers(provider, fragment.file, fragment.document)
    pages = _Pages(Join(provider.name, []), request_schemas(ordered))
    merged: Node = {
        "openapi": "3.1.0",
        "info": {"title": provider.title, "version": provider.revision},
        "servers": [{"url": provider.base_url}],
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    for fragment in ordered:
        document: Node = copy.deepcopy(dict(fragment.document))
        for path, item in document["paths"].items():
            operations = {key: value for key, value in item.items() if key in METHODS}
            into(merged["paths"].setdefault(path, {}), operations, pages.operation)
        for name, item in node_at(document, "webhooks").items():
            operations = {key: value for key, value in item.items() if key in METHODS}
            into(merged.setdefault("webhooks", {}).setdefault(name, {}), operations, pages.operation)
        components = document["components"]
        into(merged["components"]["schemas"], components["schemas"], pages.component)
        into(merged["components"]["securitySchemes"], components["securitySchemes"], pages.equal)
    pages.write_in(merged["components"]["schemas"])
    return merged


def request_schemas(fragments: Sequence[Fragment]) -> frozenset[str]:
    """Names of the components that parameters or request bodies of any fragment lead to."""
    uses: dict[str, set[str]] = {}
    found: set[str] = set()
    for fragment in fragments:
        document = fragment.document
        for name, schema in document["components"]["schemas"].items():
            uses.setdefault(name, set()).update(_references(schema, "schema"))
        for part in parts(document):
            called = part.pointer.startswith("/paths/") and "/callbacks/" not in part.pointer
            if called and part.kind in ("parameter", "request_body"):
                found |= _references(part.value, part.kind)
    waiting = list(found)
    while waiting:
        for name in uses.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return frozenset(found)


def _references(value: Any, kind: str) -> set[str]:
    held = (part.value.get("$ref") for part in parts(value, kind) if is_node(part.value))
    return {ref.removeprefix(_SCHEMAS) for ref in held if isinstance(ref, str) and ref.startswith(_SCHEMAS)}


@frozen
class _Pages:
    # The joins of what is outside of schemas.
    join: Join
    requests: frozenset[str]

    def component(self, one: Node, two: Node, name: str) -> Node:
        joined: Node = self.join.schema(one, two, name, strict=name in self.requests)
        return joined

    def write_in(self, schemas: Node) -> None:
        """Join components, in place, with what pages write out where others refer to them."""
        waiting = self.join.written_out or []
        while waiting:
            out = waiting.pop(0)
            name = unescape(out.reference.removeprefix(_SCHEMAS))
            if name not in schemas:
                self.join.refuse(
                    schemas, out.schema, f"{out.reference}, which another page refers to, is nowhere"
                )
            strict = out.strict or name in self.requests
            schemas[name] = self.join.schema(schemas[name], out.schema, name, strict=strict)

    def equal(self, one: Any, two: Any, name: str) -> Any:
        if wordless(one) != wordless(two):
            self.join.refuse(one, two, f"{name} is not the same on both pages")
        return words(one, two)

    def operation(self, one: Node, two: Node, method: str) -> Node:
        joined = words(one, two)
        joined["parameters"] = self._parameters(one, two)
        if ("requestBody" in one) != ("requestBody" in two):
            self.join.refuse(one, two, f"only one page gives the {method.upper()} operation a request body")
        if "requestBody" in one:
            joined["requestBody"] = self._body(one["requestBody"], two["requestBody"])
        joined["responses"] = dict(node_at(one, "responses"))
        into(joined["responses"], node_at(two, "responses"), self._response)
        _tell(joined, one, two, "responses")
        for key in sorted(
            (one.keys() | two.keys()) - {"parameters", "requestBody", "responses"} - WORDS - EITHER
        ):
            if key.startswith("x-"):
                continue
            if _bag(unmarked(one.get(key))) != _bag(unmarked(two.get(key))):
                self.join.refuse(one, two, f"`{key}` of the operation differs")
        if "callbacks" in one and "callbacks" in two:
            carry_all({"callbacks": one["callbacks"]}, {"callbacks": two["callbacks"]}, "operation")
        return joined

    def _parameters(self, one: Node, two: Node) -> list[Any]:
        first = {(each.get("in"), each.get("name")): each for each in list_at(one, "parameters")}
        second = {(each.get("in"), each.get("name")): each for each in list_at(two, "parameters")}
        for place, name in sorted(first.keys() ^ second.keys()):
            self.join.refuse(one, two, f"only one page has the {place} parameter {name!r}")
        return [self._parameter(each, second[key], f"parameter {key[1]!r}") for key, each in first.items()]

    def _parameter(self, one: Node, two: Node, name: str) -> Node:
        joined = words(one, two)
        for key in sorted((one.keys() | two.keys()) - WORDS - EITHER - {"schema", "content"}):
            if one.get(key) != two.get(key):
                self.join.refuse(one, two, f"`{key}` of {name} differs")
        if ("schema" in one) != ("schema" in two):
            self.join.refuse(one, two, f"`schema` of {name} differs")
        if "schema" in one:
            joined["schema"] = self.join.schema(one["schema"], two["schema"], name, strict=True)
        if "content" in one or "content" in two:
            joined["content"] = self._contents(one, two, name, strict=True)
        return joined

    def _body(self, one: Node, two: Node) -> Node:
        joined = words(one, two)
        if one.get("required", False) != two.get("required", False):
            self.join.refuse(one, two, "only one page requires the request body")
        joined["content"] = self._contents(one, two, "the request body", strict=True)
        return joined

    def _response(self, one: Node, two: Node, status: str) -> Node:
        joined = words(one, two)
        if "content" in one or "content" in two:
            joined["content"] = self._contents(one, two, f"response {status}", strict=False)
        if "headers" in one or "headers" in two:
            joined["headers"] = dict(node_at(one, "headers"))
            into(joined["headers"], node_at(two, "headers"), self._parameter)
        return joined

    def _contents(self, one: Node, two: Node, name: str, *, strict: bool) -> Node:
        first: Node = dict(node_at(one, "content"))
        second: Node = node_at(two, "content")
        if strict and first.keys() != second.keys():
            self.join.refuse(one, two, f"the content types of {name} differ")

        def media(left: Node, right: Node, kind: str) -> Node:
            joined = words(left, right)
            schemas = [each["schema"] for each in (left, right) if "schema" in each]
            if strict and len(schemas) == 1:
                self.join.refuse(left, right, f"only one page has a schema for {kind} of {name}")
            if len(schemas) > 1:
                joined["schema"] = self.join.schema(
                    schemas[0], schemas[1], f"{kind} of {name}", strict=strict
                )
            elif schemas:
                joined["schema"] = schemas[0]
            examples = {**node_at(right, "examples"), **node_at(left, "examples")}
            if examples:
                joined["examples"] = examples
            return joined

        into(first, second, media)
        return first


def _tell(joined: Node, one: Node, two: Node, key: str) -> None:
    # What of a map only one of two pages states.
    first, second = node_at(one, key), node_at(two, key)
    lacks = [name for name in first if name not in second]
    adds = [name for name in second if name not in first]
    for verb, held in (("lacks", lacks), ("adds", adds)):
        if held:
            note(joined, f"joined: {files_of(two)} {verb} the {key} {', '.join(held)}")


def _bag(value: Any) -> Any:
    return sorted(json.dumps(item, sort_keys=True) for item in value) if is_list(value) else value
