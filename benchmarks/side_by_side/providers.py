"""The three providers as functions from a request and the time to a reply: what is simulated is the wait, not the JSON.

Rule: bodies are joined from texts made beforehand, and the time a provider takes to answer is kept apart, so that the
CPU that is measured is the client's. Each shows its runs as its page says: Monid one list of the workspace, newest
first; Datafold one list per monitor; Firecrawl a list of monitors with their current check.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from omnirun_raw.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnirun_raw.http import Request

PAGE = 100
RUNS_PER_MONITOR = 100


class Provider:
    """One provider with runs that end at given seconds after the start; counts what is asked for."""

    def __init__(self, ends: Sequence[float], start: float) -> None:
        self.ends = ends
        self.refs = [self.ref(number) for number in range(len(ends))]
        self.lists = 0
        self.gets = 0
        self.busy = 0.0
        """Seconds of CPU this provider took to answer, and then to measure `decoding`."""
        self.decoding = 0.0
        """Seconds of CPU that `json.loads` alone takes for what it answered."""
        self._created = datetime.fromtimestamp(start, UTC).isoformat()

    def __call__(self, request: Request[Any], at: float) -> Response:
        """Answer a request at so many seconds after the start."""
        began = time.process_time()
        content = self.answer(request.path, dict(request.params), at)
        response = Response(200, {"content-type": "application/json"}, content.encode())
        answered = time.process_time()
        json.loads(response.content)
        ended = time.process_time()
        self.decoding += ended - answered
        self.busy += ended - began
        return response

    def ref(self, number: int) -> str:
        """Name a run."""
        raise NotImplementedError

    def answer(self, path: str, params: Mapping[str, str], at: float) -> str:
        """Give the body of a reply."""
        raise NotImplementedError


class Monid(Provider):
    """One workspace."""

    def ref(self, number: int) -> str:
        """Name a run."""
        return f"monid:runs/01JZBENCH{number:017}"

    def answer(self, path: str, params: Mapping[str, str], at: float) -> str:
        """Give the body of a reply."""
        if path == "/v1/runs":
            self.lists += 1
            first = int(params.get("cursor", "0"))
            after = first + PAGE
            items = ",".join(self._item(number, at) for number in range(first, min(after, len(self.ends))))
            cursor = f'"{after}"' if after < len(self.ends) else "null"
            return f'{{"items":[{items}],"cursor":{cursor}}}'
        self.gets += 1
        return self._item(int(path[-17:]), at)[:-1] + ',"output":[{"id":1}]}'

    def _item(self, number: int, at: float) -> str:
        ended = at >= self.ends[number]
        reply = ',"providerResponse":{"httpStatus":200}' if ended else ""
        return (
            f'{{"runId":"01JZBENCH{number:017}","caller":"c","provider":"apify","endpoint":"/apidojo/tweet-scraper",'
            f'"status":"{"COMPLETED" if ended else "RUNNING"}","createdAt":"{self._created}"{reply}}}'
        )


class Datafold(Provider):
    """Monitors of a hundred runs each."""

    def ref(self, number: int) -> str:
        """Name a run."""
        return f"datafold:monitors/{number // RUNS_PER_MONITOR + 1}/runs/{number + 1}"

    def answer(self, path: str, params: Mapping[str, str], at: float) -> str:
        """Give the body of a reply."""
        parts = path.split("/")
        if parts[-1] == "runs":
            self.lists += 1
            first = (int(parts[-2]) - 1) * RUNS_PER_MONITOR
            numbers = range(first, min(first + RUNS_PER_MONITOR, len(self.ends)))
            size, page = int(params["page_size"]), int(params["page"])
            pages = max(1, -(-len(numbers) // size))
            items = ",".join(self._item(number, at) for number in numbers[size * (page - 1) : size * page])
            head = f'"count":{len(numbers)},"page":{page},"page_size":{size},"total_pages":{pages}'
            return f'{{{head},"runs":[{items}]}}'
        self.gets += 1
        return self._item(int(parts[-1]) - 1, at)[:-1] + ',"error":null,"warnings":[]}'

    def _item(self, number: int, at: float) -> str:
        return (
            f'{{"run_id":{number + 1},"monitor_id":{number // RUNS_PER_MONITOR + 1},"diff_id":null,'
            f'"state":"{"ok" if at >= self.ends[number] else "checking"}","started_at":"{self._created}"}}'
        )


class Firecrawl(Provider):
    """Monitors of one check each."""

    def ref(self, number: int) -> str:
        """Name a run."""
        return f"firecrawl:monitors/{_uuid(1, number)}/checks/{_uuid(2, number)}"

    def answer(self, path: str, params: Mapping[str, str], at: float) -> str:
        """Give the body of a reply."""
        if path == "/monitor":
            self.lists += 1
            first, size = int(params["offset"]), int(params["limit"])
            numbers = range(first, min(first + size, len(self.ends)))
            items = ",".join(self._monitor(number, at) for number in numbers)
            return f'{{"success":true,"data":[{items}]}}'
        self.gets += 1
        number = int(path[-12:])
        ended = at >= self.ends[number]
        finished = f'"{self._created}"' if ended else "null"
        return (
            f'{{"success":true,"data":{{"id":"{_uuid(2, number)}","monitorId":"{_uuid(1, number)}",'
            f'"status":"{"completed" if ended else "running"}","trigger":"manual","createdAt":"{self._created}",'
            f'"finishedAt":{finished},"summary":{{"totalPages":1,"same":1,"changed":0,"new":0,"removed":0,"error":0}},'
            f'"pages":[]}}}}'
        )

    def _monitor(self, number: int, at: float) -> str:
        current = "null" if at >= self.ends[number] else f'"{_uuid(2, number)}"'
        return (
            f'{{"id":"{_uuid(1, number)}","name":"monitor {number}","status":"active","currentCheckId":{current},'
            f'"createdAt":"{self._created}","updatedAt":"{self._created}"}}'
        )


def _uuid(kind: int, number: int) -> str:
    return f"0199a1b2-0000-7000-800{kind}-{number:012d}"
