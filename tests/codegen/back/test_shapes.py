"""Shapes the generators do not know by themselves: what is sent, what is read, and what stands in words."""

import datetime as dt
import json
import pickle
import subprocess
import sys

import pytest

from codegen.client_members import member_names


@pytest.mark.parametrize(
    ("given", "part", "expected"),
    [
        ({"path": "a b/../c?d"}, "path", "/files/a%20b/%2E%2E/c%3Fd/x.p.q/y"),
        ({"dots": ["a/b", "c"]}, "path", "/files/f/x.a%2Fb.c/y"),
        ({"m": {"a": 1, "b": 2}}, "path", "/files/f/x.p.q/y;a=1;b=2"),
        ({"comma": [3, 4]}, "params", [("comma", "3,4")]),
        ({"comma": []}, "params", []),
        ({"space": ["a", "b"]}, "params", [("space", "a b")]),
        ({"pipe": ["a", "b"]}, "params", [("pipe", "a|b")]),
        (
            {"filter_": {"a": 1, "tags": ["x", "y"], "opts": {"k": {"l": True}}}},
            "params",
            [
                ("filter[a]", "1"),
                ("filter[tags]", "x"),
                ("filter[tags]", "y"),
                ("filter[opts][k][l]", "true"),
            ],
        ),
        ({"q": {"a": [1, None]}}, "params", [("q", '{"a": [1, null]}')]),
        ({"timeout_query": 5}, "params", [("timeout", "5")]),
        ({"sort": "newest"}, "params", [("sort", "newest")]),
        ({"x_ids": [1, 2]}, "headers", [("X-Ids", "1,2")]),
        ({"x_map": {"a": 1, "b": 2}}, "headers", [("X-Map", "a=1,b=2")]),
        (
            {"x_at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)},
            "headers",
            [("X-At", "2026-01-02T00:00:00+00:00")],
        ),
    ],
)
def test_parameters_are_written_in_the_style_that_is_stated(raw, given, part, expected):
    request = raw("shapes").files.read_file.build(
        **{"path": "f", "dots": ["p", "q"], "m": {}, "limit": None, "sort": None, "quoted": None} | given
    )
    found = getattr(request, part)
    assert (found if isinstance(found, str) else list(found)) == expected


def test_what_has_no_place_in_a_signature_stands_in_the_docstring(raw):
    text = raw("shapes").files.read_file.build.__doc__
    for words in (
        "Where it is.",
        'Default: "a/b".',
        "Default: [1, 2].",
        "How many.",
        "At least 1, at most 100.",
        "milliseconds",
    ):
        assert words in text
    assert "Deprecated." in text
    words = raw("shapes.models").Filter.__doc__
    for said in (
        'Default: ["x", "y"z"].',
        'Default: {"k": 1}.',
        "One of 0.5, 1.5.",
        "At least 1, less than 10.",
    ):
        assert said in words.replace("\\", "")


def test_a_default_beside_a_reference_and_one_of_the_component_are_kept(raw):
    models = raw("shapes.models")
    made = models.Filter()
    assert (made.sort, made.other) == (models.Sort.A_B, models.Sort("b-c"))


def test_defaults_that_need_escaping_are_the_members_they_name(raw):
    models = raw("shapes.models")
    made = models.Filter()
    found = (made.quoted.value, made.placed.value, made.or_null.value, made.or_text)
    assert found == ('a"b', "c\\d", "c\\d", 'free"\\')
    assert made.quoted.listed
    assert made.placed.listed
    assert ("quoted", 'a"b') in raw("shapes").files.read_file.build("f", [], {}).params


@pytest.mark.parametrize(
    ("group", "name", "path"),
    [
        ("files", "list", "/files"),
        ("files", "import_", "/files"),
        ("files", "sorted", "/files"),
        ("type", "class_", "/classes/x"),
        ("import_", "go", "/classes/x"),
    ],
)
def test_names_of_builtins_stay_and_words_of_python_get_an_underscore(raw, group, name, path):
    package = raw("shapes")
    operation = getattr(getattr(package, group), name)
    assert operation.build(*["x"] * path.count("/x")).path == path
    assert group in dir(package)
    assert name in dir(getattr(package, group))


def test_members_that_collide_are_numbered(raw):
    sort = raw("shapes.models").Sort
    values = [
        "a_b",
        "a-b",
        "A_B",
        "a b",
        "a.b",
        "b-c",
        "",
        "1st",
        "none",
        "None",
        "é",
        "É",
        "🚀",
        "ﬁ",
        "fi",
        "self",
        "mro",
        'a"b',
    ]
    assert [member.value for member in sort] == values
    assert (sort.A_B.value, sort.A_B_2.value, sort.A_B_3.value) == ("a_b", "a-b", "A_B")
    assert all(sort(value).listed for value in values)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["a_b", "a-b"], ["A_B", "A_B_2"]),
        (["a-b", "a_b_2", "a_b"], ["A_B", "A_B_2", "A_B_3"]),
        (["", "1", "!"], ["VALUE_0", "VALUE_1", "VALUE_2"]),
        ([1, -1], ["VALUE_1", "VALUE_NEGATIVE_1"]),
        (["VALUE_1", "?"], ["VALUE_1", "VALUE_1_2"]),
    ],
)
def test_member_names(values, names):
    assert member_names(values) == names


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"kind": "cat", "lives": 9}, "Cat"),
        ({"kind": "kitten", "born": "2026-01-02T00:00:00+00:00"}, "Cat"),
        ({"kind": "dog", "lives": 1, "barks": True}, "Dog"),
        ({"kind": "axolotl", "gills": [1]}, "Other"),
        ({"kind": None}, "Other"),
        ({}, "Other"),
    ],
)
def test_a_discriminator_chooses_and_an_unknown_value_is_kept(raw, body, kind):
    holder = raw("shapes.models").Holder.from_dict({"pet": body, "pets": [body]})
    assert type(holder.pet).__name__ == type(holder.pets[0]).__name__ == kind
    assert holder.to_dict() == {"pet": body, "pets": [body]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "circle", "radius": 1}, "Circle"),
        ({"type": "square"}, "Square"),
        ({"type": "line"}, "Other"),
    ],
)
def test_constants_tell_variants_apart_without_a_discriminator(raw, body, kind):
    holder = raw("shapes.models").Holder.from_dict({"shape": body})
    assert type(holder.shape).__name__ == kind
    assert holder.to_dict() == {"shape": body}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"a": 1}, "Small"),
        ({"a": 1, "b": 2}, "Large"),
        ({"b": 2, "x": 3}, "Large"),
        ({"a": 1, "b": "no"}, "Small"),
        (None, "NoneType"),
    ],
)
def test_of_several_models_the_closest_one_is_taken(raw, body, kind):
    holder = raw("shapes.models").Holder.from_dict({"near": body})
    assert type(holder.near).__name__ == kind
    assert holder.to_dict() == {"near": body}


