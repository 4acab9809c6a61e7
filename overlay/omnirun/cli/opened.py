"""A client for the command: accounts from the environment, warnings as lines on stderr, requests shown on request.

The default account of a provider is `DATAFOLD_API_KEY`, and `DATAFOLD_BASE_URL` where it is somewhere else than
usual; a named one, `datafold@eu`, is `DATAFOLD_EU_API_KEY` and `DATAFOLD_EU_BASE_URL`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from typing import TYPE_CHECKING

from omnirun.accounts import Account
from omnirun.cli.told import say
from omnirun.cli.words import said_of
from omnirun.client import Client
from omnirun.errors import MissingKey
from omnirun.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from omnirun.hooks import Retrying
    from omnirun.refs import Ref, Target

_SHORTEST_KEY = 8


def prefix(provider: str, account: str = "") -> str:
    """Tell what the environment variables of an account begin with."""
    return re.sub(r"[^A-Z0-9]", "_", f"{provider}_{account}".rstrip("_").upper())


def accounts(lanes: Iterable[tuple[str, str]], environ: Mapping[str, str]) -> list[Account]:
    """Find the accounts that are used.

    Raises:
        MissingKey: the environment has no key for one of them.
    """
    found: list[Account] = []
    for provider, name in sorted(set(lanes)):
        variable = prefix(provider, name)
        key = environ.get(f"{variable}_API_KEY", "").strip()
        if not key:
            whose = f"{provider}@{name}" if name else provider
            raise MissingKey(f"no key is known for {whose}. Set {variable}_API_KEY. Nothing was sent.")
        base_url = environ.get(f"{variable}_BASE_URL") or None
        found.append(Account(provider, name, api_key=key, base_url=base_url))
    return found


@contextlib.contextmanager
def client_for(addresses: Iterable[Ref | Target], *, verbose: bool) -> Generator[Client, None, None]:
    """Open a client for some addresses."""
    with client_of({(each.provider, each.account) for each in addresses}, verbose=verbose) as client:
        yield client


@contextlib.contextmanager
def client_of(lanes: Iterable[tuple[str, str]], *, verbose: bool) -> Generator[Client, None, None]:
    """Open a client for some accounts, each a provider and a name."""
    hooks = Hooks(on_retry=_patience)
    with logged(verbose=verbose), Client(accounts=accounts(lanes, os.environ), hooks=hooks) as client:
        yield client


def _patience(retrying: Retrying) -> None:
    """Say why it takes so long; a single failure is nobody's business."""
    if retrying.failures > 1:
        say(f"{said_of(retrying.error).rstrip('.')}; trying again in {retrying.delay:.0f} s", of="warning")


# ------------------------------------------------------------------------------------------------ what it logs


class Lines(logging.Handler):
    """Log records as lines on stderr, with every key of the environment blotted out."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        keys = (value.strip() for name, value in environ.items() if name.endswith("_API_KEY"))
        self._keys = [key for key in keys if len(key) >= _SHORTEST_KEY]

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record."""
        text = record.getMessage()
        for key in self._keys:
            text = text.replace(key, "[key]")
        say(text, of="warning" if record.levelno >= logging.WARNING else "omnirun")


@contextlib.contextmanager
def logged(*, verbose: bool) -> Generator[None, None, None]:
    """Show what omnirun logs: warnings, and with `verbose` each request."""
    logger = logging.getLogger("omnirun")
    handler, level, propagate = Lines(os.environ), logger.level, logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    if verbose:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
