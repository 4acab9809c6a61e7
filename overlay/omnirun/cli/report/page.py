"""The page: a template, a style sheet, scripts and data, put together into one file.

Rules. Data is embedded as JSON in which no character that HTML knows is left, and the scripts put it on the page as
text only. The page's own policy (CSP) lets nothing run but these scripts, named by their hashes, and lets nothing be
fetched from anywhere: a provider's text that got through would still be text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files

from omnirun._version import __version__
from omnirun.cli.report.data import Page, columns

_SCRIPTS = ("echarts.min.js", "model.js", "charts.js", "table.js", "main.js")
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render(page: Page) -> str:
    """Write the page."""
    scripts = [_asset(name) for name in _SCRIPTS]
    hashes = " ".join(_hash(script) for script in scripts)
    title = ", ".join(read.target for read in page.read[:3]) + (" …" if len(page.read) > 3 else "")  # noqa: PLR2004
    parts = {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": html.escape(f"Runs of {title}"),
        "style": _asset("page.css"),
        "data": embedded(columns(page)),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        "version": html.escape(__version__),
    }
    pieces = _asset("page.html").split(
        "@@"
    )  # text, name, text, name, ... : what is put in is not looked at again
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def embedded(data: object) -> str:
    """Write JSON that can stand in a `<script>`: no `<`, `>` or `&`, in ASCII."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def _asset(name: str) -> str:
    return (files("omnirun.cli.report") / name).read_text("utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
