# Dialect `legacy`: the older, flattened fenced form.
#
# Rules: one operation (or webhook) per page, under paths: {path, method, request, response}; its words are those of the
# page above the block. `required` and `deprecated` of an entry belong to the parameter or the body, not to the schema
# (legacy_schemas.py reads those); `_mintlify/placeholder` says that there is no content; security without parameters
# says that none is needed. Code samples are not read. Pointers of origins are those of the page's own form.

"""Read a page with the flattened fenced form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen import yamltext
from codegen.dialects.fence import document_block, heading
from codegen.dialects.legacy_schemas import Schemas
from codegen.jsonvalue import Node, is_list, is_node
from codegen.pointer import child
from codegen.structure import METHODS, unmarked

if TYPE_CHECKING:
    from codegen.errors import StageError
    from codegen.sources import Page

STAGE = "read"
MARK = re.compile(
    r"^paths:[ \t]*\n\s+(?:path|method|servers|request|response|deprecated|type):", re.MULTILINE
)
_OPENAPI = re.compile(r"#{1,6} OpenAPI\b")
_NO_CONTENT = "_mintlify/placeholder"
_PLACES = ("path", "query", "header", "cookie")
_HTTP = ("http", "oauth2", "openIdConnect")


def read(page: Page) -> dict[str, Any]:
    """The page's operation as an OpenAPI document, every part marked.

    Raises:
        StageError: The page holds no such form, or something in it is not what the form allows.
    """
    block = document_block(page, STAGE, MARK, "the flattened form (`paths:` with `path:` and `method:`)")
    text = yamltext.read(block.text, stage=STAGE, where=page.where, first_line=block.line)
    return _Reader(page, text).document()


class _Reader:
    def __init__(self, page: Page, text: yamltext.Yaml) -> None:
        self._page = page
        self._root = unmarked(text.value)
        self._schemas = Schemas(page, text)

    def document(self) -> Node:
        paths = self._map(self._root, "", "paths")
        webhook = paths.get("type") == "webhook"
        path, method = paths.get("path"), paths.get("method")
        if not isinstance(path, str) or not (webhook or path.startswith("/")):
            raise self._error("/paths/path", "a path that starts with / was expected")
        if not isinstance(method, str) or method.lower() not in METHODS:
            raise self._error("/paths/method", f"an HTTP method was expected, not {method!r}")
        schemes: Node = {}
        operation = self._operation(paths, f"{method.upper()} {path}", schemes)
        components = self._map(self._root, "", "components")
        self._schemas.listed(self._map(components, "/components", "schemas"))
        where = "webhooks" if webhook else "paths"
        document: Node = {
            "openapi": "3.1.0",
            "info": {"title": heading(self._page), "version": self._page.fragment.revision},
            "paths": {},
            where: {path: {method.lower(): self._schemas.mark(operation, "/paths")}},
            "components": {"schemas": self._schemas.components, "securitySchemes": schemes},
        }
        if paths.get("servers"):
            document["servers"] = [
                self._schemas.mark(server, child("/paths/servers", str(index)))
                for index, server in enumerate(self._list(paths, "/paths", "servers"))
            ]
        return document

    def _operation(self, paths: Node, name: str, schemes: Node) -> Node:
        at = "/paths/request"
        request = self._map(paths, "/paths", "request")
        security = self._security(request, schemes)
        operation: Node = {"summary": heading(self._page) or name}
        if said := _words(self._page.text):
            operation["description"] = said
        operation["parameters"] = self._parameters(
            self._map(request, at, "parameters"), child(at, "parameters")
        )
        self._body(self._map(request, at, "body"), child(at, "body"), operation)
        operation["responses"] = self._responses(self._map(paths, "/paths", "response"))
        if paths.get("deprecated") is True:
            operation["deprecated"] = True
        operation["security"] = security
        return operation

    def _error(self, pointer: str, message: str) -> StageError:
        return self._schemas.error(pointer, message)

    def _map(self, holder: Any, pointer: str, key: str) -> Node:
        if not is_node(holder):
            raise self._error(pointer, "a mapping was expected")
        value = holder.get(key)
        if value is None or value == []:
            return {}
        if not is_node(value):
            raise self._error(child(pointer, key), "a mapping was expected")
        return value

    def _list(self, holder: Node, pointer: str, key: str) -> list[Node]:
        value: Any = holder.get(key) or []
        entries = value if is_list(value) else [value]
        for index, entry in enumerate(entries):
            if not is_node(entry):
                raise self._error(child(pointer, key, str(index)), "a list of mappings was expected")
        return entries

    def _security(self, request: Node, schemes: Node) -> list[dict[str, list[str]]]:
        alternatives: list[dict[str, list[str]]] = []
        for index, entry in enumerate(self._list(request, "/paths/request", "security")):
            at = child("/paths/request/security", str(index))
            places = self._map(entry, at, "parameters")
            held = [
                (place, name, raw, child(at, "parameters", place, name))
                for place in ("query", "header", "cookie")
                for name, raw in self._map(places, child(at, "parameters"), place).items()
            ]
            title = re.sub(r"[^A-Za-z0-9._-]+", "-", str(entry.get("title") or "")).strip("-") or "security"
            alternative: dict[str, list[str]] = {}
            for place, name, raw, pointer in held:
                scheme = self._scheme(place, name, raw, pointer)
                same = unmarked(schemes.get(title, scheme)) == scheme
                own = title if len(held) == 1 and same else f"{title}-{name}"
                schemes[own] = self._schemas.mark(scheme, pointer)
                alternative[own] = []
            if alternative not in alternatives:
                alternatives.append(alternative)
        return alternatives

    def _scheme(self, place: str, name: str, raw: Any, pointer: str) -> Node:
        if not is_node(raw):
            raise self._error(pointer, "a mapping was expected")
        given = raw
        described = {"description": given["description"]} if given.get("description") else {}
        if given.get("type") == "apiKey":
            return {"type": "apiKey", "in": place, "name": name, **described}
        if given.get("type") in _HTTP and place == "header":
            return {"type": "http", "scheme": str(given.get("scheme") or "bearer").lower(), **described}
        raise self._error(pointer, f"the security type {given.get('type')!r} is unknown")

    def _parameters(self, places: Node, at: str) -> list[Node]:
        found: list[Node] = []
        for place in places:
            if place not in _PLACES:
                raise self._error(child(at, place), f"parameters go in one of {', '.join(_PLACES)}")
            for name, raw in self._map(places, at, place).items():
                pointer = child(at, place, name)
                if not is_node(raw):
                    raise self._error(pointer, "a mapping was expected")
                found.append(self._parameter(place, name, raw, pointer))
        return found

    def _parameter(self, place: str, name: str, raw: Node, pointer: str) -> Node:
        entries = self._list(raw, pointer, "schema")
        if not entries:
            raise self._error(pointer, "a list `schema` with at least one entry was expected")
        parameter: Node = {"name": name, "in": place}
        parameter["required"] = place == "path" or any(
            entry.get("required") is True for entry in (raw, *entries)
        )
        for key in ("style", "explode", "allowReserved", "allowEmptyValue", "example"):
            if key in raw:
                parameter[key] = raw[key]
        for source in (raw, *entries):
            if source.get("description"):
                parameter.setdefault("description", source["description"])
        if any(entry.get("deprecated") is True for entry in (raw, *entries)):
            parameter["deprecated"] = True
        parameter["schema"] = self._schemas.alternatives(entries, child(pointer, "schema"))
        return self._schemas.mark(parameter, pointer)

    def _body(self, contents: Node, at: str, operation: Node) -> None:
        content: Node = {}
        required, description = False, ""
        for kind in contents:
            if kind == _NO_CONTENT:
                continue
            here = child(at, kind)
            media = self._map(contents, at, kind)
            entries = self._list(media, here, "schemaArray")
            required = required or any(entry.get("required") is True for entry in entries)
            description = description or str(media.get("description") or "")
            content[kind] = self._media(media, here)
        if content:
            body = {"description": description} if description else {}
            operation["requestBody"] = self._schemas.mark(
                {**body, "required": required, "content": content}, at
            )

    def _media(self, raw: Node, pointer: str) -> Node:
        media: Node = {}
        entries = self._list(raw, pointer, "schemaArray")
        if entries:
            media["schema"] = self._schemas.alternatives(entries, child(pointer, "schemaArray"))
        examples = {
            name: example
            for name, example in self._map(raw, pointer, "examples").items()
            if is_node(example) and example
        }
        if examples:
            media["examples"] = examples
        return self._schemas.mark(media, pointer)

    def _responses(self, statuses: Node) -> Node:
        responses: Node = {}
        at = "/paths/response"
        for status in statuses:
            pointer = child(at, status)
            contents = self._map(statuses, at, status)
            response: Node = {"description": ""}
            content: Node = {}
            for kind in contents:
                media = self._map(contents, pointer, kind)
                response["description"] = response["description"] or str(media.get("description") or "")
                if kind != _NO_CONTENT:
                    content[kind] = self._media(media, child(pointer, kind))
            if content:
                response["content"] = content
            responses[status] = self._schemas.mark(response, pointer)
        return responses


def _words(text: str) -> str:
    # What stands between a page's title and its `## OpenAPI`; line by line, an expression takes a time without bound.
    found: list[str] | None = None
    for line in text.split("\n"):
        if found is None:
            found = [] if line.startswith("# ") and not line.startswith("# Source:") else None
        elif _OPENAPI.match(line):
            return re.sub(r"^> ?", "", "\n".join(found).strip(), flags=re.MULTILINE).strip()
        else:
            found.append(line)
    return ""
