"""The command `omnirun`: the verbs of the client over target and ref strings, for terminals and CI jobs.

Rules. Data goes to stdout and everything else to stderr. `app` holds the signatures and imports nothing but typer;
each verb imports what it needs when it runs, so that `omnirun --help` costs little more than typer does. Whatever a
user can cause ends in one sentence and an exit code of `exits`, never in a traceback.
"""

from __future__ import annotations

import contextlib
import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command; the entry point of the console script."""
    if sys.stdout is None:  # closed by whoever started us: found out before anything is sent
        sys.exit(
            _fail("stdout is closed, so there is nowhere to write to; >/dev/null is for what nobody reads.")
        )
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115, PTH123 - for as long as the process lives
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    try:
        from omnirun.cli.called import call

        sys.exit(call(sys.argv[1:]))
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in ("typer", "rich"):
            raise
        sys.exit(_fail(f"the command omnirun needs {missing.name}: pip install 'omnirun[cli]'"))
    except KeyboardInterrupt:  # before a verb has begun; then `told` watches over it
        _print("interrupted: stopped early")
        sys.exit(_INTERRUPTED)


def _fail(message: str) -> int:
    try:
        from omnirun.cli.told import complain

        complain(message)
    except ModuleNotFoundError:
        _print(f"error: {message}")
    return 2


def _print(line: str) -> None:
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - there is no console, or no time for one
