"""What Firecrawl runs, and how its checks are addressed: `firecrawl:monitors/<uuid>/checks/<uuid>`."""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

import attrs

from omnirun.errors import BadRef, Unsupported
from omnirun.refs import Ref, Target, address

_UUID = r"[0-9a-fA-F-]{36}"
CHECK = re.compile(rf"monitors/({_UUID})/checks/({_UUID})")
_MONITOR = re.compile(rf"monitors/({_UUID})")
_SPELLED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # as UUID would write it


def spelled(text: str) -> str:
    """Write a UUID in its one spelling; raises `ValueError`."""
    return text if _SPELLED.fullmatch(text) else str(UUID(text))


def _uuid(value: str | UUID) -> str:
    try:
        return str(value) if isinstance(value, UUID) else spelled(value)
    except (ValueError, TypeError, AttributeError):
        raise BadRef(
            f"a Firecrawl monitor is named by its UUID, not by {value!r}: "
            "firecrawl.Monitor('0199a1b2-0000-7000-8000-000000000001')."
        ) from None


@attrs.frozen
class Monitor(Target):
    """A web monitor, named by its UUID; its address is `firecrawl:monitors/<uuid>`."""

    provider: ClassVar[str] = "firecrawl"

    id: str = attrs.field(converter=_uuid)

    @property
    def path(self) -> str:
        """The path of its address."""
        return f"monitors/{self.id}"

    def check(self, id: str) -> Ref:  # noqa: A002 - the field's own name
        """Make the ref of one of its checks."""
        return self.run(f"{self.path}/checks/{_uuid(id)}")


def parsed(path: str, account: str) -> Monitor:
    """Read the path of a monitor's address; raises `BadRef`."""
    match = _MONITOR.fullmatch(path)
    if match is None:
        raise BadRef(f"{path!r} is no Firecrawl target. One reads firecrawl:monitors/<uuid>.")
    return Monitor(match[1], account=account)


def monitor_of(target: Target) -> Monitor:
    """Give a target that is a monitor; raises `Unsupported`."""
    if not isinstance(target, Monitor):
        raise Unsupported(f"Firecrawl runs monitors, such as firecrawl.Monitor('<uuid>'); {target} is none.")
    return target


def ids(ref: Ref) -> tuple[str, str]:
    """Give the ids of a ref's monitor and check; raises `BadRef`."""
    match = CHECK.fullmatch(ref.path)
    if match is None:
        wanted = address("firecrawl", ref.account, "monitors/<uuid>/checks/<uuid>")
        raise BadRef(f"{str(ref)!r} is no ref of a Firecrawl check. One reads {wanted}.")
    return _uuid(match[1]), _uuid(match[2])
