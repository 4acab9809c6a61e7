"""The edges of the clients and of the watch, which no ordinary run touches."""

from __future__ import annotations

import asyncio
import threading

import attrs
import httpx
import pytest

import omnirun
import omnirun.webhooks
from omnirun import (
    AsyncClient,
    Client,
    ClientClosed,
    NotFound,
    PageError,
    RateLimited,
    ServerError,
    TransportError,
    UnreadableReply,
    Unsupported,
    WaitPolicy,
    WaitTimeout,
    datafold,
    firecrawl,
    monid,
)
from omnirun.errors import Conflict
from omnirun.exchange import Timeouts
from omnirun.face import Face
from omnirun.pages import Pages
from omnirun.provider import Provider
from omnirun.refs import Target
from omnirun.waiting import Waiting
from omnirun_raw.http import Request, Response
from omnirun_raw.monid import runs
from tests.overlay.services import Datafold, Firecrawl, Monid, uuid
from tests.overlay.virtual import World, reply

FAST = WaitPolicy(first=0.01, step=0.01, cap=0.05, retry_first=0.01, retry_cap=0.02, jitter=0.0)
KEYS = {"DATAFOLD_API_KEY": "df-secret", "MONID_API_KEY": "mo-secret", "FIRECRAWL_API_KEY": "fc-secret"}


@attrs.frozen
class Answer:
    status_code: int
    content: bytes
    headers: dict = attrs.field(factory=dict)


