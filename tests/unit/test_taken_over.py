"""When a build may begin from the release before: only where the outcome is sure to be the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.digest import code_version, sha256_of
from dagster_project.ingest import taken_over
from dagster_project.ingest.landing import deliveries_in
from dagster_project.ingest.taken_over import note_touched_assignments, take_over

AS_OF = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _any_size_is_worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken_over, "WORTHWHILE_BYTES", 0)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two files of the log."""
    folder = tmp_path / "landing" / "assignment_log"
    folder.mkdir(parents=True)
    for name in ("b.csv", "c.csv"):
        (folder / name).write_text(name)
    return folder.parent


@pytest.fixture
def release(landing: Path, tmp_path: Path) -> Path:
    """What a release of that landing folder holds, as far as it matters here."""
    folder = tmp_path / "release"
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("""
            create schema raw; create schema staging; create schema marts; create schema history;
            create table raw.assignment_log as select 1 as a;
            create view staging.stg_assignment_events as from raw.assignment_log;
            create table marts.assignments as from staging.stg_assignment_events;
            create table marts.plan_deviations (a int);
            create table history.changes (a int)
        """)
    (folder / "SHA256SUMS").write_text(f"{sha256_of(folder / 'warehouse.duckdb')}  warehouse.duckdb\n")
    files = [{"feed": one.feed, "file_name": one.file_name, "sha256": one.sha256} for one in deliveries_in(landing)]
    described = {"as_of": AS_OF.isoformat(), "code_version": code_version(), "files": files}
    (folder / "build.json").write_text(json.dumps(described))
    return folder


def taken(release: Path | None, landing: Path, as_of: date = AS_OF) -> date | None:
    into = landing.parent / "new.duckdb"
    since = take_over(release, deliveries_in(landing), as_of, into, {"marts.assignments"})
    assert into.exists() == (since is not None)
    return since


@pytest.mark.parametrize("as_of", [AS_OF, date(2027, 1, 1)])
def test_the_same_program_builds_on_what_is_still_delivered(as_of: date, release: Path, landing: Path) -> None:
    (landing / "assignment_log" / "a-new.csv").write_text("new")
    (landing / "assignment_log" / "d-again.csv").write_text("b.csv")
    assert taken(release, landing, as_of) == AS_OF
    with duckdb.connect(str(landing.parent / "new.duckdb")) as warehouse:
        tables = warehouse.execute("select table_schema, table_name from information_schema.tables order by all")
        # What was published when is handed on by the release itself.
        assert tables.fetchall() == [("marts", "assignments"), ("raw", "assignment_log")]


def another_program(release: Path, _: Path) -> None:
    described = json.loads((release / "build.json").read_text())
    (release / "build.json").write_text(json.dumps(described | {"code_version": "0.0.1+another"}))


def without_warehouse(release: Path, _: Path) -> None:
    (release / "warehouse.duckdb").unlink()


def without_digests(release: Path, _: Path) -> None:
    (release / "SHA256SUMS").unlink()


def written_into(release: Path, _: Path) -> None:
    with duckdb.connect(str(release / "warehouse.duckdb")) as warehouse:
        warehouse.execute("insert into marts.plan_deviations values (1)")


def gone(_: Path, landing: Path) -> None:
    (landing / "assignment_log" / "b.csv").unlink()


def changed(_: Path, landing: Path) -> None:
    (landing / "assignment_log" / "b.csv").write_text("other content")


def preceded_by_its_copy(_: Path, landing: Path) -> None:
    (landing / "assignment_log" / "a.csv").write_text("b.csv")


@pytest.mark.parametrize(
    "doubt",
    [another_program, without_warehouse, without_digests, written_into, gone, changed, preceded_by_its_copy],
)
def test_any_doubt_means_anew(doubt: Callable[[Path, Path], None], release: Path, landing: Path) -> None:
    doubt(release, landing)
    assert taken(release, landing) is None


def test_what_lies_ahead_is_not_taken_back(release: Path, landing: Path) -> None:
    assert taken(release, landing, date(2026, 2, 28)) is None


def test_what_is_small_is_made_anew(release: Path, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (release / "warehouse.duckdb").stat().st_size
    monkeypatch.setattr(taken_over, "WORTHWHILE_BYTES", size)
    assert taken(release, landing) == AS_OF
    (landing.parent / "new.duckdb").unlink()
    monkeypatch.setattr(taken_over, "WORTHWHILE_BYTES", size + 1)
    assert taken(release, landing) is None


def test_there_need_be_no_release(landing: Path) -> None:
    assert taken(None, landing) is None


@pytest.mark.parametrize(
    ("as_of", "names"),
    [
        (AS_OF, ["changed", "replaced it", "replaced its replacement"]),
        (
            date(2026, 3, 15),
            [
                "changed",
                "come to pass",
                "overdue from the first day",
                "overdue now",
                "replaced it",
                "replaced its replacement",
            ],
        ),
    ],
)
def test_what_came_to_pass_since_and_what_replaced_it_is_touched(as_of: date, names: list[str]) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute("""
            create schema raw; create schema intermediate; create schema marts;
            create temp table changed_assignments as select 'changed' as assignment_id;
            create table raw.assignment_log (assignment_id varchar, event_date date);
            insert into raw.assignment_log values
                ('old', '2026-03-01'), ('come to pass', '2026-03-15'), ('ahead', '2026-03-16');
            create table marts.assignments (assignment_id varchar, status varchar, reception_deadline_date date);
            insert into marts.assignments values
                ('overdue now', 'open', '2026-03-14'), ('overdue from the first day', 'open', '2026-03-01'),
                ('was overdue', 'open', '2026-02-28'), ('due today', 'open', '2026-03-15'),
                ('received', 'received', '2026-03-14');
            create table intermediate.int_replacement_links_checked as
            from (values
                ('replaced it', 'changed', 'replacement_not_cancelled'), ('replaced it', 'received', null),
                ('replaced its replacement', 'replaced it', null), ('replaced another', 'received', null)
            ) as links (assignment_id, original_assignment_id, issue)
        """)
        note_touched_assignments(warehouse, AS_OF, as_of)
        found = warehouse.execute("from raw.touched_assignments order by all").fetchall()
    assert found == [(name,) for name in names]
