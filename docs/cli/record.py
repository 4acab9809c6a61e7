"""Record what the command looks like: `python docs/cli/record.py` writes recordings.md and the pictures.

What is shown here is chosen for those who want to see the command; every message of it is tried by `try_messages`.
The providers are the sandbox's; some are told to be slow or to fail.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from omnirun.sandbox import faults, running_sandbox

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from terminal import CTRL_C, CTRL_D, Terminal, steady  # noqa: E402 - it lies beside this file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnirun.sandbox import Running
    from omnirun.sandbox.faults import Fault

LATE = faults.Late(4.0)
FIRECRAWL = "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001"


class Scene(NamedTuple):
    """Something to try.

    Attributes:
        title: what it shows.
        command: for the shell.
        code: the exit code it has to end with; None if it is only looked at while it runs.
        keys: what is pressed, each once a text has come.
        columns: how wide the terminal is.
        environ: variables besides the sandbox's.
        fault: what goes wrong, and with which method.
        picture: the name of its picture, if it has one.
    """

    title: str
    command: str
    code: int | None = 0
    keys: tuple[tuple[str, str], ...] = ()
    columns: int = 80
    environ: Mapping[str, str] = {}
    fault: tuple[Fault, str] | None = None
    picture: str = ""


RUN = "omnirun run datafold:monitors/42 datafold:monitors/43 monid:endpoints/apify/apidojo/tweet-scraper"
SCENES = (
    Scene("The verbs", "omnirun --help"),
    Scene("Help ends on examples", "omnirun run --help"),
    Scene("Waiting, live", RUN, None, (("checking", ""),), 100, picture="live"),
    Scene(
        "Waiting, live, 80 columns: a long ref is cut in its middle",
        f"omnirun run {FIRECRAWL}",
        None,
        (("next poll", ""),),
    ),
    Scene("Three runs and how they ended, 80 columns: a block each, no ref is cut", RUN, 0),
    Scene("The same, 200 columns", RUN, 0, columns=200, picture="ended"),
    Scene("The same in a pipe", f"({RUN}) 2>&1 | cat"),
    Scene("The same without colour", RUN, environ={"NO_COLOR": "1"}),
    Scene("A failed run", "omnirun run datafold:monitors/44", 1),
    Scene("A gate", "omnirun run datafold:monitors/43 --fail-on alert,failure", 3),
    Scene("A wait that times out", "omnirun run datafold:monitors/42 --timeout 1s", 4),
    Scene(
        "Ctrl-C while a trigger is under way: its ref is waited for",
        "omnirun run datafold:monitors/42",
        130,
        (("triggering", CTRL_C),),
        fault=(LATE, "POST"),
    ),
    Scene(
        "Ctrl-C twice",
        "omnirun run datafold:monitors/42",
        130,
        (("triggering", CTRL_C), ("under way", CTRL_C)),
        fault=(LATE, "POST"),
    ),
    Scene(
        "Ctrl-C in the wait",
        "omnirun run datafold:monitors/42",
        130,
        (("to wait for", CTRL_C),),
        picture="ctrl-c",
    ),
    Scene(
        "Ctrl-C while a list is read",
        "omnirun history datafold:monitors/42",
        130,
        (("reading", CTRL_C),),
        fault=(LATE, "GET"),
    ),
    Scene("Ctrl-C at a prompt", "omnirun wait -", 130, (("Ctrl-D ends it", CTRL_C),)),
    Scene("Nothing at a prompt", "omnirun wait -", 2, (("Ctrl-D ends it", CTRL_D),)),
    Scene("A reader that leaves", "omnirun history datafold:monitors/42 -o jsonl | head -1 | cut -c-60"),
    Scene("History, 80 columns", "omnirun history datafold:monitors/42 --since 5d"),
    Scene("History of long refs, 80 columns", f"omnirun history {FIRECRAWL} -n 2"),
    Scene("History of long refs, 200 columns", f"omnirun history {FIRECRAWL} -n 2", columns=200),
    Scene("JSON lines", "omnirun get datafold:monitors/42/runs/1001 -o jsonl", columns=200),
    Scene("CSV", "omnirun history datafold:monitors/42 -n 2 -o csv", columns=200),
    Scene("Targets", "omnirun targets datafold -n 3"),
    Scene("Providers", "omnirun providers"),
    Scene("Doctor", "omnirun doctor"),
    Scene(
        "Doctor, and what is wrong",
        "omnirun doctor",
        5,
        environ={"DATAFOLD_API_KEY": "wrong-key"},
        picture="doctor",
    ),
    Scene("A report", "omnirun report datafold:monitors/42 --since 30d -o /dev/null"),
    Scene(
        "A provider that can't be reached",
        "omnirun get datafold:monitors/42/runs/1",
        5,
        environ={"DATAFOLD_BASE_URL": "http://127.0.0.1:1"},
    ),
    Scene(
        "A provider that fails",
        "omnirun get datafold:monitors/42/runs/1001",
        5,
        fault=(faults.Answer(500), "GET"),
    ),
    Scene("No key", "omnirun run datafold:monitors/42", 2, environ={"DATAFOLD_API_KEY": ""}),
    Scene(
        "Typos",
        "omnirun rn; omnirun run datfold:monitors/42; omnirun history datafold:monitors/42 -s alrt",
        2,
    ),
    Scene("Nothing in a list", "omnirun history datafold:monitors/42 --since 2099-01-01"),
    Scene("No cursor", "omnirun history datafold:monitors/42 --cursor nonsense", 2),
    Scene("No JSON", "omnirun run monid:endpoints/a/b --input '{\"a\": }'", 2),
    Scene("A file that is not there", "omnirun run monid:endpoints/a/b --input @nowhere.json", 2),
    Scene("A full disk", "omnirun history datafold:monitors/42 > /dev/full", 2),
    Scene("Requests, shown", "omnirun get datafold:monitors/42/runs/1001 --verbose", columns=200),
)


def play(scene: Scene, service: Running, folder: Path) -> tuple[Terminal, int | None]:
    """Try a scene; gives the terminal and the exit code, if it ended.

    Raises:
        TimeoutError: a text that was waited for did not come.
    """
    service.sandbox.faults.clear()
    if scene.fault is not None:
        fault, method = scene.fault
        service.sandbox.faults.add(fault, method=method, times=None)
    environ = {**service.environment, **scene.environ}
    terminal = Terminal(scene.command, folder, columns=scene.columns, environ=environ)
    try:
        for text, keys in scene.keys:
            terminal.until(text)
            terminal.press(keys)
        return terminal, None if scene.code is None else terminal.end()
    finally:
        if scene.code is None:
            terminal.kill()
        service.sandbox.faults.clear()


def main() -> int:
    """Try all scenes and write what they showed; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (beside this file)")
    out = parser.parse_args().out
    parts = [
        "# What the command says\n\nWritten by [record.py](record.py), which tries each of these in a terminal.\n"
    ]
    wrong = 0
    with running_sandbox(speed=2.0) as service, tempfile.TemporaryDirectory() as folder:
        for scene in SCENES:
            terminal, code = play(scene, service, Path(folder))
            shown = steady(terminal.text())
            if code != scene.code or "Traceback" in shown:
                wrong += 1
                print(f"{scene.title}: exit code {code}, expected {scene.code}\n{shown}", file=sys.stderr)
            pressed = ", ".join({CTRL_C: "Ctrl-C", CTRL_D: "Ctrl-D"}[keys] for _, keys in scene.keys if keys)
            about = [f"{scene.columns} columns", pressed, "" if code is None else f"exit code {code}"]
            parts.append(
                f"## {scene.title}\n\n{', '.join(filter(None, about))}\n\n"
                f"```console\n$ {scene.command}\n{shown}\n```\n"
            )
            if scene.picture:
                svg = steady(terminal.svg(scene.command)).replace(str(folder), "")
                (out / f"{scene.picture}.svg").write_text(svg, "utf-8")
    (out / "recordings.md").write_text("\n".join(parts), "utf-8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
