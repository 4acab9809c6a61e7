"""What is sent to steady: every operation of a raw client, and every verb of the overlay.

Raw calls are made from the spec, so that no operation can be forgotten: once with what it requires alone, once with
every parameter, with values that need care on the wire. The overlay's verbs are few and written down.
"""

from __future__ import annotations

import importlib
import inspect
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs

from omnirun import datafold, firecrawl, monid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from omnirun import AsyncClient, Client, Target
    from omnirun_raw.http import Request

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
ID = "0199a1b2-0000-7000-8000-000000000001"
SINCE = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SECONDS = 30.0
"""How long the overlay waits, by its own clock."""


@attrs.frozen
class Operation:
    """An operation of a spec."""

    method: str
    path: str
    stated: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@attrs.frozen
class Subject:
    """What the overlay is asked for at a provider."""

    target: Target
    ref: str


SUBJECTS: Mapping[str, Subject] = {
    "datafold": Subject(datafold.Monitor(42), "datafold:monitors/42/runs/123"),
    "firecrawl": Subject(firecrawl.Monitor(ID), f"firecrawl:monitors/{ID}/checks/{ID}"),
    "monid": Subject(monid.Endpoint("apify", "/a/b", input={"q": ["ä", 1, None]}), "monid:runs/01HXYZ"),
}


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a spec."""
    return [
        Operation(method.upper(), path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def raw_requests(provider: str, operation: Operation) -> Iterator[Request[object]]:
    """The requests that the raw client makes of an operation: the least of them, and the fullest."""
    (tag,), name = operation.stated["tags"], operation.stated["operationId"]
    module = importlib.import_module(f"omnirun_raw.{provider}.api.{tag}.{name}")
    stated = {_plain(one["name"]): one for one in operation.stated.get("parameters", ())}
    bodies = _bodies(provider, operation)
    for full, body in product((False, True), bodies or ({},)):
        arguments = {
            argument: _value(stated[_plain(argument)]["schema"])
            for argument in inspect.signature(module.build).parameters
            if argument != "body" and (full or stated[_plain(argument)].get("required"))
        }
        yield module.build(**arguments, **body)


def verbs(client: Client, provider: str, request: Request[object]) -> Mapping[str, Callable[[], object]]:
    """Every verb of the overlay, by its name."""
    target, ref = SUBJECTS[provider].target, SUBJECTS[provider].ref
    return {
        "trigger": lambda: client.trigger(target),
        "get": lambda: client.get(ref),
        "wait": lambda: client.wait(ref, SECONDS),
        "run": lambda: client.run(target, SECONDS),
        "stop": lambda: client.stop(ref),
        "history": lambda: list(client.history(target, limit=3)),
        "history since": lambda: list(client.history(target, since=SINCE, limit=3)),
        "history until": lambda: list(client.history(target, until=SINCE, limit=3, scan_limit=50)),
        "history status": lambda: list(client.history(target, status="failure", limit=3, scan_limit=50)),
        "items": lambda: list(client.items(ref, limit=3)),
        "targets": lambda: list(client.targets(provider, limit=3)),
        "recover": lambda: client.recover(target, SINCE),
        "trigger_all": lambda: [attempt.unwrap() for attempt in client.trigger_all([target, target])],
        "run_all": lambda: [attempt.unwrap() for attempt in client.run_all([target], SECONDS)],
        "wait_all": lambda: [attempt.unwrap() for attempt in client.wait_all([ref], SECONDS)],
        "as_completed": lambda: [attempt.unwrap() for attempt in client.as_completed([ref], SECONDS)],
        "send": lambda: client.send(request),
    }


def async_verbs(
    client: AsyncClient, provider: str, request: Request[object]
) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """Those verbs of the asynchronous overlay that send in ways of their own; the rest is the same code."""
    target, ref = SUBJECTS[provider].target, SUBJECTS[provider].ref

    async def history() -> object:
        return [run async for run in client.history(target, limit=3)]

    return {
        "async trigger": lambda: client.trigger(target),
        "async get": lambda: client.get(ref),
        "async wait": lambda: client.wait(ref, SECONDS),
        "async history": history,
        "async send": lambda: client.send(request),
    }


def _plain(name: str) -> str:
    """A name as it is both in the spec and in Python."""
    return name.replace("_", "").replace("-", "").lower()


def _bodies(provider: str, operation: Operation) -> list[dict[str, Any]]:
    """The body as the spec's own example has it, as plain JSON and as a model."""
    if "requestBody" not in operation.stated:
        return []
    stated = operation.stated["requestBody"]["content"]["application/json"]
    models = importlib.import_module(f"omnirun_raw.{provider}.models")
    model = getattr(models, stated["schema"]["$ref"].rpartition("/")[2])
    return [{"body": stated["example"]}, {"body": model.from_dict(stated["example"])}]


def _value(schema: Mapping[str, Any]) -> Any:
    """A value that a schema allows."""
    if "anyOf" in schema:
        return _value(schema["anyOf"][0])
    match schema["type"], schema.get("format"):
        case "integer", _:
            return schema.get("minimum", 7)
        case "array", _:
            return ["a,b", _value(schema["items"])]
        case "string", "uuid":
            return UUID(ID)
        case "string", "date-time":
            return SINCE
        case "string", _:
            return "a b/ä?&=%#+"
        case unknown:
            raise NotImplementedError(f"no value for {unknown}: add one to conformance/calls.py")
