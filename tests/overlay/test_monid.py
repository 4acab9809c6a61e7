"""Monid: what is asked for, and how each reply is read; what the body is counts, not the status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import datafold, monid
from omnirun.clock import moment
from omnirun.errors import (
    ApiError,
    AuthError,
    InvalidRequest,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    UnreadableReply,
    Unsupported,
)
from omnirun.flows import judged
from omnirun.provider import Query
from omnirun.refs import Ref
from omnirun.run import Cost, Run
from omnirun.scheduler import Reply
from omnirun.states import Outcome, Phase
from omnirun_raw.http import UNSET
from tests.overlay.virtual import START, World, reply

PROVIDER = monid.PROVIDER
INPUT = {"searchTerms": ["AI"], "queryParams": {"n": 1}}
SCRAPER = monid.Endpoint("apify", "/apidojo/tweet-scraper", input=INPUT, account="eu")
PLAIN = monid.Endpoint("apify", "/apidojo/tweet-scraper", account="eu")
REF = Ref.parse("monid@eu:runs/01HX")

STARTED = {
    "runId": "01HX",
    "caller": "agent",
    "provider": "apify",
    "providerName": "Apify",
    "endpoint": "/apidojo/tweet-scraper",
    "status": "RUNNING",
    "price": {"type": "PER_CALL", "amount": 0.02, "currency": "USD"},
    "createdAt": "2026-01-01T12:00:00.000Z",
}
DONE = STARTED | {
    "status": "COMPLETED",
    "output": [{"text": "hello"}],
    "cost": {"amount": 0.01, "currency": "USD"},
    "providerResponse": {"httpStatus": 200, "error": None},
}


def through(read, response):
    """Read a reply the way the flows do."""
    return judged(read, Reply(START, START, response), "it")


def triggered(response, at=START):
    return PROVIDER.read_trigger(SCRAPER, response, at)


def fetched(response, at=START):
    return PROVIDER.read(REF, response, at)


MINE = PROVIDER.history(SCRAPER)
ALL = PROVIDER.history(monid.Workspace(account="eu"))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            PROVIDER.trigger(SCRAPER),
            (
                "POST",
                "/v1/run",
                {},
                {"provider": "apify", "endpoint": "/apidojo/tweet-scraper", "input": INPUT},
            ),
        ),
        (
            PROVIDER.trigger(monid.Endpoint("x", "/")),
            ("POST", "/v1/run", {}, {"provider": "x", "endpoint": "/", "input": {}}),
        ),
        (PROVIDER.get(REF), ("GET", "/v1/runs/01HX", {}, UNSET)),
        (PROVIDER.get(Ref.parse("monid:runs/a%2Fb%20c")), ("GET", "/v1/runs/a%2Fb%20c", {}, UNSET)),
        (MINE.request(Query(), ""), ("GET", "/v1/runs", {"limit": "100"}, UNSET)),
        (ALL.request(Query(), "c/1="), ("GET", "/v1/runs", {"limit": "100", "cursor": "c/1="}, UNSET)),
    ],
    ids=["trigger", "trigger without input", "get", "get an odd id", "first page", "next page"],
)
def test_requests(request_, expected) -> None:
    assert expected == (request_.method, request_.path, dict(request_.params), request_.json)


def test_site_and_collection() -> None:
    assert ("https://api.monid.ai", "Authorization", "Bearer ") == (
        PROVIDER.site.base_url,
        PROVIDER.site.key_header,
        PROVIDER.site.key_prefix,
    )
    assert PROVIDER.collection(REF) == ALL
    assert MINE != ALL
    assert not PROVIDER.adopts


# ---- runs


def test_trigger_reads_the_price_as_long_as_there_is_no_cost() -> None:
    run = triggered(reply(202, STARTED))

    assert run == Run(
        REF,
        PLAIN,
        Phase.RUNNING,
        state="RUNNING",
        created_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        cost=Cost(0.02, "USD"),
        raw=STARTED,
    )
    assert moment(START) == run.observed_at


@pytest.mark.parametrize("read", [triggered, fetched], ids=["trigger", "get"])
def test_reads_all_of_a_finished_run(read) -> None:
    """Newer servers answer a trigger with a run that has ended."""
    assert read(reply(200, DONE)) == Run(
        REF,
        PLAIN,
        Phase.FINISHED,
        Outcome.SUCCESS,
        state="COMPLETED",
        created_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        cost=Cost(0.01, "USD"),
        output=[{"text": "hello"}],
        raw=DONE,
    )


@pytest.mark.parametrize("status", [200, 202, 400, 402, 404, 429, 500, 502, 504])
@pytest.mark.parametrize("read", [triggered, fetched], ids=["trigger", "get"])
def test_body_with_a_run_is_a_run_whatever_the_status(read, status) -> None:
    """A finished run may mirror the data provider's own HTTP status."""
    body = DONE | {"providerResponse": {"httpStatus": status, "error": "from upstream"}}
    run = read(reply(status, body))

    assert (REF, Phase.FINISHED) == (run.ref, run.phase)
    assert (Outcome.SUCCESS if status < 300 else Outcome.FAILURE) is run.outcome
    assert "from upstream" == run.error


