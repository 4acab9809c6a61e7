"""What is shipped: the wheel as a stranger installs it, into an environment with nothing in it."""

import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import omnirun

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PROVIDERS = ("datafold", "firecrawl", "monid")
EXTRAS = {"cli", "fast", "sandbox", "schemas", "testing", "examples", "docs", "all", "dev"}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions):
    (built,) = distributions.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def sdist(distributions):
    """The files of the source distribution, below its own folder."""
    (built,) = distributions.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        return sorted(name.partition("/")[2] for name in archive.getnames())


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel, names):
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(name))


def held(source):
    """What of a source root is shipped: everything but caches and the pipeline's build stamps."""
    files = [
        path for path in (ROOT / source).rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    return sorted(path.relative_to(ROOT / source).as_posix() for path in files if path.name != ".inputs")


def test_the_wheel_holds_the_two_packages_and_nothing_else(names):
    notes = ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"]
    about = [f"omnirun-{omnirun.__version__}.dist-info/{note}" for note in notes]
    assert sorted(names) == sorted([*held("overlay"), *held("generated"), *about])


def test_code_is_all_there_is_but_for_the_report_page(names):
    packages = [name for name in names if ".dist-info/" not in name and "/cli/report/" not in name]
    assert {Path(name).suffix for name in packages} == {".py", ".pyi", ".typed"}
    assert {name.split("/")[0] for name in packages} == {"omnirun", "omnirun_raw"}


def test_the_source_distribution_holds_what_a_wheel_is_built_from_and_nothing_else(sdist):
    packages = [f"{source}/{path}" for source in ("overlay", "generated") for path in held(source)]
    files = [".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"]
    assert sdist == sorted([*packages, *files])


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
