"""One run at each of three providers, watched until it ends, and the history of each: `make demo`.

The providers are played by `omnirun.sandbox`, in a process of its own that ends with this one, whatever ends it. All
the rest is what a user types: the command `omnirun`, called here as the shell would.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from omnirun.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

PROVIDERS = ("datafold", "firecrawl", "monid")
CHECKED = "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001"
TWEETS = "monid:endpoints/apify/apidojo/tweet-scraper"
COMMANDS = (
    "omnirun targets datafold --limit 3",
    f"omnirun run datafold:monitors/{{monitor}} {CHECKED} {TWEETS} --timeout 5m",
    "omnirun history datafold:monitors/{monitor} --status alert --limit 3",
    f"omnirun history {CHECKED} --since 12h --limit 3",
    f"omnirun history {TWEETS} --limit 3 --output csv",
    f"omnirun report datafold:monitors/{{monitor}} {CHECKED} {TWEETS} --since 30d --output {{page}}",
)


def main() -> int:
    """Run the demo; returns the exit code."""
    options = _parser().parse_args()
    page = Path(tempfile.gettempdir()) / "omnirun-demo.html"
    with sandbox(options.speed) as environment:
        if options.key is not None:
            environment |= {f"{name.upper()}_API_KEY": options.key for name in PROVIDERS}
        os.environ |= environment
        for command in COMMANDS:
            code = typed(command.format(monitor=options.monitor, page=shlex.quote(str(page))))
            if code:
                return code
    return 0


def typed(command: str) -> int:
    """Show a command and do it; gives its exit code."""
    print(f"\n$ {command}", flush=True)
    try:
        app(shlex.split(command)[1:], prog_name="omnirun")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


# ------------------------------------------------------------------------------------------ the other side


@contextlib.contextmanager
def sandbox(speed: float) -> Generator[dict[str, str], None, None]:
    """The providers, in a process of their own: yields the environment variables that lead there.

    It has its own session, so that Ctrl-C reaches only us, and our end of its stdin, so that it ends even if we are
    killed.
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
        [sys.executable, "-m", "omnirun.sandbox", "--until-eof", "--speed", str(speed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield exports(process.stdout)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def exports(lines: Iterable[str]) -> dict[str, str]:
    """The variables of the `export` lines that the sandbox prints before it serves."""
    found: dict[str, str] = {}
    for line in lines:
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            found[name] = value
        if len(found) == 2 * len(PROVIDERS):
            return found
    raise SystemExit(1)  # it has said why on stderr


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__, usage='make demo ARGS="..."')
    parser.add_argument(
        "--monitor", type=int, default=43, help="which Datafold monitor to run: 42 to 48 (43)"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster runs go (1)")
    parser.add_argument("--key", help="a key to use instead of the sandbox's own")
    return parser


if __name__ == "__main__":
    sys.exit(main())
