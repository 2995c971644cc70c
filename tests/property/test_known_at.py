"""What was known on a day is what had been delivered by then: the known-at moment leaves nothing behind."""

import csv
from pathlib import Path

import pytest
import twin
import worlds
from conftest import Build, Built

REGISTER = Path(__file__).parents[2] / "data" / "reference" / "municipalities.csv"
SEEDS = range(40)

# These tell of the files and the moment themselves.
DIFFERENT = {"landed_files", "rejected_rows", "file_remarks", "check_results", "release"}


def said(marts: twin.Marts) -> dict[str, set[str]]:
    return {mart: set(map(repr, rows)) for mart, rows in marts.items() if mart not in DIFFERENT}


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_recorded_later_change_nothing(seed: int, tmp_path: Path) -> None:
    with REGISTER.open(encoding="utf-8", newline="") as file:
        register = list(csv.DictReader(file))
    early, everything = tmp_path / "early", tmp_path / "all"
    as_of, known_at = worlds.write_known_at_world(early, everything, register, seed, worlds.SMALL)
    known = twin.marts_of(everything, register, as_of, known_at)

    assert said(known) == said(twin.marts_of(early, register, as_of))
    assert sum(row["rows_not_yet_known"] for row in known["landed_files"]) > 50
    hidden = {row["file_name"] for row in known["landed_files"] if row["rows_not_yet_known"]}
    assert all(" after " in name for name in hidden)


# The project's own marts that count the rows of those.
COUNTED_FROM_THEM = {"feed_deliveries", "file_remark_counts", "rejected_row_counts"}


def rows_of(built: Built) -> dict[str, list[tuple[object, ...]]]:
    names = built.query("select table_name from duckdb_tables() where schema_name = 'marts'", built.finished())
    kept = sorted({name for (name,) in names} - DIFFERENT - COUNTED_FROM_THEM)
    return {name: sorted(built.query(f"from marts.{name}", built.finished()), key=repr) for name in kept}


def test_a_day_looked_back_at_is_as_it_was(build: Build, tmp_path: Path) -> None:
    """All files, known at D, equal the files of D, where later files hold only rows recorded after D."""
    early, everything = tmp_path / "early", tmp_path / "all"
    with REGISTER.open(encoding="utf-8", newline="") as file:
        register = list(csv.DictReader(file))
    as_of, known_at = worlds.write_known_at_world(early, everything, register, 7, worlds.SMALL)
    then = build(early, f"{as_of}", tmp_path / "then")
    looked_back = build(everything, f"{as_of}", tmp_path / "now", known_at=f"{known_at:%Y-%m-%dT%H:%M:%S}")
    assert looked_back.exit_code == then.exit_code
    assert rows_of(looked_back) == rows_of(then)
