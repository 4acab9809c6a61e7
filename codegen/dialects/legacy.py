# Dialect `legacy`: the older, flattened fenced form.
#
# Rules: one operation per page, under paths: {path, method, request, response}. Properties are wrapped in a one-item
# allOf, their siblings (a $ref among them) kept; requiredProperties is `required`; refIdentifier names the component
# a body stands for; several schema entries (of a parameter, a body, a response) are alternatives. `required` and
# `deprecated` of an entry belong to the parameter or the body, not to the schema. `type: any` is no type;
# `enum<string>` is string; `_mintlify/placeholder` says that there is no content. Pointers of origins are those of
# the page's own form.

"""Read a page with the flattened fenced form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen import yamltext
from codegen.dialects.fence import document_block, heading
from codegen.errors import StageError
from codegen.join import Join
from codegen.jsonvalue import is_list, is_node
from codegen.normalize import normalize
from codegen.pointer import child
from codegen.structure import METHODS, Origin, mark, parts, unmarked

if TYPE_CHECKING:
    from codegen.sources import Page

STAGE = "read"
_MARK = re.compile(r"^paths:\s*\n\s+path:\s", re.MULTILINE)
_NO_CONTENT = "_mintlify/placeholder"
_ENUM = re.compile(r"enum<(\w+)>")
_COMPONENT = "#/components/schemas/"
_PLACES = ("path", "query", "header", "cookie")


def read(page: Page) -> dict[str, Any]:
    """The page's operation as an OpenAPI document, every part marked.

    Raises:
        StageError: The page holds no such form, or something in it is not what the form allows.
    """
    block = document_block(page, STAGE, _MARK, "the flattened form (`paths:` with `path:` and `method:`)")
    text = yamltext.read(block.text, stage=STAGE, where=page.where, first_line=block.line)
    return _Reader(page, text).document()


class _Reader:
    def __init__(self, page: Page, text: yamltext.Yaml) -> None:
        self._page = page
        self._text = text
        self._root = unmarked(text.value)
        self._schemas: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        paths = self._map(self._root, "", "paths")
        path, method = paths.get("path"), paths.get("method")
        if not isinstance(path, str) or not path.startswith("/"):
            raise self._error("/paths/path", "a path that starts with / was expected")
        if not isinstance(method, str) or method.lower() not in METHODS:
            raise self._error("/paths/method", f"an HTTP method was expected, not {method!r}")
        request = self._map(paths, "/paths", "request")
        at = "/paths/request"
        security, schemes = self._security(request)
        operation: dict[str, Any] = {"summary": heading(self._page) or f"{method.upper()} {path}"}
        operation["parameters"] = self._parameters(
            self._map(request, at, "parameters"), child(at, "parameters")
        )
        self._body(self._map(request, at, "body"), child(at, "body"), operation)
        operation["responses"] = self._responses(self._map(paths, "/paths", "response"))
        if paths.get("deprecated") is True:
            operation["deprecated"] = True
        operation["security"] = security
        components = self._map(self._root, "", "components")
        for name, schema in self._map(components, "/components", "schemas").items():
            pointer = child("/components/schemas", name)
            self._keep(name, self._schema(schema, pointer, plain=True))
        document: dict[str, Any] = {
            "openapi": "3.1.0",
            "info": {"title": heading(self._page), "version": self._page.fragment.revision},
            "paths": {path: {method.lower(): self._mark(operation, "/paths")}},
            "components": {"schemas": self._schemas, "securitySchemes": schemes},
        }
        if paths.get("servers"):
            document["servers"] = paths["servers"]
        return document

    def _error(self, pointer: str, message: str) -> StageError:
        place = f"line {self._text.line(pointer)} ({pointer})"
        return StageError(STAGE, self._page.where, place, message)

    def _mark(self, value: dict[str, Any], pointer: str) -> dict[str, Any]:
        return mark(value, Origin(self._page.fragment.file, pointer, self._text.line(pointer)))

    def _map(self, holder: Any, pointer: str, key: str) -> dict[str, Any]:
        if not is_node(holder):
            raise self._error(pointer, "a mapping was expected")
        value = holder.get(key)
        if value is None:
            return {}
        if not is_node(value):
            raise self._error(child(pointer, key), "a mapping was expected")
        return value

    def _list(self, holder: dict[str, Any], pointer: str, key: str) -> list[dict[str, Any]]:
        value: Any = holder.get(key) or []
        entries = value if is_list(value) else [value]
        for index, entry in enumerate(entries):
            if not is_node(entry):
                raise self._error(child(pointer, key, str(index)), "a list of mappings was expected")
        return entries

    def _security(self, request: dict[str, Any]) -> tuple[list[dict[str, list[str]]], dict[str, Any]]:
        alternatives: list[dict[str, list[str]]] = []
        schemes: dict[str, Any] = {}
        for index, entry in enumerate(self._list(request, "/paths/request", "security")):
            at = child("/paths/request/security", str(index))
            held = [
                (place, name, raw, child(at, "parameters", place, name))
                for place in ("query", "header", "cookie")
                for name, raw in self._map(
                    self._map(entry, at, "parameters"), child(at, "parameters"), place
                ).items()
            ]
            title = str(entry.get("title") or "security")
            alternative: dict[str, list[str]] = {}
            for place, name, raw, pointer in held:
                scheme = title if len(held) == 1 else f"{title}-{name}"
                schemes[scheme] = self._mark(self._scheme(place, name, raw, pointer), pointer)
                alternative[scheme] = []
            if alternative not in alternatives:
                alternatives.append(alternative)
        return alternatives, schemes

    def _scheme(self, place: str, name: str, raw: Any, pointer: str) -> dict[str, Any]:
        if not is_node(raw):
            raise self._error(pointer, "a mapping was expected")
        given = raw
        described = {"description": given["description"]} if "description" in given else {}
        if given.get("type") == "apiKey":
            return {"type": "apiKey", "in": place, "name": name, **described}
        if given.get("type") in ("http", "oauth2", "openIdConnect") and place == "header":
            return {"type": "http", "scheme": str(given.get("scheme") or "bearer").lower(), **described}
        raise self._error(pointer, f"the security type {given.get('type')!r} is unknown")

    def _parameters(self, places: dict[str, Any], at: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for place in places:
            if place not in _PLACES:
                raise self._error(child(at, place), f"parameters go in one of {', '.join(_PLACES)}")
            for name, raw in self._map(places, at, place).items():
                pointer = child(at, place, name)
                if not is_node(raw):
                    raise self._error(pointer, "a mapping was expected")
                found.append(self._parameter(place, name, raw, pointer))
        return found

    def _parameter(self, place: str, name: str, raw: dict[str, Any], pointer: str) -> dict[str, Any]:
        entries = self._list(raw, pointer, "schema")
        if not entries:
            raise self._error(pointer, "a list `schema` with at least one entry was expected")
        parameter: dict[str, Any] = {"name": name, "in": place}
        parameter["required"] = place == "path" or any(entry.get("required") is True for entry in entries)
        for key in ("style", "explode", "allowReserved", "allowEmptyValue", "example"):
            if key in raw:
                parameter[key] = raw[key]
        for source in (raw, *entries):
            if "description" in source:
                parameter.setdefault("description", source["description"])
        if any(entry.get("deprecated") is True for entry in (raw, *entries)):
            parameter["deprecated"] = True
        parameter["schema"] = self._alternatives(entries, child(pointer, "schema"))
        return self._mark(parameter, pointer)

    def _alternatives(self, entries: list[dict[str, Any]], at: str) -> dict[str, Any]:
        schemas = [self._schema(entry, child(at, str(index))) for index, entry in enumerate(entries)]
        if len(schemas) == 1:
            only: dict[str, Any] = schemas[0]
            return only
        joined: dict[str, Any] = self._mark({}, at)
        for key in ("title", "description", "default", "example"):
            held = [schema[key] for schema in schemas if key in schema]
            if held and all(value == held[0] for value in held):
                joined[key] = held[0]
                for schema in schemas:
                    schema.pop(key, None)
        joined["anyOf"] = schemas
        return joined

    def _schema(self, raw: Any, pointer: str, *, plain: bool = False) -> Any:
        # `plain`: below components the form is OpenAPI's own, a boolean `required` can't occur.
        if not is_node(raw):
            raise self._error(pointer, "a mapping was expected")
        schema = unmarked(raw)
        if not plain:
            schema = {
                key: value
                for key, value in schema.items()
                if not isinstance(value, bool) or key != "required"
            }
        for part in parts(schema, "schema", pointer):
            if is_node(part.value):
                self._lower(part.value, part.pointer)
        name = schema.pop("refIdentifier", None)
        if not isinstance(name, str) or not name.startswith(_COMPONENT):
            return schema
        self._keep(name.removeprefix(_COMPONENT), schema)
        return self._mark({"$ref": name}, pointer)

    def _keep(self, name: str, schema: Any) -> None:
        # A component that a body stands for may be listed too, or stand for several bodies: they must agree.
        held = self._schemas.get(name)
        if held is not None:
            provider = self._page.where.partition("/")[0]
            both = (self._plain(held), self._plain(schema))
            schema = Join(provider).schema(*both, name, strict=True)
        self._schemas[name] = schema

    def _plain(self, schema: Any) -> Any:
        document = {"components": {"schemas": {"it": schema}}}
        return normalize(document, self._page.where)["components"]["schemas"]["it"]

    def _lower(self, schema: dict[str, Any], pointer: str) -> None:
        self._mark(schema, pointer)
        required = schema.pop("requiredProperties", None)
        if required:
            schema["required"] = required
        kind = schema.get("type")
        if isinstance(kind, str) and (enum := _ENUM.fullmatch(kind)):
            schema["type"] = enum[1]
        elif kind == "any":
            del schema["type"]
        elif kind == "file":
            schema.update(type="string", format="binary")

    def _body(self, contents: dict[str, Any], at: str, operation: dict[str, Any]) -> None:
        if not contents:
            return
        content: dict[str, Any] = {}
        required = False
        for kind in contents:
            media = self._map(contents, at, kind)
            required = required or any(
                entry.get("required") is True for entry in self._list(media, child(at, kind), "schemaArray")
            )
            content[kind] = self._media(media, child(at, kind))
        operation["requestBody"] = self._mark({"required": required, "content": content}, at)

    def _media(self, raw: dict[str, Any], pointer: str) -> dict[str, Any]:
        media: dict[str, Any] = {}
        entries = self._list(raw, pointer, "schemaArray")
        if entries:
            media["schema"] = self._alternatives(entries, child(pointer, "schemaArray"))
        examples = self._map(raw, pointer, "examples")
        if examples:
            media["examples"] = examples
        return self._mark(media, pointer)

    def _responses(self, statuses: dict[str, Any]) -> dict[str, Any]:
        responses: dict[str, Any] = {}
        at = "/paths/response"
        for status in statuses:
            pointer = child(at, status)
            contents = self._map(statuses, at, status)
            response: dict[str, Any] = {"description": ""}
            content: dict[str, Any] = {}
            for kind in contents:
                media = self._map(contents, pointer, kind)
                response["description"] = response["description"] or str(media.get("description") or "")
                if kind != _NO_CONTENT:
                    content[kind] = self._media(media, child(pointer, kind))
            if content:
                response["content"] = content
            responses[status] = self._mark(response, pointer)
        return responses
