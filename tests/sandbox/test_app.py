import asyncio

import pytest

from omnirun import sandbox as package
from omnirun.sandbox import KEYS, Accepted, Sandbox, Served, create_app

PATHS = {
    "datafold": "/api/v1/monitors/42/runs",
    "firecrawl": "/monitor",
    "monid": "/v1/runs",
}
UNAUTHORIZED = {
    "datafold": {"detail": "Invalid API key"},
    "firecrawl": {"success": False, "error": "Unauthorized: Invalid token"},
    "monid": {"code": "UNAUTHORIZED", "message": "Invalid API key"},
}


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize("form", ["", "Key ", "Bearer ", "Basic ", "Key wrong", "Bearer wrong", "{key}"])
def test_only_the_right_key_in_the_right_form_opens(call, provider, form):
    answer = call(provider, "GET", PATHS[provider], key=form.format(key=KEYS[provider]))
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED[provider])


@pytest.mark.parametrize(
    ("provider", "prefix"), [("datafold", "Bearer "), ("firecrawl", "Key "), ("monid", "Key ")]
)
def test_one_provider_s_prefix_is_not_another_s(call, provider, prefix):
    assert call(provider, "GET", PATHS[provider], key=f"{prefix}{KEYS[provider]}").status_code == 401


@pytest.mark.parametrize("provider", PATHS)
def test_the_right_key_opens(call, provider):
    answer = call(provider, "GET", PATHS[provider])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize("provider", PATHS)
def test_a_method_that_is_not_there_is_answered_with_those_that_are(call, provider):
    answer = call(provider, "DELETE", PATHS[provider])
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize("name", ["%0A", "a%0Ab", "%0D%0A", "%E2%80%A8", "%00"])
def test_an_id_with_a_line_break_is_one_that_there_is_not(call, provider, name):
    """Not one for which the provider has no words."""
    path = {"datafold": "/api/v1/monitors/42/runs/", "firecrawl": "/monitor/", "monid": "/v1/runs/"}[provider]
    answer = call(provider, "GET", f"{path}{name}")
    assert answer.headers["content-type"] == "application/json"
    assert 400 <= answer.status_code < 500


def test_a_wrong_key_is_told_nothing_about_what_exists(call):
    assert call("datafold", "GET", "/api/v1/monitors/999/runs", key="Key wrong").status_code == 401


def test_the_log_has_every_request_in_order_and_the_bill_only_what_was_accepted(call, sandbox):
    run_id = call("datafold", "POST", "/api/v1/monitors/42/run").json()["run_id"]
    call("datafold", "POST", "/api/v1/monitors/999/run")
    call("monid", "GET", "/v1/runs?limit=3", key="Bearer wrong")
    assert sandbox.served == [
        Served("POST", "/datafold/api/v1/monitors/42/run", "", 200),
        Served("POST", "/datafold/api/v1/monitors/999/run", "", 404),
        Served("GET", "/monid/v1/runs", "limit=3", 401),
    ]
    assert sandbox.accepted == [Accepted("datafold", 42, str(run_id))]


def test_speed_holds_for_the_runs_triggered_after_it_was_set(call, clock, sandbox):
    def trigger():
        run_id = call("datafold", "POST", "/api/v1/monitors/42/run").json()["run_id"]
        return f"/api/v1/monitors/42/runs/{run_id}"

    slow = trigger()
    sandbox.speed = 10
    fast = trigger()
    clock.move(0.5)
    assert [call("datafold", "GET", path).json()["state"] for path in (slow, fast)] == ["created", "ok"]


def test_two_sandboxes_share_nothing(clock):
    one, other = Sandbox(clock), Sandbox(clock)
    one.begin(
        "datafold", one.datafold, 42, one.datafold_monitors[42].script, one.datafold_monitors[42].script.plan
    )
    assert (len(one.accepted), len(other.accepted)) == (1, 0)
    assert len(one.datafold.newest()) == len(other.datafold.newest()) + 1


def test_any_server_can_start_and_stop_it(sandbox):
    """With the messages of ASGI's lifespan, which our own server leaves out."""
    asked = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    told = []

    async def receive():
        return next(asked)

    async def send(message):
        told.append(message["type"])

    asyncio.run(create_app(sandbox)({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_package_offers_what_it_lists_and_nothing_else():
    assert dir(package) == sorted(package.__all__)
    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing
