"""Keep the history of targets in a Parquet file, one row per run; called again, it reads only what is new.

    python examples/history_to_parquet.py datafold:monitors/42 datafold:monitors/43 --file history.parquet

Runs that were still under way are read again next time, and so is an hour before the newest, for clocks differ. The
file is replaced only when all of it is written.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (polars' own annotations name numpy's types, and numpy is not needed here)

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from omnirun import Client, OmnirunError, to_dicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from omnirun import Run

TIMES = ("created_at", "started_at", "finished_at", "observed_at")
WORDS = ("ref", "target", "phase", "outcome", "verdict", "state", "error", "cost_unit")
SCHEMA: dict[str, Any] = (
    dict.fromkeys(WORDS, pl.String)
    | dict.fromkeys(TIMES, pl.Datetime("us", "UTC"))
    | {"partial": pl.Boolean, "cost": pl.Float64, "duration": pl.Float64}
)


def frame(runs: Iterable[Run]) -> pl.DataFrame:
    """Runs as a table, the same columns whatever the provider; its JSON stays out."""
    rows = [{name: row[name] for name in SCHEMA} for row in to_dicts(runs)]
    for row in rows:
        for name in TIMES:
            row[name] = None if row[name] is None else datetime.fromisoformat(row[name])
    return pl.DataFrame(rows, schema=SCHEMA)


def newest(known: pl.DataFrame, target: str) -> datetime | None:
    """From when on to read a history: an hour before its newest run, or its oldest unfinished one."""
    own = known.filter(pl.col("target") == target).with_columns(
        began=pl.coalesce("started_at", "created_at", "observed_at")
    )
    if own.is_empty():
        return None
    unfinished = own.filter(pl.col("phase") != "finished")["began"].min()
    found = [value for value in (own["began"].max(), unfinished) if isinstance(value, datetime)]
    return min(found) - timedelta(hours=1)


def update(client: Client, targets: Sequence[str], file: Path) -> pl.DataFrame:
    """Add what is new to the file; returns all that it holds."""
    known = pl.read_parquet(file) if file.exists() else pl.DataFrame(schema=SCHEMA)
    fresh = [frame(client.history(target, since=newest(known, target))) for target in targets]
    both = pl.concat([*fresh, known])
    both = both.unique("ref", keep="first", maintain_order=True)
    partial = file.with_suffix(".partial")
    both.write_parquet(partial)
    partial.replace(file)
    return both


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Update the file and say what is in it; returns the exit code."""
    parser = argparse.ArgumentParser(description="The history of targets as a Parquet file.")
    parser.add_argument("targets", nargs="+", help="such as datafold:monitors/42")
    parser.add_argument("--file", type=Path, default=Path("history.parquet"), help="where (history.parquet)")
    options = parser.parse_args(arguments)
    try:
        with Client(environ=environ) as client:
            table = update(client, options.targets, options.file)
    except OmnirunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 5
    print(
        table.group_by("target", "outcome", "verdict")
        .len("runs")
        .sort("target", "runs", descending=[False, True])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
