"""`api-check` on small packages in repositories of their own: which version comes next, and who disagrees."""

import json
import os
import subprocess

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.api import last_release
from codegen.build import ROOT

FACE = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from kiln.oven import Oven
__version__ = "{version}"
__all__ = ["Oven", "heat"]
def heat(oven: "Oven", to: int = 900) -> int:
    return to
def _private() -> None: ...
def __getattr__(name: str) -> object: ...
"""
OVEN = """
class Oven:
    size: int = 3
    def open(self) -> None: ...
    def _latch(self) -> None: ...
def inner() -> None: ...
"""
RAW = """
URL = "https://kiln.example"
def start(cone: str, hold: int = 1) -> str: ...
"""
PYPROJECT = """
[tool.api-check]
version = "kiln/__init__.py"
[tool.api-check.packages.kiln]
modules = ["kiln"]
[tool.api-check.packages.kiln_raw]
source = "machine"
"""
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.test"),
    "GIT_CONFIG_GLOBAL": os.devnull,
}
EVERYTHING = "### Added\n- x\n\n### Changed\n- y\n"


class Repository:
    def __init__(self, root):
        self.root = root
        self.git("init", "--quiet")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.root, *arguments], check=True, capture_output=True, env=ENVIRONMENT)

    def write(  # noqa: PLR0917  # a table names them
        self, version="1.2.0", face=FACE, oven=OVEN, raw=RAW, heading="", parts="", pyproject=PYPROJECT
    ):
        heading = heading or f"## [{version}] - 2026-11-21"
        files = {
            "kiln/__init__.py": face.replace("{version}", version),
            "kiln/oven.py": oven,
            "machine/kiln_raw/__init__.py": raw,
            "pyproject.toml": pyproject,
            "CHANGELOG.md": f"# Changelog\n\n{heading}\n\n{parts}\n## [0.0.1] - 2020-01-01\n\n### Removed\n- z\n",
        }
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    def release(self, version="1.2.0", **given):
        self.write(version, **given)
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", version)
        self.git("tag", f"v{version}")

    def run(self, *arguments):
        return CliRunner().invoke(
            app, ["api-check", "--root", str(self.root), *arguments], catch_exceptions=False
        )

    def answer(self):
        done = self.run("--json")
        said = json.loads(done.stdout)
        assert said["ok"] is (done.exit_code == 0)
        return said


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


CHANGES = {
    "nothing": ({}, ""),
    "words": ({"oven": OVEN.replace("class Oven:", 'class Oven:\n    """Hot."""')}, ""),
    "what nobody is promised": ({"oven": OVEN.replace("inner", "deeper").replace("_latch", "_hatch")}, ""),
    "a private function": ({"face": FACE.replace("_private", "_hidden")}, ""),
    "what Python asks of a module": ({"face": FACE.replace(" -> object", "")}, ""),
    "a function more": (
        {"face": FACE.replace('"heat"]', '"heat", "cool"]') + "def cool() -> None: ...\n"}, "additive"),
    "a method more": ({"oven": OVEN.replace("def open", "def shut(self) -> None: ...\n    def open")}, "additive"),
    "a raw function more": ({"raw": RAW + "def stop() -> None: ...\n"}, "additive"),
    "an optional argument more": ({"face": FACE.replace("to: int = 900", "to: int = 900, by: int = 1")}, "additive"),
    "a function less": ({"face": FACE.replace(', "heat"', "").replace("def heat", "def _heat")}, "breaking"),
    "an export less": ({"face": FACE.replace(', "heat"]', "]")}, "breaking"),
    "a method less": ({"oven": OVEN.replace("def open", "def _open")}, "breaking"),
    "another default": ({"raw": RAW.replace("hold: int = 1", "hold: int = 2")}, "breaking"),
    "a raw constant less": ({"raw": RAW.replace("URL =", "_URL =")}, "breaking"),
    "a module less": ({"oven": "Oven = 3\n"}, "breaking"),
}  # fmt: skip
NEXT = {
    ("1.2.0", ""): ("patch", "1.2.1"),
    ("1.2.0", "additive"): ("minor", "1.3.0"),
    ("1.2.0", "breaking"): ("major", "2.0.0"),
    ("0.3.1", ""): ("patch", "0.3.2"),
    ("0.3.1", "additive"): ("patch", "0.3.2"),
    ("0.3.1", "breaking"): ("minor", "0.4.0"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_is(repository, change):
    edits, effect = CHANGES[change]
    repository.release("1.2.0")
    step, lowest = NEXT["1.2.0", effect]
    repository.write(lowest, **edits, parts=EVERYTHING)
    said = repository.answer()
    assert (said["step"], said["lowest"], said["problems"]) == (step, lowest, [])
    assert (bool(said["breaking"]), bool(said["added"])) == (effect == "breaking", effect == "additive")
    assert str(repository.root) not in json.dumps(said)


@pytest.mark.parametrize(("released", "effect"), NEXT)
def test_the_version_that_comes_next(repository, released, effect):
    edits = {"": {}, "additive": CHANGES["a method more"][0], "breaking": CHANGES["a method less"][0]}[effect]
    repository.release(released)
    step, lowest = NEXT[released, effect]
    repository.write(released, **edits, parts=EVERYTHING)
    said = repository.answer()
    assert said["ok"] is (effect == "")
    assert (said["step"], said["lowest"]) == (step, lowest)
    assert effect == "" or lowest in said["problems"][0]
    repository.write("9.0.0", **edits, parts=EVERYTHING)
    assert repository.answer()["ok"]


MORE, LESS = CHANGES["a method more"][0], CHANGES["a method less"][0]
CHANGELOGS = {
    "unreleased, the version": ({"version": "1.3.0", "heading": "## [Unreleased]: 1.3.0", "parts": EVERYTHING}, ""),
    "unreleased, no version": ({"version": "1.3.0", "heading": "## [Unreleased]", "parts": EVERYTHING}, "names none"),
    "another version": ({"version": "1.3.0", "heading": "## [1.4.0] - 2026-11-21", "parts": EVERYTHING}, "names 1.4.0"),
    "nothing unreleased yet": ({"version": "1.2.0", "heading": "## [Unreleased]"}, ""),
    "new, and not said": ({"version": "1.3.0", "parts": "### Fixed\n- x\n", **MORE}, "has no Added"),
    "new, and said": ({"version": "1.3.0", "parts": "### Added\n- x\n", **MORE}, ""),
    "broken, and not said": ({"version": "2.0.0", "parts": "### Added\n- x\n", **LESS}, "neither Changed nor Removed"),
    "broken, and said": ({"version": "2.0.0", "parts": "### Removed\n- x\n", **LESS}, ""),
    "a lower version": ({"version": "1.1.9"}, "lower than 1.2.1"),
    "a candidate": ({"version": "1.3.0rc1", "heading": "## [Unreleased]: 1.3.0rc1", "parts": EVERYTHING, **MORE}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGELOGS)
def test_version_and_changelog_agree(repository, case):
    given, words = CHANGELOGS[case]
    repository.release("1.2.0")
    repository.write(**given)
    problems = repository.answer()["problems"]
    assert (len(problems), words in "".join(problems)) == (1 if words else 0, True)


@pytest.mark.parametrize(
    ("heading", "ok"), [("## [Unreleased]: 0.1.0", True), ("## [Unreleased]: 0.2.0", False)]
)
def test_before_the_first_release_version_and_changelog_only_have_to_agree(repository, heading, ok):
    repository.release("0.1.0", heading=heading)
    repository.git("tag", "--delete", "v0.1.0")
    said = repository.answer()
    assert (said["tag"], said["ok"]) == ("", ok)
    assert "no release yet" in repository.run().stderr


def test_a_required_argument_is_new_and_breaks(repository):
    repository.release("1.2.0")
    repository.write("2.0.0", face=FACE.replace("to: int = 900", "by: int, to: int = 900"), parts=EVERYTHING)
    said = repository.answer()
    assert said["breaking"]
    assert said["added"] == ["kiln.heat(by)"]


def test_the_last_release_is_the_highest_final_one_behind_the_work_tree(repository):
    for version in ("0.9.0", "0.10.0", "0.11.0rc1"):
        repository.release(version)
    repository.git("tag", "v0.2-old")
    repository.git("tag", "vnext")
    repository.git("checkout", "--quiet", "-b", "other", "v0.9.0")
    repository.release("3.0.0")
    repository.git("checkout", "--quiet", "-")
    assert last_release(repository.root) == "v0.10.0"


def test_a_package_and_a_module_that_are_new_since(repository):
    repository.release("1.2.0", pyproject=PYPROJECT)
    later = PYPROJECT.replace('["kiln"]', '["kiln", "kiln.lid"]') + "[tool.api-check.packages.kiln_more]\n"
    repository.write("1.3.0", pyproject=later, parts=EVERYTHING)
    (repository.root / "kiln" / "lid.py").write_text("def close() -> None: ...\n")
    (repository.root / "kiln_more").mkdir()
    (repository.root / "kiln_more" / "__init__.py").write_text("")
    said = repository.answer()
    assert (said["breaking"], said["added"]) == ([], ["kiln.lid", "kiln.lid.close", "kiln_more"])


def test_what_people_are_told(repository):
    repository.release("1.2.0")
    many = "".join(f"def f{number}() -> None: ...\n" for number in range(50))
    repository.write("1.2.0", oven=LESS["oven"], raw=RAW + many)
    done = repository.run()
    assert done.exit_code == 1
    assert "breaking: kiln/oven.py:4: Oven.open: Public object was removed" in done.stderr
    assert "new: kiln_raw.f1\n" in done.stderr
    assert "new: 10 more names" in done.stderr
    assert "the next version is a major one, 2.0.0 or higher; this is 1.2.0" in done.stderr
    assert done.stderr.count("error: ") == 3


BROKEN = {
    "no table": ({"pyproject": "[tool]\n"}, "there is no [tool.api-check]"),
    "no TOML": ({"pyproject": "["}, "can't be read"),
    "no version": ({"face": FACE.replace("__version__", "version")}, "no version can be read"),
    "an odd version": ({"version": "one"}, "no version can be read"),
    "no section": ({"heading": "## Unreleased"}, ""),
    "a module that isn't there": (
        {"pyproject": PYPROJECT.replace('"kiln"]', '"kiln.gone"]')},
        "no such module",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_compared_is_one_clear_error(repository, case):
    given, words = BROKEN[case]
    repository.release("1.2.0")
    repository.write(**{"version": "1.3.0", "parts": EVERYTHING, **given})
    done = repository.run()
    assert done.exit_code == 1
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_outside_of_a_repository(tmp_path):
    folder = Repository.__new__(Repository)
    folder.root = tmp_path
    folder.write()
    assert "not a git repository" in folder.run().stderr


def test_the_table_of_this_repository_names_what_is_there():
    done = CliRunner().invoke(app, ["api-check", "--json"], catch_exceptions=False)
    said = json.loads(done.stdout)
    assert "error" not in said
    assert said["version"] in (ROOT / "CHANGELOG.md").read_text()
