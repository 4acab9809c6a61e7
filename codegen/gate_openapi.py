# openapi-spec-validator, asked only where a faster validator of the same schemas says no.
#
# Rules: what is found is what openapi-spec-validator finds, in its words; jsonschema-rs only says yes or no, to the
# document and to each of its schemas. That is nearly always yes, and a hundred times faster.

"""Findings of openapi-spec-validator."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from jsonschema_rs import Draft202012, Draft202012Validator, Registry
from openapi_schema_validator._specifications import REGISTRY
from openapi_schema_validator.validators import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, schemas
from openapi_spec_validator.validation.keywords import OpenAPIV31SchemaValidator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def errors(document: Mapping[str, Any]) -> Iterable[Any]:
    """Everything openapi-spec-validator says about a document."""
    return cast("Iterable[Any]", _Validator(cast("Any", document)).iter_errors())


class _Quick:
    """The validator of whole documents."""

    def iter_errors(self, document: Any) -> Iterator[Any]:
        if not _documents().is_valid(document):
            yield from cast("Any", OpenAPIV31SpecValidator.schema_validator).iter_errors(document)


class _Schemas(OpenAPIV31SchemaValidator):
    """The validator of one schema."""

    def _validate_schema_meta(self, schema: Any, schema_value: Any) -> Any:
        if "$schema" not in schema_value and _schemas().is_valid(schema_value):
            return None
        return super()._validate_schema_meta(schema, schema_value)


class _Validator(OpenAPIV31SpecValidator):
    schema_validator = cast("Any", _Quick())
    keyword_validators = {**OpenAPIV31SpecValidator.keyword_validators, "schema": _Schemas}  # noqa: RUF012


@cache
def _documents() -> Draft202012Validator:
    return Draft202012Validator(dict(cast("Any", schemas).schema_v31))


@cache
def _schemas() -> Draft202012Validator:
    registry = cast("Mapping[str, Any]", REGISTRY)
    known = [(address, held.contents) for address, held in registry.items() if hasattr(held.contents, "keys")]
    return Draft202012Validator(OAS31Validator.META_SCHEMA, registry=Registry(known, draft=Draft202012))
