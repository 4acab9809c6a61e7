"""The pipeline against the two generators called bare: the smaller half of what `make bench-codegen` measures."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from benchmarks.side_by_side.rounds import Row, exactly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIGURE = re.compile(r"^  (?P<what>[^:]+): (?P<value>[\d.]+) \(at most (?P<goal>[\d.]+)\)", re.MULTILINE)


def rows(dev: Path) -> Iterator[Row]:
    """Run the pipeline's own benchmark for one round; its exit code says what the figures say anyway."""
    done = subprocess.run(  # noqa: S603
        [str(dev), "benchmarks/bench_codegen.py", "--rounds", "1", "--small"],
        capture_output=True,
        text=True,
        check=False,
    )
    subject = ""
    for line in done.stdout.splitlines():
        if (found := _FIGURE.match(line)) is None:
            subject = line.partition(":")[0]
            continue
        value = float(found["value"])
        yield Row(
            f"pipeline, {subject}: {found['what']}",
            "codegen",
            "",
            exactly(value),
            float(found["goal"]),
            steady=False,
            note="one round; `make bench-codegen` measures more",
        )
