# What a build costs, as ratios within one run.
#
# Rules: the measure is a user who calls both generators bare, once each, on the same document, with the formatter the
# first one calls by default; our build runs the second one twice (wire.py and schemas.py) and must still keep up. Every
# round measures all of them in turn, the ratio is that of the medians of all rounds, and a bound that does not hold is
# exit code 1. Seconds are shown for orientation only.

"""The benchmark of the pipeline: `make bench-codegen`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from synthetic import document, specs

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
ENVIRONMENT = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
PROVIDERS = ("datafold", "firecrawl", "monid")
FULL, NOTHING, SCALE = 1.5, 0.1, 1.3


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="omnirun-bench-") as folder:
        kept = [*builds(Path(folder), rounds), *stages(Path(folder), rounds)]
    sys.exit(0 if all(kept) else 1)


def builds(folder: Path, rounds: int) -> list[bool]:
    """A full build and one with nothing to do, against the generators called bare."""
    subjects: dict[str, tuple[Path, list[Path]]] = {}
    own = folder / "own"
    shutil.copytree(ROOT / "specs", own)
    subjects["our three providers"] = (own, [ROOT / "specs" / name / "openapi.yaml" for name in PROVIDERS])
    for operations in (40, 400):
        page = folder / f"{operations}.json"
        page.write_text(json.dumps(document(operations)), encoding="utf-8")
        subjects[f"{operations} operations"] = (specs(folder / f"specs{operations}", operations), [page])
    kept: list[bool] = []
    for name, (pages, documents) in subjects.items():
        bare: list[float] = []
        full: list[float] = []
        nothing: list[float] = []
        for _ in range(rounds):
            out = folder / "bare"
            bare.append(sum(_bare(each, out) for each in documents))
            build: list[str | Path] = [
                sys.executable,
                "-m",
                "codegen",
                "build",
                "--specs",
                pages,
                "--generated",
                folder / f"out-{pages.name}",
            ]
            full.append(_seconds([*build, "--force"]))
            nothing.append(_seconds(build))
        print(
            f"{name}: bare {median(bare):.2f} s, full {median(full):.2f} s, nothing to do {median(nothing):.2f} s"
        )
        kept.append(_said("  full / bare", median(full) / median(bare), FULL))
        kept.append(_said("  nothing / full", median(nothing) / median(full), NOTHING))
    return kept


def stages(folder: Path, rounds: int) -> list[bool]:
    """Our own stages at 40 and at 400 operations, per operation."""
    seconds: dict[int, list[float]] = {40: [], 400: []}
    weight: dict[int, list[float]] = {40: [], 400: []}
    for _ in range(rounds):
        for operations, spent in seconds.items():
            script: list[str | Path] = [
                sys.executable,
                ROOT / "benchmarks" / "codegen_stages.py",
                folder / f"specs{operations}",
            ]
            command = [*script, folder / f"stages{operations}" / "omnirun_raw"]
            done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # noqa: S603
            own, peak = done.stdout.split()
            spent.append(float(own) / operations)
            weight[operations].append(float(peak) / operations)
    own_seconds, own_bytes = 1000 * median(seconds[400]), median(weight[400]) / 1024
    print(f"our own stages: {own_seconds:.1f} ms and {own_bytes:.0f} KiB per operation of 400")
    return [
        _said("  time per operation, 400 / 40", median(seconds[400]) / median(seconds[40]), SCALE),
        _said("  memory per operation, 400 / 40", median(weight[400]) / median(weight[40]), SCALE),
    ]


def _bare(page: Path, out: Path) -> float:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    first: list[str | Path] = [
        SCRIPTS / "openapi-python-client",
        "generate",
        "--path",
        page,
        "--output-path",
        out / "client",
    ]
    kind = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"]
    second: list[str | Path] = [
        SCRIPTS / "datamodel-codegen",
        "--input",
        page,
        *kind,
        "--output",
        out / "schemas.py",
    ]
    return _seconds(first) + _seconds(second)


def _seconds(command: Sequence[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True)  # noqa: S603
    return time.perf_counter() - started


def _said(what: str, ratio: float, bound: float) -> bool:
    print(f"{what}: {ratio:.2f} (at most {bound})  {'ok' if ratio <= bound else 'TOO MUCH'}", flush=True)
    return ratio <= bound


if __name__ == "__main__":
    main()
