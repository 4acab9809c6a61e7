"""The command, otherwise: without some packages, or in a hurry. `python otherwise.py FOLDER OMIT HURRY ARGUMENTS`.

What is left out is left out for good: a folder of links to all else takes the place of site-packages. In a hurry the
minutes after which a wait, or the search for a lost run, gives up are moments.
"""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path


def leave_out(patterns: list[str], folder: Path) -> None:
    """Put folders without some packages in the place of those where packages are installed."""
    for place, path in enumerate(sys.path):
        installed = Path(path)
        if installed.name != "site-packages":
            continue
        links = folder / f"site-packages-{place}"
        links.mkdir()
        for entry in installed.iterdir():
            if not any(fnmatchcase(entry.name, pattern) for pattern in patterns):
                (links / entry.name).symlink_to(entry)
        sys.path[place] = str(links)


def hurry() -> None:
    """Turn the minutes of the policy of waiting into moments."""
    from omnirun import recovery  # noqa: PLC0415 - a package may be left out
    from omnirun.cli import opened  # noqa: PLC0415
    from omnirun.client import Client  # noqa: PLC0415
    from omnirun.policy import WaitPolicy  # noqa: PLC0415

    policy = WaitPolicy(
        first=0.1,
        step=0.1,
        cap=0.3,
        retry_first=0.05,
        retry_cap=0.1,
        give_up_after=0.5,
        not_found_grace=0.3,
        unknown_after=0.5,
    )
    recovery._LOOKS, recovery._LATER_LOOKS = (0.1, 0.3), (0.5,)  # type: ignore[assignment]  # noqa: SLF001
    opened.Client = partial(Client, policy=policy)  # type: ignore[assignment,misc]


if __name__ == "__main__":
    folder, omit, in_a_hurry, *arguments = sys.argv[1:]
    sys.argv[1:] = arguments
    del sys.path[0]  # this folder
    if patterns := json.loads(omit):
        leave_out(patterns, Path(folder))
    if int(in_a_hurry):
        hurry()
    from omnirun.cli import main

    main()
