"""What was known on a day, at the command: rows recorded later do not exist, all others do."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SHIPPED_LANDING, Build, Built

DECISIONS = "decision_id,level,quota_year,area_code,persons,recorded_at\n"


@pytest.mark.parametrize(("known_at", "persons"), [("2026-03-01", [15, 17, 19]), (None, [16, 17, 19])])
def test_a_late_row_counts_by_its_stamp(known_at: str | None, persons: list[int], build: Build, tmp_path: Path) -> None:
    """In a later file: a correction of the day after, a decision stamped early, and one without a stamp."""
    folder = tmp_path / "landing" / "quota_decisions"
    folder.mkdir(parents=True)
    row = "{0},kommuntal,2026,{1},{2},{3}\n"
    (folder / "1.csv").write_text(DECISIONS + row.format("K1", "0760", 15, "2026-03-01T23:59:59"))
    late = [
        ("K1", "0760", 16, "2026-03-02T00:00:00"),
        ("K2", "0761", 17, "2026-03-01T22:59:59Z"),
        ("K3", "0763", 19, ""),
    ]
    (folder / "2.csv").write_text(DECISIONS + "".join(row.format(*values) for values in late))
    built = build(tmp_path / "landing", "2026-03-01", tmp_path / "output", known_at=known_at)
    assert [
        row[0] for row in built.query("select decided_persons from marts.municipality_quotas order by 1")
    ] == persons
    remarks = built.query("select file_name, remark, occurrences from marts.file_remarks")
    assert remarks == ([("2.csv", "no_recorded_at", 1)] if known_at else [])
    not_yet = built.query("select sum(rows_not_yet_known), sum(rows_read) from marts.landed_files")
    assert not_yet == [(1 if known_at else 0, 4)]


def test_a_correction_not_yet_recorded_is_not_known(build: Build, shipped: Built, tmp_path: Path) -> None:
    """The shipped log: three persons were received, which was recorded as one until 14 August."""
    asked = "select received_persons from marts.assignments where assignment_id = 'SIM2026-A000507'"
    day = "2026-07-10"
    assert build(SHIPPED_LANDING, day, tmp_path / "known", known_at=day).query(asked) == [(1,)]
    assert shipped.query(asked) == [(3,)]
