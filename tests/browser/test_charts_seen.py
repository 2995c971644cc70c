"""What charts and the map say to those who do not see them, on paper, at night, and how clearly they are drawn."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser.serving import DESKTOP, PHONE
from conftest import Built
from playwright.sync_api import Browser, Page

from dagster_project.publish.site import pages

CSS = (Path(pages.__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
LEAST = 3  # WCAG 1.4.11, contrast of what is no text


def tree(page: Page) -> list[dict[str, Any]]:
    """The accessibility tree as the browser hands it to assistive technology: role, name and description."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {key: node.get(key, {}).get("value", "") for key in ("role", "name", "description")}
        for node in nodes
        if not node["ignored"]
    ]


def images(page: Page) -> list[dict[str, Any]]:
    return [node for node in tree(page) if node["role"] in ("img", "image")]


@pytest.mark.parametrize("has_scripts", [True, False])
def test_charts_say_what_they_show(has_scripts: bool, browser: Browser, address: str, shipped: Built) -> None:
    [(planned, net, received)] = shipped.query(
        "select sum(planned_persons)::int, sum(net_assigned_persons)::int, sum(received_in_month_persons)::int "
        "from marts.plan_deviations where municipality_code = '0765' "
        "and plan_month between '2026-01-01' and '2026-10-31'"
    )
    with browser.new_context(viewport=DESKTOP, java_script_enabled=has_scripts) as context:
        page = context.new_page()
        page.goto(f"{address}/kommun/0765/2026.html")
        months, cumulative, quota = images(page)
    assert months["name"] == "Stapeldiagram: Plan och utfall per månad 2026, Älmhult, personer"
    assert f"oktober: {planned} planerade, {net} anvisade netto, {received} mottagna." in months["description"]
    assert cumulative["name"].startswith("Linjediagram: Ackumulerat under året")
    assert f"oktober var {planned} planerade och {net} anvisade netto" in cumulative["description"]
    assert quota["name"] == "Linjediagram: Beslut och omfördelningar för Älmhult, personer"
    assert "Kommuntal: 25 (2026), högst 57 (2017)." in quota["description"]


@pytest.mark.parametrize(
    "path", ["2026.html", "2021.html", "2018.html", "lan/07/2018.html", "en/kommun/0180/2018.html"]
)
def test_no_image_is_without_words(path: str, page: Page, address: str) -> None:
    page.goto(f"{address}/{path}")
    found = images(page)
    assert found
    assert [node for node in found if not node["name"] or not node["description"]] == []


def test_the_map_says_every_area_and_its_figures(page: Page, address: str, shipped: Built) -> None:
    page.goto(f"{address}/2018.html")
    found = tree(page)
    assert any(node["name"] == "Karta 2018: områdena som länkar" for node in found)
    said = {node["name"] for node in found if node["role"] == "link" and "måluppfyllelse" in node["name"]}
    names = shipped.query("select municipality_name from marts.municipalities")
    assert {name.partition(":")[0] for name in said} == {name for (name,) in names}


def test_nothing_moves_while_a_page_loads(page: Page, address: str) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) "
        "window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    for path in ("2018.html", "kommun/0765/2026.html", "lan/07/2018.html"):
        page.goto(f"{address}/{path}", wait_until="networkidle")
        page.wait_for_timeout(100)
        # The search appears when its script has run, in room that was kept for it.
        assert page.evaluate("window.shift") < 0.01, path


def test_print_keeps_colours_and_shapes(browser: Browser, address: str) -> None:
    """In print every mark is as on a light screen, also where the reader's screen is dark."""
    script = """[...document.querySelectorAll('.chart path, .areas a, .status')].map(mark => {
        const style = getComputedStyle(mark, mark.matches('.status') ? '::before' : null);
        return [style.fill, style.stroke, style.clipPath, style.backgroundColor, style.printColorAdjust];
    })"""
    looks = []
    for scheme, medium in (("light", "screen"), ("dark", "print")):
        with browser.new_context(viewport=DESKTOP, color_scheme=scheme) as context:  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{address}/2018.html")
            page.emulate_media(media=medium)  # type: ignore[arg-type]
            looks.append(page.evaluate(script))
    screen, paper = looks
    assert len(paper) > 300
    assert [look[:-1] for look in paper] == [look[:-1] for look in screen]
    assert {look[-1] for look in paper} == {"exact"}


def test_print_repeats_the_names_of_columns(page: Page, address: str) -> None:
    """Chromium repeats the header on each page, but leaves out buttons that are boxes of their own."""
    page.goto(f"{address}/arsplanering/2018.html")
    page.emulate_media(media="print")
    shown = "[...document.querySelectorAll('thead button')].map(button => getComputedStyle(button).display)"
    assert set(page.evaluate(shown)) == {"contents"}


def test_changes_and_all_pages_fit_a_phone_without_end(browser: Browser, address: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{address}/andringar.html")
        assert page.evaluate("document.documentElement.scrollHeight") < 5000


# Contrast, from the values of the style


def colours(scheme: str) -> dict[str, str]:
    light, dark = (
        re.findall(r"(--[\w-]+): (#\w+);", block) for block in re.findall(r":root \{(.*?)\n\s*\}", CSS, re.S)[:2]
    )
    return dict(light) | (dict(dark) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:4])
    parts = [int(digits[position : position + 2], 16) / 255 for position in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_selected_states_stand_out(scheme: str) -> None:
    colour = colours(scheme)
    marks = ["planned", "net", "received", "outline", "mark", "chosen", "good", "ahead", "late", "very-late", "link"]
    pairs = [(f"--{mark}", "--ground") for mark in marks]
    pairs += [("--planned", "--panel"), ("--chosen", "--chosen-ink"), ("--header", "--header-ink")]
    faint = {pair: contrast(colour[pair[0]], colour[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < LEAST} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scale", ["sequence", "signed", "status"])
def test_classes_of_the_map_differ(scheme: str, scale: str) -> None:
    """The outermost classes differ by 3:1 from the least, each class visibly from the next; outlines bound them all."""
    shades = [luminance(colours(scheme)[f"--{scale}{number}"]) for number in range(6 if scale == "status" else 5)]
    ratios = [(max(pair) + 0.05) / (min(pair) + 0.05) for pair in pairwise(shades)]
    assert min(ratios) > 1.3
    middle = {"sequence": 0, "signed": 2, "status": 2}[scale]
    far = [(max(shades[end], shades[middle]) + 0.05) / (min(shades[end], shades[middle]) + 0.05) for end in (0, 4)]
    assert max(far) >= LEAST


def test_styles_use_the_colours_that_were_computed() -> None:
    for selector, name in (
        (".planned", "planned"),
        (".net", "net"),
        (".received", "received"),
        (".areas a", "outline"),
    ):
        rule = re.search(rf"^{re.escape(selector)} \{{ (.*?) \}}", CSS, re.M)
        assert rule is not None and f"stroke: var(--{name})" in rule[1], selector
    assert "a[aria-current] { background: var(--chosen)" in CSS
