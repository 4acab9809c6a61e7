"""sources.toml and the pages it names."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from codegen import sources
from codegen.errors import StageError

PAGE = b"# A page\n"
GOOD = f"""
[acme]
title = "Acme"
base_url = "https://api.acme.test/v2/"

[acme.operations]
"GET /things/{{id}}" = "things.get_thing"

[[acme.fragments]]
file = "page.md"
source = "https://docs.acme.test/page.md"
sha256 = "{hashlib.sha256(PAGE).hexdigest()}"
dialect = "openapi"
revision = "2026-11-21"
"""


@pytest.fixture
def specs(tmp_path):
    (tmp_path / "acme" / "fragments").mkdir(parents=True)
    (tmp_path / "acme" / "fragments" / "page.md").write_bytes(PAGE)
    (tmp_path / "sources.toml").write_text(GOOD)
    return tmp_path


def test_reads_what_is_said(specs):
    provider = sources.load(specs).provider("acme")
    assert (provider.title, provider.base_url, provider.revision) == (
        "Acme",
        "https://api.acme.test/v2",
        "2026-11-21",
    )
    assert provider.operations == {"GET /things/{id}": "things.get_thing"}
    assert [page.text for page in sources.pages(provider)] == ["# A page\n"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Acme"', "", "`title` is missing"),
        ("https://api.acme.test", "ftp://api.acme.test", "`base_url`"),
        ("[acme.operations]", "[acme.operation]", "'operation' is unknown"),
        ("GET /things", "FETCH /things", "not `METHOD /path`"),
        ("GET /things", "get /things", "not `METHOD /path`"),
        ("things.get_thing", "getThing", "not `group.operation`"),
        ("things.get_thing", "things.__import__('os')", "not `group.operation`"),
        ('file = "page.md"', 'file = "../page.md"', "`file`"),
        ('file = "page.md"', 'file = "/etc/passwd"', "`file`"),
        ('dialect = "openapi"', "", "`dialect` is missing"),
        ("2026-11-21", "yesterday", "`revision`"),
        ("[acme]", "[acme", "not valid TOML"),
        ("acme", "Acme-1", "lower-case Python name"),
    ],
)
def test_refuses(specs, old, new, message):
    (specs / "sources.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(StageError, match=message) as caught:
        sources.load(specs)
    assert caught.value.where == "sources.toml"


def test_a_missing_folder_is_one_clear_error(tmp_path):
    with pytest.raises(StageError, match="can't be read"):
        sources.load(tmp_path / "nowhere")


def test_an_unknown_provider_names_the_known_ones(specs):
    with pytest.raises(StageError, match="It names: acme"):
        sources.load(specs).provider("acne")


def test_a_changed_page_is_refused_with_its_new_sha(specs):
    changed = b"# Another page\n"
    (specs / "acme" / "fragments" / "page.md").write_bytes(changed)
    with pytest.raises(StageError, match="sha256 is not the one") as caught:
        sources.pages(sources.load(specs).provider("acme"))
    assert caught.value.where == "acme/fragments/page.md"
    assert hashlib.sha256(changed).hexdigest() in caught.value.hint


def test_a_missing_page_is_refused(specs):
    (specs / "acme" / "fragments" / "page.md").unlink()
    with pytest.raises(StageError, match="can't be read"):
        sources.pages(sources.load(specs).provider("acme"))


def test_a_page_named_twice_is_refused(specs):
    entry = GOOD[GOOD.index("[[acme") :]
    (specs / "sources.toml").write_text(GOOD + entry)
    with pytest.raises(StageError, match="named twice"):
        sources.load(specs)


def test_a_page_that_is_no_text_is_refused(specs):
    data = b"\xff\xfe"
    (specs / "acme" / "fragments" / "page.md").write_bytes(data)
    (specs / "sources.toml").write_text(
        GOOD.replace(hashlib.sha256(PAGE).hexdigest(), hashlib.sha256(data).hexdigest())
    )
    with pytest.raises(StageError, match="not UTF-8"):
        sources.pages(sources.load(specs).provider("acme"))


def test_pages_vendored_now_get_the_day_it_is_in_utc(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = datetime.now(tz=UTC).date()
    assert before <= sources.today() <= datetime.now(tz=UTC).date()


@pytest.mark.parametrize(("epoch", "day"), [("0", "1970-01-01"), ("1798761599", "2026-12-31")])
def test_the_environment_can_say_which_day_it_is(monkeypatch, epoch, day):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert sources.today().isoformat() == day


@pytest.mark.parametrize("epoch", ["", "yesterday", "9" * 30])
def test_a_day_that_is_none_is_refused(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(StageError, match=r"SOURCE_DATE_EPOCH is .*no number of seconds"):
        sources.today()
