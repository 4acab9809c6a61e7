import pytest


def start(call, endpoint="/apidojo/tweet-scraper", provider="apify", **more):
    body = {"provider": provider, "endpoint": endpoint, "input": {"searchTerms": ["AI"]}, **more}
    return call("monid", "POST", "/v1/run", json=body)


def get(call, path):
    return call("monid", "GET", path)


@pytest.mark.parametrize(
    ("endpoint", "lives"),
    [
        ("/apidojo/tweet-scraper", ["RUNNING", "RUNNING", "COMPLETED"]),
        ("/sandbox/failing", ["RUNNING", "RUNNING", "FAILED"]),
        ("/sandbox/ready", ["READY", "RUNNING", "COMPLETED"]),
        ("/sandbox/slow", ["RUNNING", "RUNNING", "RUNNING"]),
    ],
)
def test_a_run_lives_through_its_states(call, clock, endpoint, lives):
    run_id = start(call, endpoint).json()["runId"]
    seen = []
    for seconds in (0, 1, 4):
        clock.move(seconds)
        seen.append(get(call, f"/v1/runs/{run_id}").json()["status"])
    assert seen == lives


def test_a_run_that_takes_too_long_is_timed_out(call, clock):
    run_id = start(call, "/sandbox/slow").json()["runId"]
    clock.move(120)
    run = get(call, f"/v1/runs/{run_id}").json()
    assert (run["status"], "providerResponse" in run) == ("TIMED_OUT", False)


def test_a_start_is_accepted_with_a_price_and_no_output(call):
    answer = start(call)
    body = answer.json()
    assert answer.status_code == 202
    assert body["price"] == {"type": "PER_CALL", "amount": 0.003, "currency": "USD"}
    assert (body["providerName"], body["status"], "output" in body) == ("Apify", "RUNNING", False)


def test_a_finished_run_has_output_cost_and_the_provider_s_status(call, clock):
    run_id = start(call).json()["runId"]
    clock.move(5)
    run = get(call, f"/v1/runs/{run_id}").json()
    assert run["providerResponse"] == {"httpStatus": 200, "error": None}
    assert (len(run["output"]), run["cost"]) == (10, 0.003)


def test_the_data_provider_s_own_failure_is_a_completed_run(call, clock):
    run_id = start(call, "/sandbox/missing").json()["runId"]
    clock.move(5)
    run = get(call, f"/v1/runs/{run_id}").json()
    assert (run["status"], run["providerResponse"]["httpStatus"]) == ("COMPLETED", 404)


@pytest.mark.parametrize(
    ("endpoint", "http_status", "status"),
    [
        ("/sandbox/search", 200, "COMPLETED"),
        ("/sandbox/limited", 429, "COMPLETED"),
        ("/sandbox/blocked", 200, "BLOCKED"),
    ],
)
def test_a_synchronous_endpoint_answers_with_the_run_itself(call, sandbox, endpoint, http_status, status):
    answer = start(call, endpoint, "exa")
    assert (answer.status_code, answer.json()["status"]) == (http_status, status)
    assert [accepted.run_id for accepted in sandbox.accepted] == [answer.json()["runId"]]


def test_an_empty_wallet_begins_no_run(call, sandbox):
    answer = start(call, "/sandbox/expensive", "exa")
    assert (answer.status_code, set(answer.json()), sandbox.accepted) == (402, {"code", "message"}, [])


def test_the_list_covers_the_workspace_by_cursor_and_ends_on_null(call):
    pages = call.pages(
        "monid",
        lambda page, _: "/v1/runs" if page is None else f"/v1/runs?cursor={page['cursor']}",
        more=lambda page: page["cursor"] is not None,
    )
    items = [item for page in pages for item in page["items"]]
    assert [len(page["items"]) for page in pages] == [10] * 22 + [8]
    assert len({item["runId"] for item in items}) == 228
    assert {item["endpoint"] for item in items} == {"/apidojo/tweet-scraper", "/sandbox/failing"}
    assert items == sorted(items, key=lambda item: item["createdAt"], reverse=True)
    assert not [item for item in items if "output" in item]


def test_a_run_that_is_added_while_one_reads_shifts_nothing(call):
    first = get(call, "/v1/runs").json()
    start(call)
    second = get(call, f"/v1/runs?cursor={first['cursor']}").json()
    assert not {item["runId"] for item in first["items"]} & {item["runId"] for item in second["items"]}


def test_a_last_page_that_is_full_ends_too(call):
    pages = [get(call, "/v1/runs?limit=76").json()]
    for _ in range(2):
        pages.append(get(call, f"/v1/runs?limit=76&cursor={pages[-1]['cursor']}").json())
    assert [(len(page["items"]), page["cursor"] is None) for page in pages] == [
        (76, False),
        (76, False),
        (76, True),
    ]


def test_a_run_can_be_stopped_once(call, clock):
    run_id = start(call).json()["runId"]
    stopped = call("monid", "POST", f"/v1/runs/{run_id}/stop")
    again = call("monid", "POST", f"/v1/runs/{run_id}/stop")
    clock.move(1)
    late = call("monid", "POST", f"/v1/runs/{run_id}/stop")
    assert (stopped.status_code, again.status_code, late.status_code) == (202, 409, 409)
    assert get(call, f"/v1/runs/{run_id}").json()["status"] == "STOPPED"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/runs/nothing", 404, "NOT_FOUND"),
        ("/v1/nothing", 404, "NOT_FOUND"),
        ("/v1/run", 405, "METHOD_NOT_ALLOWED"),
        ("/v1/runs?limit=0", 400, "BAD_REQUEST"),
        ("/v1/runs?limit=101", 400, "BAD_REQUEST"),
        ("/v1/runs?cursor=%C3%BC", 400, "BAD_REQUEST"),
        ("/v1/runs?cursor=bm90aGluZw==", 400, "BAD_REQUEST"),
    ],
)
def test_an_error_has_monid_s_body(call, path, status, code):
    answer = get(call, path)
    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (
        status,
        code,
        {"code", "message"},
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"provider": "apify", "input": []}', "endpoint, input"),
    ],
)
def test_a_body_that_can_t_be_read_begins_no_run(call, sandbox, content, words):
    answer = call("monid", "POST", "/v1/run", content=content)
    assert (answer.status_code, sandbox.accepted) == (400, [])
    assert words in answer.json()["message"]


def test_an_endpoint_that_is_not_there_begins_no_run(call, sandbox):
    assert (start(call, "/nobody/nothing").status_code, sandbox.accepted) == (404, [])


def test_every_answer_has_a_request_id(call):
    ids = {get(call, path).headers["x-request-id"] for path in ("/v1/runs", "/v1/runs/nothing", "/v1/runs")}
    assert len(ids) == 3
