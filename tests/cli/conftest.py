"""A sandbox that the tests of the command share, and the command: in this process, or in one of its own."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnirun import WaitPolicy
from omnirun.cli.app import app
from omnirun.sandbox import running_sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def sandbox():
    with running_sandbox(speed=50) as running:
        yield running


@pytest.fixture
def environment(sandbox, monkeypatch):
    """The environment of a user who has all three keys."""
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / root) for root in ("overlay", "generated")))
    yield sandbox
    sandbox.sandbox.faults.clear()


@pytest.fixture
def omnirun(environment, monkeypatch):
    """The command in this process; it polls as often as this sandbox's fast clock is worth."""
    monkeypatch.setattr("omnirun.face.WaitPolicy", partial(WaitPolicy, first=0.2, step=0.1))

    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def process(environment):
    """The command in a process of its own; nothing of it is left."""
    started = []

    def start(*arguments, **options):
        command = [sys.executable, "-m", "omnirun.cli", *map(str, arguments)]
        pipes = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }
        started.append(subprocess.Popen(command, **(pipes | options)))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()
        for pipe in (each.stdin, each.stdout, each.stderr):
            if pipe is not None:
                pipe.close()
