"""What a planner does on the site, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.serving import DESKTOP, PHONE
from conftest import Built
from playwright.sync_api import Browser, BrowserContext, Page, expect

PAGE_TYPES = (
    "index.html",
    "lan/07/index.html",
    "kommun/0765/index.html",
    "attgora.html?filter=kommuntal",
    "jamfor/index.html?omrade=07",  # few rows shown: axe looks at every one
    "arsplanering/index.html",
    "omfordela.html",
    "andringar.html",
    "datakvalitet.html",
    "om.html",
    "data.html",
    "tillganglighet.html",
    "404.html",
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


def test_the_plan_as_of_a_day_is_two_steps_from_the_front_page(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.get_by_label("Sök kommun eller län").fill("Älmhult")
    page.keyboard.press("Enter")
    page.get_by_label("Visa planen som den var den").fill("2026-05-01")
    page.keyboard.press("Enter")
    answer = page.locator(".plan-of-a-day [role=status]")
    expect(answer).to_contain_text("Då gällde version 2, från den 1 mars 2026")
    expect(answer).to_be_focused()
    assert page.url.endswith("?dag=2026-05-01")
    assert page.locator("#versions .then").first.inner_text() == "2"


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


def test_a_county_lists_what_was_moved_between_its_municipalities(page: Page, address: str, shipped: Built) -> None:
    page.goto(f"{address}/lan/07/index.html")
    expected = shipped.query(
        "select agreement_id from marts.redistribution_outcomes join marts.municipalities "
        "on municipality_code in (from_municipality_code, to_municipality_code) "
        "where county_code = '07' group by agreement_id, requested_date order by requested_date desc, agreement_id"
    )
    assert expected
    assert page.locator("#redistributions tbody th").all_inner_texts() == [name for (name,) in expected]


def test_sorts_by_status_from_the_most_urgent(page: Page, address: str) -> None:
    page.goto(f"{address}/lan/03/2026.html")
    page.locator("#municipalities").get_by_role("button", name="Läge").click()
    words = page.locator("#municipalities tbody .status").all_inner_texts()
    ranked = ["Långt efter plan", "Efter plan", "Inom ett hushålls storlek", "Enligt plan", "Före plan"]
    ranks = [ranked.index(word) for word in words]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 2


def test_filters_the_plan(page: Page, address: str) -> None:
    page.goto(f"{address}/arsplanering/index.html")
    page.get_by_label("Visa bara kommuner vars namn eller län innehåller").fill("kronoberg")
    expect(page.get_by_text("8 kommuner visas")).to_be_visible()
    assert page.locator("#plan tbody tr:visible").count() == 8


def test_the_map_selects_and_then_leads_to_a_municipality(page: Page, address: str, shipped: Built) -> None:
    page.goto(f"{address}/2018.html")
    areas = page.locator(".areas.of-municipality a")
    assert areas.count() == 290
    [(code, fulfilment)] = shipped.query(
        "select area_code, replace(format('{:.1f}', fulfilment_percent), '.', ',') from marts.area_year_summaries "
        "where quota_year = 2018 and area_code = '2584'"
    )
    kiruna = page.locator(f".areas a[href='kommun/{code}/2018.html']")
    kiruna.click()
    expect(page.locator(".picked")).to_contain_text(f"Kiruna: måluppfyllelse {fulfilment}")
    assert page.url == f"{address}/2018.html"
    kiruna.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiruna 2018")


def test_every_measure_and_level_of_the_map_colours_as_its_legend(page: Page, address: str) -> None:
    page.goto(f"{address}/2018.html")
    for level, name in (("municipality", "Kommuner"), ("county", "Län")):
        page.get_by_label(name, exact=True).check()
        assert page.locator(".areas:visible").count() == 1
        for measure in page.locator(".map [name=measure]").all():
            measure.check()
            legend = page.locator(".legend:visible")
            assert legend.count() == 1
            key = str(measure.get_attribute("id")).removeprefix("map-")
            swatches = legend.locator(".swatch").evaluate_all(
                "all => all.map(one => getComputedStyle(one.firstElementChild).fill)"
            )
            counts = [int("".join(filter(str.isdigit, text))) for text in legend.locator("small").all_inner_texts()]
            for number, (swatch, count) in enumerate(zip(swatches[:-1], counts, strict=False)):
                drawn = page.locator(f".areas.of-{level} a.{key}{number}")
                assert drawn.count() == count
                assert count == 0 or drawn.first.evaluate("area => getComputedStyle(area).fill") == swatch
            assert sum(counts) == page.locator(f".areas.of-{level} a").count()
            expect(legend).to_contain_text("Inget kommuntal")
            assert "hatch" in swatches[-1]


def test_the_map_is_walked_with_arrow_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/2018.html")
    page.get_by_label("Län", exact=True).check()
    page.keyboard.press("Tab")
    said = page.locator(".picked")
    expect(said).to_contain_text("Stockholms län: ")
    page.keyboard.press("ArrowUp")
    expect(said).to_contain_text("Uppsala län: ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Uppsala län 2018")


@pytest.mark.parametrize(
    ("typed", "heading"),
    [
        ("Älmhults kommun", "Älmhult 2018"),
        ("region kronoberg", "Kronobergs län 2018"),
        ("Västra Götalandsregionen", "Västra Götalands län 2018"),
        ("stockholms  län", "Stockholms län 2018"),
        ("Stockholms stad", "Stockholm 2018"),
        ("upplands bro", "Upplands-Bro 2018"),
        ("malungsälen", "Malung-Sälen 2018"),
        ("habo", "Habo 2018"),
        ("håbo", "Håbo 2018"),
    ],
)
def test_search_understands_and_keeps_the_year(typed: str, heading: str, page: Page, address: str) -> None:
    page.goto(f"{address}/kommun/0765/2018.html")
    page.get_by_label("Sök kommun eller län").fill(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.parametrize("typed", ["Örebro", "orebro", "jönköping", "Uppsala", "gotland"])
def test_search_offers_county_and_municipality(typed: str, page: Page, address: str) -> None:
    page.goto(f"{address}/2018.html")
    page.get_by_label("Sök kommun eller län").fill(typed)
    page.keyboard.press("Enter")
    links = page.locator(".search .message a")
    expect(links).to_have_count(2)
    links.filter(has_text="län").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("län 2018")


def test_search_knows_years_that_an_area_lacks(page: Page, address: str) -> None:
    page.goto(f"{address}/2019.html")
    page.get_by_label("Sök kommun eller län").fill("Kiruna")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiruna 2026")


def test_the_menu_keeps_the_year(page: Page, address: str) -> None:
    page.goto(f"{address}/kommun/0765/2018.html")
    menu = page.get_by_role("navigation", name="Huvudmeny")
    menu.get_by_role("link", name="Årsplanering").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Årsplanering 2018")
    menu.get_by_role("link", name="Riket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan och utfall 2018")
    expect(menu.get_by_role("link", name="Riket")).to_have_attribute("aria-current", "page")


def test_only_what_scrolls_is_a_region(browser: Browser, address: str) -> None:
    for viewport, some in ((DESKTOP, False), (PHONE, True)):
        with browser.new_context(viewport=viewport) as context:
            page = context.new_page()
            page.goto(f"{address}/kommun/0765/2018.html")
            scrolls = "(e.scrollWidth > e.clientWidth)"
            wrong = f"[...document.querySelectorAll('.scroll')].filter(e => {scrolls} !== (e.tabIndex === 0))"
            page.wait_for_function(f"{wrong}.length === 0")
            assert (page.get_by_role("region").count() > 0) == some


def test_an_address_without_a_page_is_answered_by_the_site(page: Page, address: str) -> None:
    for path, heading in (("/kommun/0765/1999.html", "Sidan finns inte"), ("/en/a/b/c.html", "There is no such page")):
        answer = page.goto(f"{address}{path}")
        assert answer is not None and answer.status == 404
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        page.get_by_role("link", name="Årsplan", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("2026")


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
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert faults == []


@pytest.mark.parametrize("path", [*PAGE_TYPES, "en/index.html", "en/kommun/0765/index.html"])
def test_fits_a_phone(path: str, browser: Browser, address: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{address}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
