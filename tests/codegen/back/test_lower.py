"""lower: the generators get a copy, and what a shape can't say stands in words or is refused."""

import copy

import pytest

from codegen.client_contents import form_of
from codegen.client_keys import Key, key_of
from codegen.client_lower import lower
from codegen.errors import StageError
from codegen.generate import generate


def test_the_document_stays_as_it_is(document):
    schemas = document["components"]["schemas"]
    schemas["Thing"]["properties"]["tags"] = {"type": "array", "items": {}, "default": ["a"]}
    schemas["Either"] = {
        "oneOf": [{"$ref": "#/components/schemas/Thing"}],
        "discriminator": {"propertyName": "id"},
    }
    before = copy.deepcopy(document)
    lowered = lower(document)
    assert document == before
    assert lowered.document != before


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/json", "json"),
        ("application/vnd.api+json; charset=utf-8", "json"),
        ("*/*", "json"),
        ("text/html", "text"),
        ("text/event-stream", "text"),
        ("application/x-ndjson", "text"),
        ("application/rss+xml", "text"),
        ("application/pdf", "bytes"),
        ("image/svg", "bytes"),
    ],
)
def test_the_form_of_a_content_type(content_type, form):
    assert form_of(content_type) == form


@pytest.mark.parametrize(
    ("schemes", "used", "expected"),
    [
        ({}, None, Key()),
        ({"a": {"type": "http", "scheme": "Bearer"}}, "a", Key()),
        ({"a": {"type": "http", "scheme": "bearer", "x-key-prefix": "Key "}}, "a", Key(prefix="Key ")),
        ({"a": {"type": "http", "scheme": "basic"}}, "a", Key(prefix="Basic ")),
        ({"a": {"type": "oauth2", "flows": {}}}, "a", Key()),
        ({"a": {"type": "apiKey", "in": "cookie", "name": "sid"}}, "a", Key("cookie", "sid", "")),
        (
            {"a": {"type": "http", "scheme": "bearer"}, "b": {"type": "apiKey", "in": "header", "name": "X"}},
            "b",
            Key("header", "X", ""),
        ),
        (
            {"z": {"type": "mutualTLS"}, "b": {"type": "apiKey", "in": "query", "name": "k"}},
            "z",
            Key("query", "k", ""),
        ),
    ],
)
def test_where_the_key_goes(document, spec_of, schemes, used, expected):
    document["components"]["securitySchemes"] = schemes
    document["security"] = [{used: []}] if used else []
    assert key_of(spec_of(document)) == expected


def test_a_key_that_can_not_be_sent_is_refused(document, spec_of):
    document["components"]["securitySchemes"] = {"z": {"type": "mutualTLS"}}
    with pytest.raises(StageError, match="none of the security schemes z"):
        key_of(spec_of(document))


def test_the_source_page_and_the_words_of_the_provider_are_in_the_docstrings(document, spec_of):
    from attrs import evolve  # noqa: PLC0415

    from codegen.spec import Origin  # noqa: PLC0415

    operation = document["paths"]["/things/{thing-id}"]["get"]
    operation["description"] = "At most 5 requests a second."
    origin = (Origin(file="page.md", pointer="", line=1),)
    spec = evolve(
        spec_of(document),
        provenance={"/paths/~1things~1{thing-id}/get": origin, "/components/schemas/Thing": origin},
        sources={"page.md": "https://docs.example.test/page?a=1#b"},
    )
    made = generate(spec).provider
    assert "    Source: https://docs.example.test/page?a=1#b\n" in made["models/thing.py"]
    text = made["api/things/get_thing.py"]
    for words in (
        "Get a thing",
        "At most 5 requests a second.",
        "Source: https://docs.example.test/page?a=1#b",
        "Which one.",
    ):
        assert words in text
    assert "Source" not in made["models/part.py"]
