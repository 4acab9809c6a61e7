"""Addresses: what can be run (a target) and one execution of it (a ref).

Both are values that print as `provider[@account]:path` and are read back from it, in another process, on another
day. The account is part of the address; the default account has no name and no `@`.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from omnirun.errors import BadRef

if TYPE_CHECKING:
    from collections.abc import Mapping

_new = object.__new__
_ACCOUNT = re.compile(r"[A-Za-z0-9_.-]*")
_ADDRESS = re.compile(
    r"(?P<provider>[a-z][a-z0-9_-]*)(?:@(?P<account>[A-Za-z0-9_.-]+))?:(?P<path>[^\s\x00-\x1f]+)"
)


@attrs.frozen
class Address:
    """The parts of an address; `path` is the provider's business."""

    provider: str
    account: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises:
            BadRef: it is not of the form `provider[@account]:path`.
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise BadRef(
                f"{text!r} is not an address. It reads provider[@account]:path, for example "
                "datafold:monitors/42/runs/123 (a run) or datafold@eu:monitors/42 (a target)."
            )
        # Thousands of addresses share these two; each keeps the one copy.
        return cls(sys.intern(match["provider"]), sys.intern(match["account"] or ""), match["path"])


def address(provider: str, account: str, path: str) -> str:
    """Write an address."""
    return f"{provider}@{account}:{path}" if account else f"{provider}:{path}"


@attrs.frozen(order=True, repr=False, weakref_slot=False)
class Ref:
    """The durable address of a run, such as `datafold@eu:monitors/42/runs/123`."""

    provider: str
    account: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read a ref from its string; the provider checks the path when the ref is used.

        Raises:
            BadRef: it is not of the form `provider[@account]:path`.
        """
        parts = Address.parse(text)
        return cls(parts.provider, parts.account, parts.path)

    def __hash__(self) -> int:
        return hash(self.path)  # a string keeps its hash, and a wait looks a ref up a dozen times

    def __str__(self) -> str:
        return address(self.provider, self.account, self.path)

    def __repr__(self) -> str:
        return f"Ref.parse({str(self)!r})"


def unfrozen(kind: type[Any]) -> type[Any]:
    """Make a class of the same layout whose values can be filled; they get their own class before anybody sees them."""
    free = {
        name: getattr(object, name) for name in ("__setattr__", "__delattr__")
    }  # one alone is as slow as none
    return type(f"Open{kind.__name__}", (kind,), {"__slots__": (), **free})


_OpenRef: Any = unfrozen(Ref)


def ref_to(provider: str, account: str, path: str) -> Ref:
    """Make a `Ref` of what `Ref(...)` takes, in half of its time: by plain assignments; see `omnirun.run.fresh`."""
    ref: Any = _new(_OpenRef)
    ref.provider = provider
    ref.account = account
    ref.path = path
    ref.__class__ = Ref
    filled: Ref = ref
    return filled


def respelled(ref: Ref, path: str) -> Ref:
    """Give a ref its one spelling; the same object if it has it."""
    return ref if ref.path == path else Ref(ref.provider, ref.account, path)


def account_name(_: object, __: object, value: str) -> None:
    """Refuse an account name that no address can hold; an attrs validator."""
    if not _ACCOUNT.fullmatch(value):
        raise BadRef(f"an account is named with letters, digits, '_', '.' and '-', not {value!r}.")


@attrs.frozen
class Target:
    """What can be run; each provider has its own kinds, such as `datafold.Monitor(42)`."""

    provider: ClassVar[str]

    account: str = attrs.field(default="", validator=account_name, kw_only=True)

    @property
    def path(self) -> str:
        """The provider's part of the address."""
        raise NotImplementedError

    @property
    def given(self) -> Mapping[str, Any]:
        """The fields its address does not hold, such as an input."""
        return {}

    def run(self, path: str) -> Ref:
        """Make the ref of a run in this target's account."""
        return Ref(self.provider, self.account, path)

    def __str__(self) -> str:
        return address(self.provider, self.account, self.path)


@attrs.frozen
class TargetInfo:
    """A target as its provider lists it.

    Attributes:
        target: what can be run.
        name: the provider's name for it; empty where it gives none.
        raw: the decoded JSON.
    """

    target: Target
    name: str = ""
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False, repr=False)

    def __str__(self) -> str:
        return f"{self.target} {self.name}".rstrip()
