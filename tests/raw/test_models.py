"""The attrs models: every example of the documents, and values no document mentions."""

import copy
import json
import pickle
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from pydantic import TypeAdapter

from omnirun_raw.datafold.models import ApiPublicMonitorRunResultOut, MonitorRunState
from omnirun_raw.firecrawl.models import MonitorCheck

SPECS = Path(__file__).parents[2] / "specs"
PROVIDERS = ("datafold", "firecrawl", "monid")


def _examples(provider: str) -> Iterator[tuple[str, str, Any]]:
    """(place, component, example) of every body whose schema is a component."""
    document = yaml.load((SPECS / provider / "openapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for where, body in bodies.items():
                for media in body.get("content", {}).values():
                    name = media["schema"].get("$ref", "").rpartition("/")[2]
                    found = [each["value"] for each in media.get("examples", {}).values()]
                    for example in [*found, *([media["example"]] if "example" in media else [])]:
                        yield f"{provider} {method} {path} {where}", name, example
    for name, schema in document["components"]["schemas"].items():
        for example in [*schema.get("examples", []), *([schema["example"]] if "example" in schema else [])]:
            yield f"{provider} {name}", name, example


EXAMPLES = [
    (place, provider, name, body) for provider in PROVIDERS for place, name, body in _examples(provider)
]


def _comparable(value: Any) -> Any:
    """Timestamps as instants: two spellings of one moment are equal."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, str) and value[:4].isdigit():
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return value
    return value


def _read_twice(provider: str, component: str, body: Any) -> tuple[Any, Any]:
    """What the attrs model and the pydantic model make of a body, as JSON."""
    model = getattr(import_module(f"omnirun_raw.{provider}.models"), component)
    schema = getattr(import_module(f"omnirun_raw.{provider}.schemas"), component)
    adapter = TypeAdapter(schema)
    read = adapter.validate_python(body)
    dumped = adapter.dump_python(read, mode="json", by_alias=True, exclude_unset=True)
    return json.loads(json.dumps(model.from_dict(body).to_dict())), dumped


def test_there_are_examples():
    assert {provider for _, provider, _, _ in EXAMPLES} >= {"datafold", "monid"}


@pytest.mark.parametrize(("place", "provider", "component", "body"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_both_readings_of_an_example_agree(place, provider, component, body):
    attrs_json, pydantic_json = _read_twice(provider, component, body)
    assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(body), place


CHECKED = {
    "id": "0199a1a0-0000-7000-8000-000000000002",
    "status": "skipped_by_moonlight",
    "trigger": "manual",
    "startedAt": "2026-03-28T10:30:00.000Z",
    "finishedAt": None,
    "summary": {"totalPages": 3, "changed": 1, "brandNew": 2},
    "targetResults": [{"a": 1}, None],
    "notificationStatus": {"email": "sent"},
    "futureField": {"x": [1]},
}


def test_unlisted_values_and_extra_fields_survive_in_both_readings():
    attrs_json, pydantic_json = _read_twice("firecrawl", "MonitorCheck", CHECKED)
    assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(CHECKED)


def test_what_the_attributes_are():
    check = MonitorCheck.from_dict(CHECKED)
    assert check.id == UUID(CHECKED["id"])
    assert check.finished_at is None
    assert check.summary.total_pages == 3
    assert check.summary.additional_properties == {"brandNew": 2}
    assert check.status == "skipped_by_moonlight"
    assert not check.status.listed


def test_an_undeclared_null_counts_as_absent():
    check = MonitorCheck.from_dict({"createdAt": None, "status": None, "summary": None})
    assert check.to_dict() == {}


def test_models_can_be_compared_pickled_and_copied():
    run = ApiPublicMonitorRunResultOut(run_id=1, monitor_id=2, state=MonitorRunState("dreaming"), warnings=[])
    assert pickle.loads(pickle.dumps(run)) == copy.deepcopy(run) == run
    assert run == ApiPublicMonitorRunResultOut.from_dict(run.to_dict())
    assert run.to_dict() == {"run_id": 1, "monitor_id": 2, "state": "dreaming", "warnings": []}


def test_every_model_is_exported_and_importable():
    for provider in PROVIDERS:
        models = import_module(f"omnirun_raw.{provider}.models")
        wire = import_module(f"omnirun_raw.{provider}.wire")
        schemas = import_module(f"omnirun_raw.{provider}.schemas")
        for name in dir(models):
            found = getattr(models, name)
            assert found.__name__ == name
            if hasattr(schemas, name):
                TypeAdapter(getattr(schemas, name))
                assert hasattr(wire, name)
        with pytest.raises(AttributeError, match="NoSuchThing"):
            models.NoSuchThing  # noqa: B018
