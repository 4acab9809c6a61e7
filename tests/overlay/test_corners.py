"""What seldom happens: defects, news that come too late, callers that leave in the middle."""

from __future__ import annotations

import asyncio
import threading
import time

import attrs
import httpx
import pytest

from omnirun import (
    Account,
    AsyncClient,
    BadRef,
    Client,
    ClientClosed,
    Conflict,
    OmnirunError,
    PageError,
    Provider,
    UnreadableReply,
    Unsupported,
    WaitTimeout,
    datafold,
    firecrawl,
    monid,
)
from omnirun.clock import moment
from omnirun.datafold import Datafold as DatafoldProvider
from omnirun.firecrawl import Firecrawl as FirecrawlProvider
from omnirun.policy import WaitPolicy
from omnirun.provider import Site
from omnirun.recovery import candidates
from omnirun.roster import Event, Kind
from omnirun.run import Run
from omnirun.scheduler import Step
from omnirun.scripts import Ended
from omnirun.waiting import Waiting
from omnirun.webhooks import Event as Delivery
from tests.overlay.services import Datafold, Firecrawl, uuid
from tests.overlay.virtual import START, World, reply

FAST = WaitPolicy(first=0.01, step=0.01, cap=0.05, retry_first=0.01, retry_cap=0.02)
KEYS = {"DATAFOLD_API_KEY": "df-secret"}
REF = "datafold:monitors/42/runs/7"
OTHER = "datafold:monitors/42/runs/8"
OK = {"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}
REQUEST = DatafoldProvider().get(datafold.Monitor(42).run("monitors/42/runs/7"))


def until(condition):
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.002)


async def until_async(condition):
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "it never came"
        await asyncio.sleep(0.002)


def sync_client(handler, **rest):
    return Client(
        environ=KEYS,
        policy=FAST,
        http_client=lambda **_: httpx.Client(transport=httpx.MockTransport(handler)),
        **rest,
    )


def async_client(handler, **rest):
    return AsyncClient(
        environ=KEYS,
        policy=FAST,
        http_client=lambda **_: httpx.AsyncClient(transport=httpx.MockTransport(handler)),
        **rest,
    )


def answer(_):
    return httpx.Response(200, json=OK)


def one_step():
    yield Step(REQUEST, "datafold")


def broken(*_):
    raise ZeroDivisionError("a defect")


# ---- drivers


def senders(before):
    return [t for t in threading.enumerate() if t.name == "omnirun-send" and t not in before]


def test_a_defect_in_the_pump_is_told_to_all_who_wait_and_the_client_goes_on():
    with sync_client(answer) as client:
        client.get(REF)
        channel = client._driver.channel()
        client._driver.call(lambda now: client._engine.scheduler.spawn(one_step(), broken, now))
        told = channel.get(10)
        assert isinstance(told, Ended)
        assert isinstance(told.error, ZeroDivisionError)
        assert client.wait(REF, timeout=10).ok


def test_a_defect_in_the_loop_is_told_to_all_who_wait():
    async def main():
        async with async_client(answer) as client:
            await client.get(REF)
            channel = client._driver.channel()
            client._driver.call(lambda now: client._engine.scheduler.spawn(one_step(), broken, now))
            told = await channel.get(10)
            assert isinstance(told.error, ZeroDivisionError)
            assert (await client.wait(REF, timeout=10)).ok

    asyncio.run(main())


def test_a_sender_that_is_counted_on_stays(monkeypatch):
    """Between being chosen for a task and getting it, no sender leaves, however long that takes."""
    monkeypatch.setattr("omnirun.sync_driver._IDLE", 0.01)
    before = set(threading.enumerate())
    with sync_client(answer) as client:
        client.wait(REF, timeout=10)
        driver = client._driver
        assert driver._free.acquire(timeout=10)  # chosen ...
        (sender,) = senders(before)
        sender.join(0.05)
        assert sender.is_alive()  # ... and still there after five times its patience
        driver._free.release()
        sender.join(10)
        assert not sender.is_alive()


