# One provider from its pages to its client, skipped when nothing it is made from has changed.
#
# Rules: the inputs are the provider's pages and amendments, sources.toml, the templates, this package and
# the versions of what generates and formats; their hash and that of the outputs stand in the client's
# .inputs file, so that an edited or missing output is made again too. Nothing is written before every stage
# has succeeded.

"""The build command, provider by provider."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from codegen import tree
from codegen.errors import StageError
from codegen.spec import load, normalize_provider

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
    known = list(load(places.specs).providers)
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
    tree.recover(places.target)
    inputs = _inputs(name, places)
    if not force and _stamp(inputs, _outputs(name, places)) == _read_stamp(name, places):
        return False
    report("read")
    spec = normalize_provider(places.specs, name)
    report("generate")
    from codegen.generate import generate  # noqa: PLC0415  # the generators take a second to import

    made = generate(spec, places.package)
    report("write")
    files = {**made.shared, **{f"{name}/{path}": text for path, text in made.provider.items()}}
    stamp = _stamp(inputs, _digest({**files, "openapi.yaml": spec.text}))
    draft = places.document(name).with_suffix(".draft")
    tree.write(draft, spec.text)
    draft.replace(places.document(name))
    tree.replace(places.target, {**files, f"{name}/{STAMP}": stamp}, [name])
    return True


def _inputs(name: str, places: Places) -> str:
    files: dict[str, bytes] = {}
    for label, folder, pattern in (
        ("specs", places.specs / name, "**/*"),
        ("templates", ROOT / "templates", "**/*"),
        ("codegen", ROOT / "codegen", "**/*.py"),
    ):
        for path in folder.glob(pattern):
            relative = path.relative_to(folder)
            if path.is_file() and path != places.document(name) and path.suffix != ".draft":
                files[f"{label}/{relative.as_posix()}"] = path.read_bytes()
    sources = places.specs / "sources.toml"
    files["sources.toml"] = sources.read_bytes() if sources.exists() else b""
    files["tools"] = "\n".join(f"{tool} {version(tool)}" for tool in TOOLS).encode()
    files["package"] = places.package.encode()
    return _digest({path: content.hex() for path, content in files.items()})


def _outputs(name: str, places: Places) -> str:
    if not (places.target / name).is_dir() or not places.document(name).exists():
        return ""
    files = {
        f"{name}/{path}": text for path, text in tree.read(places.target / name).items() if path != STAMP
    }
    for path in map(places.target.joinpath, SHARED):
        files[path.name] = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    return _digest({**files, "openapi.yaml": places.document(name).read_text(encoding="utf-8")})


def _digest(files: Mapping[str, str]) -> str:
    found = hashlib.sha256()
    for path in sorted(files):
        content = files[path].encode("utf-8", "surrogateescape")
        found.update(f"{path}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _stamp(inputs: str, outputs: str) -> str:
    return f"inputs {inputs}\noutputs {outputs}\n"


def _read_stamp(name: str, places: Places) -> str:
    path = places.target / name / STAMP
    return path.read_text(encoding="utf-8") if path.exists() else ""
