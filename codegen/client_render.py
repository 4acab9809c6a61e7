# What openapi-python-client parsed, rendered with templates/client.
#
# Rules: one function per kind of file, each from value to text; which classes a file imports, and whether
# at import or at call time, is worked out here (models may refer to each other in circles); nothing is
# written to disk.

"""The attrs side of a raw client: models, operations, client and package files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import Environment, TemplateError
from openapi_python_client.parser.properties import Class, EnumProperty, ModelProperty, Property
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonCode, in_f_string_literal

from codegen.client_environment import environment, kind
from codegen.client_keys import key_of
from codegen.client_outcomes import outcomes, result
from codegen.client_parse import CONFIG, endpoints, identity, operations, resolve
from codegen.errors import StageError
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint

    from codegen.client_lower import Lowered
    from codegen.spec import Spec

#: Files of the package itself, the same for every provider.
SHARED: Final = {"__init__.py": "root_init", "client.py": "client", "http.py": "http", "values.py": "values"}
RESERVED_GROUPS: Final = frozenset({"api", "client", "models", "schemas", "wire"})
RESERVED_PROPERTIES: Final = frozenset({"additional_properties", "from_dict", "to_dict"})


def shared_files(env: Environment) -> dict[str, str]:
    """The files every provider's client imports."""
    files = {path: _render(env, f"{name}.py.jinja", {}) for path, name in SHARED.items()}
    return files | {"py.typed": ""}


