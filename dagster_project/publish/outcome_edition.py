"""Outcome editions: what everyone sees of outcomes, made once per public day, kept, and published unchanged."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.digest import code_version
from dagster_project.publish.data.downloads import write_downloads
from dagster_project.publish.data.public_tables import outcome_downloads
from dagster_project.publish.documents.plans import write_workbooks
from dagster_project.publish.failures import Failure, findings
from dagster_project.publish.mart_rows import MartRows, read_mart_rows
from dagster_project.publish.public_day import PublicDay
from dagster_project.publish.site.pages import write_outcome_pages
from dagster_project.publish.site.rendering import Readership
from dagster_project.releases.build_json import Finding
from dagster_project.releases.digests import differing_files, write_digests
from dagster_project.releases.folder import EDITIONS, PUBLIC, ReleaseFolder
from dagster_project.releases.put_in_place import let_everyone_read
from dagster_project.settings import Settings, SiteSettings
from dagster_project.sql import Row, named_rows, sql_text
from dagster_project.transform.dbt_manifest import EDITION_SCHEMA
from dagster_project.transform.run_dbt import EDITION_NEEDS, EDITION_SELECTED, build_edition, dbt_variables
from dagster_project.transform.spark import LOG_MODELS, build_log

_FIRST_PUBLISHED = "first_published_figures"
_FIRST_PUBLISHED_SCHEMA = pl.Schema({
    "figure": pl.String,
    "area_level": pl.String,
    "area_code": pl.String,
    "quota_year": pl.Int64,
    "plan_month": pl.Date,
    "word": pl.String,
    "persons": pl.Int64,
    "is_withheld": pl.Boolean,
    "first_public_day": pl.Date,
})  # fmt: skip


@dataclass(frozen=True)
class OutcomeEdition:
    """An edition, kept or just made, and the one before it: `folder` holds public/ and its digests."""

    public_day: PublicDay
    folder: Path
    is_new: bool
    previous: Path | None

    @property
    def public(self) -> Path:
        """What is published of it."""
        return self.folder / PUBLIC

    def keep(self, output: Path) -> None:
        """Put a new edition where every later release of its public day finds it."""
        place = output / EDITIONS
        place.mkdir(exist_ok=True)
        let_everyone_read(self.folder)
        self.folder.rename(place / self.public_day.day.isoformat())

    def publish(self, public: Path) -> None:
        """The same files in a release's public/, without a copy: neither is ever written to again."""
        shutil.copytree(self.public, public, copy_function=os.link, dirs_exist_ok=True)

    def years_by_area(self) -> dict[str, list[int]]:
        """Quota years that have a page of outcomes, by the area's code."""
        query = "select area_code, list(quota_year order by quota_year desc) as years from outcome_years group by all"
        return {row.area_code: row.years for row in self._rows(query)}

    def months(self) -> dict[str, list[Row]]:
        """Plan beside outcome by area and month, of the years that have a page, by the marts that pages show."""
        of = "outcome_months semi join outcome_years using (area_code, quota_year) where area_level"
        return {
            "area_plan_deviations": self._rows(f"from {of} <> 'municipality' order by area_code, plan_month"),
            "plan_deviations": self._rows(
                f"select * rename (area_code as municipality_code) from {of} = 'municipality' order by all"
            ),
        }

    def origins_of_the_log(self) -> list[Row]:
        """The rows of figure_origins about the assignment log, as of the public day."""
        return self._rows("from figure_origins where figure = 'assignment_log' order by quota_year")

    def findings(self) -> list[Finding]:
        """What of it could not be made: as long as it is published it is told."""
        if not self._findings_file.is_file():
            return []
        return [Finding(**finding) for finding in json.loads(self._findings_file.read_text(encoding="utf-8"))]

    def note(self, failures: Iterable[Failure]) -> None:
        """Write down what of it could not be made."""
        found = [asdict(finding) for finding in findings("edition", failures)]
        if found:
            self._findings_file.write_text(json.dumps(found), encoding="utf-8")

    @property
    def _findings_file(self) -> Path:
        return self.folder / "findings.json"

    def row_counts(self) -> dict[str, int]:
        """Rows of each of its tables."""
        return {file.stem: pl.scan_parquet(file).select(pl.len()).collect().item() for file in self._tables()}

    def _tables(self) -> Iterable[Path]:
        return (self.public / "data").glob("*.parquet")

    def _rows(self, query: str) -> list[Row]:
        with duckdb.connect() as connection:
            for file in self._tables():
                connection.execute(f"create view {file.stem} as from {sql_text(file)}")
            return named_rows(connection, query)


