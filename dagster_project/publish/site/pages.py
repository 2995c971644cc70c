"""Which pages each readership has: everyone's outcomes and plans, and all of it for those who log in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from dagster_project.language import SWEDISH
from dagster_project.publish.data.changes import Changes
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.site import contents, redistribute
from dagster_project.publish.site.maps import PUBLIC_MEASURES
from dagster_project.publish.site.rendering import (
    Page,
    Readership,
    Written,
    write_areas,
    write_for_robots,
    write_pages,
)
from dagster_project.publish.site.timeline import named
from dagster_project.releases.build_record import BuildRecord
from dagster_project.settings import SiteSettings
from dagster_project.sql import Row

HERE = Path(__file__).parent


def write_internal_site(
    root: Path,
    figures: MartRows,
    changes: Changes,
    editions: Editions,
    tables: list[dict[str, Any]],
    builds: list[BuildRecord],
    site: SiteSettings,
) -> Written:
    """Write the pages for those who log in below `root`, but for those of municipalities.

    `tables` are those to download, with name, description, columns and rows; `builds` the finished ones before this.
    """
    readership = _those_who_log_in(figures)
    pages = [
        *_of_counties(figures, contents.country, contents.county),
        Page("attgora.html", "to_do.html", "to_do", partial(contents.to_do, figures)),
        *_compared(figures),
        *_plans(figures, editions, figures.plan_years),
        _redistribute(figures, figures.as_of.year),
        Page("andringar.html", "changes.html", "changes", partial(contents.changes, figures, changes)),
        Page("datakvalitet.html", "quality.html", "quality", partial(contents.quality, figures, builds)),
        *_about_the_site(figures, tables, figures.plan_years),
        *_feeds(figures, readership),
    ]
    shutil.copytree(HERE / "static", root / "assets")
    write_areas(root / "assets", figures)
    redistribute.write_plan_inputs(root / "assets", figures, figures.as_of.year)
    (root / "robots.txt").write_text("User-agent: *\nDisallow: /\n", encoding="utf-8")
    return write_pages(root, pages, figures, readership, replace(site, address=""))


def write_internal_municipalities(root: Path, figures: MartRows, site: SiteSettings) -> Written:
    """Write municipalities' pages for those who log in below `root`: they take as long as all others together."""
    pages = _of_municipalities(figures, contents.municipality)
    return write_pages(root, pages, figures, _those_who_log_in(figures), replace(site, address=""))


def _those_who_log_in(figures: MartRows) -> Readership:
    return Readership(None, tuple(figures.years), tuple(figures.plan_years))


def write_outcome_pages(root: Path, figures: MartRows, readership: Readership, site: SiteSettings) -> Written:
    """Write everyone's pages of plan beside outcome, all as of the public day, below `root`."""

    def country(figures: MartRows, year: int | None) -> dict[str, Any]:
        outcome = contents.country_outcome(figures, PUBLIC_MEASURES, year)
        once = {**contents.closed_year(figures, year), "shares": contents.country_months_shown(figures)}
        return {**outcome, **once, "part": "outcome"}

    def county(*about: Any) -> dict[str, Any]:
        return {**contents.county_outcome(*about), **contents.closed_year(figures, about[2]), "part": "outcome"}

    def municipality(*about: Any) -> dict[str, Any]:
        return {**contents.municipality_outcome(*about), "part": "outcome"}

    write_areas(root / "assets", figures)
    areas = [*_of_counties(figures, country, county), *_of_municipalities(figures, municipality)]
    pages = [*areas, *_compared(figures)]
    return write_pages(root, pages, figures, readership, site)


def write_plan_pages(
    root: Path,
    figures: MartRows,
    outcome_years: dict[str, list[int]],
    readership: Readership,
    editions: Editions,
    tables: list[dict[str, Any]],
    site: SiteSettings,
) -> Written:
    """Write everyone's pages of plans and decisions alone, and of the site itself, below `root`.

    `outcome_years` are the years of each area's pages of outcomes, by its code; `tables` as for the internal site.
    """
    shutil.copytree(HERE / "static", root / "assets", dirs_exist_ok=True)
    since = (readership.public_day.day if readership.public_day else figures.as_of).year
    redistribute.write_plan_inputs(root / "assets", figures, since)
    pages = [
        *_plans(figures, editions, figures.plan_years),
        _redistribute(figures, since),
        *_plans_of_areas(figures, outcome_years),
        *_about_the_site(figures, tables, figures.plan_years),
        *_feeds(figures, readership),
    ]
    written = write_pages(root, pages, figures, readership, site)
    write_for_robots(root, site)
    return written


