"""Write the machine's part of docs/providers/*.md: `python docs/tools/providers.py`.

What stands in specs/ and in the overlay's tables is said here and nowhere by hand, so it can't drift: a test compares
the pages with what this makes. All above the mark in a page is written by hand and kept.
"""

from __future__ import annotations

import html
import importlib
import inspect
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import yaml

from omnirun.accounts import Account
from omnirun.errors import Unsupported
from omnirun.provider import Query
from omnirun.refs import Ref
from omnirun.registry import BUILT_IN, parse_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
SPECS, PAGES = ROOT / "specs", ROOT / "docs" / "providers"
MARK = "<!-- From here on written by docs/tools/providers.py from specs/ and the overlay's tables: do not edit. -->\n"
SAMPLES = {
    "datafold": ("datafold:monitors/42", "datafold:monitors/42/runs/7"),
    "firecrawl": (
        "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001",
        "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001/checks/0199a1b2-0000-7000-8000-000000000002",
    ),
    "monid": ("monid:endpoints/apify/apidojo/tweet-scraper", "monid:runs/7"),
}
"""By provider: what a target and a run of it look like."""
VERBS = {
    "trigger": "trigger, run, trigger_all, run_all",
    "get": "get, wait, as_completed, wait_all",
    "history": "history",
    "items": "items",
    "stop": "stop",
    "targets": "targets",
}


def page(name: str) -> str:
    """Make the whole text of a provider's page; one that isn't there yet is begun."""
    path = PAGES / f"{name}.md"
    whole = path.read_text(encoding="utf-8") if path.exists() else f"# {name.capitalize()}\n\n"
    return whole.partition(MARK)[0] + MARK + "\n" + machine_part(name)


def machine_part(name: str) -> str:
    """Make the machine's part of a provider's page."""
    module = importlib.import_module(f"omnirun.{name}")
    provider: Any = module.PROVIDER
    facts = Facts.of(name)
    parts = [
        ["## What it can do", *verbs(provider)],
        ["## States", *states(provider, facts)],
        ["## Limits", *limits(provider, facts)],
        ["## Quirks", quirks(module), sources(provider.name)],
        ["## Operations", *operations(name, facts)],
        ["## What the pages don't say", *amendments(facts)],
    ]
    return "\n\n".join("\n\n".join(part) for part in parts) + "\n"


@attrs.frozen
class Facts:
    """What specs/ holds of a provider."""

    spec: Mapping[str, Any]
    source: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    pages: Mapping[str, str]
    amended: str

    @classmethod
    def of(cls, name: str) -> Facts:
        """Read them."""
        folder = SPECS / name
        amended = (folder / "amendments.yaml").read_text(encoding="utf-8")
        return cls(
            yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8")),
            tomllib.loads((SPECS / "sources.toml").read_text(encoding="utf-8"))[name],
            yaml.safe_load(amended)["actions"],
            {
                path.name: path.read_text(encoding="utf-8")
                for path in sorted((folder / "fragments").iterdir())
            },
            amended,
        )

    def stating_operation(self, method: str, path: str) -> str:
        """Name the pages of an operation: those with its method and path, or else those that speak of its path."""
        spoken = rf"(?<![\w/]){re.escape(path).replace('runId', '.?runId')}(?![\w/])"
        stated = rf"\b(?i:{method}) {spoken}"
        return self.stating(
            stated if any(re.search(stated, text) for text in self.pages.values()) else spoken
        )

    def stating(self, pattern: str) -> str:
        """Name the vendored pages that have something, or else the amendments."""
        found = [f"`{name}`" for name, text in self.pages.items() if re.search(pattern, text, re.MULTILINE)]
        if not found and re.search(pattern, self.amended, re.MULTILINE):
            found = ["`amendments.yaml`"]
        return ", ".join(found) or "nowhere published; the overlay's own reading"


