"""Both clients against the real sandbox, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from omnirun import (
    Account,
    AlreadyRunning,
    AsyncClient,
    AuthError,
    BadRef,
    Client,
    ClientClosed,
    Conflict,
    MissingKey,
    NotFound,
    Origin,
    Outcome,
    PaymentRequired,
    Run,
    TargetPaused,
    TransportError,
    Unsupported,
    Verdict,
    WaitPolicy,
    WaitTimeout,
    datafold,
    firecrawl,
    monid,
    to_dicts,
)
from omnirun.clock import Clock
from omnirun.sandbox import running_sandbox
from omnirun_raw.datafold import monitors
from omnirun_raw.datafold.models import ApiPublicMonitorRunResultOut

FAST = WaitPolicy(first=0.02, step=0.02, cap=0.2, slow_cap=0.2, jitter=0.0)
CHECK = "0199a1b2-0000-7000-8000-00000000000{}"
TARGETS = (
    datafold.Monitor(42),
    firecrawl.Monitor(CHECK.format(1)),
    monid.Endpoint("apify", "/apidojo/tweet-scraper", input={"searchTerms": ["AI"]}),
)


@pytest.fixture(scope="module")
def service():
    with running_sandbox(speed=40) as running:
        yield running


@pytest.fixture
def client(service):
    with Client(environ=service.environment, policy=FAST) as client:
        yield client


class Awaited:
    """An `AsyncClient` for tests that read like those of a `Client`: each verb runs to its end in one loop."""

    def __init__(self, **options):
        self.runner = asyncio.Runner()
        self.client = AsyncClient(**options)

    def __getattr__(self, verb):
        def call(*args, **rest):
            async def do():
                result = getattr(self.client, verb)(*args, **rest)
                if hasattr(result, "__aiter__"):
                    return [item async for item in result]
                return await result

            return self.runner.run(do())

        return call

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.runner.close()


@pytest.fixture(params=[Client, Awaited])
def both(request, service):
    with request.param(environ=service.environment, policy=FAST) as client:
        yield client


@pytest.mark.parametrize(
    ("target", "outcome", "verdict", "state"),
    [
        (datafold.Monitor(42), Outcome.SUCCESS, Verdict.PASS, "ok"),
        (datafold.Monitor(43), Outcome.SUCCESS, Verdict.ALERT, "alert"),
        (datafold.Monitor(44), Outcome.FAILURE, None, "error"),
        (datafold.Monitor(45), Outcome.SUCCESS, None, "learning"),
        (datafold.Monitor(46), Outcome.SKIPPED, None, "skipped"),
        (datafold.Monitor(47), Outcome.CANCELLED, None, "cancelled"),
        (datafold.Monitor(48), Outcome.SUCCESS, Verdict.PASS, "ok"),
        (firecrawl.Monitor(CHECK.format(1)), Outcome.SUCCESS, Verdict.ALERT, "completed"),
        (firecrawl.Monitor(CHECK.format(2)), Outcome.SUCCESS, Verdict.PASS, "completed"),
        (firecrawl.Monitor(CHECK.format(3)), Outcome.SUCCESS, Verdict.PASS, "partial"),
        (firecrawl.Monitor(CHECK.format(4)), Outcome.FAILURE, None, "failed"),
        (firecrawl.Monitor(CHECK.format(5)), Outcome.SKIPPED, None, "skipped_no_credits"),
        (monid.Endpoint("apify", "/apidojo/tweet-scraper"), Outcome.SUCCESS, None, "COMPLETED"),
        (monid.Endpoint("apify", "/sandbox/failing"), Outcome.FAILURE, None, "FAILED"),
        (monid.Endpoint("apify", "/sandbox/missing"), Outcome.FAILURE, None, "COMPLETED"),
        (monid.Endpoint("exa", "/sandbox/search"), Outcome.SUCCESS, None, "COMPLETED"),
        (monid.Endpoint("exa", "/sandbox/limited"), Outcome.FAILURE, None, "COMPLETED"),
        (monid.Endpoint("exa", "/sandbox/blocked"), Outcome.FAILURE, None, "BLOCKED"),
    ],
    ids=str,
)
def test_a_run_of_every_kind(client, target, outcome, verdict, state):
    run = client.run(target, timeout=20)
    assert (run.outcome, run.verdict, run.state, run.origin) == (outcome, verdict, state, Origin.TRIGGERED)
    assert run.target == target
    assert client.get(str(run.ref)).state == state


def test_many_at_once(both):
    attempts = both.trigger_all(TARGETS)
    seen = []
    done = list(both.as_completed(attempts, timeout=20, on_update=seen.append))
    assert {attempt.target for attempt in done} == set(TARGETS)
    assert all(attempt.unwrap().outcome is Outcome.SUCCESS for attempt in done)
    assert {run.ref for run in seen} == {attempt.ref for attempt in attempts}


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_history_is_whole_and_without_duplicates(both, service, target):
    both.run(target, timeout=20)
    runs = list(both.history(target))
    past = {
        "datafold": service.sandbox.datafold,
        "firecrawl": service.sandbox.firecrawl,
        "monid": service.sandbox.monid,
    }
    assert len({run.ref for run in runs}) == len(runs)
    assert runs[0].ref in {run.ref for run in runs}
    assert len(runs) > 20
    assert past[target.provider] is not None
    assert [run.ref for run in both.history(str(target), limit=7)] == [run.ref for run in runs[:7]]


def test_a_history_can_be_bounded_in_time(both):
    since = datetime.now(UTC) - timedelta(days=10)
    runs = list(both.history(datafold.Monitor(42), since=since))
    assert runs
    assert all(run.started_at is None or run.started_at >= since for run in runs)
    assert len(runs) < len(list(both.history(datafold.Monitor(42))))


def test_a_history_resumes_where_it_left_off(client):
    whole = [run.ref for run in client.history(monid.Workspace())]
    first = client.history(monid.Workspace())
    pages = first.pages()
    begun = [run.ref for run in next(pages)]
    next(pages, None)
    rest = [run.ref for run in client.history(monid.Workspace(), cursor=first.cursor)] if first.cursor else []
    assert set(begun) | set(rest) == set(whole)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (datafold.Monitor(999), NotFound),
        (firecrawl.Monitor(CHECK.format(9)), NotFound),
        (firecrawl.Monitor(CHECK.format(6)), TargetPaused),
        (monid.Endpoint("exa", "/sandbox/expensive"), PaymentRequired),
        ("datafold@eu:monitors/42", MissingKey),
        ("datafold:dashboards/42", BadRef),
        ("nowhere:monitors/42", BadRef),
    ],
    ids=str,
)
def test_a_trigger_that_is_refused(both, target, expected):
    with pytest.raises(expected):
        both.trigger(target)


def test_a_busy_monitor_names_its_run_and_can_be_attached_to(both):
    target = firecrawl.Monitor(CHECK.format(2))
    first = both.trigger(target)
    with pytest.raises(AlreadyRunning) as caught:
        both.trigger(target)
    assert caught.value.ref == first.ref
    assert both.trigger(target, on_conflict="attach").ref == first.ref
    assert both.wait(first, timeout=20).finished


@pytest.mark.parametrize(
    "ref",
    [
        "datafold:monitors/42/runs/999999",
        f"firecrawl:monitors/{CHECK.format(1)}/checks/{CHECK.format(9)}",
        "monid:runs/NOSUCH",
    ],
)
def test_an_unknown_run(both, ref):
    with pytest.raises(NotFound, match="HTTP 404"):
        both.get(ref)


def test_a_wrong_key(service):
    with (
        Client(environ={**service.environment, "MONID_API_KEY": "monid_live_wrong"}) as client,
        pytest.raises(AuthError, match="monid") as caught,
    ):
        client.trigger(TARGETS[2])
    assert "wrong" not in f"{caught.value!r} {caught.value} {caught.value.body}"


def test_a_missing_key_names_its_variable():
    with Client(environ={}) as client, pytest.raises(MissingKey, match="DATAFOLD_API_KEY"):
        client.trigger(TARGETS[0])


def test_named_accounts_are_part_of_the_address(service):
    account = Account(
        "datafold",
        name="eu",
        api_key=service.environment["DATAFOLD_API_KEY"],
        base_url=service.base_urls["datafold"],
    )
    with Client(accounts=[account], environ={}, policy=FAST) as client:
        run = client.run("datafold@eu:monitors/42", timeout=20)
        assert str(run.ref).startswith("datafold@eu:monitors/42/runs/")
        assert client.wait(str(run.ref), timeout=20) == client.get(run)


def test_a_timeout_leaves_the_run_alone(both):
    with pytest.raises(WaitTimeout) as caught:
        both.run(monid.Endpoint("apify", "/sandbox/slow"), timeout=0.3)
    (run,) = caught.value.pending
    assert run.state == "RUNNING"
    assert both.wait(run.ref, timeout=20).outcome is Outcome.TIMED_OUT


def test_any_operation_of_a_raw_client_can_be_sent(both):
    run = both.run(datafold.Monitor(42), timeout=20)
    number = int(str(run.ref).rsplit("/", 1)[1])
    model = both.send(monitors.get_monitor_run.build(id=42, run_id=number))
    assert isinstance(model, ApiPublicMonitorRunResultOut)
    assert (model.run_id, model.state, model.started_at) == (number, "ok", run.started_at)
    assert run.typed() == model
    with pytest.raises(NotFound):
        both.send(monitors.get_monitor_run.build(id=42, run_id=999_999))


def test_runs_survive_json_and_pickle(client):
    runs = [client.run(target, timeout=20) for target in TARGETS]
    assert [Run.from_json(run.to_json()) for run in runs] == runs
    assert pickle.loads(pickle.dumps(runs)) == runs
    assert [row["state"] for row in to_dicts(runs)] == ["ok", "completed", "COMPLETED"]


def test_nobody_there_is_a_transport_error():
    environ = {"DATAFOLD_API_KEY": "k", "DATAFOLD_BASE_URL": "http://127.0.0.1:9"}
    policy = WaitPolicy(retry_first=0.001, retry_cap=0.001)
    with Client(environ=environ, policy=policy) as client:
        for verb in (client.trigger, lambda target: client.get(f"{target}/runs/1")):
            with pytest.raises(TransportError, match="not sent"):
                verb(TARGETS[0])


def test_threads_share_one_client(client):
    runs = []
    threads = [
        threading.Thread(target=lambda: runs.append(client.run(datafold.Monitor(42), timeout=20)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run.ref for run in runs}) == 12


def test_leaving_the_loop_of_completions_leaks_nothing(client):
    attempts = client.trigger_all([monid.Endpoint("apify", "/sandbox/slow")] * 3 + [TARGETS[2]])
    with client.as_completed(attempts) as completed:
        for attempt in completed:
            assert attempt.unwrap().finished
            break
    assert wait_until(lambda: "0 runs" in repr(client))


def wait_until(condition, seconds=5.0):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


def test_a_closed_client_ends_the_waits_of_other_threads(service):
    client = Client(environ=service.environment)
    run = client.trigger(monid.Endpoint("apify", "/sandbox/slow"))
    caught = []

    def wait():
        with pytest.raises(ClientClosed) as info:
            client.wait(run)
        caught.append(info.value)

    thread = threading.Thread(target=wait)
    thread.start()
    assert wait_until(lambda: "1 runs" in repr(client))
    client.close()
    thread.join(5)
    assert len(caught) == 1
    with pytest.raises(ClientClosed):
        client.get(run)


def test_a_cancelled_task_leaves_at_once_and_touches_no_other(service):
    async def main():
        async with AsyncClient(environ=service.environment, policy=FAST) as client:
            run = await client.trigger(monid.Endpoint("apify", "/sandbox/slow"))
            leaver = asyncio.create_task(client.wait(run))
            stayer = asyncio.create_task(client.wait(run))
            await asyncio.sleep(0.1)
            leaver.cancel()
            await asyncio.gather(leaver, return_exceptions=True)
            assert leaver.cancelled()
            assert (await stayer).outcome is Outcome.TIMED_OUT
            assert "0 runs" in repr(client)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(main()) == []


def test_threads_end_when_idle(service):
    with Client(environ=service.environment, policy=FAST) as client:
        client.run(TARGETS[0], timeout=20)
        assert wait_until(lambda: not any(thread.name == "omnirun" for thread in threading.enumerate()))


def test_a_client_that_is_let_go_is_collected(service):
    client = Client(environ=service.environment, policy=FAST)
    client.run(TARGETS[0], timeout=20)
    client.close()
    del client
    gc.collect()


def test_ctrl_c_leaves_before_the_run_ends(service):
    """A process that waits for a run is interrupted: it ends, with its threads, long before."""
    program = (
        "import sys\nfrom omnirun import Client, monid\n"
        "with Client() as client:\n"
        "    run = client.trigger(monid.Endpoint('apify', '/sandbox/slow'))\n"
        "    print(run.ref, flush=True)\n    client.wait(run)\n"
    )
    slow = {**service.environment, "PATH": "", "PYTHONPATH": ":".join(path for path in sys.path if path)}
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    ref = process.stdout.readline().strip()
    path = f"/monid/v1/{ref.removeprefix('monid:')}"
    assert wait_until(lambda: any(served.path == path for served in service.sandbox.served))
    process.send_signal(2)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    running = service.sandbox.monid.get(ref.removeprefix("monid:runs/"))
    assert not running.life.finished(service.sandbox.clock())


def test_no_key_is_ever_logged(service, caplog):
    with caplog.at_level(logging.DEBUG), Client(environ=service.environment, policy=FAST) as client:
        client.run(TARGETS[0], timeout=20)
    assert not any(key in caplog.text for key in service.sandbox.keys.values())


def test_a_clock_that_runs_faster_shortens_every_pause(service):
    """The run takes three seconds by the wall, which is three polls; by a clock 50 times as fast it takes minutes."""
    with Client(environ=service.environment, clock=Clock(speed=50)) as client:
        run = client.run(monid.Endpoint("apify", "/sandbox/slow"), timeout=3600)
    polls = [served for served in service.sandbox.served if served.path == f"/monid/v1/{run.ref.path}"]
    assert len(polls) > 6


def test_run_all_gives_an_attempt_for_each_target_in_their_order(both):
    slow = monid.Endpoint("apify", "/sandbox/slow")
    targets = [slow, datafold.Monitor(999), datafold.Monitor(43), "nonsense", TARGETS[2]]
    attempts = both.run_all(targets, timeout=2.0)
    assert [attempt.target for attempt in attempts] == [
        slow,
        datafold.Monitor(999),
        datafold.Monitor(43),
        None,
        TARGETS[2],
    ]
    assert [type(attempt.error) for attempt in attempts] == [
        WaitTimeout,
        NotFound,
        type(None),
        BadRef,
        type(None),
    ]
    assert attempts[2].unwrap().verdict is Verdict.ALERT
    again = both.wait_all([attempts[0], str(attempts[2].ref), attempts[2].unwrap()], timeout=20)
    assert [attempt.unwrap().outcome for attempt in again] == [
        Outcome.TIMED_OUT,
        Outcome.SUCCESS,
        Outcome.SUCCESS,
    ]


def test_what_a_check_found_is_read_page_by_page(both):
    run = both.run(firecrawl.Monitor(CHECK.format(1)), timeout=20)
    found = list(both.items(run))
    assert len(found) == 60
    assert {page["status"] for page in found} == {"same", "changed", "new", "removed"}
    assert list(both.items(str(run.ref), limit=3)) == found[:3]


def test_what_an_endpoint_made_are_its_items(both):
    run = both.run(TARGETS[2], timeout=20)
    assert list(both.items(run)) == run.output
    assert len(run.output) == 10


def test_what_is_not_there_is_unsupported(both):
    running = both.trigger(monid.Endpoint("apify", "/sandbox/slow"))
    with pytest.raises(Unsupported, match="is still RUNNING"):
        list(both.items(running))
    with pytest.raises(Unsupported, match=r"datafold has no list of what a run made"):
        both.items("datafold:monitors/42/runs/1000")
    with pytest.raises(Unsupported, match="datafold can't stop a run"):
        both.stop("datafold:monitors/42/runs/1000")
    assert both.stop(running).ref == running.ref


def test_a_run_can_be_stopped(both):
    run = both.trigger(monid.Endpoint("apify", "/sandbox/slow"))
    stopped = both.wait(both.stop(run), timeout=20)
    assert stopped.outcome in (Outcome.CANCELLED, Outcome.TIMED_OUT)
    with pytest.raises(Conflict):
        both.stop(run)
