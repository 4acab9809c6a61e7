from urllib.parse import urlsplit
from uuid import UUID

import attrs
import pytest

CHANGED, SAME, PARTIAL, FAILED, NO_CREDITS, PAUSED = (
    f"/monitor/0199a1b2-0000-7000-8000-{number:012d}" for number in range(1, 7)
)


def get(call, path):
    return call("firecrawl", "GET", path)


def trigger(call, monitor):
    return call("firecrawl", "POST", f"{monitor}/run")


@pytest.mark.parametrize(
    ("monitor", "lives", "billing"),
    [
        (CHANGED, ["queued", "running", "completed"], ["reserved", "reserved", "confirmed"]),
        (PARTIAL, ["queued", "running", "partial"], ["reserved", "reserved", "confirmed"]),
        (FAILED, ["queued", "running", "failed"], ["reserved", "reserved", "released"]),
        (NO_CREDITS, ["queued", *["skipped_no_credits"] * 2], ["reserved", *["not_applicable"] * 2]),
    ],
)
def test_a_check_lives_through_its_states(call, clock, monitor, lives, billing):
    check_id = trigger(call, monitor).json()["id"]
    seen = []
    for seconds in (0, 1, 5):
        clock.move(seconds)
        check = get(call, f"{monitor}/checks/{check_id}").json()["data"]
        seen.append((check["status"], check["billingStatus"]))
    assert seen == [*zip(lives, billing, strict=True)]


def test_a_trigger_answers_with_the_whole_check(call):
    body = trigger(call, CHANGED).json()
    check = body["data"]
    assert (body["success"], body["id"]) == (True, check["id"])
    assert (check["status"], check["trigger"], check["scheduledFor"]) == ("queued", "manual", None)
    assert (check["startedAt"], check["finishedAt"], check["summary"]["totalPages"]) == (None, None, 0)


def test_a_finished_check_has_its_times_and_its_summary(call, clock):
    check_id = trigger(call, CHANGED).json()["id"]
    clock.move(6)
    check = get(call, f"{CHANGED}/checks/{check_id}").json()["data"]
    expected = {"totalPages": 60, "same": 57, "changed": 1, "new": 1, "removed": 1, "error": 0}
    assert check["summary"] == expected
    assert check["createdAt"] < check["startedAt"] < check["finishedAt"] == check["updatedAt"]


def test_a_second_trigger_is_a_conflict_that_names_the_first(call, clock):
    check_id = trigger(call, SAME).json()["id"]
    again = trigger(call, SAME)
    clock.move(6)
    assert (again.status_code, again.json()) == (
        409,
        {"success": False, "error": "Monitor check is already running.", "checkId": check_id},
    )
    assert trigger(call, SAME).status_code == 200


def test_a_careless_monitor_takes_two_quick_triggers_and_has_both_paid(call, clock, sandbox):
    monitor = UUID(SAME.rpartition("/")[2])
    careless = attrs.evolve(sandbox.firecrawl_monitors[monitor], careless=2.0)
    sandbox.firecrawl_monitors = {**sandbox.firecrawl_monitors, monitor: careless}
    statuses = [trigger(call, SAME).status_code for _ in range(2)]
    clock.move(2)
    assert [*statuses, trigger(call, SAME).status_code] == [200, 200, 409]
    assert [item.target for item in sandbox.accepted] == [monitor, monitor]


def test_a_paused_monitor_is_a_conflict_that_names_no_check(call):
    answer = trigger(call, PAUSED)
    assert (answer.status_code, answer.json()) == (409, {"success": False, "error": "Monitor is paused."})


@pytest.mark.parametrize(("limit", "sizes"), [("", [25] * 6 + [10]), ("&limit=40", [40] * 4 + [0])])
def test_the_checks_are_listed_by_offset_without_a_total(call, limit, sizes):
    size = sizes[0]
    pages = call.pages(
        "firecrawl",
        lambda _, number: f"{CHANGED}/checks?offset={number * size}{limit}",
        more=lambda page: len(page["data"]) == size,
    )
    checks = [check for page in pages for check in page["data"]]
    assert [len(page["data"]) for page in pages] == sizes
    assert {frozenset(page) for page in pages} == {frozenset({"success", "data"})}
    assert len({check["id"] for check in checks}) == 160
    assert checks == sorted(checks, key=lambda check: check["createdAt"], reverse=True)


