"""How the command starts, its help, its completion, and what the docs say of it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnirun import cli
from omnirun.cli import told
from omnirun.cli.app import app
from omnirun.cli.examples import EXAMPLES
from omnirun.cli.exits import MEANING

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "cli" / "README.md").read_text()
HEAVY = ("httpx", "httpx2", "attrs", "attr", "rich", "omnirun.client", "omnirun.run", "pydantic")


def test_help_imports_nothing_that_only_a_verb_needs():
    script = (
        "import sys; sys.argv = ['omnirun', '--help']\n"
        "from omnirun.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    paths = os.pathsep.join(str(ROOT / root) for root in ("overlay", "generated"))
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize("verb", EXAMPLES)
def test_help_ends_on_an_example_that_is_one(verb, monkeypatch):
    said = CliRunner().invoke(app, [verb, "--help"], terminal_width=200)
    assert said.exit_code == 0
    for command, why in EXAMPLES[verb]:
        assert f"# {why}\n    {command}\n" in said.stdout
        for part in command.split(" | "):
            name, *arguments = shlex.split(part)
            assert name == "omnirun"
            parsed = CliRunner().invoke(
                app, [*arguments, "--help"]
            )  # a name that is none, or a bad option, is an error
            assert parsed.exit_code == 0


def test_every_verb_has_an_example_and_is_in_the_docs():
    listed = re.findall(
        r"^  (\w+)  ", CliRunner().invoke(app, ["--help"]).stdout.partition("Commands:")[2], re.MULTILINE
    )
    assert sorted(listed) == sorted(EXAMPLES)
    assert [verb for verb in EXAMPLES if f"| `omnirun {verb}" not in DOCS] == []
    assert [
        command for shown in EXAMPLES.values() for command, _ in shown if f"$ {command}\n" not in DOCS
    ] == []
    assert [code for code, meaning in MEANING.items() if f"| {code.value} | {meaning} |" not in DOCS] == []


def test_the_version_is_printed():
    assert re.fullmatch(r"omnirun \d+\.\d+\.\d+\S*\n", CliRunner().invoke(app, ["--version"]).stdout)


def test_no_arguments_show_the_help():
    said = CliRunner().invoke(app, [])
    assert said.exit_code in (0, 2)
    assert "Exit codes:" in said.output


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("omnirun sto", ["stop"]),
        ("omnirun run fire", ["firecrawl:"]),
        ("omnirun targets d", ["datafold"]),
        ("omnirun get x -o js", ["json", "jsonl"]),
        ("omnirun run x --fail-on sk", ["skipped"]),
    ],
)
def test_words_are_completed(words, offered):
    environ = {
        "_OMNIRUN_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": words,
    }
    said = CliRunner().invoke(app, [], env=environ, prog_name="omnirun")
    found = re.findall(r'"([\w:]+)"', said.output.replace("\\", ""))
    assert [word for word in found if word in offered] == offered


@pytest.mark.parametrize(("missing", "code"), [("typer", 2), ("rich", 2)])
def test_a_missing_extra_is_one_sentence(monkeypatch, capsys, missing, code):
    monkeypatch.setattr("builtins.__import__", refusing(missing, __import__))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    assert (
        capsys.readouterr().err == f"error: the command omnirun needs {missing}: pip install 'omnirun[cli]'\n"
    )


def refusing(missing, real, error=None):
    def import_(name, *rest):
        if name == "omnirun.cli.called":
            raise error or ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return real(name, *rest)

    return import_


def test_another_missing_module_is_not_blamed_on_the_extra(monkeypatch):
    monkeypatch.setattr("builtins.__import__", refusing("nothing", __import__))
    with pytest.raises(ModuleNotFoundError):
        cli.main()


def test_ctrl_c_while_it_starts_is_no_traceback(monkeypatch):
    monkeypatch.setattr("builtins.__import__", refusing("", __import__, KeyboardInterrupt()))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 130


def test_the_command_runs_where_no_script_is_on_the_path(monkeypatch, capsys):
    import runpy  # noqa: PLC0415 - only here

    monkeypatch.setattr(sys, "argv", ["omnirun", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / "overlay/omnirun/cli/__main__.py"), run_name="__main__")
    assert (end.value.code, capsys.readouterr().out[:8]) == (0, "omnirun ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--speed", "0"], "'0' is not a positive number, such as 10 or 0.5."),
        (["--speed", "nan"], "'nan' is not a positive number"),
        (["--speed", "fast"], "'fast' is not a positive number"),
        (["--port", "x"], "'x' is not a whole number from 0 to 65535."),
        (["--port", "65536"], "'65536' is not a whole number from 0 to 65535."),
        (["--sped", "2"], "No such option: --sped"),
        (["--fault", "{}"], "error: --fault {}:"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_a_sandbox_that_can_t_be_is_one_sentence(arguments, said):
    result = CliRunner().invoke(app, ["sandbox", *arguments])
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True)


def test_the_sandbox_of_the_command_serves_until_stdin_ends(monkeypatch):
    given = []
    monkeypatch.setattr("omnirun.sandbox.__main__.main", lambda words, complain: given.extend(words) or 0)
    arguments = ["sandbox", "--port", "8080", "--speed", "2", "--fault", "{}", "--fault", "[]", "--until-eof"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert given == ["--port", "8080", "--speed", "2.0", "--fault", "{}", "--fault", "[]", "--until-eof"]


def test_a_closed_stdout_is_found_out_before_anything_is_done(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (end.value.code, "error: stdout is closed" in capsys.readouterr().err) == (2, True)


def test_closed_streams_are_as_good_as_empty_ones(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["omnirun", "wait", "-"])
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as end:
        cli.main()
    sys.stdin.close()
    assert (end.value.code, "no ref was given" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_on_a_full_disk_is_one_sentence(monkeypatch, capsys, arguments):
    monkeypatch.setattr(sys, "argv", ["omnirun", *arguments])
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as end:
            cli.main()
    said = capsys.readouterr().err
    assert (end.value.code, said) == (2, "error: the output can't be written: No space left on device.\n")


def test_a_line_that_nobody_can_read_any_more_is_let_go(monkeypatch):
    def gone(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(told.stderr(), "print", gone)
    told.say("anybody there?")


def test_the_recordings_are_those_of_the_script():
    import runpy  # noqa: PLC0415 - only here

    scenes = runpy.run_path(str(ROOT / "docs" / "cli" / "record.py"))["SCENES"]
    recorded = (ROOT / "docs" / "cli" / "recordings.md").read_text()
    assert re.findall("^## (.*)$", recorded, re.MULTILINE) == [scene.title for scene in scenes]
    assert [scene.title for scene in scenes if f"\n$ {scene.command}\n" not in recorded] == []
    assert "Traceback" not in recorded
