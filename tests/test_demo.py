"""examples/demo.py as a user starts it: a process of its own, which starts another."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("overlay", "generated")),
    "COLUMNS": "140",
}


def run(*arguments, meanwhile=lambda _: None):
    """Start it and read all it says.

    The sandbox inherits its stderr, which therefore ends when both have: coming back from here says that no process is
    left.
    """
    demo = subprocess.Popen(
        [sys.executable, ROOT / "examples" / "demo.py", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        meanwhile(demo)
        said, complained = demo.communicate(timeout=60)
    finally:
        demo.kill()
        demo.wait()
    return demo.returncode, said, complained


def test_it_runs_at_all_three_providers_and_shows_how_each_ended():
    code, said, complained = run("--speed", "20")
    lines = [line.split() for line in said.splitlines()]
    assert (code, complained) == (0, "")
    assert [[*line[:1], *line[2:-2]] for line in lines[-4:] if line] == [
        ["datafold", "alert", "finished", "success", "alert"],
        ["firecrawl", "completed", "finished", "success", "alert"],
        ["monid", "COMPLETED", "finished", "success"],
    ]
    assert said.count("History of ") == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--monitor", "999"], "Monitor not found"),
        (["--key", "wrong"], "Invalid API key"),
    ],
)
def test_what_can_t_be_run_is_one_clear_error(arguments, complaint):
    code, _, complained = run(*arguments)
    assert code == 1
    assert complained.startswith("error: datafold:monitors/")
    assert complained.endswith(f"{complaint}\n")
    assert complained.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_process_is_left_whatever_ends_it(number, code):
    def end(demo):
        assert demo.stdout.readline() == "Triggered:\n"
        demo.send_signal(number)

    ended, said, complained = run(meanwhile=end)
    assert (ended, "Traceback" in said + complained) == (code, False)
