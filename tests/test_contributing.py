"""CONTRIBUTING.md and the two pages it leads to, played in a copy of the repository: each command, and what it prints.

The copy is a repository of its own, whose specs are those of 2026-11-21 and whose version is 0.1.0: so the pages go on
telling one story. `make` is played by the lines of the Makefile. A command that is not played is in NOT_PLAYED.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.printed import CODEGEN, ROOT, blocks, codegen, commands, fits, shell

OLDER = ROOT / "tests" / "codegen" / "update" / "older"
COPIED = [
    "Makefile",
    "docs/design.md",
    "docs/pages/quarry",
    "docs/providers",
    "docs/reference",
    "docs/tools",
    "generated",
    "mkdocs.yml",
    "overlay",
    "pyproject.toml",
    "tests/codegen/update/newer",
    "tests/downstream/pyproject.toml",
]
NOT_PLAYED = {
    "make check": "it makes three clients again, in four seconds; add-a-provider.md compares what `check` says",
    "make lint": "the tools of `.ci/run`, in a minute",
    "make test": "these tests, and others",
    "make check api-check lint test": "the same",
    "make conformance": "four minutes, and packages of npm",
    "make check lint test conformance downstream": "the same; `make downstream` takes minutes on six environments",
    "make docs": "it builds the site; what it needs is an extra of its own",
    ". .venv/bin/activate": "the tests run in an environment already",
    "git push origin main v0.1.0rc1": "it would start the release",
    "python3 -m venv /tmp/fresh && /tmp/fresh/bin/pip install": "it fetches every dependency anew",
    "/tmp/fresh/bin/pip freeze": "the same",
}
"""Commands by how they begin, and why the tests don't run them; what stands below them is from the play by hand."""
PAGES = ["CONTRIBUTING.md", "docs/how-to/new-state.md", "docs/how-to/new-provider.md"]
GIT = {
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.test"),
    "GIT_CONFIG_GLOBAL": os.devnull,
}


class Copy:
    """A copy of the repository, and the commands on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(OLDER, root / "specs")
        for path in COPIED:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / path).is_dir():
                shutil.copytree(ROOT / path, root / path, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / path, root / path)
        (root / "tests" / "overlay").mkdir()
        (root / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]: 0.1.0\n")
        self.edit("overlay/omnirun/_version.py", r'(?<=__version__ = ").*(?=")', "0.1.0")
        self.edit("tests/downstream/pyproject.toml", r"(?<===)[\d.rc]+", "0.1.0")
        (root / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n*.bak\n")
        self.shell("git init --quiet && git add --all && git commit --quiet --message begun")

    def edit(self, path: str, pattern: str, text: str) -> None:
        file = self.root / path
        file.write_text(re.sub(pattern, text, file.read_text()))

    def shell(self, command: str) -> list[str]:
        keys = [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]
        roots = os.pathsep.join(str(self.root / name) for name in ("overlay", "generated"))
        unset = f"unset {' '.join(keys)}; " if keys else ""
        return shell(unset + command, self.root, PYTHONPATH=roots, **GIT)

    def run(self, command: str) -> list[str]:
        """What a command prints."""
        if CODEGEN.match(command):
            verb = CODEGEN.sub("", command).split()[0]
            specs, generated = str(self.root / "specs"), str(self.root / "generated")
            places = ["--root", str(self.root)] if verb == "api-check" else ["--specs", specs]
            places += ["--generated", generated] if verb in ("build", "check", "add") else []
            return codegen(command, self.root, *places)
        if made := re.fullmatch(r"make ([\w-]+)(?: ARGS=\"(.*)\")?", command):
            return [line for recipe in self.recipe(made[1], made[2] or "") for line in self.made(recipe)]
        return self.shell(command)

    def recipe(self, target: str, arguments: str) -> list[str]:
        """The lines of a target, as make would run them."""
        (body,) = re.findall(
            rf"^{target}:.*\n((?:\t.*\n)+)", (self.root / "Makefile").read_text(), re.MULTILINE
        )
        return [
            line.strip()
            .replace("$(BIN)", ".venv/bin")
            .replace("$(ARGS)", arguments)
            .replace("$(MAKEFILE_LIST)", "Makefile")
            .replace("$$", "$")
            .rstrip()
            for line in body.splitlines()
        ]

    def made(self, recipe: str) -> list[str]:
        """What a line of the Makefile prints: itself first, unless it is silent."""
        command = recipe.removeprefix("@")
        said = self.run(re.sub(r"^(\w+=\S+ )*\.venv/bin/python ", "python ", command))
        return said if recipe.startswith("@") else [command, *said]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    monkeypatch.setattr("codegen.__main__.OVERLAY", tmp_path / "overlay" / "omnirun")
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)  # the processes started here show nothing that is not measured elsewhere
    monkeypatch.setenv("COLUMNS", "140")  # as without a terminal
    # 2027-01-01: later than what is vendored, as it will be
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")
    return Copy(tmp_path)


def not_played(command):
    return [known for known in NOT_PLAYED if re.match(rf"{re.escape(known)}(?![\w-])", command)]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_true(page, copy):
    """From top to bottom: files are written, differences applied, commands run and their words compared."""
    played = 0
    for language, argument, text in blocks((ROOT / page).read_text()):
        match language, argument.strip():
            case "console", _:
                for command, shown in commands(text):
                    if command == "make" or not not_played(command):
                        said = copy.run("make help" if command == "make" else command)
                        assert fits(said, shown) or not shown, "\n".join([f"$ {command}", *said])
                        played += 1
            case "diff", _:
                subprocess.run(["git", "apply", "-"], cwd=copy.root, input=text, text=True, check=True)
            case "yaml", file if file:
                _, _, actions = text.partition("actions:\n")
                with (copy.root / file).open("a") as amendments:
                    amendments.write(actions)
            case "python", file if file:
                (copy.root / file).write_text(text)
                assert copy.shell(f"ruff check --quiet {file}; ruff format --quiet --diff {file}") == []
            case rest:
                assert rest == ("python", ""), "tests/test_docs.py runs it"
    assert played >= 5


def test_what_is_not_played_is_there():
    """A reason that no command needs any more is taken out."""
    typed = [
        command
        for page in PAGES
        for language, _, text in blocks((ROOT / page).read_text())
        if language == "console"
        for command, _ in commands(text)
    ]
    assert {known for command in typed for known in not_played(command)} == NOT_PLAYED.keys()
