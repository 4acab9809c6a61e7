"""Let a pipeline pass only if a monitor's run went well: trigger it, wait for it, and exit with a code that says how.

    DATAFOLD_API_KEY=... python examples/gate_pipeline.py datafold:monitors/42 --timeout 900

Exit codes: 0 it went well, 1 it failed, 2 usage, 3 it raised an alert, 4 it is still running (its ref is printed, and
given to this program instead of a target it is waited for again), 5 the provider or the network. In GitHub Actions the
result is also a line in the job's summary.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from omnirun import BadRef, Client, OmnirunError, RunAlerted, RunFailed, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnirun import Run

FAILED, USAGE, ALERT, STILL_RUNNING, PROVIDER = 1, 2, 3, 4, 5
CODES: tuple[tuple[type[OmnirunError], int], ...] = (
    (RunFailed, FAILED),
    (RunAlerted, ALERT),
    (WaitTimeout, STILL_RUNNING),
    (BadRef, USAGE),
    (OmnirunError, PROVIDER),  # an AmbiguousTrigger too: it may be running, so look before you start another
)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the gate; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        with Client(environ=environ) as client:
            run = settled(client, options.address, options.timeout)
        tell(run, environ)
        run.check(alert="pass" if options.let_alerts_pass else "raise")
    except OmnirunError as error:
        print(f"error: {error}", file=sys.stderr)
        return next(code for kind, code in CODES if isinstance(error, kind))
    return 0


def settled(client: Client, address: str, timeout: float) -> Run:
    """The end of a new run of a target, or of the run that a ref names."""
    if "/runs/" in address or "/checks/" in address:
        return client.wait(address, timeout)
    return client.run(address, timeout, on_update=lambda run: print(run, file=sys.stderr))


def tell(run: Run, environ: Mapping[str, str]) -> None:
    """Print the run; in GitHub Actions also into the job's summary."""
    print(run)
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        mark = "✅" if run.ok else "❌"
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(
                f"{mark} `{run.ref}` {run.state}: {run.outcome or run.phase}, {run.verdict or 'no verdict'}\n"
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Let a pipeline pass only if a monitor's run went well.")
    parser.add_argument("address", help="a target, such as datafold:monitors/42, or a run's ref")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds to wait (900)")
    parser.add_argument(
        "--let-alerts-pass", action="store_true", help="an alert is not the end of the pipeline"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
