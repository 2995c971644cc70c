"""What was known on a day is what had been delivered by then: the known-at moment leaves nothing behind."""

import csv
from pathlib import Path

import pytest
import twin
import worlds

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
