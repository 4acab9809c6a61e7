"""How long `omnirun --help` takes, against `python -c "import typer"`: `python benchmarks/bench_cli_start.py`.

Each is started in turn, so that whatever else the machine is doing slows both; the median of each is compared, and
the ratio's bound is the one that is promised (1.5). Exits with 1 if it does not hold.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time

BOUND = 1.5
COMMANDS = {
    'python -c "import typer"': ["-c", "import typer"],
    "omnirun --help": ["-m", "omnirun.cli", "--help"],
    "omnirun run --help": ["-m", "omnirun.cli", "run", "--help"],
}


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often each is started (30)")
    rounds = parser.parse_args().rounds
    wall: dict[str, list[float]] = {name: [] for name in COMMANDS}
    cpu: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)  # noqa: S603
            wall[name].append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    first, *others = COMMANDS
    for name in COMMANDS:
        print(f"{name:26} {ms(wall[name])} wall  {ms(cpu[name])} CPU")
    ratios = {name: statistics.median(cpu[name]) / statistics.median(cpu[first]) for name in others}
    walls = {name: statistics.median(wall[name]) / statistics.median(wall[first]) for name in others}
    for name in others:
        print(f"{name}: {walls[name]:.2f} x (wall), {ratios[name]:.2f} x (CPU) of {first}; at most {BOUND} x")
    return int(walls["omnirun --help"] > BOUND)


def ms(times: list[float]) -> str:
    """Show a median in milliseconds, with the least."""
    return f"{1000 * statistics.median(times):6.1f} ms (least {1000 * min(times):6.1f})"


if __name__ == "__main__":
    sys.exit(main())
