"""The verbs that read: a run, a history, what a run made, what can be run, what may have been started."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from omnirun.core import Core
from omnirun.flows import ask, judged
from omnirun.paging import SCAN_LIMIT, Pager
from omnirun.provider import Query
from omnirun.recovery import candidates
from omnirun.registry import to_target
from omnirun.replies import unreadable
from omnirun.scheduler import Step
from omnirun.states import Outcome, Phase, Verdict
from omnirun_raw.http import InvalidBody, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from omnirun.provider import Provider
    from omnirun.refs import Target, TargetInfo
    from omnirun.run import Run
    from omnirun.scripts import Driver, Script
    from omnirun.waiting import RefLike
    from omnirun_raw.http import Request, Response

T = TypeVar("T")


class Reading(Core):
    """The scripts that read."""

    def get(self, ref: RefLike) -> Script[Run]:
        """Read a run."""
        address = self.ref(ref)
        owner = self.provider(address.provider)
        step = Step(owner.get(address), self.lane(address), metered=False)
        run = yield from ask(step, partial(owner.read, address), self.asking)
        self.known.add(run.ref)
        return run

    def history(
        self, target: Target | str, query: Query, cursor: str | None, scan_limit: int | None = SCAN_LIMIT
    ) -> Pager[Run]:
        """Read the runs of a target."""
        what = to_target(target)
        owner = self.provider(what.provider)
        _check_status(owner, query.status)
        return Pager(owner.history(what), query, self.lane(what), self.asking, cursor, scan_limit=scan_limit)

    def targets(self, name: str, account: str, cursor: str | None) -> Pager[TargetInfo]:
        """Read what can be run."""
        listing = self.provider(name).targets(account)
        return Pager(listing, Query(), self.accounts.lane(name, account), self.asking, cursor)

    def recover(self, driver: Driver, target: Target | str, since: datetime) -> Script[list[Run]]:
        """Find the runs of a target since a moment that this client doesn't know."""
        what = to_target(target)
        Query(since=since)  # refuses a time without a time zone
        owner, lane = self.provider(what.provider), self.lane(what)
        flow = candidates(owner, what, lane, self.known, since=since, asking=self.asking)
        return (yield from self._scheduled(driver, flow))

    def items(self, ref: RefLike, cursor: str | None) -> Pager[Mapping[str, Any]]:
        """Read what a run made."""
        address = self.ref(ref)
        listing = self.provider(address.provider).items(address)
        return Pager(listing, Query(), self.lane(address), self.asking, cursor)

    def send(self, request: Request[T], account: str) -> Script[T]:
        """Send any request of a raw client; reads are retried, the rest is sent once."""
        owner = self.provider(request.provider)
        lane = self.accounts.lane(request.provider, account)

        def read(response: Response, at: float) -> T:
            try:
                return request.parse(response)
            except StatusError:
                raise owner.error(response, at, f"{lane} {request.operation}") from None
            except InvalidBody as error:
                raise unreadable(response, f"{lane} {request.operation}", str(error)) from error

        step = Step(request, lane, metered=False)
        if request.method in ("GET", "HEAD"):
            return (yield from ask(step, read, self.asking))
        reply = yield attrs.evolve(step, fresh=True)
        return judged(read, reply, f"{lane} {request.operation}")


def _check_status(owner: Provider, words: Iterable[str]) -> None:
    """Refuse a word that no run can match: it would read a whole history in vain."""
    known = {*owner.states, *Phase, *Outcome, *Verdict}
    if unknown := sorted(set(words) - known):
        raise ValueError(
            f"{owner.name} has no status {', '.join(map(repr, unknown))}. It has {', '.join(owner.states)}; and there "
            f"are {', '.join(dict.fromkeys([*Phase, *Outcome, *Verdict]))}. Teach a word with "
            f"Client(states={{{owner.name!r}: {{...}}}})."
        )
