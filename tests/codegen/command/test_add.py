"""`add`: pages of an invented provider to a package that imports and works; a failed one leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from codegen.add import plan
from codegen.adding import CLIENT, READY, adding, draft_of, publish, recover, write
from codegen.build import ROOT
from codegen.errors import StageError
from codegen.sources import load

KILN = GET, LIST, START = sorted((ROOT / "docs" / "pages" / "kiln").glob("*.md"))
CALL = """
from studio.raw.kiln import BASE_URL, firings, kilns, models
from studio.raw.http import Response
request = firings.start_a_firing.build("k 1", body=models.Program(cone="6"), dry_run=True)
print(request.method, request.path, request.params, request.json)
reply = Response(202, {}, b'{"id": "5f0c6bbd-4f5d-4b52-9a0f-0ad6ffb6e4b0", "state": "paused", "peak": 1222.5}')
firing = firings.start_a_firing.parse(reply)
print(firing.state.value, firing.peak, firing.started_at)
print(firings.get_a_firing.build("k1", "5f0c6bbd-4f5d-4b52-9a0f-0ad6ffb6e4b0").path)
page = kilns.list_the_kilns_of_a_studio.build(limit=5).parse(Response(200, {}, b'{"kilns": [{"id": "k1"}]}'))
print(page.kilns[0].id, BASE_URL)
import studio.raw.kiln.wire, studio.raw.kiln.schemas
"""
SAID = """\
POST /kilns/k%201/firings (('dryRun', 'true'),) {'cone': '6', 'hold': 10}
paused 1222.5 UNSET
/kilns/k1/firings/5f0c6bbd-4f5d-4b52-9a0f-0ad6ffb6e4b0
k1 https://api.kiln.example/v1
"""


def test_pages_of_every_dialect_make_a_package_that_works(folders):
    answer = folders.json("add", "kiln", *KILN)
    assert {each["dialect"] for each in answer["fragments"]} == {"openapi", "legacy", "rendered"}
    assert answer["base_url"] == "https://api.kiln.example/v1"
    assert answer["title"] == "Kiln API"
    assert answer["operations"] == {
        "GET /kilns": "kilns.list_the_kilns_of_a_studio",
        "GET /kilns/{kilnId}/firings/{firingId}": "firings.get_a_firing",
        "POST /kilns/{kilnId}/firings": "firings.start_a_firing",
    }
    assert folders.python(CALL) == SAID


def test_what_is_added_is_what_build_and_check_take(folders):
    assert folders.run("add", "kiln", *KILN).exit_code == 0
    for page in KILN:
        assert (folders.specs / "kiln" / "fragments" / page.name).read_bytes() == page.read_bytes()
    table = tomllib.loads((folders.specs / "sources.toml").read_text())["kiln"]
    assert [each.get("source", "") for each in table["fragments"]] == [
        "https://docs.kiln.example/api/firings/get-firing.md",
        "",
        "https://docs.kiln.example/api/firings/start-firing.md",
    ]
    assert folders.json("build")["providers"][0]["status"] == "unchanged"
    assert folders.json("check")["ok"]


def test_a_second_provider_leaves_the_first_as_it_is(folders):
    folders.run("add", "kiln", *KILN)
    sources = folders.specs / "sources.toml"
    sources.write_text(f"{sources.read_text()}# a hand-written remark")
    before = folders.files()
    assert folders.run("add", "other", KILN[0]).exit_code == 0
    after = folders.files()
    assert after.pop("specs/sources.toml").startswith(before.pop("specs/sources.toml"))
    assert {path: after[path] for path in before} == before


def _changed(page, tmp_path, old, new, name="page.md"):
    path = tmp_path / name
    path.write_text(page.read_text().replace(old, new))
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory, folders_in):
    """Folders that hold a provider."""
    folders = folders_in(tmp_path_factory.mktemp("first"))
    assert folders.run("add", "first", GET).exit_code == 0
    return folders.root


@pytest.mark.parametrize(
    ("pages", "arguments", "message", "do"),
    [
        ([], [], "Missing argument", ""),
        (["nowhere.md"], [], "not there", ""),
        (["."], [], "no file", ""),
        (["empty"], [], "no dialect that is read", "a fenced OpenAPI document"),
        (["binary"], [], "not UTF-8", ""),
        (["huge"], [], "bytes; at most", ""),
        (["start", "copy"], [], "the same page as", "Leave one of them out"),
        (["elsewhere", "start"], [], "name different servers", "--base-url"),
        (["nowhere named"], [], "no page names its server", "--base-url"),
        (["start"], ["--base-url", "api.kiln.example"], "can't be a base URL", "https://"),
        (["start"], ["--base-url", "https://a/{x}"], "can't be a base URL", "https://"),
        (["start", "contradiction"], [], "on one page and", "run `add` with the other"),
        (["hostile"], [], "holds U+", ""),
    ],
)
@pytest.mark.parametrize("existing", [False, True], ids=["new folder", "existing folder"])
def test_a_failed_add_leaves_everything_as_it_was(  # noqa: PLR0917  # pytest passes by name
    folders, tmp_path_factory, first, pages, arguments, message, do, existing
):
    made = tmp_path_factory.mktemp("pages")
    (made / "empty").write_text("# Nothing\n")
    (made / "binary").write_bytes(b"\xff\xfe\x00")
    with (made / "huge").open("wb") as file:
        file.truncate(100_000_000)
    shutil.copy(START, made / "start")
    shutil.copy(START, made / "copy")
    _changed(START, made, "api.kiln.example", "api.oven.example", "elsewhere")
    _changed(START, made, "servers:\n  - url: https://api.kiln.example/v1\n", "", "nowhere named")
    _changed(
        START,
        made,
        "type: integer\n          description: Min",
        "type: string\n          description: Min",
        "contradiction",
    )
    _changed(START, made, "Minutes at the top.", '"evil \\u202e text"', "hostile")
    if existing:
        shutil.copytree(first, folders.root, dirs_exist_ok=True)
    before = folders.files()

    done = folders.run("add", "kiln", *(made / page for page in pages), *arguments)

    assert done.exit_code == (2 if not pages else 1)
    said = " ".join(done.stderr.split())
    assert message in said
    assert do in said
    assert "Traceback" not in done.output
    assert folders.files() == before
    assert folders.specs.exists() is existing


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil", "can't be the name"),
        ("/evil", "can't be the name"),
        ("Kiln", "can't be the name"),
        ("class", "can't be the name"),
        ("http", "can't be the name"),
        ("__init__", "can't be the name"),
        ("k" * 65, "can't be the name"),
    ],
)
def test_a_name_that_cannot_be_is_refused(folders, name, message):
    done = (
        folders.run("add", "--", name, KILN[0]) if name.startswith("-") else folders.run("add", name, KILN[0])
    )
    assert done.exit_code == 1
    assert message in done.stderr
    assert folders.files() == {}


def test_a_provider_that_is_there_says_what_to_write_by_hand(folders):
    folders.run("add", "kiln", START)
    done = folders.run("add", "kiln", GET)
    assert done.exit_code == 1
    assert "there is a provider 'kiln' already" in done.stderr
    lines = [line.strip() for line in done.stderr.splitlines()]
    start = lines.index("[[kiln.fragments]]")

    # What it says is all there is to do: the page, its lines, and the name that build then asks for.
    shutil.copy(GET, folders.specs / "kiln" / "fragments" / "get-firing.md")
    sources = folders.specs / "sources.toml"
    sources.write_text(f"{sources.read_text()}\n" + "\n".join(lines[start : start + 6]) + "\n")
    asked = folders.run("build", "kiln").stderr
    pin = next(line.strip() for line in asked.splitlines() if line.strip().startswith('"GET'))
    sources.write_text(sources.read_text().replace("[kiln.operations]", f"[kiln.operations]\n{pin}"))
    assert folders.run("build", "kiln").exit_code == 0


def test_a_folder_nobody_names_is_not_touched(folders):
    (folders.specs / "kiln").mkdir(parents=True)
    (folders.specs / "kiln" / "mine").write_text("precious")
    before = folders.files()
    done = folders.run("add", "kiln", START)
    assert done.exit_code == 1
    assert "doesn't name it" in done.stderr
    assert folders.files() == before


@pytest.mark.parametrize(
    ("old", "new", "arguments", "base_url", "amended"),
    [
        (
            "https://api.kiln.example/v1",
            "/v1",
            ["--base-url", "https://eu.kiln.example/v1/"],
            "https://eu.kiln.example/v1",
            0,
        ),
        (
            "https://api.kiln.example/v1",
            "https://old.example",
            ["--base-url", "https://a.b"],
            "https://a.b",
            1,
        ),
        (
            "url: https://api.kiln.example/v1",
            "url: https://{region}.kiln.example\n    variables: {region: {default: eu}}",
            [],
            "https://eu.kiln.example",
            1,
        ),
        (
            "  - url: https://api.kiln.example/v1",
            "  - url: https://a.example\n  - url: https://b.example",
            [],
            "https://a.example",
            0,
        ),
    ],
    ids=["a path", "another", "variables", "two"],
)
def test_the_base_url(  # noqa: PLR0917  # pytest passes by name
    folders, tmp_path, old, new, arguments, base_url, amended
):
    page = _changed(START, tmp_path, old, new)
    answer = folders.json("add", "kiln", page, *arguments)
    assert answer["ok"], answer
    assert answer["base_url"] == base_url
    assert (folders.specs / "kiln" / "amendments.yaml").read_text().count("$.servers") == amended


def test_pages_of_one_name_are_kept_apart(tmp_path):
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    first = shutil.copy(START, tmp_path / "a" / "get (1).md")
    second = shutil.copy(GET, tmp_path / "b" / "get (1).md")
    third = _changed(LIST, tmp_path / "c", "\n", "\r\n", "..%")
    addition = plan("kiln", [first, second, third], tmp_path / "specs")
    assert [each.file for each in addition.provider.fragments] == ["get-1-.md", "get-1--2.md", "page.md"]


def test_names_are_ones_that_can_be_pinned(folders, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        """```yaml
openapi: 3.1.0
servers: [{url: https://api.example.test}]
paths:
  /a: {get: {tags: [Models], summary: class, responses: {'200': {description: ''}}}}
  /b: {get: {tags: [Models], summary: class, responses: {'200': {description: ''}}}}
  /c: {get: {tags: [Models], summary: class, responses: {'200': {description: ''}}}, post: {tags: [Models],
      summary: class, responses: {'200': {description: ''}}}}
  /2fa/{id}: {get: {summary: '2 factors', parameters: [{name: id, in: path, schema: {type: string}}],
      responses: {'200': {description: ''}}}}
  /x-y: {get: {tags: ['\u00fc'], responses: {'200': {description: ''}}}}
  /x/y: {get: {tags: ['\u00fc'], responses: {'200': {description: ''}}}}
  /x_y: {get: {tags: ['\u00fc'], responses: {'200': {description: ''}}}}
  /x.y: {get: {tags: ['\u00fc'], responses: {'200': {description: ''}}}}
```
"""
    )
    answer = folders.json("add", "odd", page)
    assert answer["ok"], answer
    assert len(set(answer["operations"].values())) == 9
    assert answer["operations"]["GET /a"] == "models_group.class_"
    assert answer["operations"]["GET /2fa/{id}"] == "n2fa.n2_factors"


def test_what_fails_late_is_taken_back(tmp_path):
    specs = tmp_path / "specs"
    addition = plan("kiln", [START], specs)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(addition, specs, KeyboardInterrupt())
    assert not specs.exists()

    specs.mkdir()
    with pytest.raises(StageError):
        _interrupted(addition, specs, StageError("generate", "", "", "no"))
    assert list(specs.iterdir()) == []


def _interrupted(addition, specs, error):
    with adding(addition, specs, specs.parent / "src") as draft:
        assert (draft / "kiln" / "amendments.yaml").exists()
        assert not (specs / "kiln").exists()
        raise error


def test_an_add_that_is_killed_anywhere_is_finished_or_forgotten(tmp_path):
    script = Path(__file__).with_name("killed_add.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(START)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["whole"] == "after"
    assert len(found["steps"]) >= 18
    assert set(found["next start"]) == {"before", "after"}
    assert set(found["killed again"]) == {"before", "after"}
    assert set(found["read"]) == {"first", "interrupted", "first kiln"}


def _killed_before(step, specs, target):
    """What is left of an `add` that was killed before one of its steps, the client built already or not."""
    specs.mkdir()
    (specs / "sources.toml").write_text("# mine\n")
    draft = draft_of(specs, "kiln")
    draft.mkdir()
    write(plan("kiln", [START], specs), draft)
    if step == "build":
        return
    (draft / CLIENT).write_text(str((target / "kiln").resolve()))
    (target / "kiln").mkdir(parents=True)
    (target / "kiln" / ".inputs").touch()
    if step == "marker":
        return
    (draft / READY).touch()
    if step != "move":
        (draft / "kiln").rename(specs / "kiln")
    if step == "tidy":
        (specs / "sources.toml").write_text("# mine\n\n" + (draft / "sources.toml").read_text())


@pytest.mark.parametrize(
    ("step", "whole"),
    [("build", False), ("marker", False), ("move", True), ("name", True), ("tidy", True)],
)
def test_a_killed_add_is_finished_or_forgotten_at_the_next_start(tmp_path, step, whole):
    specs, target = tmp_path / "specs", tmp_path / "src"
    _killed_before(step, specs, target)
    recover(specs, target)
    recover(specs, target)
    assert sorted(path.name for path in specs.iterdir()) == (["kiln"] if whole else []) + ["sources.toml"]
    assert list(tomllib.loads((specs / "sources.toml").read_text())) == (["kiln"] if whole else [])
    assert (specs / "sources.toml").read_text().startswith("# mine\n")
    assert (target / "kiln").exists() == whole
    if whole:
        assert sorted(path.name for path in (specs / "kiln").iterdir()) == ["amendments.yaml", "fragments"]


def test_a_client_that_was_there_or_is_elsewhere_is_not_forgotten(tmp_path):
    specs, target, other = tmp_path / "specs", tmp_path / "src", tmp_path / "other"
    for folder in (target, other):
        (folder / "kiln").mkdir(parents=True)
        (folder / "kiln" / ".inputs").touch()
    addition = plan("kiln", [START], specs)
    with pytest.raises(StageError), adding(addition, specs, target):
        raise StageError("generate", "", "", "no")
    assert (target / "kiln").exists()
    _killed_before("marker", specs, tmp_path / "third")
    recover(specs, other)
    assert (other / "kiln").exists()


def test_a_client_that_cannot_be_moved_is_removed(tmp_path):
    specs, target = tmp_path / "specs", tmp_path / "src"
    _killed_before("marker", specs, target)
    (draft_of(specs, "kiln") / "gone").touch()  # in the way, as another file system would be
    recover(specs, target)
    assert not (target / "kiln").exists()
    assert [path.name for path in specs.iterdir()] == ["sources.toml"]


def test_what_is_half_added_is_not_read(tmp_path, folders):
    _killed_before("move", folders.specs, tmp_path / "client")
    with pytest.raises(StageError, match="an `add` of kiln was interrupted"):
        load(folders.specs)
    assert (
        folders.run("explain", "kiln").exit_code == 0
    )  # it repairs, as everything that takes the same folders


def test_a_draft_that_is_a_link_is_not_followed(tmp_path):
    specs, other = tmp_path / "specs", tmp_path / "other"
    specs.mkdir()
    other.mkdir()
    (other / READY).touch()
    (specs / ".kiln.adding").symlink_to(other)
    recover(specs, tmp_path / "src")
    assert list(specs.iterdir()) == []
    assert (other / READY).exists()


def test_a_draft_does_not_take_the_place_of_a_provider(tmp_path):
    specs = tmp_path / "specs"
    for _ in range(2):
        draft = draft_of(specs, "kiln")
        draft.mkdir(parents=True)
        write(plan("kiln", [START], tmp_path / "elsewhere"), draft)
        if (specs / "kiln").exists():
            with pytest.raises(StageError, match="there is a provider 'kiln' already"):
                publish(specs, draft)
        else:
            publish(specs, draft)
    assert (specs / "kiln" / "amendments.yaml").exists()


def test_a_name_that_two_groups_have(folders, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        """```yaml
openapi: 3.1.0
servers: [{url: https://api.example.test}, {url: /relative}, {description: none}]
paths:
  /a: {get: {tags: [cats], summary: list, responses: {'200': {description: ''}}}}
  /b: {get: {tags: [cats], summary: find, responses: {'200': {description: ''}}}}
  /c: {get: {tags: [dogs], summary: find, responses: {'200': {description: ''}}}}
```
"""
    )
    answer = folders.json("add", "pets", page)
    assert answer["operations"] == {"GET /a": "cats.list_cats", "GET /b": "cats.find", "GET /c": "dogs.find"}
    assert (
        folders.python(
            "from studio.raw.pets import cats, dogs; print(cats.find.build().path, dogs.find.build().path)"
        )
        == "/b /c\n"
    )
    explained = folders.json("explain", "pets")
    assert [each["name"] for each in explained["operations"]] == ["cats.list_cats", "cats.find", "dogs.find"]


def test_a_page_that_is_too_deep_or_cannot_be_read_is_one_clear_error(folders, tmp_path, monkeypatch):
    deep = tmp_path / "deep.md"
    example = '{"a":' * 900 + "1" + "}" * 900
    deep.write_text(f"GET /a\n\nResponse\n\n200 OK\n\nExample Response\n\n```json\n{example}\n```\n")
    error = folders.json("add", "deep", deep, "--base-url", "https://a.example")["error"]
    assert "too deep" in error["message"]
    assert "defect" not in error["message"]
    with pytest.raises(StageError, match="no page was given"):
        plan("kiln", [], tmp_path)
    with pytest.raises(StageError, match="can't be read"):
        plan("kiln", [tmp_path / ("x" * 300)], tmp_path)
