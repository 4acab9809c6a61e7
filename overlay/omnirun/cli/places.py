"""`providers`: which there are, which of their keys are set, where requests go. A key is never shown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from omnirun.cli.exits import Exit
from omnirun.cli.given import names
from omnirun.cli.opened import prefix
from omnirun.cli.output import Format, Output
from omnirun.cli.rows import Row
from omnirun.registry import BUILT_IN, provider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLUMNS = ("provider", "account", "key", "base URL", "from")


def providers(form: Format) -> Exit:
    """List the providers and the accounts that the environment knows."""
    output = Output(form, _COLUMNS, key="provider")
    for row in rows(os.environ):
        output.add(row)
    output.close()
    return Exit.SUCCESS


def rows(environ: Mapping[str, str]) -> Iterator[Row]:
    """A row for each provider's default account, and for each named one that has a key."""
    for name in names():
        site = provider(name).site
        for account in ("", *named(name, environ)):
            variable = prefix(name, account)
            known = bool(environ.get(f"{variable}_API_KEY", "").strip())
            record = {
                "provider": name,
                "account": account or None,
                "key_variable": f"{variable}_API_KEY",
                "key_set": known,
                "base_url": environ.get(f"{variable}_BASE_URL") or site.base_url,
                "built_in": name in BUILT_IN,
            }
            cells = {
                "provider": name,
                "account": account,
                "key": f"{variable}_API_KEY {'is set' if known else 'is not set'}",
                "base URL": without_login(str(record["base_url"])),
                "from": "" if name in BUILT_IN else "another package",
            }
            yield Row(record | {"base_url": cells["base URL"]}, cells)


def named(provider: str, environ: Mapping[str, str]) -> list[str]:
    """Name the accounts of a provider that have a key, as an address can: `DATAFOLD_EU_API_KEY` is `eu`."""
    pattern = re.compile(rf"{prefix(provider)}_([A-Z0-9_]+)_API_KEY")
    found = (pattern.fullmatch(variable) for variable in sorted(environ))
    return [match[1].lower() for match in found if match is not None]


def without_login(url: str) -> str:
    """Leave out what may be a password in a URL."""
    return re.sub(r"//[^/@]*@", "//[login]@", url)
