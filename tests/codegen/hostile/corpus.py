"""Hostile text, and the places of a page it is put in: every pair of them is a payload.

All of it tries one thing: to have the module `canary` imported (or a shell make a file of that name), when a client is
generated, imported or called. A position gives a page whose names carry the number of the payload, so that all pages
can be one provider.
"""

import json
from collections.abc import Callable
from typing import Any

CODE = "__import__('canary')"
TEXTS: dict[str, str] = {
    "closes a call": f'"); {CODE}; ("',
    "closes a single quote": "'); import canary; ('",
    "closes a docstring": '"""\nimport canary\n"""',
    "closes a raw docstring": "'''\nimport canary\n'''",
    "a line of its own": "x\nimport canary\nx = 1",
    "an indented line": "x\n    import canary\n    pass",
    "a carriage return": "x\rimport canary\r",
    "a line separator": "x\u2028import canary\u2028",
    "a form feed": "x\x0cimport canary",
    "an f-string": "{" + CODE.replace("'", '"') + "}",
    "an f-string with format": "{" + "import_" + "!r:{" + CODE + "}}",
    "a jinja expression": "{{ cycler.__init__.__globals__.os.system('touch canary') }}",
    "a jinja block": "{% import 'canary' as x %}{% for c in ''.__class__.__mro__ %}{{ c }}{% endfor %}",
    "a backslash before a quote": f'\\"); {CODE}; ("',
    "a backslash at the end": "x\\",
    "a hex escape": "\\x22); __import__('canary'); (\\x22",
    "a named escape": "\\N{QUOTATION MARK}; import canary #",
    "a unicode escape": "\\u0022\\u0029\\u003bimport canary",
    "a coding cookie": "-*- coding: utf-7 -*-\n+AGkAbQBwAG8AcgB0 canary",
    "a null": "x\x00import canary",
    "a bidi override": "x\u202e\nimport canary\u202c",
    "a terminal escape": "\x1b]0;x\x07\x1b[2J",
    "a shell word": "$(touch canary); `touch canary` | touch canary &",
    "a path": "../../canary",
    "an absolute path": "/tmp/canary.py",
    "a dunder": "__class__",
    "a keyword": "class",
    "a type comment": "int # type: ignore\nimport canary",
    "a lone surrogate": "x\ud800import canary",
    "wide quotes": "\uff02); import canary; (\uff02",
    "much": "A" * 3000 + CODE,
    "nothing": "",
    "a space": " ",
}

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"plain": {"type": "string"}}}


def page(
    n: int, *, path: str = "", operation: Any = None, schema: Any = None, parameter: Any = None, **more: Any
) -> str:
    """A page of one operation and one component, both numbered."""
    name = more.pop("name", f"C{n}")
    reference = {"$ref": f"#/components/schemas/{name}"}
    base: dict[str, Any] = {
        "tags": ["group"],
        "summary": f"op {n}",
        "parameters": [parameter] if parameter else [],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": reference}}}},
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Hostile", "version": "1"},
        "paths": {path or f"/p{n}": {"get": base | (operation or {})}},
        "components": {"schemas": {name: SCHEMA if schema is None else schema}},
    }
    return f"```json\n{json.dumps(document | more)}\n```\n"


def _property(n: int, schema: Any) -> str:
    return page(n, schema={"type": "object", "properties": {"it": schema}})


def _parameter(n: int, schema: Any) -> str:
    return page(n, parameter={"name": "it", "in": "query", "schema": schema})


def _response(n: int, response: Any, status: str = "200") -> str:
    return page(n, operation={"responses": {status: response}})


def _body(n: int, kind: str) -> str:
    content = {kind: {"schema": SCHEMA}}
    return page(n, operation={"requestBody": {"content": content, "description": kind}})


