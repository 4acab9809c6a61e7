"""`python -m omnirun.sandbox`, as a process of its own."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from omnirun.sandbox import __main__ as main

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("overlay", "generated")),
}


def spawn(*arguments, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "omnirun.sandbox", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        **more,
    )


def exports(process):
    """What it prints before it serves."""
    found = {}
    while len(found) < 6:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            found[name] = value
    return found


def end_by_signal(number):
    def end(process):
        process.send_signal(number)

    return end


def end_by_eof(process):
    process.stdin.close()
    process.stdin = None


@pytest.mark.parametrize(
    ("end", "arguments"),
    [
        (end_by_signal(signal.SIGINT), []),
        (end_by_signal(signal.SIGTERM), []),
        (end_by_eof, ["--until-eof", "--fault", '{"faults": [{"kind": "answer", "status": 503}]}']),
    ],
    ids=["ctrl-c", "sigterm", "eof"],
)
def test_it_says_where_it_is_and_ends_cleanly(end, arguments):
    process = spawn("--speed", "50", *arguments)
    try:
        environment = exports(process)
        answer = httpx.get(
            f"{environment['DATAFOLD_BASE_URL']}/api/v1/monitors/42/runs",
            headers={"Authorization": f"Key {environment['DATAFOLD_API_KEY']}"},
        )
        end(process)
        said, complained = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert answer.status_code == (503 if "--fault" in arguments else 200)
    assert (process.returncode, said, complained) == (0, "", "")


def test_a_port_that_is_taken_is_one_clear_error(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.main(["--port", str(port)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"error: can't listen on 127.0.0.1:{port}: ")
    assert complaint.count("\n") == 1


def test_a_rule_nobody_can_read_is_one_clear_error(capsys):
    assert main.main(["--fault", '{"faults": []}']) == 1
    expected = (
        'error: --fault {"faults": []}: faults: Tuple should have at least 1 item after validation, not 0\n'
    )
    assert capsys.readouterr().err == expected


def test_a_missing_extra_is_one_clear_error(capsys, monkeypatch):
    monkeypatch.setattr(main, "NEEDED", ("pydantic", "no_such_package_here"))
    assert main.main([]) == 1
    expected = "error: the sandbox needs no_such_package_here: pip install 'omnirun[sandbox]'\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "fast"])
def test_a_speed_that_is_none_is_a_usage_error(capsys, speed):
    with pytest.raises(SystemExit) as ended:
        main.main([f"--speed={speed}"])
    assert ended.value.code == 2
    assert f"invalid positive number value: '{speed}'" in capsys.readouterr().err
