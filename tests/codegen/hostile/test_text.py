"""Hostile text in every place of a page: refused by a stage, or a client in which it is nothing but text."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from codegen import spec
from codegen.errors import StageError
from codegen.generate import generate
from codegen.merge import Fragment as Stated
from codegen.merge import merge
from codegen.normalize import normalize
from codegen.propose import propose
from codegen.read import read
from codegen.recognise import dialect
from codegen.sources import Fragment, Page, Provider
from tests.codegen.hostile.corpus import POSITIONS, TEXTS

VISIT = Path(__file__).parent / "visit.py"
CORE = (
    "closes a call",
    "closes a docstring",
    "a line of its own",
    "an f-string",
    "a jinja expression",
    "a backslash at the end",
    "a hex escape",
    "a null",
)
#: What names a thing for all pages of a provider, or what a generator may refuse: these get a provider of their own.
APART = {"tag", "operation id", "discriminator", "legacy security"}
#: Every text in every fourth position, the core in all of them, a part of it in those apart, which take longest.
CASES = [
    (position, text)
    for row, position in enumerate(POSITIONS)
    for column, text in enumerate(TEXTS)
    if (text in CORE[:4] if position in APART else text in CORE or (row + column) % 4 == 0)
]
RUNS = {
    "__import__",
    "eval",
    "exec",
    "open",
    "compile",
    "getattr",
    "system",
    "popen",
    "__globals__",
    "__class__",
}


def _page(number, case):
    position, text = case
    content = POSITIONS[position](number, TEXTS[text])
    page = Page(
        Fragment(f"p{number}.md", "", "", "", "2026-01-01"), f"hostile/fragments/p{number}.md", content
    )
    return evolve(page, fragment=evolve(page.fragment, dialect=dialect(page)))


def _spec(pages):
    fragments = tuple(page.fragment for page in pages)
    provider = Provider("hostile", "Hostile", "https://api.example.test", {}, fragments, Path("hostile"))
    stated = [Stated(page.fragment.file, normalize(read(page), page.where)) for page in pages]
    provider = evolve(provider, operations=propose(merge(provider, stated)))
    return spec.make(provider, pages, ())


def _generated(cases):
    """Clients of all cases that can be one provider; a case that a generator refuses is left out."""
    try:
        return [generate(_spec([_page(number, case) for number, case in cases]), "trapped")]
    except StageError:
        half = len(cases) // 2
        return [*_generated(cases[:half]), *_generated(cases[half:])] if half else []


@pytest.fixture(scope="module")
def fates(trap):
    """What became of each payload before the generators: the stage that refused it, or `passed`."""
    found = {}
    for number, case in enumerate(CASES):
        try:
            _spec([_page(number, case)])
            found[number, case] = "passed"
        except StageError as error:
            found[number, case] = error.stage
    assert not (trap / "CAUGHT").exists()
    return found


@pytest.fixture(scope="module")
def package(trap, fates):
    """The clients of all payloads that passed, as one package."""
    passed = [key for key, fate in fates.items() if fate == "passed"]
    root = trap / "out"
    alone = [key for key in passed if key[1][0] in APART]
    chunks = [[key for key in passed if key not in alone], alone]
    made = [client for chunk in chunks for client in _generated(chunk)]
    for index, client in enumerate(made):
        files = client.shared | {f"h{index}/{path}": text for path, text in client.provider.items()}
        for path, text in files.items():
            target = root / "trapped" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return root


def test_the_corpus_is_large_and_reaches_every_stage(fates):
    assert len(fates) >= 60
    tally = Counter(fates.values())
    assert set(tally) >= {"read", "gate", "passed"}
    assert tally["passed"] > 300


def test_no_file_leaves_the_package_and_every_one_is_python(package):
    for path in (package / "trapped").rglob("*.py"):
        assert path.resolve().is_relative_to(package)
        ast.parse(path.read_text())


def test_no_generated_code_is_a_payload(package):
    """Nothing imports, calls or reaches for what a payload names; text is text wherever it stands."""
    for path in (package / "trapped").glob("h*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            own = getattr(node, "level", 0) > 0  # from the client itself: an operation may be called canary
            if isinstance(node, ast.Import | ast.ImportFrom) and not own:
                names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
                assert not any(name.split(".")[0] in {"canary", "os", "subprocess"} for name in names)
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                allowed = {"getattr"} if path.name == "__init__.py" else set()
                assert called not in RUNS - allowed, f"{path}: {ast.unparse(node)}"
            if isinstance(node, ast.FormattedValue):
                written = ast.unparse(node.value)
                assert written.startswith("_http.segment(") or path.name == "__init__.py", (
                    f"{path}: {written}"
                )


def test_importing_and_calling_runs_nothing(package, trap):
    before = {path for path in trap.rglob("*") if "__pycache__" not in path.parts}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(VISIT), str(package), "trapped"],
        cwd=trap,
        env={**os.environ, "PYTHONPATH": str(trap)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["requests"] > 300
    assert found["models"] > 100
    assert {path for path in trap.rglob("*") if "__pycache__" not in path.parts} == before
    assert not (trap / "CAUGHT").exists()
