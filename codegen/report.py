# What a command says: progress and errors to people on stderr, one JSON document to machines on stdout.
#
# Rules: every failure is one clear error with where, what and what to do, never a traceback; a provider that fails
# doesn't keep the others from being tried. The text of pages can be in what is said, so nothing that isn't printable
# reaches a terminal. `--json` prints one object whose shape is in docs/pipeline.md, and nothing else.

"""Progress, errors and machine-readable answers of the commands."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from attrs import Factory, define
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Generator

STAGES = ("vendor", "read", "normalize", "merge", "shape", "gate", "generate", "write", "compare")
"""Every stage that reports; `build` ends on write, `check` on compare."""
_STEPS = len(STAGES) - 1

TRACEBACK = "CODEGEN_TRACEBACK"
"""Environment variable that lets a defect of the pipeline show its traceback."""


def printable(text: str) -> str:
    """A text in which nothing can move a cursor or hide."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1]
        for character in text
    )


@define
class Entry:
    """What is said about one provider."""

    name: str
    fields: dict[str, Any] = Factory(dict[str, Any])
    stages: dict[str, float] = Factory(dict[str, float])

    def answer(self) -> dict[str, Any]:
        """As machines are told."""
        seconds = {stage: round(spent, 3) for stage, spent in self.stages.items()}
        return {"name": self.name, "status": "failed", **self.fields, "stages": seconds}


class Report:
    """What one run of a command says."""

    def __init__(self, command: str, *, machine: bool) -> None:
        self.answer: dict[str, Any] = {"command": command, "ok": True}
        self._machine = machine
        self._console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=machine)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=len(STAGES) * 2),
            TextColumn("{task.fields[stage]}", style="dim"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=machine or not self._console.is_terminal,
        )

    def say(self, text: str) -> None:
        """Print one line with markup to people."""
        self._console.print(text)

    def print(self, text: str) -> None:
        """Print a result to stdout, for people; machines get it in the answer."""
        if not self._machine:
            sys.stdout.write(printable(text))
            sys.stdout.flush()  # in a log, results and progress stand in the order they came

    def fail(self, error: Exception, into: dict[str, Any] | None = None) -> None:
        """Say what went wrong; the command will exit with 1.

        Args:
            error: What was raised.
            into: The part of the answer it belongs to; the answer itself by default.
        """
        self.answer["ok"] = False
        said = _said(error)
        (self.answer if into is None else into)["error"] = said
        stage = f" in stage [bold]{said['stage']}[/]" if said["stage"] else ""
        self.say(f"[red]error[/]{stage}")
        place = f"{said['where']} {said['pointer']}".strip()
        for label, text in (("where", place), ("what", said["message"]), ("do", said["hint"])):
            if text:
                self.say(f"  {label}: {escape(printable(text))}")

    @contextmanager
    def provider(self, name: str) -> Generator[Entry]:
        """Do something for one provider; what fails is said, and the next one can be tried."""
        entry = Entry(name)
        try:
            yield entry
        except Exception as error:  # noqa: BLE001  # every failure is said in the same way
            self.fail(error, entry.fields)
        self.answer.setdefault("providers", []).append(entry.answer())

    @contextmanager
    def stages(self, entry: Entry) -> Generator[Stages]:
        """Follow a provider through the stages."""
        stages = Stages(entry, self._progress, self._console)
        try:
            yield stages
        finally:
            stages.end()

    @contextmanager
    def running(self) -> Generator[Report]:
        """Run the command: progress while it lasts, then the answer.

        Raises:
            typer.Exit: With 1, where something failed.
        """
        try:
            with self._progress:
                yield self
        except Exception as error:
            if TRACEBACK in os.environ and not isinstance(error, StageError | OSError):
                raise
            self.fail(error)
        if self._machine:
            print(json.dumps(self.answer, indent=2))
        if not self.answer["ok"]:
            raise typer.Exit(1)


class Stages:
    """The stages of one provider, timed and shown as they start."""

    def __init__(self, entry: Entry, progress: Progress, console: Console) -> None:
        self._entry = entry
        self._progress, self._console = progress, console
        self._stage, self._since = "", time.monotonic()
        self._task = progress.add_task(escape(entry.name), total=_STEPS, stage="")

    def __call__(self, stage: str) -> None:
        """A stage starts, and the one before has ended."""
        self._stop()
        self._stage, self._since = stage, time.monotonic()
        done = min(STAGES.index(stage), _STEPS) if stage in STAGES else 0
        self._progress.update(self._task, completed=done, stage=stage)
        if self._progress.disable:
            self._console.print(f"[dim]{escape(self._entry.name)}: {escape(stage)}[/]")

    def end(self) -> None:
        """The last stage has ended."""
        self._stop()
        self._stage = ""
        self._progress.remove_task(self._task)

    @property
    def seconds(self) -> float:
        """What all stages took."""
        return sum(self._entry.stages.values())

    def _stop(self) -> None:
        if self._stage:
            spent = time.monotonic() - self._since
            self._entry.stages[self._stage] = self._entry.stages.get(self._stage, 0.0) + spent


def _said(error: Exception) -> dict[str, str]:
    if isinstance(error, StageError):
        return {
            "stage": error.stage,
            "where": error.where,
            "pointer": error.pointer,
            "message": error.message,
            "hint": error.hint,
        }
    said = {"stage": "", "where": "", "pointer": "", "message": str(error), "hint": ""}
    if isinstance(error, OSError):
        return said
    # No stage should let this through; whoever looks into it sets the variable.
    if TRACEBACK in os.environ:
        raise error
    said["message"] = f"a defect of codegen: {type(error).__name__}: {error}"
    said["hint"] = f"run again with {TRACEBACK}=1 and report what it shows"
    return said
