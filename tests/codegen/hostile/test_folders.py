"""What sources.toml, amendments.yaml and the file system itself can say: nothing outside is read or written."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from codegen import amend, client_side
from codegen.__main__ import app
from codegen.errors import StageError
from tests.codegen.hostile.corpus import TEXTS, page
from tests.codegen.hostile.test_text import VISIT

PAGE = page(1)
SHA256 = hashlib.sha256(PAGE.encode()).hexdigest()
SOURCES = f"""
[acme]
title = "Acme"
base_url = "https://api.example.test"
[acme.operations]
"GET /p1" = "group.go"
[[acme.fragments]]
file = "page.md"
sha256 = "{SHA256}"
dialect = "openapi"
revision = "2026-01-01"
"""


class Acme:
    """A specs folder with one page, beside a secret and a file that must stay as it is."""

    def __init__(self, root):
        self.root, self.specs, self.out = root, root / "specs", root / "out"
        self.fragments = self.specs / "acme" / "fragments"
        self.fragments.mkdir(parents=True)
        (self.fragments / "page.md").write_text(PAGE)
        (self.specs / "sources.toml").write_text(SOURCES)
        (root / "secret").write_text(PAGE)
        (root / "kept").write_text("kept")

    def replace(self, old, new):
        path = self.specs / "sources.toml"
        assert old in SOURCES
        path.write_text(SOURCES.replace(old, new))

    def link(self, path, target):
        if path.exists() and not path.is_dir():
            path.unlink()
        path.symlink_to(target)

    def amend(self, target, update):
        action = {"target": target, "description": "hostile", "update": update}
        overlay = {"overlay": "1.0.0", "info": {"title": "a", "version": "1"}, "actions": [action]}
        (self.specs / "acme" / "amendments.yaml").write_text(json.dumps(overlay))

    def outside(self):
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_relative_to(self.specs) and not path.is_relative_to(self.out)
        }

    def build(self, *arguments):
        places = ["--specs", str(self.specs), "--generated", str(self.out)]
        done = CliRunner().invoke(app, ["build", *arguments, *places, "--json"], catch_exceptions=False)
        assert "Traceback" not in done.output
        return json.loads(done.stdout)


@pytest.fixture
def acme(tmp_path):
    return Acme(tmp_path)


def _moved(acme, name, target):
    (acme.specs / "acme").rename(acme.root / "elsewhere")
    acme.link(acme.specs / name, target)


REFUSED = {
    "file: traversal": lambda a: a.replace('"page.md"', '"../../../secret"'),
    "file: absolute": lambda a: a.replace('"page.md"', f'"{a.root}/secret"'),
    "file: folder": lambda a: a.replace('"page.md"', '".."'),
    "file: itself": lambda a: a.replace('"page.md"', '"."'),
    "file: below": lambda a: a.replace('"page.md"', '"a/page.md"'),
    "file: backslashes": lambda a: a.replace('"page.md"', r'"..\\..\\secret"'),
    "file: null": lambda a: a.replace('"page.md"', r'"page.md\u0000"'),
    "file: line": lambda a: a.replace('"page.md"', r'"page.md\n"'),
    "file: hidden": lambda a: a.replace('"page.md"', '".page.md"'),
    "file: wide slash": lambda a: a.replace('"page.md"', '"\uff0e\uff0e\uff0fsecret"'),
    "file: link out": lambda a: a.link(a.fragments / "page.md", a.root / "secret"),
    "file: link to a device": lambda a: a.link(a.fragments / "page.md", "/dev/zero"),
    "file: link to itself": lambda a: a.link(a.fragments / "page.md", "page.md"),
    "file: pipe": lambda a: ((a.fragments / "page.md").unlink(), os.mkfifo(a.fragments / "page.md")),
    "file: a folder of that name": lambda a: (
        (a.fragments / "page.md").unlink(),
        (a.fragments / "page.md").mkdir(),
    ),
    "fragments: link out": lambda a: (a.fragments.rename(a.root / "f"), a.link(a.fragments, a.root / "f")),
    "provider: link out": lambda a: _moved(a, "acme", a.root / "elsewhere"),
    "provider: traversal": lambda a: (a.specs / "sources.toml").write_text(
        SOURCES.replace("acme", '"../acme"')
    ),
    "provider: dunder": lambda a: (a.specs / "sources.toml").write_text(SOURCES.replace("acme", "__init__")),
    "provider: a module": lambda a: (a.specs / "sources.toml").write_text(SOURCES.replace("acme", "http")),
    "provider: keyword": lambda a: (a.specs / "sources.toml").write_text(SOURCES.replace("acme", "class")),
    "provider: code": lambda a: (a.specs / "sources.toml").write_text(
        SOURCES.replace("acme", '"a\'); import canary"')
    ),
    "amendments: link out": lambda a: a.link(a.specs / "acme" / "amendments.yaml", a.root / "secret"),
    "amendments: link to a device": lambda a: a.link(a.specs / "acme" / "amendments.yaml", "/dev/zero"),
    "amendments: pipe": lambda a: os.mkfifo(a.specs / "acme" / "amendments.yaml"),
    "sources: link out": lambda a: a.link(a.specs / "sources.toml", a.root / "secret"),
    "sources: deep": lambda a: (a.specs / "sources.toml").write_text("a = " + "[" * 100_000),
    "sources: binary": lambda a: (a.specs / "sources.toml").write_bytes(b"\xff\x00"),
    "title: line": lambda a: a.replace('"Acme"', r'"Acme\nimport canary"'),
    "title: control": lambda a: a.replace('"Acme"', r'"Acme\u001b[2J"'),
    "base URL: code": lambda a: a.replace("https://api.example.test", r"https://a\"); import canary; (\""),
    "base URL: file": lambda a: a.replace("https://api.example.test", "file:///etc/passwd"),
    "base URL: credentials of a script": lambda a: a.replace(
        "https://api.example.test", "javascript:alert(1)"
    ),
    "revision: code": lambda a: a.replace("2026-01-01", r"2026-01-01\"\nimport canary"),
    "dialect: a module": lambda a: a.replace('"openapi"', '"os"'),
    "operation: traversal": lambda a: a.replace("group.go", "group.../../evil"),
    "operation: code": lambda a: a.replace("group.go", "group.go;import canary"),
    "operation: dunder": lambda a: a.replace("group.go", "__init__.__init__"),
    "operation: a name and its keyword": lambda a: a.replace(
        "group.go", 'group.class"\n"GET /p2" = "group.class_'
    ),
    "operation: a module": lambda a: a.replace("group.go", "models.go"),
    "amendment: a target that backtracks": lambda a: a.amend("$..[?match(@, '(a|a)*b')]", {"x": 1}),
    "amendment: a search that backtracks": lambda a: a.amend(
        "$..[?search(@.description, '(a+)+b')]", {"x": 1}
    ),
    "amendment: a deep target": lambda a: a.amend("$" + "[?@" * 300 + "]" * 300, {"x": 1}),
    "amendment: a long target": lambda a: a.amend("$" + ".a" * 100_000, {"x": 1}),
    "amendment: no path": lambda a: a.amend("__import__('canary')", {"x": 1}),
    "amendment: a reference to a host": lambda a: a.amend(
        "$.components.schemas.C1", {"properties": {"a": {"$ref": "https://example.test/a.json"}}}
    ),
    "amendment: a reference to a file": lambda a: a.amend(
        "$.components.schemas.C1", {"properties": {"a": {"$ref": "file:///etc/passwd"}}}
    ),
    "amendment: a path": lambda a: a.amend(
        "$.paths", {"/../../x\nimport canary": {"get": {"responses": {}}}}
    ),
    "amendment: a property": lambda a: a.amend(
        "$.components.schemas.C1.properties", {"__class__": {"type": "string"}}
    ),
    "amendment: a value of two lines": lambda a: a.amend(
        "$.components.schemas", {"E": {"enum": ["a\nimport canary"]}}
    ),
    "amendment: a key prefix": lambda a: a.amend(
        "$.components",
        {"securitySchemes": {"k": {"type": "http", "scheme": "bearer", "x-key-prefix": "a\nX-Evil: 1"}}},
    ),
    "amendment: a key header": lambda a: a.amend(
        "$.components", {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "a: b\nc"}}}
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_nothing_is_written(acme, name):
    REFUSED[name](acme)
    before = acme.outside()
    answer = acme.build()
    assert not answer["ok"]
    error = answer.get("error") or answer["providers"][0]["error"]
    assert error["stage"], error
    assert "defect" not in error["message"]
    assert "canary" not in sys.modules
    assert acme.outside() == before
    assert not acme.out.exists()


def test_a_document_that_is_a_link_is_replaced_and_not_followed(acme):
    acme.link(acme.specs / "acme" / "openapi.yaml", acme.root / "kept")
    before = acme.outside()
    assert acme.build()["ok"]
    assert acme.outside() == before
    assert not (acme.specs / "acme" / "openapi.yaml").is_symlink()


OUTSIDE = (
    "../../x1",
    "/tmp/x2",
    "a/../../../x3",
    "..\\..\\x4",
    "x5/y.py",
    "%2e%2e/x6",
    "~/x7",
    "C:\\x8",
    "x9\n../y",
    "..",
)


def test_components_named_like_paths_stay_inside(acme):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    acme.amend("$.components.schemas", dict.fromkeys(OUTSIDE, schema))
    before = acme.outside()
    assert acme.build()["ok"]
    assert acme.outside() == before
    assert {path.relative_to(acme.specs).as_posix() for path in acme.specs.rglob("*") if path.is_file()} == {
        "sources.toml",
        *(f"acme/{file}" for file in ("amendments.yaml", "openapi.yaml", "fragments/page.md")),
    }
    models = {path.stem for path in (acme.out / "omnirun_raw" / "acme" / "models").glob("*.py")}
    assert len(models - {"__init__", "c1"}) == len(OUTSIDE)
    for path in acme.out.rglob("*"):
        assert path.resolve().is_relative_to(acme.out.resolve())
        assert path.is_dir() or path.suffix != ".py" or path.stem.isidentifier()


def test_there_are_enough_payloads():
    assert len(REFUSED) + len(OUTSIDE) >= 60


def test_links_of_ones_own_around_a_specs_folder_are_followed(acme):
    acme.link(acme.root / "shortcut", acme.specs)
    acme.specs = acme.root / "shortcut"
    assert acme.build()["ok"]


@pytest.mark.parametrize("update", [{"x-omnirun-origin": [["../../etc/passwd", "", 1]]}, {"x-canary": "x"}])
def test_an_amendment_cannot_forge_where_something_is_stated(acme, update):
    acme.amend("$.components.schemas.C1", update)
    assert acme.build()["ok"]
    assert "passwd" not in (acme.specs / "acme" / "openapi.yaml").read_text()


def test_a_target_that_exhausts_is_an_error_of_its_own():
    act = amend.Action(
        "$" + "[?@.a" * 90 + "]" * 90, "", amend.Origin("amendments.yaml", "/actions/0", 1), "", {}
    )
    with pytest.raises(StageError):
        amend.amend({"a": {}}, [act], "amendments.yaml")


def test_titles_that_pass_are_nothing_but_text(acme, trap):
    lines = []
    for number, text in enumerate(TEXTS.values()):
        name = f"t{number}"
        title = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f").replace("\ud800", "")
        lines += [SOURCES.replace("acme", name).replace('"Acme"', title)]
        (acme.specs / name / "fragments").mkdir(parents=True)
        (acme.specs / name / "fragments" / "page.md").write_text(PAGE)
    built = []
    for number, line in enumerate(lines):
        (acme.specs / "sources.toml").write_text(line)
        if number % 3 == 0:
            built += [acme.build()["ok"]]
    assert any(built)
    client_side.stop()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(VISIT), str(acme.out), "omnirun_raw"],
        cwd=trap,
        env={**os.environ, "PYTHONPATH": str(trap)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"] >= built.count(True)
    assert not (trap / "CAUGHT").exists()
