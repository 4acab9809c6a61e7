"""Start a thousand runs at once, take each result as it comes, and lose none, not even if this process is killed.

    MONID_API_KEY=... python examples/fan_out.py --count 1000 --journal runs.jsonl
    MONID_API_KEY=... python examples/fan_out.py --journal runs.jsonl          # goes on where the last one stopped

Every ref is written down as soon as there is one, and every end as it comes; so the journal is all that a second
process needs. One failure never stops the others: an `Attempt` holds a run or an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnirun import AsyncClient, Run, WaitTimeout, monid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnirun import Ref


async def begin(client: AsyncClient, journal: Path, count: int) -> None:
    """Start the runs; each is written down as soon as there is one."""

    async def one(number: int) -> None:
        target = monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": [f"term {number}"]})
        (attempt,) = await client.trigger_all([target])
        write(journal, ref=attempt.ref, error=attempt.error)

    await asyncio.gather(*map(one, range(count)))


async def finish(client: AsyncClient, journal: Path, timeout: float) -> int:
    """Wait for what is unfinished, and write each end down; tells how many are still running."""
    try:
        async for attempt in client.as_completed(unfinished(journal), timeout):
            write(journal, ref=attempt.ref, run=attempt.run, error=attempt.error)
    except WaitTimeout as late:
        return len(late.pending)
    return 0


def write(journal: Path, *, ref: Ref | None, run: Run | None = None, error: Exception | None = None) -> None:
    """Add a line: a run that began, its end, or what went wrong."""
    line = {
        "ref": None if ref is None else str(ref),
        "run": None if run is None else json.loads(run.to_json()),
        "error": None if error is None else str(error),
    }
    with journal.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


def read(journal: Path) -> list[dict[str, Any]]:
    """All that is written down."""
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def unfinished(journal: Path) -> list[str]:
    """The refs of runs that began and whose end is not written down."""
    lines = read(journal)
    ended = {line["ref"] for line in lines if line["run"]}
    return list(dict.fromkeys(line["ref"] for line in lines if line["ref"] and line["ref"] not in ended))


def tally(journal: Path) -> tuple[int, int]:
    """How many succeeded, and how many failed or could not be started."""
    lines = read(journal)
    ends = [Run.from_json(json.dumps(line["run"])).ok for line in lines if line["run"]]
    return sum(ends), len(ends) - sum(ends) + sum(line["ref"] is None for line in lines)


async def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Fan out; returns the exit code: 0 if every run succeeded, 4 if some are still running, else 1."""
    options = _parser().parse_args(arguments)
    async with AsyncClient(environ=environ) as client:
        if options.count:
            await begin(client, options.journal, options.count)
        pending = await finish(client, options.journal, options.timeout)
    good, bad = tally(options.journal)
    print(f"{good} succeeded, {bad} did not, {pending} are still running; see {options.journal}")
    return 4 if pending else int(bad > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Many runs at once, each result as it comes.")
    parser.add_argument("--journal", type=Path, default=Path("runs.jsonl"), help="what is known (runs.jsonl)")
    parser.add_argument(
        "--count", type=int, default=0, help="how many runs to start (0: go on with the journal)"
    )
    parser.add_argument(
        "--timeout", type=float, default=3600.0, help="seconds to wait for all of them (3600)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