def _legacy(
    n: int, *, name: str = "it", description: str = "", path: str = "", component: str = "", title: str = "k"
) -> str:
    document = {
        "paths": {
            "path": path or f"/p{n}",
            "method": "get",
            "request": {
                "security": [
                    {"title": title, "parameters": {"header": {"Authorization": {"type": "apiKey"}}}}
                ],
                "parameters": {"query": {name: {"schema": [{"type": "string", "description": description}]}}},
                "body": {},
            },
            "response": {
                "200": {
                    "application/json": {
                        "schemaArray": [
                            {
                                "type": "object",
                                "properties": {
                                    "a": {"allOf": [{"type": "string", "description": description}]}
                                },
                                "refIdentifier": f"#/components/schemas/{component or f'C{n}'}",
                            }
                        ],
                        "description": description,
                    }
                }
            },
        }
    }
    lines = ["paths:"]
    lines += [f"  {key}: {json.dumps(value)}" for key, value in document["paths"].items()]
    return f"# {description}\n\n```yaml\n" + "\n".join(lines) + "\n```\n"


def _rendered(n: int, *, field: str = "it", words: str = "words", value: str = "v", heading: str = "") -> str:
    example = json.dumps({field: value})
    return (
        f"{heading or f'GET /p{n}'}\n\n{words}\n\nResponse\n\n200 OK\n\nField\tType\tDescription\n"
        f"{field}\tstring\t{words}\n\nExample Response\n\n```json\n{example}\n```\n"
    )


