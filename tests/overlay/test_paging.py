"""Reading lists that shift while they are read: nothing twice, nothing missed, and never a quiet end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnirun.errors import AuthError, NotFound, PageError, TransportError
from omnirun.paging import Cursors, Offsets, PageNumbers, Pager, Passed, Window
from omnirun.provider import Listing, Page, Query, oldest
from omnirun.refs import Ref
from omnirun.run import Run
from omnirun_raw.monid.api.runs import list_runs
from tests.overlay.virtual import World, reply

SIZE = 10
OVERLAP = 2  # a fifth of a page
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ref(number):
    return Ref("monid", "", f"runs/{number}")


def run(number):
    """A run of a newest-first list; the higher the number, the younger."""
    return Run(ref(number), created_at=NOW + timedelta(hours=number))


@attrs.define
class Book:
    """A list on a server, newest first, that is edited between requests.

    Args:
        style: how it pages.
        numbers: its runs.
        edits: before each request but the first: how many runs are put on top, which indexes are deleted.
        counted: whether its pages tell count and total.
    """

    style: object
    numbers: list[int]
    edits: list[tuple[int, list[int]]] = attrs.field(factory=list)
    counted: bool = False
    asked: list[str] = attrs.field(factory=list)
    deleted: set[int] = attrs.field(factory=set)

    def __call__(self, request, _):
        if self.asked and self.edits:
            self.edit(*self.edits.pop(0))
        position = dict(request.params).get("cursor", "")
        self.asked.append(position)
        return reply(200, self.page(position))

    def edit(self, inserts, deletes):
        top = max(self.numbers, default=0)
        self.numbers[:0] = range(top + inserts, top, -1)
        for index in deletes:
            if index < len(self.numbers):
                self.deleted.add(self.numbers.pop(index))

    def page(self, position):
        match self.style:
            case PageNumbers():
                start = (int(position) - 1) * SIZE
            case Offsets():
                start = int(position)
            case _:  # a cursor is the run after which its page begins
                start = 0 if position == "" else sum(number >= int(position) for number in self.numbers)
        numbers = self.numbers[start : start + SIZE]
        body = {"numbers": numbers}
        if self.counted:
            body |= {"count": len(self.numbers), "pages": -(-len(self.numbers) // SIZE)}
        if isinstance(self.style, Cursors) and start + SIZE < len(self.numbers):
            body["cursor"] = str(numbers[-1])
        return body


def listing(style, *, newest_first=True):
    def request(_, position):
        return list_runs.build(cursor=position)

    def read(response, _):
        if response.status == 401:
            raise AuthError("no", status=401)
        if response.status == 404:
            raise NotFound("no such list", status=404)
        if response.status >= 500:
            raise TransportError(f"HTTP {response.status}", sent=True)
        body = response.json()
        runs = tuple(map(run, body["numbers"]))
        return Page(
            runs,
            len(runs),
            oldest=oldest(runs),
            asked=SIZE,
            cursor=body.get("cursor"),
            count=body.get("count"),
            pages=body.get("pages"),
        )

    return Listing("book", style, request, read, newest_first)


def pager(world, style, query=None, cursor=None, *, newest_first=True):
    return Pager(
        listing(style, newest_first=newest_first), query or Query(), "monid", world.engine.asking, cursor
    )


def numbers_of(runs):
    return [int(item.ref.path.removeprefix("runs/")) for item in runs]


def read_all(world, reader, limit=500):
    found = []
    for _ in range(limit):
        if reader.cursor is None:
            return found
        found += numbers_of(world.run(reader.next_page()))
    pytest.fail("it goes round for ever")


def opened(book):
    world = World(book)
    return world, pager(world, book.style)


def book_of(style, length, **rest):
    return Book(style, list(range(length, 0, -1)), counted=isinstance(style, PageNumbers), **rest)


STYLES = [PageNumbers(), Offsets(), Cursors()]


# ---- a list that holds still


@pytest.mark.parametrize("style", STYLES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 19, 20, 21, 95])
def test_reads_all_in_order(style, length) -> None:
    assert list(range(length, 0, -1)) == read_all(*opened(book_of(style, length)))


@pytest.mark.parametrize(
    ("style", "length", "asked"),
    [
        (PageNumbers(), 0, ["1"]),
        (PageNumbers(), 10, ["1"]),
        (PageNumbers(), 25, ["1", "2", "3"]),
        (PageNumbers(), 30, ["1", "2", "3"]),
        (Offsets(), 9, ["0"]),
        (Offsets(), 10, ["0", "8"]),
        (Offsets(), 26, ["0", "8", "16", "24"]),
        (Cursors(), 0, [""]),
        (Cursors(), 10, [""]),
        (Cursors(), 25, ["", "16", "6"]),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "start") else str(value),
)
def test_asks_for(style, length, asked) -> None:
    book = book_of(style, length)
    read_all(*opened(book))

    assert asked == book.asked


@pytest.mark.parametrize(("length", "asked"), [(10, ["1", "2"]), (25, ["1", "2", "3"])])
def test_page_numbers_without_a_total_end_on_a_short_page(length, asked) -> None:
    book = book_of(PageNumbers(), length)
    book.counted = False

    assert list(range(length, 0, -1)) == read_all(*opened(book))
    assert asked == book.asked


def passed(position, size, *, fresh=None, shifted=False, **rest):
    return Passed(position, Page((), size, asked=SIZE, **rest), size if fresh is None else fresh, shifted)


@pytest.mark.parametrize(
    ("style", "page", "expected"),
    [
        (PageNumbers(), passed("1", 10, pages=3), "2"),
        (PageNumbers(), passed("3", 10, pages=3), None),
        (PageNumbers(), passed("4", 10, pages=3), None),
        (PageNumbers(), passed("2", 5, pages=3), "3"),
        (PageNumbers(), passed("2", 0, pages=3), None),
        (PageNumbers(), passed("1", 0, pages=0), None),
        (PageNumbers(), passed("1", 10), "2"),
        (PageNumbers(), passed("1", 9), None),
        (PageNumbers(), passed("3", 10, pages=3, shifted=True), "2"),
        (PageNumbers(), passed("3", 0, pages=2, shifted=True), "2"),
        (PageNumbers(), passed("1", 10, pages=3, shifted=True), "2"),
        (Offsets(), passed("0", 10), "8"),
        (Offsets(), passed("8", 10, fresh=1), "16"),
        (Offsets(), passed("8", 10, fresh=0), None),
        (Offsets(), passed("8", 9), None),
        (Offsets(), passed("0", 0), None),
        (Offsets(overlap=0.0), passed("0", 10), "10"),
        (Offsets(overlap=1.0), passed("0", 10), "1"),
        (Cursors(), passed("", 10, cursor="a"), "a"),
        (Cursors(), passed("a", 0, cursor="b"), "b"),
        (Cursors(), passed("a", 10), None),
        (Cursors(), passed("a", 10, cursor=None), None),
        (Cursors(), passed("a", 10, fresh=0, cursor="b"), "b"),
    ],
)
def test_where_the_next_page_is(style, page, expected) -> None:
    assert expected == style.after(page)


# ---- a list that shifts

SAMPLES = settings(deadline=None, max_examples=150)


def edits(inserts, deletes):
    """Edits between requests, at most so many inserts on top and deletes anywhere in each."""
    return st.lists(
        st.tuples(st.integers(0, inserts), st.lists(st.integers(0, 70), max_size=deletes)), max_size=20
    )


def drift(style, length, edited):
    """Read a list while it is edited; gives what was read, and what stood in it all the while but wasn't."""
    book = book_of(style, length, edits=edited)
    found = read_all(*opened(book))
    return found, [number for number in range(length, 0, -1) if number not in {*found, *book.deleted}]


