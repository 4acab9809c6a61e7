"""Firecrawl: what is asked for, and how each reply is read."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from omnirun import datafold, firecrawl
from omnirun.clock import moment
from omnirun.errors import (
    AlreadyRunning,
    ApiError,
    AuthError,
    Conflict,
    InvalidRequest,
    NotFound,
    PaymentRequired,
    RateLimited,
    TargetPaused,
    UnreadableReply,
    Unsupported,
)
from omnirun.flows import judged
from omnirun.provider import Query
from omnirun.refs import Ref
from omnirun.run import Cost, Run
from omnirun.scheduler import Reply
from omnirun.states import Outcome, Phase, Verdict
from omnirun_raw.http import UNSET
from tests.overlay.virtual import START, World, reply

PROVIDER = firecrawl.PROVIDER
ID = "0199a1b2-0000-7000-8000-000000000001"
CHECK_ID = "0199a1b2-0000-7000-8000-0000000000c1"
OTHER_ID = "0199a1b2-0000-7000-8000-0000000000ff"
MONITOR = firecrawl.Monitor(ID, account="eu")
REF = Ref.parse(f"firecrawl@eu:monitors/{ID}/checks/{CHECK_ID}")

CHECK = {
    "id": CHECK_ID,
    "monitorId": ID,
    "status": "completed",
    "trigger": "api",
    "startedAt": "2026-01-01T12:00:01Z",
    "finishedAt": "2026-01-01T12:01:01.250Z",
    "createdAt": "2026-01-01T12:00:00Z",
    "actualCredits": 3,
    "billingStatus": "confirmed",
    "summary": {"totalPages": 3, "same": 2, "changed": 1, "new": 0, "removed": 0, "error": 0},
    "error": None,
}


def minute(seconds):
    return datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC).timestamp() + seconds


def through(read, response):
    """Read a reply the way the flows do."""
    return judged(read, Reply(START, START, response), "it")


def triggered(response, at=START):
    return PROVIDER.read_trigger(MONITOR, response, at)


def fetched(response, at=START):
    return PROVIDER.read(REF, response, at)


LISTED = PROVIDER.history(MONITOR)
BUSY = PROVIDER.collection(REF)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (PROVIDER.trigger(MONITOR), ("POST", f"/monitor/{ID}/run", {})),
        (PROVIDER.get(REF), ("GET", f"/monitor/{ID}/checks/{CHECK_ID}", {"limit": "1"})),
        (LISTED.request(Query(), "80"), ("GET", f"/monitor/{ID}/checks", {"limit": "100", "offset": "80"})),
        (BUSY.request(Query(), "0"), ("GET", "/monitor", {"limit": "100", "offset": "0"})),
    ],
    ids=["trigger", "get", "list", "list of monitors"],
)
def test_requests(request_, expected) -> None:
    assert expected == (request_.method, request_.path, dict(request_.params))
    assert request_.json is UNSET


def test_site_and_collection() -> None:
    other = Ref.parse(f"firecrawl@eu:monitors/{OTHER_ID}/checks/{CHECK_ID}")

    assert ("https://api.firecrawl.dev/v2", "Authorization", "Bearer ") == (
        PROVIDER.site.base_url,
        PROVIDER.site.key_header,
        PROVIDER.site.key_prefix,
    )
    assert PROVIDER.collection(other) == BUSY
    assert LISTED.newest_first


def test_target_takes_a_uuid() -> None:
    assert firecrawl.Monitor(ID) == firecrawl.Monitor(UUID(ID)) == firecrawl.Monitor(ID.upper())


EXPECTED = Run(
    REF,
    MONITOR,
    Phase.FINISHED,
    Outcome.SUCCESS,
    Verdict.ALERT,
    state="completed",
    created_at=moment(minute(0)),
    started_at=moment(minute(1)),
    finished_at=moment(minute(61.25)),
    cost=Cost(3, "credits"),
    raw=CHECK,
)


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (triggered, {"success": True, "id": CHECK_ID, "data": CHECK}),
        (fetched, {"success": True, "data": CHECK}),
        (lambda response: LISTED.read(response, START).items[0], {"success": True, "data": [CHECK]}),
    ],
    ids=["trigger", "get", "list"],
)
def test_reads_all_of_a_check(read, body) -> None:
    run = read(reply(200, body))

    assert EXPECTED == run
    assert moment(START) == run.observed_at


@pytest.mark.parametrize("status", [200, 201, 202])
def test_accepted_trigger_is_a_run_whatever_the_success(status) -> None:
    """A check that was started, and is paid for, must not be lost to an unexpected 2xx."""
    assert REF == triggered(reply(status, {"data": CHECK})).ref


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        ({"id": CHECK_ID.upper()}, "ref", REF),
        ({"actualCredits": None}, "cost", None),
        ({"actualCredits": 0}, "cost", Cost(0, "credits")),
        ({"status": "failed", "error": "robots.txt"}, "error", "robots.txt"),
        ({"status": None, "finishedAt": None}, "state", ""),
        ({"summary": None}, "verdict", None),
        ({"createdAt": "soon"}, "created_at", None),
        ({"finishedAt": None}, "finished_at", None),
        ({"surprise": 1}, "ref", REF),
    ],
)
def test_get_takes_what_comes(change, attribute, expected) -> None:
    assert expected == getattr(through(fetched, reply(200, {"data": CHECK | change})), attribute)


WITHOUT_ID = {key: value for key, value in CHECK.items() if key != "id"}


@pytest.mark.parametrize(
    "data",
    [None, {}, [], "x", WITHOUT_ID, CHECK | {"id": None}, CHECK | {"id": "junk"}, CHECK | {"id": 7}],
    ids=["null", "empty", "list", "text", "no id", "null id", "junk id", "number id"],
)
@pytest.mark.parametrize("call", ["trigger", "get", "list"])
def test_success_of_another_shape_is_unreadable(call, data) -> None:
    """Not a BadRef, which would say that nothing was sent."""
    read, body = {
        "trigger": (triggered, {"data": data}),
        "get": (fetched, {"data": data}),
        "list": (LISTED.read, {"data": [data]}),
    }[call]

    with pytest.raises(UnreadableReply):
        through(read, reply(200, body))


@pytest.mark.parametrize("body", [{}, {"data": None}, {"success": False, "error": "odd"}])
@pytest.mark.parametrize("read", [LISTED.read, BUSY.read], ids=["checks", "monitors"])
def test_list_without_data_is_unreadable(read, body) -> None:
    with pytest.raises(UnreadableReply):
        through(read, reply(200, body))


def test_list_reads_a_page() -> None:
    page = LISTED.read(reply(200, {"data": [CHECK, CHECK | {"id": OTHER_ID, "status": "running"}]}), START)

    assert ["completed", "running"] == [run.state for run in page.items]
    assert (2, 100, None, None, None) == (page.size, page.asked, page.count, page.pages, page.cursor)


def test_list_of_monitors_tells_what_each_is_busy_with() -> None:
    """A monitor that doesn't say is not one that says it is idle."""
    monitors = [
        {"id": ID, "currentCheckId": CHECK_ID},
        {"id": OTHER_ID, "currentCheckId": None},
        {"id": CHECK_ID},
        {"id": "of another form", "currentCheckId": CHECK_ID},
    ]
    page = BUSY.read(reply(200, {"data": monitors}), START)

    assert {f"monitors/{ID}": REF.path, f"monitors/{OTHER_ID}": None} == page.current
    assert ((), 4, 100) == (page.items, page.size, page.asked)


