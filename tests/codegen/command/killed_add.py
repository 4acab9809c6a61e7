"""An `add` that is killed before its Nth step: run as a script in a process of its own.

Every attempt is a fork of this process that adds a provider beside another one and ends by SIGKILL from inside; reading
the pages and generating the client, which write nothing, are done once. Of the steps that write the client only some
are taken (the back end's `killed.py` takes them all), of those that put the provider in its place every one. Prints
what was found, as JSON.

Arguments: a folder to work in, and the pages.
"""

import gc
import json
import shutil
import sys
from pathlib import Path

from codegen import adding, build, generate, sources, spec, tree
from codegen.add import plan
from codegen.errors import StageError
from tests.codegen.fatal import killed

ROOT, PAGES = Path(sys.argv[1]), [Path(page) for page in sys.argv[2:]]
WORK, SPECS = ROOT / "work", ROOT / "work" / "specs"
PLACES = build.Places(SPECS, WORK / "src", "trial")


def once(module, name, key):
    """Let a function that writes nothing work once per key."""
    real, made = getattr(module, name), {}

    def remembered(*arguments):
        wanted = key(*arguments)
        if wanted not in made:
            made[wanted] = real(*arguments)
        return made[wanted]

    setattr(module, name, remembered)


def add(addition):
    with adding.adding(addition, PLACES.specs, PLACES.target) as draft:
        places = build.Places(draft, PLACES.generated, PLACES.package)
        build.build(addition.provider.name, places, force=True, report=lambda _: None)


def next_start():
    """What every command does first."""
    build.providers(PLACES, ())


def files():
    """Every file of the specs folder, and of the clients; what all clients share is nobody's."""
    held = {f"specs/{path}": text for path, text in tree.read(SPECS).items()}
    for name in ("first", "kiln"):
        held |= {f"{name}/{path}": text for path, text in tree.read(PLACES.target / name).items()}
    return held


def stands(versions):
    held = files()
    return next((name for name, version in versions.items() if held == version), "half")


def readable():
    """What a command that only reads is told: the providers, or that an `add` was interrupted."""
    try:
        return " ".join(sources.load(SPECS).providers)
    except StageError as error:
        return "interrupted" if "was interrupted" in error.message else str(error)


def put(store):
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / store, WORK)


def keep(store):
    shutil.rmtree(ROOT / store, ignore_errors=True)
    shutil.copytree(WORK, ROOT / store)


def main():
    once(spec, "normalize_provider", lambda _, name, *__: name)
    once(generate, "generate", lambda known, _: known.name)
    first = plan("first", PAGES[:1], SPECS)
    add(first)
    keep("before")
    versions = {"before": files()}
    addition = plan("kiln", PAGES, SPECS)
    add(addition)
    versions["after"] = files()
    gc.collect()
    gc.freeze()  # so that a fork copies little
    gc.disable()
    found = {"steps": [], "read": {}, "next start": {}, "killed again": {}}
    seen = set()

    def tally(when, what):
        found[when][what] = found[when].get(what, 0) + 1

    put("before")
    assert not killed(-1, lambda: add(addition), lambda count: (ROOT / "steps").write_text(str(count)))
    whole = stands(versions)
    last = int((ROOT / "steps").read_text())
    found["steps"] = [*range(0, last - 14, 15), *range(last - 14, last)]
    for step in found["steps"]:
        put("before")
        assert killed(step, lambda: add(addition))
        tally("read", readable())
        state = tuple(
            sorted(path.name for path in (SPECS, *SPECS.glob(".*.adding")) for path in path.iterdir())
        )
        if state not in seen:  # each kind of state once: its repair is killed at every step too
            seen.add(state)
            keep("again")
            again = 0
            while killed(again, lambda: adding.recover(SPECS, PLACES.target)):
                next_start()
                tally("killed again", stands(versions))
                put("again")
                again += 2
            put("again")
        next_start()
        tally("next start", stands(versions))
    sys.stdout.write(json.dumps(found | {"whole": whole}))


if __name__ == "__main__":
    main()
