# Parameters, bodies and replies that are written in other ways than the usual one.
#
# Rules: how something is written is a name of the table of http.py; what has no name there is refused. A content type
# is JSON, a form, several parts, text or bytes, and nothing else: what can't be made from a model is given, or
# answered, as text or bytes.

"""Content types and parameter styles, put into those the parser knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from codegen.errors import StageError
from codegen.jsonvalue import is_node, node_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.jsonvalue import Node

Form = Literal["json", "text", "bytes"]

USUAL = {"query": "form", "path": "simple", "header": "simple", "cookie": "form"}
STYLES = {
    ("query", "form", True): "",
    ("query", "form", False): "comma",
    ("query", "spaceDelimited", False): "space",
    ("query", "spaceDelimited", True): "",
    ("query", "pipeDelimited", False): "pipe",
    ("query", "pipeDelimited", True): "",
    ("query", "deepObject", True): "deep",
    ("query", "deepObject", False): "deep",
    ("path", "simple", False): "",
    ("path", "simple", True): "exploded",
    ("path", "label", False): "label",
    ("path", "label", True): "label exploded",
    ("path", "matrix", False): "matrix",
    ("path", "matrix", True): "matrix exploded",
    ("header", "simple", False): "",
    ("header", "simple", True): "exploded",
    ("cookie", "form", True): "",
    ("cookie", "form", False): "comma",
}
"""Place, style and explode of a parameter to how http.py writes it."""
IGNORED = frozenset({"accept", "authorization", "content-type"})
"""Header parameters that OpenAPI ignores: the client knows them itself."""
_TEXT = ("xml", "yaml", "csv", "ndjson", "jsonl", "json-seq", "javascript", "graphql", "x-sh")


def form_of(content_type: str) -> Form:
    """What a body of a content type is read as."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/json", "*/*", "application/*", "text/json") or kind.endswith("+json"):
        return "json"
    if kind.startswith("text/") or any(kind.endswith(each) for each in _TEXT):
        return "text"
    return "bytes"


def lower_parameter(parameter: Mapping[str, Any]) -> str:
    """Give a parameter the usual style and return how it is really written; empty if as usual.

    Raises:
        StageError: Nothing writes it so.
    """
    node: Node = parameter  # type: ignore[assignment]  # the copy is ours to change
    place = str(node["in"])
    if place == "header" and str(node["name"]).lower() in IGNORED:
        node["required"] = False
    if contents := node_at(node, "content"):
        kind, media = next(iter(contents.items()))
        node["schema"] = media.get("schema", {})
        del node["content"]
        if form_of(kind) != "json":
            _refused(node, f"the content type {kind}")
        return "json"
    style = str(node.pop("style", USUAL[place]))
    exploded = node.pop("explode", style == "form")
    if place == "path" and (node.get("x-multi-segment") or node.get("allowReserved")):
        return "segments"
    if (place, style, exploded) not in STYLES:
        _refused(node, f"the style {style}, explode {str(exploded).lower()}")
    return STYLES[place, style, exploded]


def _refused(parameter: Node, what: str) -> None:
    message = f"the {parameter['in']} parameter {parameter['name']!r} has {what}, which can't be generated"
    raise StageError("generate", "openapi.yaml", "", message, "correct it in amendments.yaml")


def lower_body(operation: Mapping[str, Any], contents: dict[str, str]) -> None:
    """Let the parser see no content type but those it knows; `contents` says which ones were meant."""
    body = operation.get("requestBody")
    held = node_at(body, "content") if is_node(body) else {}
    found: dict[str, Any] = {}
    for kind, media in held.items():
        plain = kind.partition(";")[0].strip().lower()
        schema = media.get("schema")
        if (
            plain in ("application/x-www-form-urlencoded", "multipart/form-data")
            or plain.endswith("+json")
            or plain == "application/json"
        ):
            found[kind] = {**media, "schema": {} if schema is None else schema}
        elif form_of(kind) == "json":
            stand_in = f"application/json; stands-for={len(contents)}"
            contents[stand_in] = "application/json"
            found[stand_in] = {**media, "schema": {} if schema is None else schema}
        else:
            stand_in = f"application/octet-stream; stands-for={len(contents)}"
            contents[stand_in] = kind
            text: Node = {"type": "string"}
            both: Node = {"anyOf": [text, {"type": "string", "format": "binary"}]}
            found[stand_in] = {
                "schema": both if form_of(kind) == "text" else {"type": "string", "format": "binary"}
            }
    if is_node(body) and held:
        body["content"] = found


def lower_reply(response: Node) -> tuple[Form, ...]:
    """Leave a reply the content type the parser is to see, and return what forms it can have."""
    held = node_at(response, "content")
    if not held:
        return ()
    forms: dict[Form, None] = {}
    for kind in held:
        forms[form_of(kind)] = None
    ordered = sorted(forms, key=("json", "text", "bytes").index)
    schemas: list[Any] = []
    for kind, media in held.items():
        schema = media.get("schema", {})
        if form_of(kind) == "json" and schema not in schemas:
            schemas.append(schema)
    stand_ins: dict[Form, Node] = {
        "json": {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}},
        "text": {"text/plain": {"schema": {"type": "string"}}},
        "bytes": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
    response["content"] = stand_ins[ordered[0]]
    return tuple(ordered)
