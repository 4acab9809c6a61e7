from omnirun.sandbox.catalogue import Past
from omnirun.sandbox.life import Life, Plan
from omnirun.sandbox.runs import Runs

DONE = Plan((), "ok")


def test_runs_are_listed_newest_first_whole_and_by_target():
    runs = Runs(str)
    for target in ("a", "b", "a"):
        runs.add(target, DONE, Life(0, DONE))
    assert [run.id for run in runs.newest()] == ["3", "2", "1"]
    assert [run.id for run in runs.newest_of("a")] == ["3", "1"]
    assert runs.newest_of("c") == []


def test_the_past_of_several_targets_is_interleaved_by_age():
    runs = Runs(str)
    runs.remember(100, [("a", Past(2, 10, (DONE,))), ("b", Past(1, 15, (DONE,)))], lambda script: script)
    assert [(run.target, run.life.began) for run in runs.newest()] == [("a", 90), ("b", 85), ("a", 80)]


def test_the_scripts_of_a_past_are_taken_in_turn():
    runs = Runs(str)
    failed = Plan((), "error")
    runs.remember(100, [("a", Past(4, 10, (DONE, failed)))], lambda script: script)
    assert [run.life.plan.end for run in runs.newest()] == ["error", "ok", "error", "ok"]


def test_a_diverted_run_is_found_under_its_id_and_in_its_place():
    runs = Runs(str)
    run = runs.add("a", DONE, Life(0, Plan((("RUNNING", 9),), "COMPLETED")))
    diverted = runs.divert(run, 1, Plan((), "STOPPED"))
    assert (runs.get("1"), runs.newest()) == (diverted, [diverted])
    assert diverted.life.state(1) == "STOPPED"


def test_the_newest_can_be_forgotten_and_their_ids_are_not_given_again():
    runs = Runs(str)
    for target in ("a", "b", "a"):
        runs.add(target, DONE, Life(0, DONE))
    runs.forget("a", 1)
    runs.forget("c", 1)
    runs.forget("b", 5)
    assert [run.id for run in runs.newest()] == ["1"]
    assert runs.add("a", DONE, Life(0, DONE)).id == "4"
