"""The process of the second generator: one for all documents, and no build hangs or lies when it is gone."""

import pytest

from codegen import client_side
from codegen.client_lower import lower
from codegen.client_schemas import schema_file
from codegen.errors import StageError


@pytest.fixture
def beside():
    yield client_side.start()
    client_side.stop()


def test_its_answer_is_what_the_generator_makes_here(beside, document):
    plain = lower(document).plain
    beside.ask("example", plain)
    assert beside.answer() == {
        f"{form}.py": schema_file(form, "example", plain) for form in ("wire", "schemas")
    }


def test_one_process_answers_again_after_an_error(beside, document):
    broken = {**document, "components": {"schemas": {"A": {"$ref": "elsewhere.yaml#/A"}}}}
    beside.ask("example", broken)
    with pytest.raises(StageError, match="leaves the document"):
        beside.answer()
    beside.ask("example", document)
    assert set(beside.answer()) == {"wire.py", "schemas.py"}
    assert client_side.start() is beside


def test_an_answer_nobody_waited_for_is_not_taken_for_the_next_one(beside, document):
    beside.ask("forgotten", document)
    beside.ask("example", document)
    assert "example's JSON" in beside.answer()["wire.py"]


def test_a_process_that_is_gone_is_an_error_and_the_next_build_has_another(beside, document):
    beside._process.kill()
    beside._process.wait()
    beside.ask("example", document)
    with pytest.raises(StageError, match="ended in the middle"):
        beside.answer()
    assert client_side.start() is not beside