POSITIONS: dict[str, Callable[[int, str], str]] = {
    "path": lambda n, t: page(n, path=f"/p{n}/{t}"),
    "path parameter": lambda n, t: page(
        n,
        path=f"/p{n}/{{{t}}}",
        parameter={"name": t, "in": "path", "required": True, "schema": {"type": "string"}},
    ),
    "summary": lambda n, t: page(n, operation={"summary": t, "operationId": f"op{n}"}),
    "operation description": lambda n, t: page(n, operation={"description": t}),
    "operation id": lambda n, t: page(n, operation={"summary": "", "operationId": f"{t}{n}"}),
    "tag": lambda n, t: page(n, operation={"tags": [t]}),
    "extension": lambda n, t: page(n, operation={"x-canary": t, "x-python-import": t}),
    "query name": lambda n, t: page(n, parameter={"name": t, "in": "query", "schema": {"type": "string"}}),
    "header name": lambda n, t: page(n, parameter={"name": t, "in": "header", "schema": {"type": "string"}}),
    "cookie name": lambda n, t: page(n, parameter={"name": t, "in": "cookie", "schema": {"type": "string"}}),
    "parameter place": lambda n, t: page(n, parameter={"name": "it", "in": t, "schema": {"type": "string"}}),
    "parameter description": lambda n, t: page(
        n, parameter={"name": "it", "in": "query", "description": t, "schema": {"type": "string"}}
    ),
    "parameter default": lambda n, t: _parameter(n, {"type": "string", "default": t}),
    "parameter enum default": lambda n, t: _parameter(
        n, {"type": "string", "enum": [t, "other"], "default": t}
    ),
    "parameter date default": lambda n, t: _parameter(
        n, {"type": "string", "format": "date-time", "default": t}
    ),
    "parameter number default": lambda n, t: _parameter(n, {"type": "integer", "default": t}),
    "parameter object default": lambda n, t: _parameter(n, {"type": "object", "default": {t: t}}),
    "parameter union default": lambda n, t: _parameter(
        n, {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": t}
    ),
    "property name": lambda n, t: page(n, schema={"type": "object", "properties": {t: {"type": "string"}}}),
    "required name": lambda n, t: page(n, schema={**SCHEMA, "required": [t]}),
    "property description": lambda n, t: _property(n, {"type": "string", "description": t}),
    "property title": lambda n, t: _property(n, {"type": "string", "title": t}),
    "property default": lambda n, t: _property(n, {"type": "string", "default": t}),
    "property list default": lambda n, t: _property(
        n, {"type": "array", "items": {"type": "string"}, "default": [t]}
    ),
    "property example": lambda n, t: _property(n, {"type": "string", "example": t, "examples": [t]}),
    "pattern": lambda n, t: _property(n, {"type": "string", "pattern": t}),
    "format": lambda n, t: _property(n, {"type": "string", "format": t}),
    "content encoding": lambda n, t: _property(
        n, {"type": "string", "contentEncoding": t, "contentMediaType": t}
    ),
    "type": lambda n, t: _property(n, {"type": t}),
    "bound": lambda n, t: _property(n, {"type": "integer", "minimum": t}),
    "enum value": lambda n, t: _property(n, {"type": "string", "enum": [t, "other"]}),
    "enum default": lambda n, t: _property(n, {"type": "string", "enum": [t, "other"], "default": t}),
    "enum description": lambda n, t: _property(n, {"type": "string", "enum": ["a"], "description": t}),
    "const": lambda n, t: _property(n, {"const": t}),
    "additional property": lambda n, t: _property(
        n, {"type": "object", "additionalProperties": {"enum": [t]}}
    ),
    "discriminator": lambda n, t: _property(
        n,
        {
            "oneOf": [{"$ref": f"#/components/schemas/C{n}"}],
            "discriminator": {"propertyName": t, "mapping": {t: f"C{n}"}},
        },
    ),
    "custom type": lambda n, t: _property(n, {"type": "string", "customTypePath": f"canary.{t}"}),
    "custom base": lambda n, t: page(n, schema={**SCHEMA, "customBasePath": "canary.Base", "x-canary": t}),
    "enum names": lambda n, t: _property(
        n, {"type": "string", "enum": ["a", "b"], "x-enum-varnames": [t, "B"], "x-enumNames": [t, "B"]}
    ),
    "reference": lambda n, t: _property(n, {"$ref": t}),
    "local reference": lambda n, t: _property(n, {"$ref": f"#/components/schemas/{t}"}),
    "anchor": lambda n, t: _property(n, {"$id": t, "$anchor": t, "type": "string"}),
    "component name": lambda n, t: page(n, name=f"{t}{n}"),
    "component title": lambda n, t: page(n, schema={**SCHEMA, "title": t}),
    "component description": lambda n, t: page(n, schema={**SCHEMA, "description": t}),
    "response description": lambda n, t: _response(n, {"description": t}),
    "response status": lambda n, t: _response(n, {"description": ""}, t),
    "response header": lambda n, t: _response(
        n, {"description": "", "headers": {t: {"schema": {"type": "string"}}}}
    ),
    "response content type": lambda n, t: _response(
        n, {"description": "", "content": {t: {"schema": SCHEMA}}}
    ),
    "request content type": _body,
    "method": lambda n, t: page(n, paths={f"/p{n}": {t: {"responses": {}}}}),
    "info": lambda n, t: page(n, info={"title": t, "version": t, "description": t, "license": {"name": t}}),
    "server": lambda n, t: page(n, servers=[{"url": f"https://{t}.example", "description": t}]),
    "security scheme": lambda n, t: page(
        n,
        operation={"security": [{f"{t}{n}": [t]}]},
        components={
            "schemas": {f"C{n}": SCHEMA},
            "securitySchemes": {f"{t}{n}": {"type": "http", "scheme": t}},
        },
    ),
    "key header": lambda n, t: page(
        n,
        operation={"security": [{f"k{n}": []}]},
        components={
            "schemas": {f"C{n}": SCHEMA},
            "securitySchemes": {f"k{n}": {"type": "apiKey", "in": "header", "name": t, "x-key-prefix": t}},
        },
    ),
    "legacy path": lambda n, t: _legacy(n, path=f"/p{n}/{t}"),
    "legacy name": lambda n, t: _legacy(n, name=t),
    "legacy words": lambda n, t: _legacy(n, description=t),
    "legacy component": lambda n, t: _legacy(n, component=f"{t}{n}"),
    "legacy security": lambda n, t: _legacy(n, title=t),
    "rendered heading": lambda n, t: _rendered(n, heading=f"GET /p{n}/{t}"),
    "rendered field": lambda n, t: _rendered(n, field=t),
    "rendered words": lambda n, t: _rendered(n, words=t),
    "rendered value": lambda n, t: _rendered(n, value=t),
}
