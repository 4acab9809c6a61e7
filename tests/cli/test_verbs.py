"""The verbs against the sandbox, in this process: what is on stdout, what on stderr, and the exit code."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from omnirun import BadRef
from omnirun.cli import checkup, reading
from omnirun.hooks import Answered, Outgoing
from omnirun.sandbox import faults

OK, ALERTING, FAILING = (f"datafold:monitors/{number}" for number in (42, 43, 44))
CHECKED = "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001"
TWEETS = "monid:endpoints/apify/apidojo/tweet-scraper"


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([OK], 0),
        ([ALERTING], 0),
        ([ALERTING, "--fail-on", "alert"], 3),
        ([FAILING], 1),
        ([FAILING, "--fail-on", "nothing"], 0),
        ([FAILING, ALERTING, "--fail-on", "alert,failure"], 1),
        (["datafold:monitors/46"], 1),
        (["datafold:monitors/46", "--fail-on", "failure"], 0),
        (["datafold:monitors/45", "--fail-on", "no-verdict"], 1),
        (["datafold:monitors/999", OK], 5),
        (["monid:endpoints/exa/sandbox/search"], 0),
        (["monid:endpoints/exa/sandbox/expensive"], 5),
    ],
)
def test_run_ends_as_its_runs_do(omnirun, arguments, code):
    result = omnirun("run", *arguments, "-o", "jsonl", "--timeout", "30s")
    assert (result.exit_code, "Traceback" in result.stderr) == (code, False)
    assert len(rows(result)) == len([word for word in arguments if ":" in word])


def test_every_target_has_its_row_and_what_failed_says_why(omnirun):
    result = omnirun("run", OK, "datafold:monitors/999", FAILING, "-o", "json")
    fine, unknown, failed = json.loads(result.stdout)
    assert (fine["target"], fine["outcome"], fine["error"], fine["problem"]) == (OK, "success", None, None)
    assert (unknown["target"], unknown["outcome"], unknown["error"]) == ("datafold:monitors/999", None, None)
    assert unknown["problem"].startswith("datafold:monitors/999: HTTP 404: Monitor not found")
    assert (failed["target"], failed["error"], failed["problem"]) == (
        FAILING,
        "relation ORDERS does not exist",
        None,
    )
    assert "error: datafold:monitors/999: HTTP 404: Monitor not found" in result.stderr
    assert "ended as failure (error): relation ORDERS does not exist" in result.stderr


def test_a_target_given_twice_is_run_twice_and_a_ref_is_waited_for_once(omnirun):
    result = omnirun("trigger", OK, OK, "-q")
    first, second = result.stdout.split()
    assert first != second
    waited = omnirun("wait", first, second, first.replace("/42/", "/042/"), "-q")
    assert sorted(waited.stdout.split()) == sorted([first, second])


def test_refs_go_from_one_command_to_the_next(omnirun):
    triggered = omnirun("trigger", "-", "-o", "jsonl", stdin=f"# two\n{OK}\n\n  {ALERTING}\n")
    waited = omnirun("wait", "-", "-o", "json", stdin=triggered.stdout)
    assert [row["state"] for row in json.loads(waited.stdout)] == [
        {OK: "ok", ALERTING: "alert"}[row["target"]] for row in rows(triggered)
    ]


def test_what_json_a_command_wrote_another_reads(omnirun):
    listed = omnirun("history", OK, "-n", "2", "-o", "json")
    read = omnirun("get", "-", "-o", "json", stdin=listed.stdout)
    assert [row["ref"] for row in json.loads(read.stdout)] == [
        row["ref"] for row in json.loads(listed.stdout)
    ]


def test_a_list_that_has_nothing_says_so(omnirun):
    result = omnirun("history", OK, "--since", "2099-01-01")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"no runs of {OK} were found\n")


def test_a_wrong_cursor_of_items_is_a_mistake_too(omnirun):
    (run,) = rows(omnirun("history", CHECKED, "--status", "pass", "-n", "1", "-o", "jsonl"))
    result = omnirun("items", run["ref"], "--cursor", "x")
    assert (result.exit_code, "'x' is no cursor of this list" in result.stderr) == (2, True)


def test_a_busy_target_is_an_error_or_its_run_is_taken(omnirun, environment):
    environment.sandbox.speed, fast = 1, environment.sandbox.speed
    try:
        (started,) = rows(omnirun("trigger", CHECKED, "-o", "jsonl"))
        refused = omnirun("trigger", CHECKED, "-o", "jsonl")
        attached = omnirun("trigger", CHECKED, "--attach", "-o", "jsonl")
    finally:
        environment.sandbox.speed = fast
    assert (refused.exit_code, started["ref"] in refused.stderr) == (5, True)
    assert [(row["ref"], row["origin"]) for row in rows(attached)] == [(started["ref"], "attached")]


def test_a_wait_that_times_out_says_which_run_goes_on(omnirun, environment):
    environment.sandbox.speed, fast = 1, environment.sandbox.speed
    try:
        result = omnirun("run", OK, "--timeout", "0.1s", "-o", "json")
    finally:
        environment.sandbox.speed = fast
    (row,) = json.loads(result.stdout)
    assert (result.exit_code, row["problem"], row["outcome"]) == (4, "the wait timed out after 0.1 s", None)
    assert f"resume with: omnirun wait {row['ref']}" in result.stderr
    again = omnirun("wait", row["ref"], "--timeout", "0", "-q")
    assert (again.exit_code, again.stdout.strip()) == (4, row["ref"])


def test_a_run_that_can_t_be_waited_for_has_a_row_and_an_error(omnirun):
    result = omnirun("wait", "monid:runs/nobody-knows-it", "-o", "json", "--timeout", "0")
    (row,) = json.loads(result.stdout)
    assert (result.exit_code, row["ref"]) in [
        (4, "monid:runs/nobody-knows-it"),
        (5, "monid:runs/nobody-knows-it"),
    ]


def test_get_shows_runs_as_they_are(omnirun):
    result = omnirun("get", f"{OK}/runs/1001", f"{OK}/runs/9", "-o", "json")
    known, unknown = json.loads(result.stdout)
    assert (known["state"], known["error"]) == ("error", "relation ORDERS does not exist")
    assert (unknown["ref"], unknown["state"], result.exit_code) == (f"{OK}/runs/9", None, 5)
    assert "HTTP 404" in unknown["problem"]


def test_stop_asks_a_run_to_end_where_the_provider_can(omnirun, environment):
    (started,) = rows(omnirun("trigger", "monid:endpoints/apify/sandbox/slow", "-o", "jsonl"))
    stopped = omnirun("stop", started["ref"], "-o", "jsonl")
    assert (stopped.exit_code, rows(stopped)[0]["state"]) in [(0, "STOPPING"), (0, "STOPPED")]
    refused = omnirun("stop", f"{OK}/runs/1001")
    assert (refused.exit_code, "datafold can't stop a run" in refused.stderr) == (2, True)


# ------------------------------------------------------------------------------------------------ lists


def test_history_is_filtered_and_limited(omnirun):
    result = omnirun("history", OK, ALERTING, "--since", "30d", "--status", "alert", "-n", "2", "-o", "csv")
    found = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["target"], row["verdict"]) for row in found] == [(OK, "alert")] * 2 + [
        (ALERTING, "alert")
    ] * 2
    assert "raw" not in found[0]
    assert omnirun("history", OK, "--until", "2020-01-01").stdout == ""


def test_a_table_in_a_pipe_has_a_line_per_run_and_no_empty_column(omnirun):
    head, *lines = omnirun("history", OK, "-n", "3").stdout.splitlines()
    assert head.split("  ")[0] == "run"
    assert "took" not in head
    assert [line.split()[0].startswith(f"{OK}/runs/") for line in lines] == [True] * 3
    assert [line for line in lines if line != line.rstrip()] == []


def test_targets_are_listed_and_can_be_run(omnirun):
    result = omnirun("targets", "datafold", "-n", "2", "-o", "json")
    assert [(row["target"], row["name"]) for row in json.loads(result.stdout)] == [
        (OK, "Monitor 42"),
        (ALERTING, "Monitor 43"),
    ]
    assert omnirun("targets", "firecrawl", "-n", "1", "-q").stdout == f"{CHECKED}\n"
    table = omnirun("targets", "firecrawl", "-n", "1").stdout.splitlines()
    assert table[0].split() == ["target", "enabled", "name"] or table[0].split() == ["target", "name"]
    refused = omnirun("targets", "monid")
    assert (refused.exit_code, "Monid has no list of its endpoints" in refused.stderr) == (2, True)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_items_are_written_in_every_form(omnirun, form):
    ref = json.loads(omnirun("run", TWEETS, "-i", '{"maxItems": 10}', "-o", "jsonl").stdout)["ref"]
    result = omnirun("items", ref, "-n", "2", "-o", form)
    assert (result.exit_code, result.stdout) == (
        0,
        {
            "table": "id  text\n1   post 1\n2   post 2\n",
            "json": json.dumps([{"id": "1", "text": "post 1"}, {"id": "2", "text": "post 2"}], indent=2)
            + "\n",
            "jsonl": '{"id": "1", "text": "post 1"}\n{"id": "2", "text": "post 2"}\n',
            "csv": "id,text\n1,post 1\n2,post 2\n",
        }[form],
    )
    assert omnirun("items", ref, "-n", "0", "-o", "table").stdout == ""


def test_a_list_that_breaks_off_is_written_so_far_and_says_where_to_go_on(omnirun, environment):
    environment.sandbox.faults.add(
        faults.Answer(404), provider="datafold", method="GET", path="*/runs", skip=1, times=None
    )
    result = omnirun("history", OK, "-o", "jsonl")
    assert result.exit_code == 5
    assert len(rows(result)) > 50
    cursor = result.stderr.rsplit("--cursor ", 1)[1].strip()
    environment.sandbox.faults.clear()
    rest = rows(omnirun("history", OK, "--cursor", cursor, "-o", "jsonl"))
    assert {row["ref"] for row in [*rows(result), *rest]} >= {f"{OK}/runs/{1001}"}


# ------------------------------------------------------------------------------------------------ what can't be done


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["run", "datfold:monitors/42"], None, "Did you mean datafold?"),
        (["run", "nothing"], None, "is not an address"),
        (["run", "datafold:monitors/x"], None, "is no Datafold target"),
        (["run", f"{OK}/runs/7"], None, f"is a run; this verb takes what was run, such as {OK}"),
        (["run", "monid:runs/7"], None, "is a run; this verb takes what was run. Nothing was sent."),
        (["wait", OK], None, f"`omnirun history {OK}` lists them"),
        (["wait", "datafold:x"], None, "is no ref of a Datafold run"),
        (["run", "-"], "\n# nothing\n", "no target was given"),
        (["wait", "-"], '{"state": "ok"}\n', "line 1 of stdin has no 'ref'"),
        (["wait", "-"], "{\n", "line 1 of stdin is not JSON"),
        (["wait", "-"], b"\xff\xfe", "stdin is not text in UTF-8"),
        (["run", TWEETS, "-i", '{"a": '], None, "--input is not JSON: Expecting value at line 1, column 7."),
        (["run", TWEETS, "-i", '{"a": NaN}'], None, "NaN is no number in JSON"),
        (["run", TWEETS, "-i", "[1]"], None, "--input has to be a JSON object, {...}; it is [1]."),
        (["run", TWEETS, "-i", "[" * 100_000], None, "it is nested too deeply"),
        (
            ["run", TWEETS, "-i", "@nowhere.json"],
            None,
            "'nowhere.json' can't be read: No such file or directory",
        ),
        (["run", TWEETS, "-i", "@/dev"], None, "Is a directory"),
        (["run", TWEETS, "-i", "@a\0b"], None, "can't be read"),
        (["run", TWEETS, "-i", "-"], "no JSON", "stdin is not JSON"),
        (["run", OK, "-i", "{}"], None, "takes no input"),
        (["history", OK, "--status", "alrt"], None, "Did you mean alert?"),
        (["history", OK, ALERTING, "--cursor", "x"], None, "a cursor belongs to one target"),
        (["history", OK, "--since", "soon"], None, "'soon' is not a time"),
        (["run", OK, "--timeout", "10x"], None, "'10x' is not a duration"),
        (["run", OK, "-o", "tabel"], None, "Did you mean table?"),
        (
            ["history", OK, "--cursor", "x"],
            None,
            "'x' is no cursor of this list; give one that was said when",
        ),
        (["targets", "datafold", "--cursor", "x"], None, "'x' is no cursor of this list"),
        (["targets", "nowhere", "--cursor", "1"], None, "there is no provider 'nowhere'"),
        (["history", OK, "--since", "7d", "--until", "8d"], None, "no run can be in between"),
        (["report", OK, "--since", "7d", "--until", "8d"], None, "no run can be in between"),
        (["history", OK, "--limit", "x"], None, "'x' is not a whole number from 0 on."),
        (["history", OK, "--limit", "-1"], None, "'-1' is not a whole number from 0 on."),
        (["run", OK, "--fail-on", "alrt"], None, "Did you mean alert?"),
        (["run", OK, "--fail-on", ""], None, "'' is no end to fail on."),
        (["run", OK, "--fail-on", "nothing,alert"], None, "names nothing and something"),
        (["run", *"abcde"], None, "And 2 more like these. Nothing was sent."),
        (["run", TWEETS, "-i", "@"], None, "has to be followed by the name of a file"),
        (["wait", "-"], '[{"ref": "x:y/z"}, {"target": "x"}]', "row 2 of stdin has no 'ref'"),
        (["wait", "-"], '[{"ref": ', "stdin is not JSON"),
        (["wait", "-"], "[1]", "row 1 of stdin has no 'ref'"),
        (["report", OK, "-o", ""], None, "needs the name of a file"),
        (["rn", OK], None, "Did you mean 'run'"),
        (["run"], None, "Missing argument"),
        (["items", f"{OK}/runs/1001"], None, "no list of what a run made"),
        (["targets", "datafold@eu"], None, "Set DATAFOLD_EU_API_KEY"),
        (["report", OK, "-o", "/nowhere/at/all.html"], None, "there is no folder /nowhere/at"),
        (["report", OK, "-o", "/"], None, "it is a folder"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_sent(omnirun, environment, arguments, stdin, said):
    before = len(environment.sandbox.served)
    result = omnirun(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert len(environment.sandbox.served) == before


def test_an_input_comes_from_the_line_a_file_or_stdin(omnirun, tmp_path):
    file = tmp_path / "input.json"
    file.write_text('\ufeff{"maxItems": 10}', "utf-8")
    for source, stdin in (("{}", None), (f"@{file}", None), ("-", '{"maxItems": 10}')):
        assert omnirun("trigger", TWEETS, "--input", source, "-q", stdin=stdin).exit_code == 0


def test_an_input_that_is_no_text_says_where_it_stops_being_one(omnirun, tmp_path):
    (tmp_path / "input.json").write_bytes(b'{"a": "\xff"}')
    result = omnirun("trigger", TWEETS, "--input", f"@{tmp_path / 'input.json'}")
    assert (result.exit_code, "it is not text in UTF-8 (byte 7)" in " ".join(result.stderr.split())) == (
        2,
        True,
    )


def test_a_missing_key_and_a_provider_that_is_not_there_are_told_apart(omnirun, monkeypatch):
    monkeypatch.setenv("MONID_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("FIRECRAWL_API_KEY")
    missing = omnirun("history", CHECKED)
    assert (missing.exit_code, "Set FIRECRAWL_API_KEY" in missing.stderr) == (2, True)
    monkeypatch.setenv("MONID_API_KEY", "a-key-of-many-letters")
    absent = omnirun("history", "monid:workspace", "-v")
    assert (absent.exit_code, "Connection refused" in absent.stderr) == (5, True)
    assert (
        "warning: monid: GET /v1/runs: not sent: [Errno 111] Connection refused; trying again in"
        in absent.stderr
    )
    assert "a-key-of-many-letters" not in absent.stderr + absent.stdout


def test_a_named_account_comes_from_the_environment(omnirun, environment, monkeypatch):
    monkeypatch.setenv("DATAFOLD_EU_API_KEY", " sandbox-datafold\n")
    monkeypatch.setenv("DATAFOLD_EU_BASE_URL", environment.environment["DATAFOLD_BASE_URL"])
    monkeypatch.delenv("DATAFOLD_API_KEY")
    assert omnirun("targets", "datafold@eu:", "-n", "1", "-q").stdout == "datafold@eu:monitors/42\n"
    assert omnirun("history", "datafold@eu:monitors/42", "-n", "1").exit_code == 0


def test_requests_are_shown_when_asked_for(omnirun):
    result = omnirun("get", f"{OK}/runs/1001", "--verbose", "-o", "jsonl")
    assert "omnirun: datafold: GET http" in result.stderr
    assert "sandbox-datafold" not in result.stderr
    assert omnirun("get", f"{OK}/runs/1001", "-o", "jsonl").stderr == ""


def test_what_a_provider_says_can_t_touch_the_terminal(omnirun, environment):
    environment.sandbox.faults.add(
        faults.Answer(404, message="\x1b[2J\u202egone\nerror: all is well"),
        provider="datafold",
        method="POST",
    )
    result = omnirun("trigger", OK)
    assert "\x1b" not in result.stdout + result.stderr
    assert r"\x1b[2J\u202egone error: all is well" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_defect_is_owned_up_to_and_shown_on_request(omnirun, monkeypatch):
    monkeypatch.setattr("omnirun.cli.places.names", lambda: [1 / 0])
    result = omnirun("providers")
    assert (result.exit_code, "ZeroDivisionError: division by zero. This is a defect" in result.stderr) == (
        70,
        True,
    )
    assert "Traceback" not in result.stderr


# ------------------------------------------------------------------------------------------------ the place itself


def test_providers_shows_what_is_set_and_no_key(omnirun, monkeypatch):
    monkeypatch.setenv("DATAFOLD_BASE_URL", "https://me:secret@eu.datafold.com")
    monkeypatch.setenv("MONID_TEAM_API_KEY", "monid_live_team")
    monkeypatch.delenv("FIRECRAWL_API_KEY")
    result = omnirun("providers")
    lines = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [(line[0], "not" in line, line[-1]) for line in lines] == [
        ("datafold", False, "https://[login]@eu.datafold.com"),
        ("firecrawl", True, lines[1][-1]),
        ("monid", False, lines[2][-1]),
        ("monid", False, "https://api.monid.ai"),
    ]
    assert not [key for key in ("secret@", "sandbox-datafold", "monid_live") if key in result.stdout]


def test_the_doctor_finds_all_well(omnirun):
    result = omnirun("doctor", "-o", "json")
    found = {row["check"]: row["result"] for row in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert {
        word for check, word in found.items() if check.startswith(("datafold", "firecrawl", "monid"))
    } == {"ok"}
    assert {"python", "omnirun", "httpx", "typer"} <= found.keys()


def test_the_doctor_names_what_is_wrong(omnirun, environment, monkeypatch):
    url = environment.environment["DATAFOLD_BASE_URL"]
    monkeypatch.setenv("DATAFOLD_API_KEY", "wrong-key-of-many-letters")
    monkeypatch.delenv("FIRECRAWL_API_KEY")
    monkeypatch.setenv("MONID_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DATAFOLD_EU_API_KEY", "sandbox-datafold")
    monkeypatch.setenv("DATAFOLD_EU_BASE_URL", url)
    monkeypatch.setenv("DATAFOLD_ODD_API_KEY", "sandbox-datafold")
    monkeypatch.setenv("DATAFOLD_ODD_BASE_URL", "no url")
    environment.sandbox.clock, clock = lambda: clock() + 0.0, environment.sandbox.clock
    result = omnirun("doctor", "-o", "json")
    environment.sandbox.clock = clock
    found = {row["check"]: (row["result"], row["detail"]) for row in json.loads(result.stdout)}
    assert result.exit_code == 5
    assert found["datafold accepts the key"][0] == "problem"
    assert found["datafold accepts the key"][1].startswith("datafold:monitors: HTTP 401: Invalid API key")
    assert found["datafold@eu answers"][0] == "ok"
    assert found["datafold@odd answers"][0] == "problem"
    assert (found["firecrawl key"][0], found["firecrawl answers"][0]) == ("none", "ok")
    assert "Connection refused" in found["monid answers"][1]
    assert "wrong-key-of-many-letters" not in result.stdout + result.stderr


# ------------------------------------------------------------------------------------------------ the doctor's corners


LANE = checkup.Lane("monid", "eu", key=True)
REQUEST = Outgoing("monid@eu", "GET", "http://127.0.0.1/", "x")


@pytest.mark.parametrize(
    ("headers", "result", "detail"),
    [
        ({}, "unknown", "the reply had no date"),
        ({"date": "Sat, 21 Nov 2026 12:00:00 GMT"}, "ok", "within 5 s of this machine's"),
        (
            {"date": "Sat, 21 Nov 2026 12:01:00 GMT"},
            "warning",
            "60 s ahead of this machine's: one of the two is wrong",
        ),
        (
            {"date": "Sat, 21 Nov 2026 11:59:00 GMT"},
            "warning",
            "60 s behind this machine's: one of the two is wrong",
        ),
    ],
)
def test_clocks_that_differ_are_told(headers, result, detail):
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
    (row,) = checkup._clock(LANE, noon + 1, Answered(REQUEST, 1.0, 200, headers))
    assert row.record == {"check": "monid@eu clock", "result": result, "detail": detail}


def test_a_provider_without_lists_is_not_asked(omnirun, monkeypatch):
    monkeypatch.setattr(checkup, "_LISTS", {})
    monkeypatch.setattr(checkup, "_PACKAGES", ("omnirun-never-heard-of",))
    found = {row["check"]: row["result"] for row in json.loads(omnirun("doctor", "-o", "json").stdout)}
    assert (found["monid answers"], found["omnirun-never-heard-of"]) == ("unknown", "unknown")


def test_the_doctor_looks_at_named_accounts_that_can_only_list_runs(omnirun, environment, monkeypatch):
    monkeypatch.setenv("MONID_EU_API_KEY", environment.environment["MONID_API_KEY"])
    monkeypatch.setenv("MONID_EU_BASE_URL", environment.environment["MONID_BASE_URL"])
    found = {row["check"]: row["result"] for row in json.loads(omnirun("doctor", "-o", "json").stdout)}
    assert found["monid@eu answers"] == "ok"


def test_a_plug_in_that_breaks_is_a_problem_and_not_the_end(omnirun, monkeypatch):
    monkeypatch.setattr(checkup, "_clock", lambda *_: 1 / 0)
    result = omnirun("doctor", "-o", "json")
    found = {row["check"]: row["result"] for row in json.loads(result.stdout)}
    assert (result.exit_code, found["monid answers"], found["python"]) == (70, "problem", "ok")


def test_a_wait_that_is_refused_ends_at_once(omnirun, monkeypatch):
    monkeypatch.setenv("DATAFOLD_API_KEY", "wrong-key-of-many-letters")
    result = omnirun("wait", f"{OK}/runs/1001", "-o", "jsonl")
    (row,) = rows(result)
    assert (result.exit_code, row["state"], "HTTP 401" in row["problem"]) == (5, None, True)
    assert "go on" not in result.stderr


@pytest.mark.parametrize(("cursor", "error"), [(None, ValueError("a defect")), ("x", BadRef("no ref"))])
def test_what_is_no_fault_of_a_cursor_is_not_said_to_be(cursor, error):
    with pytest.raises(type(error), match=str(error)), reading._resuming(cursor):
        raise error
