"""docs/add-a-provider.md, word by word: its files are written, its commands and its code run, in its order."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT
from codegen.report import STAGES
from tests.printed import BLOCK, CODEGEN, blocks, codegen, commands, fits, shell

DOCS = ROOT / "docs"


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
    page = blocks((DOCS / "add-a-provider.md").read_text())
    started = False
    assert [language for language, _, _ in page].count("console") >= 8
    for language, argument, text in page:
        if language == "console":
            for command, shown in commands(text):
                of_codegen = CODEGEN.match(command) is not None
                said = (codegen if of_codegen and started else shell)(command, tmp_path)
                started |= of_codegen  # the first one is started as a reader starts it
                assert fits(said, shown), "\n".join([f"$ {command}", *said])
        elif language == "python":
            _python(text, tmp_path)
        else:
            (tmp_path / argument.strip()).write_text(text)


@pytest.mark.parametrize(
    ("said", "expected", "fits_"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["...", "b"], True),
        (["a", "b"], ["a", "..."], True),
        (["a", "b"], ["a", "...", "c"], False),
        (["x: built in 12.3 s"], ["x: built in 1.1 s"], True),
        (["sha256 (abc)"], ["sha256 (..."], True),
        (
            ["run  when", "r2   2026-11-21 18:57:53  1.1 s"],
            ["run  when", "r2  2026-01-02 03:04:05  6 s"],
            True,
        ),
        (["datafold:monitors/42/runs/1235  ok"], ["datafold:monitors/42/runs/1400  ok"], True),
        (["datafold:monitors/42/runs/1235  ok"], ["datafold:monitors/43/runs/1235  ok"], False),
        ([], ["a"], False),
    ],
)
def test_how_lines_are_compared(said, expected, fits_):
    assert fits(said, expected) is fits_


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
