"""A newer revision of two providers, played through as CONTRIBUTING.md tells it; nobody notices.

It starts from specs/ as they were on 2026-11-21 (older/), so that it goes on telling the same story when they move on.
Datafold's trigger page has moved to the newer dialect and its runs can be `queued`; Monid's run answers 200 as well as
202, in both cases with the price as an object, and has more statuses. NEWER_OVERLAY names the overlay's tests that have
to pass unchanged against the new clients; by default those that read these two providers' replies.
"""

import contextlib
import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen import diff_sides
from codegen.__main__ import OVERLAY, app
from codegen.build import ROOT
from codegen.diff import compare
from codegen.diff_overlay import overlay

NEWER, OLDER = Path(__file__).parent / "newer", Path(__file__).parent / "older"
TESTS = os.environ.get(
    "NEWER_OVERLAY", "tests/overlay/test_datafold.py tests/overlay/test_monid.py tests/overlay/test_states.py"
).split()
RUN_200 = "  - target: $.paths['/v1/run'].post.responses\n"
OWN_200 = """\
  - target: $.paths['/v1/run'].post.responses['200'].content
    description: The page's own table of this reply leaves out output, cost and providerResponse.
    remove: true
"""


class Newer:
    """A copy of the older specs and of generated/, and the commands on it."""

    def __init__(self, root):
        self.specs, self.generated = root / "specs", root / "generated"
        shutil.copytree(OLDER, self.specs)
        shutil.copytree(ROOT / "generated", self.generated, ignore=shutil.ignore_patterns("__pycache__"))

    def json(self, command, *arguments):
        places = ["--specs", self.specs]
        places += ["--generated", self.generated] if command != "diff" else []
        done = CliRunner().invoke(
            app, [command, *map(str, [*arguments, *places]), "--json"], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def python(self, *arguments, **environment):
        path = os.pathsep.join(map(str, (self.generated, ROOT / "overlay", ROOT)))
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def effects(changes, kind):
    return [(each["raw"], each["overlay"]) for each in changes if each["kind"] == kind]


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    newer = Newer(tmp_path_factory.mktemp("newer"))
    newer.said = newer.json("update", "datafold", "monid", "--from", NEWER)
    amendments = newer.specs / "monid" / "amendments.yaml"
    before = amendments.read_text()
    assert before.count(RUN_200) == 1
    amendments.write_text(before.replace(RUN_200, OWN_200 + RUN_200))
    newer.changes = newer.json("diff", OLDER)
    newer.built = newer.json("build", "datafold", "monid")
    return newer


def test_every_page_is_vendored(newer):
    pages = {
        f"{provider['name']}/{page['file']}": (page["status"], page["dialect"])
        for provider in newer.said["providers"]
        for page in provider["pages"]
    }
    assert pages == {
        "datafold/trigger-a-run.md": ("changed", "openapi"),
        "datafold/get-monitor-run.md": ("changed", "openapi"),
        "datafold/list-monitor-runs.md": ("changed", "legacy"),
        "monid/post-v1-run.md": ("changed", "rendered"),
    }


def test_the_update_says_what_an_amendment_has_to_settle(newer):
    """The page states the 200 itself now, and with less than is known of it; with its table the client would break."""
    datafold, monid = newer.said["providers"]
    assert datafold["effects"] == {"raw": "cosmetic", "overlay": "cosmetic"}
    assert monid["effects"] == {"raw": "breaking", "overlay": "breaking"}
    assert effects(monid["changes"], "response.type.wider") == [("breaking", "breaking")]


def test_once_it_is_settled_nothing_changes_for_anybody(newer):
    """What the new pages state had been known, and amended, before they did."""
    assert newer.changes["effects"] == {"raw": "cosmetic", "overlay": "cosmetic"}
    assert [each["status"] for each in newer.built["providers"]] == ["built", "built"]


@pytest.mark.parametrize("provider", ["datafold", "monid"])
def test_the_new_clients_are_those_of_the_new_pages(newer, provider):
    document = (newer.specs / provider / "openapi.yaml").read_bytes()
    code = f"import omnirun_raw.{provider} as raw; print(raw.SPEC_SHA256, raw.SPEC_REVISION, raw.__file__)"
    sha256, revision, file = newer.python("-c", code).stdout.split()
    assert sha256 == hashlib.sha256(document).hexdigest()
    assert revision == newer.said["providers"][0]["pages"][0]["revision"]
    assert Path(file).is_relative_to(newer.generated)


def test_the_overlay_passes_its_tests_unchanged(newer):
    """The tree's own conftest.py would put the committed clients first, so it is left out."""
    plain = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--confcutdir=tests/overlay")
    done = newer.python("-m", "pytest", *plain, *TESTS)
    assert done.returncode == 0, done.stdout[-5_000:]
    assert "passed" in done.stdout


def test_code_that_was_written_against_the_old_clients_still_type_checks(newer, tmp_path):
    """mypy's cache of the committed tree is borrowed, if there is one: it saves what did not change."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copytree(ROOT / ".mypy_cache", tmp_path / "cache")
    (tmp_path / "probe.py").write_text(
        "from omnirun_raw.datafold import SPEC_SHA256\n\nreveal_type(SPEC_SHA256)\n"
    )
    options = ("--config-file", "pyproject.toml", "--cache-dir", tmp_path / "cache", "--no-pretty")
    done = newer.python(
        "-m",
        "mypy",
        *options,
        "tests/typing/consumer.py",
        tmp_path / "probe.py",
        MYPYPATH=str(newer.generated),
    )
    document = (newer.specs / "datafold" / "openapi.yaml").read_bytes()
    assert done.returncode == 0, done.stdout
    assert hashlib.sha256(document).hexdigest() in done.stdout


def without(document, *edits):
    before = copy.deepcopy(document)
    for edit in edits:
        edit(before)
    return before


def fewer_values(component, *values):
    def edit(document):
        held = document["components"]["schemas"][component]["enum"]
        held[:] = [value for value in held if value not in values]

    return edit


def no_200(document):
    del document["paths"]["/v1/run"]["post"]["responses"]["200"]


def price_is_a_number(document):
    price = document["components"]["schemas"]["Run"]["properties"]["price"]
    del price["anyOf"]
    price["type"] = "number"


@pytest.mark.parametrize(
    ("provider", "edits", "expected"),
    [
        (
            "datafold",
            [fewer_values("MonitorRunState", "queued")],
            [("response.enum.value.added", "queued", "additive", "cosmetic")],
        ),
        (
            "monid",
            [fewer_values("RunStatus", "STOPPING", "BLOCKED")],
            [
                ("response.enum.value.added", "STOPPING", "additive", "cosmetic"),
                ("response.enum.value.added", "BLOCKED", "additive", "cosmetic"),
            ],
        ),
        ("monid", [no_200], [("status.success.added.other", "200", "breaking", "additive")]),
        (
            "monid",
            [price_is_a_number],
            [("response.type.wider", "RunPrice | number", "breaking", "breaking")],
        ),
    ],
)
def test_what_it_would_have_meant_for_users_had_nobody_known(provider, edits, expected):
    """The state tables of the overlay know every word already; the raw client's users get a name for it."""
    document = diff_sides.read((OLDER / provider / "openapi.yaml").read_text(), provider)
    changes = compare(
        provider, without(document, *edits), document, overlay(OVERLAY, "omnirun_raw", provider)
    )
    assert [(each.kind, each.after, each.raw, each.overlay) for each in changes] == expected
