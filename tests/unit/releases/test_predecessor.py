"""Which release a build goes on from, and what it says of those that it passes over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.small_release import PLAN, build_id, cut_short, publish

from dagster_project.releases.build_json import ERROR, Finding
from dagster_project.releases.current_link import CURRENT, current_release, switch_current
from dagster_project.releases.digests import write_digests
from dagster_project.releases.predecessor import find_predecessor, whole_releases


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Releases of which the last is current."""
    output = tmp_path_factory.mktemp("nights") / "output"
    for day in (1, 2, 3):
        publish(output, day)
    return output


@pytest.fixture
def output(three_nights: Path, tmp_path: Path) -> Path:
    """The releases of three nights, to be hurt."""
    return shutil.copytree(three_nights, tmp_path / "output", symlinks=True)


def passed_over(day: int, files: str, used: int | None) -> Finding:
    name = build_id(day)
    return Finding("release", ERROR, name, {"release": name, "files": files, "used": build_id(used) if used else "–"})


def test_a_whole_current_release_is_gone_on_from_in_silence(output: Path) -> None:
    found = find_predecessor(output)
    assert found.folder == output / "releases" / build_id(3)
    assert found.description is not None and found.description.build_id == build_id(3)
    assert found.findings == ()


def test_whoever_went_back_to_an_earlier_release_goes_on_from_it(output: Path) -> None:
    switch_current(output, output / "releases" / build_id(1))
    assert find_predecessor(output).folder == output / "releases" / build_id(1)


def test_nothing_was_ever_published(tmp_path: Path) -> None:
    found = find_predecessor(tmp_path)
    assert (found.folder, found.description, found.findings) == (None, None, ())


def not_json(release: Path) -> None:
    """As SHA256SUMS says, and of no use."""
    (release / "build.json").chmod(0o640)
    (release / "build.json").write_text("[]")
    write_digests(release)


def without_description(release: Path) -> None:
    (release / "build.json").unlink()
    write_digests(release)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "warehouse.duckdb": lambda release: cut_short(release / "warehouse.duckdb"),
    "warehouse.duckdb.wal": lambda release: (release / "warehouse.duckdb.wal").touch(),
    "parquet/monthly_plan.parquet": lambda release: (release / "parquet" / "monthly_plan.parquet").unlink(),
    PLAN: lambda release: (release / PLAN).unlink(),
    "SHA256SUMS": lambda release: (release / "SHA256SUMS").unlink(),
    "build.json": not_json,
    "build.json, warehouse.duckdb": lambda release: [
        cut_short(release / f) for f in ("build.json", "warehouse.duckdb")
    ],
}


@pytest.mark.parametrize("files", DAMAGES)
def test_a_damaged_release_is_passed_over_for_the_newest_whole_one(files: str, output: Path) -> None:
    DAMAGES[files](output / "releases" / build_id(3))
    found = find_predecessor(output)
    assert found.folder == output / "releases" / build_id(2)
    assert found.findings == (passed_over(3, files, 2),)


def test_a_release_that_does_not_say_what_it_is_is_passed_over(output: Path) -> None:
    without_description(output / "releases" / build_id(3))
    assert find_predecessor(output).findings == (passed_over(3, "build.json", 2),)


def test_pages_are_not_looked_at(output: Path) -> None:
    (output / "current" / "public" / "index.html").write_text("not listed")
    assert find_predecessor(output).findings == ()


def test_every_release_that_is_passed_over_is_told(output: Path) -> None:
    for day in (3, 2, 1):
        cut_short(output / "releases" / build_id(day) / "warehouse.duckdb")
    found = find_predecessor(output)
    assert (found.folder, found.description) == (None, None)
    assert found.findings == tuple(passed_over(day, "warehouse.duckdb", None) for day in (3, 2, 1))


def test_a_link_that_leads_nowhere_is_told(output: Path) -> None:
    shutil.rmtree(output / "releases" / build_id(3))
    found = find_predecessor(output)
    assert found.folder == output / "releases" / build_id(2)
    assert found.findings == (Finding("current", ERROR, "current", {"used": build_id(2)}),)


def test_a_link_that_is_gone_is_told(output: Path) -> None:
    (output / CURRENT).unlink()
    found = find_predecessor(output)
    assert found.folder == output / "releases" / build_id(3)
    assert found.findings == (Finding("current", ERROR, "current", {"used": build_id(3)}),)


def test_all_releases_are_gone(output: Path) -> None:
    shutil.rmtree(output / "releases")
    found = find_predecessor(output)
    assert found.folder is None
    assert found.findings == (Finding("current", ERROR, "current", {"used": "–"}),)


def test_what_else_lies_beside_releases_is_none(output: Path) -> None:
    (output / CURRENT).unlink()
    (output / "releases" / f"{build_id(3)}.saved").mkdir()
    (output / "releases" / build_id(4)).touch()
    found = find_predecessor(output)
    assert found.folder == output / "releases" / build_id(3)
    assert [finding.kind for finding in found.findings] == ["current"]


def test_whole_releases_come_oldest_first(output: Path) -> None:
    cut_short(output / "releases" / build_id(2) / "warehouse.duckdb")
    assert [folder.name for folder in whole_releases(output)] == [build_id(1), build_id(3)]


def test_a_blocked_build_deletes_no_whole_release(output: Path) -> None:
    shutil.rmtree(output / "releases" / build_id(3))
    cut_short(output / "releases" / build_id(2) / "warehouse.duckdb")
    for day in (4, 5):
        publish(output, day, published=False, keep=1)
    assert find_predecessor(output).folder == output / "releases" / build_id(1)
    assert [folder.name for folder in (output / "blocked").iterdir()] == [build_id(5)]


def test_publishing_mends_a_link_that_leads_nowhere(output: Path) -> None:
    shutil.rmtree(output / "releases" / build_id(3))
    placed, _ = publish(output, 4, keep=1)
    assert current_release(output) == placed
    assert [folder.name for folder in (output / "releases").iterdir()] == [build_id(4)]
    assert find_predecessor(output).findings == ()
