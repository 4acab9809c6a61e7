"""replace: all files or none, wherever it is interrupted."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import tree

ROOT = Path(__file__).parents[3]
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


@pytest.mark.parametrize("can_exchange", [True, False])
def test_wherever_it_is_killed_the_next_start_finds_the_old_or_the_new(target, monkeypatch, can_exchange):
    """Every call that changes the disk is interrupted once, before it happens."""
    names = ("rename", "unlink", "write_text", "mkdir", "hardlink_to", "touch")
    real = {(Path, name): getattr(Path, name) for name in names}
    real[shutil, "rmtree"] = shutil.rmtree
    real[os, "unlink"] = os.unlink  # inside rmtree too: a tree that is half gone
    real[tree, "exchange"] = tree.exchange if can_exchange else lambda *_: False
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
        if can_exchange:
            assert tree.read(target) in (OLD, AFTER), "even before anyone recovers it"
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


def test_two_at_once_wait_for_each_other(tmp_path):
    """Each replacement is whole, and what one process puts in is not lost by the other."""
    script = (
        "import sys; from pathlib import Path; from codegen import tree\n"
        "target, name = Path(sys.argv[1]), sys.argv[2]\n"
        "for n in range(15): tree.replace(target, {f'{name}/{i}.py': str(n) for i in range(20)}, [name])\n"
    )
    target = tmp_path / "package"
    both = [subprocess.Popen([sys.executable, "-c", script, target, name], cwd=ROOT) for name in "pq"]
    assert [process.wait() for process in both] == [0, 0]
    assert tree.read(target) == {f"{name}/{i}.py": "14" for name in "pq" for i in range(20)}
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_other_files_of_the_package_stay_as_they_are(target):
    tree.write(target / "mine" / "deep" / "notes.txt", "by hand")
    (target / "p" / "__pycache__").mkdir()
    before = (target / "mine" / "deep" / "notes.txt").stat()
    tree.replace(target, NEW, ["p"])
    after = (target / "mine" / "deep" / "notes.txt").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_file_system_that_can_not_exchange(target, monkeypatch):
    monkeypatch.setattr(tree, "exchange", lambda *_: False)
    tree.replace(target, NEW, ["p"])
    assert tree.read(target) == AFTER
    assert [path.name for path in target.parent.iterdir()] == ["package"]
