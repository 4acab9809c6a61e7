"""What the sandbox does on purpose although a spec says nothing of it, or says otherwise: `deviations.toml`.

A deviation is data, with a reason. It covers findings of one check, for one status and, if it says so, for answers
with certain words in them; never "whatever this operation does". One that covers nothing any more is said.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

LIST = Path(__file__).with_name("deviations.toml")
ANY = "*"


@attrs.frozen
class Finding:
    """One thing that schemathesis holds against the sandbox."""

    check: str
    operation: str
    status: int
    answer: str
    message: str
    request: str

    def __str__(self) -> str:
        return f"{self.check}: {self.message}\n      {self.request}\n      {self.status} {self.answer[:300]}"


@attrs.frozen
class Deviation:
    """What is on purpose.

    Args:
        check: schemathesis' name of what it checks.
        operations: such as `GET /v1/runs`; `*` is every one.
        status: of the answer.
        reason: why it is on purpose.
        answer: words that the answer has in it.
    """

    check: str
    operations: tuple[str, ...] = attrs.field(converter=tuple[str, ...])
    status: int
    reason: str
    answer: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is this one."""
        return (
            (self.check, self.status) == (finding.check, finding.status)
            and (ANY in self.operations or finding.operation in self.operations)
            and self.answer in finding.answer
        )

    def __str__(self) -> str:
        return f"{self.check} {self.status} {self.answer} of {', '.join(self.operations)}"


def read(text: str) -> dict[str, tuple[Deviation, ...]]:
    """Read the list: deviations by provider."""
    listed: dict[str, list[dict[str, object]]] = tomllib.loads(text)
    return {
        provider: tuple(Deviation(**entry) for entry in entries)  # type: ignore[arg-type]
        for provider, entries in listed.items()
    }


def judged(
    findings: Iterable[Finding], deviations: Iterable[Deviation]
) -> tuple[list[Finding], list[Deviation]]:
    """Tell the findings that are not listed, one of each kind, and what is listed and doesn't occur."""
    found, listed = list(findings), list(deviations)
    kinds = {
        (finding.check, finding.operation, finding.status, finding.message): finding
        for finding in reversed(found)
        if not any(deviation.covers(finding) for deviation in listed)
    }
    gone = [one for one in listed if not any(one.covers(finding) for finding in found)]
    return list(reversed(kinds.values())), gone