LENGTHS = st.integers(0, 60)


@SAMPLES
@given(LENGTHS, edits(30, 0))
@pytest.mark.parametrize("style", [PageNumbers(), Cursors()], ids=["numbers", "cursors"])
def test_inserts(style, length, edited) -> None:
    found, missing = drift(style, length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(SIZE - OVERLAP - 1, 0))
def test_inserts_into_offsets(length, edited) -> None:
    """Up to what leaves something new on the next page."""
    found, missing = drift(Offsets(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(0, SIZE // 2))
def test_deletes_from_page_numbers(length, edited) -> None:
    """Up to a page between two requests and the step back; half a page for each of them."""
    found, missing = drift(PageNumbers(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(0, OVERLAP))
def test_deletes_from_offsets(length, edited) -> None:
    found, missing = drift(Offsets(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(30, 30))
def test_edits_of_cursors(length, edited) -> None:
    found, missing = drift(Cursors(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(20, SIZE // 2))
@example(50, [(0, []), (0, [0, 0, 0]), (3, []), (0, []), (0, [0, 0, 0])])
def test_edits_of_page_numbers(length, edited) -> None:
    """Inserts that make up for deletes in the count don't hide them from the next comparison."""
    found, missing = drift(PageNumbers(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@SAMPLES
@given(LENGTHS, edits(SIZE - OVERLAP - 1, OVERLAP))
def test_edits_of_offsets(length, edited) -> None:
    found, missing = drift(Offsets(), length, edited)

    assert [] == missing
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("edited", "asked"),
    [
        ([(0, []), (0, [0, 1, 2])], "1 2 3 2 3 4"),
        ([(0, []), (1, []), (1, []), (1, [])], "1 2 3 2 3 4 3 4 5"),
    ],
    ids=["one edit", "edits while stepping back"],
)
def test_steps_back_once_when_the_count_changes(edited, asked) -> None:
    """A page that is read again starts no further step back, so a busy list is still read to its end."""
    book = book_of(PageNumbers(), 40, edits=edited)
    read_all(*opened(book))

    assert asked.split() == book.asked


def test_last_page_that_emptied_is_stepped_back_from() -> None:
    """Eleven runs on two pages: when one of the first page goes, the eleventh is no longer on the second."""
    book = book_of(PageNumbers(), 11, edits=[(0, [0])])

    assert list(range(11, 0, -1)) == read_all(*opened(book))
    assert ["1", "2", "1"] == book.asked


def test_total_that_grows_is_followed() -> None:
    book = book_of(PageNumbers(), 10, edits=[])
    book.numbers[:0] = range(15, 10, -1)
    book.edits = [(10, [])]
    found = read_all(*opened(book))

    assert set(range(1, 16)) <= set(found)


# ---- cursors


def pages(*bodies):
    """A server that answers each cursor with a page of its own."""
    table = dict(bodies)

    def serve(request, _):
        return reply(200, table[dict(request.params).get("cursor", "")])

    return serve


def test_empty_cursor_pages_are_no_end() -> None:
    world = World(
        pages(
            ("", {"numbers": [], "cursor": "a"}),
            ("a", {"numbers": [3], "cursor": "b"}),
            ("b", {"numbers": [], "cursor": "c"}),
            ("c", {"numbers": [2], "cursor": None}),
        )
    )

    assert [3, 2] == read_all(world, pager(world, Cursors()))


@pytest.mark.parametrize(
    ("bodies", "at"),
    [
        ([("", {"numbers": [1], "cursor": "a"}), ("a", {"numbers": [2], "cursor": "a"})], "a"),
        (
            [
                ("", {"numbers": [1], "cursor": "a"}),
                ("a", {"numbers": [2], "cursor": "b"}),
                ("b", {"numbers": [], "cursor": "a"}),
            ],
            "b",
        ),
    ],
    ids=["itself", "a circle"],
)
def test_repeated_cursor_raises(bodies, at) -> None:
    world = World(pages(*bodies))
    reader = pager(world, Cursors())

    with pytest.raises(PageError, match="repeats its cursor") as caught:
        read_all(world, reader)

    assert (at, at) == (caught.value.cursor, reader.cursor)


# ---- pages that fail


def failing(book, position, outcomes):
    """The book's server, but for a page whose first requests fail."""
    left = list(outcomes)

    def serve(request, now):
        if left and dict(request.params).get("cursor", "") == position:
            return left.pop(0)
        return book(request, now)

    return serve


FAILURES = [
    pytest.param(reply(503), id="503"),
    pytest.param(TransportError("reset", sent=True), id="reset"),
    pytest.param(reply(200, b"<html>"), id="html"),
    pytest.param(reply(200, {"items": []}), id="another shape"),
]
SECOND = {PageNumbers: "2", Offsets: "8", Cursors: "16"}


@pytest.mark.parametrize("style", STYLES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("failure", FAILURES)
def test_failing_page_is_retried(style, failure) -> None:
    world = World(failing(book_of(style, 25), SECOND[type(style)], [failure] * 3))

    assert list(range(25, 0, -1)) == read_all(world, pager(world, style))


def test_retries_wait_longer_each_time() -> None:
    world = World(failing(book_of(Cursors(), 5), "", [reply(503)] * 3))
    read_all(world, pager(world, Cursors()))

    assert [0.0, 0.85, 2.2, 4.55] == world.times()


@pytest.mark.parametrize("style", STYLES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("failure", FAILURES)
def test_page_that_keeps_failing_raises_and_resumes(style, failure) -> None:
    """Nothing of the list is lost between the error and what its cursor resumes, here or in another process."""
    second = SECOND[type(style)]
    world = World(failing(book_of(style, 25), second, [failure] * 8))
    reader = pager(world, style)
    first = numbers_of(world.run(reader.next_page()))

    with pytest.raises(PageError, match=f"Resume with cursor='{second}'") as caught:
        world.run(reader.next_page())
    assert (second, second) == (caught.value.cursor, reader.cursor)

    with pytest.raises(PageError):
        world.run(reader.next_page())
    assert list(range(25, 0, -1)) == first + read_all(world, reader)

    elsewhere = World(book_of(style, 25))
    resumed = read_all(elsewhere, pager(elsewhere, style, cursor=caught.value.cursor))
    assert set(range(25, 0, -1)) == {*first, *resumed}


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (404, NotFound)])
def test_refusal_is_raised_as_it_is_and_at_once(status, error) -> None:
    world = World(lambda *_: reply(status))
    reader = pager(world, PageNumbers())

    with pytest.raises(error):
        world.run(reader.next_page())

    assert 1 == len(world.sent)
    assert "1" == reader.cursor


# ---- bounds


@pytest.mark.parametrize("style", STYLES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, range(50, 0, -1)),
        (46, None, range(50, 45, -1)),
        (None, 3, range(3, 0, -1)),
        (20, 30, range(30, 19, -1)),
        (41, None, range(50, 40, -1)),
        (51, None, ()),
        (None, 0, ()),
    ],
)
def test_since_and_until_are_inclusive(style, since, until, expected) -> None:
    query = Query(*(None if hour is None else NOW + timedelta(hours=hour) for hour in (since, until)))
    world = World(book_of(style, 50))

    assert list(expected) == read_all(world, pager(world, style, query))


@pytest.mark.parametrize(("newest_first", "requests"), [(True, 1), (False, 5)])
def test_reading_ends_where_a_newest_first_list_is_past_since(newest_first, requests) -> None:
    query = Query(since=NOW + timedelta(hours=46))
    world = World(book_of(PageNumbers(), 50))
    reader = pager(world, PageNumbers(), query, newest_first=newest_first)

    assert list(range(50, 45, -1)) == read_all(world, reader)
    assert requests == len(world.sent)


BOUNDS = Query(NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("created", "started", "admitted", "past"),
    [
        (None, None, True, False),
        (0, None, True, False),
        (1, None, True, False),
        (-0.01, None, False, True),
        (1.01, None, False, False),
        (None, 0.5, True, False),
        (None, -0.5, False, True),
        (0.5, -0.5, True, False),
    ],
)
def test_query(created, started, admitted, past) -> None:
    times = [None if hours is None else NOW + timedelta(hours=hours) for hours in (created, started)]
    item = Run(ref(1), created_at=times[0], started_at=times[1])

    assert (admitted, past) == (BOUNDS.admits(item), BOUNDS.passed(Page((), 1, 1, oldest=oldest([item]))))


@pytest.mark.parametrize("name", ["since", "until"])
def test_bound_without_a_time_zone_is_refused(name) -> None:
    with pytest.raises(ValueError, match=f"{name} has no time zone"):
        Query(**{name: datetime(2026, 1, 1)})  # noqa: DTZ001 - that is the point


def test_the_end_stays_the_end() -> None:
    world, reader = opened(book_of(Cursors(), 5))
    read_all(world, reader)

    assert [] == world.run(reader.next_page())
    assert 1 == len(world.sent)


def test_window_of_remembered_refs_is_bounded() -> None:
    """A reader of a list without end holds a bounded number of refs."""
    size = 2_000

    def serve(request, _):
        page = int(dict(request.params).get("cursor", "0") or 0)
        return reply(200, {"numbers": list(range(page * size, (page + 1) * size)), "cursor": str(page + 1)})

    world = World(serve)
    reader = pager(world, Cursors())
    held = []
    for _ in range(12):
        assert size == len(world.run(reader.next_page()))
        held.append(len(reader._seen._newer) + len(reader._seen._older))

    assert 10_000 == max(held)
    assert 5_000 <= min(held[3:])


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 10).map(lambda half: 2 * half))
def test_a_window_knows_its_last_half_and_holds_no_more_than_its_size(numbers, size) -> None:
    window, added = Window(size), []
    for name in map(str, numbers):
        new = window.add(name)
        assert new or name in added
        if new:
            added.append(name)
        assert all(known in window for known in added[-(size // 2) :])
        assert len(window._newer | window._older) <= size


@pytest.mark.parametrize("length", [1, 2, 7, 40])
def test_a_loop_of_cursors_is_seen_however_long(length, monkeypatch) -> None:
    """Also one that is longer than what is remembered: here four cursors."""
    monkeypatch.setattr("omnirun.paging._WINDOW", 4)

    def serve(request, _):
        page = int(dict(request.params).get("cursor", "0") or 0)
        return reply(200, {"numbers": [page], "cursor": str((page + 1) % length)})

    world = World(serve)
    reader = pager(world, Cursors())

    def read_on() -> None:
        for _ in range(4 * length + 8):
            world.run(reader.next_page())

    with pytest.raises(PageError, match="repeats its cursor"):
        read_on()
