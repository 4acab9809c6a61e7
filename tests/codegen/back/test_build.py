"""build and check over a copy of the repository's own pages, through the command line."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT

PROVIDER = "datafold"


@pytest.fixture
def run(tmp_path):
    """Runs a command on a copy of specs/ and generated/ in a temporary folder."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")

    def command(*arguments: str):
        places = ["--specs", str(tmp_path / "specs"), "--generated", str(tmp_path / "generated")]
        return CliRunner().invoke(app, [*arguments, *places], catch_exceptions=False)

    return command


@pytest.fixture
def built(run, tmp_path):
    assert run("build", PROVIDER).exit_code == 0
    return tmp_path / "generated" / "omnirun_raw"


def test_an_unchanged_provider_is_skipped(run, built):
    before = _times(built)
    again = run("build", PROVIDER)
    assert "nothing changed" in again.stderr
    assert _times(built) == before


def test_force_builds_the_same_again(run, built):
    before = {path: path.read_bytes() for path in built.rglob("*") if path.is_file()}
    assert "built in" in run("build", PROVIDER, "--force").stderr
    assert {path: path.read_bytes() for path in built.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "change",
    [
        lambda generated, _: (generated / PROVIDER / "wire.py").write_text("edited"),
        lambda generated, _: (generated / PROVIDER / "wire.py").unlink(),
        lambda generated, _: (generated / PROVIDER / "more.py").write_text(""),
        lambda generated, _: (generated / "http.py").unlink(),
        lambda _, specs: (specs / PROVIDER / "openapi.yaml").write_text("{}"),
        lambda _, specs: (specs / PROVIDER / "openapi.yaml").unlink(),
    ],
    ids=["edited", "missing", "extra", "shared missing", "document edited", "document missing"],
)
def test_drift_is_found_and_a_build_repairs_it(run, built, tmp_path, change):
    assert run("check", PROVIDER).exit_code == 0

    change(built, tmp_path / "specs")
    found = run("check", PROVIDER)
    assert found.exit_code == 1
    assert found.stdout.startswith("--- ")
    assert "drift" in found.stderr

    assert "built in" in run("build", PROVIDER).stderr
    assert run("check", PROVIDER).exit_code == 0


def test_a_client_without_a_provider_is_drift(run, built):
    for name in ("firecrawl", "monid"):
        run("build", name)
    assert run("check").exit_code == 0
    shutil.copytree(built / PROVIDER, built / "stray")
    done = run("check")
    assert done.exit_code == 1
    assert "stray" in done.stderr


@pytest.mark.usefixtures("built")
def test_an_input_that_changed_is_built(run, tmp_path):
    with (tmp_path / "specs" / PROVIDER / "amendments.yaml").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    assert "built in" in run("build", PROVIDER).stderr


def test_a_package_of_ones_own(run, tmp_path):
    assert run("build", PROVIDER, "--package", "mine.clients").exit_code == 0
    code = f"from mine.clients.{PROVIDER} import monitors; print(monitors.list_monitor_runs.build(1).path)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "generated",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "generated")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "/api/v1/monitors/1/runs\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "nowhere"], 1, "there is no provider 'nowhere'"),
        (["check", "nowhere"], 1, "there is no provider 'nowhere'"),
        (["build", PROVIDER, "--package", "a-b"], 1, "can't be the name of a Python package"),
        (["build", "--nonsense"], 2, "No such option"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_is_one_clear_error(run, arguments, code, message):
    done = run(*arguments)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_a_broken_page_names_its_stage_and_file(run, tmp_path):
    page = next((tmp_path / "specs" / PROVIDER / "fragments").glob("*.md"))
    page.write_bytes(page.read_bytes()[:200])
    done = run("build", PROVIDER)
    assert done.exit_code == 1
    assert page.name in done.stderr
    assert "stage" in done.stderr
    assert not (tmp_path / "generated").exists()


def test_a_missing_folder_is_one_clear_error(tmp_path):
    done = CliRunner().invoke(app, ["build", "--specs", str(tmp_path / "none")], catch_exceptions=False)
    assert done.exit_code == 1
    assert "error" in done.stderr


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def _build(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    places = ["--specs", folder / "specs", "--generated", folder / "generated"]
    command = [sys.executable, "-m", "codegen", "build", *arguments, *places]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_build_that_is_killed_leaves_the_old_client_or_the_new_one(run, built, tmp_path):
    """kill -9 over the whole length of a build; the next one finishes what is left."""
    sources = tmp_path / "specs" / "sources.toml"
    old = _bytes(built)
    shutil.copytree(built, tmp_path / "old")
    sources.write_text(sources.read_text().replace('title = "Datafold API"', 'title = "Datafold, renamed"'))
    started = time.monotonic()
    assert _build(tmp_path, PROVIDER).wait() == 0
    length, new = time.monotonic() - started, _bytes(built)
    assert old != new
    shutil.rmtree(built)
    shutil.move(tmp_path / "old", built)

    moments = 6
    for moment in range(1, moments + 1):
        process = _build(tmp_path, PROVIDER)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(length * moment / moments)
        process.kill()
        process.wait()
        assert _bytes(built) in (old, new), moment
    assert _build(tmp_path, PROVIDER).wait() == 0
    assert _bytes(built) == new
    assert [path.name for path in built.parent.iterdir()] == ["omnirun_raw"]


def test_two_builds_at_once(run, tmp_path):
    both = [_build(tmp_path, PROVIDER), _build(tmp_path, "monid", PROVIDER)]
    assert [process.wait() for process in both] == [0, 0]
    assert run("check", PROVIDER, "monid").exit_code == 0


def test_the_same_bytes_in_another_folder_and_at_another_hash_seed(run, tmp_path):
    assert run("build").exit_code == 0
    found = _bytes(tmp_path / "generated")
    elsewhere = tmp_path / "somewhere" / "else entirely"
    shutil.copytree(ROOT / "specs", elsewhere / "specs")
    places = ["--specs", elsewhere / "specs", "--generated", elsewhere / "generated"]
    subprocess.run(
        [sys.executable, "-m", "codegen", "build", *places],
        cwd=elsewhere,
        env={
            **os.environ,
            "PYTHONHASHSEED": "77",
            "PYTHONPATH": str(ROOT),
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
            "COLUMNS": "20",
        },
        capture_output=True,
        check=True,
    )
    assert _bytes(elsewhere / "generated") == found
    for name in ("datafold", "firecrawl", "monid"):
        assert (elsewhere / "specs" / name / "openapi.yaml").read_bytes() == (
            ROOT / "specs" / name / "openapi.yaml"
        ).read_bytes()
