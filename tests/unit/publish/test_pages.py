"""A page that cannot be made costs itself alone; the front page is of the year that it is; links lead somewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from dagster_project.language import ENGLISH, SWEDISH
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.outcome_edition import OutcomeEdition
from dagster_project.publish.public_day import PublicDay
from dagster_project.publish.site import assessments
from dagster_project.publish.site.pages import by_year
from dagster_project.publish.site.rendering import Page, Readership, Written, write_pages
from dagster_project.settings import SiteSettings
from dagster_project.transform.documented_tables import in_swedish

AS_OF = date(2026, 3, 1)
NOT_MADE = "Sidan kunde inte skapas"
DATA = Page("data.html", "data.html", "data", lambda: {"tables": [], "document_years": [2026]})
HAS_NO_TABLES = Page("data.html", "data.html", "data")
ACCESSIBILITY = Page("tillganglighet.html", "accessibility.html", "accessibility")


def broken() -> dict[str, Any]:
    raise KeyError("hemlig")


def written(root: Path, *pages: Page, known_at: bool = True) -> Written:
    """Internal pages below `root`; without `known_at` their layout lacks what it shows."""
    marts: dict[str, Any] = {"counties": [], "municipalities": [], "figure_origins": []}
    marts |= {"release": [SimpleNamespace(known_at=None)]} if known_at else {}
    figures = MartRows(AS_OF, "B1", "1", marts)
    return write_pages(root / "internal", pages, figures, Readership(None, (2026,), (2026,)), SiteSettings())


def text(root: Path, name: str) -> str:
    return (root / "internal" / name).read_text(encoding="utf-8")


def test_a_page_whose_content_fails_has_another_in_its_place(tmp_path: Path) -> None:
    page = Page("lan/07/2026.html", "county.html", "country", broken, 2026, "index.html")
    found = written(tmp_path, page, ACCESSIBILITY)
    assert found.pages == 2
    assert [one.address for one in found.failures] == [f"internal/{folder}lan/07/2026.html" for folder in ("", "en/")]
    assert {one.made_by for one in found.failures} == {"county.html"}
    assert all(one.cause.startswith("KeyError in test_pages.py") for one in found.failures)
    for name in ("lan/07/2026.html", "lan/07/index.html"):
        assert NOT_MADE in text(tmp_path, name) and 'href="../../assets/site.css"' in text(tmp_path, name)
    assert ENGLISH.texts["missing"]["not_made"] in text(tmp_path, "en/lan/07/2026.html")
    assert NOT_MADE not in text(tmp_path, "tillganglighet.html")


def test_a_page_whose_template_fails_has_another_in_its_place(tmp_path: Path) -> None:
    found = written(tmp_path, HAS_NO_TABLES)
    assert [one.made_by for one in found.failures] == ["data.html"] * 2
    assert all(one.cause.startswith("UndefinedError in rendering.py") for one in found.failures)
    assert NOT_MADE in text(tmp_path, "data.html")


def test_a_page_whose_layout_fails_says_so_without_it(tmp_path: Path) -> None:
    found = written(tmp_path, ACCESSIBILITY, known_at=False)
    assert len(found.failures) == 2
    page = text(tmp_path, "tillganglighet.html")
    assert f"<h1>{NOT_MADE}</h1>" in page and "site.css" not in page


def test_half_a_character_costs_one_page(tmp_path: Path) -> None:
    tables = [{"name": "odd\ud800", "description": next(iter(in_swedish())), "columns": [], "rows": 1}]
    page = Page("data.html", "data.html", "data", lambda: {"tables": tables, "document_years": []})
    assert len(written(tmp_path, page).failures) == 2
    assert NOT_MADE in text(tmp_path, "data.html")


def test_tables_and_columns_are_described_in_the_language_of_the_page(tmp_path: Path) -> None:
    table = {
        "name": "monthly_plan_versions",
        "description": "Every version of the plan: one row per municipality, quota year, version and month (R4).",
        "columns": [
            (
                "first_changed_month",
                "date",
                "First month that this version may change (f in R4); earlier months keep their numbers.",
            )
        ],
        "rows": 1,
    }
    page = Page("data.html", "data.html", "data", lambda: {"tables": [table], "document_years": []})
    assert written(tmp_path, page).failures == []
    swedish, english = text(tmp_path, "data.html"), text(tmp_path, "en/data.html")
    assert "Alla versioner av årsplaneringen." in swedish and "Första månad som versionen kan ändra;" in swedish
    assert "version and month." in english and "First month that this version may change; earlier" in english


def test_a_document_that_is_not_there_is_no_link(tmp_path: Path) -> None:
    address = "documents/2026/latest/arsplanering-2026.pdf"
    assert written(tmp_path, DATA).failures == []
    assert "arsplanering-2026.pdf: kunde inte skapas" in text(tmp_path, "data.html")
    assert address not in text(tmp_path, "data.html")
    (tmp_path / "internal" / address).parent.mkdir(parents=True)
    (tmp_path / "internal" / address).touch()
    written(tmp_path, DATA)
    assert f'href="{address}"' in text(tmp_path, "data.html")
    assert SWEDISH.texts["missing"]["document"] not in text(tmp_path, "data.html")


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_an_edition_lacks_is_told_as_long_as_it_is_published(is_whole: bool, tmp_path: Path) -> None:
    day = PublicDay(date(2026, 2, 28), 5)
    found = written(tmp_path, ACCESSIBILITY if is_whole else HAS_NO_TABLES)
    OutcomeEdition(day, tmp_path, True, None).note(found.failures)
    kept = OutcomeEdition(day, tmp_path, False, None).findings()
    assert [(one.kind, one.facts["count"]) for one in kept] == ([] if is_whole else [("edition", 2)])


@pytest.mark.parametrize(
    ("years", "front"),
    [
        ([2027, 2026, 2025], 2026),
        ([2027, 2025, 2024], 2025),
        ([2028, 2027], 2027),
        ([2026], 2026),
    ],
    ids=["this year", "the newest before it", "the oldest", "the only one"],
)
def test_the_front_page_is_of_the_year_that_it_is(years: list[int], front: int) -> None:
    pages = list(by_year(AS_OF, "lan/07/", "county.html", "country", years, lambda year: {"of": year}))
    assert [page.path for page in pages] == [f"lan/07/{year}.html" for year in years]
    assert [page.year for page in pages if page.also == "index.html"] == [front]
    assert [page.shown["of"] for page in pages] == years


def test_without_a_year_there_is_a_front_page_alone() -> None:
    [page] = by_year(AS_OF, "lan/07/", "county.html", "country", [], lambda year: {"of": year})
    assert (page.path, page.also, page.year, page.shown["of"]) == ("lan/07/index.html", None, None, None)


def test_the_page_of_requests_says_that_it_could_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_marts = MartRows(AS_OF, "B1", "", {"assessed_plan_months": []})
    monkeypatch.setattr(assessments, "read_mart_rows", lambda *_: without_marts)
    with duckdb.connect() as warehouse:
        [failed] = assessments.write_assessments(warehouse, tmp_path, AS_OF, "B1")
    assert (failed.address, failed.cause[:8]) == ("assessments.html", "KeyError")
    assert NOT_MADE in (tmp_path / "assessments.html").read_text(encoding="utf-8")
