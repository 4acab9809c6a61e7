"""`wait`, and the second half of `run`: every run to its end, or its ref to go on with.

However it ends (all ended, the deadline, Ctrl-C, a reader that closed the pipe), every target has its row, and every
run that goes on has its ref on stderr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from omnirun.attempts import Attempt
from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.live import Watched
from omnirun.cli.output import Format, Output
from omnirun.cli.rows import RUN_COLUMNS, attempt_row, run_row
from omnirun.cli.times import shown
from omnirun.cli.told import Ending, complain, quiet
from omnirun.errors import OmnirunError, PollError, RunFailed, UnknownState, WaitTimeout
from omnirun.states import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from omnirun.client import Client
    from omnirun.refs import Ref
    from omnirun.run import Gate, Run


_RUN_GOES_ON = (PollError, UnknownState)  # errors of the wait alone


class Terms(NamedTuple):
    """How a wait ends: after how many seconds, and what counts as a failure."""

    timeout: float | None
    fail_on: frozenset[str]


def wait(
    refs: Sequence[Ref], terms: Terms, form: Format, *, quietly: bool, client: Client, ending: Ending
) -> None:
    """Wait for runs to end."""
    ending.goes_on = dict.fromkeys(refs)
    attempts = [Attempt(ref=ref) for ref in refs]
    follow(client, attempts, terms, form, quietly=quietly, ending=ending)


def follow(
    client: Client,
    attempts: Sequence[Attempt],
    terms: Terms,
    form: Format,
    *,
    quietly: bool,
    ending: Ending,
) -> None:
    """Wait for attempts to end; those that have no run have their error."""
    output = Output(form, RUN_COLUMNS, quiet=quietly)
    watched = Watched(_waited_for(attempts), client.next_poll)
    following = _Following(attempts, output, terms, watched, ending)
    try:
        with watched.shown():
            for attempt in client.as_completed(following.open, terms.timeout, on_update=watched.see):
                following.ended(attempt)
    except WaitTimeout as late:
        following.late(late)
    except KeyboardInterrupt:
        following.left("the wait was interrupted")
        raise
    except BrokenPipeError:
        quiet()
        ending.why = "nobody reads on"
    following.close()
    ending.code = worst(following.codes)


def _waited_for(attempts: Iterable[Attempt]) -> dict[Ref, Run | None]:
    return {
        each.ref: each.run
        for each in attempts
        if each.ref is not None and not (each.run is not None and each.run.finished)
    }


class _Following:
    """Attempts on their way into rows and an exit code."""

    def __init__(
        self, attempts: Sequence[Attempt], output: Output, terms: Terms, watched: Watched, ending: Ending
    ) -> None:
        self.open = [attempt for attempt in attempts if attempt.ref is not None]
        self.codes: list[Exit] = []
        self._watched = watched
        self._ending = ending
        self._output = output
        self._terms = terms
        self._places: dict[Ref, list[int]] = {}
        self._last: dict[Ref, Attempt] = {}
        for place, attempt in enumerate(attempts):
            if attempt.ref is None:
                self._settle(attempt, [place])
            else:
                self._places.setdefault(attempt.ref, []).append(place)
                self._last[attempt.ref] = attempt

    def ended(self, attempt: Attempt) -> None:
        """Take an attempt whose wait is over."""
        assert attempt.ref is not None
        if attempt.run is not None:
            self._watched.see(attempt.run)
        self._watched.gone(attempt.ref)
        if attempt.error is None or not isinstance(attempt.error, _RUN_GOES_ON):
            self._ending.goes_on.pop(attempt.ref, None)
        self._settle(attempt, self._places.pop(attempt.ref, []))

    def late(self, error: WaitTimeout) -> None:
        """Take those that were still running at the deadline."""
        after = "" if self._terms.timeout is None else f" after {shown(self._terms.timeout)}"
        self._ending.why = f"the wait timed out{after}"
        self._give_back({run.ref: run for run in error.pending}, self._ending.why)
        self.codes.append(Exit.WAITING)

    def left(self, why: str) -> None:
        """Take those that were still running when somebody left."""
        self._ending.why = why
        self._give_back(self._watched.pending, why)
        self.close()

    def close(self) -> None:
        """Write what is left to write; to nobody, if nobody reads."""
        try:
            self._output.close()
        except BrokenPipeError:
            quiet()

    def _give_back(self, seen: Mapping[Ref, Run | None], problem: str) -> None:
        for ref, places in self._places.items():
            run = seen.get(ref) or self._last[ref].run
            for place in places:
                if run is None:
                    self._output.add(attempt_row(Attempt(ref=ref, error=OmnirunError(problem))), place)
                else:
                    self._output.add(run_row(run, problem), place)
        self._places.clear()

    def _settle(self, attempt: Attempt, places: Iterable[int]) -> None:
        if attempt.error is not None:
            complain(attempt.error)
            self.codes.append(code_of(attempt.error))
        else:
            self.codes.append(self._judged(attempt.unwrap()))
        for place in places:
            self._output.add(attempt_row(attempt), place)

    def _judged(self, run: Run) -> Exit:
        """Let a run pass, or say why not; the gates are those of `Run.check`."""
        gates: dict[str, Gate] = {
            name: "raise" if name in self._terms.fail_on else "pass"
            for name in ("failure", "alert", "skipped", "no_verdict")
        }
        try:
            run.check(**gates)
        except OmnirunError as error:
            well = run.outcome is Outcome.SUCCESS and isinstance(error, RunFailed)
            complain(f"{run.ref} ended without a verdict ({run.state})" if well else error)
            return code_of(error)
        return Exit.SUCCESS
