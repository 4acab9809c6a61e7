"""Histories and streams of ends, as objects to iterate over, in both worlds."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from omnirun import monid
from omnirun.attempts import Attempt
from omnirun.errors import BadRef, PageError, WaitTimeout
from omnirun.pages import AsyncCompleted, AsyncPages, Completed, Pages
from omnirun.provider import Query
from omnirun.refs import Ref
from omnirun.run import Run
from omnirun.states import Phase
from omnirun.waiting import Waiting
from tests.overlay.virtual import World, reply

LENGTH = 25
SIZE = 10


def serve(request, _):
    """A workspace of 25 runs on pages of 10, the cursor being where a page begins."""
    if request.path != "/v1/runs":
        return reply(200, {"runId": request.path.rpartition("/")[2], "status": "COMPLETED"})
    start = int(dict(request.params).get("cursor", "0"))
    numbers = range(start, min(start + SIZE, LENGTH))
    following = str(start + SIZE) if start + SIZE < LENGTH else None
    return reply(
        200, {"items": [{"runId": str(n), "status": "RUNNING"} for n in numbers], "cursor": following}
    )


class Aside:
    """An async driver that runs scripts in a world's virtual time."""

    def __init__(self, world) -> None:
        self._world = world

    async def run(self, script):
        await asyncio.sleep(0)
        return self._world.run(script)


def history(world, limit=None, cursor=None, query=None, target=None):
    pager = world.engine.history(target or monid.Workspace(), query or Query(), cursor)
    return Pages(pager, limit, world), AsyncPages(pager, limit, Aside(world))


async def collected(items):
    return [item async for item in items]


def flat(pages):
    return [run for page in pages for run in page]


FACES = {
    "sync": (0, list),
    "async": (1, lambda face: asyncio.run(collected(face))),
    "pages": (0, lambda face: flat(face.pages())),
    "async pages": (1, lambda face: flat(asyncio.run(collected(face.pages())))),
}
IN_BOTH_WORLDS = pytest.mark.parametrize(("face", "read"), FACES.values(), ids=FACES)


def numbers(runs):
    return [int(run.ref.path.removeprefix("runs/")) for run in runs]


@IN_BOTH_WORLDS
@pytest.mark.parametrize(
    ("limit", "cursor", "expected", "requests"),
    [
        (None, None, range(25), 3),
        (None, "10", range(10, 25), 2),
        (0, None, (), 0),
        (1, None, range(1), 1),
        (10, None, range(10), 1),
        (11, None, range(11), 2),
        (100, None, range(25), 3),
    ],
)
def test_reads_no_more_than_it_must(face, read, *, limit, cursor, expected, requests) -> None:
    world = World(serve)

    assert list(expected) == numbers(read(history(world, limit, cursor)[face]))
    assert requests == len(world.sent)


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    world = World(serve)
    runs = iter(history(world)[0])
    assert [] == world.sent

    assert [0, 1] == numbers([next(runs), next(runs)])
    assert 1 == len(world.sent)


def test_sizes_of_pages() -> None:
    assert [10, 10, 5] == [len(page) for page in history(World(serve))[0].pages()]


def test_empty_page_is_a_page() -> None:
    """Who shows progress sees that a page was read, though none of its runs was asked for."""
    target = monid.Endpoint("apify", "/x")

    assert [[], [], []] == list(history(World(serve), target=target)[0].pages())


def taken(count):
    """Read so many runs, leave the loop, and tell where to resume."""
    faces = history(World(serve))
    for place, _ in enumerate(faces[0], start=1):
        if place == count:
            break
    return faces[0].cursor


@pytest.mark.parametrize(("count", "expected"), [(1, ""), (10, ""), (11, "10"), (21, "20"), (25, "20")])
def test_cursor_within_a_page_is_that_page(count, expected) -> None:
    """A page that is not known to be used up is read again rather than skipped."""
    assert expected == (taken(count) or "")


@IN_BOTH_WORLDS
@pytest.mark.parametrize(
    ("limit", "expected"),
    [(0, ""), (5, ""), (10, "10"), (15, "10"), (20, "20"), (24, "20"), (25, None), (None, None)],
)
def test_cursor_after_a_limit_skips_nothing(face, read, limit, expected) -> None:
    """What the limit cut off is still to come."""
    runs = history(World(serve), limit)[face]
    read(runs)

    assert expected == runs.cursor


@pytest.mark.parametrize("limit", [10, 11, 15, 25, 40])
def test_resumed_from_limit_to_limit_nothing_is_missed(limit) -> None:
    found: set[int] = set()
    cursor = ""
    while cursor is not None:
        runs, _ = history(World(serve), limit, cursor)
        found |= set(numbers(runs))
        cursor = runs.cursor

    assert set(range(LENGTH)) == found


@IN_BOTH_WORLDS
def test_failing_page_raises_where_it_is_and_resumes(face, read) -> None:
    """The same object goes on where it failed."""
    broken = [True]

    def sometimes(request, now):
        failing = broken[0] and dict(request.params).get("cursor") == "10"
        return reply(503) if failing else serve(request, now)

    runs = history(World(sometimes))[face]
    with pytest.raises(PageError) as caught:
        read(runs)
    assert ("10", "10") == (caught.value.cursor, runs.cursor)

    broken[0] = False
    assert list(range(10, 25)) == numbers(read(runs))
    assert runs.cursor is None