def test_a_sender_of_a_closed_client_sends_nothing():
    seen, before = [], set(threading.enumerate())
    client = sync_client(lambda request: seen.append(request) or answer(request))
    client.wait(REF, timeout=10)
    (sender,) = senders(before)
    client.close()
    client._driver._tasks.put(None)
    sender.join(10)
    assert not sender.is_alive()
    assert len(seen) == 1


def test_a_client_of_before_the_fork_says_so(monkeypatch):
    with sync_client(answer) as client:
        monkeypatch.setattr("omnirun.sync_driver.os.getpid", lambda: -1)
        with pytest.raises(OmnirunError, match="opened before the fork"):
            client.get(REF)


def test_an_async_wait_that_hears_nothing_ends_soon_after_its_deadline(monkeypatch):
    monkeypatch.setattr("omnirun.waiting._LAST_POLL", 0.02)

    async def stalls(_):
        await asyncio.sleep(60)

    async def main():
        async with async_client(stalls) as client:
            with pytest.raises(WaitTimeout):
                await client.wait(REF, timeout=0.02)

    asyncio.run(main())


def test_requests_that_somebody_cancels_are_polls_that_failed():
    """Whoever ends a loop's tasks ends ours too; the runs are polled again."""
    asked, gate = [], []

    async def first_stalls(request):
        asked.append(request)
        if len(asked) == 1:
            await gate[0].wait()
        return answer(request)

    async def main():
        gate.append(asyncio.Event())
        async with async_client(first_stalls) as client:
            waiting = asyncio.create_task(client.wait(REF))
            await until_async(lambda: asked)
            for flight in list(client._driver._flights):
                flight.cancel()
            assert (await waiting).ok

    asyncio.run(main())
    assert len(asked) == 2


def test_an_answer_that_comes_while_the_client_is_closed_starts_nothing():
    asked = []

    async def stubborn(request):
        asked.append(request)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return httpx.Response(200, json=OK | {"state": "checking"})

    async def main():
        client = async_client(stubborn)
        waiting = asyncio.create_task(client.wait(REF))
        await until_async(lambda: asked)
        await client.close()
        with pytest.raises(ClientClosed):
            await waiting

    asyncio.run(main())
    assert len(asked) == 1


# ---- callers that leave


def test_leaving_recover_leaves_nothing_behind():
    asked = []

    async def stalls(request):
        asked.append(request)
        await asyncio.sleep(60)

    async def main():
        async with async_client(stalls) as client:
            task = asyncio.create_task(client.recover(datafold.Monitor(42), moment(START)))
            await until_async(lambda: asked)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            scheduler = client._engine.scheduler
            assert not scheduler._owners or all(owner.done for owner in scheduler._owners.values())

    asyncio.run(main())
    assert len(asked) == 1


def test_the_async_client_recovers_and_lists_targets():
    def serve(request):
        if request.url.path.endswith("/runs"):
            return httpx.Response(
                200, json={"count": 0, "page": 1, "page_size": 100, "total_pages": 0, "runs": []}
            )
        listed = {"count": 1, "page": 1, "page_size": 100, "total_pages": 1, "monitors": [{"id": 42}]}
        return httpx.Response(200, json=listed)

    async def main():
        async with async_client(serve) as client:
            assert await client.recover(datafold.Monitor(42), moment(START)) == []
            assert [info.target async for info in client.targets("datafold")] == [datafold.Monitor(42)]

    asyncio.run(main())


def test_who_leaves_while_some_are_started_finds_them_in_the_log(caplog):
    gate = []

    async def one_stalls(request):
        if "/2/" in request.url.path:
            gate[0].set()
            await asyncio.sleep(60)
        return httpx.Response(200, json={"run_id": 7})

    async def main():
        gate.append(asyncio.Event())
        async with async_client(one_stalls) as client:
            started = []
            targets = [datafold.Monitor(1), datafold.Monitor(2)]
            task = asyncio.create_task(client.trigger_all(targets))
            await gate[0].wait()
            await until_async(lambda: len(client._engine.known._refs) == 1)
            await asyncio.sleep(0.01)  # the news of the first is read
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return started

    asyncio.run(main())
    assert "these runs were started: datafold:monitors/1/runs/7" in caplog.text