def client_files(
    spec: Spec, lowered: Lowered, data: GeneratorData, package: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The shared files and those of one provider, by path."""
    env = environment(data)
    files = dict(_models(env, spec, data))
    groups: dict[str, list[str]] = {}
    stated = {identity(op, method): (path, op) for path, method, op, _ in operations(spec.document)}
    for endpoint in endpoints(data):
        group, name = str(endpoint.tags[0]), str(endpoint.name)
        groups.setdefault(group, []).append(name)
        text = _operation(env, spec, lowered, endpoint, stated[group, name, endpoint.method])
        _add(files, spec, f"api/{group}/{name}.py", text)
    for group, names in groups.items():
        if group in RESERVED_GROUPS:
            raise _clash(spec, "/paths", f"the group {group!r} has the name of a module of the client")
        context = {"group": group, "operations": sorted(names)}
        _add(files, spec, f"api/{group}/__init__.py", _render(env, "group_init.py.jinja", context))
    context = _package(spec, package, sorted(groups))
    for path, template in (
        ("__init__.py", "package_init"),
        ("client.py", "provider_client"),
        ("api/__init__.py", "api_init"),
    ):
        _add(files, spec, path, _render(env, f"{template}.py.jinja", context))
    return shared_files(env), files


def _package(spec: Spec, package: str, groups: list[str]) -> dict[str, Any]:
    key = key_of(spec)
    return {
        "title": UntrustedString(spec.title),
        "base_url": UntrustedString(spec.base_url),
        "revision": UntrustedString(spec.revision),
        "sha256": UntrustedString(spec.sha256),
        "key_in": UntrustedString(key.place),
        "key_header": UntrustedString(key.name),
        "key_prefix": UntrustedString(key.prefix),
        "package": package,
        "provider": spec.name,
        "groups": groups,
    }


def _models(env: Environment, spec: Spec, data: GeneratorData) -> Iterator[tuple[str, str]]:
    classes: dict[str, Class] = {}
    names = cast("Mapping[str, Any]", spec.document.get("components", {}).get("schemas", {}))
    pointers = {
        str(ClassName(name, CONFIG.field_prefix)): child("/components/schemas", name) for name in names
    }
    for found in [*data.models, *data.enums]:
        info = found.class_info
        if info.module_name.lower() in classes or info.module_name == "__init__":
            raise _clash(
                spec, "/components/schemas", f"two components would become models/{info.module_name}.py"
            )
        classes[info.module_name.lower()] = info
        pointer = pointers.get(str(info.name), "")
        if isinstance(found, ModelProperty):
            text = _model(env, spec, found, pointer)
        else:
            context = {"enum": found, "sources": _sources(spec, pointer)}
            text = _render(env, "enum.py.jinja", context)
        yield f"models/{info.module_name}.py", text
    ordered = sorted(classes.values(), key=lambda info: info.name)
    named = {"provider": spec.name, "classes": ordered}
    yield "models/__init__.py", _render(env, "models_init.py.jinja", named)
    yield "models/__init__.pyi", _render(env, "models_stub.pyi.jinja", named)


def _sources(spec: Spec, pointer: str) -> list[UntrustedString]:
    """The addresses of the pages that state a part of the document."""
    places = [spec.sources.get(origin.file) for origin in spec.provenance.get(pointer, ())]
    return [UntrustedString(place) for place in dict.fromkeys(places) if place]


def _model(env: Environment, spec: Spec, model: ModelProperty, pointer: str) -> str:
    properties = [*(model.required_properties or []), *(model.optional_properties or [])]
    for found in properties:
        if found.python_name in RESERVED_PROPERTIES:
            name = found.name.get_untrusted_value()
            message = f"{model.class_info.name}.{name} has the name of a method of every model"
            raise _clash(spec, pointer and child(pointer, "properties", name), message)
    extra = [model.additional_properties] if model.additional_properties else []
    imports = _imports([*properties, *extra], besides=model.class_info)
    return _render(
        env, "model.py.jinja", {"model": model, "imports": imports, "sources": _sources(spec, pointer)}
    )


def _operation(
    env: Environment,
    spec: Spec,
    lowered: Lowered,
    endpoint: Endpoint,
    stated: tuple[str, Mapping[str, Any]],
) -> str:
    path, operation = stated
    replies = lowered.replies.get((path, endpoint.method), {})
    found = outcomes(endpoint, lambda status: replies.get(status, ()))
    styles = _styles(lowered, path, endpoint)
    parameters = [parameter for _, parameter in endpoint.iter_all_parameters()]
    pointer = child("/paths", path, endpoint.method)
    body = _body(endpoint, spec, operation, pointer)
    bodies = [each.prop for each in endpoint.bodies]
    imports = _imports([*parameters, *bodies, *(each.property for each in found if each.success)])
    used = [each.property for each in found if each.form == "json"]
    parsed = _imports(used)
    in_signature = {info.name for info in _imports(parameters)["enums"]}
    models = {
        info.name: info for info in [*imports["models"], *imports["enums"]] if info.name not in in_signature
    }
    lazy = {
        info.name: info for info in [*parsed["models"], *parsed["enums"]] if info.name not in in_signature
    }
    context = {
        "endpoint": endpoint,
        "path": UntrustedString(path),
        "operation": f"{endpoint.tags[0]}.{endpoint.name}",
        "provider": spec.name,
        "outcomes": found,
        "result": result(found),
        "body": body,
        "named": [*endpoint.query_parameters, *endpoint.header_parameters, *endpoint.cookie_parameters],
        "path_expression": _path(endpoint, styles["path"]),
        "styles": styles,
        "deprecated": operation.get("deprecated") is True,
        "sources": _sources(spec, pointer),
        "imports": {
            "library": imports["library"],
            "enums": _imports(parameters)["enums"],
            "models": [models[name] for name in sorted(models)],
            "parsed": [lazy[name] for name in sorted(lazy)],
        },
    }
    return _render(env, "endpoint_module.py.jinja", context)


def _body(
    endpoint: Endpoint, spec: Spec, operation: Mapping[str, Any], pointer: str
) -> dict[str, Any] | None:
    if not endpoint.bodies:
        return None
    kinds = [body.content_type.get_untrusted_value() for body in endpoint.bodies]
    types: dict[str, None] = {}
    for body in endpoint.bodies:
        types[body.prop.get_type_string(no_optional=True).as_unembedded_code()] = None
        if isinstance(body.prop, ModelProperty) and not body.prop.python_name.startswith("_"):
            types[f"_wire.{body.prop.class_info.name}"] = None
    node = cast("Mapping[str, Any]", resolve(spec.document, operation.get("requestBody", {})))
    text = node.get("description")
    return {
        "annotation": PythonCode(" | ".join(types)),
        "required": all(body.prop.required for body in endpoint.bodies),
        "content_types": [UntrustedString(kind) for kind in kinds],
        "parts": _parts(spec, node, child(pointer, "requestBody")),
        "description": UntrustedString(str(text)) if text else None,
    }


def _parts(
    spec: Spec, body: Mapping[str, Any], pointer: str
) -> list[tuple[UntrustedString, UntrustedString]]:
    """Content types that are stated for the parts of a body."""
    found: list[tuple[UntrustedString, UntrustedString]] = []
    for content_type, media in cast("Mapping[str, Any]", body.get("content", {})).items():
        for name, encoding in cast("Mapping[str, Any]", media.get("encoding", {})).items():
            if not content_type.startswith("multipart/") or encoding.keys() - {"contentType"}:
                what = f"the part {name!r} of a {content_type} body"
                raise _clash(spec, pointer, f"{what} is encoded in a way that can't be generated")
            types = str(encoding.get("contentType", "")).split(",")
            if types != [""]:
                found.append((UntrustedString(name), UntrustedString(types[0].strip())))
    return found


def _styles(lowered: Lowered, path: str, endpoint: Endpoint) -> dict[str, dict[UntrustedString, str]]:
    """Parameters that are not written in the usual way, by their place."""
    return {
        place: {
            UntrustedString(name): style
            for (where, name), style in lowered.styles.get((path, endpoint.method), {}).items()
            if where == place
        }
        for place in ("path", "query", "header", "cookie")
    }


def _path(endpoint: Endpoint, styles: Mapping[UntrustedString, str]) -> PythonCode:
    """The path as an f-string in which every parameter is percent-encoded."""
    text = endpoint.path.get_untrusted_value()
    parts: list[str] = []
    for parameter in endpoint.path_parameters:
        before, _, text = text.partition(f"{{{parameter.python_name}}}")
        style = styles.get(parameter.name)
        name = (
            parameter.name.get_untrusted_value()
        )  # the parser takes no name but one of letters, digits, _ and -
        given = f"{parameter.python_name}, {name!r}, {style!r}" if style else parameter.python_name
        parts += [in_f_string_literal(before), f"{{_http.segment({given})}}"]
    parts.append(in_f_string_literal(text))
    return PythonCode(
        f'f"{"".join(parts)}"' if endpoint.path_parameters else f'"{in_f_string_literal(text)}"'
    )


def _imports(properties: Iterable[Property], besides: Class | None = None) -> dict[str, Any]:
    library: set[str] = set()
    enums: dict[str, Class] = {}
    models: dict[str, Class] = {}
    for found in _leaves(properties):
        if isinstance(found, ModelProperty):
            models[found.class_info.name] = found.class_info
        elif isinstance(found, EnumProperty):
            enums[found.class_info.name] = found.class_info
        elif kind(found) in {"DateProperty", "DateTimeProperty"}:
            library.add("import datetime")
        elif kind(found) == "UuidProperty":
            library.add("from uuid import UUID")
    if besides is not None:
        models.pop(besides.name, None)
    return {
        "library": sorted(library),
        "enums": [enums[name] for name in sorted(enums)],
        "models": [models[name] for name in sorted(models)],
    }


def _leaves(properties: Iterable[Property]) -> Iterator[Property]:
    for found in properties:
        if kind(found) == "ListProperty":
            yield from _leaves([cast("Any", found).inner_property])
        elif kind(found) == "UnionProperty":
            yield from _leaves(cast("Any", found).inner_properties)
        else:
            yield found


def _add(files: dict[str, str], spec: Spec, path: str, text: str) -> None:
    if path in files:
        raise _clash(spec, "/paths", f"two operations would become {path}")
    files[path] = text


def _render(env: Environment, template: str, context: Mapping[str, Any]) -> str:
    try:
        return env.get_template(template).render(**context)
    except (TemplateError, TypeError) as problem:
        message = f"{type(problem).__name__}: {problem}"
        raise StageError(
            "generate", f"templates/client/{template}", "", message, "correct the template"
        ) from problem


def _clash(spec: Spec, pointer: str, message: str) -> StageError:
    where = f"{spec.name}/openapi.yaml"
    hint = "give it another name in sources.toml or amendments.yaml"
    return StageError("generate", where, pointer, message, hint)
