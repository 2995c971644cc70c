"""Dagster's view of ingest: landing folders in, tables of schema `raw` out."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.load import FeedLoad, load_deliveries, load_reference
from dagster_project.ingest.taken_over import forget_others, note_touched_assignments, unchanged_tables
from dagster_project.manifest import tables_kept
from dagster_project.settings import REFERENCE
from dagster_project.workplace import Workplace, progress
from expectations.outcome import counted

LANDING = [
    dg.AssetSpec(
        ["landing", feed.name], group_name="landing", description=f"Delivered files of {feed.name}: {feed.grain}."
    )
    for feed in FEEDS
]
REGISTER = dg.AssetSpec(
    ["reference", "municipalities"], group_name="landing", description="The official register of municipalities."
)
DECISION_SOURCES = dg.AssetSpec(
    ["reference", "quota_decision_sources"],
    group_name="landing",
    description="Where the real figures of shipped decisions come from.",
)

# Folder below the output folder: delivered files as they were parsed.
KEPT = "parsed"

_ALL_LANDING = [spec.key for spec in LANDING]


def _raw(name: str, description: str, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw", name], group_name="ingest", description=description, deps=deps, kinds={"duckdb", "polars"}
    )


@dg.multi_asset(
    name="ingest",
    specs=[
        _raw("municipalities", "The register: one row per municipality.", [REGISTER.key]),
        _raw("quota_decision_sources", "Sources: one row per decision and area.", [DECISION_SOURCES.key]),
        *(
            _raw(feed.name, f"Accepted rows: {feed.grain}.", [dg.AssetKey(["landing", feed.name]), REGISTER.key])
            for feed in FEEDS
        ),
        _raw("rejected_rows", "Delivered rows that were set aside, with reason.", _ALL_LANDING),
        _raw("landed_files", "Delivered files with their counts.", _ALL_LANDING),
    ],
)
def ingest(workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Read and validate every delivery; load what fits and list what does not."""
    settings = workplace.settings

    def loaded(load: FeedLoad) -> None:
        workplace.loads.append(load)
        progress.info(
            "ingest     %s: %s, %d new, %d rows read, %d accepted, %d set aside, %d duplicate",
            load.feed,
            counted(load.files, "file"),
            load.new_files,
            load.rows_read,
            load.rows_accepted,
            load.rows_rejected,
            load.rows_duplicate,
        )

    with workplace.step("ingest"):
        beginning = workplace.beginning.result()
        deliveries, since = beginning.deliveries, beginning.since
        progress.info("ingest     %s", "everything anew" if since is None else f"on top of the release as of {since}")
        workplace.keep_warehouse_open()
        with workplace.warehouse() as warehouse:
            if since is not None:
                workplace.unchanged = unchanged_tables(warehouse, deliveries, since, settings.as_of)
                forget_others(warehouse, tables_kept(workplace.unchanged))
            register = load_reference(warehouse, REFERENCE)
            load_deliveries(warehouse, deliveries, register, settings.output / KEPT, loaded)
            note_touched_assignments(warehouse, since, settings.as_of)
    yield dg.MaterializeResult(
        asset_key=["raw", "municipalities"], metadata={"dagster/row_count": len(register.municipality_codes)}
    )
    yield dg.MaterializeResult(asset_key=["raw", "quota_decision_sources"])
    for load in workplace.loads:
        yield dg.MaterializeResult(
            asset_key=["raw", load.feed],
            metadata={
                "dagster/row_count": load.rows_accepted,
                "files": load.files,
                "rows_read": load.rows_read,
                "rows_rejected": load.rows_rejected,
                "rows_duplicate": load.rows_duplicate,
                "unknown_columns": len(load.unknown_columns),
            },
        )
    yield dg.MaterializeResult(
        asset_key=["raw", "rejected_rows"],
        metadata={"dagster/row_count": sum(load.rows_rejected for load in workplace.loads)},
    )
    yield dg.MaterializeResult(
        asset_key=["raw", "landed_files"],
        metadata={"dagster/row_count": sum(load.files for load in workplace.loads)},
    )
