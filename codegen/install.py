# A provider's document and its client, put in their places as one.
#
# Rules: they stand in two folders, and no file system swaps two names in one step. So the document is staged beside its
# place (.openapi.yaml.staged), the client is swapped in with a stamp that names the document's hash, which is the one
# moment at which a build becomes true, and the document follows. Whoever starts next looks for a staged document: it
# goes to its place if it is the one the client that stands names, and away if it isn't. Both folders are locked from
# the first step to the last, so nobody takes a build that runs for one that was killed.

"""Install what a build has made: all of it, or nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from attrs import frozen

from codegen import stamp, tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from codegen.stamp import Stamp


@frozen
class Pair:
    """Where a provider's document and its client stand."""

    document: Path
    target: Path
    """The folder of the import package."""
    name: str

    @property
    def staged(self) -> Path:
        """Where a document waits for its client."""
        return self.document.with_name(f".{self.document.name}.staged")


def install(pair: Pair, document: str, files: Mapping[str, str], made: Stamp) -> None:
    """Put a document and a client in their places, both or neither.

    Args:
        pair: The places.
        document: The text of the document.
        files: Text by path below the package: the provider's client and what all clients share.
        made: The stamp of both.
    """
    pair.document.parent.mkdir(parents=True, exist_ok=True)
    pair.target.parent.mkdir(parents=True, exist_ok=True)
    with tree.locked(pair.document.parent, pair.target.parent):
        _settle(pair)
        tree.write(pair.staged, document)
        try:
            tree.swap(pair.target, {**files, f"{pair.name}/{stamp.FILE}": made.text}, [pair.name])
        finally:
            _settle(pair)


def recover(pair: Pair) -> bool:
    """Finish or forget what an interrupted `install` left; return whether there was anything."""
    folders = [folder for folder in (pair.document.parent, pair.target.parent) if folder.is_dir()]
    with tree.locked(*folders):
        return _settle(pair)


def _settle(pair: Pair) -> bool:
    finished = tree.finish(pair.target)
    waited = _follow(pair)
    return tree.clear(pair.target) or finished or waited


def _follow(pair: Pair) -> bool:
    """Let the document follow its client, or go if its client didn't come."""
    linked = pair.staged.is_symlink()
    if not linked and not pair.staged.exists():
        return False
    held = stamp.read(pair.target / pair.name)
    if held is not None and not linked and _sha256(pair.staged) == held.document:
        pair.staged.replace(pair.document)
    else:
        pair.staged.unlink()
    return True


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
