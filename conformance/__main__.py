"""`python -m conformance [JUDGE...]`: let the judges speak; exit 1 if one has found something.

Progress and findings go to stdout, in the order in which they come. Whatever was started is stopped when this ends,
also by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import TYPE_CHECKING

from conformance import by_redocly, by_schemathesis, by_steady
from conformance.tools import Missing, providers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from conformance.verdict import Verdict

JUDGES: dict[str, Callable[[str], Verdict]] = {
    "redocly": by_redocly.judge,
    "steady": by_steady.judge,
    "schemathesis": by_schemathesis.judge,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the judges; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description="Third parties judge omnirun.")
    parser.add_argument("judges", nargs="*", metavar="JUDGE", help=f"{', '.join(JUDGES)}; all if left out")
    chosen: list[str] = parser.parse_args(arguments).judges or list(JUDGES)
    if unknown := [name for name in chosen if name not in JUDGES]:
        parser.error(f"there is no judge {unknown[0]}; there are {', '.join(JUDGES)}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        found = sum(_heard(judge, provider) for judge in chosen for provider in providers())
    except Missing as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
        return 130
    print(f"{found} findings: see above" if found else "conformance: no findings")
    return 1 if found else 0


def _heard(judge: str, provider: str) -> int:
    """Let one judge speak of one provider; returns the number of findings."""
    print(f"==> {judge}: {provider}", flush=True)
    began = time.monotonic()
    verdict = JUDGES[judge](provider)
    for finding in verdict.findings:
        print(f"    FOUND {finding}")
    for note in verdict.notes:
        print(f"    note: {note}")
    print(f"    {verdict.summary} ({time.monotonic() - began:.0f} s)", flush=True)
    return len(verdict.findings)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
