# The template environment of openapi-python-client, made strict.
#
# Rules: a template may ask whether a name exists, but printing, calling or iterating one that does not is
# an error; text of the API document and code made from it can't be printed without an escaping filter.

"""The environment in which templates/client are rendered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import frozen
from jinja2 import Environment, StrictUndefined
from openapi_python_client import Project
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonCode

from codegen.client_parse import CONFIG

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.properties import ModelProperty, Property

    from codegen.client_variants import Variants

TEMPLATES: Final = Path(__file__).parent.parent / "templates"

#: Reader in values.py by kind of property, for the kinds that take no argument.
PLAIN_READERS: Final = {
    "AnyProperty": "anything",
    "BooleanProperty": "boolean",
    "DateProperty": "day",
    "DateTimeProperty": "instant",
    "FileProperty": "anything",
    "FloatProperty": "number",
    "IntProperty": "integer",
    "NoneProperty": "null",
    "StringProperty": "string",
    "UuidProperty": "uuid",
}

#: In a union the reader that accepts least goes first.
PRECEDENCE: Final = {
    kind: rank
    for rank, kinds in enumerate(
        (
            ("NoneProperty", "ConstProperty", "BooleanProperty"),
            ("IntProperty",),
            ("FloatProperty",),
            ("DateTimeProperty", "DateProperty", "UuidProperty"),
            ("EnumProperty", "ModelProperty", "ListProperty"),
            ("StringProperty",),
            ("FileProperty", "AnyProperty", "VariantsProperty"),
        )
    )
    for kind in kinds
}


class Absent(StrictUndefined):
    """A name that does not exist: false when tested, an error in every other use."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # the stub forbids what the class allows
        return False


@frozen
class Member:
    """One alternative of a union, or all its models together."""

    property: Property | None = None
    listed_only: bool = False
    models: tuple[ModelProperty, ...] = ()
    """Models of which the closest one is taken."""
    key: UntrustedString | None = None
    """The property that tells `choices` apart."""
    choices: tuple[tuple[ModelProperty, tuple[UntrustedString, ...]], ...] = ()


def kind(found: object) -> str:
    """The name of a property's class."""
    return type(found).__name__


def members(union: Any) -> list[Member]:
    """The alternatives of a union in the order they are tried.

    An open enum takes any string, so beside another enum or a string it takes its listed values only, and the
    first enum of each type is tried again at the end.
    """
    ordered: list[Any] = sorted(union.inner_properties, key=lambda found: PRECEDENCE[kind(found)])
    enums = [found for found in ordered if kind(found) == "EnumProperty"]
    models = tuple(found for found in ordered if kind(found) == "ModelProperty")
    told = [found.variants for found in ordered if kind(found) == "VariantsProperty"]
    plain = any(kind(found) in {"StringProperty", "AnyProperty"} for found in ordered)
    crowded = len(enums) > 1 or (plain and bool(enums))
    found: list[Member] = []
    for item in ordered:
        if kind(item) == "ModelProperty":
            if item is models[0]:
                found.append(_models(models, told))
        elif kind(item) != "VariantsProperty":
            found.append(Member(item, listed_only=crowded and kind(item) == "EnumProperty"))
    first = {item.value_type: item for item in reversed(enums)}
    return found + [Member(item) for item in first.values() if crowded and not plain]


def _models(models: tuple[ModelProperty, ...], told: list[Variants]) -> Member:
    if not told or any(each.key != told[0].key for each in told):
        return Member(models=models)
    names = {
        value: str(ClassName(name, CONFIG.field_prefix))
        for each in told
        for value, name in each.names.items()
    }
    values = {
        model.class_info.name: tuple(
            UntrustedString(value) for value, name in names.items() if name == model.class_info.name
        )
        for model in models
    }
    choices = tuple(
        (model, values[model.class_info.name]) for model in models if values[model.class_info.name]
    )
    return Member(key=UntrustedString(told[0].key), choices=choices)


def argument(parameter: Any) -> PythonCode:
    """How a parameter is declared: as the parser says, and identifiers and enums may be given as plain strings."""
    kinds = {kind(found) for found in getattr(parameter, "inner_properties", [parameter])}
    declared: PythonCode = parameter.to_string()
    if not kinds & {"UuidProperty", "EnumProperty"} or "StringProperty" in kinds:
        return declared
    own = parameter.get_type_string(no_optional=True).as_unembedded_code()
    start = f"{parameter.python_name}: {own}"
    return PythonCode(f"{start} | str{declared.as_unembedded_code().removeprefix(start)}")


def environment(data: GeneratorData) -> Environment:
    """The environment for one provider's document."""
    project = Project(openapi=data, config=CONFIG, custom_template_path=TEMPLATES / "client")
    found = project.env
    found.undefined = Absent
    found.finalize = _printed
    found.filters.update(argument=argument, kind=kind, members=members, name=_name, prose=_prose)
    cast("dict[str, Any]", found.globals)["plain_readers"] = PLAIN_READERS
    return found


def _printed(value: object) -> object:
    if isinstance(value, UntrustedString | PythonCode) or value is None:
        raise TypeError(f"a template prints a {type(value).__name__} without escaping it")
    return value


def _name(value: type) -> str:
    return value.__name__


def _prose(text: str) -> str:
    """Paragraphs kept, the line breaks inside them not."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", text) if part.strip())
