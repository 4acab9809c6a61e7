"""Errors carry what their reader needs next, say it in their message, and survive pickle and copy."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import UTC, datetime

import pytest

from omnirun import BadRef, datafold, errors
from omnirun.refs import Ref
from omnirun.run import Run
from omnirun.states import Outcome, Phase
from tests.overlay.virtual import World, reply

REF = Ref.parse("datafold@eu:monitors/42/runs/7")
OTHER = Ref.parse("datafold@eu:monitors/42/runs/8")
RUNNING = Run(REF, phase=Phase.RUNNING, state="checking")
FAILED = Run(REF, phase=Phase.FINISHED, outcome=Outcome.FAILURE, state="error", error="no such table")
MONITOR = datafold.Monitor(42, account="eu")
SENT_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

API = {
    "status": 429,
    "doing": "datafold:monitors/42",
    "code": "SLOW_DOWN",
    "request_id": "req-1",
    "retry_after": 12.0,
    "body": {"error": "slow down"},
}

EXAMPLES = {
    errors.OmnirunError: errors.OmnirunError("what happened"),
    errors.BadRef: errors.BadRef("no ref"),
    errors.BadSignature: errors.BadSignature("not signed"),
    errors.MissingKey: errors.MissingKey("no key"),
    errors.Unsupported: errors.Unsupported("can't"),
    errors.ClientClosed: errors.ClientClosed(),
    errors.ApiError: errors.ApiError("slow down", **API),
    errors.AuthError: errors.AuthError("slow down", **API),
    errors.PaymentRequired: errors.PaymentRequired("slow down", **API),
    errors.NotFound: errors.NotFound("slow down", **API),
    errors.InvalidRequest: errors.InvalidRequest("slow down", details=[{"loc": ["id"]}], **API),
    errors.Conflict: errors.Conflict("slow down", **API),
    errors.AlreadyRunning: errors.AlreadyRunning("busy.", ref=REF, **API),
    errors.TargetPaused: errors.TargetPaused("slow down", **API),
    errors.RateLimited: errors.RateLimited("slow down", **API),
    errors.ServerError: errors.ServerError("slow down", **API),
    errors.UnreadableReply: errors.UnreadableReply("slow down", **API),
    errors.TransportError: errors.TransportError("connection refused", sent=False),
    errors.WaitTimeout: errors.WaitTimeout([RUNNING], 60),
    errors.PollError: errors.PollError(REF, errors.TransportError("reset", sent=True)),
    errors.UnknownState: errors.UnknownState(RUNNING),
    errors.RunFailed: errors.RunFailed(FAILED),
    errors.RunAlerted: errors.RunAlerted(RUNNING),
    errors.AmbiguousTrigger: errors.AmbiguousTrigger(MONITOR, SENT_AT, [REF], TimeoutError("read")),
    errors.PageError: errors.PageError("The list broke.", "3"),
}


def described(error: object) -> object:
    """All there is to an error, comparable; exceptions among its attributes included."""
    if not isinstance(error, Exception):
        return error
    return type(error), str(error), error.args, {k: described(v) for k, v in vars(error).items()}


def test_examples_cover_every_class() -> None:
    classes = {
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, errors.OmnirunError)
    }

    assert classes == set(EXAMPLES)


@pytest.mark.parametrize("error", EXAMPLES.values(), ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    "carry",
    [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],
    ids=["copy", "deep", "pickle"],
)
def test_survives_carrying(error, carry) -> None:
    """An error raised in a worker process is the same error in the parent."""
    assert described(error) == described(carry(error))


def test_carried_keeps_notes() -> None:
    error = errors.BadRef("no ref")
    error.add_note("while reading the schedule")

    assert ["while reading the schedule"] == pickle.loads(pickle.dumps(error)).__notes__


@pytest.mark.parametrize("error", EXAMPLES.values(), ids=lambda e: type(e).__name__)
def test_every_error_has_words(error) -> None:
    assert str(error).strip()


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            EXAMPLES[errors.ApiError],
            ["datafold:monitors/42: HTTP 429 SLOW_DOWN: slow down (request req-1)"],
        ),
        (errors.ApiError("no words", status=418), ["HTTP 418: no words"]),
        (
            EXAMPLES[errors.AlreadyRunning],
            ["busy.", f"The run under way is {REF}: wait for it", 'on_conflict="attach"'],
        ),
        (EXAMPLES[errors.WaitTimeout], ["after 60 s", f"{REF} (checking)", "the runs did not", "Wait again"]),
        (EXAMPLES[errors.PollError], [str(REF), "reset", "not known"]),
        (
            EXAMPLES[errors.UnknownState],
            [str(REF), "Client(states={'datafold': {'checking': ...}})", "wait again"],
        ),
        (EXAMPLES[errors.RunFailed], [f"{REF} ended as failure (error): no such table"]),
        (errors.RunFailed(RUNNING), [f"{REF} has not ended (checking)"]),
        (errors.RunFailed(Run(REF)), [f"{REF} has not ended (unknown)"]),
        (EXAMPLES[errors.RunAlerted], [f"{REF} raised an alert (checking)"]),
        (
            EXAMPLES[errors.AmbiguousTrigger],
            ["datafold@eu:monitors/42", "2026-01-02 03:04:05 UTC", str(REF), "not sent again", "(read)"],
        ),
        (
            errors.AmbiguousTrigger(MONITOR, SENT_AT, [], TimeoutError("read")),
            ["Candidates: none was found", "before you trigger again"],
        ),
        (EXAMPLES[errors.PageError], ["The list broke.", "Resume with cursor='3'."]),
        (EXAMPLES[errors.ClientClosed], ["the client was closed", "go on"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_message_says_what_happened_to_which_run_and_what_next(error, parts) -> None:
    assert [] == [part for part in parts if part not in str(error)]


def test_timeout_names_five_runs_and_counts_the_rest() -> None:
    runs = [Run(Ref.parse(f"datafold:monitors/42/runs/{number}")) for number in range(8)]
    message = str(errors.WaitTimeout(runs, None))

    assert "runs/4 (unknown) and 3 more." in message
    assert "runs/5" not in message


@pytest.mark.parametrize(
    ("error", "attributes"),
    [
        (
            EXAMPLES[errors.ApiError],
            {k: v for k, v in API.items() if k != "doing"} | {"message": "slow down"},
        ),
        (EXAMPLES[errors.InvalidRequest], {"details": ({"loc": ["id"]},)}),
        (EXAMPLES[errors.AlreadyRunning], {"ref": REF}),
        (EXAMPLES[errors.TransportError], {"sent": False}),
        (EXAMPLES[errors.WaitTimeout], {"pending": (RUNNING,)}),
        (EXAMPLES[errors.PollError], {"ref": REF}),
        (EXAMPLES[errors.UnknownState], {"run": RUNNING}),
        (EXAMPLES[errors.RunFailed], {"run": FAILED}),
        (EXAMPLES[errors.RunAlerted], {"run": RUNNING}),
        (EXAMPLES[errors.AmbiguousTrigger], {"target": MONITOR, "sent_at": SENT_AT, "candidates": (REF,)}),
        (EXAMPLES[errors.PageError], {"cursor": "3"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_carries_what_its_reader_needs(error, attributes) -> None:
    assert attributes == {name: getattr(error, name) for name in attributes}


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(errors.BadRef, ValueError), (errors.WaitTimeout, TimeoutError)],
)
def test_is_the_builtin_error_callers_expect(error, builtin) -> None:
    assert issubclass(error, builtin)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.InvalidRequest),
        (401, errors.AuthError),
        (402, errors.PaymentRequired),
        (403, errors.AuthError),
        (404, errors.NotFound),
        (408, errors.ServerError),
        (409, errors.Conflict),
        (422, errors.InvalidRequest),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (502, errors.ServerError),
        (503, errors.ServerError),
        (504, errors.ServerError),
        (599, errors.ServerError),
        (302, errors.ApiError),
        (405, errors.ApiError),
        (418, errors.ApiError),
        (499, errors.ApiError),
    ],
)
def test_status_to_class(status, expected) -> None:
    assert expected is errors.error_class(status)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "x: HTTP 401: no (request r). Look at the account's key, and at what it may do."),
        (402, "x: HTTP 402: no (request r). The account needs credit before it can be tried again."),
        (404, "x: HTTP 404: no (request r). Look at its id, and at whose account it is."),
        (422, "x: HTTP 422: no (request r)"),
        (500, "x: HTTP 500: no (request r)"),
    ],
)
def test_a_message_says_what_which_and_what_next(status, expected):
    error = errors.error_class(status)("no", status=status, doing="x", request_id="r")
    assert str(error) == expected


@pytest.mark.parametrize(
    "item", [42, None, datafold.Monitor(42).run("monitors/42/runs/7"), b"datafold:monitors/42"]
)
def test_what_is_no_target_is_refused_before_anything_is_sent(item):
    world = World(lambda *_: reply(500))
    with pytest.raises(BadRef, match=r"is no target\. One is datafold\.Monitor\(42\)"):
        world.run(world.engine.trigger(world, item, "raise"))
    assert world.sent == []


@pytest.mark.parametrize("item", [42, None, b"datafold:monitors/42/runs/7", datafold.Monitor(42)])
def test_what_is_no_run_is_refused_before_anything_is_sent(item):
    world = World(lambda *_: reply(500))
    for script in (lambda: world.engine.get(item), lambda: world.engine.wait(world, item, None, None)):
        with pytest.raises(BadRef, match=r"is no run\. One is a Run, its ref"):
            world.run(script())
    assert world.sent == []


def test_a_notebook_shows_the_message_as_text():
    assert "&lt;b&gt;" in errors.BadRef("<b>no ref</b>")._repr_html_()
    assert "<b>no ref" not in errors.BadRef("<b>no ref</b>")._repr_html_()
