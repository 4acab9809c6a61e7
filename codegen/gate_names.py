# What the gate finds in paths and operations.
#
# Rules: whatever becomes a module, a function or a part of a request has a name that can be one; what the braces of a
# path name and what the operation has as path parameters is the same.

"""Findings about paths, operations and the names of components."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.gate_text import LINES, Finding, characters, clashes
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.naming import pinned, snake
from codegen.pointer import child, tokens
from codegen.shape import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.structure import Part

GROUPS = frozenset({"models", "wire", "schemas", "client", "api", "http", "types", "errors", "values"})
"""Names a group of operations would hide."""
_COMPONENT = re.compile(r"[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&()*+,;=:@%/{}-]*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+*-]+/[A-Za-z0-9!#$&^_.+*-]+(; ?[A-Za-z0-9_-]+=[A-Za-z0-9_.-]+)*")
_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")
_PREFIX = re.compile(r"[!-~ ]{0,40}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def check_components(document: Node, _: list[Part]) -> Iterator[Finding]:
    """Names that no component can have."""
    names = list(node_at(document["components"], "schemas"))
    for name in names:
        if not _COMPONENT.fullmatch(name):
            yield Finding(
                child("/components/schemas", name), f"{name[:80]!r} can't be the name of a component"
            )
    yield from clashes(
        "/components/schemas", [name for name in names if _COMPONENT.fullmatch(name)], "components"
    )


def check_security_schemes(document: Node, _: list[Part]) -> Iterator[Finding]:
    """Keys that no header can carry."""
    for title, scheme in node_at(document["components"], "securitySchemes").items():
        pointer = child("/components/securitySchemes", title)
        if not is_node(scheme):
            continue
        name, prefix = scheme.get("name", "key"), scheme.get("x-key-prefix", "")
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            yield Finding(pointer, f"{str(name)[:80]!r} can't be the name of a {scheme.get('in', 'header')}")
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            yield Finding(pointer, f"{str(prefix)[:80]!r} can't stand before a key")


def check_operations(document: Node, _: list[Part]) -> Iterator[Finding]:
    """Operations whose names, parameters or security can't be."""
    held: dict[tuple[str, str], str] = {}
    for key, (path, method) in operations(document).items():
        operation = document["paths"][path][method]
        pointer = child("/paths", path, method)
        group, name = pinned(operation)
        for word in (group, name):
            if word.startswith("__"):
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
        yield from characters(here, name, "a name", refused=LINES)
        if place not in ("path", "query", "header", "cookie"):
            yield Finding(here, f"a parameter can't be in {str(place)[:40]!r}")
        if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
            yield Finding(here, f"{name[:80]!r} can't be the name of a {place}")
        held.setdefault(str(place), []).append(name)
    for place, names in held.items():
        if len(set(names)) != len(names):
            yield Finding(pointer, f"a {place} parameter is stated twice")
        yield from clashes(pointer, names, f"{place} parameters")
    braces = _BRACES.findall(path)
    stated = set(held.get("path", []))
    if missing := [name for name in braces if name not in stated]:
        yield Finding(pointer, f"the path has {{{missing[0]}}}, but the operation no such parameter")
    if extra := [name for name in held.get("path", []) if name not in braces]:
        yield Finding(pointer, f"the operation has the path parameter {extra[0]!r}, which {path} lacks")
    if len(set(braces)) != len(braces):
        yield Finding(pointer, f"a name occurs twice in {path}")


def check_paths(document: Node, everything: list[Part]) -> Iterator[Finding]:
    """Paths, content types, statuses and headers that no request can have."""
    for path in document["paths"]:
        pointer = child("/paths", path)
        if not _PATH.fullmatch(path) or any(segment in (".", "..") for segment in path.split("/")):
            yield Finding(pointer, f"{path[:120]!r} can't be a path")
        if re.search(r"[{}]", _BRACES.sub("", path)) or any(
            not name.strip() or "/" in name for name in _BRACES.findall(path)
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
