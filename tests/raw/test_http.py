"""http.py: the shared values of the raw clients."""

import copy
import json
import pickle
import sys
from datetime import UTC, date, datetime
from enum import Enum
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from omnirun_raw import http
from omnirun_raw.http import (
    UNSET,
    DocumentedStatus,
    InvalidBody,
    Request,
    Response,
    ResponseError,
    UnexpectedStatus,
    Unset,
)


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_unset_is_one_object_wherever_it_has_been(protocol):
    assert pickle.loads(pickle.dumps(UNSET, protocol)) is UNSET
    assert copy.copy(UNSET) is UNSET
    assert copy.deepcopy([UNSET])[0] is UNSET
    assert Unset() is UNSET
    assert not UNSET


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a/b c?d#e%f", "a%2Fb%20c%3Fd%23e%25f"),
        (42, "42"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("a..b", "a..b"),
        ("é", "%C3%A9"),
        (True, "true"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Colour.RED, "red"),
    ],
)
def test_a_path_segment_is_percent_encoded(value, expected):
    assert http.segment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        (UNSET, ()),
        (True, (("q", "true"),)),
        (False, (("q", "false"),)),
        (0, (("q", "0"),)),
        (1.5, (("q", "1.5"),)),
        ("", (("q", ""),)),
        (["a", None, 2], (("q", "a"), ("q", "2"))),
        ([], ()),
        ({"a": 1, "b": None}, (("a", "1"),)),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), (("q", "2026-01-02T03:04:05+00:00"),)),
        (date(2026, 1, 2), (("q", "2026-01-02"),)),
        (Colour.RED, (("q", "red"),)),
        ([Colour.RED], (("q", "red"),)),
    ],
)
def test_query_parameters(value, expected):
    assert http.pairs(("q", value)) == expected


def test_header_and_cookie_parameters():
    assert http.header_pairs(("X-A", [1, 2]), ("X-B", UNSET), ("X-C", True)) == (
        ("X-A", "1,2"),
        ("X-C", "true"),
    )
    assert http.cookie_pairs(("a", "x;y"), ("b", 1)) == (("Cookie", "a=x%3By; b=1"),)
    assert http.cookie_pairs(("a", UNSET)) == ()


@pytest.mark.parametrize(
    ("value", "content_type", "expected"),
    [
        ({"a": UUID(int=1), "b": UNSET}, "application/json", ({"a": str(UUID(int=1))}, None)),
        ([1, None], "application/problem+json; charset=utf-8", ([1, None], None)),
        ({"a": [1, 2], "b c": "é"}, "application/x-www-form-urlencoded", (UNSET, b"a=1&a=2&b+c=%C3%A9")),
        (b"\x00", "application/octet-stream", (UNSET, b"\x00")),
        ("text", "text/plain", (UNSET, b"text")),
    ],
)
def test_a_body_is_written_as_its_content_type_asks(value, content_type, expected):
    body = http.body(value, content_type)
    assert (body.json, body.content) == expected
    assert body.headers == (("Content-Type", content_type),)


def test_no_body_is_no_body():
    assert http.body(UNSET, "application/json") == http.Body()


def test_the_repr_of_a_request_shows_no_more_than_where_it_goes():
    request = Request(
        "GET", "/x", "g.o", str, (("key", "s3cret"),), (("Authorization", "s3cret"),), {"k": "s3cret"}
    )
    assert repr(request) == "Request(method='GET', path='/x', operation='g.o', provider='')"
    assert repr(Response(200, {"set-cookie": "s3cret"}, b"s3cret")) == "Response(status=200)"


REPLY = Response(418, {"x-a": "1"}, b"s3cret")


@pytest.mark.parametrize(
    "error",
    [
        DocumentedStatus(418, REPLY, {"a": 1}, "g.o"),
        UnexpectedStatus(418, REPLY),
        InvalidBody(REPLY, "it is empty", "g.o"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_and_do_not_tell(error):
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)
    assert isinstance(again, ResponseError)
    assert "s3cret" not in str(error) + repr(error)
    assert "418" in str(error)


def test_a_body_nested_without_end_is_an_invalid_body():
    reply = Response(200, {}, b"[" * 100_000)
    with pytest.raises(InvalidBody):
        http.accept(reply, "g.o", list)
    assert http.documented(reply, "g.o", list).parsed is None


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@st.composite
def damaged(draw):
    """A body of JSON, perhaps with a few bytes changed, added or lost."""
    body = bytearray(draw(BODIES))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from(PIECES) | st.binary(max_size=1))
    return bytes(body)


PIECES = [
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 30,
    b'"\\ud800"',
    b"\xef\xbb\xbf",
    b"00",
    b",",
    b"-",
    b"\x00",
]


def by_msgspec(monkeypatch):
    pytest.importorskip("msgspec")
    http._decoder.cache_clear()
    assert http._decoder() is not json.loads


def without_msgspec(monkeypatch):
    monkeypatch.setitem(sys.modules, "msgspec.json", None)
    http._decoder.cache_clear()
    assert http._decoder() is json.loads


@pytest.fixture(params=[by_msgspec, without_msgspec], ids=lambda made: made.__name__)
def _decoders(request, monkeypatch):
    request.param(monkeypatch)
    yield
    http._decoder.cache_clear()


@pytest.mark.usefixtures("_decoders")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damaged())
@example(b"[" * 100_000)
@example(b"1" * 5000)
@example('{"a": 1}'.encode("utf-16"))
@example(b'{"a": 1, "a": 2}')
def test_whatever_decodes_a_body_says_what_json_says(body):
    try:
        expected = repr(json.loads(body))
    except (ValueError, RecursionError) as error:
        with pytest.raises(type(error)):
            Response(200, {}, body).json()
    else:
        assert repr(Response(200, {}, body).json()) == expected
