# wire.py and schemas.py by datamodel-code-generator, a second and independent reading of the same document.
#
# Rules: every option we rely on is set here, the library's defaults are dated and move; nothing is fetched;
# a warning is an error. Both files get a copy of the document without titles and with the component names
# that openapi-python-client's classes have, so that a component has one name everywhere. The TypedDicts
# show the JSON itself, so they know no formats: a timestamp is a str. Enums are open, so both files have
# them as str.

"""The TypedDicts and the pydantic models of a document."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from datamodel_code_generator import Error, generate
from datamodel_code_generator.enums import DataModelType, InputFileType, OpenAPIScope
from datamodel_code_generator.format import DatetimeClassType, PythonVersion
from openapi_python_client.strings import ClassName

from codegen.client_parse import without
from codegen.errors import StageError
from codegen.pointer import child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "schemas"
Form = Literal["wire", "schemas"]

COMMON: Final[dict[str, Any]] = {
    "allow_remote_refs": False,
    "allow_private_network": False,
    "custom_template_dir": TEMPLATES,
    "disable_timestamp": True,
    "encoding": "utf-8",
    "enum_field_as_literal": None,
    "extra_fields": "allow",
    "formatters": [],  # everything is formatted once, at the end
    "ignore_enum_constraints": True,
    "input_file_type": InputFileType.OpenAPI,
    "keep_model_order": True,
    "openapi_scopes": [OpenAPIScope.Schemas],
    "snake_case_field": False,
    "strict_refs": True,
    "target_python_version": PythonVersion.PY_311,
    "treat_dot_as_module": False,
    "use_double_quotes": True,
    "use_schema_description": True,
    "use_standard_collections": True,
    "use_title_as_name": False,
    "use_union_operator": True,
}
OPTIONS: Final[dict[Form, dict[str, Any]]] = {
    "wire": {
        "output_model_type": DataModelType.TypingTypedDict,
        "use_closed_typed_dict": False,
        "use_type_alias": True,
    },
    "schemas": {
        "collapse_root_models": True,
        "output_datetime_class": DatetimeClassType.Awaredatetime,
        "output_model_type": DataModelType.PydanticV2BaseModel,
        "use_annotated": True,
    },
}
TITLES: Final = {
    "wire": "The shapes of {}'s JSON, for type checkers; nothing here costs anything at run time.",
    "schemas": "The pydantic models of {}'s JSON; needs the extra `schemas`.",
}
EMPTY: Final = "from __future__ import annotations\n"


def schema_file(form: Form, name: str, document: Mapping[str, Any]) -> str:
    """Generate wire.py or schemas.py.

    Raises:
        StageError: datamodel-code-generator warns or fails.
    """
    header = f'"""{TITLES[form].format(name)}"""\n\n'
    components = cast("Mapping[str, Any]", document.get("components", {}))
    if not components.get("schemas"):
        return header + EMPTY
    dropped = ("title", "format", "default") if form == "wire" else ("title",)
    plain = _renamed(without(document, *dropped)) | {"info": {"title": name, "version": "0"}}
    text = _generated(form, plain)
    if isinstance(text, Exception):
        raise _error(name, form, text, _culprit(form, plain, list(components["schemas"]))) from text
    return header + text.partition("from __future__")[1] + text.partition("from __future__")[2]


def _generated(form: Form, document: Mapping[str, Any]) -> str | Exception:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            text = generate(json.dumps(document), **COMMON, **OPTIONS[form])
        except Exception as problem:  # noqa: BLE001  # its own, pydantic's, jinja's: they have no common root
            return problem
    return text if isinstance(text, str) else Error("it made more than one module")


def _culprit(form: Form, document: Mapping[str, Any], stated: list[str]) -> str:
    """The pointer of a component that the generator can't take, found by leaving out the others by halves."""
    schemas = cast("Mapping[str, Any]", document["components"]["schemas"])
    suspects = list(zip(stated, schemas, strict=True))
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        suspects = half if _fails(form, document, {name for _, name in half}) else suspects[len(half) :]
    if not _fails(form, document, {name for _, name in suspects}):
        return ""  # it takes several of them
    return child("/components/schemas", suspects[0][0])


def _fails(form: Form, document: Mapping[str, Any], kept: set[str]) -> bool:
    schemas = cast("Mapping[str, Any]", document["components"]["schemas"])
    reduced = {name: schema if name in kept else {"type": "object"} for name, schema in schemas.items()}
    components = {**document["components"], "schemas": reduced}
    return isinstance(_generated(form, {**document, "components": components}), Exception)


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """The components under the names of their classes."""
    components = dict(document["components"])
    names = {name: str(ClassName(name, "field_")) for name in components["schemas"]}
    if len(set(names.values())) < len(names):
        raise StageError(
            "generate", "openapi.yaml", "/components/schemas", "two components have one class name"
        )
    components["schemas"] = {names[name]: schema for name, schema in components["schemas"].items()}
    return cast("dict[str, Any]", _referenced(document | {"components": components}, names))


def _referenced(node: Any, names: Mapping[str, str]) -> Any:
    prefix = "#/components/schemas/"
    if isinstance(node, list):
        return [_referenced(item, names) for item in cast("Sequence[Any]", node)]
    if not isinstance(node, dict):
        return node
    found = {key: _referenced(value, names) for key, value in cast("dict[str, Any]", node).items()}
    reference = found.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#/"):
        # The generator would look for it in the working folder.
        raise StageError("generate", "openapi.yaml", reference, "a reference leaves the document")
    if isinstance(reference, str) and reference.startswith(prefix):
        name = reference.removeprefix(prefix)
        found["$ref"] = prefix + names.get(name, name)
    return found


def _error(name: str, form: str, problem: Exception, pointer: str) -> StageError:
    message = f"{form}.py: {type(problem).__name__}: {' '.join(str(problem).split())[:500]}"
    hint = "datamodel-code-generator can't take this; correct it in amendments.yaml"
    return StageError("generate", f"{name}/openapi.yaml", pointer, message, hint)
