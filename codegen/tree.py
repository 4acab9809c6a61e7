# Replaces generated files so that a killed build leaves the old ones or the new ones.
#
# Rules: the whole package as it will be is put together beside the target (.NAME.new; what stays is linked, not
# copied) and then takes the target's place in one step, an exchange of two names. What lies beside the target without
# a marker is rubbish of a killed build. Where a file system can't exchange, a marker (.NAME.ready) says that the new
# tree is complete and must be moved in by whoever comes next. One builder at a time: the folder around the target is
# locked while it is looked at or changed; the lock ends with its process, however that ends. `swap`,
# `finish` and `clear` leave the lock to their caller.

"""Atomic replacement of generated files, with recovery."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

IGNORED: Final = frozenset({"__pycache__"})
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@frozen
class Sides:
    """The places beside a target folder."""

    target: Path
    new: Path
    ready: Path

    @classmethod
    def of(cls, target: Path) -> Sides:
        """The places beside `target`."""
        parent, name = target.parent, target.name
        return cls(target, parent / f".{name}.new", parent / f".{name}.ready")


def replace(target: Path, files: Mapping[str, str], folders: Iterable[str] = ()) -> None:
    """Put files into a folder, all of them or none.

    Args:
        target: The folder; it is made if need be.
        files: Text by path below the folder.
        folders: Subfolders that `files` states completely; what else is in them goes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.parent):
        swap(target, files, folders)
        clear(target)


def swap(target: Path, files: Mapping[str, str], folders: Iterable[str] = ()) -> None:
    """As `replace`, in a folder that is there and locked, and what the target was is left to `clear`."""
    sides = Sides.of(target)
    finish(target)
    clear(target)
    _keep(sides, files, frozenset(folders))
    for path, text in files.items():
        write(sides.new / path, text)
    if not target.exists():
        sides.new.rename(target)
    elif not exchange(sides.new, target):
        sides.ready.touch()
        finish(target)


def recover(target: Path) -> bool:
    """Finish or forget what an interrupted `replace` left; return whether there was anything."""
    if not target.parent.is_dir():
        return False
    with locked(target.parent):
        finished = finish(target)
        return clear(target) or finished


def finish(target: Path) -> bool:
    """Move in the new tree that waits to be; return whether one did."""
    sides = Sides.of(target)
    if not sides.ready.exists():
        return False
    # Every step can be repeated: once the new tree is in its place, only the marker is left.
    if sides.new.exists():
        if target.exists():
            shutil.rmtree(target)
        sides.new.rename(target)
    sides.ready.unlink()
    return True


def clear(target: Path) -> bool:
    """Remove what lies beside the target and nobody waits for; return whether there was anything."""
    new = Sides.of(target).new
    if not new.exists():
        return False
    shutil.rmtree(new)
    return True


def exchange(first: Path, second: Path) -> bool:
    """Let two paths swap what they name, in one step; return False where that can't be done."""
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    paths = (os.fsencode(first), os.fsencode(second))
    return bool(call(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)


def write(path: Path, text: str) -> None:
    """Write a file with its folders, with the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, str]:
    """The text of every file below a folder, caches left out."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not IGNORED.intersection(relative.parts):
            found[relative.as_posix()] = path.read_text(encoding="utf-8", errors="surrogateescape")
    return found


def _keep(sides: Sides, files: Mapping[str, str], folders: frozenset[str]) -> None:
    """Link into the new tree what the target has and `files` says nothing about."""
    sides.new.mkdir()
    for root, names, held in os.walk(sides.target):
        here = sides.target.__class__(root).relative_to(sides.target)
        names[:] = [name for name in names if name not in IGNORED and (here / name).as_posix() not in folders]
        for name in names:
            (sides.new / here / name).mkdir()
        for name in held:
            if (here / name).as_posix() not in files:
                _link(sides.target / here / name, sides.new / here / name)


def _link(source: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(source)
    except OSError:  # a file system without links
        shutil.copy2(source, copy)


@contextmanager
def locked(*folders: Path) -> Generator[None]:
    """Wait until no other process is in any of these folders; systems without fcntl go without."""
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:  # pragma: no cover
        yield
        return
    with ExitStack() as stack:
        for path in sorted(
            {folder.resolve() for folder in folders}
        ):  # in one order, so that nobody waits in a circle
            handle = os.open(path, os.O_RDONLY)
            stack.callback(os.close, handle)
            with suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
