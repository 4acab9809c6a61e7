# The command line of the pipeline.
#
# Rules: what can be said is in report.py, what is done in the modules of the same names as the commands; here are the
# arguments alone. Exit code 0 is good, 1 means the input is wrong (or has drifted), 2 a usage error.

"""`python -m codegen build`, `check`, `add`, `explain`, `update`, `diff` and `api-check`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from codegen.build import ROOT, Places, build, providers
from codegen.packages import check_package
from codegen.report import Entry, Report

Providers = Annotated[list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Default: all of them.")]
Specs = Annotated[Path, typer.Option("--specs", help="Folder with sources.toml and a folder per provider.")]
Generated = Annotated[Path, typer.Option("--generated", help="Folder the import package goes into.")]
Package = Annotated[str, typer.Option("--package", help="Import package the clients go into; dots allowed.")]
Force = Annotated[bool, typer.Option("--force", help="Build even what has not changed.")]
Machine = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Pages = Annotated[list[Path], typer.Argument(metavar="PAGE...", help="Files, as published.")]
BaseUrl = Annotated[
    str, typer.Option("--base-url", help="Where the API is; default: what the pages name as their server.")
]
From = Annotated[
    Path | None, typer.Option("--from", help="Take pages from this folder instead of fetching them.")
]
Old = Annotated[str, typer.Argument(help="A folder of specs or a git revision.")]
New = Annotated[str, typer.Argument(help="The same; default: the work tree, as a build would make it.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="For a changelog or a pull request.")]

DEFAULT = Places()
OVERLAY = ROOT / "overlay" / "omnirun"

app = typer.Typer(
    name="codegen",
    help="From vendored API pages to typed clients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command(name="build")
def build_command(  # noqa: PLR0917  # typer passes them by name
    names: Providers = None,
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    force: Force = False,  # noqa: FBT002  # typer makes it --force
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Build documents and clients; a provider whose inputs did not change is skipped."""
    with Report("build", machine=machine).running() as report:
        places = Places(specs, generated, check_package(package))
        for name in providers(places, names or ()):
            with report.provider(name) as entry:
                _build(report, entry, places, force=force)


