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
        _say("stopped early", of="interrupted")
        sys.exit(_INTERRUPTED)


def _fail(message: str) -> int:
    _say(message, of="error")
    return 2


def _say(message: str, *, of: str) -> None:
    try:
        from omnirun.cli.told import say

        say(message, of=of)
    except ModuleNotFoundError:
        with contextlib.suppress(OSError):
            print(f"{of}: {message}", file=sys.stderr, flush=True)  # noqa: T201 - there is no console
