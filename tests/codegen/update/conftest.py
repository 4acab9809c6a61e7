"""A web site on loopback, and a specs folder whose pages come from it."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from codegen.add import plan
from codegen.adding import draft_of, publish, write
from codegen.build import ROOT
from codegen.spec import normalize_provider

KILN = sorted((ROOT / "docs" / "pages" / "kiln").glob("*.md"))


class Site:
    """Serves what `replies` says of a path, and keeps what it was asked."""

    def __init__(self):
        self.replies = {}
        self.asked = []
        self.released = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers)))
                site.replies.get(self.path, Reply(404))(self, site)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Reply:
    """One reply; with a tag, 304 to who has it already."""

    def __init__(
        self,
        status=200,
        body=b"",
        *,
        kind="text/markdown",
        tag="",
        modified="",
        length=None,
        to="",
        hang=False,
    ):
        self.status, self.body, self.hang = status, body, hang
        self.tag, self.modified = tag, modified
        said = {"Content-Type": kind, "ETag": tag, "Last-Modified": modified, "Location": to}
        self.headers = {name: value for name, value in said.items() if value}
        self.length = len(body) if length is None else length

    def __call__(self, handler, site):
        known = handler.headers.get("If-None-Match"), handler.headers.get("If-Modified-Since")
        if (self.tag and known[0] == self.tag) or (
            not self.tag and self.modified and known[1] == self.modified
        ):
            handler.send_response(304)
            handler.end_headers()
            return
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(self.length))
        handler.end_headers()
        handler.wfile.write(self.body)
        handler.wfile.flush()
        if self.hang:
            site.released.wait()
        handler.close_connection = self.length != len(self.body) or self.hang


@pytest.fixture
def reply():
    return Reply


@pytest.fixture
def site(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def kiln_files(tmp_path_factory):
    specs = tmp_path_factory.mktemp("kiln") / "specs"
    draft = draft_of(specs, "kiln")
    draft.mkdir(parents=True)
    write(plan("kiln", KILN, specs), draft)
    publish(specs, draft)
    (specs / "kiln" / "openapi.yaml").write_text(normalize_provider(specs, "kiln").text)
    return {
        path.relative_to(specs).as_posix(): path.read_bytes() for path in specs.rglob("*") if path.is_file()
    }


@pytest.fixture
def specs(tmp_path, kiln_files, site):
    """The invented provider of docs/add-a-provider.md, each of whose pages is on the site."""
    folder = tmp_path / "specs"
    for path, content in kiln_files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    listed = re.sub(r"^source = .*\n", "", (folder / "sources.toml").read_text(), flags=re.MULTILINE)
    listed = re.sub(r'^file = "(.*)"$', rf'file = "\1"\nsource = "{site.url}/\1"', listed, flags=re.MULTILINE)
    listed = re.sub(r"^revision = .*$", 'revision = "2026-01-02"', listed, flags=re.MULTILINE)
    (folder / "sources.toml").write_text(f"{listed}# the last line of a person\n")
    for page in KILN:
        site.replies[f"/{page.name}"] = Reply(body=page.read_bytes(), tag=f'"{page.stem}"')
    return folder
