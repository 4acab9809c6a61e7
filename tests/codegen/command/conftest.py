"""A command line over folders of one's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT


class Folders:
    """A specs folder and a source root, and the commands that work on them."""

    def __init__(self, root: Path) -> None:
        self.root, self.specs, self.generated = root, root / "specs", root / "src"
        self.places = [
            "--specs",
            str(self.specs),
            "--generated",
            str(self.generated),
            "--package",
            "studio.raw",
        ]

    def run(self, *arguments: object):
        return CliRunner().invoke(app, [*map(str, arguments), *self.places], catch_exceptions=False)

    def bare(self):
        return CliRunner().invoke(app, [])

    def json(self, *arguments: object):
        done = self.run(*arguments, "--json")
        assert done.stderr == ""
        return json.loads(done.stdout)

    def python(self, code: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.generated), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def files(self) -> dict[str, bytes]:
        found = {
            path: path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        }
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="session")
def folders_in():
    return Folders


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)


@pytest.fixture(scope="session")
def built(folders_in, tmp_path_factory):
    """The files of the invented provider of docs/add-a-provider.md, added once."""
    folders = folders_in(tmp_path_factory.mktemp("kiln"))
    pages = sorted((ROOT / "docs" / "pages" / "kiln").glob("*.md"))
    assert folders.run("add", "kiln", *pages).exit_code == 0
    return folders.files()


@pytest.fixture
def kiln(folders, built):
    """Folders that hold it."""
    for path, content in built.items():
        (folders.root / path).parent.mkdir(parents=True, exist_ok=True)
        (folders.root / path).write_bytes(content)
    return folders
