"""An officer tries a redistribution, in four steps from the front page, and sends the address to others."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.serving import PHONE
from conftest import Built
from playwright.sync_api import Browser, Page, expect

ASKED = "fran=0765&till=0780&personer=5&datum=2026-10-31"


def numbers(page: Page, table: str, column: int) -> list[int]:
    """A column of a plan, its total last."""
    texts = page.locator(f"#{table} tbody td:nth-child({column})").all_inner_texts()
    return [int(text.replace("−", "-").replace("\N{NO-BREAK SPACE}", "")) for text in texts]


def test_four_steps_by_keyboard_on_a_phone(browser: Browser, address: str, shipped: Built) -> None:
    with browser.new_context(viewport=PHONE, locale="sv-SE") as context:
        page = context.new_page()
        page.goto(f"{address}/index.html")
        page.get_by_role("link", name="Omfördela").press("Enter")
        for label, typed in (("Från kommun", "älmhult"), ("Till kommun", "0780"), ("Personer", "5")):
            expect(page.get_by_label(label)).to_be_focused()
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
        heading = page.get_by_role("heading", name="Omfördelning från Älmhult till Växjö 2026")
        expect(heading).to_be_focused()
        expect(heading).to_be_in_viewport()
        expect(page.get_by_text("Uppfyller villkoren")).to_be_in_viewport()
        assert page.url == f"{address}/omfordela.html?{ASKED}"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for end, code, moved in (("from", "0765", -5), ("to", "0780", 5)):
            planned = shipped.query(
                "select planned_persons from marts.monthly_plan "
                f"where municipality_code = '{code}' and quota_year = 2026 order by plan_month"
            )
            now, after, change = (numbers(page, f"plan-{end}", column) for column in (2, 3, 4))
            assert now[:-1] == [persons for (persons,) in planned]
            assert after[-1] == now[-1] + moved
            assert change == [one - other for one, other in zip(after, now, strict=True)]
        other = context.new_page()
        other.goto(page.url)
        assert other.locator("main").inner_text() == page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("fran=0765&till=0180&personer=5&datum=2026-11-01", "Kan inte genomföras: kommunerna ligger i olika län."),
        ("fran=0765&till=0765&personer=5&datum=2026-11-01", "Kan inte genomföras: samma kommun två gånger."),
        ("fran=0765&till=0780&personer=5&datum=2018-11-01", "Kan inte genomföras: kommuntalsåret 2018 är slut."),
        ("fran=0765&till=0780&personer=5&datum=2027-01-01", "1 januari 2027 ligger inte i kommuntalsåret 2026."),
        ("fran=0765&till=0780&personer=500&datum=2026-11-01", "kommuntalet för Älmhult skulle bli lägre än noll"),
        ("fran=0765&till=0780&personer=5&datum=2026-12-02", "Ingen månad återstår efter den dagen"),
        ("fran=0765&till=0780&personer=fem&datum=2026-11-01", "Ange ett helt antal, minst 1."),
        ("fran=0765&till=Upp&personer=5&datum=2026-11-01", "Flera passar: Upplands Väsby, Upplands-Bro"),
        ("fran=Atlantis&till=0780&personer=5&datum=2026-11-01", "Ingen kommun heter så."),
    ],
)
def test_says_in_words_what_cannot_be(asked: str, answer: str, page: Page, public_address: str) -> None:
    page.goto(f"{public_address}/omfordela.html?{asked}")
    expect(page.get_by_text(answer)).to_be_visible()


def test_a_plain_folder_is_enough_and_english_keeps_what_was_asked(page: Page, public: Path) -> None:
    page.goto(f"{(public / 'omfordela.html').as_uri()}?{ASKED}")
    page.get_by_label("Personer", exact=True).fill("6")
    page.keyboard.press("Tab")
    expect(page.locator("#plan-to tbody tr:last-child td:last-child")).to_have_text("+6")
    page.get_by_role("link", name="In English").click()
    expect(page.get_by_role("heading", name="Redistribution from Älmhult to Växjö 2026")).to_be_focused()
    expect(page.get_by_label("Persons", exact=True)).to_have_value("6")


def test_without_scripts_it_says_how_a_redistribution_is_requested(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/omfordela.html")
        expect(page.get_by_text("Uträkningen behöver JavaScript")).to_be_visible()
        expect(page.get_by_text("Länsstyrelsen stämmer av den med Migrationsverket före beslutet.")).to_be_visible()
        expect(page.get_by_label("Från kommun")).to_be_hidden()
