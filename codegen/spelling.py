# Names of components that OpenAPI doesn't allow, and references that are written with escapes.
#
# Rules: a component's name has letters, digits, dots, hyphens and underscores, a letter among them; generators of pages
# use others (`type_:User`, `Page«User»`, `my/User`). What it may not have becomes one underscore, so a name depends on
# nothing but itself and is the same on every page; all references and discriminators follow. Two names that would
# become one are an error.

"""Spell the names of components as OpenAPI does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, node_at
from codegen.pointer import child, escape, resolve, tokens
from codegen.structure import note, origins, parts

STAGE = "normalize"
_SCHEMAS = "#/components/schemas/"
_STRANGE = re.compile(r"_*[^A-Za-z0-9._-]+_*")
_ALLOWED = re.compile(r"[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*")


def spelt(name: str) -> str:
    """A name as a key of components: `type_:User` as type_User, `200` as Schema200."""
    if _ALLOWED.fullmatch(name):
        return name
    plain = _STRANGE.sub("_", name).strip("_")
    return plain if re.search(r"[A-Za-z]", plain) else f"Schema{plain}"


def spell(document: Node, where: str) -> Node:
    """Rename, in place, components whose names OpenAPI doesn't allow, and what refers to them.

    Raises:
        StageError: Two of them would have one name.
    """
    everything = [part.value for part in parts(document) if is_node(part.value)]
    for value in everything:
        if isinstance(value.get("$ref"), str):
            value["$ref"] = _plain(value["$ref"], document)
    components = node_at(document, "components")
    schemas, schemes = node_at(components, "schemas"), node_at(components, "securitySchemes")
    names = _rename(schemas, "schemas", where)
    for value in everything if names else ():
        _follow(value, names)
    if schemes and (names := _rename(schemes, "securitySchemes", where)):
        for holder in [document, *everything]:
            for alternative in holder.get("security") or ():
                for name in [name for name in alternative if name in names]:
                    alternative[names[name]] = alternative.pop(name)
    return document


def _plain(reference: str, document: Node) -> str:
    # `%20` and the like are left only where a name really has them.
    if "%" not in reference or not reference.startswith("#/"):
        return reference
    try:
        resolve(document, reference[1:])
    except KeyError:
        return unquote(reference)
    return reference


def _rename(held: Node, kind: str, where: str) -> dict[str, str]:
    names = {name: spelt(name) for name in held if spelt(name) != name}
    if not names:
        return names
    for name, entry in list(held.items()):
        del held[name]
        new = names.get(name, name)
        if new in held:
            one = next((each for each, other in names.items() if other == new and each != name), new)
            line = next((f"line {origin.line} " for origin in origins(entry)), "")
            place = f"{line}({child('/components', kind, name)})"
            message = f"{name!r} and {one!r} would both be called {new!r}"
            raise StageError(STAGE, where, place, message, "Rename one of them by an amendment.")
        held[new] = note(entry, f"called {name!r} on the page") if is_node(entry) and new != name else entry
    return names


def _follow(value: Node, names: dict[str, str]) -> None:
    reference = value.get("$ref")
    if isinstance(reference, str):
        value["$ref"] = _renamed(reference, names)
    mapping: Any = node_at(value, "discriminator").get("mapping")
    for key, target in mapping.items() if is_node(mapping) else ():
        if isinstance(target, str):
            mapping[key] = names.get(target) or _renamed(target, names)


def _renamed(reference: str, names: dict[str, str]) -> str:
    steps = tokens(reference[1:]) if reference.startswith(_SCHEMAS) else []
    if len(steps) > 2 and steps[2] in names:  # noqa: PLR2004  # components, schemas and the name
        return "#" + "".join(f"/{escape(step)}" for step in (*steps[:2], names[steps[2]], *steps[3:]))
    return reference
