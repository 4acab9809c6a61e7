# What a new provider adds to a specs folder.
#
# Rules: pages are kept byte for byte. Nothing that was there before is ever changed but sources.toml, and that only at
# its end. How the files get into the folder is adding.py's business.

"""A new provider's files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.sources import Fragment, Provider

_AMENDMENTS_HEAD = """\
# Corrections and additions to the pages of {name}, an OpenAPI Overlay 1.0 document.
# Every action says in `description` where its fact is known from: docs/add-a-provider.md shows how.
overlay: 1.0.0
info:
  title: {title}
  version: 1.0.0
"""


@frozen
class Addition:
    """A provider that is to be."""

    provider: Provider
    contents: Mapping[str, bytes]
    """Pages by file name, byte for byte."""
    removed_servers: Mapping[str, str]
    """Pages that write their servers differently from the base URL, and how."""

    def summary(self) -> dict[str, Any]:
        """As machines are told."""
        return {
            "provider": self.provider.name,
            "title": self.provider.title,
            "base_url": self.provider.base_url,
            "operations": dict(self.provider.operations),
            "fragments": [
                {
                    "file": fragment.file,
                    "source": fragment.source,
                    "sha256": fragment.sha256,
                    "dialect": fragment.dialect,
                    "revision": fragment.revision,
                }
                for fragment in self.provider.fragments
            ],
        }

    def toml(self) -> str:
        """Its lines in sources.toml."""
        name = self.provider.name
        lines = [f"[{name}]", f"title = {_toml(self.provider.title)}"]
        lines += [f"base_url = {_toml(self.provider.base_url)}", "", f"[{name}.operations]"]
        lines += [f"{_toml(key)} = {_toml(pinned)}" for key, pinned in self.provider.operations.items()]
        for fragment in self.provider.fragments:
            lines += ["", *entry(name, fragment)]
        return "\n".join(lines) + "\n"

    def amendments(self) -> str:
        """Its amendments.yaml: no action, unless pages name another server than was asked for."""
        text = _AMENDMENTS_HEAD.format(
            name=self.provider.name, title=_toml(f"{self.provider.name}: amendments")
        )
        if not self.removed_servers:
            return f"{text}actions: []\n"
        actions = [
            f"  - target: $.servers\n    x-fragment: {_toml(file)}\n    description: {_toml(said)}\n    remove: true\n"
            for file, urls in self.removed_servers.items()
            for said in [f"Added with the base URL {self.provider.base_url}; the page writes {urls}."]
        ]
        return f"{text}actions:\n{''.join(actions)}"


def entry(name: str, fragment: Fragment) -> list[str]:
    """The lines of sources.toml for one page."""
    stated = {"source": fragment.source} if fragment.source else {}
    table = {
        "file": fragment.file,
        **stated,
        "sha256": fragment.sha256,
        "dialect": fragment.dialect,
        "revision": fragment.revision,
    }
    return [f"[[{name}.fragments]]", *(f"{key} = {_toml(value)}" for key, value in table.items())]


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
