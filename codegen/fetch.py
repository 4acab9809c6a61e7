# A page from the address it was published at.
#
# Rules: a page is asked for with what is known of it (ETag, Last-Modified), so that an unchanged one costs a header.
# Redirects are followed by hand: few of them, to http and https alone, never from https down to http, and no address
# carries a user's name. What arrives is bounded in size and in time while it arrives; a reply that ends early or is
# HTML is no page. Nothing is retried: whoever runs this can run it again.

"""Fetch one published page."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import httpx
from attrs import frozen

from codegen.errors import StageError
from codegen.sources import MAX_PAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STAGE = "fetch"
HTML: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
"""How a page begins that is a web page; matched against its head alone."""
HEAD: Final = 2_000
_HEADERS: Final = {
    "Accept": "text/markdown, text/plain;q=0.9, */*;q=0.1",
    "User-Agent": "omnirun-codegen",
}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_VALIDATOR: Final = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")
_OK, _NOT_MODIFIED = 200, 304
_LATER = "Nothing was changed; run it again later."
_STATUS: Final[Mapping[int, str]] = {
    401: "The page is behind a login now: save it by hand and take it with --from DIR.",
    403: "The page is behind a login now: save it by hand and take it with --from DIR.",
    404: "The page has moved or is gone: put its new address into sources.toml, or take its entry out.",
    410: "The page is gone: put its new address into sources.toml, or take its entry out.",
    429: _LATER,
}


@frozen
class Bounds:
    """How much a page may be and take."""

    size: int = MAX_PAGE_BYTES
    """Bytes, unpacked."""
    silence: float = 20.0
    """Seconds without a byte."""
    seconds: float = 120.0
    """For one page, redirects included."""
    redirects: int = 5


@frozen
class Validators:
    """What a server said of a page, to be given back to it."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """As a request says it."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}


@frozen
class Fetched:
    """What came of asking for a page."""

    content: bytes | None
    """None where the page is the one that is known."""
    validators: Validators


def fetch(
    client: httpx.Client,
    url: str,
    known: Validators,
    bounds: Bounds | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Fetch one page.

    Args:
        client: Sends; it must not follow redirects itself.
        url: Where the page is.
        known: What the server said of the page that is known.
        bounds: How much it may be and take.
        clock: Seconds.

    Raises:
        StageError: There is no page, or what there is exceeds a bound or is none.
    """
    bounds = bounds or Bounds()
    until = clock() + bounds.seconds
    address = _address(url, url)
    for _ in range(bounds.redirects + 1):
        try:
            with client.stream(
                "GET",
                address,
                headers={**_HEADERS, **known.headers()},
                timeout=bounds.silence,
                follow_redirects=False,
            ) as reply:
                if reply.status_code not in _REDIRECTS:
                    return _read(reply, url, known, bounds, lambda: clock() > until)
                location = reply.headers.get("Location", "")
        except httpx.TimeoutException as error:
            raise StageError(STAGE, url, "", f"no byte for {bounds.silence:g} seconds", _LATER) from error
        except httpx.RemoteProtocolError as error:
            raise StageError(
                STAGE, url, "", f"the page ended early or isn't HTTP: {error}", _LATER
            ) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise StageError(STAGE, url, "", f"can't be fetched: {error}", _LATER) from error
        address = _address(_joined(address, location, url), url)
    raise StageError(
        STAGE,
        url,
        "",
        f"more than {bounds.redirects} redirects",
        "Put the page's own address into sources.toml.",
    )


def is_html(content: bytes) -> bool:
    """Whether a page is a web page."""
    return HTML.match(content[:HEAD]) is not None


def _address(url: str, page: str) -> str:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise StageError(STAGE, page, "", f"{url[:200]!r} is no address") from error
    if parsed.userinfo:
        hint = "A page is fetched without anybody's name; if it is behind a login, save it and take it with --from DIR."
        raise StageError(STAGE, page if page != url else "", "", "an address with a user's name in it", hint)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        hint = "A page is fetched from an http or https address."
        raise StageError(STAGE, page, "", f"{url[:200]!r} is not fetched", hint)
    return str(parsed)


def _joined(address: str, location: str, page: str) -> str:
    if not location:
        raise StageError(STAGE, page, "", "a redirect without a Location", _LATER)
    target = httpx.URL(address).join(location)
    if target.scheme == "http" and httpx.URL(address).scheme == "https":
        raise StageError(
            STAGE, page, "", f"redirected from https to {str(target)[:200]}", "It is not followed."
        )
    return str(target)


def _read(
    reply: httpx.Response, url: str, known: Validators, bounds: Bounds, late: Callable[[], bool]
) -> Fetched:
    status = reply.status_code
    if status == _NOT_MODIFIED and known.headers():
        return Fetched(None, known)
    if status != _OK:
        raise StageError(STAGE, url, "", f"HTTP {status}", _STATUS.get(status, _LATER))
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    length = reply.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > bounds.size:
        raise StageError(STAGE, url, "", f"{length} bytes; at most {bounds.size} are read")
    content = bytearray()
    for chunk in reply.iter_bytes():
        content += chunk
        if len(content) > bounds.size:
            raise StageError(STAGE, url, "", f"more than {bounds.size} bytes; no more are read")
        if late():
            raise StageError(STAGE, url, "", f"not here after {bounds.seconds:g} seconds", _LATER)
    if kind in {"text/html", "application/xhtml+xml"} or is_html(bytes(content)):
        hint = "Find the address of its Markdown and put it into sources.toml, or take it with --from DIR."
        raise StageError(STAGE, url, "", "a web page (HTML), not the page as text", hint)
    return Fetched(bytes(content), _validators(reply))


def _validators(reply: httpx.Response) -> Validators:
    said = [reply.headers.get(name, "") for name in ("ETag", "Last-Modified")]
    return Validators(*(value if _VALIDATOR.fullmatch(value) else "" for value in said))
