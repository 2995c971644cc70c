"""One reader: `python reader.py OUTPUT SECONDS SEED` asks `current` at random and tells its times as JSON."""

import json
import random
import sys
import time
from pathlib import Path

import duckdb

QUERIES = (
    "select sum(planned_persons), sum(assigned_persons) from marts.plan_deviations where municipality_code = $code",
    "select * from marts.quota_year_counts where municipality_code = $code order by quota_year",
    "select plan_month, planned_persons from marts.monthly_plan where municipality_code = $code order by plan_month",
    "select count(*) from marts.assignments where municipality_code = $code and is_overdue",
)
CODES = ("0114", "0180", "0580", "0765", "1280", "1480", "2080", "2584")


def main() -> None:
    """Open the current release, ask, close, again and again."""
    warehouse, seconds, chance = (
        Path(sys.argv[1]) / "current" / "warehouse.duckdb",
        float(sys.argv[2]),
        random.Random(sys.argv[3]),
    )
    taken, failures = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        try:
            with duckdb.connect(str(warehouse.resolve()), read_only=True, config={"threads": 1}) as connection:
                connection.execute(chance.choice(QUERIES), {"code": chance.choice(CODES)}).fetchall()
        except duckdb.Error:
            failures += 1
        taken.append(time.perf_counter() - start)
    print(json.dumps({"seconds": taken, "failures": failures}))


if __name__ == "__main__":
    main()