def outcome_edition(settings: Settings, day: PublicDay, scratch: Path, sources: Path, build_id: str) -> OutcomeEdition:
    """The edition of a public day: the kept one, or one made now, below `scratch`, without its pages.

    `sources` are the parsed deliveries of this build.
    """
    place = settings.output / EDITIONS
    editions = sorted(place.glob("????-??-??"))
    before = [folder for folder in editions if folder.name < day.day.isoformat()]
    later = [folder for folder in editions if folder.name > day.day.isoformat()]
    previous = before[-1] if before else None
    kept = place / day.day.isoformat()
    if kept.is_dir():
        return OutcomeEdition(day, kept, False, previous)
    scratch.mkdir()
    known_at = min(day.known_at, settings.known_at) if settings.known_at else day.known_at
    variables = dbt_variables(day.day, known_at, build_id)
    if later:  # a build that looks back: a later edition has told all that had ended by then
        _write_first_published(later[0], day.day, sources)
        variables["previous_public_day"] = day.day.isoformat()
    else:
        _write_first_published(previous, day.day, sources)
        variables |= {"previous_public_day": previous.name} if previous else {}
    edition = ReleaseFolder(scratch / "edition")
    edition.path.mkdir()
    warehouse = ReleaseFolder(scratch)
    if settings.spark_master:
        about = scratch / "log", variables, warehouse.warehouse, EDITION_SELECTED
        build_log(settings.spark_master, sources, scratch / "dbt", *about)
    without = LOG_MODELS if settings.spark_master else ""
    build_edition(warehouse.warehouse_file, sources, scratch / "dbt", variables, without)
    with warehouse.warehouse() as connection:
        write_downloads(connection, edition.data, outcome_downloads(day), day.facts)
    return OutcomeEdition(day, edition.path, True, previous)


def write_edition_pages(edition: OutcomeEdition, site: SiteSettings) -> None:
    """Write a new edition's workbooks and pages, what of them could not be made, and its digests."""
    warehouse = ReleaseFolder(edition.folder.parent)
    with warehouse.warehouse() as connection:
        figures = _figures(connection, edition.public_day.day)
    failures = write_workbooks(edition.public, figures, edition.public_day)
    readership = Readership(edition.public_day, tuple(figures.years), tuple(figures.plan_years))
    failures += write_outcome_pages(edition.public, figures, readership, site).failures
    edition.note(failures)
    write_digests(edition.folder)


def secrecy_findings(edition: OutcomeEdition) -> Iterator[str]:
    """What in an edition could give away a household, or differs from what was published before (a sentence each)."""
    if not edition.is_new:
        for file in differing_files(edition.folder):
            yield f"{EDITIONS}/{edition.folder.name}/{file}: not as it was first published: restore it from a release"
    published = sql_text(edition.public / "data" / f"{_FIRST_PUBLISHED}.parquet")
    with duckdb.connect() as connection:
        small = f"""
            select distinct figure, coalesce(plan_month::varchar, quota_year::varchar) from {published}
            where area_level <> 'municipality' and persons between 1 and 5 order by all
        """
        for figure, when in connection.execute(small).fetchall():
            yield f"{figure}, {when}: a figure of 1 to 5 persons"
        if edition.previous:
            columns = ", ".join(_FIRST_PUBLISHED_SCHEMA)
            before = sql_text(edition.previous / PUBLIC / "data" / f"{_FIRST_PUBLISHED}.parquet")
            both = f"""
                select distinct figure, first_public_day from (
                    (select {columns} from {before} except all select {columns} from {published})
                    union all
                    (select {columns} from {published} where first_public_day <= date {sql_text(edition.previous.name)}
                    except all select {columns} from {before})
                ) order by all
            """
            for figure, day in connection.execute(both).fetchall():
                yield f"{figure}: differs from what was first published with the public day {day}"


def _write_first_published(edition: Path | None, day: date, sources: Path) -> None:
    """What another edition has told of months and years that had ended by a day, where dbt's sources lie."""
    empty = pl.DataFrame(schema=_FIRST_PUBLISHED_SCHEMA)
    file = edition / PUBLIC / "data" / f"{_FIRST_PUBLISHED}.parquet" if edition else None
    told = pl.read_parquet(file, columns=list(_FIRST_PUBLISHED_SCHEMA)) if file else empty
    ended = pl.coalesce(pl.col("plan_month").dt.month_end(), pl.date("quota_year", 12, 31))
    told.filter(ended <= day).write_parquet(sources / f"{_FIRST_PUBLISHED}.parquet")


def _figures(connection: duckdb.DuckDBPyConnection, day: date) -> MartRows:
    """An edition's tables in memory, by the names of the marts that the pages of a release show."""
    marts = (*EDITION_NEEDS, "municipalities", "counties", "monthly_plan", "municipality_quotas")
    build_id = str(connection.execute("select build_id from marts.release").fetchall()[0][0])
    read = read_mart_rows(connection, marts, day, build_id, code_version())
    years, months = f"{EDITION_SCHEMA}.outcome_years", f"{EDITION_SCHEMA}.outcome_months"
    of_municipalities = "where area_level = 'municipality'"
    code = "* rename (area_code as municipality_code)"
    shown = {
        "area_year_summaries": f"from {years}",
        "quota_year_counts": f"select {code} from {years} {of_municipalities}",
        "area_plan_deviations": f"from {months} where area_level <> 'municipality'",
        "plan_deviations": f"select {code} from {months} {of_municipalities}",
        _FIRST_PUBLISHED: f"from {EDITION_SCHEMA}.{_FIRST_PUBLISHED}",
    }
    read.marts.update({mart: named_rows(connection, query) for mart, query in shown.items()})
    return read
