"""Properties of the join, over the space of what two and more pages may say of the same thing."""

from __future__ import annotations

import itertools
import re

import pytest
from attrs import frozen
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vendored import build, page

from codegen import amend, spec
from codegen.errors import StageError
from codegen.likeness import sense
from codegen.merge import Fragment, merge
from codegen.sources import Provider
from codegen.structure import Origin, mark, parts, unmarked

PROVIDER = Provider("acme", "Acme", "https://api.acme.test", {}, (), None)
NAMES = ("a", "b", "c", "d")


@frozen
class Stated:
    """What one page says of the component X."""

    properties: dict
    required: tuple
    values: tuple
    words: str


@st.composite
def stated(draw):
    properties = draw(
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("string", "nullable")), max_size=4)
    )
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    values = draw(st.lists(st.sampled_from(("x", "y", "z")), min_size=1, unique=True))
    return Stated(properties, tuple(required), tuple(values), draw(st.sampled_from(("", "words"))))


def schema(said):
    kinds = {
        "string": {"type": "string"},
        "nullable": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
    found = {
        "type": "object",
        "properties": {
            **{name: dict(kinds[kind]) for name, kind in said.properties.items()},
            "state": {"type": "string", "enum": list(said.values)},
        },
    }
    if said.required:
        found["required"] = list(said.required)
    return {**found, "description": said.words} if said.words else found


def fragment(file, said, *, request=False):
    reference = {"$ref": "#/components/schemas/X"}
    operation = {
        "parameters": [],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": reference}}}},
    }
    if request:
        operation["requestBody"] = {"content": {"application/json": {"schema": dict(reference)}}}
    document = {
        "openapi": "3.1.0",
        "paths": {f"/{file}": {"post": operation}},
        "components": {"schemas": {"X": schema(said)}, "securitySchemes": {}},
    }
    for part in parts(document):
        if part.kind in ("operation", "response", "schema"):
            mark(part.value, Origin(file, part.pointer, 1))
    return Fragment(file, document)


def joined(saids, *, request=False):
    pages = [fragment(f"{index}.md", said, request=request) for index, said in enumerate(saids)]
    return merge(PROVIDER, pages)["components"]["schemas"]["X"]


PAGES = st.lists(stated(), min_size=2, max_size=4)


@given(saids=PAGES, data=st.data())
@settings(max_examples=60, deadline=None)
def test_pages_in_any_order_make_the_same_document(saids, data):
    pages = [fragment(f"{index}.md", said) for index, said in enumerate(saids)]
    assert merge(PROVIDER, data.draw(st.permutations(pages))) == merge(PROVIDER, pages)


@given(saids=PAGES, data=st.data())
@settings(max_examples=60, deadline=None)
def test_pages_under_other_names_say_the_same(saids, data):
    """Which file is called what decides the order of words and keys, never what is said."""
    other = data.draw(st.permutations(saids))
    assert canonical(joined(saids)) == canonical(joined(other))


def canonical(value):
    plain = unmarked(value)
    for part in parts(plain, "schema"):
        for key in ("enum", "required"):
            if key in part.value:
                part.value[key] = sorted(part.value[key])
    return sense(plain)


@given(saids=PAGES)
@settings(max_examples=60, deadline=None)
def test_a_join_is_the_union_of_what_responses_may_hold(saids):
    made = joined(saids)
    assert made["properties"].keys() == {"state", *(name for said in saids for name in said.properties)}
    assert set(made["properties"]["state"]["enum"]) == {value for said in saids for value in said.values}
    assert set(made.get("required", [])) == set.intersection(*(set(said.required) for said in saids))
    nullable = {name for said in saids for name, kind in said.properties.items() if kind == "nullable"}
    assert {name for name, each in made["properties"].items() if "anyOf" in each} == nullable


@given(saids=PAGES)
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_joined_loses_its_page(saids):
    pages = [fragment(f"{index}.md", said) for index, said in enumerate(saids)]
    merged = merge(PROVIDER, pages)
    held = {origin for part in parts(merged) for origin in _origins(part.value)}
    assert held == {
        origin for each in pages for part in parts(each.document) for origin in _origins(part.value)
    }


def _origins(value):
    return (
        value["x-omnirun-origin"].origins if isinstance(value, dict) and "x-omnirun-origin" in value else ()
    )


@given(one=stated(), two=stated())
@settings(max_examples=60, deadline=None)
def test_what_requests_use_is_equal_or_refused(one, two):
    same = (
        one.properties == two.properties
        and set(one.required) == set(two.required)
        and set(one.values) == set(two.values)
    )
    outcomes = set()
    for pair in itertools.permutations((one, two)):
        try:
            joined(pair, request=True)
            outcomes.add("joined")
        except StageError as error:
            outcomes.add(
                "refused" if {"0.md", "1.md"} <= set(re.findall(r"\d\.md", str(error))) else str(error)
            )
    assert outcomes == {"joined" if same else "refused"}


@given(one=stated(), two=stated())
@settings(max_examples=40, deadline=None)
def test_every_difference_is_noted(one, two):
    assume(set(one.properties) != set(two.properties))
    made = joined((one, two))
    notes = " ".join(made["x-omnirun-origin"].notes)
    for name in set(one.properties) ^ set(two.properties):
        assert f"the properties {', '.join(_in_order(one, two, name))}" in notes


def _in_order(one, two, name):
    held, other = (one, two) if name in one.properties else (two, one)
    return [each for each in held.properties if each not in other.properties]


TEXT = """# T

```yaml get /a
openapi: 3.1.0
paths:
  /{path}:
    get:
      parameters: []
      responses:
        '200': {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/X'}}}}}}}}
components:
  schemas:
    X: {{type: object, properties: {{count: {{type: {kind}}}}}}}
```
"""


def test_a_real_conflict_is_settled_by_an_amendment_of_one_page():
    pages = [
        page(TEXT.format(path="a", kind="integer"), "a.md"),
        page(TEXT.format(path="b", kind="string"), "b.md"),
    ]
    with pytest.raises(StageError) as caught:
        build("acme", pages, "https://api.acme.test")
    assert "a.md line 13 (/components/schemas/X/properties/count)" in str(caught.value)
    assert "b.md line 13 (/components/schemas/X/properties/count)" in str(caught.value)
    assert "x-fragment: b.md" in caught.value.hint
    acts = amend.actions(
        "overlay: 1.0.0\nactions:\n- target: $.components.schemas.X.properties.count\n"
        "  description: Seen in answers.\n  x-fragment: b.md\n  update: {type: integer}\n",
        "acme/amendments.yaml",
        ["a.md", "b.md"],
    )
    provider = Provider("acme", "Acme", "https://api.acme.test", {"GET /a": "x.a", "GET /b": "x.b"}, (), None)
    made = spec.make(provider, pages, acts)
    assert made.document["components"]["schemas"]["X"]["properties"]["count"] == {"type": "integer"}
