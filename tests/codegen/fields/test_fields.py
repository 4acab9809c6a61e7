"""Field by field: what every vendored page says is what its raw client accepts and returns."""

import copy
import datetime as dt
import enum
import re
import tomllib
import uuid
from importlib import import_module
from inspect import signature

import pytest

from codegen.build import ROOT
from omnirun_raw import http
from tests.codegen.fields.stated import flat, follow, name_of, operations, samples, whole

SOURCES = tomllib.loads((ROOT / "specs" / "sources.toml").read_text())
PAGES = [
    pytest.param(provider, fragment["file"], id=f"{provider}-{fragment['file']}")
    for provider, table in SOURCES.items()
    for fragment in table["fragments"]
]


def _text(provider, file):
    return (ROOT / "specs" / provider / "fragments" / file).read_text()


def _module(provider, operation):
    group, name = SOURCES[provider]["operations"][f"{operation.method} {operation.path}"].split(".")
    return import_module(f"omnirun_raw.{provider}.api.{group}.{name}")


def _body(provider, module, json):
    """A value for the argument `body`: the model it is annotated with."""
    kind = re.match(r"\w+", str(signature(module.build).parameters["body"].annotation))[0]
    return getattr(import_module(f"omnirun_raw.{provider}.models"), kind).from_dict(json)


def _snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _words(text):
    return " ".join(text.split())


def _attribute(model, name):
    for spelling in (_snake(name), f"{_snake(name)}_"):
        if hasattr(model, spelling):
            return getattr(model, spelling)
    raise AssertionError(f"{type(model).__name__} has no attribute for {name}")


def same(value, stated):
    """Whether what a model holds is what the JSON said."""
    if hasattr(value, "to_dict"):
        return all(same(_attribute(value, name), each) for name, each in stated.items())
    if isinstance(value, enum.Enum):
        return value.value == stated
    if isinstance(value, dt.datetime):
        return value == dt.datetime.fromisoformat(stated)
    if isinstance(value, uuid.UUID):
        return str(value) == stated
    if isinstance(value, list):
        return len(value) == len(stated) and all(map(same, value, stated))
    return value == stated


