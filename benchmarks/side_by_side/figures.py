"""The figures of docs/performance.md: scaling plots, the Pareto plot, where the CPU of waits goes, and flame graphs.

Rule: a flame graph is of many repetitions, sampled from outside by py-spy, and keeps no path of the machine it was
drawn on; matplotlib writes no dates and no random ids.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from benchmarks.side_by_side import extras, pages, parts, providers, waiting
from benchmarks.side_by_side.server import served

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOCS = Path("docs/performance")
_KINDS = {"Monid": providers.Monid, "Datafold": providers.Datafold, "Firecrawl": providers.Firecrawl}
_SIZES = (100, 1_000, 10_000, 100_000)
_SECONDS = 6
_RATE = 400


def draw() -> None:
    """Draw them all."""
    _DOCS.mkdir(exist_ok=True)
    mpl.rcParams.update(
        {"svg.hashsalt": "omnirun", "svg.fonttype": "none", "font.size": 9, "axes.grid": True}
    )
    with extras.without():
        _pareto()
        _waits()
        _parts()
        _paging()
    for name in ("call", "page", "wait"):
        _flame(name)


def _save(figure: Figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(_DOCS / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    print(f"drew {_DOCS / name}.svg", flush=True)


def _pareto() -> None:
    """Requests and lag of one wait, by median; the lower left is better."""
    figure, axes = plt.subplots(1, len(waiting.SINGLES), figsize=(11, 3))
    for axis, (median, costs) in zip(axes, waiting.singles().items(), strict=True):
        for policy, cost in costs.items():
            ours = policy == "omnirun"
            axis.scatter(
                cost.requests, cost.lag, marker="*" if ours else "o", s=90 if ours else 25, label=policy
            )
        axis.set(title=f"median {median}", xlabel="requests per run", xscale="log", yscale="log")
    axes[0].set_ylabel("mean seconds late")
    axes[-1].legend(fontsize=7)
    _save(figure, "pareto")


def _waits() -> None:
    """Requests, CPU and memory per run of waiting for 100 to 100,000 at once."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3))
    for name, kind in _KINDS.items():
        found = [waiting.crowd(kind, waiting.drawn(60.0, size)) for size in _SIZES]
        axes[0].plot(_SIZES, [each.polls for each in found], marker="o", label=name)
        axes[1].plot(_SIZES, [1e3 * each.cpu / each.runs for each in found], marker="o", label=name)
        axes[2].plot(_SIZES, [each.memory for each in found], marker="o", label=name)
        for each in found:
            print(f"{name}: {each}", flush=True)
    axes[0].set(title="polls in all, median 60 s", xscale="log", yscale="log", xlabel="runs waited for")
    axes[1].set(title="CPU, ms per run", xscale="log", ylim=(0, None), xlabel="runs waited for")
    axes[2].set(title="bytes per run", xscale="log", ylim=(0, None), xlabel="runs waited for")
    axes[0].legend()
    _save(figure, "waiting")


def _parts() -> None:
    """What the CPU of many waits is spent on, by provider and median, each at the pace the machine then had."""
    figure, axis = plt.subplots(figsize=(11, 3.4))
    crowds = [(name, median, kind) for median in waiting.CROWDS for name, kind in waiting.KINDS.items()]
    labels: list[str] = []
    for place, (name, median, kind) in enumerate(reversed(crowds)):
        found, pace = parts.seconds(kind.provider, waiting.drawn(waiting.CROWDS[median], kind.runs))
        labels.append(f"{name.split(',')[0]}, {median} (at {pace:.2f} s)")
        print(f"{name}, {median}: {found}", flush=True)
        left = 0.0
        for color, (part, seconds) in enumerate(found.items()):
            label = part if place == 0 else None
            axis.barh(place, seconds, left=left, color=f"C{color}", label=label)
            left += seconds
    axis.axvline(waiting.CPU_GOAL, color="black", linewidth=1)
    axis.set_yticks(range(len(crowds)), labels)
    axis.set(
        title="seconds of CPU per 10,000 waits, in brackets those of ten million additions; the goal is the line"
    )
    axis.legend(fontsize=7, ncols=2)
    _save(figure, "cpu")


def _paging() -> None:
    """Runs per second and peak memory of reading 100 to 100,000 runs."""
    with served(_SIZES[-1]) as url:
        found = [pages.throughput(url, size) for size in _SIZES]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3))
    axes[0].plot(
        _SIZES, [1e6 * seconds / size for size, (seconds, _) in zip(_SIZES, found, strict=True)], marker="o"
    )
    axes[0].set(title="microseconds per run read", xscale="log", ylim=(0, None), xlabel="runs read")
    axes[1].plot(_SIZES, [peak / 2**20 for _, peak in found], marker="o")
    axes[1].set(title="peak of what is held, MB", xscale="log", ylim=(0, None), xlabel="runs read")
    _save(figure, "paging")


def _flame(name: str) -> None:
    """Sample a loop over one piece of work, once it is warm."""
    work = [sys.executable, "-m", "benchmarks.side_by_side.loops", name]
    with (
        tempfile.TemporaryDirectory(prefix="omnirun-bench-") as folder,
        subprocess.Popen(work, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,  # noqa: S603
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        out = Path(folder) / "flame.svg"
        spy = [str(Path(sys.executable).parent / "py-spy"), "record", "--format", "flamegraph", "--function"]
        options = ["--pid", str(process.pid), "--rate", str(_RATE), "--duration", str(_SECONDS)]
        subprocess.run([*spy, *options, "--output", str(out)], check=True, capture_output=True)  # noqa: S603
        process.stdin.close()
        text = out.read_text(encoding="utf-8")
    text = re.sub(r'(<text id="title"[^>]*>)[^<]*', rf"\g<1>one {name}, over and over", text)
    if any(path in text for path in (folder, str(Path.cwd()), str(Path.home()))):
        raise AssertionError("the flame graph names a path of this machine")
    (_DOCS / f"flame-{name}.svg").write_text(text, encoding="utf-8")
    print(f"drew {_DOCS}/flame-{name}.svg", flush=True)
