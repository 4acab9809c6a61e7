"""values.py: what readers take and refuse."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from omnirun_raw import values
from omnirun_raw.http import UNSET
from omnirun_raw.values import Misfit, OpenInt, OpenStr


class State(OpenStr):
    OK = "ok"
    ALERT = "alert"


class Mood(OpenStr):
    FINE = "fine"


class Level(OpenInt):
    LOW = 1


MOMENT = datetime(2023, 11, 7, 5, 31, 56, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-11-07T05:31:56.123456Z", MOMENT),
        ("2023-11-07T05:31:56.123456789Z", MOMENT),
        ("2023-11-07t05:31:56.123456z", MOMENT),
        ("2023-11-07 05:31:56.123456", MOMENT),
        ("2023-11-07T05:31:56.1+00:00", MOMENT.replace(microsecond=100_000)),
        ("2023-11-07T07:31:56.123456+02:00", MOMENT.astimezone(timezone(timedelta(hours=2)))),
        (1_699_335_116, MOMENT.replace(microsecond=0)),
        (1_699_335_116_123, MOMENT.replace(microsecond=123_000)),
        (1_699_335_116.5, MOMENT.replace(microsecond=500_000)),
    ],
)
def test_timestamps(text, expected):
    found = values.instant(text)
    assert found == expected
    assert found.tzinfo is not None


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (values.integer, 3, 3),
        (values.integer, 3.0, 3),
        (values.number, 3, 3),
        (values.number, 0.1, 0.1),
        (values.string, "", ""),
        (values.boolean, False, False),
        (values.null, None, None),
        (values.day, "2026-01-02", date(2026, 1, 2)),
        (values.uuid, str(UUID(int=5)), UUID(int=5)),
        (values.constant("a"), "a", "a"),
        (values.enum(State), "ok", State.OK),
        (values.enum(Level), 1, Level.LOW),
        (values.list_of(values.integer), [1, 2], [1, 2]),
        (values.either(values.null, values.string), None, None),
        (values.either(values.integer, values.string), "1", "1"),
        (values.either(values.listed(State), values.listed(Mood)), "fine", Mood.FINE),
    ],
)
def test_readers_take(read, value, expected):
    found = read(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (values.integer, True, "expected an integer, got true or false"),
        (values.integer, "3", "expected an integer, got a string"),
        (values.integer, 3.5, "expected an integer, got a number"),
        (values.integer, float("nan"), "expected an integer"),
        (values.number, True, "expected a number"),
        (values.string, 3, "expected a string, got a number"),
        (values.boolean, 1, "expected true or false, got a number"),
        (values.null, 0, "expected null"),
        (values.instant, "soon", "expected a timestamp, got a string"),
        (values.instant, 1e300, "expected a timestamp"),
        (values.instant, None, "expected a timestamp, got null"),
        (values.day, "2026-13-01", "expected a date"),
        (values.uuid, "x", "expected a UUID"),
        (values.constant(1), True, "the one value"),
        (values.enum(State), 3, "expected a State, got a number"),
        (values.enum(Level), "1", "expected a Level"),
        (values.listed(State), "new", "a listed State"),
        (values.list_of(values.integer), {"0": 1}, "expected an array, got an object"),
        (values.list_of(values.integer), [1, "x"], "1: expected an integer, got a string"),
        (values.either(values.null, values.integer), "x", "expected null or an integer, got a string"),
        (
            values.either(values.null, values.list_of(values.integer)),
            [1, None],
            "1: expected an integer, got null",
        ),
        (values.mapping, [], "expected an object, got an array"),
    ],
)
def test_readers_refuse_and_name_both_types(read, value, message):
    with pytest.raises(Misfit) as caught:
        read(value)
    assert message in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_properties():
    source = {"a": 1, "n": None, "x": "?"}
    assert values.required(source, "a", values.integer) == 1
    assert values.optional(source, "b", values.integer) is UNSET
    assert values.optional(source, "n", values.integer) is UNSET
    assert values.optional(source, "n", values.either(values.null, values.integer)) is None
    assert values.additional(source, (("a", "a"), ("n", "n")), values.anything) == {"x": "?"}
    with pytest.raises(Misfit, match=r"^x: expected an integer, got a string$"):
        values.optional(source, "x", values.integer)
    with pytest.raises(Misfit, match=r"^b: expected a value, got nothing$"):
        values.required(source, "b", values.integer)
    with pytest.raises(Misfit, match=r"^n: expected an integer, got null$"):
        values.required(source, "n", values.integer)


@pytest.mark.parametrize("value", ["new", "OK", "", "with space", "é"])
def test_an_open_enum_keeps_what_is_not_listed(value):
    member = State(value)
    assert member == value == str(member) == member.value
    assert isinstance(member, State)
    assert not member.listed
    assert member == State(value)
    assert hash(member) == hash(State(value)) == hash(value)
    assert {member: 1}[State(value)] == {value: 1}[member] == 1
    assert type(pickle.loads(pickle.dumps(member))) is State
    assert pickle.loads(pickle.dumps(member)) == member
    assert copy.copy(member) == copy.deepcopy(member) == member
    assert value in repr(member)
    assert list(State) == [State.OK, State.ALERT]


def test_a_listed_member_stays_itself():
    assert State("ok") is State.OK
    assert State.OK.listed
    assert pickle.loads(pickle.dumps(State.OK)) is State.OK
    assert Level(7) == 7
    assert not Level(7).listed
    assert pickle.loads(pickle.dumps(Level(7))) == 7
    with pytest.raises(ValueError, match="low"):
        Level("low")
