# A spec to the files of a raw client.
#
# Rules: a function from value to value, nothing is written where it will stay; what both generators made is
# compared with the spec before anyone sees it; files are formatted by the pinned ruff with settings given
# here, so that the same spec gives the same bytes on any machine.

"""The generate stage: a normalized document to the text of every file of its client."""

from __future__ import annotations

import subprocess
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from codegen import client_side
from codegen.client_compare import compare
from codegen.client_lower import lower
from codegen.client_parse import parse
from codegen.client_render import client_files
from codegen.errors import StageError
from codegen.keywords import plain
from codegen.packages import check_package, check_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.spec import Spec

SETTINGS: Final = (
    "--isolated",
    "--no-cache",
    "--quiet",
    "--config",
    "line-length = 110",
    "--target-version",
    "py311",
)
#: Unused imports go (templates import what a file of their kind may need), the others are sorted.
TIDY: Final = ("check", *SETTINGS, "--fix-only", "--select", "F401,I001")
FORMAT: Final = ("format", *SETTINGS)


@frozen
class Generated:
    """The files of a client by path, those shared by all providers apart."""

    shared: Mapping[str, str]
    provider: Mapping[str, str]


def generate(spec: Spec, package: str = "omnirun_raw") -> Generated:
    """Generate a provider's raw client.

    Args:
        spec: The provider's normalized document.
        package: The import package the client goes into; dots allowed.

    Raises:
        StageError: A generator warned or failed, or something of the document is not in what it made.
    """
    check_provider(spec.name)
    check_package(package)
    try:
        shared, provider = _made(spec, package)
    except StageError as error:
        raise _located(error, spec) from error
    source = f"specs/{spec.name}/openapi.yaml (sha256 {spec.sha256})"
    provider = {path: _headed(text, source) for path, text in provider.items()}
    shared = {
        path: _headed(text, "templates/client") if path.endswith(".py") else text
        for path, text in shared.items()
    }
    formatted = format_files(
        {**{f"shared/{p}": t for p, t in shared.items()}, **{f"own/{p}": t for p, t in provider.items()}},
        spec.name,
    )
    return Generated(
        {path: formatted[f"shared/{path}"] for path in sorted(shared)},
        {path: formatted[f"own/{path}"] for path in sorted(provider)},
    )


def _made(spec: Spec, package: str) -> tuple[dict[str, str], dict[str, str]]:
    lowered = lower(plain(spec.document))
    beside = client_side.start()
    beside.ask(spec.name, lowered.plain)
    data = parse(spec.name, lowered)
    shared, provider = client_files(spec, lowered, data, package)
    provider |= beside.answer()
    compare(spec, lowered, data, provider)
    return shared, provider


def _located(error: StageError, spec: Spec) -> StageError:
    """The error with the pages and lines that state what it is about."""
    pointer = error.pointer
    while pointer and pointer not in spec.provenance:
        pointer = pointer.rpartition("/")[0]
    places = [f"{origin.file} line {origin.line}" for origin in spec.provenance.get(pointer, ())]
    hint = f"stated in {' and '.join(places)}; {error.hint}" if places else error.hint
    where = f"{spec.name}/openapi.yaml" if error.where == "openapi.yaml" else error.where
    return StageError(error.stage, where, error.pointer, error.message, hint)


def format_files(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Format Python files with the pinned ruff.

    Raises:
        StageError: A file is not Python.
    """
    with tempfile.TemporaryDirectory(prefix="omnirun-codegen-") as folder:
        root = Path(folder)
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        for arguments in (TIDY, FORMAT):
            command = [_ruff(), *arguments, "."]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                message = f"the generated code is not valid: {done.stderr.strip()[:500]}"
                hint = "this is a defect of the templates"
                raise StageError("generate", f"{name}/openapi.yaml", "", message, hint)
        return {path: (root / path).read_text(encoding="utf-8") for path in files}


def _ruff() -> str:
    """The program itself: through Python it takes five times as long to start."""
    return str(import_module("ruff").find_ruff_bin())  # it has no types


def _headed(text: str, source: str) -> str:
    return f"# Generated by omnirun's codegen from {source}. Do not edit.\n\n{text.lstrip()}"
