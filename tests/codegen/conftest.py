"""Folders of specs, made in a line; the one build of our own providers that all tests share."""

import hashlib
import os
import shutil
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT

PAGE = """\
```json
{"openapi": "3.1.0", "info": {"title": "Acme", "version": "1"},
 "paths": {"/things/{id}": {"get": {
   "tags": ["things"], "summary": "Get a thing",
   "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
   "responses": {"200": {"description": "The thing.", "content": {"application/json": {
     "schema": {"$ref": "#/components/schemas/Thing"}}}}}}}},
 "components": {"schemas": {"Thing": {"type": "object", "properties": {"id": {"type": "string"}}}}}}
```
"""
SOURCES = """\
[{name}]
title = "{title}"
base_url = "https://api.example.test"
[{name}.operations]
{operations}
[[{name}.fragments]]
file = "page.md"
sha256 = "{sha256}"
dialect = "openapi"
revision = "2026-01-01"
"""
OPERATIONS = {"GET /things/{id}": "things.get_thing"}


@contextmanager
def untraced():
    """No coverage of the processes started inside: they are measured by what they do, and take three times as long."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="module", autouse=True)
def _untraced():
    with untraced():
        yield


@pytest.fixture(scope="session")
def one_page():
    """A page with one operation and one model: the smallest client there is."""
    return PAGE


@pytest.fixture(scope="session")
def specs_of():
    """Makes a specs folder of providers with one fenced page each."""

    def make(folder, pages, *, title="Acme", operations=OPERATIONS):
        lines = []
        pinned = "\n".join(f'"{key}" = "{value}"' for key, value in operations.items())
        for name, text in pages.items():
            fragments = folder / name / "fragments"
            fragments.mkdir(parents=True)
            (fragments / "page.md").write_text(text)
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            lines.append(SOURCES.format(name=name, title=title, operations=pinned, sha256=sha256))
        (folder / "sources.toml").write_text("\n".join(lines))
        return folder

    return make


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """A copy of specs/ with all that a build makes of it, in a folder of its own; not to be changed."""
    folder = tmp_path_factory.mktemp("everything")
    shutil.copytree(ROOT / "specs", folder / "specs")
    places = ["--specs", str(folder / "specs"), "--generated", str(folder / "generated")]
    with untraced():
        done = CliRunner().invoke(app, ["build", *places], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return folder
