"""Dagster's view of what a release shows: tables as files, documents, web pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from dagster_project.answers.prepare import prepare_answers
from dagster_project.answers.settings import read_answer_settings
from dagster_project.current import current_release
from dagster_project.digest import code_version
from dagster_project.manifest import names_of_marts
from dagster_project.operations import recent_builds
from dagster_project.publish.assessments import write_assessments
from dagster_project.publish.changes import Changes, Release, deliveries_of, find_changes, read_release
from dagster_project.publish.documents import keep_editions, write_documents
from dagster_project.publish.downloads import (
    CHECK_RESULTS,
    public_marts,
    public_tables,
    write_data_package,
    write_downloads,
)
from dagster_project.publish.figures import Figures, read_figures
from dagster_project.publish.history import HISTORY_TABLES, write_history
from dagster_project.publish.release import landed_files
from dagster_project.publish.site import write_site
from dagster_project.settings import answers_file
from dagster_project.workplace import DATA, PUBLIC, Workplace, began_at, progress

BUILDS_SHOWN = 30


@dg.asset(
    group_name="publish",
    deps=[dg.AssetKey(["marts", mart]) for mart in (*names_of_marts(), CHECK_RESULTS)],
    description="Every mart as a Parquet file; public ones and what has changed in every form, with a data dictionary.",
)
def tables(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Wait for the files of the marts, and find in them what has changed since the release before."""
    with workplace.step("tables"), workplace.warehouse() as warehouse:
        workplace.mart_files.begin([CHECK_RESULTS])
        workplace.rows_by_mart = workplace.mart_files.finish()
        previous = current_release(workplace.settings.output)
        workplace.changes = _changes(workplace, warehouse, previous)
        workplace.rows_by_history_table = write_history(
            warehouse, previous, workplace.build_id, began_at(workplace.build_id), workplace.changes
        )
        write_downloads(warehouse, workplace.folder / DATA, HISTORY_TABLES)
        write_data_package(warehouse, workplace.folder / DATA, workplace.settings.as_of, workplace.build_id)
    progress.info("tables     %d marts, %d of them public", len(workplace.rows_by_mart), len(public_marts()))
    return dg.MaterializeResult(metadata={"marts": len(workplace.rows_by_mart)})


def _changes(workplace: Workplace, warehouse: duckdb.DuckDBPyConnection, current: Path | None) -> Changes:
    """What differs from the current release; notes on the way which delivered files that had not."""
    previous = read_release(current) if current else None
    delivered = deliveries_of(landed_files(warehouse))
    known = previous.deliveries if previous else {}
    workplace.new_files_by_feed = {feed: len(files - known.get(feed, set())) for feed, files in delivered.items()}
    if previous is None:
        return Changes()
    new = Release(workplace.folder, workplace.build_id, workplace.settings.as_of, code_version(), delivered)
    return find_changes(warehouse, previous, new)


@dg.asset(
    group_name="publish", deps=[tables], description="Plans as PDF, workbooks, and the page of undecided requests."
)
def documents(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Read the public figures, write the documents, and keep those of earlier editions at their addresses."""
    current = current_release(workplace.settings.output)
    public, previous = workplace.folder / PUBLIC, current / PUBLIC if current else None
    if not workplace.settings.with_site:
        keep_editions(public, previous)
        return dg.MaterializeResult(metadata={"left_out": True})
    with workplace.step("documents"):
        as_of, build_id = workplace.settings.as_of, workplace.build_id
        with workplace.warehouse() as warehouse:
            names = (table.name for table in public_marts())
            workplace.figures = read_figures(warehouse, names, as_of, build_id, code_version())
            write_assessments(warehouse, workplace.folder, as_of, build_id)
        workplace.editions = write_documents(public, workplace.figures, previous)
    progress.info("documents  %d years", len(workplace.editions.names))
    return dg.MaterializeResult(metadata={"years": len(workplace.editions.names)})


@dg.asset(group_name="publish", deps=[documents], description="The web pages, in Swedish and English.")
def site(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Write the web pages."""
    if not workplace.settings.with_site:
        return dg.MaterializeResult(metadata={"left_out": True})
    with workplace.step("site"):
        listed = [
            {
                "name": table.name,
                "description": table.description,
                "rows": (workplace.rows_by_mart | workplace.rows_by_history_table)[table.name],
            }
            for table in public_tables()
        ]
        builds = recent_builds(workplace.settings.output, BUILDS_SHOWN)
        pages = write_site(
            workplace.folder / PUBLIC, _figures(workplace), workplace.changes, workplace.editions, listed, builds
        )
    progress.info("site       %d pages", pages)
    return dg.MaterializeResult(metadata={"pages": pages})


@dg.asset(
    group_name="publish",
    deps=["release"],
    description="Answers to municipalities whose requests have been decided, with the new plan, in the outbox.",
)
def answers(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Put an answer into the outbox for every decision that has none yet; without documents they wait."""
    if workplace.published is None or not workplace.settings.with_site:
        return dg.MaterializeResult(metadata={"left_out": True})
    with workplace.step("answers"):
        settings = read_answer_settings(answers_file())
        output, as_of = workplace.settings.output, workplace.settings.as_of
        prepared = prepare_answers(output, workplace.published, settings, datetime.now(UTC), as_of)
    workplace.prepared = prepared
    progress.info("answers    %d prepared", prepared.answers)
    return dg.MaterializeResult(metadata={"answers": prepared.answers, "without_recipient": prepared.without_recipient})


def _figures(workplace: Workplace) -> Figures:
    if workplace.figures is None:
        raise RuntimeError("the documents were not written before")
    return workplace.figures
