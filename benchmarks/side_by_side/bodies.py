"""The JSON the three providers answer with, as their pages describe it: one run, and pages of runs."""

from __future__ import annotations

import json
from typing import Any

MONITOR = "0199a1b2-0000-7000-8000-000000000001"
CHECK = "0199a1b2-0000-7000-8001-000000000001"
RUN = "01HXYZ1234567890ABCDEF0000"


def monid_run(number: int) -> dict[str, Any]:
    """A finished run, as Monid's list shows it."""
    return {
        "runId": f"01HXYZ1234567890ABCDE{number:06}",
        "caller": "caller_1",
        "provider": "apify",
        "endpoint": "/apidojo/tweet-scraper",
        "status": "COMPLETED",
        "price": {"type": "PER_RESULT", "amount": 0.0004, "currency": "USD"},
        "cost": {"amount": 0.04, "currency": "USD"},
        "providerResponse": {"httpStatus": 200},
        "createdAt": f"2026-03-28T10:{number % 60:02}:00.000Z",
    }


def datafold_run(number: int) -> dict[str, Any]:
    """A finished run, as Datafold's list shows it."""
    return {
        "run_id": number,
        "monitor_id": 42,
        "diff_id": 1000 + number,
        "state": "ok",
        "started_at": f"2026-03-28T10:{number % 60:02}:00.123456+00:00",
    }


def firecrawl_check(number: int) -> dict[str, Any]:
    """A finished check, as Firecrawl's list shows it."""
    at = f"2026-03-28T10:{number % 60:02}:00.000Z"
    return {
        "id": f"0199a1b2-0000-7000-8001-{number:012}",
        "monitorId": MONITOR,
        "status": "completed",
        "trigger": "scheduled",
        "scheduledFor": at,
        "startedAt": at,
        "finishedAt": at,
        "estimatedCredits": 1,
        "actualCredits": 1,
        "billingStatus": "confirmed",
        "summary": {"totalPages": 1, "same": 1, "changed": 0, "new": 0, "removed": 0, "error": 0},
        "createdAt": at,
        "updatedAt": at,
    }


def monid_page(numbers: range, cursor: str | None) -> bytes:
    """A page of Monid's list."""
    return json.dumps({"items": [monid_run(number) for number in numbers], "cursor": cursor}).encode()


def datafold_page(numbers: range, page: int, pages: int) -> bytes:
    """A page of Datafold's list."""
    size = len(numbers)
    head = {"count": size * pages, "page": page, "page_size": size, "total_pages": pages}
    return json.dumps({**head, "runs": [datafold_run(number) for number in numbers]}).encode()


def firecrawl_page(numbers: range) -> bytes:
    """A page of Firecrawl's list."""
    return json.dumps({"success": True, "data": [firecrawl_check(number) for number in numbers]}).encode()


def single() -> dict[str, bytes]:
    """The bodies of single gets, by path."""
    check = {**firecrawl_check(1), "pages": []}
    return {
        f"/v1/runs/{RUN}": json.dumps({**monid_run(0), "runId": RUN, "output": [{"id": 1}]}).encode(),
        "/api/v1/monitors/42/runs/7": json.dumps({**datafold_run(7), "error": None, "warnings": []}).encode(),
        f"/monitor/{MONITOR}/checks/{CHECK}": json.dumps({"success": True, "data": check}).encode(),
    }
