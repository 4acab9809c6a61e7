"""Monid: data endpoints and their runs (https://api.monid.ai, `Authorization: Bearer`).

Quirks. A body with `runId` is a run and a body with `code` and `message` is a platform error, whatever the status: a
finished run may mirror the data provider's own 404 or 429. Only such a run's `providerResponse` tells whether a
COMPLETED one succeeded. There is one list, of the whole workspace; its items have no output and no input, so a lost
trigger can't be told from somebody else's and nothing is adopted.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import quote, unquote

import attrs

import omnirun_raw.monid as raw
from omnirun import states
from omnirun.clock import instant, moment
from omnirun.errors import BadRef, Unsupported
from omnirun.paging import Cursors
from omnirun.provider import Listing, Page, Provider, Query, Site, oldest
from omnirun.refs import Ref, Target, address, ref_to, respelled
from omnirun.replies import accepted, decoded, ended, expect, failure, is_list, is_object, loose, unreadable
from omnirun.run import fresh, priced
from omnirun.states import Outcome, Phase
from omnirun_raw.http import UNSET
from omnirun_raw.monid.api.runs import get_run, list_runs, start_run, stop_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from omnirun.errors import ApiError
    from omnirun.provider import Known
    from omnirun.refs import TargetInfo
    from omnirun.run import Cost, Run
    from omnirun.states import States
    from omnirun_raw.http import Request, Response
    from omnirun_raw.monid import wire

_RUN = re.compile(r"runs/([A-Za-z0-9_.~%-]{1,200})")
_ENDPOINT = re.compile(r"endpoints/([^/]+)(/.*)")
_PAGE_SIZE = 100
_NO_REPLY: wire.RunProviderResponse = {}
_SUCCESS = Outcome.SUCCESS  # by name: see `omnirun.scheduler.At`


@attrs.frozen
class Endpoint(Target):
    """A data endpoint with its input, such as `monid.Endpoint("apify", "/apidojo/tweet-scraper", input={...})`.

    Its address, `monid:endpoints/apify/apidojo/tweet-scraper`, does not hold the input.
    """

    provider: ClassVar[str] = "monid"

    data_provider: str
    endpoint: str
    input: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)

    def __attrs_post_init__(self) -> None:
        if not self.data_provider or "/" in self.data_provider or not self.endpoint.startswith("/"):
            raise BadRef(
                f"a Monid endpoint is a provider slug and a path that begins with a slash, not {self.data_provider!r} "
                f'and {self.endpoint!r}: monid.Endpoint("apify", "/apidojo/tweet-scraper", input={{...}}).'
            )

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"endpoints/{quote(self.data_provider, safe='')}{quote(self.endpoint)}"

    @property
    def given(self) -> Mapping[str, Any]:
        """The input, which the address does not hold."""
        return {"input": dict(self.input)} if self.input else {}


@attrs.frozen
class Workspace(Target):
    """All runs of an account's workspace; it has a history and can't be run."""

    provider: ClassVar[str] = "monid"

    @property
    def path(self) -> str:
        """The path of its address."""
        return "workspace"


@attrs.frozen
class Monid(Provider):
    """The provider; see `omnirun.provider.Provider` for what each method does."""

    states: States = states.MONID
    name: ClassVar[str] = "monid"
    site: ClassVar[Site] = Site(raw.BASE_URL, raw.KEY_HEADER, raw.KEY_PREFIX)

    def parse_target(self, path: str, account: str) -> Target:
        """See `Provider`."""
        match = _ENDPOINT.fullmatch(path)
        if match is not None:
            return Endpoint(unquote(match[1]), unquote(match[2]), account=account)
        if path == "workspace":
            return Workspace(account=account)
        raise BadRef(f"{path!r} is no Monid target. One reads monid:endpoints/apify/apidojo/tweet-scraper.")

    def canonical(self, ref: Ref) -> Ref:
        """See `Provider`."""
        return respelled(ref, f"runs/{quote(_id(ref), safe='')}")

    def target_of(self, ref: Ref) -> None:
        """See `Provider`; a Monid ref does not say what was run."""
        _id(ref)

    def trigger(self, target: Target) -> Request[Any]:
        """See `Provider`."""
        if not isinstance(target, Endpoint):
            raise Unsupported(
                f"Monid runs endpoints, such as monid.Endpoint('apify', '/x', input={{}}); not {target}."
            )
        body: wire.StartRunRequest = {
            "provider": target.data_provider,
            "endpoint": target.endpoint,
            "input": dict(target.input),
        }
        return start_run.build(body=body)

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """See `Provider`."""
        return self._run(self._body(response, at, str(target)), target.account, moment(at))

    def get(self, ref: Ref) -> Request[Any]:
        """See `Provider`."""
        return get_run.build(_id(ref))

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """See `Provider`."""
        body = self._body(response, at, str(ref))
        expect(ref, _path(body), response)
        return self._run(body, ref.account, moment(at))

    def stop(self, ref: Ref) -> Request[Any]:
        """See `Provider`."""
        return stop_run.build(_id(ref))

    def items(self, ref: Ref) -> Listing[Mapping[str, Any]]:
        """See `Provider`; the output, which comes with the run."""
        return Listing(
            key=ref.path,
            style=Cursors(),
            request=lambda _, __: self.get(ref),
            read=partial(self._items, ref),
            newest_first=False,
        )

    def history(self, target: Target) -> Listing[Run]:
        """See `Provider`."""
        if not isinstance(target, (Endpoint, Workspace)):
            raise Unsupported(f"Monid lists the runs of endpoints and of the workspace; {target} is neither.")
        only = target if isinstance(target, Endpoint) else None
        return Listing(
            key=target.path,
            style=Cursors(),
            request=_list,
            read=partial(self._page, target.account, only),
            glance=partial(self._glance, target.account),
        )

    def targets(self, account: str) -> Listing[TargetInfo]:
        """See `Provider`."""
        one = address("monid", account, "endpoints/apify/apidojo/tweet-scraper")
        runs = address("monid", account, "workspace")
        raise Unsupported(
            f"Monid has no list of its endpoints. Name one, such as {one}; the history of {runs} has what was run."
        )

    def collection(self, ref: Ref) -> Listing[Run]:
        """See `Provider`."""
        return self.history(Workspace(account=ref.account))

    def typed(self, raw: Mapping[str, Any]) -> Any:
        """See `Provider`."""
        from omnirun_raw.monid import models  # noqa: PLC0415 - only who asks pays for the models

        return models.Run.from_dict(raw)

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """See `Provider`."""
        body = cast("wire.PlatformError", loose(response))
        return failure(response, at, doing, message=body.get("message"), code=body.get("code"))

    def _body(self, response: Response, at: float, doing: str) -> wire.Run:
        """Tell a run from a platform error by the body, whatever the status."""
        body = dict(loose(response))
        if isinstance(body.get("runId"), str):
            return cast("wire.Run", body)
        if not accepted(response.status) or {"code", "message"} <= body.keys():
            raise self.error(response, at, doing)
        raise unreadable(response, doing, "the body is neither a run nor an error")

    def _page(self, account: str, only: Endpoint | None, response: Response, at: float) -> Page[Run]:
        body = self._listed(account, response, at)
        items, seen = cast("list[wire.Run]", body["items"]), moment(at)
        runs = [self._run(item, account, seen, full=False) for item in items]
        mine = runs if only is None else [run for run in runs if run.target and run.target.path == only.path]
        return Page(tuple(mine), len(items), asked=_PAGE_SIZE, cursor=body.get("cursor"), oldest=oldest(runs))

    def _glance(self, account: str, response: Response, at: float, known: Known) -> Page[Run]:
        body = self._listed(account, response, at)
        items, seen = cast("list[wire.Run]", body["items"]), moment(at)
        runs = [self._run(item, account, seen, full=False) for item in known.changed(items, _path, "status")]
        last = instant(items[-1].get("createdAt")) if items else None  # the newest come first
        return Page(tuple(runs), len(items), asked=_PAGE_SIZE, cursor=body.get("cursor"), oldest=last)

    def _listed(self, account: str, response: Response, at: float) -> wire.RunListResponse:
        doing = address("monid", account, "workspace")
        if response.status != 200:  # noqa: PLR2004 - the one success of a list
            raise self.error(response, at, doing)
        return cast("wire.RunListResponse", decoded(response, doing))

    def _items(self, ref: Ref, response: Response, at: float) -> Page[Mapping[str, Any]]:
        run = ended(self.read(ref, response, at))
        made = run.output if is_list(run.output) else [] if run.output is None else [run.output]
        items = tuple(item if is_object(item) else {"value": item} for item in made)
        return Page(items, len(items), asked=len(items))

    def _run(self, item: wire.Run, account: str, seen: datetime, *, full: bool = True) -> Run:
        word = item.get("status") or ""
        meaning = self.states.get(word, states.UNKNOWN)
        outcome = meaning.outcome
        reply = item.get("providerResponse") or _NO_REPLY
        if outcome is _SUCCESS:
            outcome = _outcome(reply.get("httpStatus"), full=full)
        error = reply.get("error")
        return fresh(
            ref_to("monid", account, _path(item)),
            _endpoint(str(item.get("provider") or ""), str(item.get("endpoint") or ""), account),
            meaning.phase,
            outcome,
            meaning.verdict,
            meaning.partial,
            word,
            created_at=instant(item.get("createdAt")),
            observed_at=seen,
            error=None if error is None or meaning.phase is not Phase.FINISHED else str(error),
            cost=_cost(item),
            output=item.get("output"),
            raw=item,
        )


def _outcome(status: Any, *, full: bool) -> Outcome:
    """A run is COMPLETED also when the data provider answered with an error of its own."""
    if status is None:
        return _SUCCESS if full else Outcome.UNKNOWN
    return _SUCCESS if isinstance(status, int) and accepted(status) else Outcome.FAILURE


def _cost(item: wire.Run) -> Cost | None:
    """What it cost, else what it is priced at."""
    return _money(item.get("cost")) or _money(item.get("price"))


def _money(value: Any) -> Cost | None:
    """Read a number, or an object with amount and currency."""
    if is_object(value):
        amount = value.get("amount")
        return None if amount is None else priced(float(amount), str(value.get("currency") or ""))
    return priced(float(value), "") if isinstance(value, (int, float)) else None


@lru_cache
def _endpoint(slug: str, endpoint: str, account: str) -> Endpoint | None:
    """Make the target of a run; runs of the same endpoint share it."""
    if not slug or not endpoint or "/" in slug:
        return None
    return Endpoint(slug, endpoint if endpoint.startswith("/") else f"/{endpoint}", account=account)


def _path(item: wire.Run) -> str:
    named = item["runId"]
    return f"runs/{named}" if named.isascii() and named.isalnum() else f"runs/{quote(named, safe='')}"


def _id(ref: Ref) -> str:
    match = _RUN.fullmatch(ref.path)
    if match is None:
        wanted = address("monid", ref.account, "runs/01HXYZ1234567890ABCDEF")
        raise BadRef(f"{str(ref)!r} is no ref of a Monid run. One reads {wanted}.")
    return unquote(match[1])


def _list(_: Query, position: str) -> Request[Any]:
    return list_runs.build(limit=_PAGE_SIZE, cursor=position or UNSET)


PROVIDER = Monid()
