"""What can be run, as providers list it."""

from __future__ import annotations

import pytest

from omnirun import BadRef, MissingKey, TargetInfo, Unsupported, datafold, firecrawl
from omnirun.pages import Pages
from tests.overlay.services import uuid
from tests.overlay.virtual import World, reply


def targets(world, provider, account="", **rest):
    return Pages(world.engine.targets(provider, account, rest.pop("cursor", None)), rest.get("limit"), world)


def monitors(count, size=100):
    """Datafold's list of so many monitors."""

    def serve(request, _):
        page = int(dict(request.params)["page"])
        shown = [{"id": n, "name": f"m{n}", "tags": ["x"]} for n in range(1, count + 1)][
            size * (page - 1) : size * page
        ]
        pages = -(-count // size)
        body = {"count": count, "page": page, "page_size": size, "total_pages": pages, "monitors": shown}
        return reply(200, body)

    return serve


def test_datafold_lists_its_monitors_page_by_page():
    world = World(monitors(250))
    listed = list(targets(world, "datafold"))
    assert [info.target for info in listed] == [datafold.Monitor(n) for n in range(1, 251)]
    first = listed[0]
    assert (first.name, str(first), first.raw["tags"]) == ("m1", "datafold:monitors/1 m1", ["x"])
    assert world.paths() == ["/api/v1/monitors"] * 3


def test_firecrawl_lists_its_monitors_once_each_though_its_pages_overlap():
    ids = [uuid(n) for n in range(150)]

    def serve(request, _):
        offset, limit = (int(dict(request.params)[name]) for name in ("offset", "limit"))
        return reply(200, {"success": True, "data": [{"id": id_} for id_ in ids[offset : offset + limit]]})

    listed = list(targets(World(serve), "firecrawl"))
    assert listed == [TargetInfo(firecrawl.Monitor(id_), "", {"id": id_}) for id_ in ids]
    assert str(listed[0]) == f"firecrawl:monitors/{ids[0]}"


def test_a_reading_of_targets_resumes_and_has_a_limit():
    assert [info.target.id for info in targets(World(monitors(250)), "datafold", cursor="3", limit=2)] == [
        201,
        202,
    ]


def test_what_has_no_list_says_what_it_can():
    with pytest.raises(
        Unsupported, match=r"Name one, such as monid@eu:endpoints/.*the history of monid@eu:workspace"
    ):
        targets(World(monitors(1)), "monid", "eu")


@pytest.mark.parametrize(
    ("provider", "account", "error", "match"),
    [("acme", "", BadRef, "no provider 'acme'"), ("datafold", "eu", MissingKey, "Account")],
)
def test_nothing_is_sent_to_nobody(provider, account, error, match):
    world = World(monitors(1))
    with pytest.raises(error, match=match):
        targets(world, provider, account)
    assert world.sent == []
