"""Look at the built site in a real browser: `python docs/tools/look.py site`; needs chromium and chromium-driver.

Every page, at the width of a phone and of a desk: nothing may be asked of another host, the console stays silent, no
page may be wider than the screen; and the search has to find a name and lead to it.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTHS = {"phone": (390, 844), "desk": (1280, 900)}
SOUGHT, LEADS = "AmbiguousTrigger", "/reference/errors/?h=AmbiguousTrigger#omnirun.AmbiguousTrigger"
LINKS = """
const links = (root) => [...root.querySelectorAll('*')].flatMap(
  (e) => [...(e.href ? [e.href] : []), ...(e.shadowRoot ? links(e.shadowRoot) : [])]);
return links(document);
"""
"""Every link there is, also in what hides its insides, as the search does."""
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def browser() -> webdriver.Chrome:
    """A browser that keeps what it asks for and what its console says."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def look(driver: webdriver.Chrome, url: str, paths: list[str]) -> Iterator[str]:
    """Look at every page; tells what is wrong."""
    for name, (width, height) in WIDTHS.items():
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": name == "phone"}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for path in paths:
            driver.get(url + path)
            over = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            if over > 0:
                yield f"{name} {path}: {over} px wider than the screen"
        yield from search(driver, url, name)
    for entry in driver.get_log("browser"):
        yield f"console: {entry['message']}"
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked = message["params"]["request"]["url"]
            if not asked.startswith((url, "data:", "blob:", "chrome:", "about:")):
                yield f"asked another host: {asked}"


def search(driver: webdriver.Chrome, url: str, name: str) -> Iterator[str]:
    """Search for a name, and see that it is found."""
    waiting = WebDriverWait(driver, 20)
    driver.get(url)
    buttons = "button.md-search__button, label[for=__search]"
    waiting.until(lambda d: next(filter(shown, d.find_elements(By.CSS_SELECTOR, buttons)), None)).click()
    waiting.until(lambda d: d.switch_to.active_element.tag_name not in ("body", "button", "label"))
    ActionChains(driver).send_keys(SOUGHT).perform()
    try:
        waiting.until(lambda d: [link for link in d.execute_script(LINKS) if link.endswith(LEADS)])
    except TimeoutException:
        yield f"{name}: the search for {SOUGHT} does not lead to it"


def shown(element: object) -> bool:
    """Whether an element can be seen."""
    return bool(element.is_displayed())  # type: ignore[attr-defined]


def main() -> int:
    """Look at a site; returns the exit code."""
    site = Path(sys.argv[1]).resolve()
    paths = sorted(
        f"/{page.parent.relative_to(site)}/".replace("/./", "/") for page in site.rglob("index.html")
    )
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        driver = browser()
        try:
            wrong = [*look(driver, f"http://127.0.0.1:{server.server_port}", paths)]
        finally:
            driver.quit()
            server.shutdown()
    print("\n".join([*wrong, f"{len(wrong)} faults in {len(paths)} pages at {len(WIDTHS)} widths"]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
