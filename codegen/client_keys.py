# How a client says who it is.
#
# Rules: the scheme of the first operation that needs one counts, of its alternatives the first that a client can send;
# an amendment may say what stands before the key (`x-key-prefix`). Further keys that are asked for together with it
# are ordinary headers, which the client takes as such.

"""The place, name and prefix of a provider's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from attrs import frozen

from codegen.client_parse import operations
from codegen.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.spec import Spec

#: What stands before the key, by HTTP scheme; `basic` takes user and password already in base64.
PREFIXES: Final = {"bearer": "Bearer ", "basic": "Basic ", "digest": ""}


@frozen
class Key:
    """Where the key of a provider goes."""

    place: str = "header"
    name: str = "Authorization"
    prefix: str = "Bearer "


def key_of(spec: Spec) -> Key:
    """Where the key goes; a bearer token if the document names no scheme.

    Raises:
        StageError: There are schemes, but none that can be sent.
    """
    components = cast("Mapping[str, Any]", spec.document.get("components", {}))
    schemes = cast("Mapping[str, Any]", components.get("securitySchemes", {}))
    for name in dict.fromkeys([*_used(spec.document), *schemes]):
        if (found := _key(schemes.get(name, {}))) is not None:
            return found
    if schemes:
        message = f"none of the security schemes {', '.join(schemes)} is a key that can be sent"
        hint = "state another one in amendments.yaml: an apiKey, or http with the scheme bearer or basic"
        raise StageError(
            "generate", f"{spec.name}/openapi.yaml", "/components/securitySchemes", message, hint
        )
    return Key()


def _used(document: Mapping[str, Any]) -> Iterator[str]:
    for _, _, operation, _ in operations(document):
        for alternative in cast(
            "list[Mapping[str, Any]]", operation.get("security", document.get("security", []))
        ):
            yield from alternative


def _key(scheme: Mapping[str, Any]) -> Key | None:
    kind = scheme.get("type")
    if kind == "apiKey" and scheme.get("in") in ("header", "query", "cookie"):
        return Key(str(scheme["in"]), str(scheme["name"]), str(scheme.get("x-key-prefix", "")))
    if kind == "http":
        default = PREFIXES.get(str(scheme.get("scheme")).lower(), "")
        return Key(prefix=str(scheme.get("x-key-prefix", default)))
    if kind in ("oauth2", "openIdConnect"):
        return Key(prefix=str(scheme.get("x-key-prefix", "Bearer ")))
    return None
