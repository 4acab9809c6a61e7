"""Every message of the source is in a recording: what the command says, and what the library says through it.

A message is any prose in a module of the command (docstrings aside), and what a library error or warning says. Its
literal parts have to stand in one recording, in their order. What can't be recorded is in `UNRECORDED`, with its reason.
"""

import ast
import html
import os
import re
import shlex
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from omnirun import cli
from omnirun.cli.app import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "cli"
sys.path.insert(0, str(DOCS))

from messages import VERBS, messages  # noqa: E402 - they lie there
from promises import broken, plain, squeezed  # noqa: E402
from terminal import steady  # noqa: E402
from tried import SETTINGS, Seen, tried  # noqa: E402

MESSAGES = messages()
OVERLAY = ROOT / "overlay" / "omnirun"
COMMAND = [
    *sorted(path for path in (OVERLAY / "cli").glob("*.py") if path.name != "examples.py"),
    OVERLAY / "sandbox" / "__main__.py",
]
LIBRARY = [path for path in sorted(OVERLAY.glob("*.py")) if path.name not in ("notebook.py", "webhooks.py")]
LIBRARY += [path for path in sorted((OVERLAY / "firecrawl").glob("*.py")) if path.name != "deliveries.py"]
PROSE = re.compile(r"[A-Za-z']{2,}[ ,:;] ?[A-Za-z'`{-]{1,}|[A-Za-z']{3,} ?\.\.\.")
SAYS = {"_log", "logger"}

UNRECORDED = {
    # the command
    "the input {} can't be read: {}.": "a path with a null character: no command line can hold one",
}
"""What can't be recorded, and why."""


def page(name):
    return (DOCS / name).read_text("utf-8")


@cache
def recordings():
    """What each recording shows, however it is folded."""
    found = re.findall(r"```console\n(.*?)\n```", page("recordings.md") + page("messages.md"), re.DOTALL)
    return [squeezed(text) for text in found]


def literal(node):
    """The literal parts of a message, `None` where something is put in; nothing if it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return [part.value if isinstance(part, ast.Constant) else None for part in values]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*(literal(left) or [None]), *(literal(right) or [None])]
    return []


def shown(parts):
    """A message as `UNRECORDED` writes it."""
    return " ".join("".join("{}" if part is None else part for part in parts).split())


def texts(tree):
    """All texts of a tree, each once: what is joined, with what is put in."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inside and literal(node):
            yield literal(node)


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:  # of attributes too
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield statement


def prose(path):
    """What a module of the command may say."""
    tree = ast.parse(path.read_text("utf-8"))
    for statement in docstrings(tree):
        statement.value = ast.Constant(value=None)
    return [parts for parts in texts(tree) if PROSE.search(shown(parts))]


def errors(path):
    """What a module of the library raises or logs, and what its errors add."""
    tree = ast.parse(path.read_text("utf-8"))
    for statement in docstrings(tree):
        statement.value = ast.Constant(value=None)
    for node in ast.walk(tree):
        told = isinstance(node, ast.Raise)
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            owner = getattr(getattr(called, "value", None), "id", "")
            told = name in ("PageError", "unreadable") or (owner == "_log" and name != "debug")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            told = "_next" in ast.unparse(node).partition("=")[0]
        if told or (path.name == "errors.py" and isinstance(node, ast.FunctionDef) and node.name == "__init__"):
            yield from (parts for parts in texts(node) if PROSE.search(shown(parts)))


def recorded(parts):
    """Tell whether a recording shows a message."""
    words = [None if part is None else re.escape(" ".join(part.split())) for part in parts]
    pattern = re.compile(r" ?.{0,400}? ?".join(" ?".join([word]) if word else "" for word in words))
    return any(pattern.search(text) for text in recordings())


if __name__ == "__main__":
    for paths, read in ((COMMAND, prose), (LIBRARY, errors)):
        for path in paths:
            for parts in read(path):
                if not recorded(parts):
                    print(path.name, "|", shown(parts))
