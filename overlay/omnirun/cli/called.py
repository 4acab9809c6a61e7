"""From the words of a command line to a verb and an exit code: what is wrong with the words is one sentence too.

Typer takes them apart. What it would print of a mistake is printed here instead, in the form of every other error:
folded to the terminal, on stderr, and with what to do next.
"""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import typer

from omnirun.cli.app import app
from omnirun.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPLETION = frozenset({"--install-completion", "--show-completion"})
_SHELLS = "Completion is for bash, zsh, fish and PowerShell."


@runtime_checkable
class _Refusal(Protocol):
    """Typer's errors of usage, whose class it does not export."""

    def format_message(self) -> str: ...


def call(words: Sequence[str]) -> int:
    """Run the verb that the words name; gives the exit code."""
    if not _COMPLETION.isdisjoint(words):
        return _completed(words)
    try:
        return _run(words)
    except OSError as error:  # of the help; what verbs write, `told` watches over
        return _unwritten(error)


def _run(words: Sequence[str]) -> int:
    stdout = sys.stdout
    try:
        code = app(list(words), prog_name="omnirun", standalone_mode=False)
        sys.stdout.flush()
    except typer.Abort:
        return Exit.INTERRUPTED
    except Exception as error:
        if not isinstance(error, _Refusal):
            raise
        return _refused(error, words)
    except SystemExit as leaving:
        unread = sys.stdout is not stdout  # typer puts another in its place when nobody reads on
        return Exit.SUCCESS if unread or leaving.code is None else int(leaving.code)
    return Exit.SUCCESS if code is None else int(code)


def _refused(error: _Refusal, words: Sequence[str]) -> Exit:
    """Say what is wrong with the words."""
    said = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # it is the help
        typer.echo(said, err=True)
        return Exit.USAGE
    from omnirun.cli.told import say

    verbs = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    called = " ".join(["omnirun", *(word for word in words[:1] if word in verbs)])
    stop = "" if said.endswith(("?", ".")) else "."
    say(f"{said}{stop} `{called} --help` shows what there is.", of="error")
    return Exit.USAGE


def _completed(words: Sequence[str]) -> int:
    """Let typer do it, and tell whether that went well: it says everything on stdout."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _run(words)
    if code == Exit.SUCCESS:
        typer.echo(out.getvalue(), nl=False)
        return code
    from omnirun.cli.told import say

    if code == Exit.USAGE:  # another word is wrong, and that has been said
        sys.stderr.write(err.getvalue())
    else:
        say(f"{(out.getvalue() + err.getvalue()).strip()} {_SHELLS}", of="error")
    return Exit.USAGE


def _unwritten(error: OSError) -> Exit:
    from omnirun.cli.told import quiet, say

    quiet()
    if isinstance(error, BrokenPipeError):
        return Exit.SUCCESS
    say(f"the output can't be written: {error.strerror or error}.", of="error")
    return Exit.USAGE
