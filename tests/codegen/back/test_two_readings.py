"""The attrs and the pydantic models read every example alike: those of the pages, and generated ones."""

import json
import re
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from codegen import tree
from codegen.client_parse import resolve
from codegen.generate import generate
from codegen.pointer import resolve as at
from codegen.read import read
from codegen.sources import load, pages
from codegen.spec import Spec
from codegen.structure import parts

ROOT = Path(__file__).parents[3]
PROVIDERS = ("datafold", "firecrawl", "monid")
MADE = ("shapes", "wide")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
EXAMPLES = 200

DOCUMENTS = {name: ROOT / "specs" / name / "openapi.yaml" for name in PROVIDERS}
DOCUMENTS |= {name: Path(__file__).with_name(f"{name}.yaml") for name in MADE}
LOADED = {name: YAML(typ="safe", pure=True).load(path) for name, path in DOCUMENTS.items()}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Both classes of a component, by document and name."""
    folder = tmp_path_factory.mktemp("readings")
    for name in MADE:
        made = generate(
            Spec(name, name, "https://x.test", "1", LOADED[name], "", "0" * 64, {}, {}), "made_raw"
        )
        files = {**made.shared, **{f"{name}/{path}": text for path, text in made.provider.items()}}
        tree.replace(folder / "made_raw", files, [name])
    sys.path.insert(0, str(folder))
    yield lambda document, component: tuple(
        getattr(
            import_module(f"{'made_raw' if document in MADE else 'omnirun_raw'}.{document}.{kind}"), component
        )
        for kind in ("models", "schemas")
    )
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_raw"]:
        del sys.modules[name]


def _comparable(value: Any) -> Any:
    """Instants instead of their spellings; 3 and 3.0 are one number already."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return datetime.fromisoformat(value.upper())
    return value


def _read_twice(both: tuple[Any, Any], body: Any) -> tuple[Any, Any]:
    attrs_model, pydantic_model = both
    dumped = (
        TypeAdapter(pydantic_model)
        .validate_python(body)
        .model_dump(mode="json", by_alias=True, exclude_unset=True)
    )
    return json.loads(json.dumps(attrs_model.from_dict(body).to_dict())), dumped


# ------------------------------------------------------------------------------------------- generated examples

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
MOMENTS = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
    st.integers(1971, 2100),
    st.integers(1, 12),
    st.integers(1, 28),
    st.sampled_from("Tt"),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".123456", ".000001"]),
    st.sampled_from(["Z", "z", "+00:00", "+05:30", "-11:00"]),
)
FORMATS = {"date-time": MOMENTS, "date": st.dates().map(str), "uuid": st.uuids().map(str), "binary": TEXT}


