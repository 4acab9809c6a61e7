"""The join of what several pages state."""

from __future__ import annotations

import copy
import itertools

import pytest

from codegen.errors import StageError
from codegen.merge import Fragment, merge
from codegen.normalize import normalize
from codegen.sources import Provider
from codegen.structure import MARKED, Origin, mark, notes, origins, parts, unmarked

PROVIDER = Provider("acme", "Acme", "https://api.acme.test/v2", {}, (), None)


def fragment(file, schema, *, path=None, request=None, responses=None, servers=None, **components):
    operation = {
        "responses": responses
        or {
            "200": {
                "description": "ok",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}},
            }
        }
    }
    if request:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": request}}}
    document = {
        "paths": {path or f"/{file}": {"post": operation}},
        "components": {"schemas": {"X": schema} if schema else {}, **copy.deepcopy(components)},
        **({"servers": servers} if servers else {}),
    }
    document = copy.deepcopy(document)
    for part in parts(document):
        if part.kind in MARKED and isinstance(part.value, dict):
            mark(part.value, Origin(file, part.pointer, 1))
    return Fragment(file, normalize(document, file))


def joined(*schemas):
    return unmarked(merge(PROVIDER, [fragment(f"{index}.md", each) for index, each in enumerate(schemas)]))[
        "components"
    ]["schemas"]["X"]


def obj(required=(), **properties):
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


STRING, INTEGER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (obj(a=STRING), obj(b=STRING), obj(a=STRING, b=STRING)),
        (obj(["a"], a=STRING), obj(["a"], a=STRING), obj(["a"], a=STRING)),
        (obj(["a", "b"], a=STRING, b=STRING), obj(["b"], a=STRING, b=STRING), obj(["b"], a=STRING, b=STRING)),
        (obj(["a"], a=STRING), obj(a=STRING), obj(a=STRING)),
        (obj(["a"], a=STRING), obj(b=STRING), obj(a=STRING, b=STRING)),
        (
            {"type": "string", "enum": ["a", "b"]},
            {"type": "string", "enum": ["c", "a"]},
            {"type": "string", "enum": ["a", "b", "c"]},
        ),
        (obj(a=obj(b=STRING)), obj(a=obj(c=STRING)), obj(a=obj(b=STRING, c=STRING))),
        (
            {"type": "array", "items": obj(b=STRING)},
            {"type": "array", "items": obj(c=STRING)},
            {"type": "array", "items": obj(b=STRING, c=STRING)},
        ),
        (
            {**STRING, "description": "one"},
            {**STRING, "description": "two", "title": "T"},
            {**STRING, "description": "one", "title": "T"},
        ),
        ({**STRING, "deprecated": False}, {**STRING, "deprecated": True}, {**STRING, "deprecated": True}),
        (
            {"anyOf": [STRING, {"type": "null"}]},
            {"anyOf": [{"type": "null"}, STRING]},
            {"anyOf": [STRING, {"type": "null"}]},
        ),
    ],
)
def test_responses_join_by_union(one, two, expected):
    assert joined(one, two) == expected


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        (STRING, INTEGER, '`type` of X is "string" on one page and "integer" on the other'),
        (obj(a=STRING), obj(a=INTEGER), "`type` of X.a"),
        ({**STRING, "format": "uuid"}, STRING, "`format` of X"),
        ({**STRING, "default": "a"}, {**STRING, "default": "b"}, "`default` of X"),
        ({**STRING, "enum": ["a"]}, STRING, "only one page gives values"),
        ({"anyOf": [STRING, {"type": "null"}]}, {"anyOf": [STRING, INTEGER]}, "`anyOf` of X"),
        (
            {"type": "object", "additionalProperties": False},
            {"type": "object"},
            "`additionalProperties` of X",
        ),
        ({"type": "array", "items": STRING}, {"type": "array", "items": INTEGER}, "`type` of X.items"),
    ],
)
def test_a_conflict_names_both_places(one, two, message):
    with pytest.raises(StageError) as caught:
        joined(one, two)
    assert message in str(caught.value)
    assert caught.value.where == "acme/fragments/0.md"
    assert "/components/schemas/X" in caught.value.pointer
    assert "1.md line 1 (/components/schemas/X" in caught.value.message
    assert "x-fragment: 1.md" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        (obj(a=STRING), obj(a=STRING, b=STRING), "only one page has b"),
        (obj(["a"], a=STRING), obj(a=STRING), "requires different properties"),
        (
            {"type": "string", "enum": ["a"]},
            {"type": "string", "enum": ["a", "b"]},
            "values of X, which requests use, differ",
        ),
    ],
)
def test_what_requests_use_must_be_equal(one, two, message):
    reference = {"$ref": "#/components/schemas/X"}
    with pytest.raises(StageError, match=message):
        merge(PROVIDER, [fragment("0.md", one, request=reference), fragment("1.md", two)])


def test_what_requests_reach_through_other_components_must_be_equal():
    outer = {"schemas": {"X": obj(a=STRING), "Y": obj(x={"$ref": "#/components/schemas/X"})}}
    first = fragment("0.md", None, request={"$ref": "#/components/schemas/Y"}, **outer)
    with pytest.raises(StageError, match="only one page has a, b"):
        merge(PROVIDER, [first, fragment("1.md", obj(b=STRING))])


