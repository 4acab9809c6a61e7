import threading

import httpx
import pytest

from omnirun.sandbox import KEYS, Sandbox, running_sandbox


def test_it_answers_over_loopback_and_leaves_nothing_behind():
    before = set(threading.enumerate())
    with running_sandbox() as running:
        url = f"{running.base_urls['monid']}/v1/runs"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {KEYS['monid']}"})
        assert (answer.status_code, len(answer.json()["items"])) == (200, 10)
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_restart_knows_nothing_of_the_runs_before():
    counts = []
    for _ in range(2):
        with running_sandbox() as running:
            url = f"{running.base_urls['datafold']}/api/v1/monitors/45"
            headers = {"Authorization": f"Key {KEYS['datafold']}"}
            httpx.post(f"{url}/run", headers=headers)
            counts.append(httpx.get(f"{url}/runs", headers=headers).json()["count"])
    assert counts == [1, 1]


def test_it_ends_though_a_connection_is_still_open():
    with running_sandbox() as running, httpx.Client() as client:
        client.get(running.url)
        client_is_idle = running
    assert [served.status for served in client_is_idle.sandbox.served] == [404]


def test_a_sandbox_of_one_s_own_is_the_one_that_is_shown(clock):
    sandbox = Sandbox(clock, keys={**KEYS, "monid": "another"})
    with running_sandbox(sandbox) as running:
        assert running.sandbox is sandbox
        answer = httpx.get(
            f"{running.base_urls['monid']}/v1/runs", headers={"Authorization": "Bearer another"}
        )
    assert answer.status_code == 200


def test_two_run_beside_each_other_and_an_error_ends_both():
    def fail():
        with running_sandbox() as one, running_sandbox() as other:
            assert one.url != other.url
            raise LookupError

    before = set(threading.enumerate())
    with pytest.raises(LookupError):
        fail()
    assert set(threading.enumerate()) <= before


def test_the_environment_points_a_client_at_it():
    with running_sandbox() as running:
        assert running.environment == {
            "DATAFOLD_API_KEY": KEYS["datafold"],
            "DATAFOLD_BASE_URL": f"{running.url}/datafold",
            "FIRECRAWL_API_KEY": KEYS["firecrawl"],
            "FIRECRAWL_BASE_URL": f"{running.url}/firecrawl",
            "MONID_API_KEY": KEYS["monid"],
            "MONID_BASE_URL": f"{running.url}/monid",
        }
