# What changed between the operations of two documents.
#
# Rules: an operation is known by its method and path; one whose method or path changed is known by its Python name and
# has moved. A parameter is known by where it stands and its name, a reply by its status, a body by its media type.
# What is in a parameter or a request's body may be said (`request.`), what is in a reply may be held (`response.`).

"""Changes between operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from codegen.diff_schemas import Found, Pair, Place, same, schemas, shown
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.naming import pinned
from codegen.structure import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

Stated = tuple[tuple[str, ...], Found]
"""A change, and the operations it concerns."""

_OPERATION_RULED = frozenset({
    "operationId", "tags", "parameters", "requestBody", "responses", "security", "deprecated",
})  # fmt: skip
_OPERATION_WORDS = frozenset({"summary", "description", "externalDocs", "servers"})
_PARAMETER_RULED = frozenset({"name", "in", "required", "schema", "content"})
_PARAMETER_WORDS = frozenset({"description", "example", "examples", "deprecated"})


@frozen
class Operation:
    """One operation of a document."""

    key: str
    """`METHOD /path`."""
    body: Node

    @property
    def name(self) -> str:
        """Its pinned name."""
        return ".".join(pinned(self.body))


def operations(pair: Pair) -> Iterator[Stated]:
    """Every change between the operations of two documents."""
    olds, news = _by_key(pair.old), _by_key(pair.new)
    moved = _moved(olds, news)
    for key, old in olds.items():
        if key not in news and old.name not in moved:
            yield (old.name,), Found("operation.removed", key, old.name, old.name)
    for key, new in news.items():
        if key in olds:
            old = olds[key]
        elif new.name in moved:
            old = moved[new.name]
            yield (new.name,), Found("operation.moved", key, new.name, old.key, key)
        else:
            yield (new.name,), Found("operation.added", key, new.name, after=new.name)
            continue
        names = tuple(dict.fromkeys((old.name, new.name)))
        for found in _operation(pair, old, new):
            yield names, found


def _by_key(document: Node) -> dict[str, Operation]:
    return {
        f"{method.upper()} {path}": Operation(f"{method.upper()} {path}", item[method])
        for path, item in node_at(document, "paths").items()
        for method in METHODS
        if is_node(item) and method in item
    }


def _moved(olds: dict[str, Operation], news: dict[str, Operation]) -> dict[str, Operation]:
    come = {new.name for key, new in news.items() if key not in olds}
    return {old.name: old for key, old in olds.items() if key not in news and old.name in come}


def _operation(pair: Pair, old: Operation, new: Operation) -> Iterator[Found]:
    before, after, where = old.body, new.body, new.key
    if old.name != new.name:
        yield Found("operation.renamed", where, old.name, old.name, new.name)
    if bool(before.get("deprecated")) != bool(after.get("deprecated")):
        yield Found("operation.deprecated" if after.get("deprecated") else "operation.undeprecated", where)
    changed = [key for key in sorted({*before, *after}) if not same(before.get(key), after.get(key))]
    words = [key for key in changed if key in _OPERATION_WORDS or key.startswith("x-")]
    if words:
        yield Found("operation.described", where, after=", ".join(words))
    for key in changed:
        if key not in _OPERATION_RULED and key not in words:
            yield Found("document.other", f"{where}, {key}")
    yield from _security(pair, before, after, where)
    yield from _parameters(pair, before, after, where)
    yield from _body(pair, before, after, where)
    yield from _responses(pair, before, after, where)


def _security(pair: Pair, old: Node, new: Node, where: str) -> Iterator[Found]:
    before, after = _alternatives(old, {}), _alternatives(new, respelled_schemes(pair))
    open_before, open_after = (not side or "" in side for side in (before, after))
    if open_before != open_after:
        yield Found("auth.dropped" if open_after else "auth.required", where, "", shown(before), shown(after))
        return
    for scheme in before:
        if scheme and scheme not in after:
            yield Found("auth.alternative.removed", where, scheme, scheme)
    for scheme in after:
        if scheme and scheme not in before:
            yield Found("auth.alternative.added", where, scheme, after=scheme)


def _alternatives(operation: Node, spellings: dict[str, str]) -> list[str]:
    held = [each for each in list_at(operation, "security") if is_node(each)]
    return [
        " and ".join(
            sorted(
                f"{spellings.get(name, name)}{shown(scopes) if scopes else ''}"
                for name, scopes in each.items()
            )
        )
        for each in held
    ]


def schemes(document: Node) -> dict[str, str]:
    """What each security scheme of a document says, words left out."""
    held = node_at(node_at(document, "components"), "securitySchemes")
    return {
        name: ", ".join(
            f"{key} {shown(value)}"
            for key, value in sorted(scheme.items())
            if key not in {"description", "title"}
        )
        for name, scheme in held.items()
        if is_node(scheme)
    }


def respelled_schemes(pair: Pair) -> dict[str, str]:
    """The old names of security schemes that are the same under another."""
    before, after = schemes(pair.old), schemes(pair.new)
    names = {said: name for name, said in before.items() if name not in after}
    return {name: names[said] for name, said in after.items() if name not in before and said in names}


def _parameters(pair: Pair, old: Node, new: Node, where: str) -> Iterator[Found]:
    before, after = _keyed(pair.old, old), _keyed(pair.new, new)
    for key, parameter in before.items():
        if key not in after:
            name = str(parameter.get("name"))
            yield Found("parameter.removed", f"{where}, {' '.join(key)}", name, name)
    for key, parameter in after.items():
        name, here = str(parameter.get("name")), f"{where}, {' '.join(key)}"
        needs = bool(parameter.get("required"))
        if key not in before:
            yield Found(f"parameter.added.{'required' if needs else 'optional'}", here, name, after=name)
            continue
        known = before[key]
        if bool(known.get("required")) != needs:
            yield Found("parameter.required" if needs else "parameter.optional", here, name)
        changed = [
            each for each in sorted({*known, *parameter}) if not same(known.get(each), parameter.get(each))
        ]
        words = [each for each in changed if each in _PARAMETER_WORDS or each.startswith("x-")]
        if words:
            yield Found("parameter.described", here, name, after=", ".join(words))
        for each in changed:
            if each not in _PARAMETER_RULED | _PARAMETER_WORDS and not each.startswith("x-"):
                said = [f"{each} {shown(side.get(each))}" for side in (known, parameter)]
                yield Found("parameter.written", here, name, *said)
        place = Place(pair, here, name)
        yield from _directed("request", schemas(_schema(known), _schema(parameter), place))


def _keyed(document: Node, operation: Node) -> dict[tuple[str, str], Node]:
    held = [_followed(document, each) for each in list_at(operation, "parameters")]
    return {(str(each.get("in")), str(each.get("name"))): each for each in held}


def _schema(parameter: Node) -> Any:
    content = node_at(parameter, "content")
    return next((node_at(each, "schema") for each in content.values()), parameter.get("schema", {}))


def _body(pair: Pair, old: Node, new: Node, where: str) -> Iterator[Found]:
    before, after = (
        _followed(*side) for side in ((pair.old, old.get("requestBody")), (pair.new, new.get("requestBody")))
    )
    here = f"{where}, body"
    needed, needs = bool(before.get("required")), bool(after.get("required"))
    if not before and after:
        yield Found(f"body.added.{'required' if needs else 'optional'}", here)
    elif before and not after:
        yield Found("body.removed", here)
    elif before:
        if needed != needs:
            yield Found("body.required" if needs else "body.optional", here)
        if before.get("description") != after.get("description"):
            yield Found("body.described", here, after="description")
        yield from _media(pair, before, after, here, "request")


def _responses(pair: Pair, old: Node, new: Node, where: str) -> Iterator[Found]:
    before, after = (
        {status: _followed(document, each) for status, each in node_at(side, "responses").items()}
        for document, side in ((pair.old, old), (pair.new, new))
    )
    known = [_shape(reply) for status, reply in before.items() if status.startswith("2")]
    for status in before:
        if status not in after:
            kind = "success" if status.startswith("2") else "error"
            yield Found(f"status.{kind}.removed", f"{where}, {status}", status, status)
    for status, reply in after.items():
        here = f"{where}, {status}"
        if status in before:
            yield from _reply(pair, before[status], reply, here)
        elif status.startswith("2"):
            same_model = _shape(reply) in known
            yield Found(
                f"status.success.added.{'same' if same_model else 'other'}", here, status, after=status
            )
        else:
            yield Found("status.error.added", here, status, after=status)


def _shape(reply: Node) -> str:
    return shown({media: node_at(held, "schema") for media, held in node_at(reply, "content").items()})


def _reply(pair: Pair, old: Node, new: Node, here: str) -> Iterator[Found]:
    if old.get("description") != new.get("description"):
        yield Found("response.described", here, after="description")
    before, after = node_at(old, "headers"), node_at(new, "headers")
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in before or name not in after:
            kind = "response.header.removed" if name in before else "response.header.added"
            yield Found(kind, f"{here}, header {name}", name)
        elif not same(before[name], after[name]):
            yield Found("response.described", f"{here}, header {name}", name, after="header")
    yield from _media(pair, old, new, here, "response")


def _media(pair: Pair, old: Node, new: Node, here: str, direction: str) -> Iterator[Found]:
    before, after = node_at(old, "content"), node_at(new, "content")
    kind = "body" if direction == "request" else "response"
    for media in [*before, *(media for media in after if media not in before)]:
        if media not in after:
            yield Found(f"{kind}.media.removed", f"{here}, {media}", media, media)
        elif media not in before:
            yield Found(f"{kind}.media.added", f"{here}, {media}", media, after=media)
        else:
            examples = [[each.get("example"), each.get("examples")] for each in (before[media], after[media])]
            if not same(*examples):
                yield Found(f"{kind}.described", here, after="examples")
            schema = (node_at(before[media], "schema"), node_at(after[media], "schema"))
            yield from _directed(direction, schemas(*schema, Place(pair, here)))


def _directed(direction: str, changes: Iterator[Found]) -> Iterator[Found]:
    for each in changes:
        yield each if each.kind == "model.renamed" else evolve(each, kind=f"{direction}.{each.kind}")


def _followed(document: Node, value: Any) -> Node:
    node = value if is_node(value) else {}
    ref = str(node.get("$ref", ""))
    kind, _, name = ref.removeprefix("#/components/").partition("/")
    return node_at(node_at(node_at(document, "components"), kind), name) if ref else node
