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
    _, listed, ended, *histories, _ = said.split("\n$ omnirun ")
    assert (code, "error" in complained) == (0, False)
    assert listed.count("datafold:monitors/") == 3
    assert [line.split()[1:4] for line in ended.splitlines()[2:]] == [
        ["alert", "success", "alert"],
        ["completed", "success", "alert"],
        ["COMPLETED", "success", line_of(ended, "monid:")[3]],
    ]
    assert [history.split()[0] for history in histories] == ["history"] * 3
    assert "runs of 3 targets: " in complained.splitlines()[-1]


def line_of(text, start):
    return next(line.split() for line in text.splitlines() if line.startswith(start))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--monitor", "999", "--speed", "20"], "error: datafold:monitors/999: HTTP 404: Monitor not found"),
        (["--key", "wrong"], "error: datafold:monitors: HTTP 401: Invalid API key"),
    ],
)
def test_what_can_t_be_run_is_one_clear_error(arguments, complaint):
    code, _, complained = run(*arguments)
    errors = [line for line in complained.splitlines() if line.startswith("error")]
    assert (code, len(errors), errors[0].startswith(complaint)) == (5, 1, True)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_process_is_left_whatever_ends_it(number, code):
    def end(demo):
        while "checking" not in (line := demo.stderr.readline()):
            assert line
        demo.send_signal(number)

    ended, said, complained = run(meanwhile=end)
    assert (ended, "Traceback" in said + complained) == (code, False)
    assert number is signal.SIGKILL or "resume with: omnirun wait" in complained
