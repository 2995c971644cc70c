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
from dagster_project.ingest.load import REFERENCE_TABLES
from dagster_project.ingest.taken_over import (
    DECISIONS,
    begin,
    copy_warehouse,
    forget_others,
    note_touched_assignments,
    unchanged_tables,
)
from dagster_project.settings import settings_for

AS_OF = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _any_size_is_worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken_over, "WORTHWHILE_BYTES", 0)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two files of the log, one of each other feed."""
    folder = tmp_path / "landing"
    for name in ("assignment_log/b.csv", "assignment_log/c.csv", *(f"{feed}/d.csv" for feed in DECISIONS)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(Path(name).name)
    return folder


@pytest.fixture
def release(landing: Path, tmp_path: Path) -> Path:
    """What a release of that landing folder holds, as far as it matters here."""
    folder = tmp_path / "release"
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("""
            create schema raw; create schema staging; create schema marts; create schema history;
            create table raw.landed_files (feed varchar, file_name varchar);
            create table raw.assignment_log as select date '2026-02-01' as event_date;
            create table raw.quota_decisions as
            select 2026 as quota_year, date '2025-11-01' as decided_date, date '2026-01-01' as in_force_date;
            create table raw.redistributions as
            select
                date '2026-01-10' as requested_date, date '2026-01-11' as reconciled_date,
                date '2026-01-12' as decided_date, date '2026-03-10' as in_force_date, 'approved' as decision;
            create table raw.change_requests as
            select date '2026-01-20' as requested_date, date '2026-01-21' as decided_date, 'accepted' as decision;
            create view staging.stg_redistributions as from raw.redistributions;
            create view staging.stg_change_requests as from raw.change_requests;
            create table marts.assignments as from raw.assignment_log;
            create table marts.plan_deviations (a int);
            create table history.changes (a int)
        """)
        for one in deliveries_in(landing):
            warehouse.execute("insert into raw.landed_files values (?, ?)", [one.feed, one.file_name])
    (folder / "SHA256SUMS").write_text(f"{sha256_of(folder / 'warehouse.duckdb')}  warehouse.duckdb\n")
    files = [{"feed": one.feed, "file_name": one.file_name, "sha256": one.sha256} for one in deliveries_in(landing)]
    described = {"as_of": AS_OF.isoformat(), "code_version": code_version(), "files": files}
    (folder / "build.json").write_text(json.dumps(described))
    return folder


def taken(release: Path | None, landing: Path, as_of: date = AS_OF) -> date | None:
    into = landing.parent / "new.duckdb"
    since = copy_warehouse(release, deliveries_in(landing), as_of, into)
    assert into.exists() == (since is not None)
    return since


def unchanged(release: Path, landing: Path, as_of: date = AS_OF) -> set[str]:
    """Feeds that count as they did, when a build takes over the release."""
    since = taken(release, landing, as_of)
    assert since is not None
    with duckdb.connect(str(landing.parent / "new.duckdb")) as warehouse:
        tables = unchanged_tables(warehouse, deliveries_in(landing), since, as_of)
    assert tables > set(REFERENCE_TABLES)
    return set(tables) - set(REFERENCE_TABLES)


@pytest.mark.parametrize("as_of", [AS_OF, date(2027, 1, 1)])
def test_the_same_program_builds_on_what_is_still_delivered(as_of: date, release: Path, landing: Path) -> None:
    (landing / "assignment_log" / "a-new.csv").write_text("new")
    (landing / "assignment_log" / "d-again.csv").write_text("b.csv")
    assert taken(release, landing, as_of) == AS_OF


def test_what_would_only_be_replaced_is_dropped(release: Path, landing: Path) -> None:
    assert taken(release, landing) == AS_OF
    with duckdb.connect(str(landing.parent / "new.duckdb")) as warehouse:
        listed = "select table_schema || '.' || table_name from information_schema.tables order by all"
        before = [name for (name,) in warehouse.execute(listed).fetchall()]
        forget_others(warehouse, {"marts.assignments"})
        # What was published when is handed on by the release itself.
        kept = [name for name in before if name.startswith("raw.") or name == "marts.assignments"]
        assert [name for (name,) in warehouse.execute(listed).fetchall()] == sorted(kept)


@pytest.mark.parametrize(
    ("as_of", "moved"),
    [
        (AS_OF, set()),
        (date(2026, 3, 9), set()),
        (date(2026, 3, 10), {"redistributions"}),
        (date(2026, 12, 31), {"redistributions"}),
        (date(2027, 1, 1), {"redistributions", "quota_decisions"}),
    ],
)
def test_decisions_count_as_they_did_until_a_day_of_theirs_comes(
    as_of: date, moved: set[str], release: Path, landing: Path
) -> None:
    assert unchanged(release, landing, as_of) == set(DECISIONS) - moved


@pytest.mark.parametrize("feed", DECISIONS)
def test_decisions_that_came_count_anew(feed: str, release: Path, landing: Path) -> None:
    (landing / feed / "e.csv").write_text("new")
    assert unchanged(release, landing) == set(DECISIONS) - {feed}


@pytest.mark.parametrize("feed", ["redistributions", "change_requests"])
def test_what_awaits_a_decision_counts_anew_every_day(feed: str, release: Path, landing: Path) -> None:
    with duckdb.connect(str(release / "warehouse.duckdb")) as warehouse:
        warehouse.execute(f"update raw.{feed} set decision = null")
    (release / "SHA256SUMS").write_text(f"{sha256_of(release / 'warehouse.duckdb')}  warehouse.duckdb\n")
    assert unchanged(release, landing) == set(DECISIONS) - {feed}


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


@pytest.mark.parametrize(("anew", "since"), [(False, AS_OF), (True, None)])
def test_a_build_begins_with_the_current_release_unless_it_shall_not(
    anew: bool, since: date | None, release: Path, landing: Path, tmp_path: Path
) -> None:
    (tmp_path / "current").symlink_to(release)
    beginning = begin(settings_for(landing, tmp_path, AS_OF, anew=anew), tmp_path / "new.duckdb")
    assert beginning.since == since
    assert beginning.deliveries == deliveries_in(landing)
    assert (tmp_path / "new.duckdb").exists() == (since is not None)


def test_there_need_be_no_release(landing: Path) -> None:
    assert taken(None, landing) is None


CHAIN = ["changed", "replaced it", "replaced its replacement", "it replaced", "replaced before", "it replaces now"]


@pytest.mark.parametrize(
    ("as_of", "names"),
    [
        (AS_OF, CHAIN),
        (date(2026, 3, 15), [*CHAIN, "come to pass", "overdue from the first day", "overdue now"]),
    ],
)
def test_chains_are_touched_in_which_something_came_to_pass_since(as_of: date, names: list[str]) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute("""
            create schema raw; create schema intermediate; create schema marts;
            create temp table changed_assignments as select 'changed' as assignment_id;
            create table raw.assignment_log (assignment_id varchar, event_date date, replaces varchar);
            insert into raw.assignment_log values
                ('old', '2026-03-01', null), ('come to pass', '2026-03-15', null), ('ahead', '2026-03-16', 'not ahead'),
                ('changed', '2026-03-01', 'nobody knows;it replaces now'), ('it replaces now', '2026-03-01', null);
            create table marts.assignments (assignment_id varchar, status varchar, reception_deadline_date date);
            insert into marts.assignments values
                ('overdue now', 'open', '2026-03-14'), ('overdue from the first day', 'open', '2026-03-01'),
                ('was overdue', 'open', '2026-02-28'), ('due today', 'open', '2026-03-15'),
                ('received', 'received', '2026-03-14');
            create table intermediate.int_replacement_links_checked as
            from (values
                ('replaced it', 'changed', 'replacement_not_cancelled'),
                ('replaced its replacement', 'replaced it', null), ('changed', 'it replaced', null),
                ('it replaced', 'replaced before', null), ('replaced another', 'received', null)
            ) as links (assignment_id, original_assignment_id, issue)
        """)
        note_touched_assignments(warehouse, AS_OF, as_of)
        found = {name for (name,) in warehouse.execute("from raw.touched_assignments").fetchall()}
    assert found == {*names, "nobody knows"}
