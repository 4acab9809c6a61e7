"""The report in a real browser: headless Chromium, at phone and desktop width, light and dark, with the keyboard.

It is driven by selenium and installs nothing; where there is no chromium and chromedriver, these tests are skipped.
"""

import math
import random
import re
import shutil
import statistics
from datetime import UTC, datetime, timedelta

import pytest

from omnirun import Outcome, Phase, Ref, Run, Verdict
from omnirun.cli.report.data import Page, Read
from omnirun.cli.report.page import render

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="no chromium and chromedriver here: apt-get install chromium chromium-driver",
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVIL = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 1'>"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)
ENDS = [
    *[("ok", Outcome.SUCCESS, Verdict.PASS)] * 6,
    ("alert", Outcome.SUCCESS, Verdict.ALERT),
    ("error", Outcome.FAILURE, None),
    ("skipped", Outcome.SKIPPED, None),
    ("learning", Outcome.SUCCESS, None),
]


def runs(monitor, count):
    chance = random.Random(monitor)
    for number in range(count):
        state, outcome, verdict = ENDS[number % len(ENDS)]
        began = NOON - timedelta(minutes=30 * number)
        yield Run(
            Ref.parse(f"datafold:monitors/{monitor}/runs/{count - number}"),
            None,
            Phase.FINISHED,
            outcome,
            verdict,
            state=EVIL if number == 7 else state,
            started_at=began,
            finished_at=began + timedelta(seconds=chance.lognormvariate(3, 1)),
            error=EVIL if outcome is Outcome.FAILURE else None,
        )


def page(*counts):
    return Page(
        NOON,
        None,
        None,
        [Read(f"datafold:monitors/{n}", list(runs(n, count))) for n, count in enumerate(counts)],
    )


class Browser:
    """A page in the browser, and what one does there."""

    def __init__(self, driver, folder):
        self.driver, self.folder = driver, folder

    def open(self, shown, *, width=1280, scheme="light"):
        file = self.folder / "report.html"
        file.write_text(render(shown), "utf-8")
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get(file.as_uri())
        ready = "document.documentElement.dataset.ready ? end() : setTimeout(look, 20)"
        self.driver.execute_async_script(f"const end = arguments[0], look = () => {ready}; look()")

    def js(self, expression, *arguments):
        return self.driver.execute_script(f"return {expression}", *arguments)

    def texts(self, selector):
        return self.js("[...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def click(self, selector):
        self.js("document.querySelector(arguments[0]).click()", selector)

    def press(self, *keys):
        from selenium.webdriver import ActionChains  # noqa: PLC0415 - only where there is a browser

        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def driver():
    from selenium import webdriver  # noqa: PLC0415 - only where there is a browser
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver, tmp_path):
    shown = Browser(driver, tmp_path)
    yield shown
    assert shown.complaints() == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_it_opens_without_a_complaint_and_fits_the_screen(browser, width, scheme):
    browser.open(page(200, 30), width=width, scheme=scheme)
    assert browser.js("document.documentElement.scrollWidth") <= width
    assert browser.texts("h1") == ["Runs of 2 targets"]
    assert dict(zip(browser.texts("#numbers dt"), browser.texts("#numbers dd"), strict=True))["Runs"] == "230"
    assert browser.js("document.querySelectorAll('.chart canvas').length") == 3
    assert (
        browser.js("getComputedStyle(document.body).backgroundColor")
        == {
            "light": "rgb(255, 255, 255)",
            "dark": "rgb(20, 24, 29)",
        }[scheme]
    )


def test_what_a_provider_says_stays_text(browser):
    browser.open(page(30))
    browser.js("document.getElementById('timeline').focus()")
    for _ in range(24):
        browser.press("\ue014")
    assert browser.js("window.evil") is None
    assert browser.js("document.querySelectorAll('img').length") == 0
    assert EVIL in browser.texts("#table td.note")
    assert EVIL in browser.texts("#states td")


def test_no_kind_is_told_from_another_by_colour_alone(browser):
    browser.open(page(20))
    looks = browser.js("Object.values(omni.looks)")
    assert len({look["symbol"] for look in looks}) == len({look["sign"] for look in looks}) == len(looks)
    for scheme, paper in (("light", 1.0), ("dark", 0.008)):
        contrasts = [
            (max(paper, lum) + 0.05) / (min(paper, lum) + 0.05)
            for lum in (luminance(k[scheme]) for k in looks)
        ]
        assert min(contrasts) >= 3  # WCAG 2.1, 1.4.11: what is needed to understand a graphic


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_runs_are_filtered_everywhere_at_once(browser):
    browser.open(page(200, 30))
    browser.click('#kinds [data-kind="pass"]')
    assert (
        browser.js("document.querySelector('#kinds [data-kind=pass]').getAttribute('aria-pressed')")
        == "false"
    )
    assert browser.texts("#where") == ["1 to 92 of 92 runs"]
    browser.js(
        "(e => { e.value = '1'; e.dispatchEvent(new Event('change')) })(document.getElementById('target'))"
    )
    assert browser.texts("#where") == ["1 to 12 of 12 runs"]
    assert browser.texts("#numbers dd")[0] == "12"
    browser.click("#reset")
    assert browser.texts("#where") == ["1 to 100 of 230 runs"]
    browser.js("document.getElementById('search').focus()")
    browser.press("MONITORS/0/RUNS/200")
    browser.driver.execute_async_script("setTimeout(arguments[0], 200)")
    assert browser.texts("#table code") == ["datafold:monitors/0/runs/200"]


