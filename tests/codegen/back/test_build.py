"""build and check over a copy of the repository's own pages, through the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen import stamp
from codegen.__main__ import app
from codegen.build import ROOT, Places

PROVIDER = "datafold"


@pytest.fixture
def run(tmp_path):
    """Runs a command on the specs/ and generated/ of a temporary folder."""

    def command(*arguments: str):
        places = ["--specs", str(tmp_path / "specs"), "--generated", str(tmp_path / "generated")]
        return CliRunner().invoke(app, [*arguments, *places], catch_exceptions=False)

    return command


@pytest.fixture
def specs(tmp_path):
    return shutil.copytree(ROOT / "specs", tmp_path / "specs")


@pytest.fixture
def built(everything, tmp_path):
    """The package of clients, in a copy of all that was built once."""
    shutil.copytree(everything, tmp_path, dirs_exist_ok=True)
    return tmp_path / "generated" / "omnirun_raw"


def test_an_unchanged_provider_is_skipped(run, built):
    before = _times(built)
    again = run("build")
    assert again.stderr.count("nothing changed") == 3
    assert _times(built) == before


def test_force_builds_the_same_again(run, built):
    before = _bytes(built)
    assert "built in" in run("build", PROVIDER, "--force").stderr
    assert _bytes(built) == before


CHANGES = {
    "edited": lambda raw, _: (raw / PROVIDER / "wire.py").write_text("edited"),
    "missing": lambda raw, _: (raw / PROVIDER / "client.py").unlink(),
    "extra": lambda raw, _: (raw / PROVIDER / "more.py").write_text(""),
    "shared": lambda raw, _: (raw / "http.py").unlink(),
    "document": lambda _, specs: (specs / PROVIDER / "openapi.yaml").write_text("{}"),
}


def test_drift_is_found_and_a_build_repairs_it(run, built, tmp_path):
    before = _bytes(tmp_path)
    assert run("check", PROVIDER).exit_code == 0

    for change in CHANGES.values():
        change(built, tmp_path / "specs")
    found = run("check", PROVIDER)
    assert found.exit_code == 1
    raw = "generated/omnirun_raw"
    heads = [line for line in found.stdout.splitlines() if line.startswith(("--- ", "+++ "))]
    assert heads == [
        "--- /dev/null",
        f"+++ b/{raw}/{PROVIDER}/client.py",
        f"--- a/{raw}/{PROVIDER}/more.py",
        "+++ /dev/null",
        f"--- a/{raw}/{PROVIDER}/wire.py",
        f"+++ b/{raw}/{PROVIDER}/wire.py",
        "--- /dev/null",
        f"+++ b/{raw}/http.py",
        f"--- a/specs/{PROVIDER}/openapi.yaml",
        f"+++ b/specs/{PROVIDER}/openapi.yaml",
    ]
    assert "drift" in found.stderr

    assert "built in" in run("build", PROVIDER).stderr
    assert _bytes(tmp_path) == before


GONE = {
    "document": lambda _, specs: (specs / PROVIDER / "openapi.yaml").unlink(),
    "client": lambda raw, _: shutil.rmtree(raw / PROVIDER),
}


def _found_after(change, built, tmp_path):
    places = Places(tmp_path / "specs", tmp_path / "generated")
    inputs = stamp.inputs(PROVIDER, places)
    held = stamp.read(built / PROVIDER)
    assert held is not None
    assert stamp.found(inputs, PROVIDER, places) == held
    change(built, tmp_path / "specs")
    return held, stamp.found(inputs, PROVIDER, places)


@pytest.mark.parametrize("change", CHANGES)
def test_every_drift_makes_a_provider_stale(built, tmp_path, change):
    held, found = _found_after(CHANGES[change], built, tmp_path)
    assert found not in (None, held)


@pytest.mark.parametrize("change", GONE)
def test_what_is_gone_has_no_stamp(built, tmp_path, change):
    _, found = _found_after(GONE[change], built, tmp_path)
    assert found is None


INPUTS = {
    "a page": lambda specs: _append(next((specs / PROVIDER / "fragments").glob("*.md"))),
    "an amendment": lambda specs: _append(specs / PROVIDER / "amendments.yaml"),
    "a title": lambda specs: _replace(specs, 'title = "Datafold API"', 'title = "Datafold, renamed"'),
    "a base URL": lambda specs: _replace(specs, "https://app.datafold.com", "https://eu.datafold.com"),
    "a name": lambda specs: _replace(specs, "monitors.get_monitor_run", "monitors.get_run"),
}


@pytest.mark.parametrize("change", INPUTS)
def test_an_input_that_changed_makes_its_provider_stale_and_no_other(specs, change):
    places = Places(specs)
    names = (PROVIDER, "firecrawl", "monid")
    before = {name: stamp.inputs(name, places) for name in names}
    INPUTS[change](specs)
    assert [name for name in names if stamp.inputs(name, places) != before[name]] == [PROVIDER]


def test_a_provider_more_is_no_input_of_the_others(built, run, tmp_path, specs_of, one_page):
    more = specs_of(tmp_path / "more", {"acme": one_page})
    sources = tmp_path / "specs" / "sources.toml"
    sources.write_text(f"# More.\n{sources.read_text()}\n{(more / 'sources.toml').read_text()}")
    shutil.copytree(more / "acme", tmp_path / "specs" / "acme")
    said = run("build").stderr
    assert said.count("nothing changed") == 3
    assert "acme: built in" in said


def _append(path):
    path.write_bytes(path.read_bytes() + b"# a comment\n")


def _replace(specs, old, new):
    sources = specs / "sources.toml"
    assert old in sources.read_text()
    sources.write_text(sources.read_text().replace(old, new))


@pytest.mark.usefixtures("specs")
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
@pytest.mark.usefixtures("specs")
def test_bad_input_is_one_clear_error(run, arguments, code, message):
    done = run(*arguments)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_a_broken_page_names_its_stage_and_file(run, specs, tmp_path):
    page = next((specs / PROVIDER / "fragments").glob("*.md"))
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


def test_two_builds_at_once(run, tmp_path, specs_of, one_page):
    specs_of(tmp_path / "specs", {"acme": one_page, "borea": one_page})
    both = [_build(tmp_path, "acme"), _build(tmp_path, "borea", "acme")]
    assert [process.wait() for process in both] == [0, 0]
    assert run("check").exit_code == 0


def test_the_same_bytes_in_another_folder_and_at_another_hash_seed(everything, tmp_path):
    elsewhere = tmp_path / "somewhere" / "else entirely"
    shutil.copytree(ROOT / "specs", elsewhere / "specs")
    for document in elsewhere.glob("specs/*/openapi.yaml"):
        document.unlink()
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
    assert _bytes(elsewhere) == _bytes(everything)
    for name in ("datafold", "firecrawl", "monid"):
        assert (elsewhere / "specs" / name / "openapi.yaml").read_bytes() == (
            ROOT / "specs" / name / "openapi.yaml"
        ).read_bytes()
