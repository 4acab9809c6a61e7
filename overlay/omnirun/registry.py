"""Which providers there are: the built-in ones, and those that installed packages offer.

A package offers a provider with an entry point in the group `omnirun.providers`, named as the provider and naming an
object that follows `omnirun.provider.Provider`. It is looked for only when a prefix is not a built-in one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omnirun.errors import BadRef
from omnirun.refs import Address, Target

if TYPE_CHECKING:
    from omnirun.provider import Provider

BUILT_IN = ("datafold", "firecrawl", "monid")
GROUP = "omnirun.providers"


@cache
def provider(name: str) -> Provider:
    """Find a provider.

    Raises:
        BadRef: there is none of this name.
    """
    if name in BUILT_IN:
        built_in: Provider = import_module(f"omnirun.{name}").PROVIDER
        return built_in
    from importlib.metadata import entry_points  # noqa: PLC0415 - a tenth of the import, and few need it

    found = list(entry_points(group=GROUP, name=name))
    if not found:
        others = sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})
        raise BadRef(f"there is no provider {name!r}. Known are {', '.join(others)}.")
    offered: Any = found[0].load()
    return offered  # type: ignore[no-any-return]


def parse_target(text: str) -> Target:
    """Read a target from its string, such as `datafold@eu:monitors/42`.

    Raises:
        BadRef: it is not one.
    """
    parts = Address.parse(text)
    return provider(parts.provider).parse_target(parts.path, parts.account)


def to_target(item: object) -> Target:
    """Read what stands for a target; raises `BadRef`."""
    if isinstance(item, str):
        return parse_target(item)
    if not isinstance(item, Target):
        raise BadRef(
            f"{item!r} is no target. One is datafold.Monitor(42), or its string 'datafold:monitors/42'."
        )
    return item
