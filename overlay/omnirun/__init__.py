"""omnirun: trigger a run, wait for it, page through its history, the same way for every provider.

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from omnirun._version import __version__

TYPE_CHECKING = False  # type checkers take it for True; importing typing would cost more than all else here
if TYPE_CHECKING:
    from typing import Any

    from omnirun import datafold, firecrawl, monid, states
    from omnirun.accounts import Account
    from omnirun.async_client import AsyncClient
    from omnirun.attempts import Attempt
    from omnirun.client import Client
    from omnirun.errors import (
        AlreadyRunning,
        AmbiguousTrigger,
        ApiError,
        AuthError,
        BadRef,
        BadSignature,
        ClientClosed,
        Conflict,
        InvalidRequest,
        MissingKey,
        NotFound,
        OmnirunError,
        PageError,
        PaymentRequired,
        PollError,
        RateLimited,
        RunAlerted,
        RunFailed,
        ServerError,
        TargetPaused,
        TransportError,
        UnknownState,
        UnreadableReply,
        Unsupported,
        WaitTimeout,
    )
    from omnirun.exchange import Timeouts
    from omnirun.hooks import Answered, Hooks, Outgoing, Retrying, Sending
    from omnirun.policy import WaitPolicy
    from omnirun.provider import Provider
    from omnirun.refs import Ref, Target, TargetInfo
    from omnirun.registry import parse_target
    from omnirun.run import Cost, Origin, Run, to_dicts
    from omnirun.states import Meaning, Outcome, Phase, Verdict

_ERRORS = (
    "AlreadyRunning AmbiguousTrigger ApiError AuthError BadRef BadSignature ClientClosed Conflict InvalidRequest "
    "MissingKey NotFound OmnirunError PageError PaymentRequired PollError RateLimited RunAlerted RunFailed "
    "ServerError TargetPaused TransportError UnknownState UnreadableReply Unsupported WaitTimeout"
)
_WHERE = {
    "accounts": "Account",
    "attempts": "Attempt",
    "async_client": "AsyncClient",
    "client": "Client",
    "errors": _ERRORS,
    "exchange": "Timeouts",
    "hooks": "Answered Hooks Outgoing Retrying Sending",
    "policy": "WaitPolicy",
    "provider": "Provider",
    "refs": "Ref Target TargetInfo",
    "registry": "parse_target",
    "run": "Cost Origin Run to_dicts",
    "states": "Meaning Outcome Phase Verdict",
}
_MODULES = ("datafold", "firecrawl", "monid", "states")
_HOME = {name: module for module, names in _WHERE.items() for name in names.split()}

__all__ = [
    "Account",
    "AlreadyRunning",
    "AmbiguousTrigger",
    "Answered",
    "ApiError",
    "AsyncClient",
    "Attempt",
    "AuthError",
    "BadRef",
    "BadSignature",
    "Client",
    "ClientClosed",
    "Conflict",
    "Cost",
    "Hooks",
    "InvalidRequest",
    "Meaning",
    "MissingKey",
    "NotFound",
    "OmnirunError",
    "Origin",
    "Outcome",
    "Outgoing",
    "PageError",
    "PaymentRequired",
    "Phase",
    "PollError",
    "Provider",
    "RateLimited",
    "Ref",
    "Retrying",
    "Run",
    "RunAlerted",
    "RunFailed",
    "Sending",
    "ServerError",
    "Target",
    "TargetInfo",
    "TargetPaused",
    "Timeouts",
    "TransportError",
    "UnknownState",
    "UnreadableReply",
    "Unsupported",
    "Verdict",
    "WaitPolicy",
    "WaitTimeout",
    "__version__",
    "datafold",
    "firecrawl",
    "monid",
    "parse_target",
    "states",
    "to_dicts",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - as above

    if name in _MODULES:
        return import_module(f"omnirun.{name}")
    if name in _HOME:
        value = getattr(import_module(f"omnirun.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'omnirun' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
