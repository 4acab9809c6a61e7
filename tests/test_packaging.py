"""What is shipped: the wheel as a stranger installs it, into an environment with nothing in it."""

import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PROVIDERS = ("datafold", "firecrawl", "monid")
EXTRAS = {"cli", "sandbox", "schemas", "testing", "examples", "docs", "all", "dev"}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel, names):
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(name))


def test_it_holds_the_two_packages_and_nothing_else(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"omnirun", "omnirun_raw"}
    assert {Path(name).suffix for name in names if ".dist-info/" not in name} == {".py", ".pyi", ".typed"}


@pytest.mark.parametrize(("source", "package"), [("overlay", "omnirun"), ("generated", "omnirun_raw")])
def test_it_holds_every_module(names, source, package):
    modules = {str(path.relative_to(ROOT / source)) for path in (ROOT / source / package).rglob("*.py")}
    assert {name for name in names if name.startswith(f"{package}/") and name.endswith(".py")} == modules


def test_both_packages_say_that_they_are_typed(names):
    assert {"omnirun/py.typed", "omnirun_raw/py.typed"} <= set(names)


def test_it_has_a_licence_a_readme_and_a_description(names, metadata):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert metadata["Summary"] == PROJECT["description"]
    assert metadata.get_payload().startswith("# omnirun\n")


def test_it_needs_httpx_and_attrs_and_everything_else_is_an_extra(metadata):
    needed = metadata.get_all("Requires-Dist")
    assert sorted(need for need in needed if "extra ==" not in need) == ["attrs>=23.2", "httpx>=0.27"]
    assert set(metadata.get_all("Provides-Extra")) == EXTRAS


def test_it_imports_in_an_empty_environment(wheel, tmp_path):
    """With httpx and attrs alone; and without the sandbox's extra, the sandbox says so."""
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--disable-pip-version-check",
    )
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel)
    imports = ", ".join(["omnirun", *(f"omnirun_raw.{provider}" for provider in PROVIDERS)])
    use = "omnirun.Client; omnirun_raw.datafold.monitors.get_monitor_run.build(id=42, run_id=7)"
    where = run(python, "-I", "-W", "error", "-c", f"import {imports}; {use}; print(omnirun.__file__)")
    assert where.startswith(str(tmp_path / "empty"))
    sandbox = subprocess.run(
        [python, "-I", "-m", "omnirun.sandbox"], capture_output=True, text=True, check=False
    )
    assert (sandbox.returncode, sandbox.stdout) == (1, "")
    assert sandbox.stderr == (
        "error: the sandbox needs pydantic, starlette, uvicorn: pip install 'omnirun[sandbox]'\n"
    )
