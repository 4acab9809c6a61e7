"""Builds omnirun and lets this project use it, on every Python there is, with old and new dependencies.

    python tests/downstream/everywhere.py [VERSION...]     e.g. 3.12

Wheel and source distribution are built offline from the tree; a wheel built from the source distribution has to be the
same. Each combination gets an environment of its own in a temporary folder: install, `pip check`, import with warnings
as errors, this project's tests; mypy and pyright, strict, against what is installed there. Needs the development
environment for the type checkers, and a package index for httpx and attrs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NEEDS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
OLDEST = [need.replace(">=", "==") for need in NEEDS]
NEWEST = [re.split(r"[<>=!~]", need)[0] for need in NEEDS]
SUPPORTED = range(11, 20)


def run(*command: object, where: Path = ROOT) -> str:
    """Run a command; say all it said if it fails."""
    words = [str(word) for word in command]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def pythons(wanted: list[str]) -> dict[str, Path]:
    """Interpreters by version: those on PATH, and pyenv's."""
    found: dict[str, Path] = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in SUPPORTED:
        version = f"3.{minor}"
        places = sorted(pyenv.glob(f"{version}.*/bin/python"))[-1:] or [shutil.which(f"python{version}")]
        for place in places:
            if place and (not wanted or version in wanted):
                found[version] = Path(place)
    return found


def built(folder: Path) -> Path:
    """The wheel; it is the same when it comes from the source distribution."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    with tarfile.open(sdist) as packed:
        packed.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "again", where=source)
    (again,) = (folder / "again").glob("*.whl")
    if contents(wheel) != contents(again):
        sys.exit(f"error: a wheel built from {sdist.name} is another than {wheel.name}")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def use(python: Path, wheel: Path, needs: list[str], folder: Path) -> str:
    """Install and use it; return what of httpx and attrs was there."""
    project = folder / "project"
    shutil.copytree(HERE, project, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    run(python, "-m", "venv", folder / "env")
    own = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (own, "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", wheel, *needs)
    run(own, "-I", "-W", "error", "-c", "import omnirun; omnirun.Client; import omnirun_raw.datafold.models")
    run(*pip, "install", f"{wheel}[testing]", *needs)
    run(*pip, "install", f"{project}[dev]", *needs)
    run(*pip, "check")
    tests = run(own, "-m", "pytest", "-q", where=project).splitlines()[-1]
    run(sys.executable, "-m", "mypy", "--python-executable", own, where=project)
    run(sys.executable, "-m", "pyright", "--pythonpath", own, where=project)
    versions = run(
        own, "-c", "import importlib.metadata as m; print(*(m.version(n) for n in ('attrs', 'httpx')))"
    )
    attrs, httpx = versions.split()
    return f"attrs {attrs}, httpx {httpx}: {tests}, type-checked"


def main() -> None:
    """Every combination, one line each."""
    found = pythons(sys.argv[1:])
    if not found:
        sys.exit(f"error: no Python of {', '.join(sys.argv[1:]) or '3.11 or newer'} is here")
    with tempfile.TemporaryDirectory(prefix="downstream-") as held:
        folder = Path(held)
        wheel = built(folder / "dist")
        print(f"{wheel.name}: the same from the tree and from the source distribution", flush=True)  # noqa: T201
        for version, python in found.items():
            for label, needs in (("oldest", OLDEST), ("newest", NEWEST)):
                said = use(python, wheel, needs, folder / f"{version}-{label}")
                print(f"Python {version}, {label}: {said}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
