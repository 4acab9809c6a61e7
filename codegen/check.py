# What is committed against what the pipeline makes now.
#
# Rules: nothing is written; a file that differs, one that should not be there and one that is missing are
# all drift, shown as a unified diff. The stamps of the build are no output and are not compared.

"""The check command: drift of committed files, as a unified diff."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from codegen import tree
from codegen.generate import generate
from codegen.spec import normalize_provider
from codegen.stamp import FILE, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codegen.build import Places


def check(name: str, places: Places, *, report: Callable[[str], None]) -> str:
    """Make one provider's document and client again and return the diff; empty if there is none.

    Args:
        name: The provider.
        places: Where the committed files are.
        report: Called with the name of each stage as it starts.

    Raises:
        StageError: A stage stopped.
    """
    spec = normalize_provider(places.specs, name, report)
    report("generate")
    made = generate(spec, places.package)
    report("compare")
    package = "/".join(("generated", *places.package.split(".")))
    wanted = {f"specs/{name}/openapi.yaml": spec.text}
    wanted |= {f"{package}/{path}": text for path, text in made.shared.items()}
    wanted |= {f"{package}/{name}/{path}": text for path, text in made.provider.items()}
    document = places.document(name)
    found = {f"specs/{name}/openapi.yaml": document.read_text(encoding="utf-8")} if document.exists() else {}
    for shared in SHARED:
        if (path := places.target / shared).exists():
            found[f"{package}/{shared}"] = path.read_text(encoding="utf-8", errors="surrogateescape")
    committed = tree.read(places.target / name) if (places.target / name).is_dir() else {}
    found |= {f"{package}/{name}/{path}": text for path, text in committed.items() if path != FILE}
    return "".join(diff(found, wanted))


def strangers(known: list[str], places: Places) -> list[str]:
    """Clients that no provider in sources.toml stands behind."""
    if not places.target.is_dir():
        return []
    stamps = places.target.glob(f"*/{FILE}")
    return sorted(path.parent.name for path in stamps if path.parent.name not in known)


def diff(found: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """A unified diff from the committed files to the wanted ones."""
    for path in sorted({*found, *wanted}):
        if found.get(path) == wanted.get(path):
            continue
        old = f"a/{path}" if path in found else "/dev/null"
        new = f"b/{path}" if path in wanted else "/dev/null"
        lines = difflib.unified_diff(
            found.get(path, "").splitlines(keepends=True),
            wanted.get(path, "").splitlines(keepends=True),
            old,
            new,
        )
        text = list(lines) or [f"--- {old}\n", f"+++ {new}\n"]  # an empty file that is missing or superfluous
        yield from (
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in text
        )
