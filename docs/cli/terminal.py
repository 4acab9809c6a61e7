"""A terminal without a screen: a command in a pty of a given width, what it shows, and keys pressed at it.

pexpect runs the command, pyte draws what a terminal would. Times, ports and versions differ from one recording to
the next; `steady` replaces them by ones that don't.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
import time
from itertools import groupby
from typing import TYPE_CHECKING

import pexpect
import pyte
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CTRL_C = "\x03"
CTRL_D = "\x04"
_NOT_OURS = ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR")
_STEADY = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "2026-11-21 12:00:00"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "12:00:00"),
    (re.compile(r"127\.0\.0\.1:\d{5}"), "127.0.0.1:54321"),
    (re.compile(r"\b\d\.\d s"), "2.6 s"),
    (re.compile(r"in 0\.\d\d s"), "in 0.01 s"),
    (re.compile("[⠁-⣿]"), "⠋"),
)


class Terminal:
    """A command in a terminal.

    Args:
        command: for the shell; `omnirun` in it is the one of this interpreter.
        columns: how wide the terminal is.
        rows: how high.
        environ: the variables it has besides ours.
        bin_: a folder for the name `omnirun`.
        cwd: where it runs; here if left out.

    Attributes:
        raw: all it has written, with every escape sequence.
    """

    def __init__(
        self,
        command: str,
        bin_: Path,
        *,
        columns: int = 80,
        rows: int = 40,
        environ: Mapping[str, str] = {},
        cwd: Path | None = None,
    ) -> None:
        script = bin_ / "omnirun"
        if not script.exists():  # another terminal may be about to run it: then it must not be written
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m omnirun.cli "$@"\n', "utf-8")
            script.chmod(0o755)
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.endswith("_API_KEY") and name not in _NOT_OURS
        }
        path = {
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        self.raw = ""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._child = pexpect.spawn(
            shutil.which("bash")
            or "/bin/sh",  # some other shells end as interrupted though the command did not
            ["-c", command],
            env={**ours, **path, **environ},
            cwd=cwd,
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=30,
            preexec_fn=_heed_ctrl_c,
        )

    def until(self, text: str, seconds: float = 30.0) -> None:
        """Look on until the screen shows a text.

        Raises:
            TimeoutError: it does not.
        """
        deadline = time.monotonic() + seconds
        while text not in self.text():
            if time.monotonic() > deadline or not self.look():
                raise TimeoutError(f"{text!r} did not come; the screen shows:\n{self.text()}")

    def press(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys)

    def end(self, seconds: float = 600.0) -> int:
        """Look on until the command ends; gives its exit code.

        Raises:
            TimeoutError: it does not.
        """
        deadline = time.monotonic() + seconds
        while self.look():
            if time.monotonic() > deadline:
                raise TimeoutError(f"it did not end; the screen shows:\n{self.text()}")
        self._child.close()
        code: int = (
            self._child.exitstatus if self._child.exitstatus is not None else 128 + self._child.signalstatus
        )
        return code

    def kill(self) -> None:
        """End it at once."""
        self._child.close(force=True)

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def svg(self, title: str) -> str:
        """What the screen shows, in its colours."""
        lines = [self._line(row) for row in range(self.text().count("\n") + 1)]
        console = Console(record=True, width=self.screen.columns, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
        console.print(Text("\n").join(lines), soft_wrap=True)
        drawn = console.export_svg(title=title, unique_id="omnirun")
        return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # a font of another host's

    def _line(self, row: int) -> Text:
        cells = [self.screen.buffer[row][column] for column in range(self.screen.columns)]
        line = Text()
        for (color, bold), same in groupby(cells, key=lambda cell: (cell.fg, cell.bold)):
            line.append("".join(cell.data for cell in same), Style(color=_color(color), bold=bold))
        line.rstrip()
        return line

    def look(self) -> bool:
        """Take in what has come, for a tenth of a second at most; tells whether the command goes on."""
        try:
            came = self._child.read_nonblocking(4096, timeout=0.1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += came
        self._stream.feed(came)
        return True


def _heed_ctrl_c() -> None:
    """Whoever starts this in the background has Ctrl-C ignored, and so would the command have."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def steady(text: str) -> str:
    """Replace what differs from one recording to the next."""
    for pattern, replacement in _STEADY:
        text = pattern.sub(replacement, text)
    return text


def _color(name: str) -> Color | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return Color.parse(f"#{name}")
    return Color.parse({"brown": "yellow"}.get(name, name).replace("bright", "bright_"))
