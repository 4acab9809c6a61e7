"""Quarry: exports and their runs (https://api.quarry.example, `X-Quarry-Key`).

Quirks. No completion time is given. Items of the list lack the error, so the end of a run is read from the run itself.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import attrs

import omnirun_raw.quarry as raw
from omnirun import states
from omnirun.clock import instant, moment
from omnirun.errors import BadRef, Unsupported
from omnirun.paging import Cursors
from omnirun.provider import Listing, Page, Provider, Query, Site, oldest
from omnirun.refs import Ref, Target
from omnirun.replies import failure, loose
from omnirun.run import Run
from omnirun_raw.http import UNSET
from omnirun_raw.quarry.api.exports import get_run, list_runs, start_run

if TYPE_CHECKING:
    from omnirun.errors import ApiError
    from omnirun.states import States
    from omnirun_raw.http import Request, Response
    from omnirun_raw.quarry import wire

_EXPORT = re.compile(r"exports/([\w-]+)")
_RUN = re.compile(r"exports/([\w-]+)/runs/([\w-]+)")
_PAGE_SIZE = 50


@attrs.frozen
class Export(Target):
    """An export, such as `quarry.Export("orders")`; its address is `quarry:exports/orders`."""

    provider: ClassVar[str] = "quarry"

    name: str

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"exports/{self.name}"


@attrs.frozen
class Quarry(Provider):
    """The provider; see `omnirun.provider.Provider` for what each method does."""

    states: States = states.QUARRY
    name: ClassVar[str] = "quarry"
    site: ClassVar[Site] = Site(raw.BASE_URL, raw.KEY_HEADER, raw.KEY_PREFIX)
    adopts: ClassVar[bool] = True

    def parse_target(self, path: str, account: str) -> Export:
        """See `Provider`."""
        (name,) = _parts(_EXPORT, path, "exports/orders")
        return Export(name, account=account)

    def target_of(self, ref: Ref) -> Export:
        """See `Provider`."""
        name, _ = _names(ref)
        return Export(name, account=ref.account)

    def trigger(self, target: Target) -> Request[Any]:
        """See `Provider`."""
        return start_run.build(_export(target).name)

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """See `Provider`."""
        return self._run(target, self.body(response, at, str(target)), at)

    def get(self, ref: Ref) -> Request[Any]:
        """See `Provider`."""
        return get_run.build(*_names(ref))

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """See `Provider`."""
        return self._run(self.target_of(ref), self.body(response, at, str(ref)), at)

    def history(self, target: Target) -> Listing[Run]:
        """See `Provider`."""
        export = _export(target)
        return Listing(export.path, Cursors(), partial(_list, export), partial(self._page, export))

    def collection(self, ref: Ref) -> Listing[Run]:
        """See `Provider`."""
        return self.history(self.target_of(ref))

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """See `Provider`."""
        return failure(response, at, doing, message=loose(response).get("problem"))

    def _page(self, export: Export, response: Response, at: float) -> Page[Run]:
        body = cast("wire.RunList", self.body(response, at, str(export)))
        runs = tuple(self._run(export, cast("dict[str, Any]", item), at) for item in body["runs"])
        return Page(runs, len(runs), asked=_PAGE_SIZE, cursor=body.get("next"), oldest=oldest(runs))

    def _run(self, target: Target, body: dict[str, Any], at: float) -> Run:
        item = cast("wire.Run", body)
        meaning = states.meaning(self.states, item["state"])
        return Run(
            target.run(f"{target.path}/runs/{item['id']}"),
            target,
            meaning.phase,
            meaning.outcome,
            state=item["state"],
            created_at=instant(item["created_at"]),
            observed_at=moment(at),
            error=item.get("error"),
            output=item.get("rows"),
            raw=body,
        )


def _export(target: Target) -> Export:
    if not isinstance(target, Export):
        raise Unsupported(f"Quarry runs exports, such as quarry.Export('orders'); {target} is none.")
    return target


def _names(ref: Ref) -> tuple[str, str]:
    export, run = _parts(_RUN, ref.path, "exports/orders/runs/r1")
    return export, run


def _parts(pattern: re.Pattern[str], path: str, example: str) -> tuple[str, ...]:
    match = pattern.fullmatch(path)
    if match is None:
        raise BadRef(f"{path!r} is none of Quarry's. One reads quarry:{example}.")
    return match.groups()


def _list(export: Export, _: Query, position: str) -> Request[Any]:
    return list_runs.build(export.name, limit=_PAGE_SIZE, cursor=position or UNSET)


PROVIDER = Quarry()