def test_the_table_is_sorted_by_any_column_and_turned_by_page(browser):
    browser.open(page(230))
    order = "[...document.querySelectorAll('#table th')].map(e => e.getAttribute('aria-sort'))"
    assert browser.js(order) == ["descending", *["none"] * 5]
    assert browser.texts("#table code")[0] == "datafold:monitors/0/runs/230"
    browser.click("#table th:nth-child(1) button")
    assert browser.js(order)[0] == "ascending"
    assert browser.texts("#table code")[0] == "datafold:monitors/0/runs/1"
    browser.click("#table th:nth-child(3) button")
    states = browser.texts("#table td:nth-child(3)")
    assert states == sorted(states)
    browser.click("#last")
    assert browser.texts("#where") == ["201 to 230 of 230 runs"]
    assert browser.js("document.getElementById('next').disabled")
    browser.click("#previous")
    assert browser.texts("#where") == ["101 to 200 of 230 runs"]


def test_percentiles_are_those_of_statistics(browser):
    shown = page(200)
    browser.open(shown)
    took = [run.duration for run in shown.read[0].runs if run.outcome is not Outcome.SKIPPED]
    tenths = statistics.quantiles([round(seconds, 3) for seconds in took], n=10, method="inclusive")
    ours = browser.js(
        "(took => [0.5, 0.9].map(q => omni.quantile(took, q)))"
        "(omni.all.map(omni.took).filter(t => t !== null).sort((a, b) => a - b))"
    )
    assert ours == pytest.approx([tenths[4], tenths[8]])
    assert browser.texts("#numbers dd")[4] == browser.js("omni.shown(arguments[0])", tenths[4])
    buckets = browser.js("charts.percentiles(omni.asked().filter(i => omni.took(i) !== null)).buckets.size")
    assert buckets == math.ceil(100 / 4) + 1 or 20 <= buckets <= 49


def test_the_keyboard_steps_through_the_timeline_and_finds_the_row(browser):
    browser.open(page(230))
    browser.js("document.getElementById('timeline').focus()")
    browser.press("\ue014", "\ue014")  # right, right
    assert browser.texts("#spoken")[0].endswith("datafold:monitors/0/runs/2")
    browser.press("\ue012")  # left
    assert browser.texts("#spoken")[0].endswith("datafold:monitors/0/runs/1")
    assert "datafold:monitors/0/runs/1" in browser.js("document.querySelector('#timeline .tip').textContent")
    browser.press("\ue007")  # enter
    assert browser.texts("tr.chosen code") == ["datafold:monitors/0/runs/1"]
    assert browser.js("document.activeElement.closest('tr').className") == "chosen"


def test_everything_can_be_reached_with_the_tab_key(browser):
    browser.open(page(10, 5))
    seen = set()
    for _ in range(40):
        browser.press("\ue004")
        seen.add(
            browser.js(
                "(e => e.id || e.dataset.kind || e.closest('th')?.textContent || e.className)(document.activeElement)"
            )
        )
    assert {
        "skip",
        "pass",
        "failure",
        "target",
        "search",
        "reset",
        "timeline",
        "scroll",
        "copy",
        "State",
    } <= seen


def test_dark_comes_and_goes_while_it_is_open(browser):
    browser.open(page(20))
    mark = "getComputedStyle(document.querySelector('#kinds .mark')).color"
    assert browser.js(mark) == "rgb(0, 122, 90)"
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert browser.js(mark) == "rgb(47, 199, 154)"


@pytest.mark.parametrize(
    ("counts", "where", "none"), [((), "0 of 0 runs", 1), ((0,), "0 of 0 runs", 1), ((1,), "1 of 1 run", 0)]
)
def test_a_page_of_next_to_nothing_says_so(browser, counts, where, none):
    browser.open(page(*counts))
    assert browser.texts("#where")[0].endswith(where)
    assert browser.texts("#none:not([hidden])") == ["There were no runs."] * none
    assert browser.js("document.querySelectorAll('.drawn[hidden]').length") == 4 * none
    assert browser.js("getComputedStyle(document.getElementById('target-filter')).display") == "none"


def test_filters_that_nothing_passes_say_so_and_are_taken_back(browser):
    browser.open(page(30))
    browser.js("(e => { e.value = 'no such run'; e.dispatchEvent(new Event('input')) })(search)")
    browser.driver.execute_async_script("setTimeout(arguments[0], 200)")
    assert browser.texts("#none:not([hidden])") == ["No run matches these filters."]
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    browser.click("#reset")
    assert browser.js("document.querySelectorAll('[hidden].drawn, #none:not([hidden])').length") == 0
    assert browser.js("document.querySelectorAll('.chart canvas').length") == 3


def test_ten_thousand_runs_are_drawn_and_the_width_may_change_meanwhile(browser):
    """How long that took is printed; the promise is 3 s, and no test asserts a time."""
    few = page(*[250] * 4)
    browser.open(few._replace(read=[Read(each.target, [*each.runs] * 10) for each in few.read]))
    print(f"10,000 runs: {browser.js('document.documentElement.dataset.ready')} ms")  # noqa: T201
    assert browser.texts("#where") == ["1 to 100 of 10,000 runs"]
    assert re.match("9,000 of 10,000 runs say how long they took", browser.texts("#took-hint")[0])
    for width in (390, 1280):
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 100))")
    assert browser.js("document.documentElement.scrollWidth") <= 1280
