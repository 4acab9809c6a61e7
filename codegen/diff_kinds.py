# What can change between two documents, and what each change does to users.
#
# Rules: a kind is a row: its effect on code that calls the raw client, its effect on code that calls the overlay, and
# why. An effect is that of moving to a client made from the newer document and changing nothing else; it is about what
# people wrote, not about what the provider's server still takes from old clients. What a request may say and what a
# reply may hold are opposites, so rows below `request.` and `response.` differ; a component that is used in both
# directions gets the worse. The overlay is touched only where it stands on what changed: `touches` says what is looked
# for in its modules (diff_overlay.py); where it is not found, the change is cosmetic for the overlay's users.

"""Kinds of change, with their effects and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Effect: TypeAlias = Literal["breaking", "additive", "cosmetic"]
EFFECTS: tuple[Effect, ...] = ("breaking", "additive", "cosmetic")
"""Every effect, the worst first."""

Touch: TypeAlias = Literal["always", "operation", "name", "unstated"]
"""When a change touches the overlay: always; if it calls the operation; if it also says the name of what changed; if
it calls the operation and does not say the name. A whole body or reply has no name: to call is to say it."""

B: Effect = "breaking"
A: Effect = "additive"
C: Effect = "cosmetic"


@frozen
class Kind:
    """One kind of change."""

    raw: Effect
    why: str
    overlay: Effect
    why_overlay: str
    touches: Touch = "operation"


_INSIDE = "the overlay hides it"
_SENDS = "what the overlay sends is no longer what the API wants"
_READS = "the overlay reads it"
_SEEN = "it reaches run.raw and run.typed()"
_UNSENT = "the overlay doesn't send it"

DOCUMENT: Mapping[str, Kind] = {
    "provider.added": Kind(
        A, "a raw client more", C, "the overlay needs a provider module for it first", "always"
    ),
    "provider.removed": Kind(B, "its raw client is gone", B, "its provider has no raw client", "always"),
    "base_url.changed": Kind(
        B,
        "requests go to another host or path: proxies, allow-lists and recorded replies name the old one",
        B,
        "accounts without a base_url of their own talk to another host or path",
        "always",
    ),
    "auth.scheme.added": Kind(
        A, "another way to say who calls", C, "the overlay keeps to the one it has", "always"
    ),
    "auth.scheme.removed": Kind(
        B, "keys of this sort are no longer taken", B, "the account's key is of this sort", "always"
    ),
    "auth.scheme.changed": Kind(
        B,
        "the key goes elsewhere or is written differently",
        B,
        "the account's key goes elsewhere or is written differently",
        "always",
    ),
    "document.described": Kind(C, "words only", C, "words only", "always"),
    "document.other": Kind(
        B, "no rule says what this does, so it counts as the worst", C, "the overlay is not built on it"
    ),
    "model.added": Kind(A, "a model more", C, _INSIDE),
    "model.removed": Kind(B, "the class is gone from `models`, `wire` and `schemas`", B, _READS, "name"),
    "model.renamed": Kind(
        B, "the class is imported by its name", B, "the overlay imports the class by its name", "name"
    ),
}

OPERATION: Mapping[str, Kind] = {
    "operation.added": Kind(A, "a function more", A, "the overlay calls it"),
    "operation.removed": Kind(B, "its module is gone", B, "the overlay calls it"),
    "operation.renamed": Kind(
        B, "its module is imported by its name", B, "the overlay imports it by its name"
    ),
    "operation.moved": Kind(
        B,
        "the call is the same, but the request's method or path isn't: recorded replies and proxies name the old one",
        C,
        "the raw client knows where it went",
    ),
    "operation.deprecated": Kind(C, "it still works", C, "it still works"),
    "operation.undeprecated": Kind(C, "it worked all along", C, "it worked all along"),
    "operation.described": Kind(C, "words only", C, "words only"),
    "auth.required": Kind(B, "the call needs a key now", C, "the overlay always sends the key"),
    "auth.dropped": Kind(A, "the call needs no key any more", C, "the overlay always sends the key"),
    "auth.alternative.added": Kind(
        A, "another key is taken as well", C, "the overlay keeps to the one it has"
    ),
    "auth.alternative.removed": Kind(
        B, "a key that was taken no longer is", B, "the account's key may be of this sort"
    ),
    "parameter.added.required": Kind(B, "the call needs one more argument", B, _SENDS),
    "parameter.added.optional": Kind(A, "the call takes one more argument", C, _UNSENT),
    "parameter.removed": Kind(B, "the call has no such argument", B, "the overlay says it", "name"),
    "parameter.required": Kind(B, "the call no longer does without it", B, _SENDS, "unstated"),
    "parameter.optional": Kind(A, "the call does without it as well", C, _INSIDE),
    "parameter.written": Kind(
        C, "the client writes it as the API wants it; the call is the same", C, _INSIDE
    ),
    "parameter.described": Kind(C, "words only", C, "words only"),
    "body.added.required": Kind(B, "the call needs a body", B, _SENDS),
    "body.added.optional": Kind(A, "the call takes a body", C, _UNSENT),
    "body.removed": Kind(B, "the call takes no body any more", B, _SENDS),
    "body.required": Kind(B, "the call no longer does without a body", B, _SENDS),
    "body.optional": Kind(A, "the call does without a body as well", C, _INSIDE),
    "body.media.added": Kind(A, "the body may be written in one more way", C, _INSIDE),
    "body.media.removed": Kind(B, "the body can't be written like this any more", B, _SENDS),
    "body.described": Kind(C, "words only", C, "words only"),
    "status.success.added.same": Kind(
        A, "one more status of success, read as the others are", C, "the overlay reads replies by their body"
    ),
    "status.success.added.other": Kind(
        B,
        "what the call returns is one more type: code that takes it for the old one no longer type-checks",
        A,
        "the overlay reads replies by their body; runs may be finished sooner",
    ),
    "status.success.removed": Kind(
        B, "a reply with this status raises UnexpectedStatus", C, "the overlay reads replies by their body"
    ),
    "status.error.added": Kind(
        A, "the error carries its decoded body", C, "the overlay has one error per kind of failure"
    ),
    "status.error.removed": Kind(
        B, "the error no longer carries its decoded body", C, "the overlay has one error per kind of failure"
    ),
    "response.media.added": Kind(A, "a reply may be written in one more way", C, "the overlay asks for JSON"),
    "response.media.removed": Kind(B, "a reply is no longer written like this", B, "the overlay reads JSON"),
    "response.header.added": Kind(C, "headers aren't typed", C, "headers aren't typed"),
    "response.header.removed": Kind(C, "headers aren't typed", C, "headers aren't typed"),
    "response.described": Kind(C, "words only", C, "words only"),
}

REQUEST: Mapping[str, Kind] = {
    "property.added.required": Kind(B, "a request without it is refused", B, _SENDS),
    "property.added.optional": Kind(A, "a request may say more", C, _UNSENT),
    "property.removed": Kind(B, "the model has no such field", B, "the overlay sends it", "name"),
    "property.required": Kind(B, "a request without it is refused", B, _SENDS, "unstated"),
    "property.optional": Kind(A, "a request may leave it out", C, _INSIDE),
    "type.changed": Kind(B, "values of the old type are refused", B, _SENDS, "name"),
    "type.wider": Kind(A, "more values are taken", C, _INSIDE),
    "type.narrower": Kind(B, "values that were taken are refused", B, _SENDS, "name"),
    "null.added": Kind(A, "None is taken as well", C, _INSIDE),
    "null.removed": Kind(B, "None is refused", B, _SENDS, "name"),
    "enum.added": Kind(B, "any other value is refused", B, _SENDS, "name"),
    "enum.removed": Kind(B, "any value is taken; the enum class is gone", C, _INSIDE),
    "enum.value.added": Kind(A, "one more value is taken", C, _UNSENT),
    "enum.value.removed": Kind(B, "the value is refused; the enum has no such member", B, _SENDS, "name"),
    "format.changed": Kind(B, "the argument is of another Python type", B, _SENDS, "name"),
    "default.added": Kind(
        A, "what is left out is said to mean this", C, "it is what the server did", "unstated"
    ),
    "default.removed": Kind(
        B,
        "the client no longer says it for the caller",
        B,
        "the overlay leaves it to the default",
        "unstated",
    ),
    "default.changed": Kind(
        B,
        "calls that leave it out mean something else",
        B,
        "the overlay leaves it to the default",
        "unstated",
    ),
    "limit.tighter": Kind(B, "values that were taken are refused", B, _SENDS, "name"),
    "limit.looser": Kind(A, "more values are taken", C, _INSIDE),
    "extras.closed": Kind(B, "properties that aren't listed are refused", C, "the overlay sends none"),
    "extras.opened": Kind(A, "properties that aren't listed are taken", C, _INSIDE),
    "keyword.changed": Kind(B, "no rule says what this does, so it counts as the worst", B, _SENDS, "name"),
    "described": Kind(C, "words only", C, "words only"),
}
"""What a request may say."""

RESPONSE: Mapping[str, Kind] = {
    "property.added.required": Kind(A, "a reply says more", A, _SEEN),
    "property.added.optional": Kind(A, "a reply may say more", A, _SEEN),
    "property.removed": Kind(B, "the model has no such field", B, _READS, "name"),
    "property.required": Kind(A, "what was sometimes left out is always there", C, _INSIDE),
    "property.optional": Kind(B, "what was always there may be left out", B, _READS, "name"),
    "type.changed": Kind(B, "the field holds values of another type", B, _READS, "name"),
    "type.wider": Kind(B, "the field may hold values it never held", B, _READS, "name"),
    "type.narrower": Kind(A, "the field holds fewer sorts of values", C, _INSIDE),
    "null.added": Kind(B, "the field may be None", B, _READS, "name"),
    "null.removed": Kind(A, "the field is never None", C, _INSIDE),
    "enum.added": Kind(A, "the text is an enum now, which still is a text and open", C, _INSIDE),
    "enum.removed": Kind(B, "the enum class is gone", C, "the overlay reads the text"),
    "enum.value.added": Kind(
        A,
        "enums are open: the value was kept before, now it has a name",
        A,
        "no line of the state table has it: such a run is of an unknown phase until one does",
        "unstated",
    ),
    "enum.value.removed": Kind(
        B, "the enum has no such member", C, "a value that no longer comes is no loss"
    ),
    "format.changed": Kind(B, "the field is of another Python type", B, _READS, "name"),
    "default.added": Kind(C, "a reply says what it says", C, _INSIDE),
    "default.removed": Kind(C, "a reply says what it says", C, _INSIDE),
    "default.changed": Kind(C, "a reply says what it says", C, _INSIDE),
    "limit.tighter": Kind(A, "what was read before is read still", C, _INSIDE),
    "limit.looser": Kind(A, "only `schemas` enforced the limit, and it now lets more through", C, _INSIDE),
    "extras.closed": Kind(A, "a reply holds what is listed and no more", C, _INSIDE),
    "extras.opened": Kind(A, "what isn't listed is kept, as before", C, _INSIDE),
    "keyword.changed": Kind(B, "no rule says what this does, so it counts as the worst", B, _READS, "name"),
    "described": Kind(C, "words only", C, "words only"),
}
"""What a reply may hold."""

KINDS: Mapping[str, Kind] = {
    **DOCUMENT,
    **OPERATION,
    **{f"request.{name}": kind for name, kind in REQUEST.items()},
    **{f"response.{name}": kind for name, kind in RESPONSE.items()},
}
"""Every kind."""


def worst(effects: list[Effect]) -> Effect:
    """The worst of some effects; cosmetic if there is none."""
    found: Effect = C
    for effect in effects:
        found = effect if EFFECTS.index(effect) < EFFECTS.index(found) else found
    return found
