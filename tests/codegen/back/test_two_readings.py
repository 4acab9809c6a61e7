"""The attrs and the pydantic models read every example alike: those of the pages, and generated ones."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib import import_module
from math import ceil, floor
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from codegen.client_parse import resolve
from codegen.pointer import resolve as at
from codegen.pointer import tokens
from codegen.read import read
from codegen.sources import Page, load, pages
from codegen.spec import Spec, normalize_provider
from codegen.structure import origins, parts
from tests.codegen.back.conftest import MADE
from tests.codegen.front.vendored import PAGES, build, page

ROOT = Path(__file__).parents[3]
PROVIDERS = ("datafold", "firecrawl", "monid")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
EXAMPLES = 200

DOCUMENTS = {name: ROOT / "specs" / name / "openapi.yaml" for name in PROVIDERS}
DOCUMENTS |= {name: Path(__file__).with_name(f"{name}.yaml") for name in MADE}
LOADED = {name: yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for name, path in DOCUMENTS.items()}


@pytest.fixture
def models(raw):
    """Both classes of a component, by document and name."""

    def both(document, component):
        modules = ("models", "schemas")
        if document in MADE:
            return tuple(getattr(raw(f"{document}.{kind}"), component) for kind in modules)
        return tuple(getattr(import_module(f"omnirun_raw.{document}.{kind}"), component) for kind in modules)

    return both


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
    read = pydantic_model.model_validate(body)
    dumped = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
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
LEAVES = {
    "anything": ANYTHING,
    "integer": st.integers(-(2**53), 2**53),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "string": TEXT,
    "date-time": MOMENTS,
    "date": st.dates().map(str),
    "uuid": st.uuids().map(str),
}


@cache
def _leaves(kind: str) -> list[Any]:
    """What hypothesis finds worth trying of a kind; bodies are put together of these, which is much faster."""
    found: list[Any] = []

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], deadline=None, derandomize=True, database=None)
    @given(LEAVES[kind])
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


class Bodies:
    """Values that schemas of a document allow, the same ones at every run."""

    def __init__(self, document: Any, seed: str) -> None:
        self.document, self.random = document, Random(seed)

    def leaf(self, kind: str) -> Any:
        return self.random.choice(_leaves(kind))

    def value(self, schema: Any, depth: int = 0) -> Any:
        """A value; an unlisted one of a string enumeration too."""
        schema = resolve(self.document, schema)
        if not isinstance(schema, dict) or not schema:
            return self.leaf("anything")
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            new = schema.get("type") == "string" and self.random.random() < 0.5
            return self.leaf("string") if new else self.random.choice(schema["enum"])
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if alternatives:
            shallow = [each for each in alternatives if depth < 4 or "$ref" not in each]
            return self.value(self.random.choice(shallow), depth + 1) if shallow else None
        if isinstance(schema.get("type"), list):
            return self.value({**schema, "type": self.random.choice(schema["type"])}, depth)
        return self.of_type(_merged(schema, self.document), depth)

    def of_type(self, schema: Any, depth: int) -> Any:
        kind = schema.get("type", "object" if schema["properties"] else None)
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            least, most = schema.get("minItems", 0), schema.get("maxItems", 0 if depth > 4 else 2)
            items = schema.get("items", {})
            return [self.value(items, depth + 1) for _ in range(self.random.randint(least, max(least, most)))]
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "number"):
            return self.limited(kind, schema)
        given = schema.get("format") if kind == "string" else None
        return None if kind == "null" else self.leaf(given if given in LEAVES else kind or "anything")

    def limited(self, kind: str, schema: Any) -> Any:
        low = _limit(schema, "minimum", "exclusiveMinimum", 1)
        high = _limit(schema, "maximum", "exclusiveMaximum", -1)
        if low is None and high is None:
            return self.leaf(self.random.choice(["integer", kind]))
        low = high - 2**53 if low is None else low
        high = low + 2**53 if high is None else high
        return self.random.choice([low, high, self.random.randint(ceil(low), floor(high))])

    def object(self, schema: Any, depth: int) -> dict[str, Any]:
        required = set(schema["required"])
        often = 0.0 if depth > 4 else 0.5
        extra = schema.get("additionalProperties", True)
        found: dict[str, Any] = {}
        if extra is not False and self.random.random() < 0.3:
            found[f"x {self.leaf('string')}"] = self.value(extra if extra is not True else {}, depth + 1)
        for name, each in schema["properties"].items():
            if name in required or self.random.random() < often:
                found[name] = self.value(each, depth + 1)
        return found


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
    bodies = Bodies(LOADED[document], component)
    schema = LOADED[document]["components"]["schemas"][component]
    seen = set()
    for _ in range(EXAMPLES):
        body = bodies.value(schema)
        seen.add(json.dumps(body))
        attrs_json, pydantic_json = _read_twice(both, body)
        assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(body)
    assert len(seen) > EXAMPLES / 10 or not schema.get("properties")


def test_what_counts_as_the_same():
    assert _comparable(["2026-01-02T03:04:05.5+01:00"]) == _comparable(["2026-01-02t02:04:05.500000z"])
    assert _comparable(["2026-01-02T03:04:05Z"]) != _comparable(["2026-01-02T03:04:06Z"])
    assert _comparable({"a": "2026"}) != _comparable({"a": 2026})


# ------------------------------------------------------------------------------------------ examples of the pages


def _of_pages() -> list[tuple[str, str, str, Any]]:
    """(page and place, provider, component, example) of every body a page shows, as its reader finds it."""
    found: list[tuple[str, str, str, Any]] = []
    for provider in PROVIDERS:
        for vendored in pages(load(ROOT / "specs").provider(provider)):
            for part in parts(read(vendored)):
                if part.kind == "media":
                    shown = [
                        each["value"] for each in part.value.get("examples", {}).values() if "value" in each
                    ]
                    shown += [part.value["example"]] if "example" in part.value else []
                    schema = at(LOADED[provider], f"{part.pointer}/schema")
                    component = schema["$ref"].rpartition("/")[2]
                    place = f"{vendored.fragment.file} {part.pointer}"
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


# ------------------------------------------------------------------------------------ examples of single properties


def _shown(schema: Any, wrap: Callable[[Any], Any] = lambda value: value) -> Iterator[Any]:
    """Examples of a schema, those of its items and alternatives as values of the whole."""
    if not isinstance(schema, dict):
        return
    yield from (wrap(each) for each in schema.get("examples", []))
    if "example" in schema:
        yield wrap(schema["example"])
    for each in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        yield from _shown(each, wrap)
    yield from _shown(schema.get("items"), lambda value: wrap([value]))


def _of_properties(document: Any) -> Iterator[tuple[str, str, Any]]:
    """(component, property, example) of every property that shows a value; an additional one is called `x more`."""
    for component, schema in document["components"]["schemas"].items():
        for part in [schema, *schema.get("allOf", [])]:
            held = {**part.get("properties", {}), "x more": part.get("additionalProperties")}
            for name, each in held.items():
                yield from ((component, name, example) for example in _shown(each))


def _agree_on(models, document: str, component: str, body: Any) -> None:
    attrs_json, pydantic_json = _read_twice(models(document, component), body)
    assert _comparable(attrs_json) == _comparable(pydantic_json) == _comparable(body), f"{component}: {body}"


def _body(document: str, component: str, name: str, example: Any) -> Any:
    """A body of a component with one property, and what else it requires."""
    loaded = LOADED[document]
    whole = Bodies(loaded, name).value(loaded["components"]["schemas"][component])
    required = set(_merged(loaded["components"]["schemas"][component], loaded)["required"])
    return {key: value for key, value in whole.items() if key in required} | {name: example}


@pytest.mark.parametrize("document", LOADED)
def test_examples_of_properties_are_read_alike(models, document):
    for component, name, example in _of_properties(LOADED[document]):
        _agree_on(models, document, component, _body(document, component, name, example))


def test_every_example_of_a_property_is_found():
    found = [
        (name, example)
        for component, name, example in _of_properties(LOADED["shapes"])
        if component == "Shown"
    ]
    assert found == [
        ("id", 7),
        ("at", "2026-01-02T03:04:05.5+01:00"),
        ("at", "2026-01-02T02:04:05Z"),
        ("words", ["two", "three"]),
        ("words", ["one"]),
        ("kind", "unlisted"),
        ("maybe", None),
        ("maybe", 2.5),
        ("inner", {"a": 1, "more": ["x"]}),
        ("free", {"deep": [{"er": None}]}),
        ("x more", 3),
    ]


def _of_pages_properties(spec: Spec, vendored: Iterable[Page]) -> Iterator[tuple[str, str, Any]]:
    """As `_of_properties`, of pages: where several state one property, the document keeps the words of one."""
    places = {(origin.file, origin.pointer): at for at, held in spec.provenance.items() for origin in held}
    for each in vendored:
        for part in parts(read(each)):
            for origin in origins(part.value) if part.kind == "schema" else ():
                where = tokens(places.get((origin.file, origin.pointer), ""))
                if (
                    where[:2] == ["components", "schemas"]
                    and where[3:4] == ["properties"]
                    and len(where) == 5
                ):
                    yield from ((where[2], where[4], example) for example in _shown(part.value))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_examples_that_only_a_page_shows_are_read_alike(models, provider):
    spec = normalize_provider(ROOT / "specs", provider)
    for component, name, example in _of_pages_properties(
        spec, pages(load(ROOT / "specs").provider(provider))
    ):
        _agree_on(models, provider, component, _body(provider, component, name, example))


def test_the_examples_of_pages_are_found():
    files = sorted((PAGES / "acme").glob("*.md"))
    acme = [page(file.read_text(), file.name, "acme") for file in files]
    spec = build("acme", acme, "https://api.acme.example/v2")
    assert list(_of_pages_properties(spec, acme)) == [("Named", "name", "x")]
