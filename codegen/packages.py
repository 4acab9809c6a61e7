# Names of import packages.
#
# Rules: a name that reaches the file system or an import is checked here before anything is read or written under it;
# a dot is the only separator, so no name can lead out of the folder it belongs in.

"""Names that providers and packages can have."""

from __future__ import annotations

import keyword
import re

from codegen.errors import StageError

SHARED = frozenset({"__init__.py", "client.py", "http.py", "py.typed", "values.py"})
"""Files of a package beside its providers."""
_TAKEN = frozenset(name.removesuffix(".py") for name in SHARED) | {"omnirun"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def check_provider(name: str) -> str:
    """Refuse the name of a provider that no package can have.

    Raises:
        StageError: It is no lower-case Python name, or a module has it already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise _refused("provider", name, "use lower-case letters, digits and underscores, a letter first")
    if name in _TAKEN:
        raise _refused("provider", name, f"{name} is a module of every package of clients; use another name")
    return name


def check_package(package: str) -> str:
    """Refuse the name of a package that can't be imported.

    Raises:
        StageError: A part of it is no Python name.
    """
    for part in package.split("."):
        if not _PART.fullmatch(part) or keyword.iskeyword(part):
            raise _refused("package", part, "use letters, digits and underscores, and dots between packages")
    return package


def _refused(what: str, name: str, hint: str) -> StageError:
    message = f"{name[:80]!r} can't be the name of a Python package"
    return StageError("build", f"{what} {name[:80]!r}", "", message, hint)
