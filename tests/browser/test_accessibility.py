"""Nobody is shut out: WCAG 2.1 AA as far as axe-core can tell, light and dark, wide and narrow."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.serving import DESKTOP, PHONE
from browser.test_planner import PAGE_TYPES
from playwright.sync_api import Browser, ViewportSize

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}
# Rows of a table come from one template; axe would look at each cell of hundreds.
SHORTEN = """document.querySelectorAll('tbody').forEach(body => {
    [...body.rows].slice(30).forEach(row => row.remove());
})"""
WIDE = [*PAGE_TYPES, "en/kommun/0765/2018.html"]
NARROW_AND_DARK = ["2019.html", "lan/07/index.html", "kommun/0765/index.html", "datakvalitet.html", "data.html"]
NARROW_AND_DARK += ["omfordela.html?fran=0765&till=0780&personer=5&datum=2026-10-31"]
# Pages that those who log in have not, or otherwise.
OF_EVERYONE = ["2018.html", "lan/07/2018.html", "arsplanering/0765/2018.html"]


@pytest.mark.parametrize("path", WIDE)
def test_axe_finds_nothing(path: str, browser: Browser, address: str) -> None:
    assert_accessible(browser, f"{address}/{path}", DESKTOP, "light")


@pytest.mark.parametrize("path", NARROW_AND_DARK)
def test_axe_finds_nothing_on_a_phone_at_night(path: str, browser: Browser, address: str) -> None:
    assert_accessible(browser, f"{address}/{path}", PHONE, "dark")


@pytest.mark.parametrize("path", OF_EVERYONE)
def test_axe_finds_nothing_in_what_everyone_sees(path: str, browser: Browser, public_address: str) -> None:
    assert_accessible(browser, f"{public_address}/{path}", PHONE, "light")


def assert_accessible(browser: Browser, url: str, viewport: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    with browser.new_context(viewport=viewport, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(url)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        page.evaluate(SHORTEN)
        found = Axe().run(page, options=OPTIONS).response["violations"]
        told = [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in found]
        assert told == []
