# What a page says about itself: its dialect and its address.
#
# Rules: a page is recognised by the marks its reader looks for, in the order of the table; none is guessed at. Its
# address is taken only from a line that says nothing else.

"""Recognise the dialect and the source of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.dialects import legacy, openapi
from codegen.dialects.fence import blocks, candidates, whole
from codegen.dialects.headings import operation
from codegen.dialects.unglue import unglued
from codegen.errors import StageError

if TYPE_CHECKING:
    from codegen.sources import Page

STAGE = "read"
_FENCED = (("openapi", openapi.MARK), ("legacy", legacy.MARK))
_SOURCE = re.compile(
    r"^(?:[#>*-]+\s*|<!--\s*)?(?:URL\s+)?(?:Source|Canonical)(?:\s+URL)?:\s*<?(https?://[^\s<>\"'`]+?)>?(?:\s*-->)?\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_HTML = re.compile(r"\s*(?:<!DOCTYPE html|<html\b|<head\b|<body\b|<\?xml\b)", re.IGNORECASE)
_HTML_HINT = "Save what `copy page` or the address with .md behind it gives, or the text the browser shows."
_HEAD = 4_000
"""Characters at the start of a page in which its address is looked for."""


def dialect(page: Page) -> str:
    """The dialect of a page.

    Raises:
        StageError: It is in none.
    """
    if not page.text.strip():
        raise StageError(STAGE, page.where, "line 1", "the page is empty", "Save it again, as published.")
    if _HTML.match(page.text):
        raise StageError(STAGE, page.where, "line 1", "this is HTML, not the text of a page", _HTML_HINT)
    fenced = list(blocks(page.text)) or [whole(page.text)]
    held = {name: candidates(fenced, mark) for name, mark in _FENCED}
    sure = [name for name, found in held.items() if any(block.names_operation for block in found)]
    for name in (*sure, *(name for name, found in held.items() if found)):
        return name
    if operation(unglued(page.text)[0]) is not None:
        return "rendered"
    message = "the page is in no dialect that is read"
    hint = (
        "One of these was expected: a fenced OpenAPI document (`openapi: 3..`), the flattened form (`paths:` with "
        "`path:` and `method:`), or a reference page with a line such as `POST /v1/run`."
    )
    raise StageError(STAGE, page.where, "line 1", message, hint)


def source(page: Page) -> str:
    """The address a page names as its own; empty where it names none."""
    match = _SOURCE.search(page.text[:_HEAD])
    return match[1] if match else ""
