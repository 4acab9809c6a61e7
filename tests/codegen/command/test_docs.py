"""docs/add-a-provider.md, word by word: its files are written, its commands and its code run, in its order."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT
from codegen.report import STAGES

DOCS = ROOT / "docs"
CODEGEN = "python -m codegen "
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _run(command, folder, *, inside):
    """What a command prints; codegen runs in this process, where that shows the same, without a new Python."""
    if inside and command.startswith(CODEGEN):
        arguments = [
            path for each in shlex.split(command.removeprefix(CODEGEN)) for path in _globbed(each, folder)
        ]
        with chdir(folder):
            done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return done.output.splitlines()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    done = subprocess.run(
        ["bash", "-c", f"{command} 2>&1"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.stdout.splitlines()


def _globbed(argument, folder):
    """An argument as the shell would pass it."""
    found = (
        sorted(path.relative_to(folder).as_posix() for path in folder.glob(argument))
        if "*" in argument
        else []
    )
    return found or [argument]


def _fits(said, expected):
    """Whether lines are as the page shows them; `...` stands for any lines, or for the rest of one."""
    if not expected:
        return not said
    first, rest = expected[0], expected[1:]
    if first == "...":
        return any(_fits(said[skip:], rest) for skip in range(len(said) + 1))
    if not said:
        return False
    pattern = re.escape(first).replace(r"\.\.\.", ".*")
    pattern = re.sub(r"built\\ in\\ [\d\\.]+\\ s", r"built\\ in\\ [\\d.]+\\ s", pattern)
    return re.fullmatch(pattern, said[0]) is not None and _fits(said[1:], rest)


def _commands(text):
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown.splitlines()


def _python(code, folder):
    """Run code and compare what each line prints with the comment behind it."""
    expected = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "my" / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == expected


def test_add_a_provider(tmp_path):
    shutil.copytree(DOCS / "pages", tmp_path / "docs" / "pages")
    blocks = BLOCK.findall((DOCS / "add-a-provider.md").read_text())
    started = False
    assert [language for language, _, _ in blocks].count("console") >= 8
    for language, argument, text in blocks:
        if language == "console":
            for command, shown in _commands(text):
                said = _run(command, tmp_path, inside=started)
                started |= command.startswith(CODEGEN)  # the first one is started as a reader starts it
                assert _fits(said, shown), "\n".join([f"$ {command}", *said])
        elif language == "python":
            _python(text, tmp_path)
        else:
            (tmp_path / argument.strip()).write_text(text)


@pytest.mark.parametrize(
    ("said", "expected", "fits"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["...", "b"], True),
        (["a", "b"], ["a", "..."], True),
        (["a", "b"], ["a", "...", "c"], False),
        (["x: built in 12.3 s"], ["x: built in 1.1 s"], True),
        (["sha256 (abc)"], ["sha256 (..."], True),
        ([], ["a"], False),
    ],
)
def test_how_lines_are_compared(said, expected, fits):
    assert _fits(said, expected) is fits


def test_what_the_documents_point_to_is_there():
    for document in DOCS.glob("*.md"):
        text = BLOCK.sub("", document.read_text())
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (DOCS / target).exists(), f"{document.name}: {target}"
        for path in re.findall(r"`((?:codegen|overlay|templates|specs|tests|docs)/[\w./-]+)`", text):
            assert (ROOT / path).exists(), f"{document.name}: {path}"


def test_the_pipeline_page_names_every_stage():
    text = (DOCS / "pipeline.md").read_text()
    for stage in STAGES:
        assert f"**{stage}**" in text or f"`{stage}`" in text, stage


def test_the_shapes_of_the_answers_are_those_that_are_documented(tmp_path):
    """Every key a command answers with stands in docs/pipeline.md."""
    text = (DOCS / "pipeline.md").read_text()
    places = ["--specs", str(tmp_path / "specs"), "--generated", str(tmp_path / "src")]
    pages = sorted(map(str, (DOCS / "pages" / "kiln").glob("*.md")))
    for command in (["add", "kiln", *pages], ["build"], ["check"], ["explain", "kiln"], ["explain", "none"]):
        for key in _keys(_answer([*command, *places])):
            assert f'"{key}"' in text or f"`{key}`" in text, key


def _answer(arguments):
    return json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)


def _keys(value):
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"stages", "operations"} and not isinstance(each, list):
                yield key
                continue
            yield key
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)