def verbs(provider: Any) -> Iterator[str]:
    """The verbs of the client, and whether this provider has them."""
    rows = [
        [f"`{words}`", "yes" if can(provider, method) else "no: raises `Unsupported`"]
        for method, words in VERBS.items()
    ]
    lost = "looked for in the target's history, and taken over" if provider.adopts else "never taken over"
    yield table(["verbs", ""], [*rows, ["a run whose trigger got no answer", lost]])


def can(provider: Any, method: str) -> bool:
    """Tell whether a provider can do something: it is asked for the request."""
    target, ref = SAMPLES[provider.name]
    asked = {"targets": "", "trigger": parse_target(target), "history": parse_target(target)}
    try:
        getattr(provider, method)(asked.get(method, Ref.parse(ref)))
    except Unsupported:
        return False
    return True


def states(provider: Any, facts: Facts) -> Iterator[str]:
    """The state table, as the client reads it."""
    yield table(
        ["the provider's word", "phase", "outcome", "verdict", "stated in"],
        [
            [
                f"`{word}`",
                meaning.phase,
                f"{meaning.outcome or ''}{' (partial)' if meaning.partial else ''}",
                "by its findings" if meaning.judged else meaning.verdict or "",
                facts.stating(rf"""^\s*-\s+['"]?{word}['"]?\s*$|['"]{word}['"]"""),
            ]
            for word, meaning in provider.states.items()
        ],
    )
    yield (
        "A word that is not in the table is never taken for an end. `Client(states=...)` teaches or corrects one: "
        "[runs](../guide/runs.md)."
    )


def limits(provider: Any, facts: Facts) -> Iterator[str]:
    """What is asked for at most."""
    site = provider.site
    credential = f"{site.key_prefix}<key>"
    prefix = provider.name.upper()
    sizes = {
        parameter["schema"]["maximum"]
        for _, _, operation in paths(facts.spec)
        for parameter in operation.get("parameters", [])
        if parameter["name"] in ("limit", "page_size") and "maximum" in parameter["schema"]
    }
    published = f"at most {max(sizes)} are allowed" if sizes else "no limit is published"
    statuses = sorted(
        {
            status
            for _, _, operation in paths(facts.spec)
            for status in operation["responses"]
            if status >= "4"
        }
    )
    word = r"\b(limit|page_size)\b"
    yield table(
        ["", "", "stated in"],
        [
            [
                "base URL",
                f"`{site.base_url}`, or `{prefix}_BASE_URL`",
                facts.stating(re.escape(site.base_url.partition("://")[2])),
            ],
            [
                "key",
                f"`{prefix}_API_KEY`, sent as `{site.key_header}: {credential}`",
                facts.stating(rf"{re.escape(site.key_header)}|\bscheme: bearer\b"),
            ],
            ["runs on a page", f"{page_size(provider)} are asked for; {published}", facts.stating(word)],
            [
                "polls and triggers",
                f"{attrs.fields(Account).rate.default:g} a second and account, unless `Account(rate=...)`",
                "no page; omnirun's own choice",
            ],
            [
                "statuses of errors in the spec",
                ", ".join(f"`{status}`" for status in statuses),
                "the [operations](#operations), each with its page",
            ],
        ],
    )


def page_size(provider: Any) -> str:
    """How many runs a history asks for at a time."""
    listing = provider.history(parse_target(SAMPLES[provider.name][0]))
    asked = dict(listing.request(Query(), listing.style.start).params)
    return next(str(value) for name, value in asked.items() if name in ("limit", "page_size"))


def quirks(module: Any) -> str:
    """The provider module's own words on what is special."""
    said = inspect.getdoc(inspect.getmodule(type(module.PROVIDER))) or ""
    return inspect.cleandoc(said.partition("Quirks.")[2]).replace("\n", " ")


def sources(name: str) -> str:
    """Where the quirks are known from."""
    told = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    facts = f" and the [facts](../design.md#{name})" if f"\n### {name}\n" in told.lower() else ""
    return f"Known from the amendments [below](#what-the-pages-dont-say){facts}."


