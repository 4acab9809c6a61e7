from datetime import UTC, datetime, timedelta

import attrs
import pytest

RUNS = "/api/v1/monitors/42/runs"


def get(call, path):
    return call("datafold", "GET", f"/api/v1/monitors{path}")


def trigger(call, monitor=42):
    return call("datafold", "POST", f"/api/v1/monitors/{monitor}/run").json()["run_id"]


@pytest.mark.parametrize(
    ("monitor", "lives"),
    [
        (42, ["created", "checking", "checking", "ok"]),
        (43, ["created", "checking", "checking", "alert"]),
        (44, ["created", "checking", "checking", "error"]),
        (45, ["created", "checking", "checking", "learning"]),
        (46, ["created", "skipped", "skipped", "skipped"]),
        (47, ["created", "checking", "cancelled", "cancelled"]),
        (48, ["created", "queued", "checking", "checking"]),
    ],
)
def test_a_run_lives_through_its_states(call, clock, monitor, lives):
    run_id = trigger(call, monitor)
    seen = []
    for seconds in (0, 1, 2, 2):
        clock.move(seconds)
        seen.append(get(call, f"/{monitor}/runs/{run_id}").json()["state"])
    assert seen == lives


def test_a_run_says_when_it_started_and_what_went_wrong(call, clock):
    run_id = trigger(call, 44)
    young = get(call, f"/44/runs/{run_id}").json()
    clock.move(5)
    old = get(call, f"/44/runs/{run_id}").json()
    empty = {"started_at": None, "error": None, "diff_id": None, "warnings": []}
    assert young == {**empty, "run_id": run_id, "monitor_id": 44, "state": "created"}
    assert datetime.fromisoformat(old["started_at"]).timestamp() == clock.time - 4
    assert (old["error"], old["diff_id"] is None) == ("relation ORDERS does not exist", False)


def test_a_list_item_has_neither_error_nor_warnings(call):
    item = get(call, "/44/runs").json()["runs"][0]
    assert set(item) == {"run_id", "monitor_id", "state", "started_at", "diff_id"}


def test_the_history_has_ten_runs_a_page_and_ends(call):
    pages = call.pages(
        "datafold",
        lambda _, number: f"{RUNS}?page={number + 1}",
        more=lambda page: page["page"] < page["total_pages"],
    )
    runs = [run["run_id"] for page in pages for run in page["runs"]]
    assert [len(page["runs"]) for page in pages] == [10] * 23 + [4]
    assert {(page["count"], page["page_size"], page["total_pages"]) for page in pages} == {(234, 10, 24)}
    assert (runs, len(set(runs))) == (sorted(runs, reverse=True), 234)


def test_a_page_past_the_end_is_empty(call):
    page = get(call, "/42/runs?page=25").json()
    assert (page["runs"], page["page"], page["total_pages"]) == ([], 25, 24)


def test_a_monitor_without_runs_has_no_pages(call):
    page = get(call, "/45/runs").json()
    assert (page["runs"], page["count"], page["total_pages"]) == ([], 0, 0)


@pytest.mark.parametrize(
    ("query", "count"),
    [("start_time={early}", 2), ("end_time={early}", 233), ("start_time={early}&end_time={early}", 1)],
)
@pytest.mark.parametrize("spelling", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"])
def test_both_bounds_of_a_time_range_belong_to_it(call, clock, query, count, spelling):
    early = datetime.fromtimestamp(clock.time, UTC) - timedelta(days=2)
    assert get(call, f"/42/runs?{query.format(early=early.strftime(spelling))}").json()["count"] == count


@pytest.mark.parametrize(
    ("path", "place", "kind"),
    [
        ("/x/runs", ["path", "id"], "int_parsing"),
        ("/42/runs/x", ["path", "run_id"], "int_parsing"),
        ("/42/runs?page=0", ["query", "page"], "greater_than_equal"),
        ("/42/runs?page_size=x", ["query", "page_size"], "int_parsing"),
        ("/42/runs?start_time=noon", ["query", "start_time"], "datetime_from_date_parsing"),
    ],
)
def test_a_bad_parameter_is_a_422_that_names_it(call, path, place, kind):
    answer = get(call, path)
    (problem,) = answer.json()["detail"]
    assert (answer.status_code, problem["loc"], problem["type"]) == (422, place, kind)
    assert problem["msg"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/999/runs", "Monitor not found"),
        ("/42/runs/999999", "Monitor run not found"),
        ("/43/runs/1049", "Monitor run not found"),
    ],
)
def test_what_is_not_there_is_a_404(call, path, detail):
    answer = get(call, path)
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_a_run_is_only_found_under_its_own_monitor(call):
    run_id = trigger(call, 42)
    assert [get(call, f"/{monitor}/runs/{run_id}").status_code for monitor in (42, 43)] == [200, 404]


def test_the_list_of_monitors(call):
    first = call("datafold", "GET", "/api/v1/monitors?page_size=3").json()
    assert (first["count"], first["page"], first["page_size"], first["total_pages"]) == (7, 1, 3, 3)
    assert first["monitors"][0] == {"id": 42, "name": "Monitor 42"}
    assert call("datafold", "GET", "/api/v1/monitors").json()["page_size"] == 20
    last = call("datafold", "GET", "/api/v1/monitors?page=3&page_size=3").json()["monitors"]
    assert [monitor["id"] for monitor in last] == [48]
    down = call("datafold", "GET", "/api/v1/monitors?sort_order=desc&order_by=id").json()["monitors"]
    assert [monitor["id"] for monitor in down] == [48, 47, 46, 45, 44, 43, 42]


def test_monitors_with_a_tag(call, sandbox):
    monitors = {
        **sandbox.datafold_monitors,
        7: attrs.evolve(sandbox.datafold_monitors[42], id=7, name="Orders", tags=("eu", "daily")),
    }
    sandbox.datafold_monitors = monitors
    for query, found in (("tags=eu", [7]), ("tags=eu&tags=daily", [7]), ("tags=eu&tags=us", [])):
        answer = call("datafold", "GET", f"/api/v1/monitors?{query}").json()
        assert ([monitor["id"] for monitor in answer["monitors"]], answer["count"]) == (found, len(found))
