# One provider from its pages to its client, skipped when nothing it is made from has changed.
#
# Rules: what a provider is made from and what came of it is compared by their hashes (stamp.py). Nothing is written
# before every stage has succeeded, and then all of it at once (install.py).

"""The build command, provider by provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from codegen import adding, install, sources, stamp
from codegen.errors import StageError
from codegen.packages import check_package, check_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT: Final = Path(__file__).parent.parent


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
        return self.specs / name / stamp.DOCUMENT


def providers(places: Places, names: Iterable[str]) -> list[str]:
    """The providers asked for, all that are known if none is.

    Raises:
        StageError: A provider is not in sources.toml.
    """
    adding.recover(places.specs, places.target)
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
    pair = install.Pair(places.document(name), places.target, name)
    install.recover(pair)
    inputs = stamp.inputs(name, places)
    held = None if force else stamp.read(places.target / name)
    if held is not None and held == stamp.found(inputs, name, places):
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
    install.install(pair, spec.text, files, stamp.made(inputs, files, spec.text))
    return True
