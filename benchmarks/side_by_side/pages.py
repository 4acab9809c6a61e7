"""Reading pages: a hundred thousand runs over the wire, and a page of a thousand that is already there.

By hand means decoded JSON and nothing else, so omnirun's side of it is what a `Run` costs. A history is read in slices,
one by each subject in turn, for a machine seldom keeps its pace for as long as a whole one takes. pydantic's models are
our own generated `schemas.py`; the stock client is what openapi-python-client makes of the same document by itself.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
import tracemalloc
from collections import deque
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.side_by_side import bodies
from benchmarks.side_by_side.extras import FAST, fast
from benchmarks.side_by_side.gets import KEY, accounts
from benchmarks.side_by_side.rounds import Row, exactly, interleaved, ratios, timed
from omnirun import Client, datafold, firecrawl, monid
from omnirun.refs import ref_to
from omnirun.run import fresh
from omnirun_raw.datafold import schemas as datafold_schemas
from omnirun_raw.firecrawl import schemas as firecrawl_schemas
from omnirun_raw.http import Response
from omnirun_raw.monid import schemas as monid_schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_RUNS = 100_000
_PAGE = 1000
_SLICE = 2500
_NOW = 1_800_000_000.0


def rows(url: str, rounds: int, dev: Path, runs: int = _RUNS) -> Iterator[Row]:
    """Measure paging, then reading; `dev` is the Python that has openapi-python-client."""
    yield from _paging(url, max(1, rounds // 4), runs)
    with TemporaryDirectory(prefix="omnirun-bench-") as folder:
        for name in ("datafold", "firecrawl", "monid"):
            with _stock(dev, name, Path(folder)) as stock:
                yield from _reading(name, 2 * rounds, stock)


def _paging(url: str, times: int, runs: int) -> Iterator[Row]:
    case = f"paging {runs:,} runs, pages of 100"
    with (
        httpx.Client(headers={"Authorization": f"Bearer {KEY}"}) as by_hand,
        Client(accounts=accounts(url), environ={}) as ours,
    ):
        # once through, for the server makes each page when it is first asked for
        deque(_whole(_by_hand(by_hand, url), runs), maxlen=0)
        found = interleaved(
            {
                "httpx": timed(_slice(lambda: _by_hand(by_hand, url), runs)),
                "omnirun": timed(_slice(lambda: ours.history(monid.Workspace()), runs)),
                FAST: timed(fast(_slice(lambda: ours.history(monid.Workspace()), runs))),
            },
            times * (runs // _SLICE) - 1,
        )
        for subject in ("omnirun", FAST):
            yield Row(case, subject, "httpx + json by hand", ratios(found[subject], found["httpx"]), 1.25)
        early, late = _peaks(ours, runs)
        yield Row(case + ": memory at the end / after a fifth", "omnirun", "", exactly(late / early), 1.1)


def _slice(history: Callable[[], Iterable[object]], runs: int) -> Callable[[], None]:
    """Make what reads the next slice of a history of so many runs, and begins anew at its end."""
    whole = chain.from_iterable(_whole(history(), runs) for _ in count())
    return lambda: deque(islice(whole, _SLICE), maxlen=0).clear()


def _whole(history: Iterable[object], runs: int) -> Iterator[object]:
    read = 0
    for read, run in enumerate(history, 1):  # noqa: B007 - what it is at the end is looked at
        yield run
    if read != runs:
        raise AssertionError(f"{read} runs were read, not {runs}")


def _by_hand(client: httpx.Client, url: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        params = {"limit": "100"} | ({} if cursor is None else {"cursor": cursor})
        body = client.get(f"{url}/v1/runs", params=params).json()
        yield from body["items"]
        cursor = body["cursor"]
        if cursor is None:
            return


def _peaks(client: Client, runs: int) -> tuple[float, float]:
    """Tell the peaks of what is held, after a fifth of the runs and at the end; the window of refs is full by then."""
    tracemalloc.start()
    try:
        history = iter(client.history(monid.Workspace()))
        deque((next(history) for _ in range(runs // 5)), maxlen=0)
        _, early = tracemalloc.get_traced_memory()
        deque(history, maxlen=0)
        _, late = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return float(early), float(late)


# ---- a page that is there


_PAGES = {
    "datafold": (bodies.datafold_page(range(_PAGE), 1, 1), "runs", datafold.PROVIDER, datafold.Monitor(42)),
    "firecrawl": (
        bodies.firecrawl_page(range(_PAGE)),
        "data",
        firecrawl.PROVIDER,
        firecrawl.Monitor(bodies.MONITOR),
    ),
    "monid": (bodies.monid_page(range(_PAGE), None), "items", monid.PROVIDER, monid.Workspace()),
}
_SCHEMAS: dict[str, Any] = {
    "datafold": datafold_schemas.ApiPublicListMonitorRunsOut,
    "firecrawl": firecrawl_schemas.MonitorCheckListResponse,
    "monid": monid_schemas.RunListResponse,
}
_STOCK = {
    "datafold": "api_public_list_monitor_runs_out.ApiPublicListMonitorRunsOut",
    "firecrawl": "monitor_check_list_response.MonitorCheckListResponse",
    "monid": "run_list_response.RunListResponse",
}


def _reading(name: str, rounds: int, stock: Callable[[Any], Any]) -> Iterator[Row]:
    content, key, provider, target = _PAGES[name]
    response, listing, schema = Response(200, {}, content), provider.history(target), _SCHEMAS[name]
    address = target.run("runs/0").path
    if len(listing.read(response, _NOW).items) != _PAGE:
        raise AssertionError("the page was not read in full")
    found = interleaved(
        {
            "json": _times(lambda: json.loads(content)),
            "omnirun": _times(lambda: listing.read(response, _NOW)),
            FAST: _times(fast(lambda: listing.read(response, _NOW))),
            "bare": _times(
                lambda: [fresh(ref_to(name, "", address), raw=item) for item in json.loads(content)[key]]
            ),
            "pydantic": _times(lambda: schema.model_validate_json(content)),
            "stock": _times(lambda: stock(json.loads(content))),
        },
        rounds,
    )
    case = f"a page of {_PAGE} runs of {name} into values"
    for subject in ("omnirun", FAST):
        yield Row(case, subject, "json.loads alone", ratios(found[subject], found["json"]), 3.0)
        yield Row(
            case, subject, "pydantic, model_validate_json", ratios(found[subject], found["pydantic"]), 1.0
        )
        yield Row(
            case, subject, "openapi-python-client's models", ratios(found[subject], found["stock"]), 1.0
        )
    yield Row(
        case,
        "json.loads and an empty Run and Ref each",
        "json.loads alone",
        ratios(found["bare"], found["json"]),
        note="what is left of the goal is for reading the items",
    )


def _times(once: Callable[[], object], times: int = 5) -> Callable[[], float]:
    def many() -> None:
        for _ in range(times):
            once()

    return timed(many)


@contextmanager
def _stock(dev: Path, name: str, folder: Path) -> Iterator[Callable[[Any], Any]]:
    """Generate a client with openapi-python-client as it comes; gives the `from_dict` of its list model."""
    out = folder / f"stock_{name}"
    document = Path("specs") / name / "openapi.yaml"
    options = ["generate", "--path", str(document), "--meta", "none", "--output-path", str(out)]
    subprocess.run(  # noqa: S603
        [str(dev.parent / "openapi-python-client"), *options], check=True, capture_output=True
    )
    sys.path.insert(0, str(folder))
    try:
        module, _, kind = _STOCK[name].partition(".")
        yield getattr(importlib.import_module(f"{out.name}.models.{module}"), kind).from_dict
    finally:
        sys.path.remove(str(folder))


def throughput(url: str, runs: int) -> tuple[float, float]:
    """Tell seconds and peak bytes of reading a history once, for the scaling plot."""
    with Client(accounts=accounts(url), environ={}) as client:
        client.get(f"monid:runs/{bodies.RUN}")
        began = time.perf_counter()
        deque(client.history(monid.Workspace(), limit=runs), maxlen=0)
        seconds = time.perf_counter() - began
        tracemalloc.start()
        deque(client.history(monid.Workspace(), limit=runs), maxlen=0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return seconds, float(peak)
