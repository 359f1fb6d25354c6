"""Chromium for tests: skipped where it is absent, failed where CI=true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_S = 60.0


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        if os.environ.get("CI") == "true":
            pytest.fail("CI=true, but chromium or chromedriver is missing")
        pytest.skip("chromium and chromedriver are not here")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """The page as a person uses it.

    Args:
        browser: a running browser.
        url: of the service.
    """

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser = browser
        self.url = url

    def open(self, width: int = 1280, height: int = 900) -> None:
        """Loads the page at a size and waits for the service to be known."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self.browser.get(self.url)
        self.until(lambda: self("#bundle").text.startswith("Bundle "))

    def __call__(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """All elements of a selector."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements of a selector."""
        return [element.text for element in self.all(selector)]

    def until(self, true: Callable[[], object]) -> None:
        """Waits until something holds."""
        WebDriverWait(self.browser, WAIT_S, 0.05).until(lambda _: true())

    def write(self, **texts: str) -> None:
        """Fills fields by their id."""
        for name, text in texts.items():
            field = self(f"#{name}")
            field.clear()
            field.send_keys(text)

    def choose(self, name: str, value: str) -> None:
        """Chooses an option of a select."""
        self(f"#{name} option[value='{value}']" if value else f"#{name} option").click()

    def submit(self) -> None:
        """Presses the button and waits for the end."""
        self("#go").click()
        self.settle()

    def settle(self) -> None:
        """Waits until nothing is at work."""
        self.until(lambda: self("#results").get_attribute("aria-busy") is None)

    @property
    def error(self) -> str:
        """The message shown, or ""."""
        return self("#error").text

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        wide: bool = self.browser.execute_script(
            "return document.documentElement.scrollWidth > window.innerWidth"
        )
        return wide

    def problems(self) -> list[str]:
        """What the console complained of since the last call, but for refused requests."""
        logged = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        lines = [entry["message"] for entry in logged if entry["level"] in ("SEVERE", "WARNING")]
        return [line for line in lines if "Failed to load resource" not in line]
