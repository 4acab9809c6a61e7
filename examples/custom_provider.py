"""A provider of one's own: an invented service, "Acme Jobs", with every verb of omnirun.

A package offers it to omnirun by an entry point, and from then on `acme:` is an address like any other:

    [project.entry-points."omnirun.providers"]
    acme = "custom_provider:PROVIDER"

The service: `GET /jobs` lists what can be run, `POST /jobs/{job}/runs` starts a run, `GET` lists the runs of a job (a
`next` cursor at the end of each page), `GET /jobs/{job}/runs/{id}` reads one and `DELETE` stops it. Its key goes into
`X-Acme-Key`, for us from ACME_API_KEY.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from omnirun import BadRef, Outcome, Provider, Ref, Run, Target, TargetInfo
from omnirun.clock import instant, moment
from omnirun.paging import Cursors
from omnirun.provider import Listing, Page, Query, Site, oldest
from omnirun.replies import failure, loose
from omnirun.states import QUEUED, RUNNING, States, ended, meaning
from omnirun_raw.http import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnirun.errors import ApiError

STATES: States = {
    "waiting": QUEUED,
    "working": RUNNING,
    "done": ended(Outcome.SUCCESS),
    "broken": ended(Outcome.FAILURE),
    "stopped": ended(Outcome.CANCELLED),
}


@attrs.frozen
class Job(Target):
    """A job, such as `Job("nightly")`; its address is `acme:jobs/nightly`."""

    provider: ClassVar[str] = "acme"

    name: str

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"jobs/{self.name}"


@attrs.frozen
class Acme(Provider):
    """What omnirun has to know of Acme; `omnirun.provider.Provider` says what each method is for."""

    states: States = STATES
    name: ClassVar[str] = "acme"
    site: ClassVar[Site] = Site("https://acme.example.com", "X-Acme-Key", "")
    adopts: ClassVar[bool] = True

    def parse_target(self, path: str, account: str) -> Job:
        """Read `jobs/<name>`."""
        return Job(self._parts(r"jobs/([\w-]+)", path)[0], account=account)

    def target_of(self, ref: Ref) -> Job:
        """A ref reads `jobs/<name>/runs/<id>`."""
        return Job(self._parts(r"jobs/([\w-]+)/runs/[\w-]+", ref.path)[0], account=ref.account)

    def trigger(self, target: Target) -> Request[Any]:
        """Start a run."""
        return request("POST", f"/{target.path}/runs")

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """The reply to a trigger is the run."""
        return self._run(target, self.body(response, at, str(target)), at)

    def get(self, ref: Ref) -> Request[Any]:
        """Read a run."""
        return request("GET", f"/{ref.path}")

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """The reply to a get is the run."""
        return self._run(self.target_of(ref), self.body(response, at, str(ref)), at)

    def stop(self, ref: Ref) -> Request[Any]:
        """Stop a run."""
        return request("DELETE", f"/{ref.path}")

    def history(self, target: Target) -> Listing[Run]:
        """The runs of a job, newest first."""
        return Listing(target.path, Cursors(), partial(page_of, target), partial(self._page, target))

    def targets(self, account: str) -> Listing[TargetInfo]:
        """The jobs, on one page."""
        read = partial(self._jobs, account)
        return Listing("jobs", Cursors(), lambda _, __: request("GET", "/jobs"), read, newest_first=False)

    def collection(self, ref: Ref) -> Listing[Run]:
        """Runs that are waited for are looked up in the list of their job, when there are three or more."""
        return self.history(self.target_of(ref))

    def conclusive(self, run: Run) -> bool:  # noqa: ARG002 - true of every run
        """The list shows all there is, so an end seen there needs no get."""
        return True

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """Acme says what is wrong in `{"problem": ...}`."""
        return failure(response, at, doing, message=loose(response).get("problem"))

    def _page(self, target: Target, response: Response, at: float) -> Page[Run]:
        body = self.body(response, at, str(target))
        runs = tuple(self._run(target, item, at) for item in body["runs"])
        return Page(runs, len(runs), asked=len(runs), cursor=body.get("next"), oldest=oldest(runs))

    def _jobs(self, account: str, response: Response, at: float) -> Page[TargetInfo]:
        jobs = self.body(response, at, "acme:jobs")["jobs"]
        items = tuple(TargetInfo(Job(item["name"], account=account), item["title"], item) for item in jobs)
        return Page(items, len(items), asked=len(items))

    def _run(self, target: Target, item: Mapping[str, Any], at: float) -> Run:
        ref, word = target.run(f"{target.path}/runs/{item['id']}"), item["state"]
        means = meaning(self.states, word)
        return Run(
            ref,
            target,
            means.phase,
            means.outcome,
            state=word,
            created_at=instant(item.get("created_at")),
            finished_at=instant(item.get("finished_at")),
            observed_at=moment(at),
            raw=item,
        )

    def _parts(self, pattern: str, path: str) -> tuple[str, ...]:
        match = re.fullmatch(pattern, path)
        if match is None:
            raise BadRef(
                f"{path!r} is none of Acme's: acme:jobs/nightly (a job), acme:jobs/nightly/runs/7 (a run)."
            )
        return match.groups()


def request(method: str, path: str, **params: str) -> Request[Any]:
    """A request without a raw client; the reply is read by the provider."""
    return Request(
        method, path, f"acme.{method.lower()}", Response.json, tuple(params.items()), provider="acme"
    )


def page_of(target: Target, _: Query, position: str) -> Request[Any]:
    """The page at a cursor; the first one has none."""
    return request("GET", f"/{target.path}/runs", **({"cursor": position} if position else {}))


PROVIDER = Acme()