class Scripted:
    """Answers from a list, an exception among them is raised; `sync` and `parallel` make a client's factory of it."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    def sync(self, **_):
        return httpx.Client(transport=httpx.MockTransport(self))

    def parallel(self, **_):
        return httpx.AsyncClient(transport=httpx.MockTransport(self))


def sync(*answers):
    scripted = Scripted(*answers)
    return Client(environ=KEYS, policy=FAST, http_client=scripted.sync), scripted


def in_a_loop(verb, *answers):
    scripted = Scripted(*answers)

    async def main():
        async with AsyncClient(environ=KEYS, policy=FAST, http_client=scripted.parallel) as client:
            return await verb(client)

    return asyncio.run(main()), scripted


RUNNING = Answer(200, b'{"run_id": 7, "monitor_id": 42, "state": "checking", "warnings": []}')
OK = Answer(200, b'{"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}')
DOWN = Answer(503, b"")
REF = "datafold:monitors/42/runs/7"
START_RUN = runs.start_run.build(body={"provider": "apify", "endpoint": "/x", "input": {}})


def test_the_package_knows_its_names():
    assert set(dir(omnirun)) == set(omnirun.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        omnirun.nothing  # noqa: B018 - asking is the point


def test_a_get_is_tried_again_after_a_pause_in_both_worlds():
    client, scripted = sync(DOWN, ValueError("odd"), OK)
    assert client.get(REF).ok
    assert len(scripted.asked) == 3
    run, scripted = in_a_loop(lambda client: client.get(REF), DOWN, ValueError("odd"), OK)
    assert run.ok
    assert len(scripted.asked) == 3


def test_a_deadline_is_kept_in_both_worlds():
    client, _ = sync(RUNNING)
    with pytest.raises(WaitTimeout):
        client.wait(REF, timeout=0.05)
    with pytest.raises(WaitTimeout):
        in_a_loop(lambda client: client.wait(REF, timeout=0.05), RUNNING)


def test_a_wait_that_hears_nothing_ends_soon_after_its_deadline(monkeypatch):
    monkeypatch.setattr("omnirun.waiting._LAST_POLL", 0.05)
    held = threading.Event()

    class Held(Scripted):
        def __call__(self, request):
            held.wait(5)
            return super().__call__(request)

    with Client(environ=KEYS, policy=FAST, http_client=Held(RUNNING).sync) as client:
        with pytest.raises(WaitTimeout):
            client.wait(REF, timeout=0.05)
        held.set()


def test_a_write_of_a_raw_client_is_sent_once():
    client, scripted = sync(DOWN)
    with pytest.raises(ServerError):
        client.send(START_RUN)
    assert len(scripted.asked) == 1


def test_a_read_of_a_raw_client_is_tried_again_and_told_from_what_it_should_be():
    client, scripted = sync(DOWN, Answer(200, b'{"runId": 5}'))
    with pytest.raises(UnreadableReply, match=r"monid runs\.get_run: HTTP 200"):
        client.send(runs.get_run.build("R"))
    assert len(scripted.asked) == 4


def test_other_bodies_than_json_are_sent_as_they_are():
    client, scripted = sync(OK)
    upload = Request("POST", "/x", "x.y", Response.json, content=b"bytes", provider="datafold")
    client.send(upload)
    assert scripted.asked[0].content == b"bytes"


def test_both_clients_take_deliveries():
    event = omnirun.webhooks.Event(firecrawl.Monitor(uuid(1)).check(uuid(2)), "completed", None, "d")
    client, scripted = sync(OK)
    client.notify(event)
    client.close()

    async def notify(client):
        client.notify(event)

    _, other = in_a_loop(notify, OK)
    assert scripted.asked == other.asked == []


def test_an_async_client_that_is_closed_waits_for_nothing():
    async def main():
        client = AsyncClient(environ=KEYS, http_client=Scripted(RUNNING).parallel)
        waiting = asyncio.create_task(client.wait(REF))
        await asyncio.sleep(0.05)
        await client.close()
        with pytest.raises(ClientClosed) as caught:
            await waiting
        with pytest.raises(ClientClosed):
            await client.get(REF)
        return caught.value.__notes__

    assert asyncio.run(main()) == [f"The runs go on: {REF}"]


def test_a_client_without_a_world_cannot_be_opened():
    with pytest.raises(NotImplementedError):
        Face()


@pytest.mark.parametrize(
    "link", ["https://api.firecrawl.dev/v2/x", "https://x/?skip=-1", "https://x/?skip=a"]
)
def test_a_next_link_without_a_number_is_an_error_and_no_end(link):
    service = Firecrawl({(uuid(1), uuid(2)): 0})

    def server(request, at):
        body = service(request, at).json()
        return reply(200, body | {"next": link})

    world = World(server)
    pages = Pages(world.engine.items(f"firecrawl:monitors/{uuid(1)}/checks/{uuid(2)}", None), None, world)
    with pytest.raises(PageError, match="names no skip"):
        list(pages)


def test_the_key_goes_nowhere_a_next_link_points_to():
    """Only the number is taken from it; the request goes where all others go."""
    service = Firecrawl({(uuid(1), uuid(2)): 0})

    def server(request, at):
        skip = dict(request.params).get("skip", "0")
        more = {"next": "https://evil.example/?skip=1"} if skip == "0" else {}
        body = service(request, at).json()
        return reply(200, body | {"data": body["data"] | {"pages": [{"at": skip}]}} | more)

    world = World(server)
    pages = Pages(world.engine.items(f"firecrawl:monitors/{uuid(1)}/checks/{uuid(2)}", None), None, world)
    assert list(pages) == [{"at": "0"}, {"at": "1"}]
    assert len(set(world.paths())) == 1


# ---------------------------------------------------------------------------------------- stop


def test_a_stop_that_was_heard_the_first_time_is_no_conflict():
    answers = [TransportError("lost", sent=True), reply(409, {"code": "X", "message": "stopping"})]

    def server(request, at):
        if request.method == "POST":
            return answers.pop(0)
        return reply(200, {"runId": "R", "status": "STOPPING"})

    world = World(server)
    assert world.run(world.engine.stop("monid:runs/R")).state == "STOPPING"


def test_a_stop_that_is_refused_is_a_conflict():
    world = World(lambda request, at: reply(409, {"code": "X", "message": "over"}))
    with pytest.raises(Conflict):
        world.run(world.engine.stop("monid:runs/R"))
    assert len(world.sent) == 1


# ---------------------------------------------------------------------------------------- what a provider may lack


class Bare(Provider):
    name = "bare"
    states = {}  # noqa: RUF012 - as a user would write it

    def target_of(self, ref):
        return None


def test_what_a_provider_does_not_say_it_cannot_do():
    bare, ref = Bare(), omnirun.Ref("bare", "", "x")
    assert (bare.adopts, bare.collection(ref), bare.conclusive(omnirun.Run(ref)), bare.canonical(ref)) == (
        False,
        None,
        False,
        ref,
    )
    for refused in (
        lambda: bare.history(datafold.Monitor(1)),
        lambda: bare.items(ref),
        lambda: bare.stop(ref),
        lambda: bare.typed({}),
    ):
        with pytest.raises(Unsupported, match="bare"):
            refused()
    with pytest.raises(NotImplementedError):
        Target().path  # noqa: B018 - asking is the point


# ---------------------------------------------------------------------------------------- a watch's corners


def ends(world, refs, timeout=None):
    waiting = Waiting(world.engine, world, refs, timeout, None)
    out = []
    while (attempt := world.run(waiting.next())) is not None:
        out.append(attempt)
    return out


def test_a_defect_in_reading_ends_that_wait_alone(monkeypatch):
    @attrs.frozen
    class Defective(monid.Monid):
        def read(self, ref, response, at):
            if ref.path.endswith("B"):
                raise MemoryError
            return super().read(ref, response, at)

    world = World(Monid({"A": 3, "B": 3, "C": 3, "D": 3}))
    world.engine._providers["monid"] = Defective()
    done = ends(world, [f"monid:runs/{run}" for run in "ABCD"])
    assert sorted(type(attempt.error).__name__ for attempt in done) == ["MemoryError"] + ["NoneType"] * 3


def test_a_defect_in_a_flow_ends_the_waits_of_that_flow():
    @attrs.frozen
    class Defective(monid.Monid):
        def get(self, ref):
            raise ZeroDivisionError

    world = World(Monid({"A": 3}))
    world.engine._providers["monid"] = Defective()
    assert [type(attempt.error) for attempt in ends(world, ["monid:runs/A"])] == [ZeroDivisionError]


def test_one_who_leaves_during_a_request_gets_no_answer():
    world = World(Datafold({7: 100}), latency=5.0)
    leaver = Waiting(world.engine, world, [REF], None, None)
    leaver.begin()
    stayer = Waiting(world.engine, world, ["datafold:monitors/43/runs/7"], 20, None)
    world.at(2, leaver.close)
    with pytest.raises(WaitTimeout):
        world.run(stayer.next())
    assert world.engine.poller.pending == 0


def test_one_who_leaves_during_a_final_get_ends_it():
    service = Datafold({1: 3, 2: 3, 3: 3})
    world = World(lambda request, at: (service(request, at), 0.1 if request.path.endswith("/runs") else 50.0))
    waiting = Waiting(
        world.engine, world, [f"datafold:monitors/42/runs/{run}" for run in (1, 2, 3)], None, None
    )
    other = Waiting(world.engine, world, ["datafold:monitors/42/runs/1"], None, None)
    waiting.begin()
    world.at(20, waiting.close)
    assert world.run(other.next()).unwrap().ok
    assert world.engine.poller.pending == 0


def test_a_list_that_is_down_for_long_ends_all_its_waits():
    world = World(lambda request, at: reply(502))
    done = ends(world, [f"monid:runs/{run}" for run in "ABC"])
    assert [type(attempt.error).__name__ for attempt in done] == ["PollError"] * 3


def test_final_gets_that_fail_go_back_to_polling():
    service = Monid(dict.fromkeys("ABC", 5))

    def server(request, at):
        down = request.path != "/v1/runs" and at < 60
        return reply(502) if down else service(request, at)

    assert [
        attempt.unwrap().ok for attempt in ends(World(server), [f"monid:runs/{run}" for run in "ABC"])
    ] == [True] * 3


def test_a_run_that_vanishes_at_its_end_is_not_found():
    service = Monid(dict.fromkeys("ABC", 20))

    def server(request, at):
        gone = request.path.endswith("B")
        return reply(404, {"code": "X", "message": "gone"}) if gone else service(request, at)

    done = {
        str(attempt.ref)[-1]: attempt.error
        for attempt in ends(World(server), [f"monid:runs/{run}" for run in "ABC"])
    }
    assert [type(done[run]).__name__ for run in "ABC"] == ["NoneType", "NotFound", "NoneType"]
    assert isinstance(done["B"], NotFound)


def test_a_trigger_that_is_refused_after_its_caller_left_is_logged(caplog):
    async def main():
        gate = asyncio.Event()

        class Held(Scripted):
            async def __call__(self, request):
                await gate.wait()
                return super().__call__(request)

        held = Held(Answer(402, b'{"detail": "pay"}'))
        async with AsyncClient(environ=KEYS, http_client=held.parallel) as client:
            task = asyncio.create_task(client.trigger_all([datafold.Monitor(1)]))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            gate.set()
            await asyncio.sleep(0.05)

    asyncio.run(main())
    assert "it ended with datafold:monitors/1: HTTP 402: pay" in caplog.text


def test_a_rate_limited_read_gives_up_when_asked_to_wait_too_long():
    client, scripted = sync(Answer(429, b"", {"Retry-After": "120"}))
    with pytest.raises(RateLimited) as caught:
        client.get(REF)
    assert (caught.value.retry_after, len(scripted.asked)) == (120.0, 1)


def test_timeouts_reach_the_http_client():
    seen = []
    client = Client(
        environ=KEYS,
        timeouts=Timeouts(1.5, 2.5),
        http_client=lambda **o: seen.append(o) or Scripted(OK).sync(),
    )
    client.get(REF)
    assert seen[0]["timeout"] == (1.5, 2.5, 2.5, 2.5)
