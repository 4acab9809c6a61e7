"""What importing and opening cost: fresh processes, and a first get on a fresh client.

Rule: a fresh process per measurement, `-I` so that nothing of the surroundings is read, all compiled before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx

from benchmarks.side_by_side import bodies
from benchmarks.side_by_side.rounds import Row, exactly, interleaved, ratios, spread, timed
from omnirun import Account, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.side_by_side.rounds import Once

_LATE = ("attrs", "httpx")


def rows(url: str, rounds: int) -> Iterator[Row]:
    """Measure the imports, then opening."""
    found = interleaved(
        {
            "bare": _process("pass"),
            "omnirun": _process("import omnirun"),
            "httpx, attrs": _process("import httpx, attrs"),
            "Client": _process("from omnirun import Client"),
        },
        rounds * 2,
    )
    more = [1000 * (ours - bare) for ours, bare in zip(found["omnirun"], found["bare"], strict=True)]
    yield Row(
        "import, fresh process", "import omnirun", "bare interpreter", spread(more), 10.0, unit="ms more"
    )
    yield Row(
        "modules of attrs and httpx after `import omnirun`",
        "omnirun",
        "",
        exactly(_loaded()),
        0.0,
        unit="modules",
    )
    yield Row(
        "import, fresh process",
        "from omnirun import Client",
        "import httpx, attrs",
        ratios(found["Client"], found["httpx, attrs"]),
        1.15,
    )
    found = interleaved(
        {
            "httpx": timed(lambda: httpx.Client().close()),
            "omnirun": timed(lambda: Client(environ={}).close()),
            "httpx get": timed(lambda: _by_hand(url)),
            "omnirun get": timed(lambda: _ours(url)),
        },
        rounds,
    )
    opened = ratios(found["omnirun"], found["httpx"])
    yield Row(
        "open", "Client()", "httpx.Client()", opened, 1.15, steady=False, note="a tenth of a millisecond"
    )
    yield Row(
        "open and first get",
        "Client().get",
        "httpx.Client().get + json",
        ratios(found["omnirun get"], found["httpx get"]),
        1.15,
    )


def _process(code: str) -> Once:
    command = [sys.executable, "-I", "-c", code]

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True)  # noqa: S603
        return time.perf_counter() - began

    return once


def _loaded() -> float:
    """Count the modules that should be imported late and are not."""
    code = f"import sys, omnirun; print(sum(m.split('.')[0] in {(*_LATE, 'attr')!r} for m in sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    return float(done.stdout)


def _by_hand(url: str) -> None:
    with httpx.Client(headers={"Authorization": "Bearer key-of-the-bench"}) as client:
        client.get(f"{url}/v1/runs/{bodies.RUN}").json()


def _ours(url: str) -> None:
    account = Account("monid", api_key="key-of-the-bench", base_url=url)
    with Client(accounts=[account], environ={}) as client:
        client.get(f"monid:runs/{bodies.RUN}")
