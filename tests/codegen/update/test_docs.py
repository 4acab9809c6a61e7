"""What CONTRIBUTING.md, docs/pipeline.md and docs/versions.md say of these commands is so."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT
from codegen.diff_kinds import KINDS

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PIPELINE = (ROOT / "docs" / "pipeline.md").read_text()
VERSIONS = (ROOT / "docs" / "versions.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMANDS = get_command(app).commands


@pytest.mark.parametrize("text", [CONTRIBUTING, VERSIONS], ids=["CONTRIBUTING", "versions"])
def test_every_target_that_is_named_is_there(text):
    code = re.findall(r"(?:`|^\$ )make ([a-z -]+)", text, re.MULTILINE)
    named = {word for words in code for word in words.split()}
    assert named <= TARGETS
    assert "api-check" in named


@pytest.mark.parametrize(
    "text", [CONTRIBUTING, PIPELINE, VERSIONS], ids=["CONTRIBUTING", "pipeline", "versions"]
)
def test_every_command_that_is_named_is_there(text):
    named = re.findall(r"python -m codegen ([a-z-]+)", text)
    assert named
    assert set(named) <= set(COMMANDS)


def test_every_option_that_is_named_is_there():
    for command, words in re.findall(r"python -m codegen ([a-z-]+)([^\n`]*)", CONTRIBUTING + PIPELINE):
        known = {name for option in COMMANDS[command].params for name in option.opts}
        assert set(re.findall(r"--[a-z-]+", words)) <= known, command


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in re.findall(r"`((?:codegen|docs|overlay|specs|tests)/[\w./-]+)`", CONTRIBUTING)
        if "quarry" not in path or path.startswith("docs/")  # the invented provider is made in the play
    ],
)
def test_every_file_that_is_named_is_there(path):
    assert (ROOT / path).exists()


def test_the_modules_of_the_promise_are_those_that_are_checked():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["api-check"]["packages"]
    assert set(table) == {"omnirun", "omnirun_raw"}
    spelt = set(
        re.findall(
            r"`(?:omnirun\.)?(provider|paging|replies|run|states|clock|errors|sandbox|testing)`", VERSIONS
        )
    )
    providers = {"omnirun", *(f"omnirun.{name}" for name in ("datafold", "firecrawl", "monid"))}
    assert set(table["omnirun"]["modules"]) == providers | {f"omnirun.{name}" for name in spelt}


def answers(specs):
    from_folder = ["update", "--from", str(specs.parent), "--specs", str(specs)]
    for command in (from_folder, ["diff", str(specs), str(specs), "--specs", str(specs)], ["api-check"]):
        done = CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False)
        yield json.loads(done.stdout)


def keys(value):
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from () if key == "stages" else keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from keys(each)


def test_the_shapes_of_the_answers_are_those_that_are_documented(specs):
    page = Path(ROOT / "docs" / "pages" / "kiln" / "get-firing.md").read_text()
    (specs.parent / "get-firing.md").write_text(
        page.replace("- queued", "- queued\n                      - waiting")
    )
    found = [set(keys(answer)) for answer in answers(specs)]
    assert {"providers", "pages", "changes", "effects"} <= found[0]
    assert all(f"`{key}`" in PIPELINE or f'"{key}"' in PIPELINE for key in set().union(*found)), found


def test_kinds_have_words_for_people():
    assert len(KINDS) > 80
    assert all(kind.why and kind.why_overlay for kind in KINDS.values())
