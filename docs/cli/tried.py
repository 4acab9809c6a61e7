"""A message, tried in each setting: 80 and 200 columns, in a pipe, without colour. Each has a sandbox of its own.

In a pipe, stdout is one and stderr another; stdin stays the terminal, so that Ctrl-C comes the way it always does.
"""

from __future__ import annotations

import json
import os
import shlex
import socketserver
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from messages import ASKED
from pydantic import TypeAdapter
from terminal import CTRL_C, CTRL_D, Terminal

from omnirun.sandbox import running_sandbox
from omnirun.sandbox.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from messages import Message

    from omnirun.sandbox import Sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEYS = {"Ctrl-C": CTRL_C, "Ctrl-D": CTRL_D}
_PATIENCE = 90.0
_RULE = TypeAdapter(Rule)


@attrs.frozen
class Setting:
    """Where a message is tried."""

    name: str
    columns: int = 80
    piped: bool = False
    environ: Mapping[str, str] = {}


SETTINGS = (
    Setting("80 columns"),
    Setting("200 columns", columns=200),
    Setting("a pipe", piped=True),
    Setting("no colour", environ={"NO_COLOR": "1"}),
)


@attrs.frozen
class Seen:
    """What came of it.

    Attributes:
        setting: where it was tried.
        code: the exit code.
        stages: the screen at each stage, before a key was pressed.
        screen: the screen at the end.
        raw: all that the terminal was sent.
        out: what came through the pipe of stdout, if there was one.
        err: what came through the pipe of stderr.
        keys: the keys it was given, which nothing may show.
    """

    setting: Setting
    code: int
    stages: tuple[str, ...]
    screen: str
    raw: str
    out: str
    err: str
    keys: frozenset[str]


def tried(message: Message, setting: Setting) -> Seen:
    """Try a message.

    Raises:
        TimeoutError: a stage was not reached, or the end.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        service = stack.enter_context(running_sandbox(speed=message.speed))
        for rule in message.faults:
            service.sandbox.faults.put(_RULE.validate_json(json.dumps(rule)))
        bare = stack.enter_context(_answering(message.bare)) if message.bare else ""
        given = {name: value.replace("{bare}", bare) for name, value in message.environ.items()}
        environ = {**service.environment, **_world(message, folder), **setting.environ, **given}
        pipes = _Pipes(folder) if setting.piped else None
        terminal = Terminal(
            message.command if pipes is None else f"{pipes.around}{message.command}",
            folder / "bin",
            columns=setting.columns,
            rows=message.rows,
            environ=environ,
            cwd=folder / "cwd",
        )
        stack.callback(terminal.kill)
        stages: list[str] = []
        for stage, key in message.press:
            _reach(stage, terminal, pipes, service.sandbox)
            stages.append(terminal.text())
            terminal.press(KEYS[key])
        code = terminal.end(_PATIENCE)
        out, err = ("", "") if pipes is None else pipes.ended()
        keys = frozenset(value for name, value in environ.items() if name.endswith("_API_KEY") and value)
        return Seen(setting, code, tuple(stages), terminal.text(), terminal.raw, out, err, keys)


def _reach(stage: str, terminal: Terminal, pipes: _Pipes | None, sandbox: Sandbox) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        shown = terminal.text() if pipes is None else pipes.both
        if sandbox.faults.told[0].fired if stage == ASKED else stage in " ".join(shown.split()):
            break
        if time.monotonic() > deadline or not terminal.look():
            raise TimeoutError(f"{stage!r} did not come: {shown}")
    for _ in range(2):  # what is drawn comes a moment later
        terminal.look()


class _Pipes:
    """Two pipes for what a command writes."""

    def __init__(self, folder: Path) -> None:
        self._came: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
        for name in self._came:
            os.mkfifo(folder / name)
        self.around = f"exec >{shlex.quote(str(folder / 'out'))} 2>{shlex.quote(str(folder / 'err'))}; "
        self._threads = [
            threading.Thread(target=self._read, args=(folder / name, came), daemon=True)
            for name, came in self._came.items()
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, path: Path, came: bytearray) -> None:
        with path.open("rb", buffering=0) as pipe:
            while chunk := pipe.read(65536):
                came += chunk

    @property
    def both(self) -> str:
        """What came so far."""
        return "\n".join(bytes(came).decode(errors="replace") for came in self._came.values())

    def ended(self) -> tuple[str, str]:
        """What came on stdout and on stderr."""
        for thread in self._threads:
            thread.join(_PATIENCE)
        return self._came["out"].decode(), self._came["err"].decode()


# ------------------------------------------------------------------------------------------------ its world


def _world(message: Message, folder: Path) -> dict[str, str]:
    """Make the folders of a user, and the variables that name them."""
    for name in ("bin", "cwd", "home"):
        (folder / name).mkdir()
    for name, text in message.files.items():
        path = folder / "cwd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / text[1:]).read_bytes() if text.startswith("@") else text.encode("latin-1"))
    environ = {"HOME": str(folder / "home"), "PYTHONPATH": os.pathsep.join([str(folder / "cwd"), *_ours()])}
    if message.omit or message.hurry:
        script = folder / "bin" / "omnirun"
        words = [sys.executable, str(HERE / "otherwise.py"), str(folder), json.dumps(list(message.omit))]
        script.write_text(f'#!/bin/sh\nexec {shlex.join([*words, str(int(message.hurry))])} "$@"\n', "utf-8")
        script.chmod(0o755)
    return environ


def _ours() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


@contextmanager
def _answering(text: str) -> Generator[str, None, None]:
    """A server that gives the same answer to whoever knocks; gives its URL."""

    class Answering(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(text.encode("latin-1"))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked has left."""

    with Server(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
