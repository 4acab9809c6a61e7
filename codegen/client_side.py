# datamodel-code-generator in a process of its own, beside the other generator.
#
# Rules: one process serves every document of a run, so that its imports are paid once and beside the reading of the
# pages; a line of JSON goes in, a line comes out, and what a build that stopped in between did not fetch is read away
# before the next question; it ends when its input does, so nothing outlives a killed build.

"""The second generator, run beside the first."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parent.parent
FORMS: Final = ("wire", "schemas")


class Beside:
    """A process that generates wire.py and schemas.py."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "codegen.client_side"]
        pipe = subprocess.PIPE
        # Started in the folder it is imported from, whatever the working folder of the build is.
        self._waiting = False
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
            command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, encoding="ascii"
        )

    def ask(self, name: str, document: Mapping[str, Any]) -> None:
        """Hand a document over; an answer to the one before that nobody fetched is forgotten."""
        if self._waiting:
            self._line()
        self._waiting = True
        with suppress(BrokenPipeError):  # `answer` finds nothing and says so
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps([name, document]) + "\n")
                self._process.stdin.flush()

    def answer(self) -> dict[str, str]:
        """The text of wire.py and schemas.py.

        Raises:
            StageError: datamodel-code-generator warned or failed, or its process is gone.
        """
        line = self._line()
        if not line:
            stop()
            message = "the process of datamodel-code-generator ended in the middle of its work"
            raise StageError("generate", "datamodel-code-generator", "", message, "run the build again")
        found = cast("dict[str, Any]", json.loads(line))
        if "error" in found:
            raise StageError(*cast("list[str]", found["error"]))
        return found

    def _line(self) -> str:
        self._waiting = False
        return self._process.stdout.readline() if self._process.stdout is not None else ""

    def close(self) -> None:
        """End the process."""
        with (
            self._process,
            suppress(BrokenPipeError),
        ):  # it is gone already, with what was still to be written
            if self._process.stdin is not None:
                self._process.stdin.close()


@cache
def start() -> Beside:
    """The one process of this run, started at the first call."""
    return Beside()


def stop() -> None:
    """End the process, if there is one; the next `start` makes another."""
    if start.cache_info().currsize:
        beside = start()
        start.cache_clear()
        beside.close()


atexit.register(stop)


def serve() -> None:
    """Answer line by line until the input ends."""
    from codegen.client_schemas import schema_file  # noqa: PLC0415  # the generator is imported here alone

    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        name, document = json.loads(line)
        try:
            answer: dict[str, Any] = {f"{form}.py": schema_file(form, name, document) for form in FORMS}
        except StageError as problem:
            answer = {"error": problem.args}
        try:
            print(json.dumps(answer), file=out, flush=True)
        except BrokenPipeError:  # nobody reads the answer any more
            os._exit(0)


if __name__ == "__main__":
    serve()
