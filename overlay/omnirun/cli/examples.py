"""An example or two of each verb: what its help ends on, what the guide shows, and what the tests run."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "run": (
        ("omnirun run datafold:monitors/42 --timeout 10m", "trigger a monitor and wait"),
        ("omnirun run datafold:monitors/42 --fail-on failure,alert", "a gate for CI: exit 3 on an alert"),
        (
            "omnirun run monid:endpoints/apify/apidojo/tweet-scraper -i @input.json",
            "with an input",
        ),
        ("omnirun targets datafold -q | omnirun run -", "every monitor there is"),
    ),
    "trigger": (
        ("omnirun trigger datafold:monitors/42 -q", "prints the ref, which is all a later wait needs"),
        ("omnirun trigger datafold:monitors/42 datafold:monitors/43 -o jsonl", "two, as JSON lines"),
    ),
    "wait": (
        ("omnirun wait datafold:monitors/42/runs/1001 --timeout 10m", "from any process, on any day"),
        ("omnirun trigger datafold:monitors/42 -q | omnirun wait -", "refs from stdin"),
    ),
    "get": (
        ("omnirun get datafold:monitors/42/runs/1001", "how a run stands"),
        ("omnirun get datafold:monitors/42/runs/1001 -o jsonl", "all that is known of it"),
    ),
    "history": (
        ("omnirun history datafold:monitors/42 --since 7d", "the last week"),
        (
            "omnirun history datafold:monitors/42 --status alert --limit 5 -o csv",
            "five alerts, for a spreadsheet",
        ),
    ),
    "items": (("omnirun items monid:runs/01HXYZ -o jsonl", "what a finished run made"),),
    "stop": (("omnirun stop monid:runs/01HXYZ", "ask a run to end"),),
    "targets": (
        ("omnirun targets datafold", "the monitors of the default account"),
        ("omnirun targets firecrawl@eu -o json", "those of the account eu (FIRECRAWL_EU_API_KEY)"),
    ),
    "providers": (("omnirun providers", "which keys are set, and where requests go"),),
    "sandbox": (
        ("omnirun sandbox", "the providers, on a local port; paste what it prints into another shell"),
        ("omnirun sandbox --port 8080 --speed 10", "on a port of your choice, ten times as fast"),
    ),
    "doctor": (("omnirun doctor", "versions, keys, reachability, clock"),),
    "report": (
        ("omnirun report datafold:monitors/42 --since 30d -o report.html", "one page, to be opened anywhere"),
        ("omnirun targets firecrawl -q | omnirun report - -o report.html", "every monitor of an account"),
    ),
}


def epilog(verb: str) -> str:
    """Write the end of a verb's help; the control character keeps the lines as they are."""
    lines = [line for command, why in EXAMPLES[verb] for line in (f"  # {why}", f"  {command}")]
    return "\n".join(["\b", "Examples:" if len(lines) > 2 else "Example:", *lines, ""])  # noqa: PLR2004 - one of each