@app.command(name="check")
def check_command(
    names: Providers = None,
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Make everything again and fail, with a unified diff, if what is committed differs."""
    from codegen.check import check, strangers  # noqa: PLC0415  # the generators take a second to import

    with Report("check", machine=machine).running() as report:
        places = Places(specs, generated, check_package(package))
        drifted: list[str] = []
        for name in providers(places, names or ()):
            with report.provider(name) as entry:
                with report.stages(entry) as stages:
                    text = check(name, places, report=stages)
                entry.fields.update(status="drifted" if text else "same", diff=text)
                report.print(text)
                drifted += [name] if text else []
        extra = [] if names else strangers(providers(places, ()), places)
        report.answer["strangers"] = extra
        for name in extra:
            report.say(f"[red]{escape(name)}[/]: a client without a provider in sources.toml; delete it")
        if drifted:
            report.say(f"[red]drift[/]: {', '.join(drifted)}; run `python -m codegen build` and commit")
        if drifted or extra:
            report.answer["ok"] = False
        elif report.answer["ok"]:
            report.say("[green]no drift[/]")


@app.command(name="add")
def add_command(  # noqa: PLR0917  # typer passes them by name
    name: Annotated[str, typer.Argument(help="The provider, as Python will name it.")],
    pages: Pages,
    base_url: BaseUrl = "",
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Make a provider from published pages and build it; if that fails, specs/ is as it was."""
    from codegen.add import plan  # noqa: PLC0415  # the readers aren't needed elsewhere
    from codegen.adding import adding, recover  # noqa: PLC0415

    with Report("add", machine=machine).running() as report:
        places = Places(specs, generated, check_package(package))
        recover(places.specs, places.target)
        addition = plan(name, pages, places.specs, base_url)
        report.answer.update(addition.summary())
        entry = Entry(name)
        with adding(addition, places.specs, places.target) as draft:
            _build(report, entry, Places(draft, generated, package), force=True)
        report.answer["providers"] = [entry.answer()]
        for key, pinned in addition.provider.operations.items():
            report.say(f"  {escape(key)} = {pinned}")
        report.say("  these names are proposed: to change one, edit sources.toml and build again")


@app.command(name="explain")
def explain_command(
    name: Annotated[str, typer.Argument(metavar="PROVIDER")],
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Say for every operation and component where it comes from and what the pipeline made of it."""
    from codegen.explain import explain, text  # noqa: PLC0415  # the readers aren't needed elsewhere

    with Report("explain", machine=machine).running() as report:
        places = Places(specs, generated, check_package(package))
        providers(places, [name])
        explanation = explain(name, places)
        report.answer.update(explanation)
        report.print(text(explanation))


@app.command(name="update")
def update_command(  # noqa: PLR0917  # typer passes them by name
    names: Providers = None,
    folder: From = None,
    specs: Specs = DEFAULT.specs,
    generated: Generated = DEFAULT.generated,
    package: Package = DEFAULT.package,
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Fetch the pages as they are now, vendor what changed and say what it means; nothing is built."""
    from codegen import sources  # noqa: PLC0415  # the readers aren't needed elsewhere
    from codegen.diff_overlay import overlay  # noqa: PLC0415
    from codegen.update_show import published, saved, update  # noqa: PLC0415

    with Report("update", machine=machine).running() as report:
        places = Places(specs, generated, check_package(package))
        asked = providers(places, names or ())
        with saved(folder) if folder else published() as get:
            for name in asked:
                with report.provider(name) as entry:
                    provider = sources.load(places.specs).provider(name)
                    stands = partial(overlay, OVERLAY, places.package, name)
                    update(entry, report, provider, places, get, overlay=stands, chosen=folder is not None)


@app.command(name="diff")
def diff_command(  # noqa: PLR0917  # typer passes them by name
    old: Old = "HEAD",
    new: New = "",
    specs: Specs = DEFAULT.specs,
    package: Package = DEFAULT.package,
    markdown: Markdown = False,  # noqa: FBT002  # typer makes it --markdown
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Say what changed in meaning, and for whom it breaks what: folders of specs or git revisions."""
    from codegen import diff_show  # noqa: PLC0415  # the readers aren't needed elsewhere
    from codegen.diff import compare  # noqa: PLC0415
    from codegen.diff_overlay import overlay  # noqa: PLC0415
    from codegen.diff_sides import side  # noqa: PLC0415
    from codegen.update_show import words  # noqa: PLC0415

    with Report("diff", machine=machine).running() as report:
        check_package(package)
        sides = side(old, specs), side(new, specs)
        before, after = (each.documents for each in sides)
        changes = [
            change
            for name in sorted({*before, *after})
            for change in compare(
                name, before.get(name, {}), after.get(name, {}), overlay(OVERLAY, package, name)
            )
        ]
        report.answer.update(old=sides[0].label, new=sides[1].label)
        report.answer.update(effects=diff_show.effects(changes), changes=diff_show.machine(changes))
        report.print(diff_show.markdown(changes) if markdown else diff_show.table(changes))
        report.say(words(f"{escape(sides[0].label)} to {escape(sides[1].label)}", changes))


@app.command(name="api-check")
def api_command(
    root: Annotated[Path, typer.Option("--root", help="The folder with pyproject.toml.")] = ROOT,
    machine: Machine = False,  # noqa: FBT002  # typer makes it --json
) -> None:
    """Compare the Python API with the last release; fail if version or changelog say less than changed."""
    from codegen.api import check as compared  # noqa: PLC0415  # griffe isn't needed elsewhere
    from codegen.api_show import fields, said  # noqa: PLC0415

    with Report("api-check", machine=machine).running() as report:
        answer = compared(root)
        report.answer.update(fields(answer))
        for line in said(answer):
            report.say(escape(line))
        if answer.problems:
            report.answer["ok"] = False


def _build(report: Report, entry: Entry, places: Places, *, force: bool) -> None:
    with report.stages(entry) as stages:
        made = build(entry.name, places, force=force, report=stages)
    entry.fields["status"] = "built" if made else "unchanged"
    words = f"built in {stages.seconds:.1f} s" if made else "nothing changed"
    report.say(f"[green]{escape(entry.name)}[/]: {words}")


if __name__ == "__main__":
    app()
