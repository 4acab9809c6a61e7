"""From replies to errors: the status decides the class, and no body, however malformed, masks it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import datafold, errors, firecrawl, monid
from omnirun.refs import Ref
from omnirun.replies import decoded, failure, is_list, loose, need, request_id, unreadable
from omnirun_raw.http import Response
from tests.overlay.virtual import reply

MONITOR = "0199a1b2-0000-7000-8000-000000000001"
HTML = b"<html>\n<body>\n  <h1>502 Bad Gateway</h1>\n</body>\n</html>"
DEEP = b"[" * 100_000

CALLS = [
    (datafold.PROVIDER, datafold.Monitor(42), Ref.parse("datafold:monitors/42/runs/7")),
    (
        firecrawl.PROVIDER,
        firecrawl.Monitor(MONITOR),
        Ref.parse(f"firecrawl:monitors/{MONITOR}/checks/{MONITOR}"),
    ),
    (monid.PROVIDER, monid.Endpoint("apify", "/x"), Ref.parse("monid:runs/01HX")),
]


def readers():
    for owner, target, ref in CALLS:
        yield f"{owner.name}-trigger", str(target), lambda r, o=owner, t=target: o.read_trigger(t, r, 0.0)
        yield f"{owner.name}-get", str(ref), lambda r, o=owner, f=ref: o.read(f, r, 0.0)
        yield f"{owner.name}-list", "", lambda r, o=owner, t=target: o.history(t).read(r, 0.0)


READERS = [pytest.param(read, doing, id=name) for name, doing, read in readers()]


def test_decoded() -> None:
    assert {"a": 1} == decoded(reply(200, {"a": 1}), "x")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the body is not JSON"),
        (HTML, "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b'{"a": ', "the body is not JSON"),
        (DEEP, "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
        (b'"run"', "the body is not a JSON object"),
    ],
    ids=["empty", "html", "no text", "cut off", "deep", "list", "null", "string"],
)
def test_success_that_is_no_object_is_unreadable(content, why) -> None:
    with pytest.raises(errors.UnreadableReply) as caught:
        decoded(Response(200, {"x-request-id": "req-1"}, content), "datafold:monitors/42")

    assert str(caught.value).startswith(f"datafold:monitors/42: HTTP 200: {why}")
    assert (200, "req-1") == (caught.value.status, caught.value.request_id)
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize("content", [b"", HTML, b"\xff", DEEP, b"[1]", b"null", b"1"])
def test_loose_never_raises(content) -> None:
    assert {} == loose(Response(500, {}, content))


def test_loose_gives_the_object() -> None:
    assert {"a": [1]} == loose(reply(500, {"a": [1]}))


@pytest.mark.parametrize("value", [0, "", False, []])
def test_need_gives_what_is_there(value) -> None:
    assert value == need(value, "run_id")


def test_need_names_what_is_absent() -> None:
    with pytest.raises(KeyError, match="run_id"):
        need(None, "run_id")


@pytest.mark.parametrize(("value", "expected"), [([], True), ((), False), ({}, False), ("ab", False)])
def test_is_list(value, expected) -> None:
    assert expected is is_list(value)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"x-request-id": "a"}, "a"),
        ({"request-id": "b"}, "b"),
        ({"request-id": "b", "x-request-id": "a"}, "a"),
    ],
)
def test_request_id(headers, expected) -> None:
    assert expected == request_id(headers)


def test_failure_keeps_what_the_reply_says() -> None:
    response = reply(422, {"detail": "no"}, x_request_id="req-1", retry_after="7")
    error = failure(response, 0.0, "datafold:monitors/42", message="no", code="BAD", details=[{"msg": "no"}])

    assert type(error) is errors.InvalidRequest
    assert str(error) == "datafold:monitors/42: HTTP 422 BAD: no (request req-1)"
    assert ({"detail": "no"}, 7.0, ({"msg": "no"},)) == (error.body, error.retry_after, error.details)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the body is empty"),
        (b"  \n ", "the body is empty"),
        (HTML, "<html> <body> <h1>502 Bad Gateway</h1> </body> </html>"),
        (b"x" * 1000, "x" * 300),
    ],
    ids=["empty", "blank", "html", "long"],
)
def test_failure_without_words_shows_the_start_of_the_body(content, words) -> None:
    error = failure(Response(502, {}, content), 0.0, "", message=None)

    assert type(error) is errors.ServerError
    assert f"HTTP 502: {words}" == str(error)
    assert len(error.body) <= 300


def test_unreadable_keeps_the_start_of_the_body() -> None:
    error = unreadable(Response(200, {}, b"y" * 1000), "x", "odd")

    assert ("y" * 300, 200) == (error.body, error.status)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["detail", "error", "code", "message", "details", "checkId", "success", "loc", "msg"]
REASON = st.dictionaries(st.sampled_from(["loc", "msg", "type"]), JSON)
BODIES = st.dictionaries(st.sampled_from(KEYS), JSON | st.lists(REASON, max_size=2))


@pytest.mark.parametrize(("read", "doing"), READERS)
@settings(deadline=None, max_examples=40)
@given(status=st.sampled_from([300, 400, 401, 402, 404, 408, 409, 422, 429, 500, 503]), body=BODIES)
def test_no_error_body_masks_its_status(read, doing, status, body) -> None:
    """Whatever a provider puts into an error body, it is the error of its status."""
    with pytest.raises(errors.ApiError) as caught:
        read(reply(status, body))

    assert isinstance(caught.value, errors.error_class(status))
    assert status == caught.value.status
    assert doing in str(caught.value)


@pytest.mark.parametrize(("read", "doing"), READERS)
@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b"", errors.UnreadableReply),
        (200, HTML, errors.UnreadableReply),
        (200, b"[]", errors.UnreadableReply),
        (401, b"", errors.AuthError),
        (403, HTML, errors.AuthError),
        (404, HTML, errors.NotFound),
        (429, b"", errors.RateLimited),
        (500, b"\xff", errors.ServerError),
        (502, HTML, errors.ServerError),
        (301, b"", errors.ApiError),
    ],
)
def test_no_json(read, doing, status, content, expected) -> None:
    with pytest.raises(errors.ApiError) as caught:
        read(Response(status, {}, content))

    assert (expected, status) == (type(caught.value), caught.value.status)
    assert doing in str(caught.value)
