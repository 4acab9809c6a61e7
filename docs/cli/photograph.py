"""Photograph the report in headless Chromium: `python docs/cli/photograph.py` writes report-*.png.

Two pictures: a desktop in light and a phone in dark. The histories are the sandbox's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from omnirun.sandbox import running_sandbox

HERE = Path(__file__).parent
TARGETS = (
    "datafold:monitors/42",
    "firecrawl:monitors/0199a1b2-0000-7000-8000-000000000001",
    "monid:endpoints/apify/apidojo/tweet-scraper",
)
VIEWS = {"desktop": (1100, 1250, "light"), "phone": (390, 1250, "dark")}
FLAGS = "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --hide-scrollbars"


def main() -> int:
    """Make the report and its pictures; returns the exit code."""
    with running_sandbox() as service, tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "omnirun.cli", "report", *TARGETS, "--since", "30d", "-o", str(page)]
        subprocess.run(command, env={**os.environ, **service.environment}, check=True)  # noqa: S603
        options = webdriver.ChromeOptions()
        for flag in FLAGS.split():
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            for name, (width, height, scheme) in VIEWS.items():
                photograph(driver, page, width, height, scheme)
                driver.save_screenshot(str(HERE / f"report-{name}.png"))
        finally:
            driver.quit()
    return 0


def photograph(driver: webdriver.Chrome, page: Path, width: int, height: int, scheme: str) -> None:
    """Open a page as it looks at a width and in a colour scheme."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}  # noqa: PLR2004
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())


if __name__ == "__main__":
    sys.exit(main())
