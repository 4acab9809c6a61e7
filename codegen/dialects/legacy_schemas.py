# Schemas of the flattened fenced form.
#
# Rules: properties are wrapped in a one-item allOf, their siblings (a $ref among them) kept; requiredProperties is
# `required`; refIdentifier names the component an entry stands for, several entries with the same one are its
# alternatives; several entries (of a parameter, a body, a response) are alternatives. `required` of an entry belongs
# to the parameter or the body. `type: any` is no type, `enum<string>` is string, `file` is binary text. A component
# that is listed and also stands for an entry must say the same in both places; the form writes out the allOf of an
# entry, so the listed one stands where it is composed.

"""Turn entries of the flattened form into OpenAPI schemas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen.errors import StageError
from codegen.join import Join
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.normalize import normalize
from codegen.pointer import child
from codegen.structure import Origin, mark, note, origins, parts, unmarked

if TYPE_CHECKING:
    from codegen.sources import Page
    from codegen.yamltext import Yaml

STAGE = "read"
_ENUM = re.compile(r"enum<(\w+)>")
_ARRAY = re.compile(r"(?:array<(\w+)>|(\w+)\[\])")
_COMPONENT = "#/components/schemas/"
_SHARED = ("title", "description", "default", "example", "deprecated")


class Schemas:
    """The components of a page, filled as its entries are read."""

    def __init__(self, page: Page, text: Yaml) -> None:
        self._page = page
        self._text = text
        self.components: Node = {}

    def error(self, pointer: str, message: str) -> StageError:
        """An error at a place of the page."""
        place = f"line {self._text.line(pointer)} ({pointer})"
        return StageError(STAGE, self._page.where, place, message)

    def mark(self, value: Node, pointer: str) -> Node:
        """Mark a part with its place on the page, in place."""
        return mark(value, Origin(self._page.fragment.file, pointer, self._text.line(pointer)))

    def listed(self, components: Node) -> None:
        """Take in the components that the page lists."""
        for name, raw in components.items():
            pointer = child("/components/schemas", name)
            self._keep(name, self._lowered(raw, pointer))

    def alternatives(self, entries: list[Node], at: str) -> Node:
        """The schema that several entries are: the only one, or any of them."""
        schemas: list[Node] = []
        names = [self._name(entry) for entry in entries]
        for index, entry in enumerate(entries):
            pointer, name = child(at, str(index)), names[index]
            schema = self._entry(entry, pointer)
            if not name:
                schemas.append(schema)
            elif names.count(name) == 1:
                self._keep(name, schema)
                schemas.append(self.mark({"$ref": f"{_COMPONENT}{name}"}, pointer))
            elif name not in names[:index]:
                several = [
                    self._entry(each, child(at, str(i))) for i, each in enumerate(entries) if names[i] == name
                ]
                self._keep(name, self._any_of(several, at))
                schemas.append(self.mark({"$ref": f"{_COMPONENT}{name}"}, pointer))
        return self._any_of(schemas, at)

    def _any_of(self, schemas: list[Node], at: str) -> Node:
        if len(schemas) == 1:
            return schemas[0]
        joined = self.mark({}, at)
        for key in _SHARED:
            held = [schema[key] for schema in schemas if key in schema]
            if held and all(value == held[0] for value in held):
                joined[key] = held[0]
                for schema in schemas:
                    schema.pop(key, None)
        joined["anyOf"] = schemas
        return joined

    def _name(self, entry: Node) -> str:
        name = entry.get("refIdentifier")
        return name.removeprefix(_COMPONENT) if isinstance(name, str) and name.startswith(_COMPONENT) else ""

    def _entry(self, raw: Node, pointer: str) -> Node:
        own = {key: value for key, value in raw.items() if key != "required" or is_list(value)}
        schema: Node = self._lowered(own, pointer)
        return schema

    def _lowered(self, raw: Any, pointer: str) -> Any:
        schema = unmarked(raw)
        if isinstance(schema, bool):
            return schema
        if not is_node(schema):
            raise self.error(pointer, f"a schema was expected, not {str(raw)[:40]!r}")
        for part in parts(schema, "schema", pointer):
            if is_node(part.value):
                self._lower(part.value, part.pointer)
        return schema

    def _lower(self, schema: Node, pointer: str) -> None:
        self.mark(schema, pointer)
        schema.pop("refIdentifier", None)
        required = schema.pop("requiredProperties", None)
        if required:
            schema["required"] = required
        kind = schema.get("type")
        if not isinstance(kind, str):
            return
        if enum := _ENUM.fullmatch(kind):
            schema["type"] = enum[1]
        elif array := _ARRAY.fullmatch(kind):
            schema["type"] = "array"
            schema.setdefault("items", self.mark({"type": array[1] or array[2]}, pointer))
        elif kind == "any":
            del schema["type"]
        elif kind == "file":
            schema.pop("contentEncoding", None)
            schema.update(type="string", format="binary")

    def _keep(self, name: str, schema: Any) -> None:
        held = self.components.get(name)
        if held is None:
            self.components[name] = schema
            return
        provider = self._page.where.partition("/")[0]
        one, two = self._plain(held), self._plain(schema)
        try:
            self.components[name] = Join(provider).schema(one, two, name, strict=True)
        except StageError:
            composed, flat = (held, two) if _composition(one) else (schema, one)
            written = self._written_out(composed, frozenset())
            if (
                not _composition(self._plain(composed))
                or written.keys() != node_at(flat, "properties").keys()
            ):
                raise
            told = f"{name} is written out on the page where it is used; as listed it is a composition, which stands"
            note(composed, told)
            mark(composed, *(origin for part in parts(flat, "schema") for origin in origins(part.value)))
            self.components[name] = composed

    def _plain(self, schema: Any) -> Any:
        document = {"components": {"schemas": {"it": schema}}}
        return normalize(document, self._page.where)["components"]["schemas"]["it"]

    def _written_out(self, schema: Any, seen: frozenset[str]) -> Node:
        # Every property of a schema and of what it is composed of.
        if not is_node(schema):
            return {}
        found = dict(node_at(schema, "properties"))
        reference = str(schema.get("$ref", "")).removeprefix(_COMPONENT)
        if reference and reference not in seen:
            listed = node_at(node_at(node_at(self._text.value, "components"), "schemas"), reference)
            found |= self._written_out(self.components.get(reference, listed), seen | {reference})
        for key in ("allOf", "anyOf", "oneOf"):
            for each in list_at(schema, key):
                found |= self._written_out(each, seen)
        return found


def _composition(schema: Any) -> bool:
    return is_node(schema) and any(key in schema for key in ("allOf", "anyOf", "oneOf"))
