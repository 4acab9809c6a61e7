"""Small documents and the specs made of them."""

import hashlib
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen import tree
from codegen.generate import generate
from codegen.spec import Spec
from tests.codegen.conftest import untraced

MADE = ("shapes", "wide")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The clients of shapes.yaml and wide.yaml in one package, `made_raw`; generated once for all that look at them."""
    folder = tmp_path_factory.mktemp("made")
    for name in MADE:
        document = yaml.load(Path(__file__).with_name(f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
        with untraced():
            client = generate(
                Spec(name, name.title(), "https://s.test", "1", document, "", "0" * 64, {}, {}), "made_raw"
            )
        files = {**client.shared, **{f"{name}/{path}": text for path, text in client.provider.items()}}
        tree.replace(folder / "made_raw", files, [name])
    return folder


@pytest.fixture(scope="session")
def raw(made):
    """Imports a module of that package."""
    sys.path.insert(0, str(made))
    yield lambda name: import_module(f"made_raw.{name}")
    sys.path.remove(str(made))
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_raw"]:
        del sys.modules[name]


@pytest.fixture
def document() -> dict[str, Any]:
    """One operation with parameters, two models and an enum; tests change what they are about."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Example", "version": "1"},
        "servers": [{"url": "https://api.example.test"}],
        "security": [{"key": []}],
        "paths": {
            "/things/{thing-id}": {
                "get": {
                    "operationId": "get_thing",
                    "tags": ["things"],
                    "summary": "Get a thing",
                    "parameters": [
                        {
                            "name": "thing-id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                            "description": "Which one.",
                        },
                        {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}},
                        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": {
                            "description": "The thing.",
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                            },
                        },
                        "404": {"description": "No such thing."},
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Thing": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "string"},
                        "state": {"$ref": "#/components/schemas/State"},
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                    },
                },
                "Part": {"type": "object", "properties": {"thing": {"$ref": "#/components/schemas/Thing"}}},
                "State": {"type": "string", "enum": ["new", "old"]},
            },
        },
    }


@pytest.fixture
def spec_of() -> Callable[[dict[str, Any]], Spec]:
    def make(document: dict[str, Any], name: str = "example") -> Spec:
        return Spec(
            name=name,
            title=document["info"]["title"],
            base_url="https://api.example.test",
            revision="1",
            document=document,
            text="",
            sha256=hashlib.sha256(repr(document).encode()).hexdigest(),
            provenance={},
            notes={},
        )

    return make
