# The gate before generation: a document that passes can be turned into Python.
#
# Rules: whatever is written into a file later is looked at here: names, paths, values, text. A hostile or a broken
# document is an error that names the place and the page that states it, never a file. References lead to components
# of the same document; nothing is ever fetched. Our own checks come first, since they explain themselves better than
# openapi-spec-validator, which has the last word.

"""Refuse documents that can't become a client."""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen
from openapi_spec_validator import OpenAPIV31SpecValidator

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.naming import snake
from codegen.pointer import child, tokens
from codegen.shape import operations
from codegen.structure import AMENDMENTS, Origin, Part, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from codegen.sources import Provider

STAGE = "gate"
TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
"""Types JSON Schema has."""
MEMBERS = frozenset({
    "to_dict", "from_dict", "to_multipart", "additional_properties", "additional_keys", "model_config", "model_fields",
    "model_extra", "model_dump", "model_validate", "model_construct", "src_dict", "field_dict", "cls", "self",
})  # fmt: skip
"""Names in snake case that a generated model needs for itself."""
GROUPS = frozenset({"models", "wire", "schemas", "client", "api", "http", "types", "errors", "values"})
"""Names a group of operations would hide."""
MAX_NAME = 200
"""Length of a name."""

_SCHEMAS = "#/components/schemas/"
_COMPONENT = re.compile(r"[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&()*+,;=:@%/{}-]*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+*-]+/[A-Za-z0-9!#$&^_.+*-]+(; ?[A-Za-z0-9_-]+=[A-Za-z0-9_.-]+)*")
_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES = frozenset("\u2028\u2029")
_REFUSED_KEYS = frozenset(
    {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"}
)


@frozen
class Finding:
    """Something that can't pass."""

    pointer: str
    message: str
    hint: str = ""


def gate(
    document: Mapping[str, Any], provenance: Mapping[str, tuple[Origin, ...]], provider: Provider
) -> None:
    """Refuse a document that can't become a client.

    Args:
        document: The shaped document, without marks.
        provenance: Where its parts are stated.
        provider: The provider, named in errors.

    Raises:
        StageError: The first finding, by the page and the line that state it.
    """
    for finding in findings(dict(document)):
        raise _located(finding, provenance, provider)


def findings(document: Node) -> Iterator[Finding]:
    """Everything about a shaped document that can't pass, check by check."""
    everything = list(parts(document))
    for check in _CHECKS:
        yield from check(document, everything)


def _located(
    finding: Finding, provenance: Mapping[str, tuple[Origin, ...]], provider: Provider
) -> StageError:
    pointer = finding.pointer
    while pointer and pointer not in provenance:
        pointer = pointer.rpartition("/")[0]
    held = provenance.get(pointer, ())
    message = f"{finding.message} (at {finding.pointer or '/'} of the document)"
    if not held:
        return StageError(STAGE, provider.name, finding.pointer, finding.message, finding.hint)
    origin = held[0]
    folder = "" if origin.file == AMENDMENTS else "fragments/"
    where = f"{provider.name}/{folder}{origin.file}"
    hint = (
        finding.hint
        or f"Settle it in {provider.name}/{AMENDMENTS} (x-fragment: {origin.file}), or vendor the page again."
    )
    return StageError(STAGE, where, f"line {origin.line} ({origin.pointer})", message, hint)


# ------------------------------------------------------------------------------------------------ text and numbers


def _text(document: Node, _: list[Part]) -> Iterator[Finding]:
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if is_node(value):
            for key, item in value.items():
                yield from _characters(pointer, key, "a name", refused=_LINES)
                if len(key) > MAX_NAME:
                    yield Finding(
                        pointer,
                        f"the name {key[:40]!r}... has {len(key)} characters; at most {MAX_NAME} pass",
                    )
                waiting.append((child(pointer, key), item))
        elif is_list(value):
            items = value
            waiting += [(child(pointer, str(index)), item) for index, item in enumerate(items)]
        elif isinstance(value, str):
            yield from _characters(pointer, value, "a text", refused=frozenset())
        elif isinstance(value, float) and not math.isfinite(value):
            yield Finding(pointer, f"{value} is no JSON number")


def _characters(pointer: str, text: str, what: str, refused: frozenset[str]) -> Iterator[Finding]:
    for character in text:
        control = unicodedata.category(character) in ("Cc", "Cs") and (
            character not in "\n\t" or bool(refused)
        )
        if control or character in _BIDI or character in refused:
            name = unicodedata.name(character, "a control character")
            yield Finding(pointer, f"{what} holds U+{ord(character):04X} ({name}): {text[:60]!r}")
            return


# ------------------------------------------------------------------------------------------------ references


def _references(document: Node, _: list[Part]) -> Iterator[Finding]:
    known = node_at(document["components"], "schemas")
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if is_list(value):
            waiting += [(child(pointer, str(index)), item) for index, item in enumerate(value)]
        if not is_node(value):
            continue
        node = value
        waiting += [(child(pointer, key), item) for key, item in node.items()]
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield from _reference(pointer, reference, known)


def _reference(pointer: str, reference: str, known: Node) -> Iterator[Finding]:
    if not reference.startswith("#"):
        yield Finding(pointer, f"$ref leads outside the document: {reference[:120]!r}; nothing is fetched")
    elif not reference.startswith(_SCHEMAS):
        yield Finding(
            pointer, f"$ref leads to {reference[:120]!r}; only components of the page can be referred to"
        )
    elif reference.removeprefix(_SCHEMAS) not in known:
        yield Finding(
            pointer,
            f"$ref is dangling: the document has no component {reference.removeprefix(_SCHEMAS)[:120]!r}",
        )


def _circles(document: Node, _: list[Part]) -> Iterator[Finding]:
    # A component that is nothing but itself, by way of references and compositions alone.
    schemas = node_at(document["components"], "schemas")
    edges = {name: {each for each in _leads(schema) if each in schemas} for name, schema in schemas.items()}
    safe: set[str] = set()
    for start in schemas:
        path: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        on_path = {start}
        while path:
            name, rest = path[-1]
            following = next((each for each in rest if each not in safe), None)
            if following is None:
                path.pop()
                on_path.discard(name)
                safe.add(name)
            elif following in on_path:
                yield Finding(
                    child("/components/schemas", following), f"the component {following!r} is made of itself"
                )
                return
            else:
                path.append((following, iter(edges[following])))
                on_path.add(following)


def _leads(schema: Any) -> Iterator[str]:
    if not is_node(schema):
        return
    node = schema
    reference = node.get("$ref")
    if isinstance(reference, str):
        yield reference.removeprefix(_SCHEMAS)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in list_at(node, key):
            yield from _leads(each)


# ------------------------------------------------------------------------------------------------ schemas


def _schemas(document: Node, everything: list[Part]) -> Iterator[Finding]:
    known = node_at(document["components"], "schemas")
    for part in everything:
        if part.kind != "schema" or not is_node(part.value):
            continue
        schema = part.value
        kind = schema.get("type")
        if "type" in schema and kind not in TYPES:
            yield Finding(
                part.pointer,
                f"the type {str(kind)[:60]!r} is unknown; JSON Schema has {', '.join(sorted(TYPES))}",
            )
        if refused := _REFUSED_KEYS & schema.keys():
            yield Finding(part.pointer, f"{min(refused)} is not read; refer to components with $ref")
        names = list(node_at(schema, "properties"))
        yield from _clashes(part.pointer, names, "properties")
        for name in names:
            if not name.strip():
                yield Finding(part.pointer, "a property has no name")
            if snake(name) in MEMBERS or name in MEMBERS:
                message = (
                    f"the property {name!r} would take the place of the model's own {snake(name) or name}"
                )
                yield Finding(child(part.pointer, "properties", name), message)
        yield from _enum(part.pointer, schema)
        yield from _discriminator(part.pointer, schema, known)


def _enum(pointer: str, schema: Node) -> Iterator[Finding]:
    members = schema.get("enum")
    if members is None:
        return
    if not is_list(members) or not members:
        yield Finding(pointer, "`enum` lists no values")
        return
    for member in members:
        if isinstance(member, dict | list):
            yield Finding(pointer, "a collection can't be a value of an enumeration")
    yield from _clashes(pointer, [member for member in members if isinstance(member, str)], "values")


def _discriminator(pointer: str, schema: Node, known: Node) -> Iterator[Finding]:
    discriminator = schema.get("discriminator")
    if not is_node(discriminator):
        return
    mapping: Any = node_at(discriminator, "mapping")
    for target in mapping.values() if is_node(mapping) else ():
        name = str(target).removeprefix(_SCHEMAS)
        if name not in known:
            yield Finding(pointer, f"the discriminator leads to {str(target)[:120]!r}, which is no component")


def _clashes(pointer: str, names: Iterable[str], what: str) -> Iterator[Finding]:
    held: dict[str, str] = {}
    for name in names:
        spelling = snake(name) or name
        other = held.setdefault(spelling, name)
        if other != name:
            yield Finding(
                pointer, f"the {what} {other!r} and {name!r} would have one name in Python, {spelling}"
            )


# ------------------------------------------------------------------------------------------------ names


def _components(document: Node, _: list[Part]) -> Iterator[Finding]:
    names = list(node_at(document["components"], "schemas"))
    for name in names:
        if not _COMPONENT.fullmatch(name):
            yield Finding(
                child("/components/schemas", name), f"{name[:80]!r} can't be the name of a component"
            )
    yield from _clashes(
        "/components/schemas", [name for name in names if _COMPONENT.fullmatch(name)], "components"
    )


def _operations(document: Node, _: list[Part]) -> Iterator[Finding]:
    held: dict[tuple[str, str], str] = {}
    for key, (path, method) in operations(document).items():
        operation = document["paths"][path][method]
        pointer = child("/paths", path, method)
        group, name = str(operation["tags"][0]), str(operation["operationId"])
        for word in (group, name):
            if keyword.iskeyword(word) or word.startswith("__"):
                yield Finding(pointer, f"{word!r} is a word of Python; pin another name in sources.toml")
        if group in GROUPS:
            yield Finding(
                pointer, f"the group {group!r} is a module of every client; pin another name in sources.toml"
            )
        other = held.setdefault((snake(group), snake(name)), key)
        if other != key:
            yield Finding(
                pointer, f"{other} and {key} are both called {group}.{name}; pin another name in sources.toml"
            )
        yield from _security(pointer, operation, document)
        yield from _parameters(pointer, path, operation)


def _security(pointer: str, operation: Node, document: Node) -> Iterator[Finding]:
    schemes: Node = node_at(document["components"], "securitySchemes")
    for alternative in list_at(operation, "security"):
        for name in alternative:
            if name not in schemes:
                yield Finding(pointer, f"the security scheme {name!r} is used but not described")


def _parameters(pointer: str, path: str, operation: Node) -> Iterator[Finding]:
    held: dict[str, list[str]] = {}
    for index, parameter in enumerate(list_at(operation, "parameters")):
        here = child(pointer, "parameters", str(index))
        name, place = parameter.get("name"), parameter.get("in")
        if not isinstance(name, str) or not name.strip():
            yield Finding(here, "a parameter has no name")
            continue
        if place not in ("path", "query", "header", "cookie"):
            yield Finding(here, f"a parameter can't be in {str(place)[:40]!r}")
        if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
            yield Finding(here, f"{name[:80]!r} can't be the name of a {place}")
        held.setdefault(str(place), []).append(name)
    for place, names in held.items():
        if len(set(names)) != len(names):
            yield Finding(pointer, f"a {place} parameter is stated twice")
        yield from _clashes(pointer, names, f"{place} parameters")
    braces = _BRACES.findall(path)
    stated = set(held.get("path", []))
    if missing := [name for name in braces if name not in stated]:
        yield Finding(pointer, f"the path has {{{missing[0]}}}, but the operation no such parameter")
    if extra := [name for name in held.get("path", []) if name not in braces]:
        yield Finding(pointer, f"the operation has the path parameter {extra[0]!r}, which {path} lacks")
    if len(set(braces)) != len(braces):
        yield Finding(pointer, f"a name occurs twice in {path}")


def _paths(document: Node, everything: list[Part]) -> Iterator[Finding]:
    for path in document["paths"]:
        pointer = child("/paths", path)
        if not _PATH.fullmatch(path) or any(segment in (".", "..") for segment in path.split("/")):
            yield Finding(pointer, f"{path[:120]!r} can't be a path")
        if re.search(r"[{}]", _BRACES.sub("", path)) or any(
            not name.strip() for name in _BRACES.findall(path)
        ):
            yield Finding(pointer, f"the braces of {path[:120]!r} don't match")
    for part in everything:
        if part.kind == "media" and not _MEDIA.fullmatch(tokens(part.pointer)[-1]):
            yield Finding(part.pointer, f"{tokens(part.pointer)[-1][:80]!r} can't be a content type")
        if part.kind == "response" and not _STATUS.fullmatch(tokens(part.pointer)[-1]):
            yield Finding(
                part.pointer, f"{tokens(part.pointer)[-1][:80]!r} can't be the status of a response"
            )
        if part.kind == "header" and not _TOKEN.fullmatch(tokens(part.pointer)[-1]):
            yield Finding(part.pointer, f"{tokens(part.pointer)[-1][:80]!r} can't be the name of a header")


# ------------------------------------------------------------------------------------------------ the validator


def _valid(document: Node, _: list[Part]) -> Iterator[Finding]:
    try:
        errors = cast("Iterable[Any]", OpenAPIV31SpecValidator(cast("Any", document)).iter_errors())
        for error in errors:
            deepest: Any = (
                min(error.context, key=lambda each: -len(each.absolute_path), default=error)
                if error.context
                else error
            )
            pointer = child("", *(str(step) for step in deepest.absolute_path))
            yield Finding(pointer, f"not valid OpenAPI 3.1: {str(deepest.message)[:200]}")
    except RecursionError:
        yield Finding("", "nested too deeply for openapi-spec-validator")


_CHECKS: tuple[Callable[[Node, list[Part]], Iterator[Finding]], ...] = (
    _text, _references, _circles, _paths, _components, _schemas, _operations, _valid,
)  # fmt: skip
