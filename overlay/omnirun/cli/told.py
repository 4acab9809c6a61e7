"""What is said beside the data, and how the command ends: all of it on stderr, one sentence per matter.

`told` stands around every verb. It turns errors into a sentence and an exit code, a closed pipe into a quiet end,
and SIGTERM, with which a CI job is cancelled, into the same end as Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from functools import cache
from textwrap import fill
from typing import TYPE_CHECKING, NoReturn

import typer

from omnirun.cli.exits import Exit, code_of
from omnirun.cli.words import fit, said_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console

    from omnirun.refs import Ref

_OF = {Exit.INTERRUPTED: "interrupted", Exit.WAITING: "error"}
_FEW = 3
_COLORS = {"error": "bold red", "warning": "yellow", "interrupted": "yellow"}


class Usage(Exception):
    """The command can't do what it was asked for, as it was asked; the message says how to ask."""


class Ending:
    """How a verb ends.

    Attributes:
        code: the exit code.
        why: what ended it early.
        goes_on: refs of runs that were started or waited for and have not ended, as far as is known. Whatever
            ends the command, they are said: a run that was paid for is never lost.
    """

    def __init__(self) -> None:
        self.code = Exit.SUCCESS
        self.why = ""
        self.goes_on: dict[Ref, None] = {}


@cache
def stderr() -> Console:
    """Give the console on stderr: one for all, so that what is said and what is drawn live make room for each other."""
    from rich.console import Console

    class Said(Console):
        """One that goes on when nobody hears it: rich would leave, and with it a wait."""

        def on_broken_pipe(self) -> None:
            """Say no more."""
            self.quiet = True

    return Said(stderr=True, highlight=False)


def say(text: str, *, of: str = "", whole: bool = False) -> None:
    """Say a line on stderr.

    Args:
        text: what to say.
        of: the kind of it, such as `error`.
        whole: it is a ref, or a command: to be copied, so nothing is put into it where it is too long.
    """
    from rich.text import Text

    console, words = stderr(), f"{of}: {fit(text)}" if of else fit(text)
    if not whole and console.is_terminal:
        words = fill(words, console.width, break_long_words=False, break_on_hyphens=False)
    line = Text(words)
    line.stylize(_COLORS.get(of, ""), 0, len(of) + 1 if of else 0)
    with contextlib.suppress(OSError, ValueError):  # nobody is left to hear it
        console.print(line, soft_wrap=True)


def complain(error: BaseException | str) -> None:
    """Say an error; nothing more is known of it than its own words."""
    say(error if isinstance(error, str) else said_of(error), of="error")


def _go_on(ending: Ending) -> None:
    """Say which runs go on and how to wait for them again."""
    refs, of = list(ending.goes_on), _OF.get(ending.code, "warning")
    if not refs:
        if ending.code is Exit.INTERRUPTED:
            say(ending.why or "stopped early", of=of)
        return
    say(
        f"{ending.why or 'the wait ended'}; {'this run goes' if len(refs) == 1 else 'these runs go'} on:",
        of=of,
    )
    for ref in refs:
        say(f"  {ref}", whole=True)
    again = " ".join(map(str, refs)) if len(refs) <= _FEW else "-   (with these refs on stdin)"
    say(f"resume with: omnirun wait {again}", whole=True)


def fresh_line() -> None:
    """Go to the next line of a terminal that shows `^C`."""
    if on_terminal(sys.stderr):
        with contextlib.suppress(OSError):
            sys.stderr.write("\n")


def drawing() -> bool:
    """Tell whether there is a terminal to draw on, and nobody at the other end of a pipe who may write to it too."""
    try:
        piped = stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):  # a stream of a test's
        piped = False
    return on_terminal(sys.stderr) and not piped


def on_terminal(stream: object) -> bool:
    """Tell whether a stream is a terminal that can move its cursor."""
    with contextlib.suppress(AttributeError, ValueError):  # a stream of a test's, or a closed one
        return stream.isatty() and os.environ.get("TERM") != "dumb"  # type: ignore[attr-defined]
    return False


@contextlib.contextmanager
def told(*, verbose: bool = False) -> Generator[Ending, None, None]:
    """Stand around a verb; ends in `typer.Exit`.

    Args:
        verbose: show where a defect is.
    """
    ending = Ending()
    deaf: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream of a test's
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        with _terminable():
            yield ending
            sys.stdout.flush()
    except typer.Exit:
        raise
    except BrokenPipeError:
        quiet()
        ending.why = ending.why or "nobody reads on"
    except KeyboardInterrupt:
        ending.code = Exit.INTERRUPTED
        deaf = _deaf()
    except Usage as error:
        complain(error)
        ending.code = Exit.USAGE
    except Exception as error:  # noqa: BLE001 - the end of the line: whatever it is becomes a sentence
        ending.code = code_of(error)
        if ending.code is Exit.DEFECT:
            _confess(error, verbose=verbose)
        elif ending.code is Exit.USAGE and isinstance(error, OSError):
            say(f"the output can't be written: {error.strerror or error}.", of="error")
            ending.why = ending.why or "stopped early"
            _drop_output()
        else:
            complain(error)
    with deaf:
        _go_on(ending)
    if ending.code:
        raise typer.Exit(ending.code)


def quiet() -> None:
    """Whoever read stdout has closed it: what is still to be written goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _drop_output() -> None:
    """What stdout would not take (a full disk) must not be tried again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        quiet()


def _confess(error: Exception, *, verbose: bool) -> None:
    say(
        f"{type(error).__name__}: {error}. This is a defect of omnirun or of a provider's plug-in, not yours; "
        "--verbose shows where.",
        of="error",
    )
    if verbose:
        import traceback

        sys.stderr.writelines(traceback.format_exception(error))


@contextlib.contextmanager
def _deaf() -> Generator[None, None, None]:
    """No second Ctrl-C cuts the last words short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _terminable() -> Generator[None, None, None]:
    """SIGTERM ends it as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
