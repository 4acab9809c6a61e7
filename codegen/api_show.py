"""What api-check says, to people and to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.api import Answer

_MOST = 40
"""Additions that people are told one by one."""


def fields(answer: Answer) -> dict[str, Any]:
    """As machines are told."""
    return attrs.asdict(answer)


def said(answer: Answer) -> Iterator[str]:
    """Line by line."""
    if not answer.tag:
        yield f"no release yet (no tag vX.Y.Z): nothing to compare; this is {answer.version}, and anything may change"
    else:
        for line in answer.breaking:
            yield f"breaking: {line}"
        for line in answer.added[:_MOST]:
            yield f"new: {line}"
        if len(answer.added) > _MOST:
            yield f"new: {len(answer.added) - _MOST} more names"
        yield (
            f"since {answer.tag}: {len(answer.breaking)} breaking, {len(answer.added)} new; "
            f"the next version is a {answer.step} one, {answer.lowest} or higher; this is {answer.version}"
        )
    for problem in answer.problems:
        yield f"error: {problem}"
