"""The exit codes: a stable table."""

from datetime import UTC, datetime

import pytest

from omnirun import BadRef, MissingKey, Phase, Ref, Run, Unsupported, datafold
from omnirun import errors as e
from omnirun.cli.exits import MEANING, WORST_FIRST, Exit, code_of, worst

RUN = Run(Ref.parse("datafold:monitors/42/runs/1"), phase=Phase.RUNNING)


def test_the_codes_are_those_that_are_promised():
    assert {code.name: code.value for code in Exit} == {
        "SUCCESS": 0,
        "FAILED": 1,
        "USAGE": 2,
        "ALERT": 3,
        "WAITING": 4,
        "PROVIDER": 5,
        "DEFECT": 70,
        "INTERRUPTED": 130,
    }
    assert set(MEANING) == set(Exit) == set(WORST_FIRST)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRef("x"), Exit.USAGE),
        (MissingKey("x"), Exit.USAGE),
        (Unsupported("x"), Exit.USAGE),
        (FileNotFoundError(2, "x"), Exit.USAGE),
        (e.RunFailed(RUN), Exit.FAILED),
        (e.RunAlerted(RUN), Exit.ALERT),
        (e.WaitTimeout([RUN], 1), Exit.WAITING),
        (e.NotFound("x", status=404), Exit.PROVIDER),
        (e.TransportError("x", sent=False), Exit.PROVIDER),
        (e.PollError(RUN.ref, ValueError()), Exit.PROVIDER),
        (e.AmbiguousTrigger(datafold.Monitor(42), datetime.now(UTC), (), ValueError()), Exit.PROVIDER),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (TypeError("x"), Exit.DEFECT),
    ],
)
def test_every_error_has_a_code(error, code):
    assert code_of(error) is code


def test_the_worst_of_many_is_the_code_of_all():
    assert worst([]) is Exit.SUCCESS
    assert worst([Exit.SUCCESS, Exit.ALERT, Exit.FAILED]) is Exit.FAILED
    assert worst([Exit.ALERT, Exit.PROVIDER, Exit.WAITING]) is Exit.PROVIDER
