"""A build that is killed before its Nth step, for every N: run as a script in a process of its own.

Every attempt is a fork of this process that runs a whole build and ends by SIGKILL from inside; what has no step,
reading the pages and generating the client, is done once. Prints what was found after each attempt, as JSON.

Argument: a folder with `old` and `new`, two specs folders of the provider `acme`.
"""

import gc
import json
import shutil
import sys
from pathlib import Path

from codegen import build, generate, install, spec, tree
from tests.codegen.fatal import killed

ROOT = Path(sys.argv[1])
NAME = "acme"
PLACES = build.Places(ROOT / "specs", ROOT / "generated")
PAIR = install.Pair(PLACES.document(NAME), PLACES.target, NAME)


def force():
    build.build(NAME, PLACES, force=True, report=lambda _: None)


def stands(versions):
    """Which build stands: `old`, `new`, or what is wrong with what does."""
    held = tree.read(PLACES.target), PAIR.document.read_text()
    clients = [name for name, (files, _) in versions.items() if files == held[0]]
    documents = [name for name, (_, text) in versions.items() if text == held[1]]
    return clients[0] if clients and clients == documents else f"client {clients}, document {documents}"


def leftovers():
    return sorted(
        path.name for folder in (PAIR.document.parent, PLACES.target.parent) for path in folder.glob(".*")
    )


def put(store):
    """Let both folders be what is kept under a name."""
    for folder in (PLACES.specs, PLACES.generated):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / store / folder.name, folder)


def keep(store):
    shutil.rmtree(ROOT / store, ignore_errors=True)
    for folder in (PLACES.specs, PLACES.generated):
        shutil.copytree(folder, ROOT / store / folder.name)


def made(version):
    """Build a version, beside the client of another provider, and keep what came of it."""
    shutil.rmtree(PLACES.specs, ignore_errors=True)
    shutil.copytree(ROOT / version, PLACES.specs)
    tree.write(PLACES.target / "other" / "__init__.py", "# another client")
    force()
    keep(f"{version} build")
    return tree.read(PLACES.target), PAIR.document.read_text()


def attempts(versions, first):
    """Kill at every step from the first on; return what stood right after, and after the next start or two."""
    found = {"steps": first, "right after": {}, "next start": {}, "killed again": {}}
    seen = set()

    def tally(when, what):
        found[when][what] = found[when].get(what, 0) + 1

    put("old build")
    while True:
        if not killed(found["steps"], force):
            return found | {"whole": stands(versions), "left": leftovers()}
        tally("right after", stands(versions))
        state = (stands(versions), *leftovers())
        if (
            state not in seen
        ):  # each kind of state once: what remains is started again and killed at every step too
            seen.add(state)
            keep("again")
            again = 0
            while killed(again, lambda: install.recover(PAIR)):
                install.recover(PAIR)
                tally("killed again", " ".join([stands(versions), *leftovers()]))
                put("again")
                again += 1
            put("again")
        install.recover(PAIR)
        tally("next start", " ".join([stands(versions), *leftovers()]))
        found["steps"] += 1
        if stands(versions) != "old":
            put("old build")


def main():
    versions = {version: made(version) for version in ("old", "new")}
    shutil.copy(
        ROOT / "new" / "sources.toml", ROOT / "old build" / "specs"
    )  # what the next build is made from
    known = spec.normalize_provider(PLACES.specs, NAME)
    client = generate.generate(known, PLACES.package)
    spec.normalize_provider = lambda *_: known
    generate.generate = lambda *_: client
    gc.collect()
    gc.freeze()  # so that a fork copies little
    gc.disable()
    swapped = attempts(versions, 0)
    tree.exchange = lambda *_: False  # as a file system that can't; what comes before is the same
    moved = attempts(versions, swapped["right after"]["old"] - 2)
    sys.stdout.write(json.dumps([swapped, moved]))


if __name__ == "__main__":
    main()
