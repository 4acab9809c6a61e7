"""What a test holds: the providers behind a real server on loopback, and how they are told what to do.

Scripts, faults and the clock may be changed while the server runs. What was sent is asserted on in the terms of
omnirun: targets, refs and requests, never keys.
"""

from __future__ import annotations

import contextlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import attrs

from omnirun.async_client import AsyncClient
from omnirun.client import Client
from omnirun.refs import Ref, Target
from omnirun.registry import parse_target
from omnirun.sandbox.catalogue import DATAFOLD, FIRECRAWL, MONID
from omnirun.sandbox.server import running_sandbox
from omnirun.testing.clock import KitClock
from omnirun.testing.played import Played
from omnirun.testing.scripts import entry, written
from omnirun.testing.sent import Recorder, Sent, Triggered, carries_input_of, trigger_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from omnirun.accounts import Account
    from omnirun.policy import WaitPolicy
    from omnirun.run import Run
    from omnirun.sandbox.faults import Fault
    from omnirun.sandbox.rules import Told
    from omnirun.sandbox.server import Running
    from omnirun.states import States

    On = Literal["trigger", "read", "any"]
    Name = Literal["", "datafold", "firecrawl", "monid"]

_METHODS: Mapping[str, tuple[str, str]] = {
    "trigger": ("POST", "*run"),
    "read": ("GET", "*"),
    "any": ("", "*"),
}


