"""Which providers there are: the built-in ones first, then what packages offer by entry point."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from omnirun import datafold, firecrawl, monid, registry
from omnirun.errors import BadRef


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """An installed package that offers the providers `acme` and, presumptuously, `datafold`."""
    (tmp_path / "acme_omnirun.py").write_text(
        dedent(
            """
            from omnirun.refs import Target

            class Job(Target):
                provider = "acme"
                path = "jobs/7"

            class Acme:
                name = "acme"

                def parse_target(self, path, account):
                    return Job(account=account)

            PROVIDER = Acme()
            """
        )
    )
    info = tmp_path / "acme_omnirun-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-omnirun\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[omnirun.providers]\nacme = acme_omnirun:PROVIDER\ndatafold = acme_omnirun:PROVIDER\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry.provider.cache_clear()
    yield
    registry.provider.cache_clear()
    sys.modules.pop("acme_omnirun", None)


@pytest.mark.parametrize("module", [datafold, firecrawl, monid], ids=lambda m: m.__name__)
def test_built_in(module) -> None:
    assert module.PROVIDER is registry.provider(module.PROVIDER.name)


def test_built_in_ones_are_the_known_ones() -> None:
    assert {*registry.BUILT_IN} == {m.PROVIDER.name for m in (datafold, firecrawl, monid)}


@pytest.mark.usefixtures("acme")
def test_offered_by_entry_point() -> None:
    assert "acme" == registry.provider("acme").name
    assert "acme@eu:jobs/7" == str(registry.parse_target("acme@eu:jobs/7"))


@pytest.mark.usefixtures("acme")
def test_nobody_replaces_a_built_in_one() -> None:
    assert datafold.PROVIDER is registry.provider("datafold")


@pytest.mark.usefixtures("acme")
def test_unknown_provider_names_the_known_ones() -> None:
    with pytest.raises(BadRef, match=r"no provider 'nobody'\. Known are acme, datafold, firecrawl, monid\."):
        registry.provider("nobody")


def test_unknown_is_looked_for_again(request) -> None:
    """A provider installed in a running process is found, though it was asked for before."""
    with pytest.raises(BadRef):
        registry.provider("acme")
    request.getfixturevalue("acme")

    assert "acme" == registry.provider("acme").name


@pytest.mark.parametrize("name", ["", "os", "../evil", "states", "Datafold"])
def test_no_module_becomes_a_provider(name) -> None:
    with pytest.raises(BadRef, match="there is no provider"):
        registry.provider(name)
