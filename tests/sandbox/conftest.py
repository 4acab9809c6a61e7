"""A sandbox with a clock that only the test moves, and a client that has the right key for each provider."""

import asyncio

import attrs
import httpx
import pytest

from omnirun.sandbox import KEYS, Sandbox, create_app

PREFIXES = {"datafold": "Key ", "firecrawl": "Bearer ", "monid": "Bearer "}
NOON = 1_780_000_000.0


@attrs.define
class Clock:
    time: float = NOON

    def __call__(self) -> float:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += seconds


@attrs.define
class Caller:
    """Sends a request as a provider's user would."""

    transport: httpx.ASGITransport

    def __call__(
        self, provider: str, method: str, path: str, *, key: str | None = None, **rest
    ) -> httpx.Response:
        header = f"{PREFIXES[provider]}{KEYS[provider]}" if key is None else key
        url = f"http://testserver/{provider}{path}"

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport) as client:
                return await client.request(method, url, headers={"Authorization": header}, **rest)

        return asyncio.run(send())

    def pages(self, provider: str, paths, *, more) -> list[dict]:
        """Every page: `paths` makes a path from the page before, `more` says whether there is one after."""
        pages: list[dict] = []
        page: dict | None = None
        while page is None or more(page):
            page = self(provider, "GET", paths(page, len(pages))).json()
            pages.append(page)
            assert len(pages) < 100, "the pages have no end"
        return pages


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock) -> Sandbox:
    return Sandbox(clock)


@pytest.fixture
def call(sandbox):
    return Caller(httpx.ASGITransport(create_app(sandbox)))
