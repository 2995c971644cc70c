"""Nobody is shut out: WCAG 2.1 AA as far as axe-core can tell, light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.serving import DESKTOP, PHONE, wait_for_charts
from browser.test_planner import PAGE_TYPES
from playwright.sync_api import Browser

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
PAGES = [*PAGE_TYPES, "2019.html", "en/index.html", "en/kommun/0765/2018.html", "en/om.html"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(path: str, scheme: str, browser: Browser, address: str) -> None:
    viewport = DESKTOP if scheme == "light" else PHONE
    with browser.new_context(viewport=viewport, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{address}/{path}")
        wait_for_charts(page)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        found = Axe().run(page, options=OPTIONS).response["violations"]
        told = [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in found]
        assert told == []
