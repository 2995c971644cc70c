"""The history that is handed on from release to release: read where it has today's form, else rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from unit.small_release import build_id, cut_short, publish

from dagster_project.publish.data.public_tables import internal_downloads, plan_downloads
from dagster_project.publish.data.publication_history import HISTORY_VERSION
from dagster_project.releases.build_json import ERROR, Finding
from dagster_project.releases.digests import write_digests
from dagster_project.releases.folder import ReleaseFolder

NIGHTS = (12, 24, 24, None, 12)
TABLES = ("releases", "plan_publications", "count_publications")


@pytest.fixture(scope="module")
def five_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 persons, 24, 24 again, none, 12 again."""
    output = tmp_path_factory.mktemp("nights") / "output"
    for day, persons in enumerate(NIGHTS, 1):
        _, finding = publish(output, day, persons)
        assert finding is None
    return output


@pytest.fixture(scope="module")
def sixth_night(five_nights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of a sixth night, of 36 persons, after nothing was hurt."""
    output = shutil.copytree(five_nights, tmp_path_factory.mktemp("sixth") / "output", symlinks=True)
    return publish(output, 6, 36)[0]


@pytest.fixture
def output(five_nights: Path, tmp_path: Path) -> Path:
    """The releases of five nights, to be hurt."""
    return shutil.copytree(five_nights, tmp_path / "output", symlinks=True)


def history(release: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        return {table: warehouse.execute(f"from history.{table}").fetchall() for table in TABLES}


@contextmanager
def changed(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a release as if it had been written otherwise: the release is whole."""
    (release / "warehouse.duckdb").chmod(0o640)
    with ReleaseFolder(release).warehouse() as warehouse:
        yield warehouse
    write_digests(release)


def told(release: str, reason: str, releases: int) -> Finding:
    return Finding("history", ERROR, release, {"release": release, "reason": reason, "releases": releases})


def test_handed_on_from_night_to_night(output: Path) -> None:
    handed_on = history(output / "current")
    spells = [(row[2], row[3], row[4]) for row in handed_on["plan_publications"]]
    assert spells == [
        (12, build_id(1), build_id(1)),
        (24, build_id(2), build_id(3)),
        (12, build_id(5), build_id(5)),
    ]
    assert [row[0] for row in handed_on["releases"]] == [build_id(day) for day in range(1, 6)]


UNREADABLE = {
    "update history.schema_version set version_number = 2": "history.schema_version: 2",
    "drop schema history cascade": "history.schema_version: –",
    "drop table history.schema_version; alter table history.plan_publications add column more int": (
        "history.schema_version: –"
    ),
    "drop table history.schema_version; alter table history.releases alter as_of_date type varchar": (
        "history.schema_version: –"
    ),
    "drop table history.schema_version; drop table history.count_publications": "history.schema_version: –",
    "drop table history.count_publications": "CatalogException",
    "drop table history.releases": "CatalogException",
    "alter table history.plan_publications alter plan_month type varchar using 'May'": "ConversionException",
}


@pytest.mark.parametrize("change", UNREADABLE)
def test_what_cannot_be_read_is_rebuilt_as_it_was(change: str, output: Path, sixth_night: Path) -> None:
    """As long as all releases are there nothing is lost, and the old copy stays as it is."""
    last = (output / "current").resolve()
    with changed(last) as warehouse:
        warehouse.execute(change)
    before = (last / "warehouse.duckdb").read_bytes()
    rebuilt, finding = publish(output, 6, 36)
    assert finding == told(build_id(5), UNREADABLE[change], 5)
    assert history(rebuilt) == history(sixth_night)
    assert (last / "warehouse.duckdb").read_bytes() == before


def test_a_history_that_was_rebuilt_is_handed_on(output: Path) -> None:
    with changed((output / "current").resolve()) as warehouse:
        warehouse.execute("drop schema history cascade")
    publish(output, 6, 36)
    placed, finding = publish(output, 7, 36)
    assert finding is None
    assert [row[0] for row in history(placed)["releases"]] == [build_id(day) for day in range(1, 8)]


@pytest.mark.parametrize(("lacks", "known"), [((), [1, 2, 3, 4, 5, 6]), (("releases",), [6])])
def test_a_history_without_a_number_is_read_where_its_columns_are_todays(
    lacks: tuple[str, ...], known: list[int], output: Path
) -> None:
    """As before there were numbers, and before there was a table of releases; nothing is there to rebuild it from."""
    last = (output / "current").resolve()
    before = history(last)
    with changed(last) as warehouse:
        for table in ("schema_version", *lacks):
            warehouse.execute(f"drop table history.{table}")
    for day in range(1, 5):
        shutil.rmtree(output / "releases" / build_id(day))
    placed, finding = publish(output, 6)
    assert finding is None
    assert history(placed)["plan_publications"][:2] == before["plan_publications"][:2]
    assert [row[0] for row in history(placed)["releases"]] == [build_id(day) for day in known]


def test_rebuilt_from_releases_that_are_whole_and_can_be_read(output: Path) -> None:
    cut_short(output / "releases" / build_id(1) / "warehouse.duckdb")
    with changed(output / "releases" / build_id(2)) as warehouse:
        warehouse.execute("alter table marts.quota_year_counts rename open_persons to outstanding_persons")
    with changed(output / "releases" / build_id(5)) as warehouse:
        warehouse.execute("drop schema history cascade")
    rebuilt, finding = publish(output, 6)
    assert finding == told(build_id(5), "history.schema_version: –", 3)
    said = history(rebuilt)
    assert [row[0] for row in said["releases"]] == [build_id(day) for day in (3, 4, 5, 6)]
    assert [(row[2], row[3], row[4]) for row in said["plan_publications"]] == [
        (24, build_id(3), build_id(3)),
        (12, build_id(5), build_id(6)),
    ]


def test_its_number_is_kept_and_not_offered(output: Path) -> None:
    with duckdb.connect(str(output / "current" / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("from history.schema_version").fetchall() == [(HISTORY_VERSION,)]
        undocumented = "select table_name from duckdb_tables() where schema_name = 'history' and comment is null"
        assert warehouse.execute(undocumented).fetchall() == []
    offered = {one.table.name for one in [*internal_downloads(), *plan_downloads()]}
    assert "schema_version" not in offered
