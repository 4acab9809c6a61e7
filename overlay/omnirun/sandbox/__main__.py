"""`python -m omnirun.sandbox`: the sandbox on a loopback port, until Ctrl-C or SIGTERM.

Nothing is imported from the sandbox before it is known that its packages are there, so that a missing extra is one
sentence. What goes to stdout can be pasted into a shell, or read by a program: comments and `export` lines.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

NEEDED = ("pydantic", "starlette", "uvicorn")


def main(arguments: Sequence[str] | None = None, complain: Callable[[str], object] | None = None) -> int:
    """Serve until told to stop; returns the exit code.

    Args:
        arguments: the words of the command line.
        complain: told of what is wrong, in a sentence; by default it is printed.
    """
    options = _parser().parse_args(arguments)
    try:
        _need()
        _serve(options.port, options.speed, options.fault, until_eof=options.until_eof)
    except ValueError as error:
        (complain or _print)(str(error))
        return 1
    return 0


def _need() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"the sandbox needs {', '.join(missing)}: pip install 'omnirun[sandbox]'")


def _serve(port: int, speed: float, rules: Sequence[str], *, until_eof: bool) -> None:
    from omnirun.sandbox import control, server, world  # noqa: PLC0415 - the extra may be missing until here

    sandbox = world.Sandbox(speed=speed)
    for text in rules:
        try:
            sandbox.faults.put(control.read_rule(text))
        except ValueError as error:
            raise ValueError(f"--fault {text}: {error}") from None
    try:
        listening = server.listen(port)
    except OSError as error:
        raise ValueError(
            f"can't listen on {server.HOST}:{port}: {error.strerror}. Leave --port out for a free one"
        ) from None
    with listening:
        serving = server.make_server(sandbox)
        signal.signal(signal.SIGTERM, _interrupt)
        if until_eof:

            def end_with_stdin() -> None:
                sys.stdin.buffer.read()
                serving.should_exit = True

            threading.Thread(target=end_with_stdin, name="until-eof", daemon=True).start()
        try:
            _say(server.running(listening, sandbox))
            serving.run([listening])
        except KeyboardInterrupt:
            pass


def _say(running: object) -> None:
    from omnirun.sandbox.server import Running  # noqa: PLC0415 - the extra may be missing until here

    assert isinstance(running, Running)
    print(f"# omnirun sandbox: datafold, firecrawl and monid at {running.url}; Ctrl-C ends it")  # noqa: T201
    print("# Point a client at it:")  # noqa: T201
    for name, value in running.environment.items():
        print(f"export {name}={value}", flush=True)  # noqa: T201


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _print(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise ValueError(text)
    return number


_positive.__name__ = "positive number"  # argparse names a bad value after its reader


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m omnirun.sandbox",
        description="Datafold, Firecrawl and Monid, played on a loopback port.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; a free one if left out")
    parser.add_argument("--speed", type=_positive, default=1.0, help="how many times faster runs go (1)")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="JSON",
        help='a rule for what goes wrong, such as \'{"faults": [{"kind": "answer", "status": 503}], "rate": 0.3, '
        '"times": null}\'; may be given again. A running sandbox takes more at POST /_sandbox/faults',
    )
    parser.add_argument(
        "--until-eof", action="store_true", help="end when stdin does: with the parent process"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
