"""replace: all files or none, wherever it is interrupted."""

import itertools
import shutil
from pathlib import Path

import pytest

from codegen import tree

OLD = {"shared.py": "old", "p/__init__.py": "old", "p/stale.py": "old", "q/__init__.py": "other"}
NEW = {"shared.py": "new", "p/__init__.py": "new", "p/api/__init__.py": "new"}
AFTER = NEW | {"q/__init__.py": "other"}


class Killed(BaseException):
    """Stands for kill -9: nothing of the interrupted program runs any more."""


@pytest.fixture
def target(tmp_path):
    for path, text in OLD.items():
        tree.write(tmp_path / "package" / path, text)
    return tmp_path / "package"


def test_a_folder_is_replaced_whole_and_its_neighbours_stay(target):
    tree.replace(target, NEW, ["p"])
    assert tree.read(target) == AFTER
    assert [path.name for path in target.parent.iterdir()] == ["package"]


def test_the_target_may_be_new(tmp_path):
    tree.replace(tmp_path / "a" / "b", NEW, ["p"])
    assert tree.read(tmp_path / "a" / "b") == NEW


def test_wherever_it_is_killed_the_next_start_finds_the_old_or_the_new(target, monkeypatch):
    """Every call that changes the disk is interrupted once, before it happens."""
    real = {
        (Path, name): getattr(Path, name) for name in ("rename", "replace", "unlink", "write_text", "mkdir")
    }
    real[shutil, "rmtree"] = shutil.rmtree
    seen = set()
    for fatal in itertools.count():
        calls = itertools.count()
        with monkeypatch.context() as patch:
            for (owner, name), function in real.items():

                def step(*args, function=function, calls=calls, fatal=fatal, **kwargs):
                    if next(calls) == fatal:
                        raise Killed
                    return function(*args, **kwargs)

                patch.setattr(owner, name, step)
            try:
                tree.replace(target, NEW, ["p"])
            except Killed:
                survived = False
            else:
                survived = True
        tree.recover(target)
        found = tree.read(target)
        assert found in (OLD, AFTER), fatal
        assert [path.name for path in target.parent.iterdir()] == ["package"], fatal
        assert not tree.recover(target)
        if survived:
            break
        seen.add(found == AFTER)
        shutil.rmtree(target)
        for path, text in OLD.items():
            tree.write(target / path, text)
    assert seen == {True, False}


def test_an_interrupted_replacement_does_not_get_in_the_way_of_the_next(target):
    tree.write(target.parent / ".package.new" / "p" / "half.py", "half")
    tree.replace(target, NEW, ["p"])
    assert tree.read(target) == AFTER
