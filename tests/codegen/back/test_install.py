"""install: a document and its client come together, wherever a build is killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import install, stamp, tree
from codegen.build import ROOT
from codegen.stamp import Stamp

KILLED = Path(__file__).with_name("killed.py")
OLD = {"a/__init__.py": "old", "http.py": "old"}
NEW = {"a/__init__.py": "new", "http.py": "new"}


@pytest.fixture
def pair(tmp_path):
    """A document and a client that stand."""
    pair = install.Pair(tmp_path / "specs" / "a" / "openapi.yaml", tmp_path / "generated" / "raw", "a")
    install.install(pair, "old", OLD, stamp.made("inputs", OLD, "old"))
    return pair


def _stands(pair):
    files = tree.read(pair.target)
    assert files.pop("a/.inputs") == stamp.made("inputs", OLD, "old").text
    return pair.document.read_text(), files


@pytest.fixture(scope="module")
def killed(tmp_path_factory, specs_of, one_page):
    """What a real build leaves that is killed before each of its steps, as killed.py tells."""
    root = tmp_path_factory.mktemp("killed")
    for version in ("old", "new"):
        specs_of(root / version, {"acme": one_page}, title=version)
    done = subprocess.run(
        [sys.executable, KILLED, root],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_build_that_is_killed_at_any_step_leaves_the_old_one_or_the_new_one(killed):
    """kill -9 before every single change of the disk; there is one step at which the new one becomes true."""
    swapped, _ = killed
    waiting = "client ['new'], document ['old']"
    assert swapped["right after"].keys() == {"old", waiting, "new"}
    assert swapped["right after"][waiting] == 1  # the document follows in the very next step
    assert sum(swapped["right after"].values()) == swapped["steps"] > 40


def test_the_next_start_makes_both_old_or_both_new_and_leaves_nothing_beside_them(killed):
    for each in killed:
        assert each["next start"].keys() == {"old", "new"}
        assert each["killed again"].keys() == {"old", "new"}
        assert (each["whole"], each["left"]) == ("new", [])


def test_an_error_in_the_middle_takes_the_document_back(pair, monkeypatch):
    real = Path.write_text

    def full(path, *arguments, **named):
        if path.name == "http.py":
            raise OSError("no space left on device")
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        install.install(pair, "new", NEW, stamp.made("inputs", NEW, "new"))
    monkeypatch.undo()
    assert _stands(pair) == ("old", OLD)
    assert [path.name for path in pair.document.parent.iterdir()] == ["openapi.yaml"]


@pytest.mark.parametrize("content", ["half of a docu", "new"])
def test_a_document_whose_client_did_not_come_goes(pair, content):
    pair.staged.write_text(content)
    assert install.recover(pair)
    assert _stands(pair) == ("old", OLD)
    assert not pair.staged.exists()
    assert not install.recover(pair)


def test_a_staged_link_is_neither_followed_nor_written_through(pair, tmp_path):
    """Even one to the very document the client names."""
    (tmp_path / "kept").write_text("old")
    pair.staged.symlink_to(tmp_path / "kept")
    assert install.recover(pair)
    assert not pair.document.is_symlink()
    pair.staged.symlink_to(tmp_path / "kept")
    install.install(pair, "old", OLD, stamp.made("inputs", OLD, "old"))
    assert (tmp_path / "kept").read_text() == "old"
    assert _stands(pair) == ("old", OLD)


def test_a_client_in_a_folder_of_its_document(tmp_path):
    """One folder around both is locked once."""
    pair = install.Pair(tmp_path / "a" / "openapi.yaml", tmp_path / "a" / "raw", "a")
    install.install(pair, "old", OLD, stamp.made("inputs", OLD, "old"))
    assert _stands(pair) == ("old", OLD)


@pytest.mark.parametrize(
    "text", ["", "inputs a\n", "inputs a\noutputs b\ndocument c\nmore d\n", "\x00", "a b c"]
)
def test_a_stamp_that_can_not_be_read_is_none(tmp_path, text):
    (tmp_path / stamp.FILE).write_text(text)
    assert stamp.read(tmp_path) is None


def test_a_stamp_reads_as_it_was_written(tmp_path):
    made = Stamp("1", "2", "3")
    (tmp_path / stamp.FILE).write_text(made.text)
    assert stamp.read(tmp_path) == made
    assert stamp.read(tmp_path / "none") is None
