"""Histories and items on the wire, while the lists shift, fail, go round, or point elsewhere."""

from __future__ import annotations

import socket

import pytest

from omnirun import PageError
from omnirun.sandbox.faults import Answer, Elsewhere, Lag, Repeat, Reset, Shift, Spoil
from tests.wire.conftest import LONG, named

PROVIDERS = ("datafold", "firecrawl", "monid")


def past(where, age=0.0):
    """The runs a target has that are no younger than so many seconds, newest first, by id."""
    sandbox = where.running.sandbox
    runs = getattr(sandbox, where.target.provider).newest_of(where.id)
    return [run.id for run in runs if run.life.began <= sandbox.clock() - age]


def read(client, where, **options):
    return [named(run.ref) for run in client.history(where.target, **options)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_inserted_between_pages_is_neither_missed_nor_read_twice(client, place, provider):
    where = place(provider, LONG)
    before = past(where)
    told = where.fault_lists(Shift(insert=7), skip=1, times=2)
    ids = read(client, where)
    assert (len(set(ids)), told.fired) == (len(ids), 2)
    assert set(before) <= set(ids)


@pytest.mark.parametrize(("provider", "most"), [("datafold", 7), ("firecrawl", 20), ("monid", 7)])
def test_what_is_deleted_between_pages_hides_nothing(client, place, provider, most):
    """Offset lists overlap by a fifth of a page, page numbers step a page back; a cursor stays where it is."""
    where = place(provider, LONG)
    told = where.fault_lists(Shift(delete=most), skip=1, times=1) if provider != "monid" else None
    ids = read(client, where)
    assert set(past(where)) <= set(ids)
    assert len(ids) == len(set(ids))
    assert told is None or told.fired == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_page_is_retried_not_only_the_first(client, place, provider):
    where = place(provider, LONG)
    faults = (Answer(502), Reset("answering"), Spoil("cut"), Answer(429, retry_after=1))
    told = [where.fault_lists(fault, skip=skip) for fault, skip in zip(faults, (1, 1, 2, 2), strict=True)]
    assert set(past(where)) <= set(read(client, where))
    assert [rule.fired for rule in told] == [1, 1, 1, 1]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_page_that_never_comes_is_an_error_that_can_be_resumed_from(open_client, place, provider):
    where = place(provider, LONG)
    client = open_client()
    told = where.fault_lists(Answer(500), skip=1, times=None)
    with pytest.raises(PageError, match="HTTP 500") as caught:
        read(client, where)
    assert told.fired == 4
    where.faults.clear()
    whole = read(client, where)
    rest = read(open_client(), where, cursor=caught.value.cursor)
    assert len(rest) < len(whole)
    assert set(read(client, where, limit=100)) | set(rest) == set(whole)


def test_a_cursor_that_repeats_is_an_error_and_not_a_circle(client, place):
    where = place("monid", LONG)
    where.fault_lists(Repeat(), skip=1, times=None)
    with pytest.raises(PageError, match="repeats its cursor"):
        read(client, where)
    assert len(where.served("GET")) < 1000


def test_a_link_to_another_origin_is_not_followed(client, place):
    """Not even to a server that would answer: the key never leaves."""
    where = place("firecrawl")
    run = client.run(where.target, timeout=10_000)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.05)
        told = where.fault_reads(Elsewhere(f"http://127.0.0.1:{elsewhere.getsockname()[1]}"), times=None)
        items = list(client.items(run))
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert len(items) == len({item["url"] for item in items}) == 252
    assert told.fired == 3


def test_a_list_from_a_replica_is_old_and_whole(client, place):
    where = place(number=LONG)
    lag = 5.5 * 3600
    where.fault_lists(Lag(lag), times=None)
    ids = read(client, where)
    assert ids == past(where, lag)
    assert set(ids) < set(past(where))
