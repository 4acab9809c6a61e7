"""Webhook deliveries: signatures, what a delivery says, and waits that end because of one."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from omnirun import BadSignature, Outcome, Phase, Verdict, firecrawl
from omnirun.waiting import Waiting
from tests.overlay.services import Firecrawl, uuid
from tests.overlay.virtual import START, World

SECRET = "whsec"
MONITOR, CHECK = uuid(1), "019df960-5f2a-75fb-a98b-bd2d32ca67d4"
BEGAN = 0x019DF9605F2A / 1000
COMPLETED = {
    "success": True,
    "type": "monitor.check.completed",
    "id": CHECK,
    "webhookId": "d1",
    "data": [
        {"checkId": CHECK, "monitorId": MONITOR, "status": "completed", "summary": {"changed": 1, "same": 1}}
    ],
    "metadata": {},
}
PAGE = COMPLETED | {
    "type": "monitor.page",
    "data": [{"checkId": CHECK, "monitorId": MONITOR, "status": "changed", "url": "https://example.com"}],
}


def signed(payload, secret=SECRET, name="X-Firecrawl-Signature"):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return body, {name: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def read(payload, **rest):
    return firecrawl.read_webhook(*signed(payload), SECRET, **rest)


def test_the_end_of_a_check():
    event = read(COMPLETED, now=BEGAN + 90, account="eu")
    assert str(event.ref) == f"firecrawl@eu:monitors/{MONITOR}/checks/{CHECK}"
    assert (event.kind, event.delivery, event.replayed, event.age) == ("completed", "d1", False, 90.0)
    assert (event.run.phase, event.run.outcome, event.run.verdict) == (
        Phase.FINISHED,
        Outcome.SUCCESS,
        Verdict.ALERT,
    )
    assert event.run.ref == event.ref


def test_a_page_is_no_end():
    event = read(PAGE)
    assert (event.kind, event.run.phase, event.run.outcome) == ("page", Phase.RUNNING, None)
    assert event.body["data"][0]["url"] == "https://example.com"


def test_a_replay_is_told():
    seen = set()
    assert [read(COMPLETED, seen=seen).replayed for _ in range(2)] == [False, True]
    assert not read(COMPLETED | {"webhookId": "d2"}, seen=seen).replayed


def test_an_id_that_holds_no_time_has_no_age():
    check = "8c5e6c5e-3b1e-4b8e-9d3e-0123456789ab"
    assert read(COMPLETED | {"id": check}).age is None


@pytest.mark.parametrize(
    ("change", "secret", "message"),
    [
        (lambda body, headers: (body + b" ", headers), SECRET, "not signed with this secret"),
        (lambda body, headers: (body, {}), SECRET, "is not signed"),
        (
            lambda body, headers: (body, {"x-firecrawl-signature": "sha256="}),
            SECRET,
            "not signed with this secret",
        ),
        (lambda body, headers: (body, {"x-firecrawl-signature": "ä"}), SECRET, "not signed with this secret"),
        (lambda body, headers: (body, headers), "other", "not signed with this secret"),
        (lambda body, headers: (body, headers), "", "no secret is given"),
    ],
)
def test_what_is_not_signed_is_refused(change, secret, message):
    with pytest.raises(BadSignature, match=message):
        firecrawl.read_webhook(*change(*signed(COMPLETED)), secret)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{cut",
        b"[1]",
        b"[" * 100_000,
        COMPLETED | {"type": "crawl.page"},
        COMPLETED | {"data": []},
        COMPLETED | {"data": [{"monitorId": "x"}]},
        COMPLETED | {"data": 5},
        COMPLETED | {"id": "x"},
        COMPLETED | {"id": None},
        {name: value for name, value in COMPLETED.items() if name != "webhookId"},
    ],
    ids=range(11),
)
def test_what_is_signed_and_no_delivery_of_a_monitors_is_refused(payload):
    with pytest.raises(BadSignature, match="is none of a monitor's"):
        read(payload)


def test_header_names_may_be_in_any_case():
    body, headers = signed(COMPLETED, name="x-FIRECRAWL-signature")
    assert firecrawl.read_webhook(body, headers, SECRET).kind == "completed"


def waiting(world, ref):
    wait = Waiting(world.engine, world, [str(ref)], None, None)
    wait.begin()
    return wait


@pytest.mark.parametrize(("payload", "ends"), [(COMPLETED, 701.0), (PAGE, None)], ids=["completed", "page"])
def test_a_wait_ends_when_a_delivery_says_so(payload, ends):
    """A wait that polls twice a minute hears of the end within a request, and is not fooled by the end of a page."""
    event = read(payload)
    world = World(Firecrawl({(MONITOR, CHECK): 700}), latency=0.0)
    wait = waiting(world, event.ref)
    world.at(701, lambda: world.call(world.engine.noticing(event)))
    run = world.run(wait.next()).unwrap()
    assert run.finished
    assert run.raw["createdAt"], "the run itself was read, not the delivery believed"
    assert (world.time - START == ends) if ends else (world.time - START > 702)


def test_a_delivery_that_is_too_early_ends_nothing():
    event = read(COMPLETED)
    world = World(Firecrawl({(MONITOR, CHECK): 100}), latency=0.0)
    wait = waiting(world, event.ref)
    for at in (20, 21, 22):
        world.at(at, lambda: world.call(world.engine.noticing(event)))
    assert world.run(wait.next()).unwrap().finished
    assert world.time - START >= 100


def test_a_delivery_for_nobody_asks_for_nothing():
    world = World(Firecrawl({}))
    world.call(world.engine.noticing(read(COMPLETED)))
    assert world.sent == []