def test_a_wait_that_is_dropped_ends_quietly():
    world = World(Datafold({7: 5.0}))
    script = Waiting(world.engine, world, [REF], None, None).next()
    next(script)
    script.close()


# ---- news that nobody waits for any more


def test_news_of_a_run_that_is_not_waited_for_changes_nothing():
    world = World(Datafold({7: 5.0}))
    waiting = Waiting(world.engine, world, [REF], None, None)
    stranger = datafold.Monitor(42).run("monitors/42/runs/8")
    waiting._channel.put(Event(Kind.ENDED, stranger, Run(stranger)))
    assert str(world.run(waiting.next()).ref) == REF
    assert world.run(waiting.next()) is None


@pytest.mark.parametrize("others", [[], [OTHER]])
def test_leaving_after_the_end_came_and_before_it_was_heard(others):
    world = World(Datafold({7: 0.0, 8: 60.0}))
    waiting = Waiting(world.engine, world, [REF], None, None)
    rest = Waiting(world.engine, world, others, None, None)
    waiting.begin()
    rest.begin()
    world.at(2.0, waiting.close)
    world.run(_pause(world, 3.0))
    assert world.engine.poller.pending == len(others)
    rest.close()
    assert world.engine.poller.pending == 0


def _pause(world, seconds):
    from omnirun.scripts import Receive  # noqa: PLC0415 - beside its one use

    yield Receive(world.channel(), world.time + seconds)


def test_a_reply_for_a_run_that_was_left_meanwhile_is_nobody_s():
    world = World(Datafold({7: 60.0, 8: 2.0}), latency=0.5)
    left = Waiting(world.engine, world, [REF], None, None)
    left.begin()
    stays = Waiting(world.engine, world, [OTHER], None, None)
    stays.begin()
    world.at(0.2, left.close)
    assert str(world.run(stays.next()).ref) == OTHER


# ---- deliveries


def delivery(ref):
    return Delivery(ref, "completed", Run(ref), "d")


def test_a_delivery_about_a_run_nobody_waits_for_sends_nothing():
    world = World(Datafold({7: 60.0}))
    waiting = Waiting(world.engine, world, [REF], None, None)
    waiting.begin()
    world.run(_pause(world, 0.5))
    before = len(world.sent)
    world.call(world.engine.noticing(delivery(datafold.Monitor(42).run("monitors/42/runs/8"))))
    assert len(world.sent) == before


def test_a_run_that_is_fetched_already_is_not_missed():
    """Three runs no list shows; one is being read when the second complete pass ends."""
    ends = {7: 30.0, 8: 30.0, 9: 30.0}
    world = World(Datafold(ends, hidden=(7, 8, 9)), latency=0.4)
    refs = [f"datafold:monitors/42/runs/{run}" for run in ends]
    waiting = Waiting(world.engine, world, refs, None, None)
    waiting.begin()
    first = datafold.Monitor(42).run("monitors/42/runs/7")
    for at in range(12):
        world.at(at / 4, lambda: world.engine.noticing(delivery(first))(world.time))
    done = [world.run(waiting.next()).ref for _ in refs]
    assert sorted(map(str, done)) == sorted(refs)


@attrs.frozen
class Junk(DatafoldProvider):
    """A provider that reads a run into something else."""

    def read(self, ref, response, at):
        return "junk"


def test_a_provider_that_reads_junk_ends_its_own_wait_only():
    world = World(Datafold({7: 60.0, 8: 60.0, 9: 60.0, 10: 60.0}))
    refs = [f"datafold:monitors/42/runs/{run}" for run in (7, 8, 9, 10)]
    waiting = Waiting(world.engine, world, refs, None, None)
    waiting.begin()
    world.run(_pause(world, 1.0))
    watch = next(iter(world.engine.poller._watches.values()))
    watch._provider = Junk()
    world.call(world.engine.noticing(delivery(datafold.Monitor(42).run("monitors/42/runs/7"))))
    attempt = world.run(waiting.next())
    assert (str(attempt.ref), type(attempt.error)) == (REF, AttributeError)
    assert world.engine.poller.pending == 3


# ---- a reply that is that of another run


