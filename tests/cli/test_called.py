"""From the words of a command line to an exit code: mistakes, readers that leave, and Ctrl-C before a verb begins."""

import io
import os
import sys

import pytest

from omnirun import cli
from omnirun.cli import called, given, told
from omnirun.cli.exits import Exit
from omnirun.cli.words import said_of


def ends(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["omnirun", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rn"], "error: No such command 'rn'. Did you mean 'run'? `omnirun --help` shows what there is.\n"),
        (["run"], "error: Missing argument 'TARGET...'. `omnirun run --help` shows what there is.\n"),
        (
            ["run", "-t"],
            "error: Option '-t' requires an argument. `omnirun run --help` shows what there is.\n",
        ),
    ],
)
def test_a_mistake_is_one_sentence_like_every_other_error(monkeypatch, capsys, words, said):
    assert (ends(monkeypatch, *words), *capsys.readouterr()) == (2, "", said)


def test_nothing_is_called_for_help(monkeypatch, capsys):
    code = ends(monkeypatch)
    out, err = capsys.readouterr()
    assert (code, out, err.startswith("Usage: omnirun")) == (2, "", True)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, called.typer.Abort])
def test_ctrl_c_before_a_verb_begins_is_no_traceback(monkeypatch, capsys, raised):
    def interrupted(*_, **__):
        raise raised

    monkeypatch.setattr(called, "app", interrupted)
    assert ends(monkeypatch, "providers") == 130
    assert "Traceback" not in capsys.readouterr().err


class Gone(io.StringIO):
    """A stdout that nobody reads."""

    def flush(self):
        raise BrokenPipeError


def test_a_reader_that_leaves_the_help_is_no_failure(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Gone())
    assert ends(monkeypatch, "--version") == Exit.SUCCESS


def test_what_is_no_mistake_of_the_words_is_raised(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(called, "app", broken)
    with pytest.raises(ZeroDivisionError):
        called.call([])


def of_typer(out="", err="", code=0):
    def run(*_, **__):
        sys.stdout.write(out)
        sys.stderr.write(err)
        raise SystemExit(code)

    return run


@pytest.mark.parametrize(
    ("typer", "seen"),
    [
        (of_typer("complete -F x"), (0, "complete -F x", "")),
        (
            of_typer("Shell sh is not supported.", code=1),
            (2, "", f"error: Shell sh is not supported. {called._SHELLS}\n"),
        ),
        (of_typer("", "error: it has been said\n", code=2), (2, "", "error: it has been said\n")),
    ],
)
def test_completion_says_on_stdout_only_what_is_asked_for(monkeypatch, capsys, typer, seen):
    monkeypatch.setattr(called, "app", typer)
    assert (called.call(["--show-completion"]), *capsys.readouterr()) == seen


def test_a_missing_package_is_a_sentence_though_there_is_no_console(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich.text", None)
    monkeypatch.setitem(sys.modules, "omnirun.cli.called", None)
    with pytest.raises(ModuleNotFoundError):
        ends(monkeypatch, "providers")  # it is ours: a defect
    monkeypatch.delitem(sys.modules, "omnirun.cli.called")
    assert ends(monkeypatch, "rn") == 2
    assert (
        "error: the command omnirun needs rich.text: pip install 'omnirun[cli]'\n" == capsys.readouterr().err
    )


def test_a_reader_of_stderr_that_leaves_ends_nothing(monkeypatch):
    told.stderr.cache_clear()
    monkeypatch.setattr(sys, "stderr", Gone())
    told.say("anybody there?")
    assert told.stderr().quiet
    told.stderr.cache_clear()


def test_nothing_is_drawn_where_a_pipe_may_lead_to_the_same_terminal(monkeypatch):
    monkeypatch.setattr(told, "on_terminal", lambda _: True)
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert not told.drawing()
    with open(os.devnull, "w") as file:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", file)
        assert told.drawing()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert told.drawing()


def test_after_ctrl_c_the_next_words_begin_a_line(monkeypatch, capsys):
    told.fresh_line()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(told, "on_terminal", lambda _: True)
    told.fresh_line()
    assert capsys.readouterr().err == "\n"


def test_one_run_is_one_run(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("monid:runs/1\n"))
    assert str(given.only_ref("-")) == "monid:runs/1"
    monkeypatch.setattr(sys, "stdin", io.StringIO("monid:runs/1\nmonid:runs/2\n"))
    with pytest.raises(told.Usage, match="this verb takes one run; 2 were given"):
        given.only_ref("-")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ('wait for it, or trigger with on_conflict="attach".', "wait for it, or give --attach to take it."),
        ("no. Teach it with Client(states={'a': {'b': ...}}) or wait again.", "no. Wait again with its ref."),
        ("Narrow it with since=, raise scan_limit=, or go on. Resume with cursor='7'.",
         "Narrow it with --since, or go on. Go on with: --cursor 7"),
        ("its API; `body` holds the start of what came.", "its API."),
        ("", "Exception"),
    ],
)  # fmt: skip
def test_what_only_a_program_can_follow_is_said_as_the_command_does_it(theirs, ours):
    assert said_of(Exception(theirs)) == ours
