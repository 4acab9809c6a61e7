"""The command in a real terminal (a pty), in pipes, and interrupted at each stage; a process of its own each time."""

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from omnirun.cli import main
from omnirun.sandbox import faults

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "cli"))

from terminal import CTRL_C, CTRL_D, Terminal

OK, FAILING = "datafold:monitors/42", "datafold:monitors/44"
CHECKED = "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def terminal(environment, tmp_path):
    """Open a terminal; none stays open."""
    opened = []

    def open_(command, **options):
        opened.append(Terminal(command, tmp_path, environ=environment.environment, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.kill()


@pytest.fixture
def slow(environment):
    """Runs that take as long as they do at the provider."""
    environment.sandbox.speed, fast = 1, environment.sandbox.speed
    yield
    environment.sandbox.speed = fast


@pytest.fixture
def unmeasured(monkeypatch):
    """What runs there is measured by other tests too; without coverage it takes half as long."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def test_a_wait_is_live_and_ctrl_c_ends_it_and_names_the_run(terminal, slow):
    shown = terminal(f"omnirun run {OK}", columns=100)
    shown.until("next poll in")
    assert "1 run to wait for, 0 ended" in shown.text()
    shown.press(CTRL_C)
    assert shown.end() == 130
    lines = shown.text().splitlines()
    ref = lines[-2].strip()
    assert lines[-3:] == [
        "interrupted: the wait was interrupted; this run goes on:",
        f"  {ref}",
        f"resume with: omnirun wait {ref}",
    ]
    assert ref.startswith(f"{OK}/runs/")


def test_at_80_columns_a_ref_is_never_cut(unmeasured, terminal):
    shown = terminal(f"omnirun history {CHECKED} -n 1")
    assert shown.end() == 0
    first, rest, cells = shown.text().splitlines()
    assert (first + rest).startswith(f"{CHECKED}/checks/0199c4ec-0000-7000-8000-")
    assert len(first + rest) == len(f"{CHECKED}/checks/") + 36
    assert cells.startswith("  completed · success · ")


def test_without_colour_there_is_none(unmeasured, terminal):
    coloured, plain = terminal(f"omnirun run {FAILING}"), terminal(f"NO_COLOR=1 omnirun run {FAILING}")
    assert coloured.end() == plain.end() == 1

    def colours(screen):
        return {cell.fg for row in screen.buffer.values() for cell in row.values()}

    assert "red" in colours(coloured.screen)
    assert colours(plain.screen) == {"default"}
    assert "ended as failure (error): relation ORDERS does not exist" in " ".join(plain.text().split())


def test_ctrl_c_during_a_trigger_waits_for_its_ref(terminal, environment):
    environment.sandbox.faults.add(faults.Late(3), method="POST")
    shown = terminal(f"omnirun trigger {OK} -q")
    shown.until("triggering")
    shown.press(CTRL_C)
    assert shown.end() == 130
    assert "1 trigger under way: waiting up to 15 s" in shown.text()
    assert f"resume with: omnirun wait {OK}/runs/" in shown.text()


def test_ctrl_c_twice_leaves_at_once_and_says_what_is_at_stake(terminal, environment):
    environment.sandbox.faults.add(faults.Late(20), method="POST")
    shown = terminal(f"omnirun run {OK}")
    shown.until("triggering")
    shown.press(CTRL_C)
    shown.until("under way")
    shown.press(CTRL_C)
    assert shown.end() == 130
    assert f"warning: {OK} may have been triggered, its ref is not known" in " ".join(shown.text().split())


def test_a_list_that_is_interrupted_says_where_to_go_on(process, environment):
    environment.sandbox.faults.add(faults.Late(20), method="GET", path="*/runs", skip=1)
    child = process("history", OK, "-o", "jsonl")
    for _ in range(3):
        child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert re.fullmatch(r"interrupted: \d+ read; go on with: --cursor [12]\n", err)


@pytest.mark.parametrize(("keys", "code"), [(CTRL_C, 130), (CTRL_D, 2)])
def test_a_prompt_can_be_left(terminal, keys, code):
    shown = terminal("omnirun wait -")
    shown.until("Ctrl-D ends it")
    shown.press(keys)
    assert shown.end() == code


def test_data_and_all_else_go_to_their_streams(omnirun):
    result = omnirun("run", OK, "-o", "json")
    out, err = result.stdout, result.stderr
    assert [row["state"] for row in json.loads(out)] == ["ok"]
    assert err.splitlines()[0].startswith(f"triggered {OK}/runs/")
    assert "ok success pass" in err.splitlines()[-1]
    assert "\x1b" not in out + err


def test_sigterm_is_an_interrupt(process, slow):
    child = process("run", OK, FAILING, "-o", "jsonl")
    while "checking" not in (line := child.stderr.readline()):
        assert line
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=60)
    rows = [json.loads(line) for line in out.splitlines()]
    assert (child.returncode, [row["problem"] for row in rows]) == (130, ["the wait was interrupted"] * 2)
    named = [line.strip() for line in err.splitlines() if line.startswith("  ")]
    assert sorted(row["ref"] for row in rows) == sorted(named)


def test_a_get_that_is_interrupted_shows_what_had_an_answer(process, environment):
    environment.sandbox.faults.add(faults.Late(20), method="GET", path="*/runs/1002")
    child = process("get", f"{OK}/runs/1001", f"{OK}/runs/1002", "-o", "jsonl")
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "interrupted: reading ended early, 1 of 2 had no answer yet\n")


def test_a_reader_that_leaves_ends_it_quietly(unmeasured, process):
    child = process("history", OK, "-o", "jsonl")
    assert json.loads(child.stdout.readline())["target"] == OK
    child.stdout.close()
    assert (child.stderr.read(), child.wait(60)) == ("", 0)


def test_a_reader_that_leaves_a_wait_is_told_what_goes_on(process, environment):
    environment.sandbox.speed, fast = 3, environment.sandbox.speed
    try:
        targets = ["datafold:monitors/46", "datafold:monitors/42", "monid:endpoints/apify/sandbox/slow"]
        child = process("run", *targets, "-o", "jsonl")
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read()
    finally:
        environment.sandbox.speed = fast
    assert child.wait(60) == 1  # the first was skipped
    assert "warning: nobody reads on; this run goes on:" in said or "these runs go on" in said
    assert "resume with: omnirun wait monid:runs/" in said or "monid:runs/" in said.rpartition("go on")[2]


def test_a_full_disk_is_one_sentence(environment, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["omnirun", "history", OK])
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as end:
            main()
    said = capsys.readouterr().err
    assert (end.value.code, said) == (2, "error: the output can't be written: No space left on device.\n")