def monid_item(run):
    item = {"provider": "apify", "endpoint": "/x", "createdAt": "2027-01-15T08:00:00Z"}
    return item | {"runId": run, "status": "COMPLETED", "output": [1]}


def misled(request, at):
    """A Monid whose every reply to a get is of the run `other`, which has ended well; its list is right."""
    if request.path == "/v1/runs":
        return reply(200, {"items": [monid_item(run) for run in ("A", "B", "C")], "cursor": None})
    return reply(200, monid_item("other"))


@pytest.mark.parametrize("count", [1, 3], ids=["by gets", "by its list"])
def test_a_wait_never_ends_with_another_run_than_its_own(count):
    world = World(misled)
    refs = [f"monid:runs/{run}" for run in "ABC"[:count]]
    waiting = Waiting(world.engine, world, refs, None, None)
    ended = [world.run(waiting.next()) for _ in refs]
    assert sorted(str(attempt.ref) for attempt in ended) == refs
    for attempt in ended:
        assert attempt.run is None
        assert "of another run, monid:runs/other" in str(attempt.error)


def firecrawl_check(monitor, check):
    data = {"id": check, "monitorId": monitor, "status": "completed", "pages": [{"url": "https://a.example"}]}
    return {"success": True, "data": data}


CHECK = f"firecrawl:monitors/{uuid(1)}/checks/{uuid(2)}"
OTHERS = {
    "datafold, another run": (REF, OK | {"run_id": 8}),
    "datafold, another monitor": (REF, OK | {"monitor_id": 43}),
    "datafold, no monitor": (REF, OK | {"monitor_id": -43}),
    "firecrawl, another check": (CHECK, firecrawl_check(uuid(1), uuid(3))),
    "firecrawl, another monitor": (CHECK, firecrawl_check(uuid(3), uuid(2))),
    "monid": ("monid:runs/A", monid_item("B")),
}


@pytest.mark.parametrize(("ref", "body"), OTHERS.values(), ids=OTHERS)
def test_a_get_of_one_run_is_never_another(ref, body):
    world = World(lambda request, at: reply(200, body))
    with pytest.raises(UnreadableReply, match=f"{ref}: HTTP 200: the body is that of another run"):
        world.run(world.engine.get(ref))
    assert len(world.sent) == 4  # asked for again, as with any reply that can't be read
    if not ref.startswith("datafold"):
        with pytest.raises(PageError, match=r"the body is that of another run.* of what came\. Resume with"):
            world.run(world.engine.items(ref, None).next_page())


SPELT = {
    "monid, in capitals": ("monid:runs/AB", monid_item("ab"), "monid:runs/ab"),
    "monid, encoded": ("monid:runs/a%2fb%20c", monid_item("a/b c"), "monid:runs/a%2Fb%20c"),
    "firecrawl, in capitals": (
        f"firecrawl:monitors/{uuid(1)}/checks/{uuid(2).upper()}",
        firecrawl_check(uuid(1), uuid(2)),
        CHECK,
    ),
    "firecrawl, answered in capitals": (CHECK, firecrawl_check(uuid(1).upper(), uuid(2).upper()), CHECK),
    "firecrawl, without its monitor": (CHECK, {"data": {"id": uuid(2), "status": "completed"}}, CHECK),
    "datafold, as text": (REF, OK | {"run_id": "7"}, REF),
    "datafold, without its monitor": (REF, {"run_id": 7, "state": "ok", "warnings": []}, REF),
}


@pytest.mark.parametrize(("ref", "body", "shown"), SPELT.values(), ids=SPELT)
def test_a_run_may_be_spelt_in_several_ways(ref, body, shown):
    world = World(lambda request, at: reply(200, body))
    run = world.run(world.engine.get(ref))
    assert (str(run.ref), run.finished) == (shown, True)


def test_a_run_under_way_that_can_t_be_read_is_attached_to_as_it_was_named():
    """Its check is named with dashes in other places, and what is read then is another."""
    digits = uuid(2).replace("-", "")
    named = "-".join((digits[:4], digits[4:8], digits[8:12], digits[12:16], digits[16:]))

    def server(request, at):
        if request.method == "POST":
            return reply(409, {"success": False, "error": "running", "checkId": named})
        return reply(200, firecrawl_check(uuid(1), uuid(3)))

    world = World(server)
    run = world.run(world.engine.trigger(world, firecrawl.Monitor(uuid(1)), "attach", None))
    assert (str(run.ref), run.state, run.finished) == (CHECK, "", False)


