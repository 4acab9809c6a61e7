"""Fences, encodings and what is no page: what `add` makes of them."""

import json

import pytest
import yaml
from vendored import page

from codegen.add import plan, servers
from codegen.errors import StageError
from codegen.read import read
from codegen.sources import MAX_PAGE_BYTES, text_of
from codegen.structure import unmarked

DOCUMENT = """openapi: 3.1.0
info: {title: T, version: '1'}
servers: [{url: https://a.example}]
paths:
  /a:
    get: {responses: {'204': {description: none}}}
"""
JSON = json.dumps(yaml.safe_load(DOCUMENT), indent=2)


def paths(text):
    return list(unmarked(read(page(text)))["paths"])


@pytest.mark.parametrize(
    "info",
    ["yaml", "yml", "YAML", "", "{.yaml}", "x-yaml", 'yaml title="o.yaml" lines', "yaml theme={null}", "text",
     "yaml /api/openapi.json GET /a", "yaml openapi.yml  get a theme={null}", "yaml {1,3}", "application/yaml"],
)  # fmt: skip
@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_info_strings(info, fence):
    assert paths(f"# T\n\n{fence}{info}\n{DOCUMENT}{fence}\n") == ["/a"]


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{JSON}\n```\n",
        f"```jsonc\n{json.dumps(yaml.safe_load(DOCUMENT))}\n```\n",
        DOCUMENT,
        JSON,
        f"```yaml\n{DOCUMENT}```\n\n```json\n{JSON}\n```\n",
        f"```yaml\nopenapi: 3.1.0\n```\n\n```yaml\n{DOCUMENT}```\n",
    ],
)
def test_json_whole_documents_and_documents_said_twice(text):
    assert paths(text) == ["/a"]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_and_byte_order_marks(end):
    data = f"````yaml\n{DOCUMENT}````\n".replace("\n", end).encode("utf-8-sig")
    assert paths(text_of(data, "add", "page.md")) == ["/a"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the page is empty"),
        (b" \n \n", "the page is empty"),
        (b"<!DOCTYPE html>\n<html><h1>POST /v1/run</h1></html>", "this is HTML"),
        (b"# x\n\0\n", "it has NUL bytes"),
        (b"\xff\xfe#\0", "not UTF-8"),
        (bytes(range(256)), "not UTF-8|NUL"),
        (b"# Words\n\nNothing else.\n", "in no dialect"),
        (b"```yaml\nswagger: '2.0'\npaths: {}\n```\n", "Swagger 2.0; OpenAPI 3.0 and 3.1 are read"),
        (b"```yaml\n- openapi: 3.1\n```\n", "in no dialect"),
    ],
)
def test_what_is_no_page_is_one_clear_error(tmp_path, data, message):
    path = tmp_path / "page.md"
    path.write_bytes(data)
    with pytest.raises(StageError, match=message):
        plan("acme", [path], tmp_path / "specs")
    assert not (tmp_path / "specs").exists()


def test_a_page_too_big_a_folder_and_none_at_all(tmp_path):
    big = tmp_path / "big.md"
    with big.open("wb") as file:
        file.truncate(100_000_000)
    for path, message in (
        (big, f"at most {MAX_PAGE_BYTES}"),
        (tmp_path, "no file"),
        (tmp_path / "x", "not there"),
    ):
        with pytest.raises(StageError, match=message):
            plan("acme", [path], tmp_path / "specs")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("servers: [{url: 'http://localhost:80'}, {url: https://a.example}]", ["https://a.example", "http://localhost:80"]),
        ("servers: [{url: /v1}]", []),
        (
            "{servers: [{url: https://a.example}], paths: {/a: {get: {servers: [{url: https://b.example}]}}}}",
            ["https://b.example"],
        ),
    ],
)  # fmt: skip
def test_servers_that_a_document_names(document, expected):
    assert servers(yaml.safe_load(document)) == expected
