"""`report`: the histories of targets, read and drawn into one file.

The file is whole or not there: it is written beside its place and then moved. What could not be read of a target is
said on the page and on stderr; nothing is written if nothing could be read.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.live import counting
from omnirun.cli.reading import Wanted, in_order, reason
from omnirun.cli.report.data import Page, Read
from omnirun.cli.report.page import render
from omnirun.cli.told import Usage, complain, say
from omnirun.cli.words import counted, said_of
from omnirun.errors import OmnirunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnirun.client import Client
    from omnirun.refs import Target
    from omnirun.run import Run


def report(targets: Sequence[Target], wanted: Wanted, file: str, *, client: Client) -> Exit:
    """Read histories and write the page."""
    in_order(wanted)
    place = None if file == "-" else _writable(file)
    codes: list[Exit] = []
    read: list[Read] = []
    with counting("reading", len(targets)) as count:
        for target in targets:
            runs, error = _read(client, target, wanted)
            if error is not None:
                complain(error)
                codes.append(code_of(error))
            read.append(Read(str(target), runs, None if error is None else said_of(error)))
            count()
    if codes and not any(each.runs for each in read):
        say("no report was written: nothing could be read", of="error")
        return worst(codes)
    text = render(Page(datetime.now(UTC), wanted.since, wanted.until, read))
    if place is None:
        sys.stdout.write(text)
    else:
        _write(place, text)
        say(
            f"{counted(sum(len(each.runs) for each in read), 'run')} of {counted(len(read), 'target')}: {place}"
        )
    return worst(codes)


def _read(client: Client, target: Target, wanted: Wanted) -> tuple[list[Run], OmnirunError | None]:
    runs: list[Run] = []
    try:
        runs.extend(client.history(target, since=wanted.since, until=wanted.until, limit=wanted.limit))
    except OmnirunError as error:
        return runs, reason(error)
    return runs, None


def _writable(file: str) -> Path:
    """Find out before anything is read whether the file can be written."""
    place = Path(file)
    if not file.strip():
        raise Usage("--output needs the name of a file, such as report.html; - is stdout.")
    if place.is_dir():
        raise Usage(f"the report can't be written to {file}: it is a folder.")
    if not place.parent.is_dir():
        raise Usage(f"the report can't be written to {file}: there is no folder {place.parent}.")
    return place


def _write(place: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        if place.exists() and not place.is_file():  # a device or a pipe is no place to move a file to
            place.write_text(text, "utf-8")
            return
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as beside:
                beside.write(text)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise Usage(f"the report can't be written to {place}: {error.strerror}.") from None
