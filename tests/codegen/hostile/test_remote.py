"""References to other hosts or files are never fetched: a real server sees no request, a real file is not read."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from tests.codegen.hostile.corpus import SCHEMA, page

SECRET = "4f1d0c-secret"


@pytest.fixture(scope="module")
def server():
    """A server that would answer any reference, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = json.dumps({"type": "object", "properties": {SECRET: {"type": "string"}}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_HEAD = do_GET  # noqa: N815  # the names http.server looks for

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()
        thread.join()


def _property(reference):
    return page(1, schema={"type": "object", "properties": {"a": {"$ref": reference}}})


PLACES = {
    "a property": _property,
    "a component": lambda r: page(1, schema={"$ref": r}),
    "items": lambda r: page(1, schema={"type": "array", "items": {"$ref": r}}),
    "a part of allOf": lambda r: page(1, schema={"allOf": [{"$ref": r}, SCHEMA]}),
    "a parameter": lambda r: page(1, operation={"parameters": [{"$ref": r}]}),
    "a body": lambda r: page(1, operation={"requestBody": {"$ref": r}}),
    "a response": lambda r: page(1, operation={"responses": {"200": {"$ref": r}}}),
    "a header": lambda r: page(
        1, operation={"responses": {"200": {"description": "", "headers": {"X-A": {"$ref": r}}}}}
    ),
    "a path": lambda r: page(1, paths={"/p1": {"$ref": r}}),
    "an example": lambda r: page(
        1,
        operation={
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {"schema": SCHEMA, "examples": {"a": {"externalValue": r}}}
                    },
                }
            }
        },
    ),
    "an example's reference": lambda r: page(
        1,
        operation={
            "responses": {
                "200": {
                    "description": "",
                    "content": {"application/json": {"schema": SCHEMA, "examples": {"a": {"$ref": r}}}},
                }
            }
        },
    ),
    "a discriminator": lambda r: page(
        1,
        schema={
            "oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}],
            "discriminator": {"propertyName": "a", "mapping": {"x": r}},
        },
    ),
    "a dialect": lambda r: page(1, jsonSchemaDialect=r),
    "a schema's dialect": lambda r: page(1, schema={**SCHEMA, "$schema": r}),
    "an identifier": lambda r: page(1, schema={**SCHEMA, "$id": r}),
    "a dynamic reference": lambda r: page(1, schema={**SCHEMA, "$dynamicRef": r}),
    "a link": lambda r: page(
        1, operation={"responses": {"200": {"description": "", "links": {"a": {"operationRef": r}}}}}
    ),
    "documentation": lambda r: page(1, externalDocs={"url": r}, operation={"externalDocs": {"url": r}}),
    "a server": lambda r: page(1, servers=[{"url": r}]),
    "openIdConnect": lambda r: page(
        1,
        components={
            "schemas": {"C1": SCHEMA},
            "securitySchemes": {"k": {"type": "openIdConnect", "openIdConnectUrl": r}},
        },
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["host", "file", "relative"])
def test_nothing_is_fetched(tmp_path, server, place, kind):
    address, asked = server
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"type": "object", "properties": {SECRET: {"type": "string"}}}))
    reference = {"host": f"{address}/a.json", "file": secret.as_uri(), "relative": "../../../secret.json"}[
        kind
    ]
    path = tmp_path / "page.md"
    path.write_text(PLACES[place](reference))
    arguments = [
        "--base-url",
        "https://api.example.test",
        "--specs",
        tmp_path / "specs",
        "--generated",
        tmp_path / "out",
    ]
    done = CliRunner().invoke(
        app, ["add", "acme", str(path), *map(str, arguments), "--json"], catch_exceptions=False
    )
    answer = json.loads(done.stdout)
    assert answer["ok"] or (answer["error"]["stage"] and "defect" not in answer["error"]["message"]), answer
    assert asked == []
    for made in [*(tmp_path / "specs").rglob("*"), *(tmp_path / "out").rglob("*")]:
        assert not made.is_file() or SECRET not in made.read_text()
