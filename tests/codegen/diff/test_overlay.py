"""What the overlay stands on, read from its source."""

import pytest

from codegen.build import ROOT
from codegen.diff_overlay import Overlay, overlay

MODULES = {
    "acme.py": """
import omnirun_raw.acme as raw
from omnirun_raw.acme.api.jobs import get_job
from omnirun_raw.acme import people
people.list_people.build(page_size=3)
body["state"], body.owner
""",
    "other.py": "from omnirun_raw.acmeish.api.jobs import drop_job\n'elsewhere'\n",
    "parts/acme.py": "from omnirun_raw.acme.api.jobs import stop_job\n",
    "states.py": "TABLE = {'paused': 1}\n",
}


@pytest.fixture
def folder(tmp_path):
    for folder in ("parts", "sandbox"):
        (tmp_path / folder).mkdir()
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "sandbox" / "acme.py").write_text("from omnirun_raw.acme.api.jobs import drop_job\n")
    return tmp_path


def test_what_is_called_and_what_is_named(folder):
    found = overlay(folder, "omnirun_raw", "acme")
    assert {"jobs.get_job", "jobs.stop_job", "people.list_people"} <= found.operations
    assert "jobs.drop_job" not in found.operations
    assert {"state", "owner", "page_size", "paused"} <= found.names
    assert "elsewhere" not in found.names


@pytest.mark.parametrize(("package", "provider"), [("omnirun_raw", "kiln"), ("studio.raw", "acme")])
def test_nothing_stands_on_a_client_the_overlay_does_not_import(folder, package, provider):
    assert overlay(folder, package, provider) == Overlay()


@pytest.mark.parametrize(
    ("provider", "operation", "names"),
    [
        ("datafold", "monitors.trigger_monitor_run", {"run_id", "state", "queued", "page_size"}),
        ("firecrawl", "monitoring.run_monitor", {"skipped_no_credits", "currentCheckId"}),
        ("monid", "runs.start_run", {"runId", "TIMED_OUT", "providerResponse"}),
    ],
)
def test_the_overlay_of_this_repository(provider, operation, names):
    found = overlay(ROOT / "overlay" / "omnirun", "omnirun_raw", provider)
    assert operation in found.operations
    assert names <= found.names
