# What a build costs, as ratios within one run.
#
# Rules: the measure is a user who calls both generators bare on the same document, one after the other, with their own
# defaults: openapi-python-client once (with the formatter it calls), datamodel-code-generator once for each form we
# make of it (TypedDicts, pydantic models). Our build makes the same three, reads the pages before and compares
# afterwards. Every round measures all of them in turn, the ratio is that of the medians of all rounds, and a bound that
# does not hold is exit code 1. What takes a minute at a time is measured once: its own length evens it out. Seconds are
# shown for orientation only.

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
FULL, NOTHING, SCALE, IMPORT = 1.5, 0.1, 1.3, 2.0
FORMS = ("typing.TypedDict", "pydantic_v2.BaseModel")
SOME, ALL = 40, 400
LARGE = f"{ALL} operations"
FEW, MANY = 4, 167
"""Operations of clients with 12 and 501 models."""
LOAD = """
import time
from omnirun_raw import http, values  # what all clients share
started = time.perf_counter()
import omnirun_raw.synthetic
from omnirun_raw.synthetic import group1, models
group1.get_thing1.build("1")
models.Thing1
print(time.perf_counter() - started)
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--small", action="store_true", help=f"only builds, and none of {LARGE}")
    given = parser.parse_args()
    rounds: int = given.rounds
    with tempfile.TemporaryDirectory(prefix="omnirun-bench-") as name:
        folder = Path(name)
        kept = builds(folder, rounds, (SOME,) if given.small else (SOME, ALL))
        if not given.small:
            kept += [*stages(folder, rounds), imports(folder, rounds)]
    sys.exit(0 if all(kept) else 1)


def builds(folder: Path, rounds: int, sizes: Sequence[int]) -> list[bool]:
    """A full build and one with nothing to do, against the generators called bare."""
    subjects: dict[str, tuple[Path, list[Path]]] = {}
    own = folder / "own"
    shutil.copytree(ROOT / "specs", own)
    subjects["our three providers"] = (own, [ROOT / "specs" / name / "openapi.yaml" for name in PROVIDERS])
    for operations in sizes:
        page = folder / f"{operations}.json"
        page.write_text(json.dumps(document(operations)), encoding="utf-8")
        subjects[LARGE if operations == ALL else f"{operations} operations"] = (
            specs(folder / f"specs{operations}", operations),
            [page],
        )
    kept: list[bool] = []
    for name, (pages, documents) in subjects.items():
        bare: list[float] = []
        full: list[float] = []
        nothing: list[float] = []
        for _ in range(1 if name == LARGE else rounds):
            out = folder / "bare"
            bare.append(sum(_bare(each, out) for each in documents))
            build = _build(pages, folder / f"out-{pages.name}")
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
    seconds: dict[int, list[float]] = {SOME: [], ALL: []}
    weight: dict[int, list[float]] = {SOME: [], ALL: []}
    for turn in range(rounds):
        for operations, spent in seconds.items():
            if turn and operations == ALL:
                continue
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
    own_seconds, own_bytes = 1000 * median(seconds[ALL]), median(weight[ALL]) / 1024
    print(f"our own stages: {own_seconds:.1f} ms and {own_bytes:.0f} KiB per operation of 400")
    return [
        _said("  time per operation, 400 / 40", median(seconds[ALL]) / median(seconds[SOME]), SCALE),
        _said("  memory per operation, 400 / 40", median(weight[ALL]) / median(weight[SOME]), SCALE),
    ]


def imports(folder: Path, rounds: int) -> bool:
    """Importing a client with 500 models against one with 10: an operation, a request of it and a model."""
    seconds: dict[int, list[float]] = {FEW: [], MANY: []}
    for operations in seconds:
        pages = specs(folder / f"models{operations}", operations)
        _seconds(_build(pages, folder / f"import{operations}"))
    for _ in range(1 + 5 * rounds):
        for operations, spent in seconds.items():
            spent.append(float(_load(folder / f"import{operations}")))
    few, many = (median(spent[1:]) for spent in seconds.values())  # the first of each writes the bytecode
    print(f"import: {1000 * few:.1f} ms with {3 * FEW} models, {1000 * many:.1f} ms with {3 * MANY}")
    return _said("  import, 501 / 12 models", many / few, IMPORT)


def _load(root: Path) -> str:
    command = [sys.executable, "-c", LOAD]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout


def _build(pages: Path, out: Path) -> list[str | Path]:
    return [sys.executable, "-m", "codegen", "build", "--specs", pages, "--generated", out]


def _bare(page: Path, out: Path) -> float:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    client = out / "client"
    first: list[str | Path] = [
        SCRIPTS / "openapi-python-client",
        "generate",
        "--path",
        page,
        "--output-path",
        client,
    ]
    seconds = _seconds(first)
    for form in FORMS:
        kind = ["--input-file-type", "openapi", "--output-model-type", form]
        second = [
            SCRIPTS / "datamodel-codegen",
            "--input",
            page,
            *kind,
            "--output",
            out / f"{form}.py",
        ]
        seconds += _seconds(second)
    return seconds


def _seconds(command: Sequence[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True)  # noqa: S603
    return time.perf_counter() - started


def _said(what: str, ratio: float, bound: float) -> bool:
    print(f"{what}: {ratio:.2f} (at most {bound})  {'ok' if ratio <= bound else 'TOO MUCH'}", flush=True)
    return ratio <= bound


if __name__ == "__main__":
    main()
