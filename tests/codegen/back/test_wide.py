"""A document with every shape the generators know: the code is typed, importable and does what it says."""

import json
import subprocess
import sys

SCRIPT = """
import datetime, json, uuid
from made_raw.http import Response, DocumentedStatus, UnexpectedStatus
from made_raw.wide import g, models, other_group, schemas, wire

when = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
m = models.M(req="r", dt=when)
a = g.post_a.build(
    "x/y", when.date(), "b-c", body=m, when=when, client_query="c", parse=[models.E.A], ids=[uuid.UUID(int=1)],
    x_h=3, ck="v;", enum="new", content_type="application/x-www-form-urlencoded",
)
def read(request, status, body):
    try:
        found = request.parse(Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()))
    except (DocumentedStatus, UnexpectedStatus) as error:
        return [type(error).__name__, type(getattr(error, "parsed", None)).__name__]
    return found.to_dict() if hasattr(found, "to_dict") else repr(found)

M = {"req": "r", "dt": "2026-01-02T00:00:00+00:00"}
odd = M | {"u": "y", "s": "z", "ms": [M, "s", None], "i": 7, "num": "1", "nullable_list": [{"k": "n", "x": M}]}
del_it = other_group.del_it.build()
print(json.dumps({
    "path": a.path,
    "params": a.params,
    "headers": a.headers,
    "content": a.content.decode(),
    "union of models": read(a, 200, {"k": "n", "o": 3, "more": M}),
    "union with null": read(a, 200, None),
    "nested list": read(a, 200, [[]]),
    "no content": read(a, 204, b""),
    "range": read(a, 418, M),
    "default": read(a, 500, b"<html>"),
    "undocumented": read(a, 206, b""),
    "only default, good": read(del_it, 200, M),
    "only default, bad": read(del_it, 404, M),
    "text": read(g.get_text.build(), 200, "\\u00e9".encode()),
    "bytes": read(g.put_bytes.build(), 200, b"\\xff"),
    "any": read(g.list_body.build(body=[m]), 200, [1]),
    "redirect": read(g.list_body.build(body=[m]), 302, b""),
    "list body": g.list_body.build(body=[m]).json,
    "no body": [repr(g.put_bytes.build().content), list(g.put_bytes.build().headers)],
    "model": read(del_it, 200, odd) == odd,
    "pydantic": json.loads(schemas.M.model_validate(odd).model_dump_json(by_alias=True, exclude_unset=True))["ms"],
}))
"""

EXPECTED = {
    "path": "/a/x%2Fy/b/2026-01-02/b-c",
    "params": [
        ["parse", "a"],
        ["client", "c"],
        ["body", "true"],
        ["enum", "new"],
        ["when", "2026-01-02T00:00:00+00:00"],
        ["ids", "00000000-0000-0000-0000-000000000001"],
    ],
    "headers": [
        ["Content-Type", "application/x-www-form-urlencoded"],
        ["X-H", "3"],
        ["Cookie", "ck=v%3B"],
    ],
    "content": "req=r&dt=2026-01-02T00%3A00%3A00%2B00%3A00&class=3&def=q&ed=a",
    "union of models": {"k": "n", "o": 3, "more": {"req": "r", "dt": "2026-01-02T00:00:00+00:00"}},
    "union with null": "None",
    "nested list": "[[]]",
    "no content": "None",
    "range": ["DocumentedStatus", "M"],
    "default": ["DocumentedStatus", "NoneType"],
    "undocumented": ["UnexpectedStatus", "NoneType"],
    "only default, good": {"req": "r", "dt": "2026-01-02T00:00:00+00:00"},
    "only default, bad": ["DocumentedStatus", "M"],
    "text": "'é'",
    "bytes": "b'\\xff'",
    "any": "[1]",
    "redirect": ["DocumentedStatus", "NoneType"],
    "list body": [{"req": "r", "dt": "2026-01-02T00:00:00+00:00", "class": 3, "def": "q", "ed": "a"}],
    "no body": ["None", []],
    "model": True,
    "pydantic": [{"req": "r", "dt": "2026-01-02T00:00:00Z"}, "s", None],
}


def test_every_shape_works(made):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT], cwd=made, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    assert json.loads(done.stdout) == EXPECTED
