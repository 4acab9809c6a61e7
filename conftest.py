"""Put the three import roots on the path, so that a bare `pytest` works in a tree that is not installed."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent

sys.path[:0] = [str(ROOT / "overlay"), str(ROOT / "generated"), str(ROOT)]

pytest_plugins = ["omnirun.testing.plugin"]  # as an installed omnirun brings it

collect_ignore = ["tests/downstream"]
"""A project of its own; tests/test_downstream.py runs it."""
