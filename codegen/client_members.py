# Names of the members of an enumeration.
#
# Rules: a name is the value in capitals, as openapi-python-client would spell it; a value that would take a name that
# is taken gets the next number behind it, in the order of the document (`a_b` is A_B, `a-b` is A_B_2).

"""Python names for the values of an enumeration."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from openapi_python_client.strings import snake_case

if TYPE_CHECKING:
    from collections.abc import Sequence


def member_names(values: Sequence[str | int]) -> list[str]:
    """One name per value, no two the same."""
    found: dict[str, None] = {}
    for index, value in enumerate(values):
        plain = _plain(value, index)
        name, number = plain, 1
        while name in found:
            number += 1
            name = f"{plain}_{number}"
        found[name] = None
    return list(found)


def _plain(value: str | int, index: int) -> str:
    if isinstance(value, int):
        return f"VALUE_NEGATIVE_{-value}" if value < 0 else f"VALUE_{value}"
    if value and value[0].isalpha():
        # What Python makes of the name when it reads it, so that two spellings of one name are one.
        name = unicodedata.normalize("NFKC", snake_case(value.upper()).upper())
        if name.isidentifier() and snake_case(name).upper() == name:
            return name
    return f"VALUE_{index}"
