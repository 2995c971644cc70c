"""What was published when: remembered from release to release, also of releases that are gone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import Build, Built

HEAD = ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date")
AS_OF = "2026-03-01"


def deliver(landing: Path, name: str, persons: int, decided: str) -> None:
    folder = landing / "quota_decisions"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, (name, "kommuntal", 2026, "0765", persons, decided)])


def plan_of(built: Built) -> list[tuple[object, ...]]:
    return built.query("select plan_month, planned_persons from marts.monthly_plan order by 1")


@pytest.fixture(scope="module")
def nights(build: Build, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, list[tuple[str, list]]]:
    """Five nights, of which only the last is kept: 12 persons, 24, 24 again, a blocked one, 12 again.

    Of each published night the release's id and plan.
    """
    folder = tmp_path_factory.mktemp("nights")
    landing, output = folder / "landing", folder / "output"
    published = []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ARSPLAN_KEEP_RELEASES", "1")
        for night, persons in enumerate((12, 24, None, -1, 12)):
            if persons == -1:
                (landing / "quota_decisions" / "x.csv").write_text("no header")
            elif persons is not None:
                (landing / "quota_decisions" / "x.csv").unlink(missing_ok=True)
                deliver(landing, f"D{night}", persons, f"2026-02-0{night + 1}")
            built = build(landing, AS_OF, output)
            assert built.exit_code == (3 if persons == -1 else 0), built.text
            if built.exit_code == 0:
                published.append(((output / "current").resolve().name, plan_of(built)))
    assert len(list((output / "releases").iterdir())) == 1
    return built, published


def test_the_plan_of_any_moment_is_one_query(nights: tuple[Built, list[tuple[str, list]]]) -> None:
    last, published = nights
    assert len({str(plan) for _, plan in published}) > 1
    for build_id, plan in published:
        said = last.query(f"""
            select plan_month, planned_persons from history.plan_publications
            where strptime('{build_id}', '%Y%m%dT%H%M%S%fZ') >= published_from_at
                and strptime('{build_id}', '%Y%m%dT%H%M%S%fZ') < coalesce(published_to_at, timestamp '9999-12-31')
            order by plan_month
        """)
        assert said == plan, build_id


def test_a_number_that_stands_is_one_row(nights: tuple[Built, list[tuple[str, list]]]) -> None:
    last, published = nights
    ids = [build_id for build_id, _ in published]
    spells = last.query("""
        select kommuntal_persons, first_build_id, last_build_id, published_to_at is null
        from history.count_publications order by first_build_id
    """)
    assert spells == [(12, ids[0], ids[0], False), (24, ids[1], ids[2], False), (12, ids[3], ids[3], True)]


def test_spells_follow_each_other_without_a_gap(nights: tuple[Built, list[tuple[str, list]]]) -> None:
    last, _ = nights
    gaps = last.query("""
        from (
            select published_from_at,
                lag(published_to_at) over (partition by plan_month order by published_from_at) as ended_at
            from history.plan_publications
        ) where ended_at is distinct from published_from_at and ended_at is not null
    """)
    assert gaps == []


def test_what_changed_is_a_table_too(nights: tuple[Built, list[tuple[str, list]]]) -> None:
    last, _ = nights
    assert last.query(
        "select persons_before, persons_after, cause from history.changes where figure = 'kommuntal'"
    ) == [(24, 12, "kommuntal")]
