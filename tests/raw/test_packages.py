"""What importing costs, and what the packages say about themselves."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import omnirun_raw
from omnirun_raw import datafold, firecrawl, monid

ROOT = Path(__file__).parents[2]
PROVIDERS = {"datafold": datafold, "firecrawl": firecrawl, "monid": monid}

CONSTANTS = {
    "datafold": ("https://app.datafold.com", "Authorization", "Key "),
    "firecrawl": ("https://api.firecrawl.dev/v2", "Authorization", "Bearer "),
    "monid": ("https://api.monid.ai", "Authorization", "Bearer "),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_constants(name):
    package = PROVIDERS[name]
    assert CONSTANTS[name] == (package.BASE_URL, package.KEY_HEADER, package.KEY_PREFIX)
    document = (ROOT / "specs" / name / "openapi.yaml").read_bytes()
    assert hashlib.sha256(document).hexdigest() == package.SPEC_SHA256
    assert package.SPEC_REVISION


@pytest.mark.parametrize("name", PROVIDERS)
def test_importing_a_provider_imports_nothing_else(name):
    assert _imported(f"import omnirun_raw.{name}") == {"omnirun_raw", f"omnirun_raw.{name}"}


def test_building_a_request_needs_no_http_library_and_no_models():
    found = _imported("from omnirun_raw.datafold import monitors; monitors.get_monitor_run.build(1, 2)")
    assert not {
        name for name in found if name.startswith(("httpx", "pydantic", "omnirun_raw.datafold.models."))
    }


def _imported(code: str) -> set[str]:
    script = f"import sys; before = set(sys.modules); {code}; print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name
        for name in done.stdout.split()
        if name.partition(".")[0] in {"omnirun_raw", "httpx", "attrs", "pydantic"}
    }


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        datafold.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="nonsense"):
        datafold.monitors.nonsense  # noqa: B018
    assert "monitors" in dir(datafold)
    assert "get_monitor_run" in dir(datafold.monitors)


def test_the_package_is_typed():
    assert (Path(omnirun_raw.__file__).parent / "py.typed").exists()