def test_a_conflict_that_names_no_check_is_no_run_under_way():
    world = World(lambda request, at: reply(409, {"success": False, "error": "x", "checkId": "-" * 36}))
    with pytest.raises(Conflict, match="HTTP 409: x"):
        world.run(world.engine.trigger(world, firecrawl.Monitor(uuid(1)), "attach", None))


# ---- lists that show what each target is busy with


@attrs.frozen
class Nameless(FirecrawlProvider):
    """One whose refs don't say what they are a run of."""

    def target_path(self, ref):
        return None


@pytest.mark.parametrize("owner", [FirecrawlProvider(), Nameless()], ids=["firecrawl", "nameless"])
def test_runs_end_whatever_a_list_of_targets_says_of_them(owner):
    """Also while one of them is being read already, as a delivery asks for."""
    ends = {(uuid(n), uuid(100 + n)): 20.0 for n in range(5)}
    world = World(Firecrawl(ends), latency=0.4)
    world.engine._providers["firecrawl"] = owner
    refs = [firecrawl.Monitor(monitor).check(check) for monitor, check in ends]
    waiting = Waiting(world.engine, world, refs, None, None)
    for at in range(40):
        world.at(at / 4, lambda: world.engine.noticing(delivery(refs[0]))(world.time))
    done = [world.run(waiting.next()) for _ in refs]
    assert {(attempt.ref, attempt.run.state) for attempt in done} == {(ref, "completed") for ref in refs}
    assert world.time - START >= 20.0


# ---- the rest


def test_what_a_provider_has_that_says_nothing_of_its_own():
    bare = Bare()
    ref = datafold.Monitor(42).run("monitors/42/runs/7")
    assert bare.target_path(ref) == "monitors/42"
    with pytest.raises(Unsupported, match="bare has no list of what it can run; name a target yourself"):
        bare.targets("")


class Bare(Provider):
    """The least there can be."""

    name = "bare"
    site = Site("https://bare.example.com", "x-key", "")

    def target_of(self, ref):
        return DatafoldProvider().target_of(ref)


def test_a_base_url_that_can_t_be_parsed_is_refused():
    account = Account("datafold", api_key="k", base_url="http://[::1")
    with (
        Client(accounts=[account], environ={}) as client,
        pytest.raises(BadRef, match="must read https://host"),
    ):
        client.get(REF)


def test_what_may_have_been_started_is_looked_for_at_monid_without_a_key_to_hold():
    world = World(lambda *_: reply(200, {"items": [], "cursor": None}))
    target = monid.Endpoint("apify", "/x")
    flow = candidates(
        world.engine.provider("monid"),
        target,
        "monid",
        world.engine.known,
        since=moment(START),
        asking=world.engine.asking,
    )
    assert next(flow).exclusive is None
    flow.close()


def test_the_sync_client_recovers_too():
    page = {"count": 0, "page": 1, "page_size": 100, "total_pages": 0, "runs": []}
    with sync_client(lambda _: httpx.Response(200, json=page)) as client:
        assert client.recover(datafold.Monitor(42), moment(START)) == []


@attrs.frozen
class Plain(DatafoldProvider):
    """Its lists are read whole; nothing tells at a glance which runs are as they were."""

    def collection(self, ref):
        return attrs.evolve(super().collection(ref), glance=None)


def test_a_list_shows_runs_nobody_waits_for():
    world = World(Datafold(dict.fromkeys((6, 7, 8, 9), 5.0)))
    world.engine._providers["datafold"] = Plain()
    waiting = Waiting(world.engine, world, [REF, OTHER, OTHER.replace("8", "9")], None, None)
    ended = set()
    while (attempt := world.run(waiting.next())) is not None:
        ended.add(attempt.ref.path[-1])
    assert ended == {"7", "8", "9"}
    assert any(path.endswith("/runs") for path in world.paths())
