"""What everyone sees of a release: its plans and decisions, and the outcome edition of its public day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dagster_project.publish.data.public_tables import outcome_downloads, plan_downloads
from dagster_project.publish.data.publication_history import PLAN_PUBLICATIONS
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.outcome_edition import OutcomeEdition
from dagster_project.publish.site.pages import write_plan_pages
from dagster_project.publish.site.rendering import Readership, Written
from dagster_project.settings import SiteSettings
from dagster_project.transform.documented_tables import Table, public_marts


def publish_for_everyone(
    public: Path,
    figures: MartRows,
    edition: OutcomeEdition,
    documents: Editions,
    rows: Mapping[str, int],
    site: SiteSettings,
) -> Written:
    """Put the edition and the pages of plans into a release's `public`; what was written of these pages.

    `figures` are all that pages show, of which plans and decisions alone are used; `rows` are counts by table.
    """
    edition.publish(public)
    origins = [row for row in figures.marts["figure_origins"] if row.figure != "assignment_log"]
    marts = {table.name: figures.marts[table.name] for table in public_marts()}
    marts["figure_origins"] = [*origins, *edition.origins_of_the_log()]
    marts |= edition.months() | {PLAN_PUBLICATIONS.table.name: figures.marts[PLAN_PUBLICATIONS.table.name]}
    plans = MartRows(figures.as_of, figures.build_id, figures.code_version, marts)
    years = edition.years_by_area()
    outcome_years = tuple(years.get("00", ()))
    has_comparison = (public / "jamfor").is_dir()
    readership = Readership(edition.public_day, outcome_years, tuple(plans.plan_years), has_comparison)
    tables = listed([one.table for one in plan_downloads()], rows)
    tables += listed([one.table for one in outcome_downloads(edition.public_day)], edition.row_counts())
    return write_plan_pages(public, plans, years, readership, documents, tables, site)


def listed(tables: Iterable[Table], rows: Mapping[str, int]) -> list[dict[str, Any]]:
    """Tables as the page of downloads lists them, with how many rows each has."""
    return [{**vars(table), "rows": rows[table.name]} for table in tables]
