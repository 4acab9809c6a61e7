"""Redocly reads a spec; `redocly.yaml` says by which rules, and which are off and why."""

from __future__ import annotations

from pathlib import Path

from conformance.tools import REDOCLY, ROOT, run, spec_of
from conformance.verdict import Verdict

RULES = Path(__file__).with_name("redocly.yaml")


def judge(provider: str) -> Verdict:
    """Lint the provider's spec; whatever is said of it at all is one finding."""
    spec = spec_of(provider).relative_to(ROOT)
    code, said = run([REDOCLY, "lint", str(spec), f"--config={RULES}", "--format=stylish"], ROOT)
    troubled = code != 0 or "warning" in said.lower().replace("deprecation warning", "")
    return Verdict(f"{spec} read", (said.strip(),) if troubled else ())
