"""The state tables, row by row, and what becomes of words that are in none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnirun import datafold, firecrawl, monid, states
from omnirun.refs import Ref
from omnirun.states import Meaning, Outcome, Phase, Verdict, meaning
from tests.overlay.virtual import World, reply

MONITOR = "0199a1b2-0000-7000-8000-000000000001"
CHECK = "0199a1b2-0000-7000-8000-0000000000c1"
FIRECRAWL = Ref.parse(f"firecrawl:monitors/{MONITOR}/checks/{CHECK}")
DATAFOLD = Ref.parse("datafold:monitors/42/runs/7")
MONID = Ref.parse("monid:runs/01HX")

CALM = {"totalPages": 3, "same": 3, "changed": 0, "new": 0, "removed": 0, "error": 0}


def axes(run):
    return run.phase, run.outcome, run.verdict, run.partial


def row(phase, outcome=None, verdict=None, *, partial=False):
    return (
        Phase(phase),
        None if outcome is None else Outcome(outcome),
        None if verdict is None else Verdict(verdict),
        partial,
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("created", row("queued")),
        ("queued", row("queued")),
        ("checking", row("running")),
        ("ok", row("finished", "success", "pass")),
        ("alert", row("finished", "success", "alert")),
        ("error", row("finished", "failure")),
        ("skipped", row("finished", "skipped")),
        ("cancelled", row("finished", "cancelled")),
        ("learning", row("finished", "success")),
        ("OK", row("unknown")),
        ("brand_new", row("unknown")),
        ("", row("unknown")),
        (None, row("unknown")),
    ],
)
def test_datafold(word, expected) -> None:
    body = {"run_id": 7, "monitor_id": 42, "state": word, "warnings": []}
    run = datafold.PROVIDER.read(DATAFOLD, reply(200, body), 0.0)

    assert expected == axes(run)
    assert (word or "") == run.state


@pytest.mark.parametrize(
    ("word", "summary", "expected"),
    [
        ("queued", None, row("queued")),
        ("running", CALM, row("running")),
        ("completed", CALM, row("finished", "success", "pass")),
        ("completed", {}, row("finished", "success", "pass")),
        ("completed", CALM | {"error": 2}, row("finished", "success", "pass")),
        ("completed", CALM | {"changed": 1}, row("finished", "success", "alert")),
        ("completed", CALM | {"new": 1}, row("finished", "success", "alert")),
        ("completed", CALM | {"removed": 1}, row("finished", "success", "alert")),
        (
            "completed",
            CALM | {"changed": None, "new": None, "removed": None},
            row("finished", "success", "pass"),
        ),
        ("completed", None, row("finished", "success")),
        ("partial", CALM, row("finished", "success", "pass", partial=True)),
        ("partial", CALM | {"new": 3}, row("finished", "success", "alert", partial=True)),
        ("failed", CALM | {"changed": 1}, row("finished", "failure")),
        ("skipped_overlap", CALM, row("finished", "skipped")),
        ("skipped_no_credits", None, row("finished", "skipped")),
        ("brand_new", CALM, row("unknown")),
        ("", None, row("unknown")),
        (None, None, row("unknown")),
    ],
)
def test_firecrawl(word, summary, expected) -> None:
    body = {"success": True, "data": {"id": CHECK, "status": word, "summary": summary}}
    run = firecrawl.PROVIDER.read(FIRECRAWL, reply(200, body), 0.0)

    assert expected == axes(run)
    assert (word or "") == run.state


@pytest.mark.parametrize(
    ("word", "provider_status", "expected"),
    [
        ("READY", None, row("queued")),
        ("RUNNING", None, row("running")),
        ("STOPPING", None, row("running")),
        ("COMPLETED", None, row("finished", "success")),
        ("COMPLETED", 200, row("finished", "success")),
        ("COMPLETED", 204, row("finished", "success")),
        ("COMPLETED", 199, row("finished", "failure")),
        ("COMPLETED", 302, row("finished", "failure")),
        ("COMPLETED", 404, row("finished", "failure")),
        ("COMPLETED", 500, row("finished", "failure")),
        ("FAILED", 200, row("finished", "failure")),
        ("BLOCKED", None, row("finished", "failure")),
        ("STOPPED", None, row("finished", "cancelled")),
        ("TIMED_OUT", 504, row("finished", "timed_out")),
        ("completed", 200, row("unknown")),
        ("BRAND_NEW", 200, row("unknown")),
        (None, 200, row("unknown")),
    ],
)
def test_monid(word, provider_status, expected) -> None:
    body = {
        "runId": "01HX",
        "status": word,
        "providerResponse": {"httpStatus": provider_status, "error": None},
    }
    run = monid.PROVIDER.read(MONID, reply(200, body), 0.0)

    assert expected == axes(run)
    assert (word or "") == run.state


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, row("finished", "unknown")),
        ({"providerResponse": None}, row("finished", "unknown")),
        ({"providerResponse": {"httpStatus": 200}}, row("finished", "success")),
        ({"providerResponse": {"httpStatus": 404}}, row("finished", "failure")),
    ],
)
def test_monid_list_item_without_a_status_tells_no_outcome(body, expected) -> None:
    """Only a full run body without the data provider's status is a success; a list item may just not show it."""
    listing = monid.PROVIDER.history(monid.Workspace())
    item = {"runId": "01HX", "status": "COMPLETED"} | body

    assert [expected] == [axes(run) for run in listing.read(reply(200, {"items": [item]}), 0.0).items]


