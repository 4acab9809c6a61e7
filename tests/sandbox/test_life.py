import pytest

from omnirun.sandbox.life import Life, Plan

PLAN = Plan((("created", 1), ("checking", 4)), "ok")
LIFE = Life(100, PLAN)


@pytest.mark.parametrize(
    ("now", "state", "finished"),
    [
        (100, "created", False),
        (100.9, "created", False),
        (101, "checking", False),
        (104.9, "checking", False),
        (105, "ok", True),
        (1e12, "ok", True),
    ],
)
def test_the_state_follows_from_the_time(now, state, finished):
    assert (LIFE.state(now), LIFE.finished(now)) == (state, finished)


@pytest.mark.parametrize(
    ("state", "entered"), [("created", 100), ("checking", 101), ("ok", 105), ("nowhere", 105)]
)
def test_when_a_state_is_entered(state, entered):
    assert LIFE.entered(state) == entered


def test_a_plan_without_steps_is_over_when_it_begins():
    life = Life(100, Plan((), "skipped_overlap"))
    assert (life.state(100), life.finished(100), life.ends) == ("skipped_overlap", True, 100)


def test_a_faster_plan_has_the_same_states():
    assert PLAN.faster(2) == Plan((("created", 0.5), ("checking", 2)), "ok")


def test_a_diverted_life_keeps_its_beginning_and_gets_another_end():
    life = LIFE.diverted(102, Plan((("STOPPING", 1),), "STOPPED"))
    assert (life.began, [life.state(now) for now in (101, 102, 103)]) == (
        100,
        ["checking", "STOPPING", "STOPPED"],
    )


def test_a_life_that_is_diverted_as_it_begins_goes_by_the_other_plan_alone():
    life = Life(100, Plan((), "ok")).diverted(100, Plan((("STOPPING", 1),), "STOPPED"))
    assert [life.state(now) for now in (100, 101)] == ["STOPPING", "STOPPED"]
