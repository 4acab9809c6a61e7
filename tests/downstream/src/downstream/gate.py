"""A gate before a pipeline: it opens if the monitor is content."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from omnirun import Client, OmnirunError, Run, RunAlerted, RunFailed, Verdict, WaitTimeout, datafold

Decision: TypeAlias = Literal["open", "closed", "ask a person"]


def decide(monitor: int, *, timeout: float = 900.0) -> tuple[Decision, str]:
    """Run a monitor and say whether the pipeline may go on, and why."""
    with Client() as client:
        try:
            run = client.run(datafold.Monitor(monitor), timeout=timeout).check(alert="raise")
        except RunAlerted as alerted:
            return "closed", str(alerted.run.ref)
        except RunFailed as failed:
            return "ask a person", failed.run.error or str(failed.run.outcome)
        except WaitTimeout as late:
            return "ask a person", ", ".join(str(run.ref) for run in late.pending)
        except OmnirunError as error:
            return "ask a person", type(error).__name__
    return "open", worded(run)


def worded(run: Run) -> str:
    """What a run found."""
    match run.verdict:
        case Verdict.PASS:
            return "pass"
        case Verdict.ALERT:
            return "alert"
        case None:
            return "no verdict"
        case _ as never:
            assert_never(never)
