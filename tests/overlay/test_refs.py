"""Addresses: what is printed is read back, and what is malformed says how it should look."""

from __future__ import annotations

import copy
import pickle
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnirun import datafold, firecrawl, monid
from omnirun.errors import BadRef
from omnirun.refs import Ref
from omnirun.registry import parse_target, provider
from tests.overlay.virtual import World

MONITOR = "0199a1b2-0000-7000-8000-000000000001"
CHECK = "0199a1b2-0000-7000-8000-0000000000c1"

ACCOUNTS = st.text(string.ascii_letters + string.digits + "_.-", max_size=20)
PROVIDERS = st.from_regex(r"[a-z][a-z0-9_-]{0,19}", fullmatch=True)
PATHS = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1)


@settings(deadline=None)
@given(st.builds(Ref, PROVIDERS, ACCOUNTS, PATHS))
def test_ref_round_trip(ref) -> None:
    assert ref == Ref.parse(str(ref))
    assert ref == eval(repr(ref), {"Ref": Ref})
    assert ref == pickle.loads(pickle.dumps(ref))
    assert ref == copy.deepcopy(ref)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_ref_or_a_bad_ref(text) -> None:
    try:
        ref = Ref.parse(text)
    except BadRef as error:
        assert repr(text) in str(error)  # noqa: PT017 - the other branch is no error
    else:
        assert text == str(ref)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("datafold:monitors/42/runs/123", ("datafold", "", "monitors/42/runs/123")),
        ("datafold@eu:monitors/42/runs/123", ("datafold", "eu", "monitors/42/runs/123")),
        ("monid@team-1.b_c:runs/01HX", ("monid", "team-1.b_c", "runs/01HX")),
        ("acme:jobs:7", ("acme", "", "jobs:7")),
        ("acme:a@b:c", ("acme", "", "a@b:c")),
    ],
)
def test_ref_parts(text, expected) -> None:
    ref = Ref.parse(text)

    assert expected == (ref.provider, ref.account, ref.path)
    assert text == str(ref)


MALFORMED = [
    "",
    ":",
    "datafold",
    "datafold:",
    ":monitors/42",
    "datafold@:monitors/42",
    "@eu:monitors/42",
    "Datafold:monitors/42",
    "datafold@e u:monitors/42",
    "datafold:monitors/42 ",
    " datafold:monitors/42",
    "datafold:monitors/42\n",
    "datafold:mon\x00itors",
    "https://app.datafold.com/monitors/42",
    "42",
]


@pytest.mark.parametrize("text", [text for text in MALFORMED if not text.startswith("https")])
@pytest.mark.parametrize("parse", [Ref.parse, parse_target], ids=["ref", "target"])
def test_malformed_address_says_how_one_reads(parse, text) -> None:
    with pytest.raises(BadRef) as caught:
        parse(text)

    assert str(caught.value).startswith(f"{text!r} is not an address.")
    assert "datafold@eu:monitors/42" in str(caught.value)


TARGETS = [
    (datafold.Monitor(42), "datafold:monitors/42"),
    (datafold.Monitor(0), "datafold:monitors/0"),
    (datafold.Monitor(42, account="eu"), "datafold@eu:monitors/42"),
    (firecrawl.Monitor(MONITOR), f"firecrawl:monitors/{MONITOR}"),
    (firecrawl.Monitor(MONITOR.upper(), account="a.b"), f"firecrawl@a.b:monitors/{MONITOR}"),
    (monid.Endpoint("apify", "/apidojo/tweet-scraper"), "monid:endpoints/apify/apidojo/tweet-scraper"),
    (monid.Endpoint("apify", "/", account="x"), "monid@x:endpoints/apify/"),
    (monid.Endpoint("a b", "/c d/é%2F"), "monid:endpoints/a%20b/c%20d/%C3%A9%252F"),
    (monid.Workspace(), "monid:workspace"),
    (monid.Workspace(account="x"), "monid@x:workspace"),
]


@pytest.mark.parametrize(("target", "text"), TARGETS, ids=[text for _, text in TARGETS])
def test_target_prints_and_parses(target, text) -> None:
    assert text == str(target)
    assert target == parse_target(text)
    assert target == pickle.loads(pickle.dumps(target))
    assert hash(target) == hash(parse_target(text))


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
    ACCOUNTS,
)
def test_every_endpoint_has_an_address(slug, path, account) -> None:
    target = monid.Endpoint(slug, f"/{path}", account=account)

    assert target == parse_target(str(target))


REFS = [
    ("datafold:monitors/42/runs/7", datafold.Monitor(42)),
    ("datafold@eu:monitors/42/runs/7", datafold.Monitor(42, account="eu")),
    (f"firecrawl:monitors/{MONITOR}/checks/{CHECK}", firecrawl.Monitor(MONITOR)),
    (f"firecrawl@eu:monitors/{MONITOR}/checks/{CHECK}", firecrawl.Monitor(MONITOR, account="eu")),
    ("monid:runs/01HXYZ", None),
    ("monid@eu:runs/a%2Fb", None),
]