def _equal(one, two):
    """JSON values, instants compared and not their spelling."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_equal(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_equal, one, two))
    if isinstance(one, str) and isinstance(two, str) and re.match(r"\d{4}-\d\d-\d\dT", one):
        return dt.datetime.fromisoformat(one) == dt.datetime.fromisoformat(two)
    return one == two


def _read(module, status, json):
    """What the client makes of a reply: the model of a success, or of a documented error."""
    import json as library  # noqa: PLC0415

    response = http.Response(int(status), {"content-type": "application/json"}, library.dumps(json).encode())
    if status.startswith("2"):
        return module.parse(response)
    with pytest.raises(http.DocumentedStatus) as caught:
        module.parse(response)
    return caught.value.parsed


@pytest.mark.parametrize(("provider", "file"), PAGES)
def test_what_a_page_says_of_parameters_is_what_build_takes(provider, file):
    for operation in operations(_text(provider, file)):
        module = _module(provider, operation)
        taken = signature(module.build).parameters
        assert {_snake(each.name) for each in operation.parameters} == set(taken) - {"body"}
        needed = {
            _snake(each.name): samples(operation.document, each.schemas[0])[0]
            for each in operation.parameters
            if each.required
        }
        if operation.body:
            needed["body"] = _body(provider, module, whole(operation.document, operation.body))
        bare = module.build(**needed)
        assert bare.method == operation.method
        expected = operation.path
        for each in operation.parameters:
            if each.place == "path":
                expected = expected.replace(f"{{{each.name}}}", str(needed[_snake(each.name)]))
            assert _words(each.description) in _words(module.build.__doc__)
        assert bare.path == expected
        for each in operation.parameters:
            own = _snake(each.name)
            if each.required:
                with pytest.raises(TypeError, match=own):
                    module.build(**{name: value for name, value in needed.items() if name != own})
            if each.place == "path":
                continue
            default = next((schema["default"] for schema in each.schemas if "default" in schema), None)
            assert dict(bare.params).get(each.name) == default
            for schema in each.schemas:
                for value in samples(operation.document, schema):
                    given = dt.datetime.fromisoformat(value) if schema.get("format") == "date-time" else value
                    sent = dict(module.build(**{**needed, own: given}).params)
                    assert (
                        (sent.get(each.name) is None)
                        if value is None
                        else same(_sent(sent[each.name], value), value)
                    )


def _sent(text, value):
    return type(value)(text) if isinstance(value, int | float) and not isinstance(value, bool) else text


@pytest.mark.parametrize(("provider", "file"), PAGES)
def test_what_a_page_says_of_a_body_is_what_build_sends(provider, file):
    for operation in operations(_text(provider, file)):
        module = _module(provider, operation)
        if not operation.body:
            assert "body" not in signature(module.build).parameters
            continue
        places = {
            _snake(each.name): samples(operation.document, each.schemas[0])[0]
            for each in operation.parameters
            if each.required
        }
        with pytest.raises(TypeError, match="body"):
            module.build(**places)
        for at, variant in _variants(operation.document, operation.body):
            sent = module.build(**places, body=_body(provider, module, variant))
            assert _equal(sent.json, variant), f"{file} {at}"
        base = whole(operation.document, operation.body)
        for name in flat(operation.document, operation.body)["required"]:
            with pytest.raises(ValueError, match=name):
                _body(provider, module, {key: value for key, value in base.items() if key != name})


@pytest.mark.parametrize(("provider", "file"), PAGES)
def test_what_a_page_says_of_replies_is_what_parse_returns(provider, file):
    fields = 0
    for operation in operations(_text(provider, file)):
        module = _module(provider, operation)
        for status, schema in operation.replies.items():
            if schema is None:
                with pytest.raises(http.DocumentedStatus):
                    module.parse(http.Response(int(status), {}, b""))
                continue
            for place, variant in _variants(operation.document, schema):
                read = _read(module, status, variant)
                assert same(read, variant), f"{file} {status} {place}"
                assert _equal(read.to_dict(), variant), f"{file} {status} {place}"
                fields += 1
    assert fields > 0


def _variants(document, schema, at=""):
    """A whole reply, and one for every value every field may have, however deep."""
    base = whole(document, schema)
    yield at or "/", base
    for name, each in flat(document, schema).get("properties", {}).items():
        for value in samples(document, each):
            yield f"{at}/{name}", {**base, name: value}
        inner = flat(document, each)
        below = inner.get("items", each) if inner.get("type") == "array" else each
        if flat(document, below).get("properties"):
            for place, value in _variants(document, below, f"{at}/{name}"):
                yield place, {**base, name: [value] if inner.get("type") == "array" else value}


@pytest.mark.parametrize(("provider", "file"), PAGES)
def test_what_every_page_requires_must_be_there(provider, file):
    required = _required(provider)
    for operation in operations(_text(provider, file)):
        module = _module(provider, operation)
        for status, schema in operation.replies.items():
            if schema is None or not status.startswith("2"):
                continue
            base = whole(operation.document, schema)
            for name in base:
                without = copy.deepcopy(base)
                del without[name]
                if name in required.get(name_of(schema), set()):
                    with pytest.raises(http.InvalidBody):
                        _read(module, status, without)
                else:
                    assert _equal(_read(module, status, without).to_dict(), without)


def _required(provider):
    """What all pages of a provider that state a component require of it."""
    found = {}
    for fragment in SOURCES[provider]["fragments"]:
        for operation in operations(_text(provider, fragment["file"])):
            stated = dict(operation.document.get("components", {}).get("schemas", {}))
            stated |= {
                name_of(each): each for each in operation.replies.values() if each and "refIdentifier" in each
            }
            for name, schema in stated.items():
                own = set(flat(operation.document, schema).get("required", []))
                found[name] = found.get(name, own) & own
    return found


def test_the_walk_sees_through_what_pages_wrap():
    document = {"components": {"schemas": {"A": {"type": "string", "enum": ["x"]}}}}
    wrapped = {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": "true"}
    assert samples(document, wrapped) == ["x", None]
    assert follow(document, {"$ref": "#/components/schemas/A"})["type"] == "string"


def test_a_page_without_openapi_says_all_of_it():
    """The reader of this test, against what a person reads in post-v1-run.md."""
    (run,) = operations(_text("monid", "post-v1-run.md"))
    assert (run.method, run.path, run.parameters) == ("POST", "/v1/run", [])
    assert run.body["required"] == sorted(["provider", "endpoint", "input"], key=len, reverse=True)
    assert whole({}, run.body)["input"] == {"searchTerms": ["AI"], "maxItems": 10}
    (fields,) = [schema["properties"] for status, schema in run.replies.items() if status == "202"]
    assert {name: each.get("type") for name, each in fields.items()} == {
        **dict.fromkeys(
            ("runId", "caller", "provider", "providerName", "endpoint", "status", "createdAt"), "string"
        ),
        "price": None,
    }
    assert fields["status"]["enum"] == ["RUNNING"]
    assert fields["createdAt"]["format"] == "date-time"
    assert fields["price"]["example"] == {"type": "PER_CALL", "amount": 0.003, "currency": "USD"}
