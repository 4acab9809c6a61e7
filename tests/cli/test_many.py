"""Many calls at once: their results, and what is left of them after an interrupt."""

import threading

import pytest

from omnirun.cli import starting
from omnirun.cli.many import Fan


def test_each_item_has_its_result_or_its_error():
    fan = Fan([1, 0, 4], lambda number: 4 // number)
    results = dict(fan)
    assert (results[0], type(results[1]), results[2]) == (4, ZeroDivisionError, 1)
    assert fan.left() == set()


def test_what_has_begun_ends_and_what_has_not_never_begins():
    gate, begun, done = threading.Event(), threading.Semaphore(0), threading.Event()
    called = []

    def call(item):
        called.append(item)
        begun.release()
        gate.wait(10)
        return item

    fan = Fan(range(5), call, width=2)
    results = iter(fan)
    threading.Thread(target=lambda: begun.acquire() and begun.acquire() and done.set(), daemon=True).start()
    reader = threading.Thread(target=lambda: next(results), daemon=True)
    reader.start()
    done.wait(10)
    assert fan.stop() == {0, 1}
    gate.set()
    reader.join(10)
    assert len(list(fan.rest(10))) == 1
    assert (sorted(called), fan.left()) == ([0, 1], set())


def test_a_grace_period_ends():
    gate = threading.Event()
    fan = Fan([1], lambda _: gate.wait(10))
    reader = threading.Thread(target=lambda: next(iter(fan)), daemon=True)
    reader.start()
    while fan._todo.qsize():
        pass
    assert list(fan.rest(0.01)) == []
    assert fan.stop() == {0}
    gate.set()
    reader.join(10)


def test_nothing_is_waited_for_where_nothing_is_under_way():
    assert starting._rest(Fan([], pytest.fail), pytest.fail) == []
