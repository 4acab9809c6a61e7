"""What a history is asked for: by status, and how far it is read in vain."""

from __future__ import annotations

import pytest

from omnirun import Outcome, Phase, Verdict, datafold, firecrawl, monid, states
from omnirun.errors import PageError
from omnirun.pages import Pages
from omnirun.provider import Query
from tests.overlay.services import uuid
from tests.overlay.virtual import World, reply

MONITOR = firecrawl.Monitor(uuid(1))
WORDS = ("queued", "running", "completed", "partial", "failed", "skipped_overlap", "skipped_no_credits")


def checks(request, _):
    """A check of each status, and one that changed something; the provider filters by one status."""
    query = dict(request.params)
    items = [{"id": uuid(n), "status": word} for n, word in enumerate(WORDS)]
    items.append({"id": uuid(9), "status": "completed", "summary": {"changed": 1}})
    asked = query.get("status")
    shown = [item for item in items if asked in (None, item["status"])]
    return reply(200, {"success": True, "data": shown[int(query["offset"]) :]})


def history(world, target=MONITOR, status=(), *, cursor=None, **rest):
    return Pages(world.engine.history(target, Query(status=status), cursor, **rest), None, world)


@pytest.mark.parametrize(
    ("status", "expected", "asked"),
    [
        ("failed", ["failed"], "failed"),
        ("completed", ["completed", "completed"], "completed"),
        (("completed", "partial"), ["completed", "partial", "completed"], None),
        (Outcome.FAILURE, ["failed"], None),
        ("skipped", ["skipped_overlap", "skipped_no_credits"], None),
        (Phase.RUNNING, ["running"], "running"),
        (Phase.FINISHED, [*WORDS[2:], "completed"], None),
        ([Verdict.ALERT], ["completed"], None),
        ((), [*WORDS, "completed"], None),
    ],
)
def test_status_is_a_word_of_the_provider_or_of_ours(status, expected, asked):
    """The provider's own filter is used where it finds all that is meant."""
    world = World(checks)
    assert [run.state for run in history(world, status=status)] == expected
    assert [dict(step.request.params).get("status") for _, step in world.sent] == [asked]


def test_a_taught_word_is_a_status_and_is_filtered_here():
    """The provider's filter by `running` would not find `archived`, which means the same to this client."""
    world = World(checks, states={"firecrawl": {"archived": states.RUNNING}})
    assert [run.state for run in history(world, status="running")] == ["running"]
    assert [dict(step.request.params).get("status") for _, step in world.sent] == [None]


def test_a_status_nobody_has_is_refused_before_a_history_is_read_in_vain():
    world = World(checks)
    with pytest.raises(
        ValueError, match=r"firecrawl has no status 'faild'. It has queued, .*Client\(states="
    ):
        history(world, status="faild")
    with pytest.raises(ValueError, match="datafold has no status 'completed'"):
        history(world, datafold.Monitor(42), status=("ok", "completed"))
    assert world.sent == []


# ---- reading in vain


def workspace(size, pages, found=()):
    """A workspace of RUNNING runs; `found` are the pages that also hold a FAILED one; None means no end."""

    def serve(request, _):
        page = int(dict(request.params).get("cursor", 0))
        items = [{"runId": f"{page}-{n}", "status": "RUNNING"} for n in range(size)]
        if page in found:
            items.append({"runId": f"{page}-failed", "status": "FAILED"})
        more = pages is None or page + 1 < pages
        return reply(200, {"items": items, "cursor": str(page + 1) if more else None})

    return serve


def test_reading_in_vain_ends_with_an_error_that_goes_on():
    world = World(workspace(100, None, found=(250,)))
    with pytest.raises(
        PageError, match=r"10000 items .* in a row are not what was asked for.*since="
    ) as caught:
        list(history(world, monid.Workspace(), "FAILED"))
    assert (caught.value.cursor, len(world.sent)) == ("100", 100)
    rest = iter(history(world, monid.Workspace(), "FAILED", cursor="200", scan_limit=None))
    assert next(rest).ref.path == "runs/250-failed"


def test_a_reader_goes_on_after_the_error():
    world = World(workspace(10, 6, found=(4,)))
    reading = history(world, monid.Workspace(), "FAILED", scan_limit=20)
    for page in (2, 4):
        with pytest.raises(PageError) as caught:
            list(reading)
        assert caught.value.cursor == reading.cursor == str(page)
    assert [run.ref.path for run in reading] == ["runs/4-failed"]


def test_a_history_that_ends_is_no_error_however_little_it_holds():
    assert list(history(World(workspace(10, 2)), monid.Workspace(), "FAILED", scan_limit=20)) == []


def test_what_is_asked_for_begins_the_count_again():
    world = World(workspace(10, 4, found=(0, 1, 2, 3)))
    assert len(list(history(world, monid.Workspace(), "FAILED", scan_limit=15))) == 4


def test_empty_pages_without_end_are_bounded_too():
    """A hostile list: never an item, always another cursor."""
    world = World(workspace(0, None))
    with pytest.raises(PageError):
        list(history(world, monid.Workspace()))
    assert len(world.sent) == 100


@pytest.mark.parametrize("limit", [0, -1])
def test_a_scan_limit_that_is_none_is_refused(limit):
    with pytest.raises(ValueError, match=f"scan_limit is {limit}"):
        history(World(checks), scan_limit=limit)
