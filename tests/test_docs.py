"""The documentation, word by word: its code runs, its commands exist, its tables are those of the code."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import islice
from pathlib import Path

import pytest
import yaml
from packaging.version import Version
from typer.main import get_command
from typer.testing import CliRunner

import omnirun
import omnirun.testing
from omnirun.registry import BUILT_IN
from omnirun.sandbox import running_sandbox
from omnirun.testing import KitClock
from tests import printed
from tests.test_contributing import PAGES as PLAYED

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not path.is_relative_to(DOCS / "pages"))
NAMES = [str(path.relative_to(DOCS)) for path in PAGES]
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "add-a-provider.md": "tests/codegen/command/test_docs.py",
    **{name: "docs/cli/*.py" for name in NAMES if re.fullmatch(r"cli/(?!README).*", name)},
    "guide/own-provider.md": "tests/test_custom_provider.py",
    "guide/webhooks.md": "tests/test_guides.py",
    "how-to/new-provider.md": "tests/test_contributing.py",
}
"""Pages whose blocks something else runs, for they need more than the sandbox."""
SHOWN = re.compile(r"^ *print\(.*\) +# (.*)$", re.MULTILINE)
REMARKS = {
    "an alert if pages changed, came or went; cost in credits",
    "or client.items(run)",
    "output is the id of its diff",
    "the generated model of the reply",
}
"""What stands behind a `print` and is not what it prints."""
NOT_RUN = {
    "make": "tests/test_contributing.py plays targets",
    "git": "what it shows is up to the tree",
    "pip": "it installs",
}
"""Programs whose commands show nothing on these pages, and why nobody could compare it."""


def blocks(page, *languages):
    return [text for language, _, text in BLOCK.findall((DOCS / page).read_text()) if language in languages]


def tool(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def omnirun_clock():
    return KitClock(speed=20)  # a deadline of a minute is then three seconds


# ------------------------------------------------------------------------------------------------ python


@pytest.mark.parametrize("page", [name for name in NAMES if name not in ELSEWHERE and blocks(name, "python")])
@pytest.mark.usefixtures("omnirun_sandbox")
def test_the_code_of_a_page_runs(page, monkeypatch, tmp_path, capsys):
    """From top to bottom, in one namespace, against the sandbox; the tests among it, each with a sandbox of its own.

    A remark behind a `print` is what it prints.
    """
    monkeypatch.chdir(tmp_path)
    Path("company.pem").touch()
    space = {"__name__": "__page__"}
    for number, text in enumerate(blocks(page, "python")):
        exec(compile(text, f"{page}, block {number}", "exec"), space)
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                call(space[node.name], monkeypatch)
        said = capsys.readouterr().out.splitlines()
        shown = [remark for remark in SHOWN.findall(text) if remark not in REMARKS]
        assert [each for each in shown if not any(printed.fits([line], [each]) for line in said)] == []


def call(test, monkeypatch):
    """Run a test with the fixtures it asks for."""
    with (
        omnirun.testing.running_kit(KitClock(20)) as kit,
        kit.client() as client,
        monkeypatch.context() as patch,
    ):
        patch.setattr("omnirun.face.Clock", lambda: kit.clock)
        for name, value in kit.environment.items():
            patch.setenv(name, value)
        fixtures = {"omnirun_sandbox": kit, "omnirun_client": client}
        test(**{name: fixtures[name] for name in inspect.signature(test).parameters})


@pytest.mark.parametrize("page", sorted(ELSEWHERE))
def test_a_page_that_is_run_elsewhere_is_run_there(page):
    runs = "".join(path.read_text() for path in ROOT.glob(ELSEWHERE[page]))
    assert Path(page).name in runs or Path(page).stem in runs
    for text in blocks(page, "python"):
        compile(text, page, "exec")


# --------------------------------------------------------------------------------- commands, configuration


def commands():
    return [
        pytest.param(page, line.removeprefix("$ "), id=f"{page}: {line}")
        for page in [*NAMES, "../README.md", "../CONTRIBUTING.md"]
        if page not in ELSEWHERE
        for text in blocks(page, "console")
        for line in text.splitlines()
        if line.startswith("$ make " if str((DOCS / page).resolve().relative_to(ROOT)) in PLAYED else "$ ")
    ]


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_is_one_that_there_is(page, line):
    known(shlex.split(line, comments=True))


def known(words):
    """Fail unless a command line is of a known program, and its verbs, options, targets and extras are there."""
    match words:
        case ["make", *words]:
            made, targets = (ROOT / "Makefile").read_text(), [word for word in words if "=" not in word]
            assert [name for name in targets if not re.search(rf"^{name}:", made, re.MULTILINE)] == []
        case ["python" | ".venv/bin/python", "-m", "codegen", verb, *_]:
            from codegen.__main__ import app  # noqa: PLC0415 - only this needs it

            assert verb in get_command(app).commands
        case ["python", "-m", "omnirun.sandbox", *_] | ["git", "diff" | "add", *_]:
            pass
        case ["python", script, *_]:
            assert (ROOT / script).is_file()
        case ["pip", "install", what]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            asked = re.fullmatch(r"(?:omnirun|\.)(?:\[([\w,]+)\])?(?:==[\d.]+)?", what)
            assert asked is not None
            assert set((asked[1] or "all").split(",")) <= extras.keys()
        case ["omnirun", verb, *rest]:
            from omnirun.cli.app import app  # noqa: PLC0415 - only this needs it

            command = get_command(app).commands[verb]
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in rest if word.startswith("--")} <= options
        case _:
            pytest.fail(f"nobody knows whether {words} works")


def showing():
    return [
        pytest.param(page, printed.commands(text), id=f"{page}: {text.partition(chr(10))[0]}")
        for page in [*NAMES, "../README.md"]
        if page not in ELSEWHERE and f"docs/{page}" not in PLAYED
        for text in blocks(page, "console")
        if any(not line.startswith(("$ ", "    # ")) for line in text.splitlines())
    ]


@pytest.mark.parametrize(("page", "commands"), showing())
def test_a_block_shows_what_its_commands_print(page, commands, monkeypatch):
    """With one sandbox for a block; a command that shows nothing is not run."""
    with running_sandbox(speed=50) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        for command, shown in commands:
            said = outcome(command) if shown else []
            assert printed.fits(said, shown), "\n".join([page, f"$ {command}", *said])


def outcome(command):
    """What a command prints."""
    match shlex.split(command):
        case ["omnirun", "run" | "history", *_] as words:
            from omnirun.cli.app import app  # noqa: PLC0415 - only this needs it

            return CliRunner().invoke(app, words[1:], catch_exceptions=False).output.splitlines()
        case ["python", "-m", "codegen", "explain", _]:
            return printed.codegen(command, ROOT)
        case ["python", "-m", "omnirun.sandbox"]:
            with subprocess.Popen([sys.executable, "-m", "omnirun.sandbox"], stdout=subprocess.PIPE) as begun:
                said = [line.decode().rstrip() for line in islice(begun.stdout, 2 + 2 * len(BUILT_IN))]
                begun.kill()
            return said
        case [program, *_]:
            pytest.fail(NOT_RUN.get(program, f"nobody runs {program}, so nobody knows what it prints"))


@pytest.mark.parametrize("page", [name for name in NAMES if blocks(name, "yaml", "toml", "json")])
def test_configuration_can_be_read(page):
    for text in blocks(page, "toml"):
        tomllib.loads(text)
    for text in blocks(page, "json"):
        json.loads(text)
    for text in blocks(page, "yaml"):
        read = yaml.safe_load(text)
        for job in read.get("jobs", {}).values():
            for step in job["steps"]:
                assert ("run" in step) != ("uses" in step)
                if "run" in step and not step["run"].startswith("echo "):
                    known(shlex.split(step["run"]))


def test_every_language_of_a_block_is_tested():
    languages = {language for page in NAMES for language, _, _ in BLOCK.findall((DOCS / page).read_text())}
    assert languages <= {"python", "console", "yaml", "toml", "json", "diff", ""}


# --------------------------------------------------------------------------------------------- what is told


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text()
    listed = re.findall(r"^\s+- ([\w/-]+\.md)$", text, re.MULTILINE)
    assert sorted(listed) == NAMES
    assert "http" not in re.sub(r"#.*", "", text), "nothing is loaded from elsewhere"


@pytest.mark.parametrize("provider", BUILT_IN)
def test_a_provider_s_page_is_what_specs_and_tables_say(provider):
    """If not: python docs/tools/providers.py."""
    made = tool("providers").page(provider)
    assert (DOCS / "providers" / f"{provider}.md").read_text() == made


def test_pages_install_the_version_that_is_next():
    texts = [path.read_text() for path in [*PAGES, ROOT / "README.md"]]
    pins = {pin for text in texts for pin in re.findall(r"\bomnirun(?:\[[\w,]+\])?[=~]=([\d.]*\d)", text)}
    assert pins == {Version(omnirun.__version__).base_version}


def test_every_public_name_is_in_the_reference():
    text = "".join((DOCS / page).read_text() for page in NAMES if page.startswith("reference/"))
    shown = set(re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE))
    public = {f"omnirun.{name}" for name in omnirun.__all__ if not name.startswith("__")}
    modules = {f"omnirun.{name}" for name in BUILT_IN}
    targets = {name for name in shown if name.rpartition(".")[0] in modules}
    assert public - modules - shown == set()
    assert {name.rpartition(".")[0] for name in targets} == modules
    kit = {f"omnirun.testing.{name}" for name in ("Kit", "KitClock", "Sent", "Triggered", "running_kit")}
    assert kit <= shown
    assert "omnirun.sandbox.faults" in shown, "the kit's other names are the sandbox's faults"


# --------------------------------------------------------------------------------------------- the built site


def page_of(tmp_path, body, name="index.html"):
    (tmp_path / name).write_text(f"<html><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="other.html#here">x</a>', []),
        ('<a href="https://example.com/x">x</a>', []),
        ('<a href="">x</a><a href="#top">x</a><p id="top"></p>', []),
        ("<p>```yaml a/file.yaml</p>", ["shows a fence: what stands behind its language can't be read"]),
        ('<a href="nowhere/">x</a>', ["links to nowhere/, which is not there"]),
        ('<a href="other.html#gone">x</a>', ["links to other.html#gone, which has no such anchor"]),
        ('<img src="https://example.com/a.png">', ["loads https://example.com/a.png from another host"]),
        ('<script src="//example.com/a.js"></script>', ["loads //example.com/a.js from another host"]),
        ('<link rel="stylesheet" href="gone.css">', ["loads gone.css, which is not there"]),
        ('<link rel="canonical" href="https://example.com/">', []),
        (
            '<p style="background: url(https://example.com/b)">',
            ["loads https://example.com/b from another host"],
        ),
        (
            '<pre class="mermaid">',
            ["has something of the class mermaid, for which a script would come from another host"],
        ),
    ],
)
def test_the_site_s_check_finds_what_is_wrong(tmp_path, body, wrong):
    page_of(tmp_path, '<h1 id="here">x</h1>', "other.html")
    page_of(tmp_path, body)
    assert tool("finish").finish(tmp_path.resolve()) == [f"index.html: {each}" for each in wrong]


def test_pictures_and_styles_load_nothing_either(tmp_path):
    (tmp_path / "a.svg").write_text(
        "<svg><style>@font-face {src: url('https://example.com/f.woff')}</style></svg>"
    )
    (tmp_path / "b.css").write_text("p {background: url(b.png)}")
    assert tool("finish").finish(tmp_path) == ["a.svg: loads https://example.com/f.woff from another host"]


def test_files_of_the_repository_are_copied_to_where_links_lead(tmp_path, capsys):
    (tmp_path / "guide").mkdir()
    page_of(
        tmp_path,
        '<a href="../examples/demo.py">x</a><a href="../../examples/demo.py">y</a>',
        "guide/index.html",
    )
    assert tool("finish").main([str(tmp_path)]) == 1
    assert (tmp_path / "examples" / "demo.py").read_text() == (ROOT / "examples" / "demo.py").read_text()
    said = capsys.readouterr().out
    assert "guide/index.html: links to ../../examples/demo.py, which is not there" in said
    assert "1 faults on 1 pages" in said