@pytest.mark.parametrize(("text", "target"), REFS, ids=[text for text, _ in REFS])
def test_ref_tells_its_target(text, target) -> None:
    ref = Ref.parse(text)

    assert target == provider(ref.provider).target_of(ref)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("datafold:monitors/42", "datafold:monitors/42/runs/123"),
        ("datafold@eu:monitors/x/runs/7", "datafold@eu:monitors/42/runs/123"),
        ("datafold:monitors/42/runs/7/", "datafold:monitors/42/runs/123"),
        ("datafold:monitors/-1/runs/7", "datafold:monitors/42/runs/123"),
        (f"datafold:monitors/42/runs/{'9' * 19}", "datafold:monitors/42/runs/123"),
        (f"firecrawl:monitors/{MONITOR}", "firecrawl:monitors/<uuid>/checks/<uuid>"),
        (f"firecrawl@eu:monitors/{MONITOR}/checks/7", "firecrawl@eu:monitors/<uuid>/checks/<uuid>"),
        ("monid:01HXYZ", "monid:runs/01HXYZ1234567890ABCDEF"),
        ("monid@eu:runs/a/b", "monid@eu:runs/01HXYZ1234567890ABCDEF"),
        ("monid:runs/a?b=c", "monid:runs/01HXYZ1234567890ABCDEF"),
    ],
)
@pytest.mark.parametrize("use", ["get", "target_of"])
def test_ref_of_another_form_says_how_one_reads(use, text, wanted) -> None:
    ref = Ref.parse(text)

    with pytest.raises(BadRef) as caught:
        getattr(provider(ref.provider), use)(ref)

    assert repr(text) in str(caught.value)
    assert str(caught.value).endswith(f"One reads {wanted}.")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("datafold:monitors", "datafold:monitors/42"),
        ("datafold:monitors/42/runs/7", "datafold:monitors/42"),
        ("datafold:monitors/forty-two", "datafold:monitors/42"),
        ("firecrawl:monitors/42", "firecrawl:monitors/<uuid>"),
        (f"firecrawl:{MONITOR}", "firecrawl:monitors/<uuid>"),
        ("firecrawl:monitors/------------------------------------", "by its UUID"),
        ("monid:apify/tweet-scraper", "monid:endpoints/apify/apidojo/tweet-scraper"),
        ("monid:endpoints/apify", "monid:endpoints/apify/apidojo/tweet-scraper"),
        ("nobody:monitors/42", "Known are datafold, firecrawl, monid"),
    ],
)
def test_target_of_another_form_says_how_one_reads(text, wanted) -> None:
    with pytest.raises(BadRef) as caught:
        parse_target(text)

    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "arguments", "wanted"),
    [
        (datafold.Monitor, ("42",), "datafold.Monitor(42)"),
        (datafold.Monitor, (-1,), "datafold.Monitor(42)"),
        (datafold.Monitor, (True,), "datafold.Monitor(42)"),
        (datafold.Monitor, (None,), "datafold.Monitor(42)"),
        (firecrawl.Monitor, ("42",), "firecrawl.Monitor('0199a1b2-"),
        (firecrawl.Monitor, (42,), "firecrawl.Monitor('0199a1b2-"),
        (firecrawl.Monitor, (None,), "firecrawl.Monitor('0199a1b2-"),
        (monid.Endpoint, ("", "/x"), 'monid.Endpoint("apify", "/apidojo/tweet-scraper"'),
        (monid.Endpoint, ("a/b", "/x"), 'monid.Endpoint("apify", "/apidojo/tweet-scraper"'),
        (monid.Endpoint, ("apify", "x"), 'monid.Endpoint("apify", "/apidojo/tweet-scraper"'),
    ],
)
def test_target_refuses_what_names_nothing(kind, arguments, wanted) -> None:
    with pytest.raises(BadRef) as caught:
        kind(*arguments)

    assert wanted in str(caught.value)


@pytest.mark.parametrize("text", [*MALFORMED, "datafold:monitors/x", "monid:nothing", "nobody:x"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda world, text: world.engine.trigger(world, text, "raise"),
        lambda world, text: world.engine.get(text),
        lambda world, text: world.engine.wait(world, text, 10, None),
    ],
    ids=["trigger", "get", "wait"],
)
def test_nothing_is_sent_for_a_bad_address(verb, text) -> None:
    world = World(lambda *_: pytest.fail("something was sent"))

    with pytest.raises(BadRef):
        world.run(verb(world, text))

    assert [] == world.sent


def test_refs_sort_by_provider_account_and_path() -> None:
    texts = ["datafold:a", "datafold:b", "datafold@eu:a", "monid:a"]

    assert texts == [str(ref) for ref in sorted(map(Ref.parse, reversed(texts)))]
