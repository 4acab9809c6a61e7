"""`doctor`: what is installed, which keys are set, whether each provider answers and takes the key, and the clock.

A provider whose key is set is asked for the first thing it can list; one without is only knocked at, with a key that
is none, to see whether it answers at all. Nothing is run and nothing costs.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple

from omnirun.accounts import Account
from omnirun.cli.exits import Exit, code_of, worst
from omnirun.cli.live import counting
from omnirun.cli.many import Fan
from omnirun.cli.opened import accounts, logged, prefix
from omnirun.cli.output import Format, Output
from omnirun.cli.places import rows
from omnirun.cli.reading import reason
from omnirun.cli.rows import Row
from omnirun.cli.words import said_of
from omnirun.client import Client
from omnirun.clock import http_date
from omnirun.errors import ApiError, AuthError, OmnirunError, Unsupported
from omnirun.exchange import Timeouts
from omnirun.hooks import Answered, Hooks
from omnirun.policy import WaitPolicy
from omnirun_raw.http import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS = ("check", "result", "detail")
_PACKAGES = ("omnirun", "httpx", "attrs", "typer", "rich")
_QUICK = WaitPolicy(retry_first=0.05, retry_cap=0.2)
_SHORT = Timeouts(connect=5.0, read=10.0, total=15.0)
_SKEW = 5.0  # seconds; less is the second's fraction that a Date leaves out, and the way
_NO_KEY = "omnirun-doctor-has-no-key"
_LISTS = {"monid": "monid:workspace"}  # who can't list targets, but lists runs


class Lane(NamedTuple):
    """An account that is checked."""

    provider: str
    account: str
    key: bool

    def __str__(self) -> str:
        return f"{self.provider}@{self.account}" if self.account else self.provider


def doctor(form: Format, *, verbose: bool) -> Exit:
    """Check everything; the code is that of the worst."""
    output = Output(form, _COLUMNS, key="check")
    codes: list[Exit] = []
    for row in _installed():
        output.add(row)
    lanes = [
        Lane(str(row.record["provider"]), str(row.record["account"] or ""), bool(row.record["key_set"]))
        for row in rows(os.environ)
    ]
    with logged(verbose=verbose), counting("asking the providers", len(lanes)) as count:
        found: dict[int, tuple[list[Row], Exit]] = {}
        for place, result in Fan(lanes, _checked):
            count()
            if isinstance(result, Exception):  # a base URL that is none, say
                result = [_problem(f"{lanes[place]} answers", result)], code_of(result)  # noqa: PLW2901
            found[place] = result
    for place in sorted(found):
        checks, code = found[place]
        codes.append(code)
        for row in checks:
            output.add(row)
    output.close()
    return worst(codes)


def _installed() -> Iterator[Row]:
    yield _row("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in _PACKAGES:
        try:
            yield _row(package, "ok", version(package))
        except PackageNotFoundError:  # it runs from a folder that was never installed
            yield _row(package, "unknown", "no version is recorded")


def _checked(lane: Lane) -> tuple[list[Row], Exit]:
    """Check one account: its key, whether its provider answers, and the provider's clock against ours."""
    answers: list[tuple[float, Answered]] = []

    def hear(answered: Answered) -> None:
        answers.append((datetime.now(UTC).timestamp(), answered))

    asked = accounts([lane[:2]], os.environ) if lane.key else [_nobody(lane)]
    with Client(accounts=asked, policy=_QUICK, timeouts=_SHORT, hooks=Hooks(after_response=hear)) as client:
        error = _asked(client, lane)
    variable = f"{prefix(lane.provider, lane.account)}_API_KEY"
    checks = [
        _row(f"{lane} key", "ok" if lane.key else "none", f"{variable} is {'set' if lane.key else 'not set'}")
    ]
    heard = [(at, answered) for at, answered in answers if answered.status is not None]
    if not heard and error is None:
        return [
            *checks,
            _row(f"{lane} answers", "unknown", "it has nothing that is read without a run"),
        ], Exit.SUCCESS
    if not heard:
        assert error is not None
        return [*checks, _problem(f"{lane} answers", error)], code_of(error)
    at, answered = heard[-1]
    if error is not None and lane.key:
        what = "accepts the key" if isinstance(error, AuthError) else "answers"
        checks.append(_problem(f"{lane} {what}", error))
    else:
        checks.append(_row(f"{lane} answers", "ok", f"HTTP {answered.status} in {answered.seconds:.2f} s"))
        error = None
    checks.extend(_clock(lane, at, answered))
    return checks, Exit.SUCCESS if error is None else code_of(error)


def _asked(client: Client, lane: Lane) -> OmnirunError | None:
    """Ask for the least that needs a key; or, without one, for anything."""
    try:
        if not lane.key:
            client.send(
                Request("GET", "/", "doctor.knock", _any, provider=lane.provider), account=lane.account
            )
            return None
        try:
            list(client.targets(lane.provider, account=lane.account, limit=1))
        except Unsupported:
            if lane.provider not in _LISTS:
                raise
            what = _LISTS[lane.provider].replace(":", f"@{lane.account}:" if lane.account else ":")
            list(client.history(what, limit=1))
    except Unsupported:
        return None
    except ApiError as error:
        return error if lane.key else None
    except OmnirunError as error:
        return reason(error)
    return None


def _clock(lane: Lane, at: float, answered: Answered) -> Iterator[Row]:
    date = http_date(answered.headers.get("date", ""))
    if date is None:
        yield _row(f"{lane} clock", "unknown", "the reply had no date")
        return
    skew = date.timestamp() + 0.5 - (at - answered.seconds / 2)
    if abs(skew) <= _SKEW:
        yield _row(f"{lane} clock", "ok", f"within {_SKEW:.0f} s of this machine's")
    else:
        word = "ahead of" if skew > 0 else "behind"
        yield _row(
            f"{lane} clock", "warning", f"{abs(skew):.0f} s {word} this machine's: one of the two is wrong"
        )


def _nobody(lane: Lane) -> Account:
    url = os.environ.get(f"{prefix(lane.provider)}_BASE_URL") or None
    return Account(lane.provider, lane.account, api_key=_NO_KEY, base_url=url)


def _any(response: Response) -> int:
    return response.status


def _problem(check: str, error: Exception) -> Row:
    return _row(check, "problem", said_of(error))


def _row(check: str, result: str, detail: str) -> Row:
    cells = {"check": check, "result": result, "detail": detail}
    return Row(cells, cells)
