"""YAML text to plain values, bounded, and back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from codegen import yamltext
from codegen.errors import StageError


def value(text):
    return yamltext.read(text, stage="read", where="page.md").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("~", None),
        ("", None),
        ("True", True),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("{200: ok, true: x, null: y}", {"200": "ok", "true": "x", "null": "y"}),
        ("a: &x {p: [1]}\nb: *x", {"a": {"p": [1]}, "b": {"p": [1]}}),
        ("m: &m {a: 1, b: 2}\nn: {<<: *m, b: 3}", {"m": {"a": 1, "b": 2}, "n": {"b": 3, "a": 1}}),
        ("n: {<<: [{a: 1}, {a: 2, b: 2}]}", {"n": {"a": 1, "b": 2}}),
    ],
)
def test_reads_plain_values(text, expected):
    assert value(text) == expected


def test_alias_values_are_not_shared():
    read = value("a: &x {p: 1}\nb: *x")
    read["a"]["p"] = 2
    assert read["b"] == {"p": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not valid YAML"),
        ("a: 1\na: 2", "occurs twice"),
        ("a: 1\n--- \nb: 2", "second YAML document"),
        ("&a [*a]", "contains itself"),
        ("!!python/object/apply:os.system ['true']", "tag"),
        ("!x a", "tag"),
        ("[" * 200 + "]" * 200, "nested deeper"),
        ("? [a]\n: b", "can't be a key"),
        ("<<: 1", "merges mappings"),
        ("a: *b", "not defined"),
        ("a: \x00", "not valid YAML"),
        ("a: " + "9" * 5000 + "\nb: [", "not valid YAML"),
    ],
)
def test_refuses_with_a_place(text, message):
    with pytest.raises(StageError, match=message) as caught:
        value(text)
    assert caught.value.stage == "read"
    assert caught.value.where == "page.md"


def test_a_bomb_of_aliases_is_refused():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    with pytest.raises(StageError, match="aliases are expanded"):
        value(bomb)


def test_deep_block_nesting_is_refused():
    with pytest.raises(StageError, match="nested deeper"):
        value("".join(f"{' ' * i}a:\n" for i in range(3000)))


def test_a_large_text_is_refused():
    with pytest.raises(StageError, match="at most"):
        value("a" * (yamltext.MAX_CHARACTERS + 1))


def test_lines_are_those_of_the_file():
    read = yamltext.read("a:\n  b: 1\n  c:\n    - x\n    - d: 2\n", stage="read", where="p", first_line=10)
    lines = {
        pointer: read.line(pointer) for pointer in ("/a", "/a/b", "/a/c/1", "/a/c/1/d", "/a/c/1/d/unknown")
    }
    assert lines == {"/a": 10, "/a/b": 11, "/a/c/1": 14, "/a/c/1/d": 14, "/a/c/1/d/unknown": 14}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")) | st.just("\n")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc:-# 019'\"~", max_size=6), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(plain)
def test_what_is_written_reads_the_same_everywhere(written):
    """By our own reader, by YAML 1.1 (PyYAML) and by YAML 1.2 (ruamel.yaml)."""
    text = yamltext.write({"value": written})
    assert value(text)["value"] == written
    assert yaml.safe_load(text)["value"] == written
    assert YAML(typ="safe", pure=True).load(text)["value"] == written


@pytest.mark.parametrize(
    "text",
    ["yes", "0o14", "12:30", "2026-01-01", "1e3", "null", "<<", "=", "~", ".5", "0x1", "a: b", "- a", "a #b"],
)
def test_words_of_either_yaml_are_quoted(text):
    assert yaml.safe_load(yamltext.write([text])) == [text]
    assert YAML(typ="safe", pure=True).load(yamltext.write([text])) == [text]