@pytest.mark.parametrize(("body", "expected"), [(CHECK, True), (WITHOUT_ID, True), ({"id": CHECK_ID}, False)])
def test_check_with_a_summary_is_conclusive(body, expected) -> None:
    assert expected is PROVIDER.conclusive(Run(REF, raw=body))


# ---- errors


def refusal(error, **rest):
    return {"success": False, "error": error} | rest


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        (
            400,
            refusal("Bad Request", code="BAD_REQUEST", details=[{"path": ["limit"]}]),
            InvalidRequest,
            "HTTP 400 BAD_REQUEST: Bad Request",
        ),
        (401, refusal("Unauthorized: Invalid token"), AuthError, "HTTP 401: Unauthorized: Invalid token"),
        (402, refusal("Insufficient credits"), PaymentRequired, "HTTP 402: Insufficient credits"),
        (404, refusal("Monitor not found"), NotFound, "HTTP 404: Monitor not found"),
        (404, refusal("Check not found"), NotFound, "HTTP 404: Check not found"),
        (429, refusal("please retry after 12s"), RateLimited, "HTTP 429: please retry after 12s"),
        (404, {"success": False}, NotFound, 'HTTP 404: {"success": false}'),
    ],
)
@pytest.mark.parametrize(
    ("read", "doing"),
    [(triggered, MONITOR), (fetched, REF), (LISTED.read, MONITOR)],
    ids=["trigger", "get", "list"],
)
def test_errors_in_the_providers_words(read, doing, *, status, body, expected, message) -> None:
    with pytest.raises(ApiError) as caught:
        through(read, reply(status, body))

    assert type(caught.value) is expected
    assert str(caught.value).startswith(f"{doing}: {message}")
    assert body == caught.value.body


