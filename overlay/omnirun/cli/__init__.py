"""The command `omnirun`: the verbs of the client over target and ref strings, for terminals and CI jobs.

Rules. Data goes to stdout and everything else to stderr. `app` holds the signatures and imports nothing but typer;
each verb imports what it needs when it runs, so that `omnirun --help` costs little more than typer does. Whatever a
user can cause ends in one sentence and an exit code of `exits`, never in a traceback.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; the entry point of the console script."""
    try:
        from omnirun.cli.app import app
    except ModuleNotFoundError as missing:
        if missing.name not in ("typer", "rich"):
            raise
        sys.exit(_needs(missing.name))
    except KeyboardInterrupt:
        sys.exit(130)
    app(prog_name="omnirun")


def _needs(package: str) -> int:
    sys.stderr.write(f"error: the command omnirun needs {package}: pip install 'omnirun[cli]'\n")
    return 2
