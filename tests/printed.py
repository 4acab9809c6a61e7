"""Console blocks of the documentation: what they type is run, and what they print is compared with what it prints.

Rules. In a block, a line `$ command` is typed and what follows is what it prints; a block or a command that shows
nothing promises nothing. `...` alone stands for any lines, at the end of a line or inside one for anything. Times,
dates, seconds, the ids of runs and the width of columns are not compared, nor what stands behind a remark's `#`.
codegen runs in this process, the rest in a shell.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODEGEN = re.compile(r"(?:\.venv/bin/)?python -m codegen ")
ALIKE = [
    (r"\x1b\[[\d;?]*[a-zA-Z]", ""),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d\d:\d\d:\d\d(Z|\+00:00)?", "TIME"),
    (r"\d+(\.\d+)? ?(s|ms)\b", "N s"),
    (r"(127\.0\.0\.1:|runs/|checks/)[0-9A-Za-z-]*\d[0-9A-Za-z-]*", r"\1N"),
    (r"\s+$", ""),
    (r"(?<=\S) {2,}", "  "),
]
"""What differs from one time to the next, and what stands for it."""


def blocks(text: str) -> list[tuple[str, str, str]]:
    """The code blocks of a page: language, the file that its title names, and the text."""
    return [
        (language, re.sub(r'^ title="(.*)"$', r"\1", title), body)
        for language, title, body in BLOCK.findall(text)
    ]


def commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines it shows."""
    parts = (part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:])
    return [(re.sub(r"\s+# .*", "", command), shown.splitlines()) for command, _, shown in parts]


def alike(line: str) -> str:
    """A line without what differs from one time to the next."""
    for pattern, stands in ALIKE:
        line = re.sub(pattern, stands, line)
    return line


def fits(said: list[str], shown: list[str]) -> bool:
    """Whether a command said what a page shows."""
    if not shown:
        return not said
    first, rest = shown[0], shown[1:]
    if first == "...":
        return any(fits(said[skip:], rest) for skip in range(len(said) + 1))
    if not said:
        return False
    pattern = re.escape(alike(first)).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, alike(said[0])) is not None and fits(said[1:], rest)


def shell(command: str, folder: Path, **environment: str) -> list[str]:
    """What a command prints, on either stream."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", f"{{ {command}\n}} 2>&1"],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.stdout.splitlines()


def codegen(command: str, folder: Path, *places: str) -> list[str]:
    """What a command of codegen prints; it runs in this process, which shows the same without a new Python."""
    from codegen.__main__ import app  # noqa: PLC0415 - only this needs it

    words = shlex.split(CODEGEN.sub("", command, count=1))
    arguments = [path for word in words for path in _globbed(word, folder)]
    with chdir(folder):
        done = CliRunner().invoke(app, [*arguments, *places], catch_exceptions=False)
    return done.output.splitlines()


def _globbed(word: str, folder: Path) -> list[str]:
    """A word as the shell would pass it."""
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(word)) if "*" in word else []
    return found or [word]
