"""Runs floor.sql over Parquet deliveries, into a database file: `python floor.py LANDING AS_OF DATABASE`."""

import sys
from datetime import date
from pathlib import Path

import duckdb

# Tables of floor.sql, with the mart and its rows that say the same.
SAME = {
    "assignments": "marts.assignments",
    "cancellations": "marts.cancellations",
    "months": "marts.plan_deviations where "
    "assigned_persons + prior_year_replacement_persons + received_in_month_persons > 0",
    "years": "marts.quota_year_counts where received_persons + open_persons + cancelled_persons > 0",
}


def run(landing: Path, as_of: date, database: Path) -> None:
    """Create the tables of floor.sql."""
    files = sorted(str(path) for path in (landing / "assignment_log").glob("*.parquet"))
    script = Path(__file__).with_name("floor.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(database)) as connection:
        for statement in duckdb.extract_statements(script):
            values = {"files": files, "as_of": as_of}
            connection.execute(statement, {name: values[name] for name in statement.named_parameters})


def differing_rows(database: Path, warehouse: Path) -> int:
    """How many rows the floor and a release's marts do not share."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as floor (read_only); attach '{warehouse}' as release (read_only)")
        return sum(_difference(connection, table, mart) for table, mart in SAME.items())


def _difference(connection: duckdb.DuckDBPyConnection, table: str, mart: str) -> int:
    described = connection.execute(f"select * from floor.{table} limit 0").description or []
    names = ", ".join(column[0] for column in described)
    here, there = f"select {names} from floor.{table}", f"select {names} from release.{mart}"
    query = f"select count(*) from (({here} except all {there}) union all ({there} except all {here}))"
    [(count,)] = connection.execute(query).fetchall()
    return int(count)


if __name__ == "__main__":
    run(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