def test_the_same_operation_joins_its_responses():
    first = fragment("0.md", obj(a=STRING), path="/p")
    second = fragment("1.md", obj(b=STRING), path="/p", responses={"404": {"description": "none"}})
    merged = unmarked(merge(PROVIDER, [second, first]))
    assert list(merged["paths"]["/p"]["post"]["responses"]) == ["200", "404"]


def test_the_same_operation_with_and_without_a_body_is_refused():
    with pytest.raises(StageError, match="request body"):
        merge(
            PROVIDER,
            [fragment("0.md", STRING, path="/p", request=STRING), fragment("1.md", STRING, path="/p")],
        )


@pytest.mark.parametrize(("key", "equal"), [("description", True), ("name", False)])
def test_security_schemes_are_equal_but_for_their_words(key, equal):
    one = {"type": "apiKey", "in": "header", "name": "K"}
    pair = [
        fragment("0.md", STRING, securitySchemes={"k": one}),
        fragment("1.md", STRING, securitySchemes={"k": {**one, key: "other"}}),
    ]
    if equal:
        assert unmarked(merge(PROVIDER, pair))["components"]["securitySchemes"]["k"]["name"] == "K"
    else:
        with pytest.raises(StageError, match="k is not the same"):
            merge(PROVIDER, pair)


def test_the_order_of_pages_does_not_matter():
    schemas = [
        obj(["a", "c"], a=STRING, c=STRING),
        obj(["a"], a={**STRING, "description": "d"}, b=INTEGER),
        obj(["c"], c=STRING),
        obj(),
    ]
    pages = [
        fragment(f"{name}.md", each, path="/same" if name in "xz" else None)
        for name, each in zip("zyxw", schemas, strict=True)
    ]
    results = [merge(PROVIDER, order) for order in itertools.permutations(pages)]
    assert all(result == results[0] for result in results)
    assert list(results[0]["paths"]["/same"]["post"]["responses"]) == ["200"]


@pytest.mark.parametrize(
    ("servers", "fits"),
    [
        ([{"url": "https://api.acme.test/v2"}], True),
        ([{"url": "https://api.acme.test/v2/"}], True),
        ([{"url": "https://eu.acme.test"}, {"url": "https://api.acme.test/v2"}], True),
        ([{"url": "/v2"}], True),
        ([{"url": "https://api.acme.test"}], False),
        ([{"url": "https://evil.test/v2"}], False),
    ],
)
def test_a_page_is_for_the_base_url(servers, fits):
    page = fragment("0.md", STRING, servers=servers)
    if fits:
        assert merge(PROVIDER, [page])["servers"] == [{"url": "https://api.acme.test/v2"}]
    else:
        with pytest.raises(StageError, match=r"not for https://api[.]acme[.]test/v2"):
            merge(PROVIDER, [page])


def _referring(one, two, **used):
    """Two pages: one says that X.s is the component S, the other writes it out."""
    schemas = {"X": obj(s={"$ref": "#/components/schemas/S"}), "S": one}
    pages = [
        fragment("1.md", None, schemas=schemas, **used),
        fragment("2.md", None, schemas={"X": obj(s=two)}, **used),
    ]
    both = [
        merge(PROVIDER, order)
        for order in (pages, [Fragment(f"{3 - i}.md", each.document) for i, each in enumerate(pages, 1)])
    ]
    first, second = (unmarked(each)["components"]["schemas"] for each in both)
    for each in (first, second):
        each["S"]["enum"] = sorted(each["S"].get("enum", []))
    assert first == second
    return both[0]["components"]["schemas"]


@pytest.mark.parametrize(
    ("one", "two", "expected", "place"),
    [
        (obj(["a"], a=STRING), obj(b=STRING), obj(a=STRING, b=STRING), None),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, {"enum": ["a", "b"], "type": "string"}, None),
        (
            {"enum": ["a"]},
            {"enum": ["b"], "nullable": True},
            {"enum": ["a", "b"], "type": "string"},
            [{"$ref": "#/components/schemas/S"}, {"type": "null"}],
        ),
    ],
)
def test_what_one_page_writes_out_joins_the_component_another_refers_to(one, two, expected, place):
    schemas = _referring(one, two)
    assert unmarked(schemas["S"]) == expected
    held = unmarked(schemas["X"]["properties"]["s"])
    assert held.get("anyOf", held) == (place or {"$ref": "#/components/schemas/S"})
    assert {origin.file for part in parts(schemas["S"], "schema") for origin in origins(part.value)} == {
        "1.md",
        "2.md",
    }
    assert "joined: 2.md writes it out in its place" in notes(schemas["X"]["properties"]["s"]) or place


def test_what_requests_use_may_be_written_out_if_it_is_the_same():
    x = {"$ref": "#/components/schemas/X"}
    assert unmarked(_referring(obj(a=STRING), obj(a=STRING), request=x)["S"]) == obj(a=STRING)
    with pytest.raises(StageError, match="only one page has b in S, which requests use"):
        _referring(obj(a=STRING), obj(a=STRING, b=STRING), request=x)


def test_a_component_that_is_nowhere_cannot_be_written_out():
    pages = [fragment("1.md", obj(s={"$ref": "#/components/schemas/S"})), fragment("2.md", obj(s=STRING))]
    with pytest.raises(StageError, match="is nowhere") as caught:
        merge(PROVIDER, pages)
    assert "2.md" in str(caught.value)
