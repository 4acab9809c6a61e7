"""Many scrapers at once, from a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnirun import AsyncClient, Attempt, monid

if TYPE_CHECKING:
    from collections.abc import Iterable


async def scrape(terms: Iterable[str], *, timeout: float = 900.0) -> dict[str, int | None]:
    """How many items each term gave; None where the scraper failed."""
    targets = [
        monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": [term]}) for term in terms
    ]
    async with AsyncClient() as client:
        attempts = [
            attempt
            async for attempt in client.as_completed(await client.trigger_all(targets), timeout=timeout)
        ]
    return {_term(attempt): _count(attempt) for attempt in attempts}


def _term(attempt: Attempt) -> str:
    target = attempt.target
    assert isinstance(target, monid.Endpoint)
    return str(target.input["searchTerms"][0])


def _count(attempt: Attempt) -> int | None:
    run = attempt.run
    return len(run.output or ()) if run is not None and run.ok else None