def test_the_checks_can_be_filtered_by_status(call):
    checks = get(call, f"{CHANGED}/checks?status=skipped_overlap&limit=100").json()["data"]
    assert [check["status"] for check in checks] == ["skipped_overlap"] * 40
    assert {(check["startedAt"], check["trigger"]) for check in checks} == {(None, "scheduled")}


def test_the_pages_of_a_check_follow_next_to_the_end(call, clock):
    check_id = trigger(call, CHANGED).json()["id"]
    clock.move(6)

    def path(page, _):
        if page is None:
            return f"{CHANGED}/checks/{check_id}"
        link = urlsplit(page["next"])
        assert link.netloc == "testserver"
        return f"{link.path.removeprefix('/firecrawl')}?{link.query}"

    pages = call.pages("firecrawl", path, more=lambda page: "next" in page)
    assert [len(page["data"]["pages"]) for page in pages] == [25, 25, 10]
    assert [page["data"].get("next") for page in pages] == [page.get("next") for page in pages]
    assert len({found["url"] for page in pages for found in page["data"]["pages"]}) == 60


def test_a_filter_on_the_pages_of_a_check_stays_in_next(call, clock):
    check_id = trigger(call, CHANGED).json()["id"]
    clock.move(6)
    body = get(call, f"{CHANGED}/checks/{check_id}?status=same&limit=2&skip=1").json()
    assert {page["status"] for page in body["data"]["pages"]} == {"same"}
    assert body["next"].endswith(f"{check_id}?status=same&limit=2&skip=3")


def test_a_check_that_runs_has_no_pages_yet(call, clock):
    check_id = trigger(call, CHANGED).json()["id"]
    clock.move(5)
    body = get(call, f"{CHANGED}/checks/{check_id}?limit=1").json()
    assert (body["data"]["pages"], "next" in body) == ([], False)


def test_a_monitor_shows_its_check_while_it_runs(call, clock):
    def shown():
        monitors = get(call, "/monitor").json()["data"]
        return next(monitor for monitor in monitors if monitor["id"] == SAME.removeprefix("/monitor/"))

    idle = shown()
    check_id = trigger(call, SAME).json()["id"]
    running = shown()
    clock.move(6)
    assert [state["currentCheckId"] for state in (idle, running, shown())] == [None, check_id, None]
    assert idle["lastCheckSummary"]["same"] == 3


def test_the_monitors_are_listed_by_offset(call):
    sizes = [len(get(call, f"/monitor?limit=4&offset={offset}").json()["data"]) for offset in (0, 4, 8)]
    assert sizes == [4, 2, 0]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/monitor/0199a1b2-0000-7000-8000-000000000099/checks", 404, "Monitor not found"),
        (f"{CHANGED}/checks/0199a1b2-0000-7000-8000-000000000099", 404, "Check not found"),
        ("/nowhere", 404, "Not Found"),
        ("/monitor/x/checks", 400, "Bad Request"),
        (f"{CHANGED}/checks/x", 400, "Bad Request"),
        (f"{CHANGED}/checks?limit=0", 400, "Bad Request"),
        (f"{CHANGED}/checks?limit=101", 400, "Bad Request"),
        (f"{CHANGED}/checks?offset=-1", 400, "Bad Request"),
        ("/monitor?limit=x", 400, "Bad Request"),
    ],
)
def test_an_error_has_firecrawl_s_body(call, path, status, body):
    answer = get(call, path)
    error = answer.json()
    assert (answer.status_code, error["success"], error["error"]) == (status, False, body)
    assert ("details" in error, error.get("code")) == (
        (True, "BAD_REQUEST") if status == 400 else (False, None)
    )
