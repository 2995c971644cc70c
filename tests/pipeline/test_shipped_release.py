"""The release of the shipped data: true to its sources, complete, documented, readable by others."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import PROJECT, SHIPPED_AS_OF, SHIPPED_LANDING, Built

from dagster_project.checks.contract import CHECKS
from dagster_project.ingest.feeds import ASSIGNMENT_LOG, FEEDS, Feed
from dagster_project.publish.site.contents import WAITING

MARTS = {
    "area_plan_deviations",
    "area_year_summaries",
    "areas",
    "assessed_plan_months",
    "assignments",
    "cancellation_reasons",
    "cancellation_summaries",
    "cancellations",
    "change_request_assessments",
    "change_request_months",
    "change_request_outcomes",
    "check_results",
    "counties",
    "county_quotas",
    "feed_deliveries",
    "file_remark_counts",
    "file_remarks",
    "figure_origins",
    "forecast_inputs",
    "forecasts",
    "kommuntal_changes",
    "landed_files",
    "lanstal_changes",
    "lanstal_proposals",
    "log_issues",
    "monthly_plan",
    "monthly_plan_versions",
    "months",
    "municipalities",
    "municipality_quotas",
    "national_decisions",
    "open_deadlines",
    "over_plan_dialogues",
    "plan_arithmetic",
    "plan_deviations",
    "quota_year_counts",
    "receptions_by_category",
    "redistribution_assessments",
    "redistribution_outcomes",
    "rejected_row_counts",
    "rejected_rows",
    "release",
    "replacement_links",
    "request_answer_months",
    "request_answers",
    "shortfalls",
    "to_do",
}

# One row per assignment, event or delivered row or file, and what officers work with: nobody outside sees them.
PUBLIC_DAY = "2026-09-30"
OF_ASSIGNMENTS = {
    *("assignments", "cancellations", "file_remarks", "landed_files", "log_issues", "rejected_rows"),
    *("assessed_plan_months", "change_request_assessments", "redistribution_assessments"),
    *("over_plan_dialogues", "replacement_links", "request_answer_months", "request_answers", "forecast_inputs"),
}


def test_is_published(shipped: Built) -> None:
    assert shipped.exit_code == 0, shipped.text
    assert (shipped.output / "current").is_symlink()
    assert f"as of {SHIPPED_AS_OF}" in shipped.text


def test_what_waits_is_counted_as_its_checks_count(shipped: Built) -> None:
    checks = {kind: check for kind, check in WAITING.items() if check}
    failing = dict(shipped.query("select check_name, failing_rows from marts.check_results"))
    cases = dict(shipped.query("select kind, sum(cases)::int from marts.to_do group by kind"))
    assert {kind: cases.get(kind, 0) for kind in checks} == {kind: failing[check] for kind, check in checks.items()}
    assert set(cases) <= set(WAITING)


def test_2018_equals_the_published_closing_table(shipped: Built) -> None:
    table = PROJECT / "data" / "reference" / "received_on_assignment_2018.csv"
    published = [
        (row["municipality_code"], int(row["kommuntal_persons"]), int(row["received_persons"]))
        for row in csv.DictReader(table.open(encoding="utf-8"))
    ]
    found = shipped.query(
        "select municipality_code, kommuntal_persons, received_persons from marts.quota_year_counts "
        "where quota_year = 2018 order by 1"
    )
    assert len(published) == 290
    assert found == sorted(published)
    assert sum(row[2] for row in found) == 14_588


def test_every_county_is_ok_in_2018(shipped: Built) -> None:
    assert shipped.query("select status, count(*) from marts.county_quotas where quota_year = 2018 group by 1") == [
        ("ok", 21)
    ]


def test_shows_what_the_real_world_holds(shipped: Built) -> None:
    """Replacements across new year, new constellations, over-plan with and without approval, overdue, odd events."""
    [counts] = shipped.query("""
        select
            (select count(*) from marts.cancellations where crosses_year and replacement_assignments > 0),
            (select count(*) from marts.cancellations where is_new_constellation),
            (select sum(over_plan_approved_persons) from marts.plan_deviations),
            (select sum(over_plan_unapproved_persons) from marts.plan_deviations),
            (select count(*) from marts.assignments where is_overdue),
            (select count(distinct issue) from marts.log_issues),
            (select count(*) from marts.plan_deviations where deviation_persons is null),
    """)
    assert all(count > 0 for count in counts)
    assert counts[5] >= 6


def test_holds_every_mart_of_the_contract(shipped: Built) -> None:
    tables = shipped.query("select table_name from duckdb_tables() where schema_name = 'marts'")
    assert {name for (name,) in tables} == MARTS


def test_every_table_and_column_is_documented_in_the_database(shipped: Built) -> None:
    undocumented = shipped.query("""
        select table_name, null from duckdb_tables() where coalesce(comment, '') = ''
        union all
        select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''
    """)
    assert undocumented == []


def test_a_copy_works_under_any_name_and_beside_another(shipped: Built, tmp_path: Path) -> None:
    """There is no view that could read another file than its own: in DuckDB 1.0 one would, in silence."""
    assert shipped.query("from duckdb_views() where not internal") == []
    copy = tmp_path / "our copy (2).db"
    shutil.copyfile(shipped.output / "current" / "warehouse.duckdb", copy)
    with duckdb.connect() as session:
        session.execute(f"attach '{copy}' as copied")
        session.execute(f"attach '{shipped.output / 'current' / 'warehouse.duckdb'}' as warehouse (read_only)")
        tables = session.execute("""
            select schema_name || '.' || table_name from duckdb_tables() where database_name = 'copied' order by all
        """).fetchall()
        session.execute("update copied.marts.assignments set persons = persons + 1")
        for (table,) in tables:
            differing = session.execute(f"from copied.{table} except all from warehouse.{table}").fetchall()
            assert bool(differing) == (table == "marts.assignments"), table


def test_every_parquet_file_says_which_release_it_is_of(shipped: Built) -> None:
    current = (shipped.output / "current").resolve()
    of_release = {"build_id": current.name, "as_of_date": SHIPPED_AS_OF, "is_simulated": "true"}
    days = {"public_day": PUBLIC_DAY, "next_public_day": "2026-10-31"}
    editions = set((shipped.output / "editions" / PUBLIC_DAY).rglob("*.parquet"))
    files = [*current.rglob("*.parquet"), *editions]
    assert len(files) > len(MARTS)
    outcomes = {file.name for file in editions}
    internal = {*(current / "internal").rglob("*"), *(current / "parquet").rglob("*")}
    for file in files:
        said = of_release | (days if file not in internal else {})
        said |= {"as_of_date": PUBLIC_DAY} if file.name in outcomes and file not in internal else {}
        metadata = pl.read_parquet_metadata(file)
        assert {name: metadata.get(name) for name in said} == said, file.name
    facts = shipped.query("select build_id, code_version like '%+%', contract_version, is_simulated from marts.release")
    assert facts == [(current.name, True, "2", True)]


def test_releases_are_remembered_with_their_as_of_date(shipped: Built) -> None:
    current = (shipped.output / "current").resolve().name
    assert shipped.query("select build_id, as_of_date::varchar, known_at from history.releases") == [
        (current, SHIPPED_AS_OF, None)
    ]


def test_parquet_files_equal_the_marts(shipped: Built) -> None:
    current = (shipped.output / "current").resolve()
    assert {path.stem for path in (current / "parquet").iterdir()} == MARTS
    for mart in sorted(MARTS):
        file = current / "parquet" / f"{mart}.parquet"
        both = f"(from marts.{mart} except all from '{file}') union all (from '{file}' except all from marts.{mart})"
        assert shipped.query(both) == [], mart


def test_parts_of_a_shortfall_and_areas_of_a_forecast_add_up(shipped: Built) -> None:
    parts = "not_assigned_persons + revised_late_persons + not_replaced_persons + late_persons"
    assert shipped.query(f"from marts.shortfalls where shortfall_persons <> {parts}") == []
    received = "kommuntal_persons - shortfall_persons <> received_in_time_persons"
    assert shipped.query(f"from marts.shortfalls where {received}") == []
    persons = ("in_time_expected_persons", "finally_expected_persons", "received_persons", "open_persons")
    sums = ", ".join(f"round(sum({name}), 1)" for name in persons)
    of_municipalities, of_counties, of_country = (
        shipped.query(f"select {sums} from marts.forecasts where area_level = '{level}'")
        for level in ("municipality", "county", "country")
    )
    assert of_municipalities == of_counties == of_country
    [(received_persons,)] = shipped.query(
        "select received_persons from marts.area_year_summaries where area_code = '00' and quota_year = 2026"
    )
    assert of_country[0][2] == received_persons


def test_internal_tables_hold_aggregates_only(shipped: Built) -> None:
    internal = (shipped.output / "current" / "internal" / "data").glob("*.parquet")
    history = {"changes", "plan_publications", "count_publications", "releases"}
    assert {path.stem for path in internal} == MARTS - OF_ASSIGNMENTS | history


def test_build_json_describes_the_release(shipped: Built) -> None:
    current = (shipped.output / "current").resolve()
    described = json.loads((current / "build.json").read_text())
    assert described["build_id"] == current.name
    assert described["as_of"] == SHIPPED_AS_OF
    assert described["published"] is True
    assert described["findings"] == []  # a defect could hide behind a page that says that it could not be made
    assert [check["check_name"] for check in described["checks"]] == [check.name for check in CHECKS]
    assert set(described["rows_by_mart"]) == MARTS
    delivered = {path.relative_to(SHIPPED_LANDING).as_posix(): path for path in SHIPPED_LANDING.rglob("*.*")}
    assert {f"{file['feed']}/{file['file_name']}" for file in described["files"]} == set(delivered)
    for file in described["files"]:
        content = delivered[f"{file['feed']}/{file['file_name']}"].read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_digests_cover_every_file(shipped: Built) -> None:
    current = (shipped.output / "current").resolve()
    listed = dict(line.split("  ", 1)[::-1] for line in (current / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(current).as_posix() for path in current.rglob("*") if path.is_file()}
    assert files - {"SHA256SUMS"} == set(listed)
    for name in ("warehouse.duckdb", "build.json", "public/index.html"):
        assert listed[name] == hashlib.sha256((current / name).read_bytes()).hexdigest()


def test_rows_read_are_accounted_for(shipped: Built) -> None:
    assert (
        shipped.query(
            "from marts.landed_files where rows_read = 0 or rows_read <> "
            "rows_accepted + rows_rejected + rows_duplicate + rows_not_yet_known"
        )
        == []
    )


def test_old_clients_can_open_the_warehouse(shipped: Built) -> None:
    """DuckDB 1.0 reads storage version 64; the number stands in the file's header."""
    header = (shipped.output / "current" / "warehouse.duckdb").read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


