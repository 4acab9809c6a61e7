# Documents of any size in the shape of published ones.
#
# Rules: nothing random, no two components alike, three components and one operation each time.

"""Synthetic API documents and folders of pages made of them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = """\
[synthetic]
title = "Synthetic"
base_url = "https://api.example.test"

[synthetic.operations]
{operations}

[[synthetic.fragments]]
file = "page.md"
sha256 = "{sha256}"
dialect = "openapi"
revision = "2026-01-01"
"""
AMENDMENTS = "overlay: 1.0.0\ninfo:\n  title: None\n  version: '1'\nactions: []\n"


def document(operations: int) -> dict[str, Any]:
    """A document of so many operations, in ten groups."""
    schemas: dict[str, Any] = {}
    for number in range(operations):
        schemas |= _components(number)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Synthetic", "version": "1"},
        "servers": [{"url": "https://api.example.test"}],
        "security": [{"key": []}],
        "paths": {
            f"/v1/things{number}/{{thingId}}": {"get": _operation(number)} for number in range(operations)
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }


def specs(folder: Path, operations: int) -> Path:
    """A folder with the shape of specs/ and one page in it."""
    stated = document(operations)
    page = f"# Synthetic\n\n````json openapi.json get /\n{json.dumps(stated, indent=1)}\n````\n"
    pinned = [f'"GET {path}" = "{_name(item["get"])}"' for path, item in stated["paths"].items()]
    (folder / "synthetic" / "fragments").mkdir(parents=True)
    (folder / "synthetic" / "fragments" / "page.md").write_text(page, encoding="utf-8")
    (folder / "synthetic" / "amendments.yaml").write_text(AMENDMENTS, encoding="utf-8")
    sha256 = hashlib.sha256(page.encode()).hexdigest()
    text = SOURCES.format(operations="\n".join(pinned), sha256=sha256)
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return folder


def _name(operation: dict[str, Any]) -> str:
    return f"{operation['tags'][0]}.{operation['operationId']}"


def _operation(number: int) -> dict[str, Any]:
    thing = {"$ref": f"#/components/schemas/Thing{number}"}
    return {
        "operationId": f"get_thing{number}",
        "tags": [f"group{number % 10}"],
        "summary": f"Get thing {number}",
        "parameters": [
            {
                "name": "thingId",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": "Which.",
            },
            {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "default": 25},
                "description": "How many.",
            },
            {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
        ],
        "responses": {
            "200": {"description": "The thing.", "content": {"application/json": {"schema": thing}}},
            "404": {"description": "No such thing."},
        },
    }


def _components(number: int) -> dict[str, Any]:
    name = f"Thing{number}"
    return {
        name: {
            "type": "object",
            "required": ["id", "state"],
            "description": f"A thing of kind {number}.",
            "properties": {
                "id": {"type": "string", "format": "uuid", "description": "Which one."},
                "state": {"$ref": f"#/components/schemas/{name}State"},
                "createdAt": {"type": "string", "format": "date-time", "description": "When it was made."},
                "size": {"type": ["integer", "null"], "description": "Bytes."},
                "labels": {"type": "array", "items": {"type": "string"}},
                "price": {"anyOf": [{"type": "number"}, {"$ref": f"#/components/schemas/{name}Price"}]},
            },
        },
        f"{name}State": {"type": "string", "enum": ["queued", "running", "done", f"odd_{number}"]},
        f"{name}Price": {
            "type": "object",
            "properties": {"amount": {"type": "number"}, "currency": {"type": "string"}},
        },
    }
