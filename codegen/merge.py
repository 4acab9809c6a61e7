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
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import define, frozen

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.structure import MARK, METHODS, Origin, mark, origins, parts, unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.sources import Provider

STAGE = "merge"
_SCHEMAS = "#/components/schemas/"
_WORDS = frozenset({
    "title", "description", "summary", "example", "examples", "externalDocs", "tags", "operationId", MARK,
})  # fmt: skip
_OR = frozenset({"deprecated"})


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
        _check_server(provider, fragment)
    join = _Join(provider.name, request_schemas(ordered))
    merged: Node = {
        "openapi": "3.1.0",
        "info": {"title": provider.title, "version": provider.revision},
        "servers": [{"url": provider.base_url}],
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    for fragment in ordered:
        document = copy.deepcopy(fragment.document)
        for path, item in document["paths"].items():
            operations = {key: value for key, value in item.items() if key in METHODS}
            join.into(merged["paths"].setdefault(path, {}), operations, join.operation)
        components = document["components"]
        join.into(merged["components"]["schemas"], components["schemas"], join.component)
        join.into(merged["components"]["securitySchemes"], components["securitySchemes"], join.equal)
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
            if part.kind in ("parameter", "request_body") and part.pointer.startswith("/paths/"):
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


def _check_server(provider: Provider, fragment: Fragment) -> None:
    servers: Any = fragment.document.get("servers")
    if not is_list(servers) or not servers:
        return
    urls = [str(server.get("url", "")) for server in servers if is_node(server)]
    if any(url.rstrip("/") == provider.base_url or _is_path_of(url, provider.base_url) for url in urls):
        return
    message = f"the page is for {', '.join(urls) or 'no server'}, not for {provider.base_url}"
    hint = (
        f"Set base_url of [{provider.name}] in sources.toml, or remove $.servers with an amendment that says "
        f"x-fragment: {fragment.file}."
    )
    raise StageError(STAGE, f"{provider.name}/fragments/{fragment.file}", "/servers", message, hint)


def _is_path_of(url: str, base_url: str) -> bool:
    return url.startswith("/") and base_url.endswith(url.rstrip("/"))


@define
class _Join:
    provider: str
    requests: frozenset[str]

    def into(self, held: Node, new: Node, join: Any) -> None:
        for key, value in new.items():
            held[key] = join(held[key], value, key) if key in held else value

    def component(self, one: Node, two: Node, name: str) -> Node:
        return self.schema(one, two, name, strict=name in self.requests)

    def equal(self, one: Any, two: Any, name: str) -> Any:
        if _words_off(one) != _words_off(two):
            self._refuse(one, two, f"{name} is not the same on both pages")
        return self._words(one, two)

    def operation(self, one: Node, two: Node, method: str) -> Node:
        joined = self._words(one, two)
        joined["parameters"] = self._parameters(one, two)
        if ("requestBody" in one) != ("requestBody" in two):
            self._refuse(one, two, f"only one page gives the {method.upper()} operation a request body")
        if "requestBody" in one:
            joined["requestBody"] = self._body(one["requestBody"], two["requestBody"])
        joined["responses"] = dict(node_at(one, "responses"))
        self.into(joined["responses"], node_at(two, "responses"), self._response)
        for key in (one.keys() | two.keys()) - {"parameters", "requestBody", "responses"} - _WORDS - _OR:
            if key.startswith("x-"):
                continue
            if _bag(one.get(key)) != _bag(two.get(key)):
                self._refuse(one, two, f"`{key}` of the operation differs")
        return joined

    def _parameters(self, one: Node, two: Node) -> list[Any]:
        first = {(each.get("in"), each.get("name")): each for each in list_at(one, "parameters")}
        second = {(each.get("in"), each.get("name")): each for each in list_at(two, "parameters")}
        for place, name in first.keys() ^ second.keys():
            self._refuse(one, two, f"only one page has the {place} parameter {name!r}")
        return [self._parameter(each, second[key], f"parameter {key[1]!r}") for key, each in first.items()]

    def _parameter(self, one: Node, two: Node, name: str) -> Node:
        joined = self._words(one, two)
        for key in (one.keys() | two.keys()) - _WORDS - _OR - {"schema", "content"}:
            if one.get(key) != two.get(key):
                self._refuse(one, two, f"`{key}` of {name} differs")
        if ("schema" in one) != ("schema" in two):
            self._refuse(one, two, f"`schema` of {name} differs")
        if "schema" in one:
            joined["schema"] = self.schema(one["schema"], two["schema"], name, strict=True)
        if "content" in one or "content" in two:
            joined["content"] = self._contents(one, two, name, strict=True)
        return joined

    def _body(self, one: Node, two: Node) -> Node:
        joined = self._words(one, two)
        if one.get("required", False) != two.get("required", False):
            self._refuse(one, two, "only one page requires the request body")
        joined["content"] = self._contents(one, two, "the request body", strict=True)
        return joined

    def _response(self, one: Node, two: Node, status: str) -> Node:
        joined = self._words(one, two)
        if "content" in one or "content" in two:
            joined["content"] = self._contents(one, two, f"response {status}", strict=False)
        if "headers" in one or "headers" in two:
            joined["headers"] = dict(node_at(one, "headers"))
            self.into(joined["headers"], node_at(two, "headers"), self._parameter)
        return joined

    def _contents(self, one: Node, two: Node, name: str, *, strict: bool) -> Node:
        first: Node = dict(node_at(one, "content"))
        second: Node = node_at(two, "content")
        if strict and first.keys() != second.keys():
            self._refuse(one, two, f"the content types of {name} differ")

        def media(left: Node, right: Node, kind: str) -> Node:
            joined = self._words(left, right)
            schemas = [each["schema"] for each in (left, right) if "schema" in each]
            if strict and len(schemas) == 1:
                self._refuse(left, right, f"only one page has a schema for {kind} of {name}")
            if len(schemas) > 1:
                joined["schema"] = self.schema(schemas[0], schemas[1], f"{kind} of {name}", strict=strict)
            elif schemas:
                joined["schema"] = schemas[0]
            examples = {**node_at(right, "examples"), **node_at(left, "examples")}
            if examples:
                joined["examples"] = examples
            return joined

        self.into(first, second, media)
        return first

    def schema(self, one: Any, two: Any, name: str, *, strict: bool) -> Any:
        """Two schemas joined; `strict` means that they must accept the same values."""
        if not is_node(one) or not is_node(two):
            if one != two:
                self._refuse(one, two, f"{name} differs")
            return one
        left, right = one, two
        joined = self._words(left, right)
        for key in [*left, *(key for key in right if key not in left)]:
            if key in _WORDS or key in _OR or key.startswith("x-"):
                continue
            if key in _JOINS:
                value = _JOINS[key](self, left, right, key, name, strict)
                if value is not None:
                    joined[key] = value
            elif left.get(key) != right.get(key):
                said = f"{_said(left, key)} on one page and {_said(right, key)} on the other"
                self._refuse(left, right, f"`{key}` of {name} is {said}")
        return joined

    def _words(self, one: Node, two: Node) -> Node:
        # The first page's words stand; the second's fill gaps.
        joined = dict(one)
        for key, value in two.items():
            if key in _WORDS or key.startswith("x-"):
                joined.setdefault(key, value)
        for key in _OR:
            if one.get(key) or two.get(key):
                joined[key] = True
        if MARK in one or MARK in two:
            joined[MARK] = []
            mark(joined, *origins(one), *origins(two))
        return joined

    def _refuse(self, one: Any, two: Any, message: str) -> NoReturn:
        first, second = _places(one, two)
        hint = f"Settle it with an amendment that says x-fragment: {second.file} and a description of why."
        where = f"{self.provider}/fragments/{first.file}"
        place = f"{first.pointer} (line {first.line})"
        raise StageError(
            STAGE, where, place, f"{message}: {second.file} {second.pointer} (line {second.line})", hint
        )


def _places(one: Any, two: Any) -> tuple[Origin, Origin]:
    nowhere = Origin("an amendment", "", 0)
    second = next(iter(origins(two)), nowhere)
    others = [origin for origin in origins(one) if origin.file != second.file]
    return next(iter(others or origins(one)), nowhere), second


def _said(schema: Node, key: str) -> str:
    return json.dumps(unmarked(schema[key]))[:120] if key in schema else "absent"


def _words_off(value: Any) -> Any:
    if not is_node(value):
        return value
    return {key: item for key, item in value.items() if key not in _WORDS and not str(key).startswith("x-")}


def _bag(value: Any) -> Any:
    return sorted(json.dumps(item, sort_keys=True) for item in value) if is_list(value) else value


def _properties(join: _Join, one: Node, two: Node, key: str, name: str, strict: bool) -> Any:  # noqa: FBT001  # a table's rows share one shape
    first, second = dict(node_at(one, key)), node_at(two, key)
    if strict and (only := first.keys() ^ second.keys()):
        join._refuse(one, two, f"only one page has {', '.join(sorted(only))} in {name}, which requests use")  # noqa: SLF001

    def inner(left: Any, right: Any, prop: str) -> Any:
        return join.schema(left, right, f"{name}.{prop}", strict=strict)

    join.into(first, second, inner)
    return first


def _required(join: _Join, one: Node, two: Node, key: str, name: str, strict: bool) -> Any:  # noqa: FBT001
    first, second = list_at(one, key), list_at(two, key)
    if strict and set(first) != set(second):
        join._refuse(one, two, f"{name}, which requests use, requires different properties")  # noqa: SLF001
    return [each for each in first if each in second] or None


def _enum(join: _Join, one: Node, two: Node, key: str, name: str, strict: bool) -> Any:  # noqa: FBT001
    if key not in one or key not in two:
        if strict:
            join._refuse(one, two, f"only one page gives values for {name}, which requests use")  # noqa: SLF001
        join._refuse(one, two, f"only one page gives values for {name}")  # noqa: SLF001
    first, second = one[key], two[key]
    extra = [each for each in second if each not in first]
    if strict and (extra or len(first) != len(second)):
        join._refuse(one, two, f"the values of {name}, which requests use, differ")  # noqa: SLF001
    return [*first, *extra]


def _inner(join: _Join, one: Node, two: Node, key: str, name: str, strict: bool) -> Any:  # noqa: FBT001
    first, second = one.get(key, {}), two.get(key, {})
    if first in ({}, True) and second in ({}, True):
        return one.get(key, two.get(key))
    if (key in one) != (key in two) or isinstance(first, bool) != isinstance(second, bool):
        join._refuse(one, two, f"`{key}` of {name} differs")  # noqa: SLF001
    return join.schema(first, second, f"{name}.{key}", strict=strict)


def _alternatives(join: _Join, one: Node, two: Node, key: str, name: str, strict: bool) -> Any:  # noqa: FBT001
    first, second = list(list_at(one, key)), list(list_at(two, key))
    paired: list[Any] = []
    for item in first:
        match = next((each for each in second if _signature(each) == _signature(item)), None)
        if match is None:
            join._refuse(one, two, f"`{key}` of {name} differs")  # noqa: SLF001
        second.remove(match)
        paired.append(join.schema(item, match, name, strict=strict))
    if second:
        join._refuse(one, two, f"`{key}` of {name} differs")  # noqa: SLF001
    return paired


def _signature(schema: Any) -> Any:
    if not is_node(schema):
        return schema
    return tuple(json.dumps(schema.get(key)) for key in ("type", "$ref", "format"))


_JOINS: dict[str, Any] = {
    "properties": _properties,
    "required": _required,
    "enum": _enum,
    **dict.fromkeys(("items", "additionalProperties", "not"), _inner),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), _alternatives),
}
