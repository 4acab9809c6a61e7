"""Runs as they are waited for: a live table on a terminal, a line per change elsewhere; both on stderr.

Nothing is drawn while stdout goes into a pipe, for who reads from it may write to the same terminal.
"""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from omnirun.cli.rows import STYLES, age
from omnirun.cli.times import shown
from omnirun.cli.told import drawing, say, stderr
from omnirun.cli.words import counted, cut, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.spinner import Spinner
    from rich.text import Text

    from omnirun.refs import Ref
    from omnirun.run import Run

_AROUND = 4  # lines of the screen that are not rows
_GAP = 2
_MARK = 1 + _GAP
_LEAST = 30  # of a ref; where it has less, a column gives way
_PER_SECOND = 8


class Watched:
    """Runs as last seen.

    Args:
        runs: those that are waited for, as last seen.
        next_poll: tells in how many seconds a run is asked about next, if that is planned.
    """

    def __init__(self, runs: Mapping[Ref, Run | None], next_poll: Callable[[Ref], float | None]) -> None:
        self.pending: dict[Ref, Run | None] = dict(runs)
        self._next_poll = next_poll
        self._ended: dict[Ref, Run] = {}
        self._began = time.monotonic()
        self._lock = threading.Lock()  # the display is drawn by a thread of its own
        self._live = drawing()

    def shown(self) -> contextlib.AbstractContextManager[object]:
        """What to wait in."""
        if not self._live or not self.pending:
            return contextlib.nullcontext()
        from rich.live import Live
        from rich.spinner import Spinner

        self._spinner = Spinner("dots", style="cyan")
        return Live(
            self, console=stderr(), refresh_per_second=_PER_SECOND, transient=True, redirect_stdout=False
        )

    def see(self, run: Run) -> None:
        """Take note of a run."""
        with self._lock:
            before = self.pending.get(run.ref)
            if run.finished:
                self.pending.pop(run.ref, None)
                known = run.ref in self._ended
                self._ended[run.ref] = run
            else:
                self.pending[run.ref] = run
                known = before is not None and before.state == run.state
        if not self._live and not known:
            say(f"{datetime.now(UTC):%H:%M:%S}  {run.ref}  {_words(run)}")

    def gone(self, ref: Ref | None) -> None:
        """Take note that a run is not waited for any longer."""
        if ref is not None:
            with self._lock:
                self.pending.pop(ref, None)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table
        from rich.text import Text

        lines = max(1, console.size.height - _AROUND)
        with self._lock:
            pending = list(islice(self.pending.items(), lines))
            ended = list(self._ended.values())[-(lines - len(pending)) :] if len(pending) < lines else []
            more = len(self.pending) - len(pending)
            counts = f"{counted(len(self.pending), 'run')} to wait for, {len(self._ended)} ended"
        now = datetime.now(UTC)
        rows: list[tuple[Text | Spinner, str, list[Text]]] = [
            (
                Text("✓", "green") if run.ok else Text("•", STYLES.get(str(run.verdict or run.outcome), "")),
                fit(run.ref),
                [_state(run), Text(shown(run.duration)), Text("")],
            )
            for run in ended
        ]
        for ref, seen in pending:
            state = Text("…") if seen is None else _state(seen)
            old = "" if seen is None else shown(age(seen, now))
            rows.append((self._spinner, fit(ref), [state, Text(old), Text(self._next(ref))]))
        widths = [max((cells[column].cell_len for _, _, cells in rows), default=0) for column in range(3)]
        while len(widths) > 1 and options.max_width - _MARK - sum(_GAP + width for width in widths) < _LEAST:
            widths.pop()  # the next poll goes first, then the age; the state stays
        room = max(1, options.max_width - _MARK - sum(_GAP + width for width in widths))
        table = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in range(2 + len(widths)):
            table.add_column(no_wrap=True)
        for mark, name, cells in rows:
            table.add_row(mark, cut(name, room), *cells[: len(widths)])
        yield table
        if more:
            yield Text(f"  and {more:,} more", "dim")
        yield Text(
            f"{counts}, {shown(time.monotonic() - self._began)}; Ctrl-C ends the wait, not the runs", "dim"
        )

    def _next(self, ref: Ref) -> str:
        seconds = self._next_poll(ref)
        return "asking" if seconds is None else f"next poll in {round(seconds)} s"


def _state(run: Run) -> Text:
    from rich.text import Text

    word = str(run.verdict or run.outcome or run.phase)
    return Text(fit(run.state or run.phase), STYLES.get(word, "bold"))


def _words(run: Run) -> str:
    """A run in words, each said once."""
    words = [
        run.state or str(run.phase),
        *(str(word) for word in (run.outcome, run.verdict) if word is not None),
    ]
    took = f"({shown(run.duration)})" if run.finished and run.duration is not None else ""
    return " ".join([*dict.fromkeys(words), took]).rstrip()


@contextlib.contextmanager
def counting(doing: str, total: int) -> Generator[Callable[[], None], None, None]:
    """Show on a terminal how far one has come; gives what to call at each step."""
    done = 0

    def text() -> str:
        return f"{doing} ({done:,} of {total:,})" if total > 1 else doing

    if not drawing():
        yield lambda: None
        return
    from rich.live import Live
    from rich.spinner import Spinner

    spinner = Spinner("dots", text(), style="cyan")
    with Live(spinner, console=stderr(), transient=True, redirect_stdout=False):

        def count() -> None:
            nonlocal done
            done += 1
            spinner.update(text=text())

        yield count
