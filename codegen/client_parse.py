# A normalized document read by openapi-python-client's parser.
#
# Rules: the parser gets a copy without titles (classes are named as the components, not as a page words
# them); every option is set here and nothing is read from a file; whatever the parser reports, be it called
# a warning, stops the pipeline, since each of its warnings means something was left out. What the parser
# drops without a word and templates need, descriptions above all, is put back here.

"""The document as openapi-python-client understands it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from openapi_python_client.config import Config, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.properties import AnyProperty, EnumProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.schema import ParameterLocation
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import (
    ClassName,
    PythonCode,
    PythonIdentifier,
    in_double_quote_literal,
    remove_string_escapes,
)

from codegen.errors import StageError
from codegen.naming import pinned, public
from codegen.pointer import child

if TYPE_CHECKING:
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties import ModelProperty, Property

    from codegen.client_lower import Lowered
    from codegen.client_variants import Variants

#: Keys whose value maps names to schemas: what stands under them is no keyword.
NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "schemas"})
#: Keys whose value is data, never a schema.
DATA = frozenset({"example", "examples", "default", "enum", "const"})
#: How the parser says which operation, or which component, a warning is about.
_OPERATION = re.compile(r"WARNING parsing ([A-Z]+) (\S+) within")
_SCHEMA = re.compile(r"Unable to (?:parse|process) schema (/components/schemas/[^\s:]+)")
#: Names of our own in a generated function.
TAKEN = frozenset({"body", "build", "content_type", "headers", "timeout"})

# A file is its bytes, or its bytes with a name and a type.
FileProperty._type_string = "_http.File | bytes"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
# http.py writes everything everywhere.
PropertyProtocol._allowed_locations = set(ParameterLocation)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _spelt(convert: Callable[[EnumProperty, Any], Any]) -> Callable[[EnumProperty, Any], Any]:
    """A default of an enumeration is looked up as the parser spells its values: escaped."""

    def converted(made: EnumProperty, value: Any) -> Any:
        return convert(made, in_double_quote_literal(value) if isinstance(value, str) else value)

    return converted


setattr(EnumProperty, "convert_value", _spelt(EnumProperty.convert_value))  # noqa: B010  # a plain one is no method

CONFIG = Config(
    meta_type=MetaType.NONE,
    class_overrides={},
    project_name_override="raw",
    package_name_override="raw",
    package_version_override="0",
    use_path_prefixes_for_title_model_names=True,
    post_hooks=[],
    docstrings_on_attributes=False,
    field_prefix="field_",
    generate_all_tags=False,
    http_timeout=1,
    literal_enums=False,
    document_source="",
    file_encoding="utf-8",
    content_type_overrides={},
    overwrite=True,
    output_path=None,
)


def without(schema: Any, *keywords: str) -> Any:
    """A copy of a document in which no schema has these keywords."""
    if isinstance(schema, list):
        return [without(item, *keywords) for item in cast("Sequence[Any]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, value in cast("Mapping[str, Any]", schema).items():
        if key in DATA:
            found[key] = value
        elif key in NAMED and isinstance(value, Mapping):
            named = cast("Mapping[str, Any]", value)
            found[key] = {name: without(item, *keywords) for name, item in named.items()}
        elif key not in keywords:
            found[key] = without(value, *keywords)
    return found


class VariantsProperty(AnyProperty):
    """Among the alternatives of a union: a property tells which one it is, and a new one may come."""

    _type_string: ClassVar[str] = "_values.Other"
    variants: Variants


def parse(name: str, lowered: Lowered) -> GeneratorData:
    """Read a provider's document.

    Raises:
        StageError: The parser would leave something out.
    """
    document = lowered.document
    plain = without(document, "title") | {"info": {"title": name, "version": "0"}}
    try:
        data = GeneratorData.from_dict(plain, config=CONFIG)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        # The parser reports most things; on what it did not expect it raises.
        raise _error(name, f"{type(problem).__name__}: {problem}", "") from problem
    if isinstance(data, GeneratorError):
        raise _error(name, _reason(data), "")
    problems = [*data.errors, *(e for c in data.endpoint_collections_by_tag.values() for e in c.parse_errors)]
    if problems:
        message = "; ".join(_reason(problem) for problem in problems)
        raise _error(name, message, _pointer(message))
    stated = {
        _parsed(op, method): (identity(op, method), parameters)
        for _, method, op, parameters in operations(document)
    }
    for endpoint in endpoints(data):
        (group, own, _), parameters = stated[str(endpoint.tags[0]), str(endpoint.name), endpoint.method]
        endpoint.tags, endpoint.name = [cast("PythonIdentifier", group)], cast("PythonIdentifier", own)
        _prepare(endpoint, parameters)
        for body in endpoint.bodies:
            kind = body.content_type.get_untrusted_value()
            body.content_type = UntrustedString(lowered.contents.get(kind, kind))
    for found in properties_of(data):
        _tell_apart(found, lowered.variants)
    components = cast("Mapping[str, Any]", document.get("components", {}).get("schemas", {}))
    properties = {
        str(ClassName(name, CONFIG.field_prefix)): schema.get("properties", {})
        for name, schema in components.items()
    }
    for model in data.models:
        _describe(model, properties.get(str(model.class_info.name), {}))
    return data


def endpoints(data: GeneratorData) -> Iterator[Endpoint]:
    """All operations, in the order of their groups and names."""
    for _, collection in sorted(data.endpoint_collections_by_tag.items()):
        yield from sorted(collection.endpoints, key=lambda endpoint: endpoint.name)


def resolve(document: Mapping[str, Any], node: Any) -> Any:
    """Follow local references; they were checked by the gate."""
    seen: set[str] = set()
    while isinstance(node, Mapping) and "$ref" in node:
        reference = str(cast("Mapping[str, Any]", node)["$ref"])
        if reference in seen or not reference.startswith("#/"):
            raise StageError("generate", "openapi.yaml", reference, "the reference can't be followed")
        seen.add(reference)
        node = document
        for token in reference[2:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901
            if not isinstance(node, Mapping) or token not in node:
                raise StageError("generate", "openapi.yaml", reference, "the reference can't be followed")
            node = cast("Mapping[str, Any]", node)[token]
    return cast("Any", node)


def operations(
    document: Mapping[str, Any],
) -> Iterator[tuple[str, str, Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Every operation: path, method, the operation, its parameters (those of the path included)."""
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    for path, item in cast("Mapping[str, Any]", document.get("paths", {})).items():
        for method in methods:
            if (operation := item.get(method)) is None:
                continue
            found: dict[tuple[str, str], Mapping[str, Any]] = {}
            for node in [*item.get("parameters", []), *operation.get("parameters", [])]:
                parameter = cast("Mapping[str, Any]", resolve(document, node))
                found[parameter["name"], parameter["in"]] = parameter
            yield path, method, operation, list(found.values())