def operations(name: str, facts: Facts) -> Iterator[str]:
    """Every operation of the raw client."""
    yield (
        f"Each is a function of `omnirun_raw.{name}`, and goes through the client with its keys and retries: "
        f"`client.send(...)`."
    )
    for path, method, operation in paths(facts.spec):
        pinned = facts.source["operations"][f"{method} {path}"]
        group = pinned.partition(".")[0]
        yield f"### `{pinned}`"
        yield f"`{method} {path}`" + (f": {text(operation['summary'])}" if "summary" in operation else "")
        if rows := [*parameters(operation, facts.spec)]:
            yield table(["parameter", "in", "type", "default", ""], rows)
        answers = ", ".join(f"`{status}`{shape(answer)}" for status, answer in operation["responses"].items())
        where = facts.stating_operation(method, path)
        yield f"Answers: {answers}. Stated in: {where}."
        yield f"`from omnirun_raw.{name} import {group}`, then `client.send({pinned}.build(...))`."


def paths(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every operation of a spec: path, method, and what is said of it."""
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def parameters(operation: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The parameters of an operation, and the fields of its body."""
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        need = " (required)" if parameter.get("required") else ""
        yield [
            f"`{parameter['name']}`{need}",
            parameter["in"],
            kind(schema),
            code(schema.get("default")),
            text(parameter.get("description", "")),
        ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = resolved(body, spec)
    for field, schema in body.get("properties", {}).items():
        need = " (required)" if field in body.get("required", []) else ""
        described = text(schema.get("description", ""))
        yield [f"`{field}`{need}", "body", kind(schema), code(schema.get("default")), described]


def kind(schema: Mapping[str, Any]) -> str:
    """A schema in a word or two."""
    if "$ref" in schema:
        return code(schema["$ref"].rpartition("/")[2])
    for joined in ("anyOf", "oneOf"):
        if joined in schema:
            return " or ".join(kind(each) for each in schema[joined])
    types = schema.get("type", "any")
    words = " or ".join(types) if isinstance(types, list) else types
    least, most = schema.get("minimum"), schema.get("maximum")
    match least, most:
        case None, None:
            bounds = ""
        case None, _:
            bounds = f"at most {most}"
        case _, None:
            bounds = f"at least {least}"
        case _:
            bounds = f"{least} to {most}"
    return " ".join(filter(None, [words, schema.get("format", ""), bounds]))


def shape(answer: Mapping[str, Any]) -> str:
    """The component an answer holds, in brackets."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return f" (`{schema['$ref'].rpartition('/')[2]}`)" if "$ref" in schema else ""


def resolved(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow one reference."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def amendments(facts: Facts) -> Iterator[str]:
    """Every correction and addition, with where it is known from."""
    rows = [[code(action["target"]), text(action["description"])] for action in facts.actions]
    if rows:
        yield "Hand-made corrections and additions, from `amendments.yaml`, each with where it is known from."
        yield table(["where in the spec", "what, and known from"], rows)
    rows = [
        [
            f"`{page['file']}`",
            page["dialect"],
            page["revision"],
            text(page.get("source", "the page names none")),
        ]
        for page in facts.source["fragments"]
    ]
    yield "The vendored pages:"
    yield table(["page", "dialect", "revision", "source"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def text(said: str) -> str:
    """What a page says, as text in a table's cell: no markup and no links of its own."""
    flat = html.escape(" ".join(said.split()), quote=False)
    return re.sub(r"([|\\`*_\[\]{}])", r"\\\1", flat)


def code(value: object) -> str:
    """A value as code; nothing for None."""
    shown = str(value).replace("`", "").replace("|", "\\|")
    return "" if value is None else f"`{shown}`"


if __name__ == "__main__":
    if unknown := set(BUILT_IN) - set(SAMPLES):
        sys.exit(
            f"error: name a target and a run of {', '.join(unknown)} in SAMPLES of docs/tools/providers.py"
        )
    for each in BUILT_IN:
        (PAGES / f"{each}.md").write_text(page(each), encoding="utf-8")