KNOWN = {**states.DATAFOLD, **states.FIRECRAWL, **states.MONID}


@given(st.none() | st.text().filter(lambda word: word not in KNOWN), st.booleans())
def test_unknown_word_is_an_end_only_with_a_completion_time(word, completed) -> None:
    expected = states.ENDED_UNKNOWN if completed else states.UNKNOWN

    assert [expected] * 3 == [
        meaning(table, word, completed=completed)
        for table in (states.DATAFOLD, states.FIRECRAWL, states.MONID)
    ]


@pytest.mark.parametrize(
    ("table", "rows"),
    [(states.DATAFOLD, test_datafold), (states.FIRECRAWL, test_firecrawl), (states.MONID, test_monid)],
)
def test_every_word_of_a_table_has_a_row_above(table, rows) -> None:
    assert table.keys() - {word for word, *_ in rows.pytestmark[0].args[1]} == set()


@pytest.mark.parametrize("word", KNOWN)
def test_completion_time_changes_no_known_word(word) -> None:
    assert meaning(KNOWN, word) == meaning(KNOWN, word, completed=True)


def test_word_declared_unknown_ends_with_a_completion_time() -> None:
    table = {"odd": states.UNKNOWN}

    assert states.UNKNOWN == meaning(table, "odd")
    assert states.ENDED_UNKNOWN == meaning(table, "odd", completed=True)


@pytest.mark.parametrize(
    ("finished_at", "expected"),
    [
        ("2026-01-01T00:00:00Z", row("finished", "unknown")),
        (None, row("unknown")),
        ("soon", row("unknown")),
    ],
)
def test_firecrawl_completion_time_ends_an_unknown_state(finished_at, expected) -> None:
    body = {"data": {"id": CHECK, "status": "brand_new", "finishedAt": finished_at}}

    assert expected == axes(firecrawl.PROVIDER.read(FIRECRAWL, reply(200, body), 0.0))


def test_outcome_only_where_finished() -> None:
    """The tables keep their own rule: an outcome or a verdict belongs to an end, and every end has an outcome."""
    wrong = {
        word: m
        for word, m in KNOWN.items()
        if (m.outcome is not None) != (m.phase is Phase.FINISHED)
        or ((m.verdict or m.judged or m.partial) and m.outcome is not Outcome.SUCCESS)
    }

    assert {} == wrong


@pytest.mark.parametrize(
    "owner", [datafold.PROVIDER, firecrawl.PROVIDER, monid.PROVIDER], ids=lambda p: p.name
)
def test_with_states_replaces_words_and_keeps_the_rest(owner) -> None:
    new = Meaning(Phase.RUNNING)
    first = next(iter(owner.states))
    changed = owner.with_states({first: states.UNKNOWN, "brand_new": new})

    assert {**owner.states, first: states.UNKNOWN, "brand_new": new} == changed.states
    assert owner.states[first] != states.UNKNOWN


def test_client_states_reach_the_reading_of_runs() -> None:
    body = {"run_id": 7, "monitor_id": 42, "state": "learning", "warnings": []}
    world = World(lambda *_: reply(200, body), states={"datafold": {"learning": states.RUNNING}})

    assert row("running") == axes(world.run(world.engine.get(DATAFOLD)))
    assert row("finished", "success") == axes(datafold.PROVIDER.read(DATAFOLD, reply(200, body), 0.0))
