# One provider from its pages to its client, skipped when nothing it is made from has changed.
#
# Rules: the inputs are the provider's pages and amendments, sources.toml, the templates, this package and
# the versions of what generates and formats; their hash and that of the outputs stand in the client's
# .inputs file, so that an edited or missing output is made again too. Nothing is written before every stage
# has succeeded.

"""The build command, provider by provider."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from codegen import sources, tree
from codegen.errors import StageError
from codegen.packages import check_package, check_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT: Final = Path(__file__).parent.parent
STAMP: Final = ".inputs"
#: Files of the package itself, beside the providers.
SHARED: Final = ("__init__.py", "client.py", "http.py", "py.typed", "values.py")
TOOLS: Final = ("attrs", "datamodel-code-generator", "jinja2", "openapi-python-client", "pyyaml", "ruff")


@frozen
class Places:
    """Where pages are read and clients are written."""

    specs: Path = ROOT / "specs"
    generated: Path = ROOT / "generated"
    package: str = "omnirun_raw"

    @property
    def target(self) -> Path:
        """The folder of the import package."""
        return self.generated.joinpath(*self.package.split("."))

    def document(self, name: str) -> Path:
        """The normalized document of a provider."""
        return self.specs / name / "openapi.yaml"


def providers(places: Places, names: Iterable[str]) -> list[str]:
    """The providers asked for, all that are known if none is.

    Raises:
        StageError: A provider is not in sources.toml.
    """
    known = list(sources.load(places.specs).providers)
    asked = list(dict.fromkeys(names))
    for name in asked:
        if name not in known:
            hint = f"known are: {', '.join(known)}"
            raise StageError("build", "sources.toml", "", f"there is no provider {name!r}", hint)
    return asked or known


def build(name: str, places: Places, *, force: bool, report: Callable[[str], None]) -> bool:
    """Build one provider's document and client; return False if nothing had to be done.

    Args:
        name: The provider.
        places: Where to read and write.
        force: Build even if no input has changed.
        report: Called with the name of each stage as it starts.

    Raises:
        StageError: A stage stopped; nothing was written.
    """
    check_provider(name)
    check_package(places.package)
    tree.recover(places.target)
    inputs = _inputs(name, places)
    if not force and _stamp(inputs, _outputs(name, places)) == _read_stamp(name, places):
        return False
    from codegen import client_side  # noqa: PLC0415  # nothing of this is needed where nothing has changed

    client_side.start()  # it imports while the pages are read
    from codegen.spec import normalize_provider  # noqa: PLC0415

    spec = normalize_provider(places.specs, name, report)
    report("generate")
    from codegen.generate import generate  # noqa: PLC0415  # the generators take a second to import

    made = generate(spec, places.package)
    report("write")
    files = {**made.shared, **{f"{name}/{path}": text for path, text in made.provider.items()}}
    outputs = {path: text.encode() for path, text in {**files, "openapi.yaml": spec.text}.items()}
    stamp = _stamp(inputs, _digest(outputs))
    tree.put(places.document(name), spec.text)
    tree.replace(places.target, {**files, f"{name}/{STAMP}": stamp}, [name])
    return True


def _inputs(name: str, places: Places) -> str:
    files: dict[str, bytes] = {}
    provider = sources.load(places.specs).provider(name)
    for path in provider.files:  # what is named, no more: a folder may hold anything
        if path.exists():
            relative = f"{name}/{path.relative_to(provider.folder).as_posix()}"
            files[f"specs/{relative}"] = sources.content(path, provider.real_folder, relative)
    listed = places.specs / "sources.toml"
    files["sources.toml"] = listed.read_bytes() if listed.exists() else b""
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
        for found in Path(folder).glob(f"{name}-*.dist-info"):
            return found.name.removeprefix(f"{name}-").removesuffix(".dist-info")
    from importlib.metadata import version  # noqa: PLC0415

    return version(tool)


def _outputs(name: str, places: Places) -> str:
    if not (places.target / name).is_dir() or not places.document(name).exists():
        return ""
    found = tree.read(places.target / name).items()
    files = {
        f"{name}/{path}": text.encode("utf-8", "surrogateescape") for path, text in found if path != STAMP
    }
    for path in map(places.target.joinpath, SHARED):
        files[path.name] = path.read_bytes() if path.exists() else b""
    return _digest({**files, "openapi.yaml": places.document(name).read_bytes()})


def _digest(files: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        found.update(f"{path}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _stamp(inputs: str, outputs: str) -> str:
    return f"inputs {inputs}\noutputs {outputs}\n"


def _read_stamp(name: str, places: Places) -> str:
    path = places.target / name / STAMP
    return path.read_text(encoding="utf-8") if path.exists() else ""
