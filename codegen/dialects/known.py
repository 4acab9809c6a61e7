# The fields of a rendered page, by what its headings may call them.
#
# Rules: a field is called by its path and, where no other is called so, by its last name, in code or in words; who
# came first keeps a name.

"""Fields that a heading may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.dialects.headings import OBJECT
from codegen.naming import snake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.dialects.headings import Section


class Known(NamedTuple):
    """A field: its path, and what it is a field of."""

    path: str
    section: Section
    status: str


class Fields:
    """The fields that were seen so far."""

    def __init__(self) -> None:
        self._held: dict[str, Known] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def add(self, field: Known) -> None:
        """Take note of a field."""
        plain = field.path.removesuffix("[]")
        last = plain.rpartition(".")[2]
        for name in (plain, last, f" {snake(last)}"):
            self._held.setdefault(name, field)

    def named(self, heading: str) -> Known | None:
        """The field a heading names: `metadata`, `The metadata object`, `Provider Response` for providerResponse."""
        match = OBJECT.fullmatch(heading)
        if match is not None and (known := self._held.get(match[1].removesuffix("[]"))):
            return known
        return self._held.get(f" {snake(heading)}") if " " in heading else None
