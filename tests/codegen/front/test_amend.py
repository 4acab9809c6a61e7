"""Overlay actions."""

from __future__ import annotations

import pytest

from codegen.amend import actions, amend
from codegen.errors import StageError
from codegen.structure import Origin, mark, origins, unmarked


def overlay(*entries):
    lines = "".join(f"- {entry}\n" for entry in entries)
    return actions(
        f"overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\nactions:\n{lines}",
        "acme/amendments.yaml",
        ["page.md"],
    )


def document():
    return {
        "paths": {},
        "components": {
            "schemas": {
                "A": mark(
                    {
                        "type": "object",
                        "properties": {
                            "a": mark({"type": "string", "enum": ["x"]}, Origin("page.md", "/a", 3)),
                            "b": {},
                        },
                        "required": ["a", "b"],
                    },
                    Origin("page.md", "/A", 2),
                )
            }
        },
    }


def amended(*entries):
    return amend(document(), overlay(*entries), "acme/amendments.yaml")


A = "$.components.schemas.A"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            f"{{target: {A}.properties.a, description: d, update: {{enum: ['y']}}}}",
            {"type": "string", "enum": ["x", "y"]},
        ),
        (
            f"{{target: {A}.properties.a.enum, description: d, update: 'y'}}",
            {"type": "string", "enum": ["x", "y"]},
        ),
        (
            f"{{target: {A}.properties.a, description: d, update: {{type: integer}}}}",
            {"type": "integer", "enum": ["x"]},
        ),
        (f"{{target: {A}.properties.a.enum, description: d, remove: true}}", {"type": "string"}),
        (f"{{target: '{A}.properties.a[''type'', ''enum'']', description: d, remove: true}}", {}),
    ],
)
def test_updates_and_removes(entry, expected):
    assert unmarked(amended(entry).document)["components"]["schemas"]["A"]["properties"]["a"] == expected


def test_a_removed_property_is_no_longer_required():
    result = amended(f"{{target: {A}.properties.a, description: d, remove: true}}")
    schema = unmarked(result.document)["components"]["schemas"]["A"]
    assert schema == {"type": "object", "properties": {"b": {}}, "required": ["b"]}
    place = Origin("page.md", "/a", 3)
    assert result.removed == {(place, ""), (place, "x")}


def test_what_is_added_and_what_is_changed_is_marked():
    schemas = amended(
        f"{{target: {A}, description: d, update: {{properties: {{c: {{type: string}}}}}}}}"
    ).document["components"]["schemas"]
    action = Origin("amendments.yaml", "/actions/0", 4)
    assert origins(schemas["A"]["properties"]["c"]) == (action,)
    assert origins(schemas["A"]) == (Origin("page.md", "/A", 2), action)
    assert origins(schemas["A"]["properties"]["a"]) == (Origin("page.md", "/a", 3),)


def test_several_matches_in_a_list_are_all_removed():
    result = amended(f"{{target: '{A}.required[*]', description: d, remove: true}}")
    assert unmarked(result.document)["components"]["schemas"]["A"]["required"] == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{target: $.components.schemas.B, description: d, remove: true}", "matches nothing"),
        ("{target: '$.components[', description: d, remove: true}", "is not a JSONPath"),
        (f"{{target: {A}, remove: true}}", "`description` is missing"),
        ("{description: d, remove: true}", "`target` is missing"),
        (f"{{target: {A}, description: d}}", "exactly one"),
        (f"{{target: {A}, description: d, remove: true, update: {{}}}}", "exactly one"),
        (f"{{target: {A}, description: d, removes: true}}", "'removes' is unknown"),
        (f"{{target: {A}, description: d, update: x}}", "must be a mapping"),
        (f"{{target: {A}.type, description: d, update: x}}", "neither a mapping nor a list"),
        ("{target: $, description: d, remove: true}", "whole document"),
        (f"{{target: {A}, description: d, remove: true, x-fragment: other.md}}", "no fragment is named"),
        ("just text", "an action is a mapping"),
    ],
)
def test_refuses_naming_the_action(entry, message):
    with pytest.raises(StageError, match=message) as caught:
        amended(entry)
    assert caught.value.where == "acme/amendments.yaml"
    assert "/actions/0" in caught.value.pointer


@pytest.mark.parametrize("text", ["", "[]", "overlay: 2.0.0\nactions: []", "actions: []"])
def test_what_is_no_overlay_is_refused(text):
    with pytest.raises(StageError, match="not an OpenAPI Overlay"):
        actions(text, "a.yaml", [])
