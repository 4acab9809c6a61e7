# What the pipeline's own stages cost on one folder of pages: seconds of this process, then bytes at the peak.
#
# Rules: our own is everything but the two generators: reading to gate, lowering, rendering, comparing, formatting,
# writing. Time and memory are measured in two runs of one process, since watching memory takes time.

"""Own cost of a build: `python benchmarks/codegen_stages.py SPECS TARGET` prints seconds and bytes."""

from __future__ import annotations

import sys
import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codegen import client_side, tree
from codegen.client_compare import compare
from codegen.client_lower import lower
from codegen.client_parse import parse
from codegen.client_render import client_files
from codegen.generate import format_files
from codegen.keywords import plain
from codegen.spec import normalize_provider

if TYPE_CHECKING:
    from collections.abc import Generator

PROVIDER = "synthetic"


class Cost:
    """Seconds and bytes of what ran inside."""

    def __init__(self, *, memory: bool) -> None:
        self.seconds, self.bytes, self._memory = 0.0, 0, memory

    @contextmanager
    def own(self) -> Generator[None]:
        """One of our own stages."""
        held = 0
        if self._memory:
            tracemalloc.reset_peak()
            held = tracemalloc.get_traced_memory()[0]
        started = time.process_time()
        yield
        self.seconds += time.process_time() - started
        if self._memory:
            self.bytes = max(self.bytes, tracemalloc.get_traced_memory()[1] - held)


def run(specs: Path, target: Path, cost: Cost) -> None:
    """Build once, with what is ours inside `cost`."""
    with cost.own():
        spec = normalize_provider(specs, PROVIDER)
        lowered = lower(plain(spec.document))
    beside = client_side.start()
    beside.ask(spec.name, lowered.plain)
    data = parse(spec.name, lowered)
    with cost.own():
        shared, provider = client_files(spec, lowered, data, "omnirun_raw")
    provider |= beside.answer()
    with cost.own():
        compare(spec, lowered, data, provider)
        files = format_files(
            {**shared, **{f"{PROVIDER}/{path}": text for path, text in provider.items()}}, PROVIDER
        )
        tree.replace(target, files, [PROVIDER])


def main(specs: Path, target: Path) -> None:
    """Measure and print."""
    timed, weighed = Cost(memory=False), Cost(memory=True)
    run(specs, target, timed)
    tracemalloc.start()
    run(specs, target, weighed)
    print(timed.seconds, weighed.bytes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