@pytest.mark.parametrize(
    ("details", "expected"),
    [([{"a": 1}, "b"], ({"a": 1}, "b")), ({"a": 1}, ({"a": 1},)), ("why", ("why",)), (None, ()), ([], ())],
)
def test_details_are_a_list_of_reasons(details, expected) -> None:
    assert expected == PROVIDER.error(reply(400, refusal("x", details=details)), START, "").details


def test_pause_is_read_from_prose() -> None:
    with pytest.raises(RateLimited) as caught:
        triggered(reply(429, refusal("Rate limit exceeded, please retry after 12s")))

    assert 12.0 == caught.value.retry_after


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (refusal("Monitor check is already running.", checkId=CHECK_ID), AlreadyRunning),
        (refusal("Monitor check is already running.", checkId=CHECK_ID.upper()), AlreadyRunning),
        (refusal("Monitor is paused."), TargetPaused),
        (refusal("This monitor is PAUSED", checkId=None), TargetPaused),
        (refusal("Monitor is being deleted."), Conflict),
        (refusal("Monitor check is already running.", checkId=None), Conflict),
        (refusal("Monitor check is already running.", checkId="junk"), Conflict),
        (refusal("Monitor check is already running.", checkId=7), Conflict),
        (refusal({"odd": "words"}), Conflict),
    ],
)
def test_409_of_a_trigger(body, expected) -> None:
    """Busy with the check's id, paused without; what is odd is a conflict still."""
    with pytest.raises(Conflict) as caught:
        through(triggered, reply(409, body, x_request_id="r1"))

    assert type(caught.value) is expected
    assert (409, "r1", body) == (caught.value.status, caught.value.request_id, caught.value.body)
    assert str(caught.value).startswith(f"{MONITOR}: HTTP 409: ")


def test_busy_monitor_tells_its_run() -> None:
    with pytest.raises(AlreadyRunning, match=f"The run under way is {REF}") as caught:
        triggered(reply(409, refusal("Monitor check is already running.", checkId=CHECK_ID)))

    assert REF == caught.value.ref


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "the body is empty"), (b"{}", "{}"), (b"<p>no", "<p>no")]
)
def test_409_without_words(content, words) -> None:
    with pytest.raises(Conflict, match=f"HTTP 409: {words}"):
        triggered(reply(409, content))


def test_409_of_a_get_is_a_plain_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        fetched(reply(409, refusal("odd", checkId=CHECK_ID)))

    assert type(caught.value) is Conflict


@pytest.mark.parametrize("use", [PROVIDER.trigger, PROVIDER.history])
def test_only_monitors_run(use) -> None:
    with pytest.raises(Unsupported, match=r"Firecrawl runs monitors, .*; datafold:monitors/42 is none"):
        use(datafold.Monitor(42))


def test_ref_in_capitals_is_waited_for_as_it_was_given() -> None:
    """The provider's spelling of a run is not always the caller's; the wait ends all the same."""
    world = World(lambda *_: reply(200, {"data": CHECK}))
    text = f"firecrawl:monitors/{ID}/checks/{CHECK_ID.upper()}"

    assert Outcome.SUCCESS is world.run(world.engine.wait(world, text, 60, None)).outcome
    assert 1 == len(world.sent)
