"""What importing a client costs does not grow with its models."""

import subprocess
import sys

import pytest

from codegen import tree
from codegen.client_lower import lower
from codegen.client_parse import parse
from codegen.client_render import client_files

# Everything a user names first, and one call; what all clients share is imported beforehand.
SCRIPT = """
import sys
from cost_raw import client, http, values
before = set(sys.modules)
from cost_raw.{0} import things, models, Client
things.get_thing.build("1")
models.Model1
print(len(set(sys.modules) - before), sum(name.startswith("cost_raw.{0}.models.") for name in sys.modules))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cost")


def _client(document, spec_of, folder, count):
    for number in range(count):
        properties = {"id": {"type": "string"}, "size": {"type": "integer"}}
        document["components"]["schemas"][f"Model{number}"] = {"type": "object", "properties": properties}
    spec = spec_of(document, f"c{count}")
    lowered = lower(document)
    shared, provider = client_files(spec, lowered, parse(spec.name, lowered), "cost_raw")
    files = {**shared, **{f"{spec.name}/{path}": text for path, text in provider.items()}}
    tree.replace(folder / "cost_raw", files, [spec.name])
    return spec.name


def _import(folder, name):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(name)], cwd=folder, capture_output=True, text=True, check=True
    )
    imported, models = map(int, done.stdout.split())
    return imported, models


def test_what_is_imported_is_the_same_however_many_models_there_are(document, spec_of, folder):
    """Modules are counted here; `make bench-codegen` takes the time, with 500 models against 10."""
    few, many = (_import(folder, _client(document, spec_of, folder, count)) for count in (5, 50))
    assert few == many
    assert many[1] == 1, "a model is imported when it is used"
