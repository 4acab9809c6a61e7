# The one exception of the pipeline.
#
# Rules: a stage that can't go on raises StageError and nothing else for anything wrong with its *input*;
# it names the stage, the file, the place in that file and what the reader can do about it.

"""What a stage raises when its input is wrong."""

from __future__ import annotations


class StageError(Exception):
    """The input of a pipeline stage is wrong.

    Args:
        stage: The stage that stopped, such as `read` or `merge`.
        where: The file, as a reader would look for it: `datafold/fragments/trigger-a-run.md`.
        pointer: A JSON pointer or `line N` in that file; empty when the whole file is meant.
        message: What is wrong.
        hint: What to do about it; may be empty.
    """

    def __init__(self, stage: str, where: str, pointer: str, message: str, hint: str = "") -> None:
        super().__init__(stage, where, pointer, message, hint)
        self.stage = stage
        self.where = where
        self.pointer = pointer
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where} {self.pointer}".strip()
        text = f"{self.stage}: {place}: {self.message}"
        return f"{text}\n  {self.hint}" if self.hint else text
