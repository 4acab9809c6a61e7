"""Pages made to exhaust: every one is one clear error (or a client), within bounds the system itself enforces.

A build of each runs in a process of its own that may use so much memory and so much processor time (not wall-clock
time) and no more: the system would end it, and the test would see that instead of an answer.
"""

import hashlib
import json
import os
import re
import resource
import subprocess
import sys

import pytest

from codegen import sources, yamltext
from codegen.build import ROOT
from codegen.errors import StageError
from codegen.gate import findings
from codegen.gate_schemas import MAX_EXPANSION
from tests.codegen.hostile.corpus import page

MEMORY = 1_500_000_000
SECONDS = 60


def _fenced(text):
    return f"```yaml\n{text}\n```\n"


def _documents(body):
    return _fenced(f"openapi: 3.1.0\npaths: {{}}\ncomponents:\n  schemas:\n{body}")


def _laughs():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return _fenced("openapi: 3.1.0\n" + "\n".join(lines))


def _merges():
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: 1}}" for n in range(1, 40)]
    return _fenced("openapi: 3.1.0\n" + "\n".join(lines))


def _schema(schemas):
    components = {"schemas": schemas}
    return page(1, components=components, operation={"responses": {"200": {"description": ""}}})


def _chain(key, depth=60):
    chain = {f"C{n}": {key: [{"$ref": f"#/components/schemas/C{n + 1}"}] * 2} for n in range(depth)}
    return _schema({**chain, f"C{depth}": {"type": "object", "properties": {"a": {"type": "string"}}}})


BOMBS = {
    "billion laughs": _laughs,
    "quadratic aliases": lambda: _fenced(f"openapi: 3.1.0\na: &a [{'x, ' * 5000}]\nb: [{'*a, ' * 5000}]"),
    "merged keys": _merges,
    "an alias of itself": lambda: _fenced("openapi: 3.1.0\npaths: &a {b: *a}"),
    "deep flow lists": lambda: _fenced(f"openapi: 3.1.0\na: {'[' * 100_000}"),
    "deep flow maps": lambda: _fenced("openapi: 3.1.0\na: " + "{a: " * 100_000),
    "deep block maps": lambda: _fenced("openapi: 3.1.0\n" + "".join(" " * n + "a:\n" for n in range(3_000))),
    "many documents": lambda: _fenced("openapi: 3.1.0\n" + "---\n" * 100_000),
    "many values": lambda: _fenced("openapi: 3.1.0\na: [" + "1," * 1_000_000 + "]"),
    "a long number": lambda: _documents(f"    A: {{type: integer, maximum: {'9' * 1_000_000}}}"),
    "a long key": lambda: _documents(f"    {'A' * 100_000}: {{type: object}}"),
    "schemas made of each other": lambda: _schema(
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}}
    ),
    "a schema made of itself": lambda: _schema({"A": {"anyOf": [{"$ref": "#/components/schemas/A"}]}}),
    "parameters that refer to each other": lambda: page(
        1,
        operation={"parameters": [{"$ref": "#/components/parameters/A"}]},
        components={
            "schemas": {"C1": {}},
            "parameters": {
                "A": {"$ref": "#/components/parameters/B"},
                "B": {"$ref": "#/components/parameters/A"},
            },
        },
    ),
    "compositions that double (allOf)": lambda: _chain("allOf"),
    "compositions that double (anyOf)": lambda: _chain("anyOf"),
    "compositions that double (oneOf)": lambda: _chain("oneOf"),
    "references that nest": lambda: _schema(
        {
            f"C{n}": {"properties": {"a": {"$ref": f"#/components/schemas/C{(n + 1) % 300}"}}}
            for n in range(300)
        }
    ),
    "a server of variables": lambda: page(1, servers=[{"url": "https://" + "{a}" * 30 + "!"}]),
    "a pattern that backtracks": lambda: page(
        1,
        schema={
            "type": "object",
            "properties": {"a": {"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "!"}},
        },
    ),
    "a pattern that expands": lambda: page(
        1,
        schema={
            "type": "object",
            "properties": {"a": {"type": "string", "pattern": "((a{1,999}){1,999}){1,999}"}},
        },
    ),
    "a fence of spaces": lambda: "```" + " " * 400_000 + "`\n",
    "a fence of fences": lambda: "```\n~~~~\n" * 100_000,
    "a heading of spaces": lambda: (
        "# " + "a " * 200_000 + "\n" + _fenced("paths:\n  path: /a\n  method: get")
    ),
    "many headings": lambda: "# a\n" * 200_000 + _fenced("paths:\n  path: /a\n  method: get\n"),
    "a title that never ends": lambda: (
        "---\n" + "title: a\n" * 50_000 + _fenced("paths:\n  path: /a\n  method: get\n")
    ),
    "a long row": lambda: "GET /a\n\nQuery Parameters\n\nParameterTypeDescription\n" + "a" * 1_000_000 + "\n",
    "many rows": lambda: (
        "GET /a\n\nQuery Parameters\n\nParameterTypeDescription\n" + ("a" * 5_000 + "\n") * 200
    ),
    "quoted words": lambda: (
        "GET /a\n\nQuery Parameters\n\nNameTypeDescription\n" + "astring" + '"x", ' * 50_000 + "!\n"
    ),
    "many addresses": lambda: "GET /a\n\n" + "https://" * 200_000 + "\n\nResponse\n\n200 OK\n",
    "deep JSON": lambda: (
        "GET /a\n\nResponse\n\n200 OK\n\nExample Response\n\n```json\n" + "[" * 100_000 + "\n```\n"
    ),
    "a deep example": lambda: (
        "GET /a\n\nResponse\n\n200 OK\n\nExample Response\n\n```json\n"
        + '{"a":' * 900
        + "1"
        + "}" * 900
        + "\n```\n"
    ),
}


def _specs(tmp_path, contents):
    lines = []
    for name, (content, dialect) in contents.items():
        folder = tmp_path / "specs" / name / "fragments"
        folder.mkdir(parents=True)
        (folder / "page.md").write_text(content)
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        lines += [f'[{name}]\ntitle = "Bomb"\nbase_url = "https://api.example.test"']
        lines += [f'[{name}.operations]\n"GET /p1" = "bomb.go"\n[[{name}.fragments]]\nfile = "page.md"']
        lines += [f'sha256 = "{sha256}"\ndialect = "{dialect}"\nrevision = "2026-01-01"\n']
    (tmp_path / "specs" / "sources.toml").write_text("\n".join(lines))
    return tmp_path / "specs"


def _limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _bounded(*arguments, cwd):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "codegen", *map(str, arguments), "--json"]
    done = subprocess.run(
        command, cwd=cwd, env=environment, preexec_fn=_limits, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), f"ended by the system ({done.returncode}): {done.stderr[-500:]}"
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("first", range(0, len(BOMBS), 8))
def test_a_bomb_is_one_clear_error_within_bounds(tmp_path, first):
    names = list(BOMBS)[first : first + 8]
    contents = {}
    for name in names:
        content = BOMBS[name]()
        dialect = "openapi" if "openapi" in content[:40] else "legacy" if "paths:" in content else "rendered"
        contents[re.sub(r"\W+", "_", name.lower()).strip("_")] = (content, dialect)
    specs = _specs(tmp_path, contents)
    answer = _bounded("build", "--specs", specs, "--generated", tmp_path / "out", cwd=tmp_path)
    assert len(answer["providers"]) == len(names)
    for provider in answer["providers"]:
        error = provider.get("error", {"stage": "none", "message": ""})
        assert error["stage"], error
        assert "defect" not in error["message"]
        assert len(error["message"]) < 5_000
        made = tmp_path / "out" / "omnirun_raw" / provider["name"]
        assert made.exists() is (provider["status"] == "built")


