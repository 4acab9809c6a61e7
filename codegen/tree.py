# Replaces generated files so that a killed build leaves the old ones or the new ones.
#
# Rules: the whole package as it will be is put together beside the target (.NAME.new; what stays is linked, not
# copied) and then takes the target's place in one step, an exchange of two names. What lies beside the target without
# a marker is rubbish of a killed build. Where a file system can't exchange, a marker (.NAME.ready) says that the new
# tree is complete and must be moved in by whoever comes next. One builder at a time: the folder around the target is
# locked while it is looked at or changed; the lock ends with its process, however that ends.

"""Atomic replacement of generated files, with recovery."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import contextmanager, suppress
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
    sides = Sides.of(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent):
        _recover(sides)
        _keep(sides, files, frozenset(folders))
        for path, text in files.items():
            write(sides.new / path, text)
        if not target.exists():
            sides.new.rename(target)
        elif exchange(sides.new, target):
            shutil.rmtree(sides.new)
        else:
            sides.ready.touch()
            _move_in(sides)


def put(path: Path, text: str) -> None:
    """Replace one file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):  # the draft of a killed build is the next one's
        draft = path.with_name(f".{path.name}.draft")
        write(draft, text)
        draft.replace(path)


def recover(target: Path) -> bool:
    """Finish or forget what an interrupted `replace` left; return whether there was anything."""
    if not target.parent.is_dir():
        return False
    with _locked(target.parent):
        return _recover(Sides.of(target))


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


def _recover(sides: Sides) -> bool:
    if sides.ready.exists():
        _move_in(sides)
        return True
    if sides.new.exists():
        shutil.rmtree(sides.new)
        return True
    return False


def _move_in(sides: Sides) -> None:
    # Every step can be repeated: once the new tree is in its place, only the marker is left.
    if sides.new.exists():
        if sides.target.exists():
            shutil.rmtree(sides.target)
        sides.new.rename(sides.target)
    sides.ready.unlink()


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Wait until no other process is in here; systems without fcntl go without."""
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:  # pragma: no cover
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