@pytest.mark.parametrize("value", ["x", 3, 4, "new"])
def test_an_enumeration_of_several_types(raw, value):
    holder = raw("shapes.models").Holder.from_dict({"mixed": value})
    assert holder.to_dict() == {"mixed": value}


def test_enumerations_are_open_wherever_they_stand(raw):
    body = {
        "one": "new",
        "number": 99,
        "several": ["a_b", "new"],
        "nested": [[1, 99]],
        "maybe": "new",
        "placed": "elsewhere",
        "by_name": {"x": "new"},
        "more": "new",
    }
    read = raw("shapes.models").Everywhere.from_dict(body)
    assert read.to_dict() == body
    found = [read.one, read.number, read.several[1], read.nested[0][1], read.maybe, read.placed]
    found += [read.by_name.additional_properties["x"], read.additional_properties["more"]]
    assert [each.listed for each in found] == [False] * 8
    again = pickle.loads(pickle.dumps(read))
    assert (again, repr(again)) == (read, repr(read))

    get_sort = raw("shapes").sorts.get_sort
    request = get_sort.build("new", level=99, several=["a_b", "new"], x_sort="new")
    assert (request.path, request.headers) == ("/sorts/new", (("X-Sort", "new"),))
    assert request.params == (("level", "99"), ("several", "a_b"), ("several", "new"))
    response = raw("http").Response
    assert [get_sort.parse(response(200, {}, b'"new"')), *get_sort.parse(response(201, {}, b"[99]"))] == [
        "new",
        99,
    ]


PET = b'{"kind": "dog"}'


@pytest.mark.parametrize(
    ("status", "content_type", "content", "expected"),
    [
        (200, "application/json", PET, "Dog"),
        (200, "", PET, "Dog"),
        (200, "application/vnd.x+json; charset=utf-8", b"[1, 2]", [1, 2]),
        (200, "text/csv", b"a,b", "a,b"),
        (200, "image/png", b"\x89", b"\x89"),
        (201, "image/png", b"\x89", b"\x89"),
        (202, "application/xml", b"<a/>", "<a/>"),
        (203, "application/json", b'{"type": "circle"}', "Circle"),
    ],
)
def test_a_reply_is_read_as_its_content_type_says(raw, status, content_type, content, expected):
    request = raw("shapes").files.read_file.build("f", [], {})
    found = request.parse(raw("http").Response(status, {"content-type": content_type}, content))
    assert expected in (found, type(found).__name__)


