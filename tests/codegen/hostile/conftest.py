"""A trap: a module whose import makes a file, and where both generators could import it."""

import sys

import pytest

from codegen import client_side


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """The folder of the trap; a test ends with `assert not (trap / "CAUGHT").exists()`."""
    folder = tmp_path_factory.mktemp("trap")
    (folder / "canary.py").write_text(f"open({str(folder / 'CAUGHT')!r}, 'w').close()\nBase = object\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.syspath_prepend(str(folder))
        patch.chdir(folder)
        client_side.stop()  # the second generator starts again, where it could fall into it too
        yield folder
        client_side.stop()
    sys.modules.pop("canary", None)
