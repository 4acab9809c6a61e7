"""A run is a value: its gates, its times, and its ways in and out of JSON, pickles and tables."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from inspect import signature
from itertools import product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import datafold, firecrawl, monid
from omnirun.clock import instant
from omnirun.errors import RunAlerted, RunFailed
from omnirun.refs import Ref, ref_to
from omnirun.run import Cost, Origin, Run, fresh, to_dicts
from omnirun.states import Outcome, Phase, Verdict
from tests.overlay.virtual import START, reply

REF = Ref.parse("datafold@eu:monitors/42/runs/7")
MONITOR = "0199a1b2-0000-7000-8000-000000000001"
CHECK = "0199a1b2-0000-7000-8000-0000000000c1"


def at(seconds):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


FULL = Run(
    REF,
    datafold.Monitor(42, account="eu"),
    Phase.FINISHED,
    Outcome.SUCCESS,
    Verdict.ALERT,
    partial=True,
    state="alert",
    created_at=at(0),
    started_at=at(1.5),
    finished_at=at(61.5),
    observed_at=at(62),
    observed_finished_at=at(62),
    error="none to speak of",
    warnings=("a", "b"),
    cost=Cost(0.25, "USD"),
    output={"diff": [1, None, {"x": "é"}]},
    origin=Origin.ADOPTED,
    raw={"run_id": 7, "state": "alert", "nested": {"list": [1, 2.5, True, None]}},
)
BARE = Run(REF)


# ---- gates

ENDS = {
    "unended": (None, None),
    "success-pass": (Outcome.SUCCESS, Verdict.PASS),
    "success-alert": (Outcome.SUCCESS, Verdict.ALERT),
    "success-none": (Outcome.SUCCESS, None),
    "failure": (Outcome.FAILURE, None),
    "failure-alert": (Outcome.FAILURE, Verdict.ALERT),
    "cancelled": (Outcome.CANCELLED, None),
    "skipped": (Outcome.SKIPPED, None),
    "timed_out": (Outcome.TIMED_OUT, None),
    "unknown": (Outcome.UNKNOWN, None),
}

# which gate judges an end, and what it raises; no gate lets it through
JUDGED_BY = {
    "unended": ("failure", RunFailed),
    "success-pass": (None, None),
    "success-alert": ("alert", RunAlerted),
    "success-none": ("no_verdict", RunFailed),
    "failure": ("failure", RunFailed),
    "failure-alert": ("failure", RunFailed),
    "cancelled": ("failure", RunFailed),
    "skipped": ("skipped", RunFailed),
    "timed_out": ("failure", RunFailed),
    "unknown": ("failure", RunFailed),
}

GATES = ("failure", "alert", "skipped", "no_verdict")


def ended(end):
    outcome, verdict = ENDS[end]
    return Run(REF, phase=Phase.FINISHED if outcome else Phase.RUNNING, outcome=outcome, verdict=verdict)


def checked(run, **gates):
    """The run itself, or the class of the error."""
    try:
        return run.check(**gates)
    except (RunFailed, RunAlerted) as error:
        assert error.run is run  # noqa: PT017 - the other branch is no error
        return type(error)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("gates", list(product(("raise", "pass"), repeat=4)), ids="-".join)
def test_check(end, gates) -> None:
    """Every end under every setting: exactly one gate judges it."""
    run, gates = ended(end), dict(zip(GATES, gates, strict=True))
    gate, error = JUDGED_BY[end]
    expected = error if gate is not None and gates[gate] == "raise" else run

    assert expected is checked(run, **gates)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("unended", RunFailed),
        ("success-pass", None),
        ("success-alert", None),
        ("success-none", None),
        ("failure", RunFailed),
        ("failure-alert", RunFailed),
        ("cancelled", RunFailed),
        ("skipped", RunFailed),
        ("timed_out", RunFailed),
        ("unknown", RunFailed),
    ],
)
def test_check_without_arguments(end, expected) -> None:
    run = ended(end)

    assert (expected or run) is checked(run)


@pytest.mark.parametrize(
    ("end", "expected"),
    [(end, end in ("success-pass", "success-none")) for end in ENDS],
)
def test_ok(end, expected) -> None:
    assert expected is ended(end).ok


@pytest.mark.parametrize(("phase", "expected"), [(phase, phase is Phase.FINISHED) for phase in Phase])
def test_finished(phase, expected) -> None:
    assert expected is Run(REF, phase=phase).finished


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, None),
        ({"started_at": at(0)}, None),
        ({"finished_at": at(9)}, None),
        ({"started_at": at(0), "finished_at": at(9.5)}, 9.5),
        ({"created_at": at(0), "finished_at": at(9)}, 9.0),
        ({"created_at": at(0), "started_at": at(4), "finished_at": at(9)}, 5.0),
        ({"started_at": at(0), "observed_finished_at": at(7)}, 7.0),
        ({"started_at": at(0), "finished_at": at(9), "observed_finished_at": at(7)}, 9.0),
        ({"started_at": at(0), "observed_at": at(7)}, None),
        ({"started_at": at(9), "finished_at": at(0)}, 0.0),
    ],
)
def test_duration(times, expected) -> None:
    """Seconds from start to end; clocks that disagree make no negative ones."""
    assert expected == Run(REF, **times).duration


# ---- a value


@pytest.mark.parametrize("run", [FULL, BARE], ids=["full", "bare"])
@pytest.mark.parametrize(
    "carry",
    [
        copy.copy,
        copy.deepcopy,
        lambda run: pickle.loads(pickle.dumps(run)),
        lambda run: Run.from_json(run.to_json()),
    ],
    ids=["copy", "deep", "pickle", "json"],
)
def test_survives_carrying(run, carry) -> None:
    """All of it, also what equality leaves out."""
    assert attrs.asdict(run, recurse=False) == attrs.asdict(carry(run), recurse=False)
    assert hash(run) == hash(carry(run))


def test_json_keeps_a_targets_input() -> None:
    """Which its address does not hold."""
    target = monid.Endpoint("apify", "/x", input={"terms": ["AI"], "n": None})

    assert target == Run.from_json(Run(Ref.parse("monid:runs/1"), target).to_json()).target


TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
WORDS = st.text(max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
RUNS = st.builds(
    Run,
    ref=st.just(REF),
    target=st.none() | st.builds(datafold.Monitor, st.integers(0, 10**17)),
    phase=st.sampled_from(Phase),
    outcome=st.none() | st.sampled_from(Outcome),
    verdict=st.none() | st.sampled_from(Verdict),
    partial=st.booleans(),
    state=WORDS,
    created_at=TIMES,
    started_at=TIMES,
    finished_at=TIMES,
    observed_at=TIMES,
    observed_finished_at=TIMES,
    error=st.none() | WORDS,
    warnings=st.lists(WORDS, max_size=3).map(tuple),
    cost=st.none() | st.builds(Cost, st.floats(allow_nan=False), WORDS),
    output=JSON,
    origin=st.sampled_from(Origin),
    raw=st.dictionaries(WORDS, JSON, max_size=3),
)


@settings(deadline=None)
@given(RUNS)
def test_json_round_trip(run) -> None:
    back = Run.from_json(run.to_json())

    assert attrs.asdict(run, recurse=False) == attrs.asdict(back, recurse=False)
    assert type(back.phase) is Phase


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '"x"',
        json.dumps(BARE.to_dict() | {"phase": "dancing"}),
        json.dumps(BARE.to_dict() | {"ref": "nowhere"}),
        json.dumps(BARE.to_dict() | {"ref": None}),
        json.dumps(BARE.to_dict() | {"surprise": 1}),
        json.dumps({k: v for k, v in BARE.to_dict().items() if k != "warnings"}),
    ],
)
def test_other_json_is_a_value_error(text) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the parser's own
        Run.from_json(text)


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        ({}, True),
        ({"observed_at": at(999)}, True),
        ({"origin": Origin.TRIGGERED}, True),
        ({"state": "ok"}, False),
        ({"observed_finished_at": None}, True),
        ({"raw": {}}, False),
        ({"output": None}, False),
        ({"ref": Ref.parse("datafold@us:monitors/42/runs/7")}, False),
    ],
)
def test_equality_is_of_what_the_provider_said(change, equal) -> None:
    """Who looked, and when, makes no other run."""
    assert equal is (attrs.evolve(FULL, **change) == FULL)


def test_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        FULL.state = "ok"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (BARE, f"<Run {REF} ? unknown>"),
        (FULL, f"<Run {REF} alert finished success alert partial 60.0s 'none to speak of'>"),
        (Run(REF, phase=Phase.RUNNING, state="checking"), f"<Run {REF} checking running>"),
    ],
    ids=["bare", "full", "running"],
)
def test_repr(run, expected) -> None:
    assert expected == repr(run)


def test_html_escapes_what_the_provider_says() -> None:
    evil = "<script>alert('1')</script>&"
    html = attrs.evolve(FULL, state=evil, error=evil, cost=Cost(1, evil))._repr_html_()

    assert "<script>" not in html
    assert 3 == html.count("&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;")


@pytest.mark.parametrize(
    ("cost", "expected"),
    [(Cost(3, "credits"), "3 credits"), (Cost(0.0005, "USD"), "0.0005 USD"), (Cost(1.0, ""), "1")],
)
def test_cost_prints(cost, expected) -> None:
    assert expected == str(cost)


def test_to_dicts() -> None:
    full, bare = to_dicts([FULL, BARE])

    assert full == {
        "ref": "datafold@eu:monitors/42/runs/7",
        "target": "datafold@eu:monitors/42",
        "phase": "finished",
        "outcome": "success",
        "verdict": "alert",
        "partial": True,
        "state": "alert",
        "created_at": "2026-01-01T00:00:00+00:00",
        "started_at": "2026-01-01T00:00:01.500000+00:00",
        "finished_at": "2026-01-01T00:01:01.500000+00:00",
        "observed_at": "2026-01-01T00:01:02+00:00",
        "observed_finished_at": "2026-01-01T00:01:02+00:00",
        "error": "none to speak of",
        "warnings": ["a", "b"],
        "cost": 0.25,
        "cost_unit": "USD",
        "output": FULL.output,
        "origin": "adopted",
        "raw": FULL.raw,
        "duration": 60.0,
    }
    assert list(full) == list(bare)
    assert {str} == {type(full[name]) for name in ("phase", "outcome", "verdict", "origin")}
    assert (None, None, None) == (bare["target"], bare["cost"], bare["cost_unit"])


# ---- typed

CHECK_BODY = {"id": CHECK, "monitorId": MONITOR, "status": "completed", "summary": {"changed": 1}}
RUN_BODY = {"runId": "01HX", "status": "COMPLETED", "output": [1], "cost": 0.1}


def read(provider, target, ref, call, body):
    match call:
        case "trigger":
            return provider.read_trigger(target, reply(200, body), START)
        case "get":
            return provider.read(Ref.parse(ref), reply(200, body), START)
        case _:
            (run,) = provider.history(target).read(reply(200, body), START).items
            return run


DATAFOLD = (datafold.PROVIDER, datafold.Monitor(42), "datafold:monitors/42/runs/7")
FIRECRAWL = (firecrawl.PROVIDER, firecrawl.Monitor(MONITOR), f"firecrawl:monitors/{MONITOR}/checks/{CHECK}")
MONID = (monid.PROVIDER, monid.Endpoint("apify", "/x"), "monid:runs/01HX")


@pytest.mark.parametrize(
    ("where", "call", "body", "model", "shown"),
    [
        (DATAFOLD, "trigger", {"run_id": 7}, "ApiPublicMonitorTriggerRunResultOut", {"run_id": 7}),
        (
            DATAFOLD,
            "get",
            {"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": ["w"]},
            "ApiPublicMonitorRunResultOut",
            {"run_id": 7, "state": "ok", "warnings": ["w"]},
        ),
        (
            DATAFOLD,
            "list",
            {
                "count": 1,
                "page": 1,
                "page_size": 10,
                "total_pages": 1,
                "runs": [{"run_id": 7, "monitor_id": 42, "state": "brand_new"}],
            },
            "ApiPublicMonitorRunOut",
            {"run_id": 7, "state": "brand_new"},
        ),
        (FIRECRAWL, "trigger", {"id": CHECK, "data": CHECK_BODY}, "MonitorCheck", {"status": "completed"}),
        (
            FIRECRAWL,
            "get",
            {"data": CHECK_BODY | {"pages": [{"url": "https://x"}]}},
            "MonitorCheckDetail",
            {"status": "completed"},
        ),
        (FIRECRAWL, "list", {"data": [CHECK_BODY]}, "MonitorCheck", {"status": "completed"}),
        (MONID, "trigger", RUN_BODY, "Run", {"run_id": "01HX", "status": "COMPLETED", "output": [1]}),
        (MONID, "get", RUN_BODY, "Run", {"run_id": "01HX", "cost": 0.1}),
        (
            MONID,
            "list",
            {"items": [RUN_BODY | {"provider": "apify", "endpoint": "/x"}]},
            "Run",
            {"provider": "apify", "endpoint": "/x"},
        ),
    ],
    ids=lambda value: value[0].name if isinstance(value, tuple) else value if isinstance(value, str) else "",
)
def test_typed(where, call, body, model, shown) -> None:
    typed = read(*where, call, body).typed()

    assert model == type(typed).__name__
    assert shown == {name: getattr(typed, name) for name in shown}


# ---- instants

EAST = timezone(timedelta(hours=2))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T12:00:00+00:00", NOON),
        ("2026-01-01T14:00:00+02:00", NOON),
        ("2026-01-01T14:00:00+0200", NOON),
        ("2026-01-01 12:00:00", NOON),
        ("2026-01-01T12:00", NOON),
        ("2026-01-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
        ("2026-01-01T12:00:00.5Z", NOON + timedelta(seconds=0.5)),
        ("2026-01-01", NOON - timedelta(hours=12)),
        (1_767_268_800, NOON),
        (1_767_268_800.5, NOON + timedelta(seconds=0.5)),
        (1_767_268_800_000, NOON),
        (1_767_268_800_500.0, NOON + timedelta(seconds=0.5)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ("", None),
        ("soon", None),
        ("2026-13-01T00:00:00Z", None),
        ("1767268800", None),
        ({}, None),
        ([2026], None),
        (b"2026-01-01", None),
    ],
    ids=repr,
)
def test_instant(value, expected) -> None:
    assert expected == instant(value)


@settings(deadline=None)
@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.sampled_from([UTC, EAST])))  # noqa: DTZ001
def test_instant_reads_every_iso_time_as_utc(moment) -> None:
    read_back = instant(moment.isoformat())

    assert moment == read_back
    assert timedelta() == read_back.utcoffset()


@settings(deadline=None)
@given(JSON | st.text("0123456789-T:.+Z "))
def test_instant_never_raises(value) -> None:
    read_back = instant(value)

    assert read_back is None or read_back.utcoffset() == timedelta()


@pytest.mark.parametrize("gate", ["failure", "alert", "skipped", "no_verdict"])
def test_an_unknown_gate_is_refused_and_lets_nothing_pass(gate) -> None:
    with pytest.raises(ValueError, match="it can't be 'rais'"):
        FULL.check(**{gate: "rais"})


def test_what_is_made_fast_is_the_same_and_as_frozen():
    values = {field.name: getattr(FULL, field.name) for field in attrs.fields(Run)}
    made = fresh(**values)
    assert {name: getattr(made, name) for name in values} == values
    assert (made, hash(made), type(made)) == (FULL, hash(FULL), Run)
    assert fresh(REF, raw={}) == Run(REF)
    assert fresh(REF, raw={}).origin is Run(REF).origin
    ref = ref_to(REF.provider, REF.account, REF.path)
    assert (ref, hash(ref), type(ref)) == (REF, hash(REF), Ref)
    for value, name in ((made, "state"), (ref, "path")):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, name, "other")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            delattr(value, name)
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == FULL


def test_what_is_made_fast_takes_what_a_run_takes():
    fast, plain = signature(fresh).parameters, signature(Run).parameters
    assert list(fast) == list(plain)
    assert all(fast[name].default == plain[name].default for name in fast if name != "raw")