@pytest.mark.parametrize("command", ["build", "add"])
def test_a_page_of_100_megabytes_is_not_even_read(tmp_path, command):
    specs = _specs(tmp_path, {"bomb": ("", "openapi")})
    huge = specs / "bomb" / "fragments" / "page.md"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    target = ["bomb"] if command == "build" else ["more", huge]
    answer = _bounded(command, *target, "--specs", specs, "--generated", tmp_path / "out", cwd=tmp_path)
    error = answer["error"] if command == "add" else answer["providers"][0]["error"]
    assert error["message"] == f"100000000 bytes; at most {sources.MAX_PAGE_BYTES} are read"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * (yamltext.MAX_DEPTH + 1), "nested deeper"),
        ("a: &a [" + "1," * 999 + "]\nb: [" + "*a," * (yamltext.MAX_VALUES // 1000 + 1) + "]", "more than"),
        ("x" * (yamltext.MAX_CHARACTERS + 1), "at most"),
    ],
)
def test_the_bounds_are_those_that_are_stated(text, message):
    with pytest.raises(StageError, match=message):
        yamltext.read(text, stage="read", where="page.md")


def test_compositions_are_counted_with_their_repeats():
    def document(width):
        parts = [{"$ref": "#/components/schemas/B"}] * width
        return {
            "openapi": "3.1.0",
            "info": {"title": "a", "version": "1"},
            "paths": {},
            "components": {
                "schemas": {"A": {"allOf": parts}, "B": {"type": "object"}},
                "securitySchemes": {},
            },
        }

    assert list(findings(document(MAX_EXPANSION - 1))) == []
    (found,) = findings(document(MAX_EXPANSION))
    assert "'A' is composed of more than" in found.message