def identity(operation: Mapping[str, Any], method: str) -> tuple[str, str, str]:
    """An operation as Python users name it: group, name and method."""
    group, name = pinned(operation)
    own = _parsed(operation, method)
    # The parser puts an underscore behind the names of builtins too; a module may have them.
    return (
        public(group) if own[0] == f"{group}_" else own[0],
        public(name) if own[1] == f"{name}_" else own[1],
        method,
    )


def _parsed(operation: Mapping[str, Any], method: str) -> tuple[str, str, str]:
    """An operation as the parser names it."""
    group, name = pinned(operation)
    return PythonIdentifier(group, prefix="tag"), PythonIdentifier(name, prefix=CONFIG.field_prefix), method


def properties_of(data: GeneratorData) -> Iterator[Property]:
    """Every property the parser has made, those inside others too."""
    waiting: list[Any] = []
    for model in data.models:
        waiting += [*(model.required_properties or []), *(model.optional_properties or [])]
        waiting += [model.additional_properties] if model.additional_properties else []
    for endpoint in endpoints(data):
        waiting += [found for _, found in endpoint.iter_all_parameters()]
        waiting += [body.prop for body in endpoint.bodies]
        waiting += [response.prop for response in endpoint.responses]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += getattr(found, "inner_properties", [])
            waiting += [found.inner_property] if hasattr(found, "inner_property") else []


def _tell_apart(found: Any, variants: Mapping[str, Variants]) -> None:
    """Put a discriminator in the place of the constant that stands for it."""
    inner: list[Any] = getattr(found, "inner_properties", [])
    for index, each in enumerate(inner):
        marker = each.value.raw_value if isinstance(each, ConstProperty) else None
        if isinstance(marker, str) and marker in variants:
            # Its name is that of the alternative, so nothing is printed from it.
            stands: Any = VariantsProperty(
                name=each.name,
                required=True,
                default=None,
                python_name=each.python_name,
                description=None,
                example=None,
            )
            stands.variants = variants[marker]
            inner[index] = stands


def _prepare(endpoint: Endpoint, stated: list[Mapping[str, Any]]) -> None:
    """Give parameters the descriptions the parser drops, and names that are free."""
    described = {(p["in"], p["name"]): p.get("description") for p in stated}
    for location, found in endpoint.iter_all_parameters():
        text = described.get((location.value, found.name.get_untrusted_value()))
        if text:
            own = found.description.get_untrusted_value() if found.description else ""
            words = str(text) if own in str(text) else f"{str(text).rstrip()}\n\n{own}"
            found.description = UntrustedString(words)
        if location.value == "path":
            found.default = None  # a path parameter is always given
        _respell(found)
        if found.python_name in TAKEN:
            new = f"{found.python_name}_{location.value}"
            path = endpoint.path.get_untrusted_value().replace(f"{{{found.python_name}}}", f"{{{new}}}")
            endpoint.path = UntrustedString(path)
            found.set_python_name(UntrustedString(new), config=CONFIG)


def _describe(model: ModelProperty, stated: Mapping[str, Any]) -> None:
    """Give properties what stands beside their `$ref`, and string defaults their own spelling."""
    for found in [*(model.required_properties or []), *(model.optional_properties or [])]:
        node = stated.get(found.name.get_untrusted_value())
        if isinstance(node, Mapping) and (text := cast("Mapping[str, Any]", node).get("description")):
            found.description = UntrustedString(str(text))
        _respell(found)


def _respell(found: Property) -> None:
    """Undo the parser's second escaping of string defaults: `repr` alone is a safe literal."""
    default = found.default
    if default is None or not isinstance(raw := default.raw_value, str):
        return
    if default.python_code == PythonCode(repr(remove_string_escapes(raw))):
        default.python_code = PythonCode(repr(raw))


def _reason(problem: GeneratorError) -> str:
    parts = [problem.header.strip(), (problem.detail or "").strip()]
    if isinstance(problem, ParseError) and problem.data is not None:
        parts.append(problem.data.model_dump_json(exclude_none=True, exclude_defaults=True)[:300])
    return " ".join(part for part in parts if part)


def _pointer(message: str) -> str:
    """The place the parser's warnings are about; a component before the operations that lack it."""
    if found := _SCHEMA.search(message):
        return found[1]
    return child("/paths", found[2], found[1].lower()) if (found := _OPERATION.search(message)) else ""


def _error(name: str, message: str, pointer: str) -> StageError:
    hint = "openapi-python-client would leave this out; correct it in amendments.yaml"
    return StageError("generate", f"{name}/openapi.yaml", pointer, " ".join(message.split()), hint)