def test_blocked_run_is_a_run() -> None:
    run = triggered(reply(200, STARTED | {"status": "BLOCKED"}))

    assert (Phase.FINISHED, Outcome.FAILURE) == (run.phase, run.outcome)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"code": "INVALID_INPUT", "message": "input is required"}, InvalidRequest),
        (401, {"code": "UNAUTHORIZED", "message": "bad key"}, AuthError),
        (402, {"code": "INSUFFICIENT_FUNDS", "message": "top up the wallet"}, PaymentRequired),
        (404, {"code": "NOT_FOUND", "message": "no such run"}, NotFound),
        (429, {"code": "RATE_LIMITED", "message": "slow down"}, RateLimited),
        (502, {"code": "BAD_GATEWAY", "message": "upstream"}, ServerError),
        (504, {"code": "TIMEOUT", "message": "upstream"}, ServerError),
        (200, {"code": "ODD", "message": "an error all the same"}, ApiError),
        (404, {"runId": None, "code": "NOT_FOUND", "message": "no such run"}, NotFound),
    ],
)
@pytest.mark.parametrize(("read", "doing"), [(triggered, SCRAPER), (fetched, REF)], ids=["trigger", "get"])
def test_body_with_code_and_message_is_an_error_whatever_the_status(
    read, doing, status, body, expected
) -> None:
    with pytest.raises(ApiError) as caught:
        through(read, reply(status, body, x_request_id="r1"))

    assert type(caught.value) is expected
    said = f"{doing}: HTTP {status} {body['code']}: {body['message']} (request r1)"
    assert str(caught.value).startswith(said)
    assert (body["code"], "r1") == (caught.value.code, caught.value.request_id)


@pytest.mark.parametrize(
    "body", [{}, {"id": "01HX"}, {"runId": None}, {"runId": 7}, {"runId": {}}, {"code": "X"}], ids=str
)
@pytest.mark.parametrize("read", [triggered, fetched], ids=["trigger", "get"])
def test_success_that_is_neither_is_unreadable(read, body) -> None:
    with pytest.raises(UnreadableReply, match="neither a run nor an error"):
        through(read, reply(200, body))


STATUSES = st.sampled_from([200, 202, 400, 404, 429, 500, 502])
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@settings(deadline=None)
@given(
    STATUSES,
    st.dictionaries(
        st.sampled_from(["status", "provider", "endpoint", "createdAt", "output", "caller", "surprise"]),
        st.none() | st.text(max_size=5),
    ),
)
def test_run_with_odd_words_is_that_run(status, body) -> None:
    """A started run is never lost to a field that nobody needs."""
    assert REF == through(triggered, reply(status, {"runId": "01HX"} | body)).ref


@settings(deadline=None)
@given(STATUSES, st.dictionaries(st.sampled_from([*DONE]), ODD))
def test_any_run_body_is_read_or_unreadable(status, body) -> None:
    try:
        run = through(triggered, reply(status, body))
    except ApiError as error:
        assert status == error.status  # noqa: PT017 - the other branch is no error
    else:
        assert run.ref.path.startswith("runs/")


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        (
            {"cost": None, "price": {"type": "PER_CALL", "amount": 0.02, "currency": "USD"}},
            "cost",
            Cost(0.02, "USD"),
        ),
        ({"cost": None, "price": {"amount": 0.02}}, "cost", Cost(0.02, "")),
        ({"cost": None, "price": {"amount": 0.02, "currency": None}}, "cost", Cost(0.02, "")),
        ({"cost": None, "price": {"amount": "0.02", "currency": "USD"}}, "cost", Cost(0.02, "USD")),
        ({"cost": None, "price": 0.02}, "cost", Cost(0.02, "")),
        ({"cost": 1, "price": 0.02}, "cost", Cost(1.0, "")),
        ({"cost": 0, "price": 0.02}, "cost", Cost(0.0, "")),
        ({"cost": {"amount": None}, "price": 0.02}, "cost", Cost(0.02, "")),
        ({"cost": None, "price": None}, "cost", None),
        ({"cost": {}, "price": {}}, "cost", None),
        ({"createdAt": "soon"}, "created_at", None),
        ({"provider": None}, "target", None),
        ({"endpoint": None}, "target", None),
        ({"provider": "a/b"}, "target", None),
        ({"endpoint": "apidojo/tweet-scraper"}, "target", PLAIN),
        ({"providerResponse": None}, "outcome", Outcome.SUCCESS),
        ({"providerResponse": {"httpStatus": None, "error": None}}, "outcome", Outcome.SUCCESS),
        ({"providerResponse": {"httpStatus": 404, "error": "gone"}}, "outcome", Outcome.FAILURE),
        ({"providerResponse": {"httpStatus": 404, "error": "gone"}}, "error", "gone"),
        ({"status": "RUNNING", "providerResponse": {"httpStatus": None, "error": "retrying"}}, "error", None),
        ({"status": "FAILED", "providerResponse": {"error": {"why": 1}}}, "error", "{'why': 1}"),
        ({"status": None}, "state", ""),
        ({"output": None}, "output", None),
    ],
)
def test_get_takes_what_comes(change, attribute, expected) -> None:
    assert expected == getattr(through(fetched, reply(200, DONE | change)), attribute)


