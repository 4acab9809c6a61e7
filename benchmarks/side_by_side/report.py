"""Rows as a table on the terminal, as RESULTS.md for people and as results.json for `make bench-check`."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from benchmarks.side_by_side.rounds import Figure, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

RESULTS = Path("benchmarks/RESULTS.md")
RECORD = Path("benchmarks/results.json")
WORSE = 1.15
Key = tuple[str, str, str]
_PEERS = (
    "httpx",
    "httpx2",
    "firecrawl-py",
    "azure-core",
    "google-api-core",
    "databricks-sdk",
    "pydantic",
    "msgspec",
    "attrs",
)


def line(row: Row) -> str:
    """Write a row for the terminal."""
    against = f" / {row.baseline}" if row.baseline else ""
    figure = row.figure
    spread = f" [{figure.low:.3g} .. {figure.high:.3g}]" if figure.low != figure.high else ""
    unit = f" {row.unit}" if row.unit else " x"
    return f"{row.case}: {row.subject}{against}: {figure.value:,.3g}{unit}{spread}{_verdict(row)}"


def _verdict(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"  ({'at least' if row.more else 'at most'} {row.goal:g}: {'met' if row.met else 'NOT MET'})"


def kept(rows: Sequence[Row]) -> list[Row]:
    """Give what is recorded, with these rows in the place of what they measured again."""
    recorded = _recorded() if RECORD.exists() else {}
    return list((recorded | {_key(row): row for row in rows}).values())


def _recorded() -> dict[Key, Row]:
    text = RECORD.read_text(encoding="utf-8")
    rows = [Row(**{**row, "figure": Figure(**row["figure"])}) for row in json.loads(text)]
    return {_key(row): row for row in rows}


def _key(row: Row) -> Key:
    return row.case, row.subject, row.baseline


def write(rows: Sequence[Row]) -> None:
    """Keep the results."""
    RECORD.write_text(json.dumps([attrs.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    RESULTS.write_text(_page(rows), encoding="utf-8")


def worse(rows: Iterable[Row]) -> dict[Key, str]:
    """Compare with what was recorded; says what became worse by more than `WORSE`, its better quartile too."""
    recorded = _recorded()
    found: dict[Key, str] = {}
    for row in rows:
        before = recorded.get(_key(row))
        then = 0.0 if before is None else before.figure.value
        now = row.figure.high if row.more else row.figure.low
        if not row.steady or not then or not now:
            continue
        factor = then / now if row.more else now / then
        if factor > WORSE:
            found[_key(row)] = f"{line(row)}; recorded was {then:.3g}, this is {factor:.2f} times worse"
    return found


def confirmed(measured: Mapping[str, Sequence[Row]], again: Callable[[str], Iterable[Row]]) -> list[str]:
    """Tell what became worse, by family; what looks so is measured again, for a machine has its moments."""
    found: list[str] = []
    for name, rows in measured.items():
        if suspects := worse(rows):
            print("\n".join(suspects.values()), f"    ({name} is measured again)", sep="\n", flush=True)
            found += [text for key, text in worse(again(name)).items() if key in suspects]
    return found


def _page(rows: Sequence[Row]) -> str:
    body = "\n".join(_cells(row) for row in rows)
    versions = ", ".join(f"{name} {version(name)}" for name in _PEERS)
    missed = sum(not row.met for row in rows)
    goals = sum(row.goal is not None for row in rows)
    return (
        "# Results of `make bench`\n\n"
        "Machine-written; the method, and why some goals are not met: [docs/performance.md](../docs/performance.md). "
        "A value without a unit is a ratio, subject / baseline, the median over the rounds with its quartiles; for "
        "throughput and for requests saved more is better.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores ({_processor()}), load at the end "
        f"{os.getloadavg()[0]:.1f}; {versions}. {goals - missed} of {goals} goals met.\n\n"
        "| case | subject | baseline | value | quartiles | goal | met | |\n|---|---|---|---|---|---|---|---|\n"
        f"{body}\n"
    )


def _cells(row: Row) -> str:
    goal = "" if row.goal is None else f"{'≥' if row.more else '≤'} {row.goal:g}"
    met = "" if row.goal is None else "yes" if row.met else "**no**"
    figure = row.figure
    spread = f"{figure.low:.3g} .. {figure.high:.3g}" if figure.low != figure.high else ""
    value = f"{figure.value:,.3g} {row.unit}".strip()
    return (
        f"| {row.case} | {row.subject} | {row.baseline} | {value} | {spread} | {goal} | {met} | {row.note} |"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next(
        (text.partition(":")[2].strip() for text in lines if text.startswith("model name")), "unknown"
    )
