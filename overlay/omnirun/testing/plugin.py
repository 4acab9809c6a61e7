"""The fixtures, found by pytest through the entry point `pytest11`.

Rule: this module is imported by every pytest of an environment in which omnirun is installed, so it imports pytest and
nothing else; all of omnirun comes when a test asks for a fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from omnirun import Client
    from omnirun.testing import Kit, KitClock


@pytest.fixture
def omnirun_clock() -> KitClock:
    """The time of a test: 25 times as fast as the wall's. Override it in a conftest.py for another speed."""
    from omnirun.testing import KitClock  # noqa: PLC0415 - only who asks pays

    return KitClock()


@pytest.fixture
def omnirun_sandbox(omnirun_clock: KitClock, monkeypatch: pytest.MonkeyPatch) -> Generator[Kit]:
    """The three providers on loopback, for one test.

    Clients that the code under test opens itself come here too: the environment points here, and they live in the same
    time.
    """
    try:
        from omnirun.testing import running_kit  # noqa: PLC0415 - only who asks pays
    except ModuleNotFoundError as missing:
        pytest.fail(f"omnirun_sandbox needs {missing.name}: pip install 'omnirun[testing]'", pytrace=False)
    with running_kit(omnirun_clock) as kit:
        for name, value in kit.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("omnirun.face.Clock", lambda: omnirun_clock)
        yield kit


@pytest.fixture
def omnirun_client(omnirun_sandbox: Kit) -> Generator[Client]:
    """A client of that sandbox."""
    with omnirun_sandbox.client() as client:
        yield client
