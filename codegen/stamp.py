# What a client was made from and what came of it, as hashes that stand beside it.
#
# Rules: the inputs of a provider are its pages and amendments, its own part of sources.toml (so that adding a provider
# makes no other one stale), the templates, this package and the versions of what generates and formats. The outputs
# are every file of its client, the files all clients share and its document, so that an edited or missing one is made
# again too. The document has a hash of its own: it says whether a document that waits beside its place belongs to the
# client that stands (install.py).

"""The stamp of a build."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import asdict, frozen

from codegen import sources, tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.build import Places

ROOT: Final = Path(__file__).parent.parent
FILE: Final = ".inputs"
DOCUMENT: Final = "openapi.yaml"
#: Files of the package itself, beside the providers.
SHARED: Final = ("__init__.py", "client.py", "http.py", "py.typed", "values.py")
TOOLS: Final = ("attrs", "datamodel-code-generator", "jinja2", "openapi-python-client", "pyyaml", "ruff")


@frozen
class Stamp:
    """What one build of one provider was made from and made."""

    inputs: str
    outputs: str
    document: str
    """The sha256 of openapi.yaml."""

    @property
    def text(self) -> str:
        """As it stands in a file, a hash a line."""
        return "".join(f"{key} {value}\n" for key, value in asdict(self).items())


def read(client: Path) -> Stamp | None:
    """The stamp of a client; None if there is none that can be read."""
    path = client / FILE
    try:
        lines = dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())
        return Stamp(**lines)
    except (OSError, TypeError, ValueError):  # missing, of another version, or edited
        return None


def made(inputs: str, files: Mapping[str, str], document: str) -> Stamp:
    """The stamp of what has just been made.

    Args:
        inputs: The hash of what it was made from.
        files: The text of every file of its client and of the shared ones, by path below the package.
        document: The text of its document.
    """
    outputs = {path: text.encode() for path, text in files.items()}
    whole = document.encode()
    return Stamp(inputs, _digest({**outputs, DOCUMENT: whole}), hashlib.sha256(whole).hexdigest())


def found(inputs: str, name: str, places: Places) -> Stamp | None:
    """The stamp that what stands on the disk would have; None if it is not all there."""
    document = places.document(name)
    if not (places.target / name).is_dir() or not document.exists():
        return None
    held = tree.read(places.target / name).items()
    files = {f"{name}/{path}": text.encode("utf-8", "surrogateescape") for path, text in held if path != FILE}
    for path in map(places.target.joinpath, SHARED):
        files[path.name] = path.read_bytes() if path.exists() else b""
    whole = document.read_bytes()
    return Stamp(inputs, _digest({**files, DOCUMENT: whole}), hashlib.sha256(whole).hexdigest())


def inputs(name: str, places: Places) -> str:
    """The hash of everything a provider is made from.

    Raises:
        StageError: A page or an amendment is not a file that may be read.
    """
    files: dict[str, bytes] = {}
    provider = sources.load(places.specs).provider(name)
    for path in provider.files:  # what is named, no more: a folder may hold anything
        if path.exists():
            relative = f"{name}/{path.relative_to(provider.folder).as_posix()}"
            files[f"specs/{relative}"] = sources.content(path, provider.real_folder, relative)
    own = {key: value for key, value in asdict(provider).items() if key != "folder"}
    files["sources.toml"] = json.dumps(own, sort_keys=True).encode()
    files["pipeline"] = _pipeline().encode()
    files["package"] = places.package.encode()
    return _digest(files)


@cache
def _pipeline() -> str:
    """What generates: templates, this package and the tools, the same for every provider of a run."""
    files: dict[str, bytes] = {}
    for label, folder, pattern in (
        ("templates", ROOT / "templates", "**/*"),
        ("codegen", ROOT / "codegen", "**/*.py"),
    ):
        for path in folder.glob(pattern):
            if path.is_file():
                files[f"{label}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    files["tools"] = "\n".join(f"{tool} {_version(tool)}" for tool in TOOLS).encode()
    return _digest(files)


def _version(tool: str) -> str:
    """The version of an installed tool, from the name of its folder where that is enough: metadata is slow to read."""
    name = tool.replace("-", "_")
    for folder in sys.path:
        for held in Path(folder).glob(f"{name}-*.dist-info"):
            return held.name.removeprefix(f"{name}-").removesuffix(".dist-info")
    from importlib.metadata import version  # noqa: PLC0415

    return version(tool)


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
