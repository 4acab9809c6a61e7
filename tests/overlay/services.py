"""Scripted providers for virtual time: a few lines each, told when which run ends."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.overlay.virtual import START, reply


def iso(seconds):
    return datetime.fromtimestamp(START + seconds, UTC).isoformat()


class Datafold:
    """Monitor runs that end in `state` at given seconds; `hidden` ones are missing from the list."""

    def __init__(self, ends, state="ok", first=0, hidden=()):
        self.ends, self.state, self.next, self.hidden = ends, state, first, hidden

    def __call__(self, request, at):
        parts = request.path.split("/")
        if request.method == "POST":
            self.next += 1
            return reply(200, {"run_id": self.next})
        if parts[-1] == "runs":
            return self.page(dict(request.params), at)
        return reply(200, self.item(int(parts[-1]), at) | {"monitor_id": int(parts[-3]), "warnings": []})

    def item(self, run, at):
        state = self.state if at >= self.ends[run] else "checking"
        return {"run_id": run, "monitor_id": 42, "state": state, "started_at": iso(0), "diff_id": None}

    def page(self, params, at):
        runs = [run for run in sorted(self.ends, reverse=True) if run not in self.hidden]
        size, page = int(params["page_size"]), int(params["page"])
        items = [self.item(run, at) for run in runs[size * (page - 1) : size * page]]
        pages = max(1, -(-len(runs) // size))
        return reply(
            200, {"count": len(runs), "page": page, "page_size": size, "total_pages": pages, "runs": items}
        )


class Monid:
    """Runs of one workspace, newest first, `size` to a page."""

    def __init__(self, ends, created=None, size=100):
        self.ends, self.created, self.size = ends, created or {}, size

    def __call__(self, request, at):
        if request.path == "/v1/runs":
            start = int(dict(request.params).get("cursor", 0))
            runs = sorted(self.ends, key=lambda run: self.created.get(run, 0), reverse=True)
            items = [self.item(run, at) for run in runs[start : start + self.size]]
            more = start + self.size < len(runs)
            return reply(200, {"items": items, "cursor": str(start + self.size) if more else None})
        return reply(200, self.item(request.path.split("/")[-1], at) | {"output": [1]})

    def item(self, run, at):
        return {
            "runId": run,
            "provider": "apify",
            "endpoint": "/x",
            "status": "COMPLETED" if at >= self.ends[run] else "RUNNING",
            "createdAt": iso(self.created.get(run, 0)),
        }


class Firecrawl:
    """One check per monitor, the monitors in a list that shows the current check only."""

    def __init__(self, ends):
        self.ends = ends  # (monitor, check) -> seconds
        self.checks = list(ends)

    def __call__(self, request, at):
        if request.path == "/monitor":
            offset, limit = (int(dict(request.params)[name]) for name in ("offset", "limit"))
            data = [
                {"id": m, "currentCheckId": None if at >= self.ends[m, c] else c}
                for m, c in self.checks[offset : offset + limit]
            ]
            return reply(200, {"success": True, "data": data})
        _, _, monitor, _, check = request.path.split("/")
        return reply(200, {"success": True, "data": self.check(monitor, check, at)})

    def check(self, monitor, check, at):
        ended = at >= self.ends[monitor, check]
        return {
            "id": check,
            "monitorId": monitor,
            "status": "completed" if ended else "running",
            "createdAt": iso(0),
            "finishedAt": iso(self.ends[monitor, check]) if ended else None,
            "summary": {"changed": 1},
        }


def uuid(number):
    return f"0199a1b2-0000-7000-8000-{number:012d}"
