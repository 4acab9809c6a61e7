# The command line of the pipeline.
#
# Rules: progress and errors go to stderr, a diff to stdout; exit code 0 is good, 1 means the input is wrong
# (or has drifted), 2 a usage error; wrong input never shows a traceback.

"""`python -m codegen build` and `python -m codegen check`."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from codegen.build import Places, build, providers
from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Providers = Annotated[list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Default: all of them.")]
Specs = Annotated[Path, typer.Option("--specs", help="Folder with sources.toml and a folder per provider.")]
Generated = Annotated[Path, typer.Option("--generated", help="Folder the import package goes into.")]
Package = Annotated[str, typer.Option("--package", help="Import package the clients go into.")]
Force = Annotated[bool, typer.Option("--force", help="Build even what has not changed.")]

DEFAULT = Places()

app = typer.Typer(
    name="codegen",
    help="From vendored API pages to typed clients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command(name="build")
def build_command(
    names: Providers = None,
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    force: Force = False,  # noqa: FBT002  # typer makes it --force
) -> None:
    """Build documents and clients; a provider whose inputs did not change is skipped."""
    places = Places(specs, generated, package)
    with _errors():
        for name in providers(places, names or ()):
            started = time.monotonic()
            if build(name, places, force=force, report=_reporter(name)):
                console.print(f"[green]{escape(name)}[/]: built in {time.monotonic() - started:.1f} s")
            else:
                console.print(f"[green]{escape(name)}[/]: nothing changed")


@app.command(name="check")
def check_command(
    names: Providers = None,
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
) -> None:
    """Make everything again and fail, with a diff, if what is committed differs."""
    from codegen.check import check, strangers  # noqa: PLC0415  # the generators take a second to import

    places = Places(specs, generated, package)
    drifted: list[str] = []
    with _errors():
        for name in providers(places, names or ()):
            text = check(name, places, report=_reporter(name))
            print(text, end="")
            if text:
                drifted.append(name)
        extra = [] if names else strangers(providers(places, ()), places)
    for name in extra:
        console.print(f"[red]{escape(name)}[/]: a client without a provider in sources.toml; delete it")
    if drifted:
        console.print(
            f"[red]drift[/]: {escape(', '.join(drifted))}; run `python -m codegen build` and commit"
        )
    if drifted or extra:
        raise typer.Exit(1)
    console.print("[green]no drift[/]")


def _reporter(name: str) -> Callable[[str], None]:
    return lambda stage: console.print(f"[dim]{escape(name)}: {escape(stage)}[/]")


@contextmanager
def _errors() -> Generator[None]:
    try:
        yield
    except StageError as error:
        console.print(f"[red]error[/] in stage [bold]{escape(error.stage)}[/]")
        place = f"{error.where} {error.pointer}".strip()
        for label, text in (("where", place), ("what", error.message), ("do", error.hint)):
            if text:
                console.print(f"  {label}: {escape(text)}")
        raise typer.Exit(1) from None
    except OSError as error:
        console.print(f"[red]error[/]: {escape(str(error))}")
        raise typer.Exit(1) from None
    except Exception as error:
        # No stage should let this through; whoever looks into it sets the variable.
        if "CODEGEN_TRACEBACK" in os.environ:
            raise
        console.print(f"[red]error[/], and a defect of codegen: {escape(f'{type(error).__name__}: {error}')}")
        console.print("  do: run again with CODEGEN_TRACEBACK=1 and report what it shows")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
