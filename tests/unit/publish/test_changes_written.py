from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.publish.data.changes import Change, Changes
from dagster_project.publish.data.publication_history import write_history


def change(plan_month: date | None, before: int | None = 1) -> Change:
    return Change("0765", 2026, plan_month, "planned", before, 2, "kommuntal", None)


@pytest.mark.parametrize(
    "rows",
    [
        [change(None, None)],
        [*[change(None)] * 1000, change(date(2026, 3, 1), None)],
    ],
    ids=["nothing but whole years", "the first month comes late"],
)
def test_changes_are_written_whatever_the_first_of_them_lack(rows: list[Change], tmp_path: Path) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute("""
            create schema marts;
            create table marts.release (build_id varchar, as_of_date date, known_at timestamp);
            create table marts.monthly_plan
                (municipality_code varchar, plan_month date, planned_persons bigint);
            create table marts.quota_year_counts
                (quota_year bigint, municipality_code varchar, kommuntal_persons bigint, received_persons bigint,
                open_persons bigint, cancelled_persons bigint);
        """)
        write_history(warehouse, None, tmp_path, "build", datetime(2026, 3, 1, tzinfo=UTC), Changes(None, rows))
        assert warehouse.execute("from history.changes").fetchall() == rows
