# What an operation may answer: one Outcome per documented status, in the order they are tested.
#
# Rules: 2xx is success and gives the operation its type, all else raises; `default` means what no other
# entry names, so it is an error unless no success is documented at all.

"""The documented replies of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen
from openapi_python_client.schema import Response as Described
from openapi_python_client.strings import PythonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties import Property
    from openapi_python_client.parser.responses import Response
    from openapi_python_client.schema.untrusted_string import UntrustedString

Form = Literal["json", "bytes", "text", "none"]
FORMS: dict[str, Form] = {"Any": "json", "bytes": "bytes", "str": "text", "None": "none"}
#: What `parse` returns for a form, where it is not the property's own type.
TYPES: dict[Form, str] = {"bytes": "bytes", "text": "str", "none": "None"}


@frozen
class Outcome:
    """One documented reply."""

    status: str
    test: PythonCode
    success: bool
    form: Form
    property: Property
    description: UntrustedString | None
    others: tuple[Form, ...] = ()
    """Further forms the body may have, by its content type."""


def outcomes(endpoint: Endpoint, forms: Callable[[str], tuple[Form, ...]]) -> list[Outcome]:
    """The replies of an operation.

    Args:
        endpoint: The operation.
        forms: The stated forms of a reply, by its status.
    """
    found = list(_stated(endpoint.responses.patterns, forms))
    default = endpoint.responses.default
    if default is not None:
        error = _outcome(default, PythonCode("not 200 <= status <= 299"), forms, success=False)
        found.append(error)
        if not any(outcome.success for outcome in found):
            found.append(evolve(error, test=PythonCode("200 <= status <= 299"), success=True))
    return found


def result(found: list[Outcome]) -> PythonCode:
    """The type of an operation's success."""
    types: dict[str, None] = {}
    for outcome in found:
        if outcome.success:
            own = outcome.property.get_type_string().as_unembedded_code()
            types |= dict.fromkeys(_alternatives(TYPES.get(outcome.form, own)))
            types |= dict.fromkeys(TYPES[form] for form in outcome.others)
    return PythonCode(" | ".join(types) or "None")


def _alternatives(annotation: str) -> list[str]:
    """The members of a union, what is in brackets left alone."""
    found, depth = [""], 0
    for word in annotation.split(" | "):
        found[-1] += f" | {word}" if depth else word
        depth += word.count("[") - word.count("]")
        if not depth:
            found.append("")
    return found[:-1]


def _stated(patterns: list[Response], forms: Callable[[str], tuple[Form, ...]]) -> Iterator[Outcome]:
    for response in patterns:
        first, last = response.status_code.range or (0, 0)
        test = f"status == {first}" if first == last else f"{first} <= status <= {last}"
        yield _outcome(response, PythonCode(test), forms, success=200 <= first <= 299)  # noqa: PLR2004


def _outcome(
    response: Response, test: PythonCode, forms: Callable[[str], tuple[Form, ...]], *, success: bool
) -> Outcome:
    form = FORMS[response.source["return_type"]]
    described = response.data if isinstance(response.data, Described) else None
    if form == "none" and described is not None and described.content:
        form = "json"  # a body without a schema is still a body
    status = response.status_code.pattern
    text = described.description if described else None
    return Outcome(status, test, success, form, response.prop, text, forms(status)[1:])
