"""One run at each of three providers, watched until it ends, and the history of each: `make demo`.

The providers are played by `omnirun.sandbox`, in a process of its own that ends with this one, whatever ends it. All
the rest is what a user of omnirun writes.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import subprocess
import sys
import time
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from omnirun import Client, datafold, firecrawl, monid
from omnirun.errors import OmnirunError

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Sequence

    from omnirun import Run, Target

PROVIDERS = ("datafold", "firecrawl", "monid")
COLORS = {"success": "green", "pass": "green", "alert": "yellow", "failure": "red"}
NEWEST = 3
INTERRUPTED = 130


def main() -> int:
    """Run the demo; returns the exit code."""
    options = _parser().parse_args()
    console = Console(highlight=False)
    targets: list[Target] = [
        datafold.Monitor(options.monitor),
        firecrawl.Monitor("0199a1b2-0000-7000-8000-000000000001"),
        monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": ["AI"], "maxItems": 10}),
    ]
    try:
        with sandbox(options.speed) as environment:
            if options.key is not None:
                environment |= {f"{name.upper()}_API_KEY": options.key for name in PROVIDERS}
            with Client(environ=environment) as client:
                return demo(client, targets, console)
    except OmnirunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: the wait ends here, and so does the sandbox", file=sys.stderr)
        return INTERRUPTED


def demo(client: Client, targets: Sequence[Target], console: Console) -> int:
    """Trigger, wait, look back."""
    attempts = client.trigger_all(targets)
    runs = [attempt.unwrap() for attempt in attempts]  # here one failure is the end; as_completed could go on
    console.print("Triggered:", *(str(run.ref) for run in runs), sep="\n  ", soft_wrap=True)

    watched = Watched(runs, console)
    with watched.live():
        for attempt in client.as_completed(attempts, timeout=300, on_update=watched.see):
            watched.see(attempt.unwrap())

    for target in targets:
        console.print(history(target, [*client.history(target).pages()]))
    console.print(results(targets, watched.runs.values()))
    return 0


# ------------------------------------------------------------------------------------------ what is shown


class Watched:
    """The runs as last seen: a live table on a terminal, a line per change elsewhere."""

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        self.runs = {str(run.ref): run for run in runs}
        self._console = console
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self._ended: dict[str, float] = {}

    def live(self) -> contextlib.AbstractContextManager[object]:
        """What to wait in."""
        if not self._console.is_terminal:
            return contextlib.nullcontext()
        return Live(self, console=self._console, refresh_per_second=8, transient=True)

    def see(self, run: Run) -> None:
        """Take note of a run."""
        key = str(run.ref)
        before, self.runs[key] = self.runs[key], run
        age = time.monotonic() - self._began
        if run.finished:
            self._ended.setdefault(key, age)
        if not self._console.is_terminal and before.state != run.state:
            self._console.print(f"  {age:5.1f} s  {key}  {run.state}", soft_wrap=True)

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for key, run in self.runs.items():
            age = self._ended.get(key, time.monotonic() - self._began)
            mark = Text("✓", "green") if run.finished else self._spinner
            table.add_row(mark, key, Text(run.state, "bold"), f"{age:5.1f} s")
        return table


def history(target: Target, pages: Sequence[Sequence[Run]]) -> Group:
    """The newest runs of a target, and a count of all of them."""
    runs = list(chain.from_iterable(pages))
    outcomes = Counter(str(run.outcome or run.phase) for run in runs)
    counts = ", ".join(f"{count} {word}" for word, count in outcomes.most_common())
    title = Text(
        f"History of {target}: {len(runs)} runs ({counts}) on {len(pages)} pages; the newest:", "bold"
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("run", "when", "state", "outcome", "verdict"):
        table.add_column(column, overflow="fold", no_wrap=column != "run")
    for run in islice(runs, NEWEST):
        when = run.started_at or run.created_at
        table.add_row(
            str(run.ref).rpartition("/")[2],
            "" if when is None else f"{when:%Y-%m-%d %H:%M}",
            run.state,
            colored(run.outcome),
            colored(run.verdict),
        )
    return Group(title, table)


def results(targets: Sequence[Target], runs: Collection[Run]) -> Group:
    """How each run ended."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("provider", "target", "state", "phase", "outcome", "verdict", "duration"):
        table.add_column(column, overflow="fold", no_wrap=column != "target")
    for target, run in zip(targets, runs, strict=True):
        duration = "" if run.duration is None else f"{run.duration:.1f} s"
        table.add_row(
            run.ref.provider,
            str(target).partition(":")[2],
            run.state,
            str(run.phase),
            colored(run.outcome),
            colored(run.verdict),
            duration,
        )
    return Group(Text("How each run ended:", "bold"), table)


def colored(word: object) -> Text:
    """An outcome or a verdict; nothing where there is none."""
    return Text("" if word is None else str(word), COLORS.get(str(word), ""))


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
