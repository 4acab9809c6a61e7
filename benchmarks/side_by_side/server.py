"""A loopback server in a process of its own that answers with bytes made beforehand.

Rule: it must be so much faster than any client that the client is what is measured; so it reads no more of a request
than its path. `/50ms` before a path delays the answer, `/v2` (a prefix of one peer's) is left out.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

from benchmarks.side_by_side import bodies

if TYPE_CHECKING:
    from collections.abc import Generator

_PAGE = 100
_HEAD = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_DELAYED = "/50ms"
_DELAY = 0.05


class Answers:
    """What is answered, by path and query."""

    def __init__(self, runs: int) -> None:
        self._single = {path: _framed(body) for path, body in bodies.single().items()}
        self._pages: dict[int, bytes] = {}
        self._runs = runs

    def of(self, target: str) -> bytes:
        """Give the bytes of a reply."""
        url = urlsplit(target)
        path = url.path.removeprefix("/v2")
        found = self._single.get(path)
        if found is None and path == "/v1/runs":
            query = parse_qs(url.query)
            found = self._page(int(query.get("cursor", ["0"])[0]))
        return found or _framed(b'{"code":"NOT_FOUND","message":"no such path"}', b"404 Not Found")

    def _page(self, first: int) -> bytes:
        if first not in self._pages:
            after = min(first + _PAGE, self._runs)
            cursor = str(after) if after < self._runs else None
            self._pages[first] = _framed(bodies.monid_page(range(first, after), cursor))
        return self._pages[first]


def _framed(body: bytes, status: bytes = b"200 OK") -> bytes:
    return _HEAD % (status, len(body)) + body


class Connection(asyncio.Protocol):
    """One connection of a client; requests without bodies, one after the other or together."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        *requests, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for request in requests:
            target = request.split(b" ", 2)[1].decode()
            answer = self._answers.of(target.removeprefix(_DELAYED))
            if target.startswith(_DELAYED):
                asyncio.get_running_loop().call_later(_DELAY, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve(runs: int) -> None:
    """Serve until standard input is closed; the port is printed."""
    answers, loop = Answers(runs), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def served(runs: int = 100_000) -> Generator[str, None, None]:
    """Start the server; gives its base URL."""
    command = [sys.executable, "-m", "benchmarks.side_by_side.server", str(runs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1])))
