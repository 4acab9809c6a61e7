"""The two drivers: closing, cancelling and breaking end every wait, and a trigger at stake is never passed over."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

import attrs
import httpx
import pytest

from omnirun import AmbiguousTrigger, AsyncClient, Client, ClientClosed, OmnirunError, WaitPolicy, datafold
from omnirun.datafold import Datafold
from omnirun.sandbox import running_sandbox

FAST = WaitPolicy(first=0.02, step=0.02, cap=0.2, slow_cap=0.2, jitter=0.0)


class Gate:
    """A server whose answers wait until the gate is opened; `sync` and `parallel` make a client's factory of it."""

    def __init__(self, body=b'{"run_id": 7}'):
        self.body, self.open, self.asked = body, threading.Event(), []

    def __call__(self, request):
        self.asked.append((request.method, str(request.url)))
        self.open.wait(10)
        return httpx.Response(200, content=self.body)

    def sync(self, **_):
        return httpx.Client(transport=httpx.MockTransport(self))

    def parallel(self, **_):
        async def answer(request):
            self.asked.append((request.method, str(request.url)))
            await until_async(self.open.is_set)
            return httpx.Response(200, content=self.body)

        return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def until(condition):
    limit = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.005)


async def until_async(condition):
    limit = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < limit, "it never came"
        await asyncio.sleep(0.005)


def options(factory):
    return {"environ": {"DATAFOLD_API_KEY": "k"}, "policy": FAST, "http_client": factory}


def test_closing_while_a_trigger_is_on_the_wire_says_that_it_may_have_been_accepted():
    gate, caught = Gate(), []
    client = Client(**options(gate.sync))

    def trigger():
        with pytest.raises(AmbiguousTrigger, match="the client was closed") as info:
            client.trigger(datafold.Monitor(42))
        caught.append(info.value.target)

    thread = threading.Thread(target=trigger)
    thread.start()
    until(lambda: gate.asked)
    client.close()
    thread.join(5)
    assert caught == [datafold.Monitor(42)]


def test_closing_an_async_client_says_so_too():
    async def main():
        gate = Gate()
        client = AsyncClient(**options(gate.parallel))
        task = asyncio.create_task(client.trigger(datafold.Monitor(42)))
        await until_async(lambda: gate.asked)
        await client.close()
        with pytest.raises(AmbiguousTrigger):
            await task
        with pytest.raises(ClientClosed):
            await client.trigger(datafold.Monitor(42))

    asyncio.run(main())


def test_a_caller_that_is_cancelled_leaves_its_trigger_to_be_followed_and_logged(caplog):
    async def main():
        gate = Gate()
        async with AsyncClient(**options(gate.parallel)) as client:
            tasks = [asyncio.create_task(client.trigger(datafold.Monitor(42))) for _ in range(2)]
            await until_async(lambda: gate.asked)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert all(task.cancelled() for task in tasks)
            gate.open.set()
            await until_async(lambda: "it started" in caplog.text)
        return gate.asked

    asked = asyncio.run(main())
    assert [method for method, _ in asked] == ["POST"], (
        "the second was not on the wire yet and never goes out"
    )
    assert "it started datafold:monitors/42/runs/7" in caplog.text


@attrs.frozen
class Defective(Datafold):
    """A provider with a defect where no flow can catch it."""

    def conclusive(self, run):
        raise ZeroDivisionError

    def collection(self, ref):
        raise ZeroDivisionError


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_defect_of_a_provider_is_raised_and_leaves_nobody_hanging(kind):
    with running_sandbox(speed=20) as running:
        client = kind(environ=running.environment, policy=FAST)
        client._engine._providers["datafold"] = Defective()

        async def in_a_loop():
            with pytest.raises(ZeroDivisionError):
                await client.wait("datafold:monitors/42/runs/1000")
            await client.close()

        if kind is AsyncClient:
            asyncio.run(in_a_loop())
        else:
            with pytest.raises(ZeroDivisionError):
                client.wait("datafold:monitors/42/runs/1000")
            client.close()


def test_sender_threads_are_reused_and_never_more_than_the_bound():
    names = set()

    class Counting(Gate):
        def __call__(self, request):
            names.add(threading.current_thread().name)
            time.sleep(0.002)
            return super().__call__(request)

    gate = Counting()
    gate.open.set()
    before = threading.active_count()
    with Client(**options(gate.sync)) as client:
        attempts = client.trigger_all([datafold.Monitor(number) for number in range(200)])
        assert all(attempt.error is None for attempt in attempts)
        assert threading.active_count() - before <= 33
    assert names == {"omnirun-send"}


def test_leaving_says_what_goes_on():
    """The exception that ends a wait early names the runs that go on."""
    with running_sandbox(speed=0.01) as running, Client(environ=running.environment, policy=FAST) as client:
        run = client.trigger(datafold.Monitor(42))
        waiting = Interrupting(client, run)
        with pytest.raises(KeyboardInterrupt) as caught:
            waiting()
    assert caught.value.__notes__ == [f"The runs go on: {run.ref}"]


class Interrupting:
    """A wait whose channel is interrupted as Ctrl-C interrupts it."""

    def __init__(self, client, run):
        self.client, self.run = client, run

    def __call__(self):
        def interrupted(_):
            raise KeyboardInterrupt

        self.client._driver._receive = interrupted
        self.client.wait(self.run)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_client_does_not_outlive_a_fork():
    """A child of a process with a client gets one clear error, at once."""
    program = (
        "import os, sys\nfrom omnirun import Client\n"
        "client = Client()\nclient.run('datafold:monitors/42')\nchild = os.fork()\n"
        "if child:\n    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "try:\n    client.wait('datafold:monitors/42/runs/1000')\n"
        "except Exception as error:\n    os._exit(7 if 'opened before the fork' in str(error) else 8)\n"
    )
    with running_sandbox(speed=20) as running:
        environ = {**running.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program], env=environ, timeout=30, check=False
        )
    assert ended.returncode == 7


def test_an_async_client_belongs_to_one_loop():
    with running_sandbox(speed=20) as running:
        client = AsyncClient(environ=running.environment, policy=FAST)
        asyncio.run(client.trigger(datafold.Monitor(42)))
        with pytest.raises(OmnirunError, match="belongs to another event loop"):
            asyncio.run(client.trigger(datafold.Monitor(42)))


def test_closing_a_stream_ends_it_for_whoever_reads_it():
    with running_sandbox(speed=0.01) as running, Client(environ=running.environment, policy=FAST) as client:
        stream = client.as_completed([client.trigger(datafold.Monitor(42))])
        seen = []
        thread = threading.Thread(target=lambda: seen.extend(stream))
        thread.start()
        until(lambda: "1 runs" in repr(client))
        stream.close()
        thread.join(5)
        assert (thread.is_alive(), seen) == (False, [])
