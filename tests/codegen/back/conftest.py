"""Small documents and the specs made of them."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from codegen.spec import Spec


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
