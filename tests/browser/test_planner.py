"""What a planner does on the site, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.serving import DESKTOP, PHONE, wait_for_charts
from conftest import Built
from playwright.sync_api import Browser, BrowserContext, Page, expect

PAGE_TYPES = (
    "index.html",
    "lan/07/index.html",
    "kommun/0765/index.html",
    "arsplanering/index.html",
    "andringar.html",
    "datakvalitet.html",
    "om.html",
    "data.html",
)


CONTROLS = "[...document.querySelectorAll('a[href], button, input, select, summary')]"


def cell(page: Page, table: str, row: str, column: str) -> str:
    """Text of the cell where the row and the column of these names meet."""
    heads = page.locator(f"#{table} thead th").all_inner_texts()
    position = next(number for number, head in enumerate(heads) if head.strip() == column)
    line = page.locator(f"#{table} tbody tr", has=page.get_by_role("rowheader", name=row, exact=True))
    return line.locator("th, td").nth(position).inner_text().strip()


@pytest.mark.parametrize("typed", ["älmhult", "Almhult", "0765"])
def test_finds_almhult_and_reads_march(typed: str, page: Page, address: str, shipped: Built) -> None:
    page.goto(f"{address}/index.html")
    page.get_by_label("Sök kommun eller län").fill(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Älmhult 2026")
    [(planned, assigned)] = shipped.query(
        "select planned_persons, assigned_persons from marts.plan_deviations "
        "where municipality_code = '0765' and plan_month = '2026-03-01'"
    )
    assert cell(page, "months", "mars", "Planerade") == str(planned)
    assert cell(page, "months", "mars", "Anvisade") == str(assigned)


def test_an_unknown_name_is_answered(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.get_by_label("Sök kommun eller län").fill("Atlantis")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ingen kommun och inget län heter så.")).to_be_visible()
    assert page.url == f"{address}/index.html"


def test_switches_year_and_language(page: Page, address: str) -> None:
    page.goto(f"{address}/kommun/0765/index.html")
    page.get_by_role("navigation", name="Välj år").get_by_role("link", name="2018").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Älmhult 2018")
    page.get_by_role("link", name="In English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Älmhult 2018")
    expect(page.locator("#months").get_by_role("columnheader", name="Planned", exact=True)).to_be_visible()


def test_opens_the_pdf(page: Page, context: BrowserContext, address: str) -> None:
    page.goto(f"{address}/kommun/0765/index.html")
    target = page.get_by_role("link", name="Älmhults årsplanering 2026 (PDF)").get_attribute("href")
    answer = context.request.get(f"{address}/kommun/0765/{target}")
    assert answer.ok
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")


def test_sorts_the_counties(page: Page, address: str, shipped: Built) -> None:
    page.goto(f"{address}/2018.html")
    button = page.locator("#counties").get_by_role("button", name="Mottagna")
    button.click()
    expect(page.locator("#counties th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    button.click()
    expect(page.locator("#counties th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expected = shipped.query(
        "select county_name from marts.area_year_summaries join marts.counties on area_code = county_code "
        "where quota_year = 2018 order by received_persons desc"
    )
    assert page.locator("#counties tbody th").all_inner_texts() == [name for (name,) in expected]


def test_sorts_by_status_from_the_most_urgent(page: Page, address: str) -> None:
    page.goto(f"{address}/lan/01/2026.html")
    page.locator("#municipalities").get_by_role("button", name="Läge").click()
    words = page.locator("#municipalities tbody .status").all_inner_texts()
    ranks = [["Långt efter", "Efter", "Enligt plan", "Före"].index(word) for word in words]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 2


def test_filters_the_plan(page: Page, address: str) -> None:
    page.goto(f"{address}/arsplanering/index.html")
    page.get_by_label("Visa bara kommuner som innehåller").fill("kronoberg")
    expect(page.get_by_text("8 kommuner visas")).to_be_visible()
    assert page.locator("#plan tbody tr:visible").count() == 8


def test_the_map_leads_to_a_municipality(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    wait_for_charts(page)
    page.get_by_label("Visa på kartan").select_option("Avvikelse hittills")
    page.wait_for_function("document.querySelector('figure.map').dataset.drawn === 'map_signed'")
    areas = page.locator("figure.map svg .mark-shape path")
    assert areas.count() == 290
    # Shapes are drawn in the register's order; the last is large, so that its middle lies within it.
    name = page.locator("#municipalities tbody th").nth(289).text_content()
    areas.nth(289).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} 2026")


def test_keyboard_alone_reaches_a_municipality(page: Page, address: str) -> None:
    page.goto(f"{address}/lan/07/index.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hoppa till innehållet")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Älmhult":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Älmhult 2026")


def test_every_control_is_reached_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/lan/07/index.html")
    wait_for_charts(page)
    controls = page.evaluate(f"{CONTROLS}.filter(element => element.offsetParent !== null).length")
    reached = set()
    for _ in range(controls * 2):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"{CONTROLS}.indexOf(document.activeElement)"))
    assert len(reached - {-1}) >= controls


def test_works_without_scripts(browser: Browser, address: str) -> None:
    with browser.new_context(viewport=DESKTOP, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/kommun/0765/index.html")
        assert cell(page, "months", "mars", "Planerade") == "2"
        expect(page.get_by_role("search")).to_be_hidden()
        page.get_by_role("link", name="Kronobergs län").click()
        page.get_by_role("link", name="Alvesta").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Alvesta 2026")


def test_a_plain_folder_is_enough(page: Page, public: Path) -> None:
    page.goto((public / "index.html").as_uri())
    wait_for_charts(page)
    page.get_by_label("Sök kommun eller län").fill("0765")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Älmhult 2026")


@pytest.mark.parametrize("path", PAGE_TYPES)
def test_no_request_leaves_the_host(path: str, page: Page, address: str) -> None:
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/{path}", wait_until="networkidle")
    wait_for_charts(page)
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert faults == []


@pytest.mark.parametrize("path", [*PAGE_TYPES, "en/index.html", "en/kommun/0765/index.html"])
def test_fits_a_phone(path: str, browser: Browser, address: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{address}/{path}")
        wait_for_charts(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
