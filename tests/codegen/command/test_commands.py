"""What every command says, to people and to machines, and its exit codes."""

import json

import pytest

from codegen.build import ROOT
from codegen.errors import StageError
from codegen.report import TRACEBACK, Report, printable

KILN = sorted((ROOT / "docs" / "pages" / "kiln").glob("*.md"))
STAGES = ["vendor", "read", "normalize", "merge", "shape", "gate", "generate"]


def _edited(folders):
    (folders.generated / "studio" / "raw" / "kiln" / "wire.py").write_text("edited \x1b[31m\n")


def _broken(folders):
    page = folders.specs / "kiln" / "fragments" / "start-firing.md"
    page.write_text("no longer the page that was vendored")


def test_build_says_every_stage(kiln):
    answer = kiln.json("build", "--force")
    (provider,) = answer.pop("providers")
    assert answer == {"command": "build", "ok": True}
    assert (provider["name"], provider["status"]) == ("kiln", "built")
    assert list(provider["stages"]) == [*STAGES, "write"]
    assert all(seconds >= 0 for seconds in provider["stages"].values())
    said = kiln.run("build", "--force")
    assert said.stdout == ""
    assert [line for line in said.stderr.splitlines() if line.startswith("kiln: ")][:-1] == [
        f"kiln: {stage}" for stage in [*STAGES, "write"]
    ]


def test_an_unchanged_provider_has_no_stages(kiln):
    assert kiln.json("build")["providers"] == [{"name": "kiln", "status": "unchanged", "stages": {}}]


def test_check_shows_drift_as_a_diff(kiln):
    answer = kiln.json("check")
    assert (answer["ok"], answer["strangers"], answer["providers"][0]["diff"]) == (True, [], "")
    assert kiln.run("check").exit_code == 0

    _edited(kiln)
    answer = kiln.json("check")
    assert (answer["ok"], answer["providers"][0]["status"]) == (False, "drifted")
    assert answer["providers"][0]["diff"].startswith("--- a/")
    said = kiln.run("check")
    assert said.exit_code == 1
    assert said.stdout.startswith("--- a/")
    assert "\x1b" not in said.output


def test_a_client_without_a_provider_is_named(kiln):
    (kiln.generated / "studio" / "raw" / "stray").mkdir()
    (kiln.generated / "studio" / "raw" / "stray" / ".inputs").write_text("")
    answer = kiln.json("check")
    assert (answer["ok"], answer["strangers"]) == (False, ["stray"])
    assert "stray" in kiln.run("check").stderr


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_provider_that_fails_does_not_keep_the_others_from_being_tried(kiln, command):
    assert kiln.run("add", "other", KILN[0]).exit_code == 0
    _broken(kiln)
    answer = kiln.json(command)
    assert not answer["ok"]
    assert [each["status"] for each in answer["providers"]] == [
        "failed",
        "unchanged" if command == "build" else "same",
    ]
    error = answer["providers"][0]["error"]
    assert (error["stage"], error["where"]) == ("vendor", "kiln/fragments/start-firing.md")
    assert "sha256" in error["message"]
    said = kiln.run(command)
    assert said.exit_code == 1
    assert "start-firing.md" in said.stderr
    assert "Traceback" not in said.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["nonsense"], 2),
        (["build", "--nonsense"], 2),
        (["explain"], 2),
        (["add", "kiln"], 2),
        (["explain", "nowhere"], 1),
        (["build", "nowhere"], 1),
        (["check", "nowhere"], 1),
        (["build"], 0),
        (["check"], 0),
        (["explain", "kiln"], 0),
    ],
)
def test_exit_codes(kiln, arguments, code):
    assert (kiln.run(*arguments) if arguments else kiln.bare()).exit_code == code


@pytest.mark.parametrize("package", ["../evil", "/evil", "a..b", "class", "a b", "", "."])
@pytest.mark.parametrize("command", [["build"], ["check"], ["explain", "kiln"], ["add", "more", KILN[0]]])
def test_a_package_that_cannot_be_is_refused_before_anything_is_touched(kiln, command, package):
    before = kiln.files()
    kiln.places[-1] = package
    answer = kiln.json(*command)
    assert not answer["ok"]
    assert "can't be the name" in answer["error"]["message"]
    assert kiln.files() == before


def test_a_folder_that_is_missing_is_one_clear_error(folders):
    answer = folders.json("build")
    assert (answer["ok"], answer["error"]["where"]) == (False, "sources.toml")
    folders.specs.write_text("")
    assert folders.run("build").exit_code == 1
    assert folders.run("add", "kiln", *KILN).exit_code == 1


def test_a_defect_is_said_to_be_one(monkeypatch, capsys):
    def fail(*, machine):
        with Report("build", machine=machine).running() as report, report.provider("kiln"):
            raise ValueError("odd \x1b]0;title\x07")

    with pytest.raises(BaseException, match="1"):
        fail(machine=True)
    error = json.loads(capsys.readouterr().out)["providers"][0]["error"]
    assert error["message"].startswith("a defect of codegen: ValueError: odd")
    assert TRACEBACK in error["hint"]

    with pytest.raises(BaseException, match="1"):
        fail(machine=False)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\\x1b]0;title\\x07" in said

    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(ValueError, match="odd"):
        fail(machine=True)


def test_an_error_outside_of_any_provider(capsys):
    with pytest.raises(BaseException, match="1"), Report("build", machine=True).running():
        raise StageError("vendor", "sources.toml", "[kiln]", "wrong", "put it right")
    assert json.loads(capsys.readouterr().out) == {
        "command": "build",
        "ok": False,
        "error": {
            "stage": "vendor",
            "where": "sources.toml",
            "pointer": "[kiln]",
            "message": "wrong",
            "hint": "put it right",
        },
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é\n\ttext", "plain é\n\ttext"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\udc80", "\\udc80"),
        ("\r", "\\r"),
    ],
)
def test_nothing_that_moves_a_cursor_or_hides_is_printed(text, expected):
    assert printable(text) == expected
