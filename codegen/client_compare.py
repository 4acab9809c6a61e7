# Nothing lost: what the document states is what both generators made.
#
# Rules: the document is walked on its own terms and every operation, parameter, body, reply, property, default and enum
# value is looked up in what was generated. Something missing is an error at its pointer; so is something that was not
# asked for.

"""Compares a document with what was generated from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.client_compare_models import component_losses
from codegen.client_compare_operations import operation_losses
from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi_python_client.parser import GeneratorData

    from codegen.client_lower import Lowered
    from codegen.spec import Spec


def compare(spec: Spec, lowered: Lowered, data: GeneratorData, files: Mapping[str, str]) -> None:
    """Check that the generated client has all the document states.

    Raises:
        StageError: Something is missing; the first place is named, the others counted.
    """
    document = spec.document
    losses = [*operation_losses(document, lowered, data), *component_losses(document, data, files)]
    if not losses:
        return
    first = losses[0]
    more = f" (and {len(losses) - 1} more places)" if len(losses) > 1 else ""
    hint = "this part can't be generated as it is stated; correct it in amendments.yaml"
    raise StageError("generate", f"{spec.name}/openapi.yaml", first.pointer, first.message + more, hint)
