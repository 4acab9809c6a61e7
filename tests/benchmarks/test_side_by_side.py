"""The harness of `make bench`, as far as it runs without the peers: arithmetic, its server's bytes, its providers."""

from __future__ import annotations

import json

import pytest

from benchmarks.side_by_side import bodies, providers, report
from benchmarks.side_by_side.rounds import Figure, Row, exactly, interleaved, ratios, spread
from benchmarks.side_by_side.server import Answers
from omnirun import datafold, firecrawl, monid
from omnirun.waiting import Waiting
from omnirun_raw.http import Response
from tests.overlay.virtual import START, World


def test_a_ratio_is_taken_within_a_round():
    assert Figure(2.0, 2.0, 2.0) == ratios([2.0, 20.0, 6.0], [1.0, 10.0, 3.0])
    assert Figure(3.0, 2.0, 4.0) == spread([1.0, 2.0, 3.0, 4.0, 5.0])


def test_every_subject_is_measured_once_a_round_in_turns():
    order = []

    def subject(name):
        def once():
            order.append(name)
            return float(len(order))

        return once

    found = interleaved({name: subject(name) for name in "abc"}, 2)
    assert "abc abc bca".replace(" ", "") == "".join(order)
    assert {"a": [4.0, 9.0], "b": [5.0, 7.0], "c": [6.0, 8.0]} == found


@pytest.mark.parametrize(
    ("value", "more", "worse"),
    [(1.14, False, 0), (1.16, False, 1), (0.5, False, 0), (0.88, True, 0), (0.86, True, 1), (2.0, True, 0)],
)
def test_what_became_worse_than_recorded(value, more, worse, record):
    record(Row("case", "ours", "theirs", exactly(1.0), 1.1, more=more))
    found = report.worse([Row("case", "ours", "theirs", exactly(value), 1.1, more=more)])
    assert worse == len(found)


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Records rows, in a place of the test's own."""
    monkeypatch.setattr(report, "RECORD", tmp_path / "results.json")
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(report, "version", lambda _: "1")
    return lambda *rows: report.write(rows)


def test_only_what_is_worse_twice_has_become_worse(record):
    """Another row that is worse the second time only was not suspected, and a family that looks well is left alone."""

    def row(case, value):
        return Row(case, "ours", "theirs", exactly(value), 1.1)

    record(row("once", 1.0), row("twice", 1.0), row("later", 1.0), row("well", 1.0))
    first = {"gets": [row("once", 2.0), row("twice", 2.0), row("later", 1.0)], "pages": [row("well", 1.0)]}
    second = {"gets": [row("once", 1.0), row("twice", 3.0), row("later", 2.0)]}
    (found,) = report.confirmed(first, second.__getitem__)
    assert found.startswith("twice: ours / theirs: 3 x")


def test_a_goal_is_met_or_said_not_to_be():
    assert "(at most 1.1: NOT MET)" in report.line(Row("get", "ours", "theirs", exactly(1.2), 1.1))
    assert "(at least 4: met)" in report.line(Row("get", "ours", "theirs", exactly(5.0), 4.0, more=True))


def test_the_server_answers_what_the_providers_read():
    answers = Answers(250)
    content = answers.of(f"/v1/runs/{bodies.RUN}").partition(b"\r\n\r\n")[2]
    run = monid.PROVIDER.read(monid.Workspace().run(f"runs/{bodies.RUN}"), Response(200, {}, content), START)
    assert run.finished
    cursors = [
        json.loads(answers.of(f"/v1/runs?cursor={first}").partition(b"\r\n\r\n")[2])["cursor"]
        for first in (0, 100, 200)
    ]
    assert ["100", "200", None] == cursors
    assert answers.of("/nowhere").startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    ("content", "listing"),
    [
        (bodies.datafold_page(range(3), 1, 1), datafold.PROVIDER.history(datafold.Monitor(42))),
        (bodies.firecrawl_page(range(3)), firecrawl.PROVIDER.history(firecrawl.Monitor(bodies.MONITOR))),
        (bodies.monid_page(range(3), None), monid.PROVIDER.history(monid.Workspace())),
    ],
    ids=["datafold", "firecrawl", "monid"],
)
def test_the_pages_hold_finished_runs(content, listing):
    runs = listing.read(Response(200, {}, content), START).items
    assert [True] * 3 == [run.finished for run in runs]


@pytest.mark.parametrize("kind", [providers.Monid, providers.Datafold, providers.Firecrawl])
def test_the_simulated_providers_end_every_run_when_it_ends(kind):
    ends = [float(number) for number in range(1, 121)]
    provider = kind(ends, START)
    world = World(provider, latency=0.05)
    waiting = Waiting(world.engine, world, provider.refs, None, None)
    seen = {}
    while (attempt := world.run(waiting.next())) is not None:
        assert attempt.unwrap().finished
        seen[str(attempt.ref)] = world.time - START
    assert set(provider.refs) == set(seen)
    assert all(seen[ref] >= end for ref, end in zip(provider.refs, ends, strict=True))
    assert provider.lists
    assert provider.gets >= len(ends)
