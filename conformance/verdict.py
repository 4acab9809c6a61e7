"""What a judge says of a provider."""

from __future__ import annotations

import attrs


@attrs.frozen
class Verdict:
    """What a judge says of a provider.

    Args:
        summary: what was done, in one line.
        findings: each fails the command.
        notes: what somebody should know; they fail nothing.
    """

    summary: str
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
