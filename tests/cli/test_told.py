"""How the command ends, whatever ends it."""

import errno
import os
import signal
import sys
import threading

import pytest
import typer

from omnirun import Ref, WaitTimeout
from omnirun.cli import told
from omnirun.cli.exits import Exit

REFS = [Ref.parse(f"datafold:monitors/42/runs/{number}") for number in range(1, 6)]


def ends(raising=None, *, verbose=False, goes_on=(), why="", code=Exit.SUCCESS):
    try:
        with told.told(verbose=verbose) as ending:
            ending.goes_on = dict.fromkeys(goes_on)
            ending.why, ending.code = why, code
            if raising is not None:
                raise raising
    except typer.Exit as end:
        return end.exit_code
    return 0


def test_refs_of_runs_that_go_on_are_said_whatever_ends_it(capsys):
    assert ends(KeyboardInterrupt(), goes_on=REFS[:1]) == 130
    assert capsys.readouterr().err.splitlines() == [
        "interrupted: the wait ended; this run goes on:",
        "  datafold:monitors/42/runs/1",
        "resume with: omnirun wait datafold:monitors/42/runs/1",
    ]
    assert ends(TypeError("x"), goes_on=REFS, why="it broke") == 70
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: TypeError: x. This is a defect")
    assert said[1] == "warning: it broke; these runs go on:"
    assert said[2:] == [
        *(f"  {ref}" for ref in REFS),
        "resume with: omnirun wait -   (with these refs on stdin)",
    ]


def test_a_defect_is_shown_on_request(capsys):
    assert ends(TypeError("x"), verbose=True) == 70
    assert "raise raising" in capsys.readouterr().err


def test_an_error_without_words_is_named(capsys):
    assert ends(WaitTimeout([], None).__class__.__mro__[1]()) == 5
    assert capsys.readouterr().err == "error: OmnirunError\n"


def test_an_exit_is_an_exit(capsys):
    assert ends(typer.Exit(3)) == 3
    assert ends(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "interrupted: stopped early\n"


def test_a_closed_pipe_is_quiet_and_keeps_the_code(capfd):
    assert ends(BrokenPipeError(), code=Exit.FAILED) == 1
    assert capfd.readouterr().err == ""


class Full:
    """A stdout on a full disk."""

    def __init__(self, times=9):
        self.times = times

    def write(self, _):
        return 0

    def fileno(self):
        raise OSError

    def flush(self):
        self.times -= 1
        if self.times >= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("times", [9, 1])
def test_a_full_disk_is_a_sentence(monkeypatch, capsys, times):
    monkeypatch.setattr(sys, "stdout", Full(times))
    assert ends() == 2
    assert capsys.readouterr().err == "error: the output can't be written: No space left on device.\n"


def test_sigterm_is_ctrl_c_and_is_given_back(capsys):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(typer.Exit) as end, told.told():
        os.kill(os.getpid(), signal.SIGTERM)
    assert end.value.exit_code == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads_leave_signals_alone(capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.extend([ends(KeyboardInterrupt()), ends()]))
    thread.start()
    thread.join(10)
    assert codes == [130, 0]


def test_what_is_no_stream_is_no_terminal():
    assert not told.on_terminal(object())


def test_a_line_is_folded_between_words_on_a_terminal_and_nowhere_else(monkeypatch, capsys):
    from rich.console import Console  # noqa: PLC0415 - only here

    monkeypatch.setattr(
        told, "stderr", lambda: Console(stderr=True, width=20, force_terminal=True, color_system=None)
    )
    told.say("one two three four datafold:monitors/42/runs/1", of="error")
    told.say("  datafold:monitors/42/runs/1", whole=True)
    assert capsys.readouterr().err.splitlines() == [
        "error: one two three",
        "four",
        "datafold:monitors/42/runs/1",
        "  datafold:monitors/42/runs/1",
    ]
