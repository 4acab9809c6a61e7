"""The job of some project that uses omnirun: look at the data, and scrape only if it is sound."""

from __future__ import annotations

from omnirun import Client, RunFailed, Verdict, WaitTimeout, datafold, monid


def nightly(monitor: int, terms: list[str]) -> str:
    """Run the monitor, then a scraper for each term; tells in a sentence what became of it."""
    with Client() as client:
        try:
            checked = client.run(datafold.Monitor(monitor), timeout=900).check()
        except RunFailed as failed:
            return f"not scraped: {failed}"
        except WaitTimeout as late:
            return f"not scraped: look at {late.pending[0].ref} in the morning"
        if checked.verdict is Verdict.ALERT:
            return "not scraped: the data has changed"
        scrapers = [
            monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": [term]}) for term in terms
        ]
        attempts = client.run_all(scrapers, timeout=900)
    items = sum(len(attempt.run.output) for attempt in attempts if attempt.run and attempt.run.ok)
    return f"scraped {items} items, {sum(not (a.run and a.run.ok) for a in attempts)} scrapers failed"
