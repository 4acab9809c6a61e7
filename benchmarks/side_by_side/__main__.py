"""`make bench` and `make bench-check`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.side_by_side import crowd, extras, gets, imports, pages, pipeline, report, waiting
from benchmarks.side_by_side.server import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.side_by_side.rounds import Row

    Families = dict[str, Callable[[], Iterator[Row]]]

_RUNS = 100_000
_SLOW = {"naive"}  # measured when it is asked for


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    parser.add_argument("families", nargs="*", help="which ones; all if none is named, and only then kept")
    parser.add_argument("--rounds", type=int, default=9, help="how often everything is measured")
    parser.add_argument("--check", action="store_true", help="compare with what was recorded, keep nothing")
    parser.add_argument(
        "--figures", action="store_true", help="draw the figures of docs/performance.md instead"
    )
    parser.add_argument(
        "--dev", type=Path, default=Path(".venv/bin/python"), help="the Python of development"
    )
    parser.add_argument("--keep", action="store_true", help="keep the named families' results too")
    given = parser.parse_args()
    if given.figures:
        from benchmarks.side_by_side import figures  # noqa: PLC0415 - matplotlib is slow to import

        figures.draw()
        return
    with served(_RUNS) as url, extras.without():
        families = _families(url, given.rounds, given.dev)
        names = given.families or [name for name in families if name not in _SLOW]
        measured = {name: list(_measured(name, families)) for name in names}
        if given.check:
            found = report.confirmed(measured, lambda name: _measured(name, families))
            print("\n".join(found) or "nothing became worse than what is recorded")
            sys.exit(bool(found))
    rows = [row for family in measured.values() for row in family]
    if given.keep:
        report.write(report.kept(rows))
    elif not given.families:
        report.write(rows)


def _measured(name: str, families: Families) -> Iterator[Row]:
    """Measure a family, telling each row as it comes."""
    began = time.monotonic()
    for row in families[name]():
        print(report.line(row), flush=True)
        yield row
    print(f"    ({name}: {time.monotonic() - began:.0f} s)", flush=True)


def _families(url: str, rounds: int, dev: Path) -> Families:
    return {
        "imports": lambda: imports.rows(url, rounds),
        "gets": lambda: gets.rows(url, rounds),
        "pages": lambda: pages.rows(url, rounds, dev, _RUNS),
        "crowd": lambda: crowd.rows(url, max(2, rounds // 4)),
        "waiting": waiting.rows,
        "pipeline": lambda: pipeline.rows(dev),
        "naive": lambda: crowd.naive(url),
    }


if __name__ == "__main__":
    main()