def _values(schema: Any, document: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """What a schema allows; unlisted values of string enumerations too."""
    schema = resolve(document, schema)
    if not isinstance(schema, dict) or not schema:
        return ANYTHING
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        known = st.sampled_from(schema["enum"])
        return known | TEXT if schema.get("type") == "string" else known
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        found = [
            _values(each, document, depth + 1) for each in alternatives if depth < 4 or "$ref" not in each
        ]
        return st.one_of(found or [st.none()])
    if isinstance(schema.get("type"), list):
        return st.one_of(_values({**schema, "type": kind}, document, depth) for kind in schema["type"])
    return _of_type(_merged(schema, document), document, depth)


def _merged(schema: Any, document: Any) -> Any:
    """An object with what its allOf says."""
    inner = [_merged(resolve(document, each), document) for each in schema.get("allOf", [])]
    found = {key: value for part in inner for key, value in part.items()} | schema
    every = (*inner, schema)
    found["properties"] = {name: each for part in every for name, each in part.get("properties", {}).items()}
    found["required"] = [name for part in every for name in part.get("required", [])]
    return found


def _limit(schema: Any, inclusive: str, exclusive: str, step: int) -> Any:
    return schema[exclusive] + step if exclusive in schema else schema.get(inclusive)


def _of_type(schema: Any, document: Any, depth: int) -> st.SearchStrategy[Any]:
    kind = schema.get("type", "object" if schema["properties"] else None)
    low, high = (
        _limit(schema, "minimum", "exclusiveMinimum", 1),
        _limit(schema, "maximum", "exclusiveMaximum", -1),
    )
    if kind == "object":
        return _objects(schema, document, depth)
    if kind == "array":
        items = _values(schema.get("items", {}), document, depth + 1)
        most = schema.get("maxItems", 0 if depth > 4 else 2)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=most)
    whole = st.integers(-(2**53) if low is None else low, 2**53 if high is None else high)
    plain = {
        "integer": whole,
        "number": whole | st.floats(low, high, allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
        "string": FORMATS.get(schema.get("format"), TEXT),
    }
    return plain.get(kind, ANYTHING)


def _objects(schema: Any, document: Any, depth: int) -> st.SearchStrategy[Any]:
    properties, required = schema.get("properties", {}), set(schema.get("required", []))
    if depth > 4:
        properties = {name: each for name, each in properties.items() if name in required}
    held = {
        name: st.deferred(lambda each=each: _values(each, document, depth + 1))
        for name, each in properties.items()
    }
    named = st.fixed_dictionaries(
        {name: each for name, each in held.items() if name in required},
        optional={name: each for name, each in held.items() if name not in required},
    )
    extra = schema.get("additionalProperties", True)
    if extra is False:
        return named
    more = st.dictionaries(
        TEXT.map("x {}".format), _values(extra if extra is not True else {}, document, depth + 1), max_size=1
    )
    return st.builds(lambda left, right: right | left, named, more)


def _components() -> list[tuple[str, str]]:
    """Components that are objects; the others are read where they are used."""
    return [
        (name, component)
        for name, document in LOADED.items()
        for component, schema in document["components"]["schemas"].items()
        if schema.get("type") == "object" or "properties" in schema
        if component != "Upload"  # bytes: it is sent in several parts and never as JSON
    ]


@pytest.mark.parametrize(("document", "component"), _components())
def test_generated_examples_are_read_alike(models, document, component):
    both = models(document, component)
    seen = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_values(LOADED[document]["components"]["schemas"][component], LOADED[document]))
    def agree(body: Any) -> None:
        nonlocal seen
        seen += 1
        attrs_json, pydantic_json = _read_twice(both, body)
        assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(body)

    agree()
    assert seen >= EXAMPLES or not LOADED[document]["components"]["schemas"][component].get("properties")


def test_what_counts_as_the_same():
    assert _comparable(["2026-01-02T03:04:05.5+01:00"]) == _comparable(["2026-01-02t02:04:05.500000z"])
    assert _comparable(["2026-01-02T03:04:05Z"]) != _comparable(["2026-01-02T03:04:06Z"])
    assert _comparable({"a": "2026"}) != _comparable({"a": 2026})


# ------------------------------------------------------------------------------------------ examples of the pages


def _of_pages() -> list[tuple[str, str, str, Any]]:
    """(page and place, provider, component, example) of every body a page shows, as its reader finds it."""
    found: list[tuple[str, str, str, Any]] = []
    for provider in PROVIDERS:
        for page in pages(load(ROOT / "specs").provider(provider)):
            for part in parts(read(page)):
                if part.kind == "media":
                    shown = [
                        each["value"] for each in part.value.get("examples", {}).values() if "value" in each
                    ]
                    shown += [part.value["example"]] if "example" in part.value else []
                    schema = at(LOADED[provider], f"{part.pointer}/schema")
                    component = schema["$ref"].rpartition("/")[2]
                    place = f"{page.fragment.file} {part.pointer}"
                    found += [(place, provider, component, example) for example in shown]
    return found


OF_PAGES = _of_pages()


def test_pages_show_examples():
    assert {provider for _, provider, _, _ in OF_PAGES} == {"datafold", "monid"}


@pytest.mark.parametrize(
    ("place", "document", "component", "body"), OF_PAGES, ids=[each[0] for each in OF_PAGES]
)
def test_examples_of_the_pages_are_read_alike(models, place, document, component, body):
    attrs_json, pydantic_json = _read_twice(models(document, component), body)
    assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(body), place
