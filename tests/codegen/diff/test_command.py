"""`diff`: folders and git revisions in; a table, Markdown or JSON out."""

import json
import os
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT
from codegen.diff import Change
from codegen.diff_show import markdown, table

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.test"),
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env=ENVIRONMENT)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Datafold's specs in two commits: without the state `skipped` and with it; tests only read it."""
    root = tmp_path_factory.mktemp("repository")
    specs = root / "my" / "specs"
    shutil.copytree(ROOT / "specs" / "datafold", specs / "datafold")
    listed = (ROOT / "specs" / "sources.toml").read_text()
    (specs / "sources.toml").write_text(listed[: listed.index("\n[firecrawl]")])
    git(root, "init", "--quiet")
    document = specs / "datafold" / "openapi.yaml"
    whole = document.read_text()
    document.write_text(whole.replace("      - skipped\n", ""))
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "first")
    git(root, "tag", "v1")
    document.write_text(whole)
    git(root, "commit", "--quiet", "-am", "second")
    return specs


def run(specs, *arguments):
    done = CliRunner().invoke(
        app, ["diff", *map(str, arguments), "--specs", str(specs)], catch_exceptions=False
    )
    assert "Traceback" not in done.output
    return done


def answer(specs, *arguments):
    return json.loads(run(specs, *arguments, "--json").stdout)


def test_the_default_is_the_last_commit_against_what_a_build_would_give(repository):
    said = answer(repository)
    assert (said["ok"], said["old"], said["new"]) == (True, "HEAD", "work tree")
    assert said["effects"] == {"raw": "cosmetic", "overlay": "cosmetic"}
    assert said["changes"] == []
    assert "nothing changed in meaning" in run(repository).stderr


@pytest.mark.parametrize("sides", [["v1"], ["v1", "HEAD"], ["v1", "FOLDER"], ["HEAD~1"]])
def test_revisions_and_folders(repository, sides):
    (change,) = answer(repository, *(str(repository) if side == "FOLDER" else side for side in sides))[
        "changes"
    ]
    assert (change["kind"], change["after"]) == ("response.enum.value.added", "skipped")
    assert (change["provider"], change["where"]) == ("datafold", "MonitorRunState")
    assert (change["raw"], change["overlay"]) == ("additive", "cosmetic")
    assert "monitors.get_monitor_run" in change["operations"]


def test_a_folder_of_documents_alone(repository, tmp_path):
    shutil.copytree(repository / "datafold", tmp_path / "datafold")
    shutil.copytree(repository / "datafold", tmp_path / "datafold_two")
    said = answer(repository, "HEAD", tmp_path)
    assert [(each["kind"], each["provider"]) for each in said["changes"]] == [
        ("provider.added", "datafold_two")
    ]


@pytest.mark.parametrize(
    ("sides", "what"),
    [
        (["nowhere"], "neither a folder nor a git revision"),
        (["HEAD", "HEAD^{tree}"], "neither a folder nor a git revision"),
        (["EMPTY"], "the folder is no specs folder"),
        (["BROKEN"], "not an OpenAPI document"),
        (["ODD"], "`paths` is a mapping, not int"),
    ],
)
def test_what_is_no_side_is_one_clear_error(repository, tmp_path, sides, what):
    for name, text in (("BROKEN", "- 1\n"), ("ODD", "paths: 3\n")):
        (tmp_path / name / "acme").mkdir(parents=True)
        (tmp_path / name / "acme" / "openapi.yaml").write_text(text)
    (tmp_path / "EMPTY").mkdir()
    named = [str(tmp_path / side) if side.isupper() and side != "HEAD" else side for side in sides]
    done = run(repository, *named)
    assert done.exit_code == 1
    assert "error in stage" in done.stderr
    assert what in done.stderr


def test_outside_of_a_repository(tmp_path):
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    done = run(tmp_path / "specs")
    assert done.exit_code == 1
    assert "neither a folder nor a git revision" in done.stderr


def change(**fields):
    given = {
        "provider": "acme", "kind": "response.property.removed", "where": "Job.done", "before": "string", "after": "—",
        "operations": ("jobs.get_job",), "raw": "breaking", "why": "the model has no such field",
        "overlay": "cosmetic", "why_overlay": "the overlay never names it",
    }  # fmt: skip
    return Change(**{**given, **fields})


WORDS = change(kind="operation.described", where="GET /jobs", raw="cosmetic", before="—")


def test_a_table_has_the_worst_first():
    lines = table([WORDS, change(), change(provider="zeta")], width=120).splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["raw", "overlay", "change"],
        ["breaking", "cosmetic", "response.property.removed"],
        ["cosmetic", "cosmetic", "operation.described"],
        ["raw", "overlay", "change"],
        ["breaking", "cosmetic", "response.property.removed"],
    ]
    assert table([]) == ""


def test_markdown_says_why_and_counts_what_no_code_can_tell():
    assert markdown([WORDS, change(), WORDS]) == (
        "### acme\n\n"
        "- `Job.done`: property removed, `string` (breaking: the model has no such field). "
        "With the overlay cosmetic: the overlay never names it.\n"
        "- 2 changes that no code can tell.\n"
    )
    assert markdown([change(before="1", after="2", overlay="breaking")]).endswith(
        "- `Job.done`: property removed, `1` to `2` (breaking: the model has no such field).\n"
    )
    assert markdown([]) == ""


@pytest.mark.parametrize("text", ["a`b``c", "x\x1b[2Jy", "line\nbreak", "[red]bold[/]", "z" * 500])
def test_the_words_of_a_page_stay_words(text):
    shown = [change(before=text, where=text)]
    assert "\x1b" not in table(shown, width=100) + markdown(shown)
    assert len(markdown(shown).splitlines()) == 3
    assert markdown(shown).splitlines()[2].count("`") == 4
    assert len(table(shown, width=100)) < 3_000
