"""What runs on the host of the repository asks for what is there, and for no more rights than it needs.

That the files are workflows at all is for `make lint`: it checks them against GitHub's own schema.
"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = {path.stem: path.read_text("utf-8") for path in sorted(ROOT.glob(".github/workflows/*.yml"))}
WRITES = {  # by workflow: the jobs that may write, what, and what they may run
    "update": {"propose": {"contents": "write", "pull-requests": "write"}},
    "release": {"publish": {"id-token": "write", "attestations": "write", "contents": "read"}},
    "docs": {"show": {"pages": "write", "id-token": "write"}},
}


def test_there_are_the_four():
    assert set(WORKFLOWS) == {"docs", "release", "tests", "update"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_job_may_read_and_only_those_listed_may_write(name):
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow["permissions"] == {"contents": "read"}
    rights = {job: stated.get("permissions") for job, stated in workflow["jobs"].items()}
    assert {job: right for job, right in rights.items() if right} == WRITES.get(name, {})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_who_may_write_runs_nothing_of_the_repository(name):
    """A page of a provider, or a package that the tests need, never meets a token that can change something."""
    for job in WRITES.get(name, {}):
        commands = " ".join(
            step.get("run", "") for step in yaml.safe_load(WORKFLOWS[name])["jobs"][job]["steps"]
        )
        assert not re.search(r"\b(make|python|pip|npm)\b", commands)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_and_every_job_has_an_end(name):
    used = re.findall(r"uses: (\S+)", WORKFLOWS[name])
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+(\.\d+\.\d+)?", action)] == []
    assert all("timeout-minutes" in job for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values())


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_target_is_in_the_makefile(name):
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    called = {
        target
        for line in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", re.sub(r"#.*", "", WORKFLOWS[name]))
        for target in line.split()
    }
    assert called
    assert called <= targets


def test_the_host_runs_what_ci_runs():
    (commands,) = re.findall(r"^make (.+)$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"run: make (\S+)$", WORKFLOWS["tests"].partition("conformance:")[0], re.MULTILINE) == (
        commands.split()
    )


@pytest.mark.parametrize(
    ("tag", "released"),
    [("v0.1.0", True), ("v1.20.3", True), ("v0.1.0rc1", True), ("v0.1", False), ("v0.1.0-old", False)],
)
def test_releases_and_release_candidates_are_built_from_their_tags(tag, released):
    """A filter's pattern fits the whole of a tag; `+` is one or more of what stands before it, `.` is a full stop."""
    filters = yaml.safe_load(WORKFLOWS["release"])[True]["push"]["tags"]  # YAML reads `on` as true
    patterns = [re.sub(r"\.", r"\\.", pattern) for pattern in filters]
    assert any(re.fullmatch(pattern, tag) for pattern in patterns) is released


def test_every_supported_python_is_tested():
    stated = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    matrix = yaml.safe_load(WORKFLOWS["tests"])["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == stated


def test_dependabot_looks_where_pins_are():
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text("utf-8"))["updates"]
    places = {(update["package-ecosystem"], update["directory"]) for update in updates}
    assert places == {
        ("pip", "/"),
        ("pip", "/conformance"),
        ("pip", "/benchmarks"),
        ("npm", "/conformance"),
        ("github-actions", "/"),
    }


def test_what_a_machine_writes_is_marked_and_pages_are_left_as_they_are():
    marked = dict(
        line.split()
        for line in (ROOT / ".gitattributes").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    for pattern in ("generated/**", "specs/*/openapi.yaml", "specs/*/fetched.toml"):
        assert marked[pattern] == "linguist-generated"
    assert marked["specs/*/fragments/**"] == "-text"
