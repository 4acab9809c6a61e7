"""One page from a real server: what is taken, what is refused, and in which words."""

import gzip
import itertools

import httpx
import pytest

from codegen.errors import StageError
from codegen.fetch import Bounds, Fetched, Validators, fetch, is_html

PAGE = b"# A page\n\nGET /things\n"
BOUNDS = Bounds(size=1_000, silence=5.0, seconds=60.0, redirects=2)
TAG = Validators('"1"', "")
DATE = Validators("", "Sat, 21 Nov 2026 10:00:00 GMT")


@pytest.fixture(scope="module")
def client():
    with httpx.Client() as client:
        yield client


@pytest.fixture
def get(site, client):
    def get(path="/page", known=Validators(), bounds=BOUNDS, clock=lambda: 0.0):  # noqa: B008  # frozen
        return fetch(client, f"{site.url}{path}", known, bounds, clock)

    return get


def test_a_page_is_taken_byte_for_byte(site, get, reply):
    body = b"\xef\xbb\xbf# A page\r\n\r\nwith <html> in it\n"
    site.replies["/page"] = reply(body=body, tag='W/"a"', modified=DATE.last_modified)
    assert get() == Fetched(body, Validators('W/"a"', DATE.last_modified))


@pytest.mark.parametrize("known", [TAG, DATE])
def test_a_known_page_costs_a_header(site, get, reply, known):
    site.replies["/page"] = reply(body=PAGE, tag=known.etag, modified=known.last_modified)
    assert get(known=known) == Fetched(None, known)
    ((_, headers),) = site.asked
    assert {name: value for name, value in headers.items() if name.startswith("If-")} == known.headers()


def test_what_a_server_says_of_a_page_is_kept_only_if_it_can_be_said_again(site, get, reply):
    site.replies["/page"] = reply(body=PAGE, tag=f'"{"x" * 300}"')
    assert get().validators == Validators()


def test_packed_pages_are_unpacked_and_bounded(site, get, reply):
    def packed(content):
        made = reply(body=gzip.compress(content))
        made.headers["Content-Encoding"] = "gzip"
        return made

    site.replies["/page"] = packed(PAGE)
    assert get().content == PAGE
    site.replies["/page"] = packed(b"\0" * 100_000)
    with pytest.raises(StageError, match="more than 1000 bytes"):
        get()


def test_redirects_are_followed(site, get, reply):
    site.replies["/page"] = reply(301, to="/b/c")
    site.replies["/b/c"] = reply(308, to="d")
    site.replies["/b/d"] = reply(body=PAGE)
    assert get().content == PAGE


REFUSED = {
    "gone": ({"status": 404}, "HTTP 404"),
    "gone for good": ({"status": 410}, "HTTP 410"),
    "login": ({"status": 401}, "HTTP 401"),
    "limit": ({"status": 429}, "HTTP 429"),
    "defect": ({"status": 500, "body": PAGE}, "HTTP 500"),
    "nothing known, and not modified": ({"status": 304}, "HTTP 304"),
    "partial": ({"status": 206, "body": PAGE}, "HTTP 206"),
    "web page by its type": ({"body": PAGE, "kind": "text/html; charset=utf-8"}, "a web page"),
    "web page by its text": ({"body": b"\n<!-- x -->\n<!DOCTYPE html>\n<html>"}, "a web page"),
    "cut off": ({"body": PAGE, "length": 900}, "ended early"),
    "said to be too big": ({"body": PAGE, "length": 5_000}, "5000 bytes; at most 1000"),
    "too big": ({"body": b"x" * 1_001}, "1001 bytes; at most 1000"),
    "in a circle": ({"status": 302, "to": "/page"}, "more than 2 redirects"),
    "to a file": ({"status": 302, "to": "file:///etc/passwd"}, "is not fetched"),
    "to another protocol": ({"status": 302, "to": "ftp://127.0.0.1/x"}, "is not fetched"),
    "to somebody's account": ({"status": 302, "to": "http://me:secret@127.0.0.1/x"}, "a user's name"),
    "to nowhere": ({"status": 302}, "without a Location"),
    "to no address": ({"status": 302, "to": "http://x:y/"}, "Invalid URL"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(site, get, reply, what):
    given, words = REFUSED[what]
    site.replies["/page"] = reply(**given)
    with pytest.raises(StageError, match=words) as caught:
        get()
    assert caught.value.stage == "fetch"
    assert caught.value.where == f"{site.url}/page"
    assert "secret" not in str(caught.value)


def test_a_server_that_falls_silent(site, get, reply):
    site.replies["/page"] = reply(body=PAGE, length=900, hang=True)
    with pytest.raises(StageError, match=r"no byte for 0\.05 seconds"):
        get(bounds=Bounds(silence=0.05))


def test_a_page_that_takes_too_long(site, get, reply):
    """The clock runs a minute at each look."""
    site.replies["/page"] = reply(body=PAGE)
    with pytest.raises(StageError, match="not here after 30 seconds"):
        get(bounds=Bounds(seconds=30.0), clock=itertools.count(0, 60).__next__)


def test_nobody_there(get, site):
    site.close()
    with pytest.raises(StageError, match="can't be fetched"):
        get()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/y", "https://", "https://me@x/y", "x", "http://x:y/"]
)
def test_addresses_that_are_never_asked(client, url):
    with pytest.raises(StageError, match=r"not fetched|no address|user's name"):
        fetch(client, url, Validators())


def test_never_from_https_down_to_http():
    def moved(request):
        return httpx.Response(302, headers={"Location": "http://x/y"})

    with (
        httpx.Client(transport=httpx.MockTransport(moved)) as client,
        pytest.raises(StageError, match="from https to http"),
    ):
        fetch(client, "https://x/y", Validators())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<!doctype HTML>", True),
        (b"\xef\xbb\xbf  \n<html lang=en>", True),
        (b"<!-- <b> -->\n<head>", True),
        (b"# Title\n<html>", False),
        (b"<htmlish>", False),
        (b"", False),
        (b"<!--" * 100_000, False),
    ],
)
def test_what_a_web_page_is(content, expected):
    assert is_html(content) is expected