def _of_counties(figures: MartRows, country: _Content, county: _Content) -> Iterator[Page]:
    """The pages of the country and of every county."""
    of_year = partial(by_year, figures.as_of)
    yield from of_year("", "country.html", "country", figures.years, partial(country, figures))
    for row in figures.marts["counties"]:
        years = figures.years_of(row.county_code)
        yield from of_year(f"lan/{row.county_code}/", "county.html", "country", years, partial(county, figures, row))


def _of_municipalities(figures: MartRows, municipality: _Content) -> Iterator[Page]:
    """The pages of every municipality."""
    for row in figures.marts["municipalities"]:
        years = figures.years_of(row.municipality_code)
        content = partial(municipality, figures, row)
        folder = f"kommun/{row.municipality_code}/"
        yield from by_year(figures.as_of, folder, "municipality.html", "country", years, content)


def _compared(figures: MartRows) -> Iterator[Page]:
    content = partial(contents.compare, figures, figures.years)
    yield from by_year(figures.as_of, "jamfor/", "compare.html", "compare", figures.years, content)


def _plans(figures: MartRows, editions: Editions, years: list[int]) -> Iterator[Page]:
    content = partial(contents.plan, figures, editions, years)
    yield from by_year(figures.as_of, "arsplanering/", "plan.html", "plan", years, content)


def _redistribute(figures: MartRows, since: int) -> Page:
    return Page("omfordela.html", "redistribute.html", "redistribute", partial(redistribute.content, figures, since))


def _plans_of_areas(figures: MartRows, outcome_years: dict[str, list[int]]) -> Iterator[Page]:
    """Plans and decisions of every county and municipality; a page also for each year that has one of outcomes."""
    for row in figures.marts["counties"]:
        content = partial(_county_plan, figures, row)
        yield Page(f"arsplanering/{row.county_code}/index.html", "county.html", "plan", content)
    for row in figures.marts["municipalities"]:
        code = row.municipality_code
        planned = {plan.quota_year for plan in figures.by("monthly_plan", "municipality_code").get(code, [])}
        with_outcome = outcome_years.get(code, [])
        years = sorted(planned.union(with_outcome), reverse=True)
        of_year = partial(_plan_of, figures, row, years, with_outcome)
        yield from by_year(figures.as_of, f"arsplanering/{code}/", "municipality.html", "plan", years, of_year)


def _county_plan(figures: MartRows, county: Row) -> dict[str, Any]:
    return {**contents.county_plan(figures, county), "part": "plan"}


def _plan_of(
    figures: MartRows, municipality: Row, years: list[int], with_outcome: Collection[int | None], year: int | None
) -> dict[str, Any]:
    plan = contents.municipality_plan(figures, municipality, year)
    return {**plan, "years": years, "has_outcome": year in with_outcome, "part": "plan"}


def _feeds(figures: MartRows, readership: Readership) -> Iterator[Page]:
    """What happened to every county and municipality, for readers of feeds."""
    codes = [row.county_code for row in figures.marts["counties"]]
    codes += [row.municipality_code for row in figures.marts["municipalities"]]
    for code in codes:
        content: Callable[[], dict[str, Any]] = partial(dict, code=code, feed_id=named(code, "feed"))
        yield Page(readership.feed_of(code), "atom.xml", "country", content, languages=(SWEDISH,))


def _about_the_site(figures: MartRows, tables: list[dict[str, Any]], years: list[int]) -> Iterator[Page]:
    yield Page("om.html", "about.html", "about", partial(contents.about, figures))
    yield Page("data.html", "data.html", "data", lambda: {"tables": tables, "document_years": years})
    yield Page("tillganglighet.html", "accessibility.html", "accessibility")
    yield Page("404.html", "missing.html", "missing", has_place=False)


_Content = Callable[..., dict[str, Any]]


def by_year(
    as_of: date,
    folder: str,
    template: str,
    section: str,
    years: list[int],
    content: Callable[[int | None], dict[str, Any]],
) -> Iterator[Page]:
    """A page per year, one of which is the folder's front page too. Without a year, a front page only."""
    for year in years:
        also = "index.html" if year == _front_year(as_of, years) else None
        yield Page(f"{folder}{year}.html", template, section, partial(content, year), year, also)
    if not years:
        yield Page(f"{folder}index.html", template, section, partial(content, None))


def _front_year(as_of: date, years: list[int]) -> int:
    """The year that it is, else the newest before it, else the oldest: a plan for next year is not yet at work."""
    return max((year for year in years if year <= as_of.year), default=min(years))
