"""examples/testing_kit, as a stranger has it: a folder of its own, and omnirun from a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
CODE = "import pytest, sys; code = pytest.main(); print(sys.modules['omnirun'].__file__); sys.exit(code)"


def test_its_tests_pass_with_the_wheel(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    project = shutil.copytree(ROOT / "examples" / "testing_kit", tmp_path / "project")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=project,
        env={**environment, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith(str(tmp_path / "installed")), (
        "it is the wheel that was tested"
    )
    assert "6 passed" in done.stdout
