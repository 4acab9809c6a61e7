"""The plugin as pytest finds it: free for those who don't use it, clear for those who lack its extra."""

from __future__ import annotations

import subprocess
import sys

import pytest

from omnirun.testing import plugin

pytest_plugins = ["pytester"]


def test_a_project_that_does_not_use_it_imports_nothing_more():
    code = (
        "import sys, pytest; before = set(sys.modules); import omnirun.testing.plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"omnirun", "omnirun._version", "omnirun.testing", "omnirun.testing.plugin"}
    assert set(done.stdout.split()) == ours


def test_it_needs_no_import_and_its_speed_is_a_fixture(pytester):
    pytester.makepyfile("""
        import pytest
        from omnirun.testing import KitClock

        @pytest.fixture
        def omnirun_clock():
            return KitClock(speed=7)

        def test_it(omnirun_sandbox, omnirun_client):
            assert omnirun_sandbox.clock.speed == 7
            omnirun_sandbox.script("datafold:monitors/7", "alert", polls=1)
            assert omnirun_client.run("datafold:monitors/7").verdict == "alert"
    """)
    pytester.runpytest_inprocess("-p", "omnirun.testing.plugin").assert_outcomes(passed=1)


def test_without_its_extra_it_says_what_to_install(monkeypatch):
    for module in ("omnirun.testing.kit", "omnirun.sandbox.server"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    fixture = plugin.omnirun_sandbox._get_wrapped_function()
    with pytest.raises(pytest.fail.Exception) as failed:
        next(fixture(None, monkeypatch))
    assert str(failed.value) == "omnirun_sandbox needs uvicorn: pip install 'omnirun[testing]'"


def test_its_names_are_those_it_says(monkeypatch):
    import omnirun.testing as kit  # noqa: PLC0415 - what is looked at

    assert dir(kit) == sorted(kit.__all__)
    assert all(getattr(kit, name).__name__ == name for name in kit.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = kit.Nothing
