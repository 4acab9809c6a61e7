# Names for the operations of pages nobody has named yet.
#
# Rules: shape.proposed says what a page would call an operation; here that becomes a name that can be pinned: one
# Python takes, that no module of a client has, and that no other operation has. The same pages give the same names.

"""Propose names to pin."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING

from codegen.gate_names import GROUPS
from codegen.naming import snake
from codegen.shape import operations, proposed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.jsonvalue import Node

_LONGEST = 60
_BUILTINS = {*dir(builtins), "self", "true", "false", "datetime"} - {"id"}
"""Names that a generator would write with an underscore at their end."""


def propose(document: Node, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """`METHOD /path` to a name, for every operation of a merged document.

    Args:
        document: The merged document.
        held: Names that are pinned already and stay.
    """
    found = dict(held or {})
    for key, (path, method) in sorted(operations(document).items()):
        if key in found:
            continue
        group, _, name = proposed(document, path, method).partition(".")
        group = _word(group, "api")
        if group in GROUPS:
            group = f"{group}_group"
        name = _word(name, method)
        if name in _BUILTINS:
            name = f"{name}_{group}"
        taken = set(found.values())
        for candidate in (name, _word(f"{method}_{name}", method), _word(f"{method}_{snake(path)}", method)):
            pinned = f"{group}.{candidate}"
            if pinned not in taken:
                break
        number = 2
        while pinned in taken:
            pinned, number = f"{group}.{candidate}_{number}", number + 1
        found[key] = pinned
    return found


def _word(text: str, instead: str) -> str:
    word = snake(text)[:_LONGEST].strip("_") or instead
    if word[0].isdigit():
        word = f"n{word}"
    return f"{word}_" if keyword.iskeyword(word) else word