@attrs.frozen
class Kit:
    """The three providers, played for one test; the fixture `omnirun_sandbox` is one of these.

    Attributes:
        clock: the time of the sandbox and of the clients made here.
        sent: every request that arrived, in that order.
    """

    clock: KitClock
    sent: list[Sent]
    _running: Running
    _played: Played

    # -------------------------------------------------------------------------------- what is to happen

    def script(
        self,
        target: Target | str,
        *states: str,
        polls: int | None = None,
        seconds: float = 1.0,
        error: str | None = None,
        warnings: Sequence[str] | None = None,
        pages: Sequence[str] | None = None,
        http_status: int | None = None,
        output: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Say how a run of a target goes. Several calls are for the runs to come, in turn; the last is for all others.

        Args:
            target: what is run; one that the sandbox doesn't know yet is there from now on.
            states: in the provider's words, the last is the end; `"alert"` alone goes through the usual ones.
            polls: the poll that first shows the end, counted from 1; each before it shows the next state.
            seconds: without `polls`, how long it stays in each state before the end, by the kit's clock.
            error: what went wrong, in the provider's words.
            warnings: Datafold's warnings.
            pages: what a Firecrawl check finds: `same`, `changed`, `new`, `removed` or `error` for each page.
            http_status: the HTTP status of Monid's data provider.
            output: the items a Monid run makes.

        Raises:
            ValueError: the provider has no such state, or says no such thing of a run.
        """
        wanted = self._target(target)
        if not states:
            raise ValueError(f"say how the run of {wanted} ends, for example script({str(wanted)!r}, 'ok').")
        said = {
            "error": error,
            "warnings": None if warnings is None else tuple(warnings),
            "pages": None if pages is None else tuple(pages),
            "http_status": http_status,
            "output": None if output is None else tuple(output),
        }
        told = {name: value for name, value in said.items() if value is not None}
        made = written(wanted.provider, states, polls, seconds, told)
        key, listed = entry(wanted, made.played)
        catalogue: dict[Any, Any] = getattr(self._played, _CATALOGUES[wanted.provider])
        catalogue.setdefault(key, listed)
        self._played.scripts.setdefault((wanted.provider, key), deque()).append(made)

    def fault(
        self,
        *faults: Fault,
        on: On = "any",
        provider: Name = "",
        path: str | None = None,
        skip: int = 0,
        times: int | None = 1,
        rate: float = 1.0,
    ) -> Told:
        """Let something go wrong; `Told.fired` counts how often it did.

        Args:
            faults: what, such as `Answer(429, retry_after=5)`; of several, chance takes one.
            on: with which requests: those that trigger, those that read, or any.
            provider: of which provider; of every one if left out.
            path: a pattern for the path below the provider, where `*` stands for anything.
            skip: how many are let through first.
            times: how many meet it; None is all that follow.
            rate: the chance that one meets it; always the same in the same test.
        """
        method, usual = _METHODS[on]
        return self._played.faults.add(
            *faults,
            provider=provider,
            method=method,
            path=usual if path is None else path,
            skip=skip,
            times=times,
            rate=rate,
        )

    def advance(self, seconds: float) -> None:
        """Let time jump ahead, by seconds of the kit's clock."""
        self.clock.advance(seconds)

    # -------------------------------------------------------------------------------- who talks to it

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that point a client here; the fixture has set them."""
        return self._running.environment

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Each provider's base URL, for a named `Account`."""
        return self._running.base_urls

    def client(
        self,
        *,
        accounts: Iterable[Account] = (),
        policy: WaitPolicy | None = None,
        states: Mapping[str, States] | None = None,
    ) -> Client:
        """Open a client that lives in the kit's time; the arguments are those of `Client`."""
        return Client(
            accounts=accounts, policy=policy, states=states, environ=self.environment, clock=self.clock
        )

    def async_client(
        self,
        *,
        accounts: Iterable[Account] = (),
        policy: WaitPolicy | None = None,
        states: Mapping[str, States] | None = None,
    ) -> AsyncClient:
        """Open an `AsyncClient` that lives in the kit's time; the arguments are its own."""
        return AsyncClient(
            accounts=accounts, policy=policy, states=states, environ=self.environment, clock=self.clock
        )

    # -------------------------------------------------------------------------------- what has happened

    @property
    def triggered(self) -> list[Triggered]:
        """Every trigger that began a run, in that order."""
        return [trigger_of(accepted) for accepted in self._played.accepted]

    def polls(self, run: Run | Ref | str) -> int:
        """Tell how often an answer showed a run, by itself or in a list."""
        ref = run if isinstance(run, Ref) else Ref.parse(run) if isinstance(run, str) else run.ref
        return self._played.polls[ref.provider, ref.path.rpartition("/")[2]]

    def assert_triggered(
        self,
        target: Target | str,
        *,
        times: int = 1,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - the target's own name for it
    ) -> None:
        """Fail unless a target began so many runs.

        Args:
            target: what was to be run.
            times: how many of its triggers were accepted.
            input: what one of them carried, for a Monid endpoint; None doesn't look at it.

        Raises:
            AssertionError: it is not so; the message shows what was sent.
        """
        wanted = self._target(target)
        began = sum(known.target.path == wanted.path for known in self.triggered)
        if began != times:
            raise AssertionError(f"{wanted} began {began} runs, not {times}. {self._what_was_sent()}")
        inputs = [request.json["input"] for request in self.sent if carries_input_of(request, wanted)]
        if input is not None and input not in inputs:
            raise AssertionError(f"{wanted} was not sent the input {input!r}, but {inputs!r}.")

    def assert_not_triggered(self, target: Target | str | None = None) -> None:
        """Fail if a target began a run; without one, if any did.

        Raises:
            AssertionError: it did; the message shows what was sent.
        """
        wanted = None if target is None else self._target(target).path
        if any(wanted in (None, known.target.path) for known in self.triggered):
            raise AssertionError(f"{target or 'something'} was triggered. {self._what_was_sent()}")

    def _what_was_sent(self) -> str:
        lines = "".join(f"\n  {request}" for request in self.sent)
        return f"What was sent:{lines}" if lines else "Nothing was sent."

    def _target(self, target: Target | str) -> Target:
        return parse_target(target) if isinstance(target, str) else target


_CATALOGUES: Mapping[str, str] = {
    "datafold": "datafold_monitors",
    "firecrawl": "firecrawl_monitors",
    "monid": "monid_endpoints",
}


@contextlib.contextmanager
def running_kit(clock: KitClock | None = None) -> Generator[Kit]:
    """Play the providers until the block ends; for tests without pytest.

    Args:
        clock: the time; one that runs 25 times as fast as the wall's if left out.
    """
    time = clock or KitClock()
    played = Played(
        time.now,
        datafold_monitors=dict(DATAFOLD),
        firecrawl_monitors=dict(FIRECRAWL),
        monid_endpoints=dict(MONID),
    )
    sent: list[Sent] = []
    with running_sandbox(played, around=partial(Recorder, sent=sent)) as running:
        yield Kit(time, sent, running, played)
