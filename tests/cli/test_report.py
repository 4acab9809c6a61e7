"""The report: its data, the page around them, and the file."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import Outcome, Phase, Ref, Run, Verdict
from omnirun.cli.report.data import KINDS, Page, Read, columns, kind
from omnirun.cli.report.page import embedded, render

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OK = "datafold:monitors/42"
EVIL = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 1'>&amp;\u2028"


def run(number=1, outcome=None, verdict=None, phase=Phase.FINISHED, **rest):
    return Run(Ref.parse(f"{OK}/runs/{number}"), None, phase, outcome, verdict, **rest)


@pytest.mark.parametrize(
    ("of", "is_"),
    [
        (run(outcome=Outcome.SUCCESS, verdict=Verdict.PASS), "pass"),
        (run(outcome=Outcome.SUCCESS, verdict=Verdict.ALERT), "alert"),
        (run(outcome=Outcome.SUCCESS), "success"),
        (run(outcome=Outcome.FAILURE), "failure"),
        (run(outcome=Outcome.FAILURE, verdict=Verdict.ALERT), "failure"),
        (run(outcome=Outcome.TIMED_OUT), "timed_out"),
        (run(outcome=Outcome.CANCELLED), "cancelled"),
        (run(outcome=Outcome.SKIPPED), "skipped"),
        (run(outcome=Outcome.UNKNOWN), "unknown"),
        (run(phase=Phase.QUEUED), "running"),
        (run(phase=Phase.RUNNING), "running"),
        (run(phase=Phase.UNKNOWN), "unknown"),
    ],
)
def test_a_run_is_one_of_the_kinds(of, is_):
    assert kind(of) == is_
    assert is_ in KINDS


def test_runs_are_laid_out_in_columns():
    ended = run(
        1, Outcome.SUCCESS, Verdict.PASS, state="ok", started_at=NOON, finished_at=NOON + timedelta(seconds=5)
    )
    queued = run(2, phase=Phase.QUEUED)
    page = Page(
        NOON,
        NOON - timedelta(days=1),
        None,
        [Read(OK, [ended, queued]), Read("monid:workspace", [], "no key")],
    )
    assert columns(page) == {
        "made_at": 1795262400000,
        "since": 1795176000000,
        "until": None,
        "targets": [OK, "monid:workspace"],
        "problems": [None, "no key"],
        "kinds": list(KINDS),
        "ref": [f"{OK}/runs/1", f"{OK}/runs/2"],
        "target": [0, 0],
        "kind": [0, 7],
        "state": [0, 1],
        "at": [1795262400000, None],
        "took": [5.0, None],
        "note": [0, 0],
        "states": ["ok", "queued"],
        "notes": [""],
    }


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | st.none(), max_size=3),
        max_size=3,
    )
)
def test_embedded_data_hold_nothing_that_html_knows(data):
    text = embedded(data)
    assert json.loads(text) == data
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert text.isascii()


def test_what_a_provider_says_stands_on_the_page_once_and_as_data():
    page = render(
        Page(NOON, None, None, [Read(EVIL, [run(1, Outcome.FAILURE, state=EVIL, error=EVIL)], EVIL)])
    )
    assert "window.evil" in page
    assert (
        "<img" not in page.partition("<script>")[0]
    )  # behind it there are the scripts; the library names the tag
    assert page.count("<script") == page.count("</script>") == 6
    assert "&lt;/script&gt;&lt;script&gt;" in re.search("<title>.*</title>", page)[0]
    assert "@@" not in page


def test_the_page_fetches_nothing_and_runs_nothing_else():
    page = render(Page(NOON, None, None, [Read(OK, [])] * 4))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.count("'sha256-") == 5
    assert "unsafe-inline" not in policy.split("; ")[1]
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert f"<title>Runs of {OK}, {OK}, {OK} …</title>" in page


def test_the_charting_library_is_the_one_its_notice_names():
    import hashlib  # noqa: PLC0415 - only here

    folder = Path(__file__).parents[2] / "overlay/omnirun/cli/report"
    digest = hashlib.sha256((folder / "echarts.min.js").read_bytes()).hexdigest()
    assert digest in (folder / "NOTICE").read_text()


# ------------------------------------------------------------------------------------------------ the verb


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1])


def test_a_report_is_written_beside_its_place_and_moved(omnirun, tmp_path):
    file = tmp_path / "report.html"
    file.write_text("an older one")
    result = omnirun("report", OK, "datafold:monitors/43", "--since", "30d", "-o", file)
    assert result.exit_code == 0
    assert re.search(r"\d+ runs of 2 targets: ", result.stderr)
    assert data_of(file.read_text())["targets"] == [OK, "datafold:monitors/43"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    import os  # noqa: PLC0415 - only here

    before = os.umask(0)
    os.umask(before)
    return before


def test_a_report_can_go_to_a_device(omnirun):
    assert omnirun("report", OK, "-n", "1", "-o", "/dev/null").exit_code == 0


def test_a_report_can_go_to_stdout(omnirun):
    result = omnirun("report", OK, "-n", "3", "-o", "-")
    assert len(data_of(result.stdout)["ref"]) == 3


def test_what_can_t_be_read_is_said_on_the_page_and_by_the_code(omnirun, tmp_path):
    result = omnirun("report", OK, "datafold:monitors/999", "-n", "3", "-o", tmp_path / "report.html")
    shown = data_of((tmp_path / "report.html").read_text())
    assert (result.exit_code, shown["problems"]) == (
        5,
        [None, shown["problems"][1]],
    )
    assert "HTTP 404: Monitor not found" in shown["problems"][1]
    assert "HTTP 404: Monitor not found" in result.stderr


def test_nothing_is_written_if_nothing_could_be_read(omnirun, tmp_path, environment):
    result = omnirun("report", "datafold:monitors/999", "-o", tmp_path / "report.html")
    assert (result.exit_code, "no report was written" in result.stderr) == (5, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("place", "why"), [("/dev/full", "No space left on device"), ("{}/ro/x.html", "")])
def test_a_file_that_can_t_be_written_leaves_nothing_behind(omnirun, tmp_path, monkeypatch, place, why):
    (tmp_path / "ro").mkdir()
    if not why:
        why = "No space left on device"
        monkeypatch.setattr(Path, "replace", _full)
    result = omnirun("report", OK, "-n", "1", "-o", place.format(tmp_path))
    assert (result.exit_code, why in result.stderr) == (2, True)
    assert list((tmp_path / "ro").iterdir()) == []


def _full(*_):
    raise OSError(28, "No space left on device")
