"""The project in tests/downstream, against the tree; `make downstream` does it with the wheel, on every Python."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import omnirun

ROOT = Path(__file__).parents[1]
DOWNSTREAM = ROOT / "tests" / "downstream"


def test_it_passes_its_tests():
    paths = [DOWNSTREAM / "src", ROOT / "overlay", ROOT / "generated"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "omnirun.testing.plugin", "-p", "no:cacheprovider"],
        cwd=DOWNSTREAM,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_it_pins_this_version():
    project = tomllib.loads((DOWNSTREAM / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == [f"omnirun=={omnirun.__version__}"]
    assert project["optional-dependencies"]["dev"] == [f"omnirun[testing]=={omnirun.__version__}"]
