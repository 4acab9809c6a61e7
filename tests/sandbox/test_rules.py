"""Which requests meet which fault: counts, chance, what a rule can say, and what it refuses."""

import pytest

from omnirun.sandbox.control import read_rule
from omnirun.sandbox.faults import Answer, Reset, Stall
from omnirun.sandbox.rules import Faults, Rule

SLOW, BUSY = Answer(429), Answer(503)


def kinds(faults, count, provider="datafold", method="GET", path="/runs"):
    return [getattr(faults.meet(provider, method, path), "status", None) for _ in range(count)]


def test_the_next_one_the_nth_and_all_that_follow():
    faults = Faults()
    assert kinds(faults, 1) == [None]
    faults.add(SLOW)
    faults.add(BUSY, skip=1, times=2)
    assert kinds(faults, 5) == [429, None, 503, 503, None]
    faults.add(SLOW, times=None)
    assert kinds(faults, 3) == [429, 429, 429]


@pytest.mark.parametrize(
    ("rule", "meets"),
    [
        ({}, True),
        ({"provider": "datafold"}, True),
        ({"provider": "monid"}, False),
        ({"method": "GET", "path": "/ru*"}, True),
        ({"method": "POST"}, False),
        ({"path": "/run"}, False),
    ],
)
def test_what_a_rule_matches(rule, meets):
    faults = Faults()
    told = faults.add(SLOW, **rule)
    assert (kinds(faults, 1) == [429], told.fired) == (meets, meets)


def test_chance_is_the_same_for_the_same_seed():
    def drawn(seed):
        faults = Faults(seed)
        told = faults.add(SLOW, BUSY, rate=0.3, times=None)
        return kinds(faults, 400), told

    one, told = drawn(7)
    assert (drawn(7)[0], drawn(8)[0] == one) == (one, False)
    assert {429, 503, None} == set(one)
    assert (told.matched, told.fired, 80 < told.fired < 160) == (400, 400 - one.count(None), True)


def test_connections_have_rules_of_their_own():
    faults = Faults()
    faults.add(Reset("connecting"))
    assert kinds(faults, 1) == [None]
    assert (faults.meet_connection(), faults.meet_connection()) == (Reset("connecting"), None)


def test_what_was_told_can_be_forgotten():
    faults = Faults()
    told = faults.add(SLOW)
    assert faults.told == (told,)
    faults.clear()
    assert (faults.told, kinds(faults, 1)) == ((), [None])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Answer(99), "greater than or equal to 200"),
        (lambda: Faults().add(), "at least 1 item"),
        (lambda: Faults().add(SLOW, rate=0), "greater than 0"),
        (lambda: Faults().add(SLOW, times=0), "greater than 0"),
        (lambda: Faults().add(SLOW, provider="nobody"), "'datafold', 'firecrawl' or 'monid'"),
        (lambda: Faults().add(Reset("connecting"), path="/runs"), "match nothing with `connecting`"),
        (lambda: Faults().add(Reset("connecting"), Stall()), "match nothing with `connecting`"),
        (lambda: read_rule('{"faults": [{"kind": "explode"}]}'), r"faults\.0: Input tag 'explode'"),
        (lambda: read_rule('{"faults": [{"kind": "stall", "seconds": 3}]}'), "Unexpected keyword argument"),
        (lambda: read_rule("{"), "Invalid JSON"),
    ],
)
def test_what_makes_no_sense_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_a_rule_is_read_from_json():
    text = '{"faults": [{"kind": "answer", "status": 503}, {"kind": "stall"}], "rate": 0.5, "times": null}'
    assert read_rule(text) == Rule((BUSY, Stall()), rate=0.5, times=None)
