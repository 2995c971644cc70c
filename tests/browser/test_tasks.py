"""What people come for, by keyboard alone on a phone, in as few steps as stated.

A step is one activation, or one typed search with Enter. What was found is then in the viewport, or focused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fastexcel
import pytest
from browser.serving import PHONE
from conftest import Built
from playwright.sync_api import Browser, Locator, Page, expect


class Reader:
    """Somebody on the front page of those who log in, who counts steps."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.steps = page, 0
        page.goto(f"{address}/index.html")

    def activate(self, control: Locator) -> None:
        expect(control).to_be_visible()
        control.focus()
        self.page.keyboard.press("Enter")
        self.steps += 1

    def go(self, place: str) -> None:
        with self.page.expect_navigation():
            self.activate(self.page.get_by_role("navigation", name="Huvudmeny").get_by_role("link", name=place))

    def enter(self, field: str, text: str) -> None:
        expect(self.page.get_by_label(field, exact=True)).to_be_visible()
        self.page.get_by_label(field, exact=True).focus()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.steps += 1

    def find(self, area: str) -> None:
        with self.page.expect_navigation():
            self.enter("Sök kommun eller län", area)


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    with browser.new_context(viewport=PHONE, locale="sv-SE") as context:
        yield Reader(context.new_page(), address)


def test_finds_almhult(reader: Reader) -> None:
    reader.find("Älmhult")
    expect(reader.page.locator(".standing")).to_be_in_viewport()
    expect(reader.page.locator(".standing")).to_contain_text("Älmhult")
    assert reader.steps == 1


def test_sorts_municipalities_of_a_county_by_gap_in_per_cent(reader: Reader, shipped: Built) -> None:
    reader.find("Kronoberg")
    table = reader.page.locator("#municipalities")
    reader.activate(table.get_by_role("button", name="Avvikelse i procent av kommuntalet"))
    expected = shipped.query(
        "select municipality_name from marts.area_year_summaries "
        "join marts.municipalities on area_code = municipality_code where county_code = '07' and quota_year = 2026 "
        "order by deviation_to_date_percent, kommuntal_persons is null limit 1"
    )
    first = table.locator("tbody th").first
    expect(first).to_have_text(expected[0][0])
    expect(first).to_be_in_viewport()
    assert reader.steps == 2


def test_compares_two(reader: Reader) -> None:
    reader.go("Jämför")
    for area in ("Älmhult", "Växjö"):
        reader.enter("Lägg till kommun eller län", area)
    rows = reader.page.locator("#compared tbody tr:visible th")
    assert sorted(rows.all_inner_texts()) == ["Växjö", "Älmhult"]
    for row in rows.all():
        expect(row).to_be_in_viewport()
    assert reader.steps == 3


def test_sees_what_must_be_done_today(reader: Reader, shipped: Built) -> None:
    reader.go("Att göra")
    [(cases,)] = shipped.query("select sum(cases)::int from marts.to_do where kind = 'overdue'")
    row = reader.page.locator("#kinds tbody tr").first
    expect(row.locator("td").first).to_have_text(str(cases))
    expect(row).to_be_in_viewport()
    assert reader.steps == 1


def test_sees_the_next_three_months(reader: Reader) -> None:
    reader.activate(reader.page.get_by_role("link", name="De närmaste tre månaderna"))
    table = reader.page.locator("#coming")
    expect(table).to_be_in_viewport()
    assert table.locator("tbody th").all_inner_texts() == ["november 2026", "december 2026", "januari 2027"]
    assert reader.steps == 1


def test_reads_the_definition_of_a_figure(reader: Reader) -> None:
    reader.activate(reader.page.get_by_text("Vad siffrorna betyder"))
    expect(reader.page.locator(".definitions dd").first).to_be_in_viewport()
    assert reader.steps == 1


def test_takes_a_table_to_excel(reader: Reader, tmp_path: Path) -> None:
    table = reader.page.locator("#counties")
    with reader.page.expect_download() as download:
        reader.activate(table.get_by_role("button", name="Hämta tabellen som Excel"))
    file = tmp_path / "table.xlsx"
    download.value.save_as(file)
    sheet = fastexcel.read_excel(file).load_sheet(0).to_polars()
    assert sheet.columns == [head.strip() for head in table.locator("thead th").all_inner_texts()]
    assert sheet["Län"].to_list() == table.locator("tbody th").all_inner_texts()
    shown = table.locator("tbody tr").first.locator("td").nth(1).inner_text()
    assert sheet["Länstal"][0] == int("".join(filter(str.isdigit, shown)))
    assert reader.steps == 1


def test_a_link_shows_exactly_this_view(reader: Reader, browser: Browser) -> None:
    reader.activate(reader.page.get_by_role("button", name="Länk till den här vyn"))
    expect(reader.page.get_by_role("textbox", name="Länk till den här vyn")).to_be_focused()
    assert reader.steps == 1
    reader.go("Jämför")
    reader.enter("Lägg till kommun eller län", "Kronobergs län")
    table = reader.page.locator("#compared")
    reader.page.get_by_role("searchbox", name="Filtrera Kommuntal").fill(">=25")
    reader.activate(table.get_by_role("button", name="Mottagna"))
    reader.activate(reader.page.get_by_role("button", name="Länk till den här vyn"))
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(reader.page.get_by_role("textbox", name="Länk till den här vyn").input_value())
        again = other.locator("#compared tbody tr:visible")
        expect(again.first).to_be_visible()
        shown = table.locator("tbody tr:visible").all_inner_texts()
        assert again.all_inner_texts() == shown
        assert 1 < len(shown) < 8


def test_sees_what_changed(reader: Reader) -> None:
    reader.go("Ändringar")
    expect(reader.page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert reader.steps == 1


def test_sees_why_the_plan_changed_in_july(reader: Reader) -> None:
    reader.find("Älmhult")
    reader.activate(reader.page.get_by_role("link", name="Varför planen ändrades"))
    versions = reader.page.locator("#versions")
    changed = versions.get_by_role("row", name="juli").locator("td", has=reader.page.locator("strong")).last
    expect(changed).to_be_in_viewport()
    why = versions.get_by_role("row", name="Varför").locator("td").last
    expect(why).to_contain_text("önskemål")
    expect(why).to_be_in_viewport()
    assert reader.steps == 2


def test_sees_the_plan_as_it_was_on_the_first_of_may(reader: Reader) -> None:
    reader.find("Älmhult")
    day = reader.page.get_by_label("Visa planen som den var den")
    day.fill("2026-05-01")
    reader.activate(day)
    answer = reader.page.get_by_text("Då gällde version 2, från den 1 mars 2026")
    expect(answer).to_be_focused()
    expect(reader.page.locator("#versions td.then").first).to_have_text("2026-03-01")
    assert reader.page.url.endswith("?dag=2026-05-01")
    assert reader.steps == 2
