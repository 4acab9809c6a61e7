# Servers that pages name, against the base URL of sources.toml.
#
# Rules: a page without servers is for the base URL, since Mintlify leaves them out where there is one for all; so is
# one with a relative server that is the base URL's path. A variable of a server stands for its default, one of its
# listed values or, if it lists none, anything without a slash. A page, path or operation that is for another address
# would be sent to the wrong place, so that is an error; of several servers one has to fit.

"""Check that a page is for the provider's base URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from codegen.errors import StageError
from codegen.jsonvalue import Node, is_list, is_node, list_at, node_at
from codegen.pointer import child, tokens
from codegen.structure import METHODS, origins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.sources import Provider

STAGE = "merge"
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MOST_VARIABLES = 4  # each may stand for anything, so the time to match grows with every one of them
_PORTS = {"http": ":80", "https": ":443"}


def check_servers(provider: Provider, file: str, document: Mapping[str, Any]) -> None:
    """Refuse a page that is for another address.

    Args:
        provider: The provider with its base URL.
        file: The fragment's file name.
        document: Its document.

    Raises:
        StageError: Neither the page nor one of its operations may be for another address.
    """
    for pointer, holder in _holders(document):
        servers = [server for server in list_at(holder, "servers") if is_node(server)]
        urls = [server["url"] for server in servers if isinstance(server.get("url"), str)]
        if not urls or any(is_for(server, provider.base_url) for server in servers):
            continue
        message = f"the page is for {', '.join(urls)[:300]}, not for {provider.base_url}"
        hint = (
            f"Set base_url of [{provider.name}] in sources.toml, make a provider of its own of what is elsewhere, or "
            f"remove {_json_path(pointer)} with an amendment that says x-fragment: {file}."
        )
        held = (origin for each in (servers[0], holder) for origin in origins(each))
        line = next((origin.line for origin in held), 0)
        place = f"line {line} ({pointer}/servers)" if line else f"{pointer}/servers"
        raise StageError(STAGE, f"{provider.name}/fragments/{file}", place, message, hint)


def is_for(server: Node, base_url: str) -> bool:
    """Whether a server is what a base URL addresses, its variables filled in."""
    url = server.get("url")
    if not isinstance(url, str) or len(url) > 2_000 or url.count("{") > _MOST_VARIABLES:  # noqa: PLR2004  # no address is that long
        return False
    variables = node_at(server, "variables")
    pattern, end = "", 0
    for match in _VARIABLE.finditer(url):
        variable = node_at(variables, match[1])
        values = [
            str(each) for each in (variable.get("default"), *list_at(variable, "enum")) if each is not None
        ]
        ways = [re.escape(value.rstrip("/")) for value in values]
        if not is_list(variable.get("enum")):
            ways.append(r"[^/]+")
        pattern += re.escape(url[end : match.start()]) + f"(?:{'|'.join(ways)})"
        end = match.end()
    pattern += re.escape(url[end:].rstrip("/"))
    if url.startswith("/"):
        return re.fullmatch(pattern, urlsplit(base_url).path.rstrip("/")) is not None
    return re.fullmatch(pattern, plain(base_url), re.IGNORECASE) is not None or plain(url) == plain(base_url)


def plain(url: str) -> str:
    """An address as it is compared: without a trailing slash and the usual port, the host in lower case."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a bracket that is no IPv6 address
        return url
    host = parts.netloc.lower().removesuffix(_PORTS.get(parts.scheme.lower(), " "))
    return f"{parts.scheme.lower()}://{host}{parts.path.rstrip('/')}"


def _json_path(pointer: str) -> str:
    steps = [f"['{name}']" if "/" in name else f".{name}" for name in tokens(pointer)]
    return f"${''.join(steps)}.servers"


def _holders(document: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    own = [bool(operation.get("servers")) for _, operation in _operations(document)]
    if not own or not all(own):  # otherwise the page's servers are nobody's
        yield "", dict(document)
    yield from (
        (pointer, operation) for pointer, operation in _operations(document) if operation.get("servers")
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if is_node(item.get(method)):
                yield child("/paths", path, method), item[method]
