"""Accounts: whose key goes where, and that it shows nowhere else."""

from __future__ import annotations

import copy
import pickle
import traceback

import attrs
import pytest

from omnirun.accounts import Account, Accounts, Door
from omnirun.datafold import Monitor
from omnirun.errors import BadRef, MissingKey
from omnirun.registry import provider
from tests.overlay.virtual import World

KEY = "sekrit-0123456789"
EU = Account("datafold", name="eu", api_key=KEY, base_url="https://eu.datafold.example/", rate=5.0)


def accounts(*given, **environ):
    return Accounts(given, environ, provider)


@pytest.mark.parametrize(
    ("name", "variable", "base_url", "credential"),
    [
        ("datafold", "DATAFOLD_API_KEY", "https://app.datafold.com", f"Key {KEY}"),
        ("firecrawl", "FIRECRAWL_API_KEY", "https://api.firecrawl.dev/v2", f"Bearer {KEY}"),
        ("monid", "MONID_API_KEY", "https://api.monid.ai", f"Bearer {KEY}"),
    ],
)
def test_default_account_comes_from_the_environment(name, variable, base_url, credential) -> None:
    known = accounts(**{variable: f" {KEY}\n"})
    door = known.door(known.lane(name, ""))

    assert (base_url, "Authorization", credential) == (door.base_url, door.header, door.credential)
    assert 50.0 == known.rate(name)


@pytest.mark.parametrize(
    ("given", "environ", "lane", "expected"),
    [
        ((EU,), {}, "datafold@eu", ("https://eu.datafold.example", f"Key {KEY}")),
        ((EU,), {"DATAFOLD_API_KEY": "other"}, "datafold", ("https://app.datafold.com", "Key other")),
        (
            (Account("datafold", api_key="given"),),
            {"DATAFOLD_API_KEY": "other", "DATAFOLD_BASE_URL": "http://localhost:1"},
            "datafold",
            ("https://app.datafold.com", "Key given"),
        ),
        (
            (),
            {"DATAFOLD_API_KEY": "k", "DATAFOLD_BASE_URL": "http://localhost:1/df//"},
            "datafold",
            ("http://localhost:1/df", "Key k"),
        ),
        (
            (),
            {"DATAFOLD_API_KEY": "k", "DATAFOLD_BASE_URL": ""},
            "datafold",
            ("https://app.datafold.com", "Key k"),
        ),
    ],
)
def test_which_account_is_used(given, environ, lane, expected) -> None:
    known = accounts(*given, **environ)
    name, _, account = lane.partition("@")

    assert lane == known.lane(name, account)
    assert expected == (known.door(lane).base_url, known.door(lane).credential)


def test_rate_is_the_accounts_own() -> None:
    known = accounts(EU)

    assert 5.0 == known.rate(known.lane("datafold", "eu"))


@pytest.mark.parametrize(
    ("name", "account", "words"),
    [
        ("datafold", "", ["Set DATAFOLD_API_KEY", "Account('datafold', api_key=...)"]),
        ("firecrawl", "", ["Set FIRECRAWL_API_KEY"]),
        ("monid", "", ["Set MONID_API_KEY"]),
        ("datafold", "us", ["no account datafold@us", "Account('datafold', name='us', api_key=...)"]),
    ],
)
def test_missing_key_names_what_to_set(name, account, words) -> None:
    with pytest.raises(MissingKey) as caught:
        accounts(EU, DATAFOLD_API_KEY="").lane(name, account)

    assert [] == [word for word in words if word not in str(caught.value)]


@pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "a\r\nX-Evil: 1", "clé", "a\x00b", "a\x7f"])
@pytest.mark.parametrize("source", ["given", "environment"])
def test_key_that_no_header_can_carry_is_refused(source, key) -> None:
    known = accounts(Account("monid", api_key=key)) if source == "given" else accounts(MONID_API_KEY=key)

    with pytest.raises(MissingKey, match="monid") as caught:
        known.lane("monid", "")
    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    ["app.datafold.com", "ftp://x", "//x", "/api", "file:///etc/passwd"],
)
def test_base_url_begins_with_http(base_url) -> None:
    with pytest.raises(BadRef, match=r"the base URL of datafold@x is '.*'; it must read https://host"):
        accounts(Account("datafold", name="x", api_key=KEY, base_url=base_url)).lane("datafold", "x")


@pytest.mark.parametrize(
    "base_url", ["https://user:hidden@host", "https://host?key=hidden", "https://host/#hidden"]
)
def test_a_secret_in_a_base_url_is_refused_and_not_shown(base_url) -> None:
    """It would stand in every log line and in every error."""
    account = Account("datafold", name="x", api_key=KEY, base_url=base_url)
    with pytest.raises(BadRef, match="the base URL of datafold@x must read https://host") as caught:
        accounts(account).lane("datafold", "x")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("name", ["e u", "a@b", "a:b", "a/b", "é", "\n"])
def test_name_is_one_that_an_address_can_hold(name) -> None:
    for make in (lambda: Account("datafold", name=name, api_key=KEY), lambda: Monitor(42, account=name)):
        with pytest.raises(BadRef, match="an account is named with letters"):
            make()


def test_unknown_provider_is_no_missing_key() -> None:
    with pytest.raises(BadRef, match="there is no provider 'nobody'"):
        accounts().lane("nobody", "")


def known_with_doors():
    known = accounts(EU, MONID_API_KEY=KEY)
    known.lane("datafold", "eu")
    known.lane("monid", "")
    return known


@pytest.mark.parametrize(
    "holder",
    [
        lambda: EU,
        lambda: attrs.evolve(EU, name="us"),
        known_with_doors,
        lambda: known_with_doors().door("datafold@eu"),
        lambda: World(None).engine.accounts,
    ],
    ids=["account", "evolved", "accounts", "door", "an engine's"],
)
@pytest.mark.parametrize("show", [repr, str, format, "{0!r:>200}".format, "%s".__mod__], ids=range(5))
def test_key_shows_nowhere(holder, show) -> None:
    shown = show(holder())

    assert KEY not in shown
    assert "df-key" not in shown


@pytest.mark.parametrize(
    "given",
    [
        Account("datafold", api_key=f"{KEY} {KEY}"),
        Account("datafold", api_key=KEY, base_url="nowhere"),
    ],
    ids=["bad key", "bad base url"],
)
def test_key_is_in_no_error_and_no_traceback(given) -> None:
    with pytest.raises((BadRef, MissingKey)) as caught:
        accounts(given).lane("datafold", "")

    error = caught.value
    told = [str(error), repr(error), "".join(traceback.format_exception(error))]
    assert [] == [text for text in told if KEY in text]


@pytest.mark.parametrize(
    "carry", [pickle.dumps, copy.copy, copy.deepcopy, lambda account: pickle.dumps({"a": [account]})]
)
def test_account_is_not_carried(carry) -> None:
    with pytest.raises(TypeError, match="pickle refs and open a Client where they are used"):
        carry(EU)
    with pytest.raises(TypeError, match="holds a key"):
        carry(Door("https://eu.example.com", "Authorization", f"Key {KEY}"))


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_rate_is_above_nothing(rate) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Account("datafold", api_key=KEY, rate=rate)
