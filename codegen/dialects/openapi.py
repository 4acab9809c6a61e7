# Dialect `openapi`: a page with a fenced OpenAPI 3.0 or 3.1 document.
#
# Rules: the document is taken as it stands; every part is marked with its pointer and line. Differences between 3.0
# and 3.1 are the normalize stage's affair. A page that states neither an operation nor a webhook is an error.

"""Read a page with a fenced OpenAPI document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen import yamltext
from codegen.dialects.fence import document_block
from codegen.errors import StageError
from codegen.jsonvalue import Node, is_node, list_at, node_at
from codegen.pointer import child
from codegen.structure import MARKED, Origin, mark, parts, unmarked

if TYPE_CHECKING:
    from codegen.sources import Page

STAGE = "read"
MARK = re.compile(r"""^\s{0,3}(?:\{\s*)?["']?(openapi|swagger)["']?\s*:\s*["']?\d""", re.MULTILINE)


def read(page: Page) -> dict[str, Any]:
    """The page's document, every part marked.

    Raises:
        StageError: The page holds none, or one of another version.
    """
    block = document_block(page, STAGE, MARK, "an OpenAPI document (`openapi: 3...`)")
    read_yaml = yamltext.read(block.text, stage=STAGE, where=page.where, first_line=block.line)
    document: Any = unmarked(read_yaml.value)
    version = str(document.get("openapi", "")) if is_node(document) else ""
    if not is_node(document):
        raise StageError(STAGE, page.where, f"line {block.line}", "a mapping was expected")
    if not version.startswith(("3.0", "3.1")):
        said = f"Swagger {document['swagger']}" if "swagger" in document else f"OpenAPI version {version!r}"
        line = f"line {read_yaml.line('/swagger' if 'swagger' in document else '/openapi')}"
        hint = "A document of another version has to be converted before it is vendored."
        raise StageError(STAGE, page.where, line, f"{said}; OpenAPI 3.0 and 3.1 are read", hint)
    if document.get("paths", {}) in ({}, None) and not document.get("webhooks"):
        line = f"line {read_yaml.line('/paths')}"
        hint = "Take the page out of sources.toml, or vendor it again."
        raise StageError(STAGE, page.where, line, "no operation is stated: `paths` is empty", hint)
    _mark(document, page, read_yaml)
    return document


def _mark(document: Node, page: Page, read_yaml: yamltext.Yaml) -> None:
    for part in parts(document):
        if not is_node(part.value):
            continue
        for name, schema in node_at(part.value, "properties").items() if part.kind == "schema" else ():
            if isinstance(schema, bool):  # so that it can be marked
                part.value["properties"][name] = {} if schema else {"not": {}}
        if part.kind in MARKED:
            mark(part.value, Origin(page.fragment.file, part.pointer, read_yaml.line(part.pointer)))
        if part.kind in ("document", "path_item", "operation"):
            for index, server in enumerate(list_at(part.value, "servers")):
                if is_node(server):
                    at = child(part.pointer, "servers", str(index))
                    mark(server, Origin(page.fragment.file, at, read_yaml.line(at)))
