"""What changes come to, in each area and together: since the release before, and over a week of the history."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dagster_project.publish.data.changes import Change, Changes
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.site import contents
from dagster_project.publish.site.rendering import Page, Readership, write_pages
from dagster_project.publish.site.summed_changes import over_a_week, summed
from dagster_project.releases.build_json import Description
from dagster_project.settings import SiteSettings

ALMHULT, JULY = "0765", date(2026, 7, 1)
NIGHTS = {day: datetime(2026, 7, day, 3, 15) for day in (1, 2, 7, 8, 9)}


def release(day: int) -> Any:
    return SimpleNamespace(build_id=f"B{day}", as_of_date=date(2026, 7, day), published_from_at=NIGHTS[day])


def plan(month: int, persons: int, begins: int, ends: int | None = None) -> Any:
    spell = {"published_from_at": NIGHTS[begins], "published_to_at": ends and NIGHTS[ends]}
    return SimpleNamespace(municipality_code=ALMHULT, plan_month=date(2026, month, 1), planned_persons=persons, **spell)


def counts(received: int, begins: int, ends: int | None = None) -> Any:
    spell = {"published_from_at": NIGHTS[begins], "published_to_at": ends and NIGHTS[ends]}
    of_year = {"municipality_code": ALMHULT, "quota_year": 2026, "kommuntal_persons": 25}
    return SimpleNamespace(received_persons=received, open_persons=3, cancelled_persons=1, **of_year, **spell)


def figures(*nights: int, **marts: list[Any]) -> MartRows:
    names = {
        "area_year_summaries": [SimpleNamespace(area_code=ALMHULT, quota_year=2026)],
        "municipalities": [SimpleNamespace(municipality_code=ALMHULT, municipality_name="Älmhult", county_code="07")],
        "counties": [SimpleNamespace(county_code="07", county_name="Kronobergs län")],
        "release": [SimpleNamespace(known_at=None)],
        "figure_origins": [],
    }
    history = {"plan_publications": [], "count_publications": [], "releases": [release(night) for night in nights]}
    return MartRows(date(2026, 7, 9), "B9", "1", names | history | marts)


ROWS = [
    Change(ALMHULT, 2026, None, "kommuntal", 22, 25, "redistribution", "R1"),
    Change(ALMHULT, 2026, JULY, "planned", 3, 2, "redistribution", "R1"),
    Change(ALMHULT, 2026, date(2026, 8, 1), "planned", None, 4, "redistribution", "R1"),
    Change(ALMHULT, 2026, date(2026, 6, 1), "assigned", 2, 1, "assignment_log", None),
    Change(ALMHULT, 2026, JULY, "assigned", 1, 5, "assignment_log", None),
    Change(ALMHULT, 2026, None, "open", 3, 2, "assignment_log", None),
]


def test_changes_are_summed_by_area_and_the_plan_is_told_by_month() -> None:
    found = summed(figures(9), ROWS)
    [(area, plans)] = found.plans["07"].items()
    assert area == (ALMHULT, 2026)
    assert plans.deltas == {"kommuntal": 3, "planned": 3}
    assert plans.months == [(JULY, -1), (date(2026, 8, 1), 4)]
    assert found.outcomes["07"][area].deltas == found.total == {"assigned": 3, "open": -1}


def test_a_week_is_compared_with_the_newest_release_that_is_as_old() -> None:
    published = {
        "plan_publications": [plan(7, 3, 1, 2), plan(7, 2, 2, 8), plan(7, 4, 8), plan(8, 1, 1)],
        "count_publications": [counts(5, 1, 7), counts(9, 7)],
    }
    week = over_a_week(figures(1, 2, 7, 8, 9, **published))
    assert week.as_of == date(2026, 7, 2) and week.changes
    area = (ALMHULT, 2026)
    assert week.changes.plans["07"][area].months == [(JULY, 2)]
    assert week.changes.outcomes["07"][area].deltas == {"received": 4}


def test_a_history_of_less_than_a_week_has_nothing_to_compare_with() -> None:
    week = over_a_week(figures(7, 8, 9))
    assert (week.changes, week.history_from) == (None, date(2026, 7, 7))


def shown(root: Path, rows: list[Change], *nights: int, **marts: list[Any]) -> str:
    previous = Description("B8", datetime(2026, 7, 8, tzinfo=UTC), date(2026, 7, 8), "1", True)
    of_build = figures(*nights, **marts)
    page = Page(
        "andringar.html", "changes.html", "changes", partial(contents.changes, of_build, Changes(previous, rows))
    )
    assert write_pages(root, [page], of_build, Readership(None, (), ()), SiteSettings()).failures == []
    text = re.sub(r"<[^>]+>", "", (root / "andringar.html").read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", text)


def test_the_page_begins_with_plans_then_outcomes_then_every_figure(tmp_path: Path) -> None:
    text = shown(tmp_path, ROWS, 7, 9)
    told = (
        "när historiken, som börjar med uppgifter till och med 7 juli 2026, är en vecka lång",
        "Sedan förra publiceringen (uppgifter till och med 8 juli 2026)",
        "Ändrade planer",
        "Älmhult 2026 kommuntal +3, planerade +3 juli \N{MINUS SIGN}1, augusti +4",
        "Utfall Alla områden: anvisade +3, öppna anvisningar \N{MINUS SIGN}1",
        "Siffra för siffra",
        "Kommuntal: hela året 22 → 25 (+3)",
    )
    places = [text.find(one) for one in told]
    assert min(places) > 0 and places == sorted(places), places


def test_the_page_tells_the_week_where_the_history_knows_it(tmp_path: Path) -> None:
    text = shown(tmp_path, [], 1, 9, count_publications=[counts(5, 1, 9), counts(9, 9)])
    assert "Inget har ändrats." in text
    assert "Alla områden: mottagna +4" in text.partition("jämfört med det som var publicerat då")[2]