# ---- lists


def item(run_id, **rest):
    return {key: value for key, value in DONE.items() if key != "output"} | {"runId": run_id} | rest


ITEMS = [
    item("a"),
    item("b", endpoint="/other"),
    item("c", provider="exa"),
    item("d", endpoint="apidojo/tweet-scraper", status="RUNNING"),
    item("e", provider=None),
]


@pytest.mark.parametrize(
    ("listing", "expected"), [(ALL, "abcde"), (MINE, "ad")], ids=["workspace", "endpoint"]
)
def test_list_shows_the_endpoints_runs(listing, expected) -> None:
    """The provider's list is of the whole workspace; how full a page was is counted before sorting out."""
    page = listing.read(reply(200, {"items": ITEMS, "cursor": "next"}), START)

    assert list(expected) == [run.ref.path.removeprefix("runs/") for run in page.items]
    assert (5, 100, "next", None) == (page.size, page.asked, page.cursor, page.count)
    assert {"eu"} == {run.ref.account for run in page.items}


def test_history_of_an_endpoint_does_not_depend_on_its_input() -> None:
    assert PROVIDER.history(PLAIN) == MINE


@pytest.mark.parametrize("body", [{"items": []}, {"items": [], "cursor": None}])
def test_list_without_a_cursor_is_the_last_page(body) -> None:
    assert PROVIDER.history(PLAIN).read(reply(200, body), START).cursor is None


@pytest.mark.parametrize(
    "body", [{}, {"items": None}, {"items": ["a"]}, {"items": [{}]}, {"items": [{"runId": 7}]}]
)
def test_list_of_another_shape_is_unreadable(body) -> None:
    with pytest.raises(UnreadableReply):
        through(ALL.read, reply(200, body))


def test_error_of_a_list() -> None:
    with pytest.raises(AuthError, match="monid@eu:workspace: HTTP 401 UNAUTHORIZED: bad key"):
        ALL.read(reply(401, {"code": "UNAUTHORIZED", "message": "bad key"}), START)


@pytest.mark.parametrize("body", [DONE, item("a")])
def test_no_list_item_is_conclusive(body) -> None:
    """Items have no output."""
    assert not PROVIDER.conclusive(Run(REF, raw=body))


# ---- what can't be done


@pytest.mark.parametrize("target", [monid.Workspace(), datafold.Monitor(42)], ids=str)
def test_only_endpoints_run(target) -> None:
    with pytest.raises(Unsupported, match=f"Monid runs endpoints, such as .*; not {target}"):
        PROVIDER.trigger(target)


def test_only_monids_have_a_history() -> None:
    with pytest.raises(Unsupported, match="datafold:monitors/42 is neither"):
        PROVIDER.history(datafold.Monitor(42))


def test_workspace_is_not_triggered() -> None:
    world = World(lambda *_: pytest.fail("something was sent"))

    with pytest.raises(Unsupported):
        world.run(world.engine.trigger(world, "monid:workspace", "raise"))

    assert [] == world.sent


def test_ref_with_needless_escapes_is_waited_for_as_it_was_given() -> None:
    """The provider's spelling of a run is not always the caller's; the wait ends all the same."""
    world = World(lambda *_: reply(200, DONE))

    assert Outcome.SUCCESS is world.run(world.engine.wait(world, "monid:runs/%30%31HX", 60, None)).outcome
    assert 1 == len(world.sent)


@pytest.mark.parametrize(
    "odd",
    [
        {"price": {"amount": 1, "currency": ["USD"]}},
        {"price": {"amount": 1, "currency": {"code": "USD"}}},
        {"provider": ["apify"]},
        {"endpoint": {"path": "/x"}},
    ],
    ids=str,
)
def test_what_was_started_is_a_run_whatever_its_other_fields_hold(odd) -> None:
    """It may have been paid for."""
    assert str(triggered(reply(202, STARTED | odd)).ref) == "monid@eu:runs/01HX"