def test_names_of_simulated_deliveries_say_so(shipped: Built) -> None:
    names = shipped.query("select feed, file_name from marts.landed_files where file_name not like '%-real.csv'")
    assert names
    assert all("simulated" in name for _, name in names)
    decided = shipped.query(
        "select distinct decision_id, file_name from staging.stg_quota_decisions where level = 'kommuntal'"
    )
    assert all(("Simulated" in decision) == ("simulated" in name) for decision, name in decided)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_staging_holds_the_columns_of_the_table_of_feeds(feed: Feed, shipped: Built) -> None:
    settled = "not_accepted" if feed is ASSIGNMENT_LOG else "settled"
    for table in (f"stg_{feed.name}", f"stg_{feed.name}_{settled}"):
        columns = [row[0] for row in shipped.query(f"describe staging.{table}")]
        assert [name for name in columns if name in feed.column_names] == [
            column.name for column in feed.own_columns
        ], table
        assert {"file_name", "row_number"} <= set(columns)


def test_a_release_can_be_read_while_another_connection_reads_it(shipped: Built) -> None:
    warehouse = str((shipped.output / "current" / "warehouse.duckdb").resolve())
    with duckdb.connect(warehouse, read_only=True) as first, duckdb.connect(warehouse, read_only=True) as second:
        assert first.execute("select count(*) from marts.municipalities").fetchone() == (290,)
        assert second.execute("select count(*) from marts.municipalities").fetchone() == (290,)
