# Replaces generated files so that a killed build leaves the old ones or the new ones.
#
# Rules: everything is written beside the target first (.NAME.new); a marker file (.NAME.ready), which
# appears in one rename, says that it is complete. Without the marker the old tree stands and the new one is
# thrown away; with it the new one is moved in, by whoever comes next if need be. Folders are replaced
# whole, so that no stale module stays; files outside them are replaced one by one and nothing else is
# touched: a user's package may hold more.

"""Atomic replacement of generated files, with recovery."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

IGNORED: Final = frozenset({"__pycache__"})


@frozen
class Sides:
    """The places beside a target folder."""

    target: Path
    new: Path
    old: Path
    ready: Path

    @classmethod
    def of(cls, target: Path) -> Sides:
        """The places beside `target`."""
        parent, name = target.parent, target.name
        return cls(target, parent / f".{name}.new", parent / f".{name}.old", parent / f".{name}.ready")


def replace(target: Path, files: Mapping[str, str], folders: Iterable[str] = ()) -> None:
    """Put files into a folder, all of them or none.

    Args:
        target: The folder; it is made if need be.
        files: Text by path below the folder.
        folders: Subfolders that `files` states completely; what else is in them goes.
    """
    recover(target)
    sides = Sides.of(target)
    names = sorted(set(folders))
    loose = sorted(path for path in files if not any(path.startswith(f"{name}/") for name in names))
    for path, text in files.items():
        write(sides.new / path, text)
    draft = sides.ready.with_name(f"{sides.ready.name}.draft")
    draft.write_text(json.dumps([*names, *loose]), encoding="utf-8")
    draft.replace(sides.ready)
    _move_in(sides)


def recover(target: Path) -> bool:
    """Finish or forget what an interrupted `replace` left; return whether there was anything."""
    sides = Sides.of(target)
    draft = sides.ready.with_name(f"{sides.ready.name}.draft")
    if not any(path.exists() for path in (sides.new, sides.old, sides.ready, draft)):
        return False
    draft.unlink(missing_ok=True)
    if sides.ready.exists():
        _move_in(sides)
    else:
        _forget(sides)
    return True


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


def _move_in(sides: Sides) -> None:
    # Every step can be repeated: what has been moved is no longer in `new`.
    for entry in json.loads(sides.ready.read_text(encoding="utf-8")):
        new, target, old = sides.new / entry, sides.target / entry, sides.old / entry
        if not new.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if new.is_dir() and target.exists():
            old.parent.mkdir(parents=True, exist_ok=True)
            if old.exists():
                shutil.rmtree(old)
            target.rename(old)
        new.replace(target)
    sides.ready.unlink()
    _forget(sides)


def _forget(sides: Sides) -> None:
    for path in (sides.new, sides.old):
        if path.exists():
            shutil.rmtree(path)
