"""Datafold: what is asked for, and how each reply is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from omnirun import datafold, firecrawl
from omnirun.clock import moment
from omnirun.errors import ApiError, InvalidRequest, NotFound, UnreadableReply, Unsupported
from omnirun.flows import judged
from omnirun.provider import Query
from omnirun.refs import Ref
from omnirun.run import Run
from omnirun.scheduler import Reply
from omnirun.states import Outcome, Phase, Verdict
from omnirun_raw.http import UNSET
from tests.overlay.virtual import START, World, reply

PROVIDER = datafold.PROVIDER
MONITOR = datafold.Monitor(42, account="eu")
REF = Ref.parse("datafold@eu:monitors/42/runs/7")
SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UNTIL = datetime(2026, 1, 3, tzinfo=UTC)

RUN = {
    "run_id": 7,
    "monitor_id": 42,
    "diff_id": 99,
    "started_at": "2026-01-01T12:00:00.5",
    "state": "alert",
    "error": None,
    "warnings": ["slow"],
}
ITEM = {"run_id": 7, "monitor_id": 42, "diff_id": None, "started_at": None, "state": None}


def envelope(*items, **rest):
    return {"count": 1, "page": 1, "page_size": 100, "total_pages": 1, "runs": list(items)} | rest


def through(read, response):
    """Read a reply the way the flows do."""
    return judged(read, Reply(START, START, response), "it")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (PROVIDER.trigger(MONITOR), ("POST", "/api/v1/monitors/42/run", {}, UNSET)),
        (PROVIDER.get(REF), ("GET", "/api/v1/monitors/42/runs/7", {}, UNSET)),
        (
            PROVIDER.history(MONITOR).request(Query(), "3"),
            ("GET", "/api/v1/monitors/42/runs", {"page": "3", "page_size": "100"}, UNSET),
        ),
        (
            PROVIDER.history(MONITOR).request(Query(SINCE, UNTIL), "1"),
            (
                "GET",
                "/api/v1/monitors/42/runs",
                {
                    "page": "1",
                    "page_size": "100",
                    "start_time": "2026-01-02T03:04:05+00:00",
                    "end_time": "2026-01-03T00:00:00+00:00",
                },
                UNSET,
            ),
        ),
    ],
    ids=["trigger", "get", "list", "list within bounds"],
)
def test_requests(request_, expected) -> None:
    assert expected == (request_.method, request_.path, dict(request_.params), request_.json)


def test_site_and_collection() -> None:
    assert ("https://app.datafold.com", "Authorization", "Key ") == (
        PROVIDER.site.base_url,
        PROVIDER.site.key_header,
        PROVIDER.site.key_prefix,
    )
    assert PROVIDER.history(MONITOR) == PROVIDER.collection(REF)
    assert PROVIDER.adopts


def test_trigger_answers_a_queued_run() -> None:
    """The reply has a run id and nothing else."""
    body = {"run_id": 7}
    run = PROVIDER.read_trigger(MONITOR, reply(200, body), START)

    assert Run(REF, MONITOR, Phase.QUEUED, raw=body) == run
    assert moment(START) == run.observed_at


@pytest.mark.parametrize("status", [200, 201, 202])
def test_accepted_trigger_is_a_run_whatever_the_success(status) -> None:
    """A run that was started must not be lost to an unexpected 2xx."""
    assert REF == PROVIDER.read_trigger(MONITOR, reply(status, {"run_id": 7}), START).ref


def test_get_reads_all_of_a_run() -> None:
    run = PROVIDER.read(REF, reply(200, RUN), START)

    assert run == Run(
        REF,
        MONITOR,
        Phase.FINISHED,
        Outcome.SUCCESS,
        Verdict.ALERT,
        state="alert",
        started_at=datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC),
        warnings=("slow",),
        output=99,
        raw=RUN,
    )
    assert moment(START) == run.observed_at


@pytest.mark.parametrize(
    ("change", "attribute", "expected"),
    [
        ({"error": "no such table", "state": "error"}, "error", "no such table"),
        ({"warnings": None}, "warnings", ()),
        ({"started_at": None}, "started_at", None),
        ({"started_at": "soon"}, "started_at", None),
        ({"state": None}, "phase", Phase.UNKNOWN),
        ({"state": "brand_new"}, "state", "brand_new"),
        ({"run_id": "7"}, "ref", REF),
        ({"surprise": 1}, "ref", REF),
    ],
)
def test_get_takes_what_comes(change, attribute, expected) -> None:
    run = through(lambda response, at: PROVIDER.read(REF, response, at), reply(200, RUN | change))

    assert expected == getattr(run, attribute)


@pytest.mark.parametrize(
    "body",
    [{}, {"run_id": None}, {"run_id": "seven"}, {"id": 7}, {"run_id": [7]}],
    ids=str,
)
@pytest.mark.parametrize("call", ["trigger", "get", "list"])
def test_success_without_a_run_id_is_unreadable(call, body) -> None:
    reads = {
        "trigger": (lambda r, at: PROVIDER.read_trigger(MONITOR, r, at), body),
        "get": (lambda r, at: PROVIDER.read(REF, r, at), body),
        "list": (PROVIDER.history(MONITOR).read, envelope(body)),
    }
    read, sent = reads[call]

    with pytest.raises(UnreadableReply, match="HTTP 200: the body has another shape than expected"):
        through(read, reply(200, sent))


def test_list_reads_a_page() -> None:
    body = envelope(RUN, ITEM | {"run_id": 6}, count=12, page=2, page_size=10, total_pages=2)
    page = PROVIDER.history(MONITOR).read(reply(200, body), START)

    assert [("alert", Phase.FINISHED), ("", Phase.UNKNOWN)] == [(run.state, run.phase) for run in page.items]
    assert (2, 10, 12, 2, None) == (page.size, page.asked, page.count, page.pages, page.cursor)
    assert {MONITOR} == {run.target for run in page.items}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"runs": []},
        envelope() | {"runs": None},
        envelope("seven"),
        {k: v for k, v in envelope().items() if k != "total_pages"},
    ],
)
def test_list_of_another_shape_is_unreadable(body) -> None:
    with pytest.raises(UnreadableReply):
        through(PROVIDER.history(MONITOR).read, reply(200, body))


@pytest.mark.parametrize(
    ("body", "expected"), [(RUN, True), (ITEM | {"state": "ok"}, False), ({"run_id": 7}, False)]
)
def test_only_a_run_read_itself_is_conclusive(body, expected) -> None:
    assert expected is PROVIDER.conclusive(Run(REF, raw=body))


@pytest.mark.parametrize(
    ("detail", "message", "details"),
    [
        (
            [
                {"loc": ["path", "id"], "msg": "not an integer", "type": "int_parsing"},
                {"loc": ["query", "page", 0], "msg": "too small", "type": "greater_than"},
            ],
            "path.id: not an integer; query.page.0: too small",
            2,
        ),
        ("Monitor is archived", "Monitor is archived", 0),
        ([{"loc": [], "msg": "nothing sent"}], "nothing sent", 1),
        ([{"loc": None, "msg": "odd"}], "odd", 1),
        ([{"loc": "body", "msg": "odd"}], "odd", 1),
        ([{"type": "odd"}], "{'type': 'odd'}", 1),
        (["plain", 7], "plain; 7", 2),
        ([], '{"detail": []}', 0),
        ("", '{"detail": ""}', 0),
        (None, '{"detail": null}', 0),
        ({"msg": "odd"}, '{"detail": {"msg": "odd"}}', 0),
    ],
)
def test_422(detail, message, details) -> None:
    """`detail` is a list of loc, msg and type, in practice also a string, and never hides the status."""
    error = PROVIDER.error(reply(422, {"detail": detail}, x_request_id="r1"), START, str(MONITOR))

    assert type(error) is InvalidRequest
    assert f"datafold@eu:monitors/42: HTTP 422: {message} (request r1)" == str(error)
    assert (message, details) == (error.message, len(error.details))


def test_other_errors_use_the_same_words() -> None:
    error = PROVIDER.error(reply(404, {"detail": "Monitor not found"}), START, str(REF))

    assert type(error) is NotFound
    assert str(error).startswith("datafold@eu:monitors/42/runs/7: HTTP 404: Monitor not found. Look")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_redirect_is_no_success(status) -> None:
    with pytest.raises(ApiError, match=f"HTTP {status}"):
        PROVIDER.read(REF, reply(status, RUN), START)


@pytest.mark.parametrize("use", [PROVIDER.trigger, PROVIDER.history])
def test_only_monitors_run(use) -> None:
    other = firecrawl.Monitor("0199a1b2-0000-7000-8000-000000000001")

    with pytest.raises(
        Unsupported, match=r"Datafold runs monitors, such as datafold.Monitor\(42\); firecrawl:"
    ):
        use(other)


@pytest.mark.parametrize(
    "text", ["datafold:monitors/42/runs/7", "datafold:monitors/042/runs/7", "datafold:monitors/42/runs/007"]
)
def test_ref_with_leading_zeros_is_waited_for_as_it_was_given(text) -> None:
    """The provider's spelling of a run is not always the caller's; the wait ends all the same."""
    world = World(lambda *_: reply(200, RUN))

    assert Outcome.SUCCESS is world.run(world.engine.wait(world, text, 60, None)).outcome
    assert 1 == len(world.sent)
