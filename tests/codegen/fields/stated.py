"""What a page says, read with PyYAML or a few lines and nothing of ours: operations, their parameters, bodies, replies.

All forms end as the same records. Of a page without OpenAPI the names of fields come from its examples, what they are
from the rows of its tables that begin with them, and what is below them from the examples again. A schema stays as
the page writes it; `flat` sees through what the flattened form wraps (`allOf` of one, `requiredProperties`) and
through `$ref`.
"""

import json
import re
from typing import Any, NamedTuple

import yaml

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
UUID = "5f0c6bbd-4f5d-4b52-9a0f-0ad6ffb6e4b0"
SAMPLES = {
    ("string", "date-time"): "2026-03-28T10:30:00+00:00",
    ("string", "date"): "2026-03-28",
    ("string", "uuid"): UUID,
}
PLAIN = {"string": "words", "integer": 7, "number": 2.5, "boolean": True, "null": None}


class Parameter(NamedTuple):
    place: str
    name: str
    required: bool
    schemas: list[Any]
    description: str


class Operation(NamedTuple):
    method: str
    path: str
    parameters: list[Parameter]
    body: Any
    replies: dict[str, Any]
    document: Any


def operations(text: str) -> list[Operation]:
    """The operations of a page."""
    fenced = re.search(r"^````?yaml[^\n]*\n(.*?)^````?$", text, re.MULTILINE | re.DOTALL)
    if fenced is None:
        return [_rendered(text)]
    document = yaml.load(fenced[1], Loader=yaml.BaseLoader)  # every scalar is text: nothing is read into it
    paths = document["paths"]
    if "method" in paths:
        return [_flattened(document)]
    return [
        _plain(document, path, method, item[method])
        for path, item in paths.items()
        for method in METHODS
        if method in item
    ]


def _plain(document: Any, path: str, method: str, operation: Any) -> Operation:
    parameters = []
    for stated in operation.get("parameters") or []:
        each = follow(document, stated)
        words = each.get("description", "")
        parameters.append(
            Parameter(each["in"], each["name"], each.get("required") == "true", [each["schema"]], words)
        )
    content = operation.get("requestBody", {}).get("content", {})
    replies = {
        status: next(iter(reply.get("content", {}).values()), {}).get("schema")
        for status, reply in operation["responses"].items()
    }
    body = next(iter(content.values()), {}).get("schema")
    return Operation(method.upper(), path, parameters, body, replies, document)


def _flattened(document: Any) -> Operation:
    paths = document["paths"]
    parameters = []
    for place, named in paths["request"]["parameters"].items():
        for name, stated in named.items():
            entries = stated["schema"]
            required = place == "path" or any(each.get("required") == "true" for each in entries)
            parameters.append(Parameter(place, name, required, entries, entries[0].get("description", "")))
    replies = {}
    for status, contents in paths["response"].items():
        entries = next(iter(contents.values())).get("schemaArray") or [None]
        replies[status] = entries[0]
    bodies = [media["schemaArray"][0] for media in paths["request"]["body"].values()]
    return Operation(
        paths["method"].upper(), paths["path"], parameters, bodies[0] if bodies else None, replies, document
    )


def _rendered(text: str) -> Operation:
    method, path = re.findall(r"^(GET|PUT|POST|DELETE|PATCH) (/\S*)$", text, re.MULTILINE)[0]
    asked, _, answered = text.partition("\nResponse\n")
    sent = re.search(r"-d '(\{.*?\})'", asked, re.DOTALL)
    body = _shown(asked.partition("\nBody\n")[2], json.loads(sent[1])) if sent else None
    replies = {
        status: _shown(said, json.loads(shown))
        for status, said, shown in re.findall(
            r"^([1-5]\d\d) [A-Z][^\n]*\n(.*?)\njson\n(\{.*?^\})", answered, re.MULTILINE | re.DOTALL
        )
    }
    return Operation(method, path, [], body, replies, {})


def _shown(table: str, example: Any) -> dict[str, Any]:
    """An object: the rows of its table that begin with a name of its example."""
    lines, properties, required = table.splitlines(), {}, []
    for name in sorted(example, key=len, reverse=True):
        row = next(line for line in lines if line.startswith(name))
        lines.remove(row)
        match = re.match(
            r"(string|integer|number|boolean|object|array)(Yes|No)?(\"[^\"]+\")?", row[len(name) :]
        )
        assert match is not None, row
        properties[name] = (
            {"example": example[name]} if match[1] in ("object", "array") else {"type": match[1]}
        )
        if "ISO 8601" in row:
            properties[name]["format"] = "date-time"
        if match[3]:
            properties[name]["enum"] = [match[3].strip('"')]
        required += [name] if match[2] == "Yes" else []
    return {"type": "object", "properties": properties, "required": required}


def follow(document: Any, node: Any) -> Any:
    """What a reference leads to; anything else is itself."""
    while isinstance(node, dict) and "$ref" in node:
        found = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def flat(document: Any, schema: Any) -> Any:
    """A schema without references and wrappers of one."""
    node = dict(follow(document, schema))
    while len(node.get("allOf", [])) == 1:
        (inner,) = node.pop("allOf")
        node = {**follow(document, inner), **node}
    if "requiredProperties" in node:
        node["required"] = node.pop("requiredProperties")
    return node


def name_of(schema: Any) -> str:
    """The component a schema is, or refers to; empty where it has no name."""
    reference = (schema or {}).get("$ref") or (schema or {}).get("refIdentifier") or ""
    return reference.rpartition("/")[2]


def samples(document: Any, schema: Any) -> list[Any]:
    """Values that fit a schema: one for every alternative, value of an enumeration, and null where it may be."""
    node = flat(document, schema)
    found: list[Any] = [None] if node.get("nullable") == "true" else []
    if alternatives := node.get("anyOf") or node.get("oneOf"):
        return found + [value for each in alternatives for value in samples(document, each)]
    if "example" in node and node.get("type") != "string":
        return [node["example"], *found]
    if "enum" in node:
        return [*node["enum"], *found]
    kind = node.get("type")
    if kind == "array":
        items = node.get("items")
        return [[value] for value in samples(document, items)] + found if items else [[], *found]
    if kind == "object" or "properties" in node:
        return [whole(document, node), *found]
    return [SAMPLES.get((kind, node.get("format")), PLAIN.get(kind, "anything")), *found]


def whole(document: Any, schema: Any) -> dict[str, Any]:
    """An object with every property a schema has."""
    properties = flat(document, schema).get("properties", {})
    return {name: samples(document, each)[0] for name, each in properties.items()}
