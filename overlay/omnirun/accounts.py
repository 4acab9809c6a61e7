"""Whose key a request carries, and where it goes.

The default account of a provider has no name and comes from the environment (`DATAFOLD_API_KEY`,
`DATAFOLD_BASE_URL`); named ones are passed in. An account is never printed with its key and is never pickled.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import attrs

from omnirun.errors import BadRef, MissingKey
from omnirun.refs import account_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from omnirun.provider import Provider

_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")


def _positive(_: object, __: object, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"an account's rate is a number of requests per second above 0, not {value!r}.")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        plain = (
            parts.username is None and not parts.query and not parts.fragment
        )  # it is logged: no secret in it
        return plain and parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


@attrs.frozen
class Account:
    """An account at a provider.

    Args:
        provider: such as `datafold`.
        name: what stands behind the `@` in its addresses; the default account has none.
        api_key: its key.
        base_url: where the provider is, if not where it usually is.
        rate: polls and triggers per second at most.
    """

    provider: str
    name: str = attrs.field(default="", validator=account_name)
    api_key: str = attrs.field(kw_only=True, repr=False)
    base_url: str | None = attrs.field(default=None, kw_only=True)
    rate: float = attrs.field(default=50.0, kw_only=True, validator=_positive)

    @property
    def lane(self) -> str:
        """Its address without a path."""
        return f"{self.provider}@{self.name}" if self.name else self.provider

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an Account holds a key and is not pickled; pickle refs and open a Client where they are used"
        )


@attrs.frozen
class Door:
    """How to reach an account: a base URL without a trailing slash, and the header with its key."""

    base_url: str
    header: str
    credential: str = attrs.field(repr=False)

    __reduce__ = Account.__reduce__


class Accounts:
    """All accounts of a client.

    Args:
        given: the ones passed in.
        environ: where the default ones come from.
        provider: finds a provider by name.
    """

    def __init__(
        self, given: Iterable[Account], environ: Mapping[str, str], provider: Callable[[str], Provider]
    ) -> None:
        self._accounts = {account.lane: account for account in given}
        self._environ = environ
        self._provider = provider
        self._doors: dict[str, Door] = {}

    def lane(self, provider: str, name: str) -> str:
        """Tell the lane of an account, once its key is known.

        Raises:
            MissingKey: no key is known for it.
            BadRef: there is no such provider.
        """
        lane = f"{provider}@{name}" if name else provider
        if lane not in self._doors:
            self._doors[lane] = self._open(provider, name, lane)
        return lane

    def door(self, lane: str) -> Door:
        """Tell how to reach a lane."""
        return self._doors[lane]

    def rate(self, lane: str) -> float:
        """Tell how many polls and triggers per second a lane takes."""
        return self._accounts[lane].rate

    def _open(self, provider: str, name: str, lane: str) -> Door:
        site = self._provider(provider).site
        account = self._accounts.get(lane) or self._accounts.setdefault(
            lane, self._from_environment(provider, name)
        )
        key = account.api_key
        if not _HEADER_VALUE.fullmatch(key):
            raise MissingKey(
                f"the key of {lane} is empty or has characters no key has; look at where it is set."
            )
        base_url = (account.base_url or site.base_url).rstrip("/")
        if not _is_url(base_url):
            shown = (
                "" if set("@?#") & set(base_url) else f" is {base_url!r}; it"
            )  # there may be a secret in it
            raise BadRef(
                f"the base URL of {lane}{shown} must read https://host or http://host, perhaps with a path, "
                "and have no user, query or fragment."
            )
        return Door(base_url, site.key_header, site.key_prefix + key)

    def _from_environment(self, provider: str, name: str) -> Account:
        prefix = re.sub(r"[^A-Z0-9]", "_", provider.upper())
        key = self._environ.get(f"{prefix}_API_KEY")
        if name:
            raise MissingKey(
                f"no account {provider}@{name} is known. Pass it in: "
                f"Client(accounts=[Account({provider!r}, name={name!r}, api_key=...)])."
            )
        if not key:
            raise MissingKey(
                f"no key is known for {provider}. Set {prefix}_API_KEY, or pass one in: "
                f"Client(accounts=[Account({provider!r}, api_key=...)])."
            )
        return Account(
            provider, api_key=key.strip(), base_url=self._environ.get(f"{prefix}_BASE_URL") or None
        )
