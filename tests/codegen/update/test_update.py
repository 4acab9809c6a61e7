"""`update` over a real site: what changed is vendored, all of a provider or nothing, and what it means is said."""

import datetime as dt
import hashlib
import json
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.__main__ import app
from codegen.build import ROOT
from codegen.errors import StageError
from codegen.spec import normalize_provider
from codegen.update import _put

PAGES = ROOT / "docs" / "pages" / "kiln"
START, GET, LIST = "start-firing.md", "get-firing.md", "get-v1-kilns.md"
TODAY = dt.datetime.now(tz=dt.UTC).date().isoformat()


def run(specs, *arguments):
    command = ["update", *map(str, arguments), "--specs", str(specs), "--package", "studio.raw"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert "Traceback" not in done.output
    return done


def answer(specs, *arguments):
    done = run(specs, *arguments, "--json")
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["ok"] is (done.exit_code == 0)
    return said


def files(specs):
    return {
        path.relative_to(specs).as_posix(): path.read_bytes() for path in specs.rglob("*") if path.is_file()
    }


def newer(page, old, new):
    text = (PAGES / page).read_text()
    assert old in text
    return text.replace(old, new).encode()


QUEUED = newer(GET, "- queued", "- queued\n                      - waiting")


def test_the_first_time_everything_is_fetched_and_the_second_time_nothing(site, specs):
    before = files(specs)
    said = answer(specs)
    assert [(page["status"], page["diff"]) for page in said["providers"][0]["pages"]] == [("same", "")] * 3
    assert said["providers"][0]["status"] == "unchanged"
    after = files(specs)
    assert {path for path in after if after[path] != before.get(path)} == {"kiln/fetched.toml"}
    assert after.keys() - before.keys() == {"kiln/fetched.toml"}
    kept = tomllib.loads(after["kiln/fetched.toml"].decode())
    assert {file: entry["etag"] for file, entry in kept.items()} == {
        file: f'"{file.removesuffix(".md")}"' for file in (START, GET, LIST)
    }
    site.asked.clear()
    assert run(specs).exit_code == 0
    assert {path: headers.get("If-None-Match") for path, headers in site.asked} == {
        f"/{file}": entry["etag"] for file, entry in kept.items()
    }
    assert files(specs) == after


def test_a_changed_page_is_vendored_and_what_it_means_is_said(site, specs, reply):
    before = files(specs)
    site.replies[f"/{GET}"] = reply(body=QUEUED, tag='"2"')
    said = answer(specs)
    (provider,) = said["providers"]
    page = next(page for page in provider["pages"] if page["status"] == "changed")
    assert (page["file"], page["revision"], page["dialect"]) == (GET, TODAY, "legacy")
    assert page["sha256"] == hashlib.sha256(QUEUED).hexdigest()
    assert "+                      - waiting" in page["diff"].splitlines()
    assert provider["effects"] == {"raw": "additive", "overlay": "cosmetic"}
    assert [(each["kind"], each["after"]) for each in provider["changes"]] == [
        ("response.enum.value.added", "waiting")
    ]
    after = files(specs)
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {f"kiln/fragments/{GET}", "sources.toml"}
    assert after[f"kiln/fragments/{GET}"] == QUEUED
    lines = zip(before["sources.toml"].splitlines(), after["sources.toml"].splitlines(), strict=True)
    assert [new.decode() for old, new in lines if old != new] == [
        f'sha256 = "{page["sha256"]}"',
        f'revision = "{TODAY}"',
    ]
    assert "waiting" in normalize_provider(specs, "kiln").text


def test_what_people_are_told(site, specs, reply):
    site.replies[f"/{GET}"] = reply(body=QUEUED)
    done = run(specs)
    assert done.exit_code == 0
    assert "kiln/start-firing.md: unchanged" in done.stderr
    assert "kiln/get-firing.md: changed" in done.stderr
    assert "raw client additive, overlay cosmetic" in done.stderr
    assert f"+++ b/kiln/fragments/{GET}" in done.stdout
    assert "response.enum.value.added" in done.stdout


def test_a_page_in_another_dialect_keeps_its_names(site, specs, reply):
    """The page was in the flattened form and is OpenAPI now; nothing of it changed but words."""
    site.replies[f"/{LIST}"] = reply(body=AS_OPENAPI)
    (provider,) = answer(specs)["providers"]
    (page,) = [page for page in provider["pages"] if page["status"] == "changed"]
    assert page["dialect"] == "openapi"
    assert not any(each["kind"].startswith("operation.r") for each in provider["changes"])
    assert 'dialect = "openapi"' in (specs / "sources.toml").read_text()


AS_OPENAPI = b"""# List the kilns of a studio

````yaml openapi.json GET /kilns
openapi: 3.1.0
info: {title: Kiln API, version: '1'}
servers: [{url: 'https://api.kiln.example/v1'}]
paths:
  /kilns:
    get:
      operationId: anotherName
      tags: [Other]
      summary: List the kilns of a studio
      parameters:
        - {name: studio, in: query, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        '200':
          description: The kilns of the studio, newest first.
          content: {application/json: {schema: {type: object, properties: {kilns: {type: array, items: {}}}}}}
      security: [{bearer: []}]
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
````
"""

REFUSED = {
    "gone": ({"status": 404}, "fetch", "HTTP 404"),
    "defect": ({"status": 500}, "fetch", "HTTP 500"),
    "web page": ({"body": b"<!doctype html><title>x</title>", "kind": "text/html"}, "fetch", "a web page"),
    "cut off on the way": ({"body": b"# Get a firing", "length": 9_999}, "fetch", "ended early"),
    "cut off before": ({"body": (PAGES / GET).read_bytes()[:900]}, "update", "the new page has 900 bytes"),
    "cut off in the middle": ({"body": (PAGES / GET).read_bytes()[:-300]}, "read", "the new page: "),
    "lost its spec": ({"body": b"# Get a firing\n\n" + b"See the console.\n" * 200}, "read", "in no dialect"),
    "not text": ({"body": b"\xff\xfe" + b"x" * 5_000}, "update", "not UTF-8"),
    "states nothing": (
        {
            "body": b"````yaml\nopenapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n````\n"
            + b"x\n" * 2_000
        },
        "read",
        "the new page",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_page_that_is_refused_changes_nothing(site, specs, reply, what):
    """Not even the other page of the provider, which did change."""
    given, stage, words = REFUSED[what]
    site.replies[f"/{START}"] = reply(body=(PAGES / START).read_bytes() + b"\nMore.\n")
    site.replies[f"/{GET}"] = reply(**given)
    before = files(specs)
    (provider,) = answer(specs)["providers"]
    assert provider["status"] == "failed"
    assert provider["error"]["stage"] == stage
    assert words in provider["error"]["message"]
    assert GET in provider["error"]["where"]
    assert files(specs) == before
    assert run(specs).exit_code == 1


def test_a_provider_that_fails_does_not_keep_the_others_from_being_tried(site, specs):
    shutil.copytree(specs / "kiln", specs / "oven")
    text = (specs / "sources.toml").read_text()
    gone = text.replace(f"{site.url}/{GET}", f"{site.url}/gone")
    (specs / "sources.toml").write_text(gone + text.replace("[kiln", "[oven"))
    said = answer(specs)
    assert [(each["name"], each["status"]) for each in said["providers"]] == [
        ("kiln", "failed"),
        ("oven", "unchanged"),
    ]
    assert {path for path in files(specs) if "fetched" in path} == {"oven/fetched.toml"}


def test_a_page_whose_address_nobody_knows_is_said_so(site, specs):
    text = (specs / "sources.toml").read_text()
    (specs / "sources.toml").write_text(text.replace(f'source = "{site.url}/{LIST}"\n', ""))
    statuses = {page["file"]: page["status"] for page in answer(specs)["providers"][0]["pages"]}
    assert statuses == {START: "same", GET: "same", LIST: "unknown"}
    done = run(specs)
    assert done.exit_code == 0
    assert f"kiln/{LIST}: address not known: save the page and take it with --from DIR" in done.stderr
    assert f"/{LIST}" not in {path for path, _ in site.asked}


@pytest.mark.parametrize("layout", ["kiln/fragments", "kiln", "."])
def test_pages_from_a_folder(site, specs, tmp_path, layout):
    """Nothing is fetched, and a page that somebody chose may be shorter."""
    folder = tmp_path / "saved"
    (folder / layout).mkdir(parents=True)
    (folder / layout / GET).write_bytes(QUEUED)
    (provider,) = answer(specs, "--from", folder)["providers"]
    statuses = {page["file"]: page["status"] for page in provider["pages"]}
    assert statuses == {START: "absent", GET: "changed", LIST: "absent"}
    assert (specs / "kiln" / "fragments" / GET).read_bytes() == QUEUED
    assert site.asked == []
    assert not (specs / "kiln" / "fetched.toml").exists()


def test_a_shorter_page_that_somebody_chose(specs, tmp_path):
    (tmp_path / LIST).write_bytes(
        AS_OPENAPI[:400].replace(b"operationId", b"x-operationId") + AS_OPENAPI[400:]
    )
    assert answer(specs, "--from", tmp_path)["providers"][0]["status"] == "updated"


@pytest.mark.parametrize("name", ["nowhere", "kiln/page.md"])
def test_a_folder_that_is_none(specs, tmp_path, name):
    (tmp_path / "kiln").mkdir()
    (tmp_path / "kiln" / "page.md").write_text("x")
    error = answer(specs, "--from", tmp_path / name)["error"]
    assert "there is no such folder" in error["message"]


def test_a_web_page_from_a_folder_is_refused(specs, tmp_path):
    (tmp_path / GET).write_text("<html>")
    assert "a web page" in answer(specs, "--from", tmp_path)["providers"][0]["error"]["message"]


def test_pages_that_make_no_spec_are_vendored_and_it_is_said_what_they_need(site, specs, reply):
    """Its path has changed: the pinned name stands for an operation that is gone."""
    moved = newer(GET, "/kilns/{kilnId}/firings/{firingId}", "/firings/{kilnId}/{firingId}")
    site.replies[f"/{GET}"] = reply(body=moved)
    (provider,) = answer(specs)["providers"]
    assert provider["status"] == "updated"
    assert provider["error"]["stage"] == "shape"
    assert "The new pages are vendored" in provider["error"]["hint"]
    assert (specs / "kiln" / "fragments" / GET).read_bytes() == moved
    with pytest.raises(StageError):
        normalize_provider(specs, "kiln")


@pytest.mark.parametrize("blocked", ["sources.toml", f"kiln/fragments/{GET}", "kiln/fetched.toml"])
def test_when_something_cannot_be_written_nothing_is(site, specs, reply, blocked):
    site.replies[f"/{GET}"] = reply(body=QUEUED, tag='"2"')
    path = specs / blocked
    before = files(specs)
    (path.parent / f".{path.name}.draft").mkdir()
    assert run(specs).exit_code == 1
    assert files(specs) == before


def test_files_are_put_back_when_one_of_them_cannot_take_its_place(tmp_path):
    (tmp_path / "old").write_text("before")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        _put({tmp_path / name: b"after" for name in ("old", "new", "folder")})
    assert files(tmp_path) == {"old": b"before"}


@pytest.mark.parametrize("damage", [lambda page: page.write_bytes(page.read_bytes() + b"x"), Path.unlink])
def test_a_page_that_was_damaged_here_is_put_right(site, specs, damage):
    run(specs)
    page = specs / "kiln" / "fragments" / GET
    damage(page)
    statuses = {page["file"]: page["status"] for page in answer(specs)["providers"][0]["pages"]}
    assert statuses[GET] == "changed"
    assert page.read_bytes() == (PAGES / GET).read_bytes()
    assert 'revision = "2026-01-02"' in (specs / "sources.toml").read_text()
    assert TODAY not in (specs / "sources.toml").read_text()


@pytest.mark.parametrize("change", ["sha256", "source"])
def test_what_a_server_said_holds_for_that_page_alone(site, specs, change):
    run(specs)
    kept = (specs / "kiln" / "fetched.toml").read_text()
    wrong = {"sha256": 'sha256 = "0', "source": 'source = "x'}[change]
    (specs / "kiln" / "fetched.toml").write_text(kept.replace(wrong[:-1], wrong))
    site.asked.clear()
    assert run(specs).exit_code == 0
    assert not any("If-None-Match" in headers for _, headers in site.asked)
    assert (specs / "kiln" / "fetched.toml").read_text() == kept


def test_a_damaged_file_of_what_servers_said(specs):
    (specs / "kiln" / "fetched.toml").write_text("= [")
    error = answer(specs)["providers"][0]["error"]
    assert (error["where"], error["hint"]) == ("kiln/fetched.toml", "Delete it.")


def test_an_unknown_provider(specs):
    assert "there is no provider 'nowhere'" in answer(specs, "nowhere")["error"]["message"]
