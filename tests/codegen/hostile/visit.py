"""Import every module of a package of clients and call what can be called; run as a script of its own.

Arguments: the source root and the package. Prints what it visited, as JSON. A module that runs anything it should not
imports `canary`, which makes a file that the test looks for; every start of a process ends this one.
"""

import contextlib
import inspect
import json
import pkgutil
import sys
from importlib import import_module

FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
)
VALUES = ("x", 1, [], {}, None, "2026-01-01T00:00:00Z")


def guard(event, _):
    if event in FORBIDDEN:
        raise SystemExit(f"forbidden: {event}")


def call(function, *arguments, **named):
    """Call with values that may not fit; only what is harmless may be raised."""
    try:
        return function(*arguments, **named)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def visit_operation(module, http, found):
    parameters = inspect.signature(module.build).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty]
    optional = [each.name for each in parameters if each.default is not each.empty]
    for value in VALUES:
        request = call(module.build, **dict.fromkeys(needed, value))
        call(module.build, **dict.fromkeys([*needed, *optional], value))
        if request is not None:
            found["requests"] += 1
            assert "\n" not in request.path
            repr(request)
    for status in (200, 404, 500):
        for content in (b"{}", b'{"it": "canary", "plain": "x"}', b"", b"[1]", b'"x"'):
            with contextlib.suppress(http.StatusError, http.InvalidBody):
                module.parse(http.Response(status, {}, content))
            found["replies"] += 1


def visit_model(model, found):
    for source in ({}, {"it": "canary"}, {"plain": "x", "canary": [1]}):
        made = call(model.from_dict, source)
        if made is not None:
            repr(made)
            call(made.to_dict)
    found["models"] += 1


def main(root, package):
    sys.path.insert(0, root)
    sys.addaudithook(guard)
    http = import_module(f"{package}.http")
    found = {"modules": 0, "requests": 0, "replies": 0, "models": 0}
    top = import_module(package)
    for info in pkgutil.walk_packages(top.__path__, f"{package}."):
        module = import_module(info.name)
        found["modules"] += 1
        inspect.getdoc(module)
        if hasattr(module, "build") and hasattr(module, "parse"):
            visit_operation(module, http, found)
        for thing in list(vars(module).values()):
            if inspect.isclass(thing) and thing.__module__ == module.__name__:
                if hasattr(thing, "from_dict"):
                    visit_model(thing, found)
                elif hasattr(thing, "model_validate"):
                    call(thing.model_validate, {})
                    thing.model_json_schema()
    assert "canary" not in sys.modules
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