# ---- streams of ends


def completed(world, items, timeout=None):
    waiting = Waiting(world.engine, world, items, timeout, None)
    return Completed(waiting, world), AsyncCompleted(waiting, Aside(world))


STREAMS = {name: FACES[name] for name in ("sync", "async")}
IN_BOTH_STREAMS = pytest.mark.parametrize(("face", "read"), STREAMS.values(), ids=STREAMS)

TRIED = Attempt(error=BadRef("no ref"))


def single(request, now):
    """Run 1 ends after 5 s, run 2 never does."""
    run_id = request.path.rpartition("/")[2]
    return reply(200, {"runId": run_id, "status": "COMPLETED" if run_id == "1" and now >= 5 else "RUNNING"})


@IN_BOTH_STREAMS
def test_gives_each_attempt_once_errors_first(face, read) -> None:
    world = World(single)
    attempts = read(completed(world, ["monid:runs/1", TRIED, "nonsense"])[face])

    assert [True, True, False] == [attempt.error is not None for attempt in attempts]
    assert TRIED is attempts[0]
    assert "1" == attempts[2].unwrap().raw["runId"]
    assert 0 == world.engine.poller.pending


@IN_BOTH_STREAMS
def test_raises_after_the_last_that_ended_in_time(face, read) -> None:
    world = World(single)
    stream = completed(world, ["monid:runs/1", "monid:runs/2"], timeout=20)[face]

    with pytest.raises(WaitTimeout, match="monid:runs/2") as caught:
        read(stream)

    assert [2] == numbers(caught.value.pending)
    assert 0 == world.engine.poller.pending


def test_leaving_the_loop_ends_the_wait() -> None:
    world = World(single)
    for attempt in completed(world, ["monid:runs/1", "monid:runs/2"])[0]:
        assert str(attempt.ref) == "monid:runs/1"
        assert world.engine.poller.pending == 1
        break

    assert world.engine.poller.pending == 0


def test_leaving_the_with_ends_the_wait() -> None:
    """Also while its iterator is still held."""
    world = World(single)
    with completed(world, ["monid:runs/1", "monid:runs/2"])[0] as stream:
        ends = iter(stream)
        assert str(next(ends).ref) == "monid:runs/1"
        assert world.engine.poller.pending == 1

    assert world.engine.poller.pending == 0


def test_stream_that_is_never_read_costs_nothing() -> None:
    world = World(single)
    completed(world, ["monid:runs/1", "monid:runs/2"])[0].close()

    assert world.engine.poller.pending == 0
    assert world.sent == []


def test_leaving_the_async_loop_ends_the_wait() -> None:
    world = World(single)

    async def first():
        async with completed(world, ["monid:runs/1", "monid:runs/2"])[1] as stream:
            async for attempt in stream:
                return str(attempt.ref)
        return None

    assert "monid:runs/1" == asyncio.run(first())
    assert 0 == world.engine.poller.pending


@IN_BOTH_STREAMS
def test_of_nothing_ends_at_once(face, read) -> None:
    assert [] == read(completed(World(single), [])[face])


def test_run_that_has_ended_is_given_without_asking() -> None:
    world = World(single)
    run = Run(Ref.parse("monid:runs/1"), phase=Phase.FINISHED)

    assert [run] == [attempt.run for attempt in completed(world, [run])[0]]
    assert [] == world.sent


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_each_run_is_given_once_however_it_is_asked_for(kind) -> None:
    """What a reader left of a page is still there for the next one, item by item or page by page."""
    reading = history(World(serve))[kind == "async"]

    async def by_turns():
        runs = []
        async for run in reading:
            runs.append(run)
            break
        async for run in reading:
            runs.append(run)
            if len(runs) == 4:
                break
        return runs + flat(await collected(reading.pages()))

    if kind == "async":
        runs = asyncio.run(by_turns())
    else:
        runs = [
            next(iter(reading)),
            *(run for run, _ in zip(reading, range(3), strict=False)),
            *flat(reading.pages()),
        ]
    numbers = [int(run.ref.path.removeprefix("runs/")) for run in runs]
    assert sorted(set(numbers)) == sorted(numbers)
    assert set(range(LENGTH)) - set(numbers) <= {4}, "zip asked for one more than it gave"


@pytest.mark.parametrize(
    ("target", "cursor"),
    [
        ("datafold:monitors/42", "abc"),
        ("datafold:monitors/42", "0"),
        ("datafold:monitors/42", "-1"),
        ("datafold:monitors/42", ""),
        ("firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001", "-1"),
        ("firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001", "9" * 30),
    ],
)
def test_what_is_no_cursor_is_refused_before_anything_is_sent(target, cursor) -> None:
    world = World(serve)
    with pytest.raises(ValueError, match="is no cursor of the list monitors/"):
        history(world, target=target, cursor=cursor)
    assert world.sent == []


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit is -1"):
        history(World(serve), limit=-1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="since has no time zone"):
        Query(since=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is wrong
