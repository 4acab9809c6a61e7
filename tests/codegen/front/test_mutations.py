"""A page with any one value replaced gives a document or one clear error, never a traceback."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import attrs
import pytest

from codegen import amend, sources, spec, yamltext
from codegen.errors import StageError

PROVIDER = sources.load(Path(__file__).parents[3] / "specs").provider("firecrawl")
ODD = [
    None,
    1,
    "x",
    [],
    {},
    [1],
    {"a": 1},
    True,
    1.5,
    ["x"],
    [{}],
    {"$ref": 1},
    {"$ref": "#/components/x"},
    "\x07",
]


def places(value, at=()):
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*at, key))


@pytest.mark.parametrize("seed", range(60))
def test_one_value_replaced(seed):
    (page,) = sources.pages(PROVIDER)
    start, end = page.text.index("openapi: 3.0.0"), page.text.rindex("````")
    document = yamltext.read(page.text[start:end], stage="read", where="").value
    chosen = random.Random(seed)
    *steps, last = chosen.choice(list(places(document)))
    holder = document
    for step in steps:
        holder = holder[step]
    holder[last] = copy.deepcopy(chosen.choice(ODD))
    changed = attrs.evolve(page, text=page.text[:start] + yamltext.write(document) + page.text[end:])
    assert outcome(changed) in {"made", "read", "normalize", "amend", "merge", "shape", "gate", "spec"}


def outcome(page):
    try:
        spec.make(PROVIDER, [page], amend.load(PROVIDER))
    except StageError as error:
        return error.stage if error.where else "an error without a place"
    return "made"
