"""What a provider is: the protocol that the built-in ones implement, and any other can.

Rules. A provider does no I/O: it turns targets and refs into requests of a raw client, and replies into runs. It
judges every reply itself, whatever its status, before any general rule does (a Monid 429 with a run in it is a run).
It says what is wrong by raising: `ApiError` and its classes; the flows know which of them to retry. Its words live
in its state table, its quirks in its module, and no other module names a provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import attrs

from omnirun.errors import Unsupported
from omnirun.replies import accepted, decoded
from omnirun.states import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from omnirun.errors import ApiError
    from omnirun.paging import Style
    from omnirun.refs import Ref, Target, TargetInfo
    from omnirun.run import Run
    from omnirun.states import States
    from omnirun_raw.http import Request, Response

T = TypeVar("T")

Judge = Callable[[Mapping[str, Any]], Verdict | None]
"""Tells what a successful run found, given its JSON (that of a list may hold less); None if it can't be told."""


@attrs.frozen
class Site:
    """Where a provider is and how it wants its key."""

    base_url: str
    key_header: str
    key_prefix: str


def _aware(_: object, field: attrs.Attribute[datetime | None], value: datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{field.name} has no time zone; say which, for example datetime.now(UTC).")


def _words(status: str | Collection[str]) -> frozenset[str]:
    return frozenset((status,) if isinstance(status, str) else status)


@attrs.frozen
class Query:
    """What a history is asked for. What a provider can't filter is filtered by the client with `admits`.

    Attributes:
        since: only runs created (or started) at or after; aware.
        until: only runs created (or started) at or before; aware.
        status: only runs of which one of these words is the state, the phase, the outcome or the verdict.
    """

    since: datetime | None = attrs.field(default=None, validator=_aware)
    until: datetime | None = attrs.field(default=None, validator=_aware)
    status: frozenset[str] = attrs.field(default=frozenset[str](), converter=_words)

    def admits(self, run: Run) -> bool:
        """Tell whether a run is asked for; one without a time is within all bounds."""
        at = run.created_at or run.started_at
        if at is not None and self.since is not None and at < self.since:
            return False
        if at is not None and self.until is not None and at > self.until:
            return False
        return not self.status or not self.status.isdisjoint((run.state, run.phase, run.outcome, run.verdict))

    def word(self, states: States) -> str | None:
        """Give the one state asked for, if a filter by it finds all that is asked for; for lists that have one."""
        if len(self.status) != 1:
            return None
        (word,) = self.status
        meant = [state for state, m in states.items() if word in (state, m.phase, m.outcome, m.verdict)]
        return word if meant == [word] else None

    def passed(self, page: Page[Any]) -> bool:
        """Tell whether a newest-first list is past the bounds after a page."""
        return page.oldest is not None and self.since is not None and page.oldest < self.since


@attrs.frozen
class Page(Generic[T]):
    """One page of a list of runs, or of what a run made.

    Attributes:
        items: what is on it and belongs to what was asked for.
        size: how many items it holds in all.
        asked: how many it could have held.
        cursor: where the provider says the next page is; None if it doesn't say.
        count: how many items the whole list has, where the provider says.
        pages: how many pages the whole list has, where the provider says.
        oldest: when the oldest of all it shows was created, where it says; also of what was not asked for.
        current: for lists that show no runs but what each target is busy with: target path -> path of its run's ref.
    """

    items: tuple[T, ...]
    size: int
    asked: int
    cursor: str | None = None
    count: int | None = None
    pages: int | None = None
    oldest: datetime | None = None
    current: Mapping[str, str | None] = attrs.field(factory=dict[str, "str | None"])


def oldest(runs: Sequence[Run]) -> datetime | None:
    """Tell when the last of some runs, of which the newest come first, was created (or started); None if none says."""
    times = (run.created_at or run.started_at for run in reversed(runs))
    return next((at for at in times if at is not None), None)


Item = TypeVar("Item", bound=Mapping[str, Any])


class Known(Protocol):
    """The runs that a wait looks for; it knows the state of most of them already."""

    def changed(self, items: Iterable[Item], path: Callable[[Item], str], word: str) -> list[Item]:
        """Give those items of a list that are to be read, for they show something new of a run that is looked for.

        Args:
            items: the decoded JSON of a page.
            path: tells the path of the ref of an item's run.
            word: the key of an item's state.
        """
        ...


Glance = Callable[["Response", float, Known], Page[T]]


@attrs.frozen
class Listing(Generic[T]):
    """A list that runs, or what a run made, can be read from.

    Attributes:
        key: what it lists; equal keys of one account are the same list.
        style: how it pages.
        request: makes the request for the page at a position (the style says what a position is).
        read: reads a page; raises `ApiError`.
        newest_first: whether later pages are older.
        glance: reads only those runs of a page that have changed; making a run costs time. It may be left out.
    """

    key: str
    style: Style
    request: Callable[[Query, str], Request[Any]] = attrs.field(eq=False)
    read: Callable[[Response, float], Page[T]] = attrs.field(eq=False)
    newest_first: bool = True
    glance: Glance[T] | None = attrs.field(default=None, eq=False)


class Provider(Protocol):
    """A service that runs work remotely. Times are seconds UTC (`at` is when a reply came back).

    The methods with a body here say what a provider does that can't do more; inherit from this class to have them.
    """

    # ---- what it is

    name: ClassVar[str]
    """The prefix of its addresses, and of its environment variables in capitals."""

    site: ClassVar[Site]
    """Where it is, unless an account says otherwise."""

    adopts: ClassVar[bool] = False
    """Whether its lists show enough of a run to tell whose trigger it came from."""

    states: States
    """Its state table; an attrs field, so that a client can replace words of it."""

    def with_states(self, states: States) -> Provider:
        """Give this provider with some words of its table replaced."""
        this: Any = self
        taught: Provider = attrs.evolve(this, states={**self.states, **states})
        return taught

    def with_judge(self, judge: Judge) -> Provider:
        """Give this provider with another judge of what runs found; for those whose states don't say."""
        this: Any = self
        if not hasattr(this, "judge"):
            raise Unsupported(
                f"{self.name} gives its verdicts itself; what its words mean is changed with "
                f"Client(states={{{self.name!r}: ...}})."
            )
        judged: Provider = attrs.evolve(this, judge=judge)
        return judged

    # ---- addresses

    def parse_target(self, path: str, account: str) -> Target:
        """Read the path of a target's address; raises `BadRef`."""
        ...

    def canonical(self, ref: Ref) -> Ref:
        """Give the one spelling of a ref, so that equal runs have equal refs; raises `BadRef` if it is none."""
        self.target_of(ref)
        return ref

    def target_of(self, ref: Ref) -> Target | None:
        """Tell what a ref is a run of, if it says; raises `BadRef` if it is no ref of this provider's."""
        ...

    def target_path(self, ref: Ref) -> str | None:
        """Tell the path of what a canonical ref is a run of, if it says; waits ask for thousands at a time."""
        target = self.target_of(ref)
        return None if target is None else target.path

    # ---- one run

    def trigger(self, target: Target) -> Request[Any]:
        """Make the request that starts a run; raises `Unsupported` or `BadRef`."""
        ...

    def read_trigger(self, target: Target, response: Response, at: float) -> Run:
        """Read the reply to a trigger; raises `ApiError`."""
        ...

    def get(self, ref: Ref) -> Request[Any]:
        """Make the request that reads a run; raises `BadRef`."""
        ...

    def read(self, ref: Ref, response: Response, at: float) -> Run:
        """Read the reply to a get; raises `ApiError`, also where the body names another run than `ref`."""
        ...

    def stop(self, ref: Ref) -> Request[Any]:
        """Make the request that asks a run to end; raises `Unsupported`."""
        raise Unsupported(f"{self.name} can't stop a run ({ref}); it can trigger, get, wait and list.")

    def typed(self, raw: Mapping[str, Any]) -> Any:  # noqa: ARG002 - for those that have models
        """Read a run's JSON into the model of the reply it came from."""
        raise Unsupported(f"{self.name} has no models; read run.raw.")

    # ---- lists

    def history(self, target: Target) -> Listing[Run]:
        """Give the list of a target's runs; raises `Unsupported`."""
        raise Unsupported(f"{self.name} has no list of the runs of {target}.")

    def collection(self, ref: Ref) -> Listing[Run] | None:  # noqa: ARG002 - for those that have one
        """Give the list that shows this run among others that may be pending, if there is one."""
        return None

    def asked_for(self, run: Run) -> bool:  # noqa: ARG002 - for those whose lists tell
        """Tell whether somebody may have triggered this run; False if a schedule of the provider's did."""
        return True

    def conclusive(self, run: Run) -> bool:  # noqa: ARG002 - for those whose lists show all
        """Tell whether a finished run read from a list has all that a get of it would show."""
        return False

    def items(self, ref: Ref) -> Listing[Mapping[str, Any]]:
        """Give the list of what a finished run made; raises `Unsupported`."""
        raise Unsupported(f"{self.name} has no list of what a run made; look at the output of {ref} itself.")

    def targets(self, account: str) -> Listing[TargetInfo]:  # noqa: ARG002 - for those that list them
        """Give the list of what an account can run; raises `Unsupported`."""
        raise Unsupported(f"{self.name} has no list of what it can run; name a target yourself.")

    # ---- replies

    def body(self, response: Response, at: float, doing: str) -> dict[str, Any]:
        """Decode the JSON object of a success; any 2xx is one, for a trigger that was accepted is no error."""
        if not accepted(response.status):
            raise self.error(response, at, doing)
        return decoded(response, doing)

    def error(self, response: Response, at: float, doing: str) -> ApiError:
        """Make the error that a reply stands for, in the provider's words; `doing` names what was asked."""
        ...