def test_a_documented_status_that_is_not_registered(raw):
    http = raw("http")
    with pytest.raises(http.DocumentedStatus) as caught:
        raw("shapes").files.read_file.build("f", [], {}).parse(http.Response(520, {}, b"<html>"))
    assert caught.value.status == 520


def test_a_body_of_several_parts(raw):
    http, models = raw("http"), raw("shapes.models")
    body = models.Upload(
        file=http.File(b"\x00\r\n", 'a"b.bin', "image/png"),
        more=[b"1", b"2"],
        name="é",
        count=3,
        meta=models.UploadMeta(a=1),
    )
    request = raw("shapes").files.upload.build("p", "d", "m", body=body)
    (name, kind), *more = request.headers
    assert (name, more) == ("Content-Type", [])
    boundary = kind.removeprefix("multipart/form-data; boundary=")
    parts = request.content.decode("utf-8").split(f"--{boundary}")
    assert parts[-1] == "--\r\n"
    heads = [
        part.partition("\r\n\r\n")[0].removeprefix("\r\nContent-Disposition: form-data; ")
        for part in parts[1:-1]
    ]
    binary = "Content-Type: application/octet-stream"
    assert heads == [
        'name="file"; filename="a%22b.bin"\r\nContent-Type: image/png',
        f'name="more"; filename="file"\r\n{binary}',
        f'name="more"; filename="file"\r\n{binary}',
        'name="name"',
        'name="count"',
        'name="meta"\r\nContent-Type: application/merge-patch+json',
    ]
    contents = [part.partition("\r\n\r\n")[2] for part in parts[1:-1]]
    assert contents == ["\x00\r\n\r\n", "1\r\n", "2\r\n", "é\r\n", "3\r\n", '{"a": 1}\r\n']
    assert request.content == raw("shapes").files.upload.build("p", "d", "m", body=body).content


@pytest.mark.parametrize(
    ("content_type", "body", "json_body", "content"),
    [
        ("application/json", {"a": 1}, {"a": 1}, None),
        ("text/csv", "a,é", None, "a,é".encode()),
        ("application/pdf", b"%PDF", None, b"%PDF"),
    ],
)
def test_one_of_several_content_types_is_chosen(raw, content_type, body, json_body, content):
    request = raw("shapes").files.upload.build("p", "d", "m", body=body, content_type=content_type)
    assert request.headers == (("Content-Type", content_type),)
    assert (request.json or None, request.content) == (json_body, content)


def test_both_readings_keep_unknown_variants(raw):
    for name, body in {
        "Holder": {"pet": {"kind": "axolotl", "n": 1}, "shape": {"type": "line"}, "near": None}
    }.items():
        read = getattr(raw("shapes.schemas"), name).model_validate(body)
        assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == body
        assert getattr(raw("shapes.models"), name).from_dict(body).to_dict() == body


def test_the_key_goes_where_the_document_says(raw):
    package = raw("shapes")
    assert (package.KEY_IN, package.KEY_HEADER, package.KEY_PREFIX) == ("query", "api_key", "")


@pytest.mark.parametrize(
    "tool", [["mypy", "--strict", "--no-incremental", "-p", "made_raw"], ["pyright", "-p", "strict.json"]]
)
def test_every_shape_is_typed(made, tool):
    (made / "strict.json").write_text('{"typeCheckingMode": "strict", "include": ["made_raw"]}')
    command = [
        sys.executable,
        "-m",
        *tool,
        *(["--pythonpath", sys.executable] if tool[0] == "pyright" else []),
    ]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_properties_that_python_has_its_own_use_for(raw):
    """`self`, `cls`, leading underscores and keywords, in both readings and in the shapes of the JSON itself."""
    body = {"self": "/a", "cls": 1, "_links": {"next": "/b"}, "_id": "x", "class": "y"}
    read = raw("shapes.models").Odd.from_dict(body)
    assert read.to_dict() == body
    assert read.self_ == "/a"
    made = raw("shapes.schemas").Odd.model_validate(body)
    assert made.model_dump(mode="json", by_alias=True, exclude_unset=True) == body
    wire = raw("shapes.wire").Odd
    assert set(wire.__annotations__) == set(body)
    assert wire.__required_keys__ == {"self"}
    for missing in (raw("shapes.models").Odd.from_dict, raw("shapes.schemas").Odd.model_validate):
        with pytest.raises(ValueError, match="self"):
            missing({"cls": 1})
