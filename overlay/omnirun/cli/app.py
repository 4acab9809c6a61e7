"""The verbs and their signatures. Nothing here imports more than typer before a verb runs.

A verb reads its arguments before it imports what it works with: whoever mistypes is told at once.
"""

from typing import Annotated

import typer

from omnirun.cli import options
from omnirun.cli.examples import epilog
from omnirun.cli.exits import MEANING, Exit
from omnirun.cli.told import complain, told

_CODES = "\n".join(["\b", "Exit codes:", *(f"  {code.value:>3}  {MEANING[code]}" for code in Exit)])

app = typer.Typer(
    name="omnirun",
    help="Trigger runs, wait for them and page through their histories: Datafold, Firecrawl, Monid, or your own.",
    epilog=_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,  # the help in rich's colours would take as long to start as everything else together
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        from omnirun import __version__

        typer.echo(f"omnirun {__version__}")
        raise typer.Exit


@app.callback()
def _omnirun(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog=epilog("run"))
def run(
    *,
    targets: options.Targets,
    given: options.Input = None,
    timeout: options.Timeout = None,
    fail_on: options.FailOn = options.FAIL_ON,
    attach: options.Attach = False,
    output: options.Output = "table",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Trigger a run of each target and wait until all have ended."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.targets(targets, reader.given_input(given))
        from omnirun.cli import following, opened, starting
        from omnirun.cli import output as form

        terms = following.Terms(timeout, frozenset(fail_on.split(",")))
        with opened.client_for(asked, verbose=verbose) as client:
            starting.run(
                asked,
                "attach" if attach else "raise",
                terms,
                form.Format(output),
                quietly=quiet,
                client=client,
                ending=ending,
            )


@app.command(short_help="Trigger runs and print their refs.", epilog=epilog("trigger"))
def trigger(
    *,
    targets: options.Targets,
    given: options.Input = None,
    attach: options.Attach = False,
    output: options.Output = "table",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Trigger a run of each target and print its ref, without waiting."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.targets(targets, reader.given_input(given))
        from omnirun.cli import opened, starting
        from omnirun.cli import output as form

        with opened.client_for(asked, verbose=verbose) as client:
            starting.trigger(
                asked,
                "attach" if attach else "raise",
                form.Format(output),
                quietly=quiet,
                client=client,
                ending=ending,
            )


@app.command(epilog=epilog("wait"))
def wait(
    *,
    refs: options.Refs,
    timeout: options.Timeout = None,
    fail_on: options.FailOn = options.FAIL_ON,
    output: options.Output = "table",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Wait until runs have ended, whoever started them."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.refs(refs)
        from omnirun.cli import following, opened
        from omnirun.cli import output as form

        terms = following.Terms(timeout, frozenset(fail_on.split(",")))
        with opened.client_for(asked, verbose=verbose) as client:
            following.wait(asked, terms, form.Format(output), quietly=quiet, client=client, ending=ending)


@app.command(epilog=epilog("get"))
def get(*, refs: options.Refs, output: options.Output = "table", verbose: options.Verbose = False) -> None:
    """Show how runs stand, without waiting."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.refs(refs)
        from omnirun.cli import opened, reading
        from omnirun.cli import output as form

        with opened.client_for(asked, verbose=verbose) as client:
            reading.get(asked, form.Format(output), client=client, ending=ending)


@app.command(epilog=epilog("history"))
def history(
    *,
    targets: options.Targets,
    since: options.Since = None,
    until: options.Until = None,
    status: options.Status = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    output: options.Output = "table",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the runs that targets have had."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.targets(targets)
        from omnirun.cli import opened, reading
        from omnirun.cli import output as form

        wanted = reading.Wanted(since, until, tuple(status or ()), limit, cursor)
        with opened.client_for(asked, verbose=verbose) as client:
            reading.history(asked, wanted, form.Format(output), quietly=quiet, client=client, ending=ending)


@app.command(short_help="List what a finished run made.", epilog=epilog("items"))
def items(
    *,
    ref: options.Ref,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    output: options.Output = "table",
    verbose: options.Verbose = False,
) -> None:
    """List what a finished run made: Firecrawl's pages, Monid's output."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.only_ref(ref)
        from omnirun.cli import opened, reading
        from omnirun.cli import output as form

        wanted = reading.Wanted(limit=limit, cursor=cursor)
        with opened.client_for([asked], verbose=verbose) as client:
            reading.items(asked, wanted, form.Format(output), client=client, ending=ending)


@app.command(epilog=epilog("stop"))
def stop(*, refs: options.Refs, output: options.Output = "table", verbose: options.Verbose = False) -> None:
    """Ask runs to end, where the provider can."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.refs(refs)
        from omnirun.cli import opened, reading
        from omnirun.cli import output as form

        with opened.client_for(asked, verbose=verbose) as client:
            reading.stop(asked, form.Format(output), client=client, ending=ending)


@app.command(epilog=epilog("targets"))
def targets(
    *,
    provider: options.ProviderName,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    output: options.Output = "table",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List what an account can run, such as its monitors."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        name, account = reader.lane(provider)
        from omnirun.cli import opened, reading
        from omnirun.cli import output as form

        wanted = reading.Wanted(limit=limit, cursor=cursor)
        with opened.client_of([(name, account)], verbose=verbose) as client:
            reading.targets(
                name,
                account,
                wanted,
                form.Format(output),
                quietly=quiet,
                client=client,
                ending=ending,
            )


@app.command(short_help="Draw histories: one HTML page, no network.", epilog=epilog("report"))
def report(
    *,
    targets: options.Targets,
    since: options.Since = None,
    until: options.Until = None,
    limit: options.Limit = None,
    file: options.ReportFile = "omnirun-report.html",
    verbose: options.Verbose = False,
) -> None:
    """Draw the histories of targets: one HTML page that needs no network."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import given as reader

        asked = reader.targets(targets)
        from omnirun.cli import opened, reading, reporting

        wanted = reading.Wanted(since=since, until=until, limit=limit)
        with opened.client_for(asked, verbose=verbose) as client:
            ending.code = reporting.report(asked, wanted, file, client=client)


@app.command(epilog=epilog("providers"))
def providers(*, output: options.Output = "table") -> None:
    """Show which keys are set and where requests go; never a key."""
    with told() as ending:
        from omnirun.cli import output as form
        from omnirun.cli import places

        ending.code = places.providers(form.Format(output))


@app.command(short_help="Check versions, keys, reachability, clock.", epilog=epilog("doctor"))
def doctor(*, output: options.Output = "table", verbose: options.Verbose = False) -> None:
    """Check versions, keys, whether each provider can be reached, and the clock."""
    with told(verbose=verbose) as ending:
        from omnirun.cli import checkup
        from omnirun.cli import output as form

        ending.code = checkup.doctor(form.Format(output), verbose=verbose)


@app.command(
    short_help="Play the providers on a local port.",
    epilog=epilog("sandbox"),
)
def sandbox(
    *,
    port: options.Port = 0,
    speed: options.Speed = 1.0,
    fault: options.Faults = None,
    until_eof: options.UntilEof = False,
) -> None:
    """Play the providers on a local port, for trying things out: no key, no account, no cost."""
    with told() as ending:
        from omnirun.sandbox.__main__ import main

        faults = [word for rule in fault or () for word in ("--fault", rule)]
        ends = ["--until-eof"] if until_eof else []
        if main(["--port", str(port), "--speed", str(speed), *faults, *ends], complain=complain):
            ending.code = Exit.USAGE  # it has said why
