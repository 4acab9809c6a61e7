# What of a provider's raw client the overlay stands on.
#
# Rules: it is read from the overlay's own modules, so that it can't go stale: those that import something of the
# provider's raw client. An operation is called if it is imported by its name; something is named if its name stands
# there as a string, as a keyword of a call or as an attribute. The state tables are part of what every provider says.

"""The overlay's use of a raw client, from its source."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHARED = ("states.py",)
"""Modules that speak for every provider."""
APART = ("cli", "sandbox", "testing")
"""Subpackages that play a provider or show runs; what they need, the overlay itself may not."""


@frozen
class Overlay:
    """What of one raw client the overlay stands on."""

    operations: frozenset[str] = frozenset()
    """Pinned names."""
    names: frozenset[str] = frozenset()


def overlay(folder: Path, package: str, provider: str) -> Overlay:
    """What the overlay's modules say of a provider.

    Args:
        folder: The overlay's package.
        package: The import package of the raw clients.
        provider: The provider's name.
    """
    raw = f"{package}.{provider}"
    texts = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
        if path.relative_to(folder).parts[0] not in APART
    }
    likely = {name: ast.parse(text) for name, text in texts.items() if raw in text}
    own = [module for module in likely.values() if any(_imports(module, raw))]
    if not own:
        return Overlay()
    operations = {name for module in own for name in _operations(module, raw)}
    spoken = [*own, *(ast.parse(texts[name]) for name in SHARED if name in texts)]
    return Overlay(frozenset(operations), frozenset(name for module in spoken for name in _names(module)))


def _imports(module: ast.Module, raw: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module and f"{node.module}.".startswith(f"{raw}."):
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if f"{alias.name}.".startswith(f"{raw}."))


def _operations(module: ast.Module, raw: str) -> Iterator[str]:
    for source, name in _imports(module, raw):
        if source.startswith(f"{raw}.api.") and name:
            yield f"{source.removeprefix(f'{raw}.api.')}.{name}"  # from omnirun_raw.x.api.group import operation
        elif source in {raw, f"{raw}.api"} and name:
            yield from (f"{name}.{attribute}" for attribute in _attributes(module, name))


def _attributes(module: ast.Module, of: str) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == of:
            yield node.attr


def _names(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
