# Dialect `openapi`: a page with a fenced OpenAPI 3.0 or 3.1 document.
#
# Rules: the document is taken as it stands; every part is marked with its pointer and line. Differences between 3.0
# and 3.1 are the normalize stage's affair.

"""Read a page with a fenced OpenAPI document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegen import yamltext
from codegen.dialects.fence import document_block
from codegen.errors import StageError
from codegen.jsonvalue import is_node
from codegen.structure import MARKED, Origin, mark, parts, unmarked

if TYPE_CHECKING:
    from codegen.sources import Page

STAGE = "read"
_MARK = re.compile(r"""^\s*\{?\s*["']?(openapi|swagger)["']?\s*:""", re.MULTILINE)


def read(page: Page) -> dict[str, Any]:
    """The page's document, every part marked.

    Raises:
        StageError: The page holds none, or one of another version.
    """
    block = document_block(page, STAGE, _MARK, "an OpenAPI document (`openapi: 3...`)")
    read_yaml = yamltext.read(block.text, stage=STAGE, where=page.where, first_line=block.line)
    document: Any = unmarked(read_yaml.value)
    version = str(document.get("openapi", "")) if is_node(document) else ""
    if not is_node(document) or not version.startswith(("3.0", "3.1")):
        line = f"line {read_yaml.line('/openapi')}"
        raise StageError(STAGE, page.where, line, f"OpenAPI version {version!r}; 3.0 and 3.1 are read")
    for part in parts(document):
        if part.kind in MARKED and is_node(part.value):
            mark(part.value, Origin(page.fragment.file, part.pointer, read_yaml.line(part.pointer)))
    return document
