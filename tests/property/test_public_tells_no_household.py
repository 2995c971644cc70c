"""Nobody outside learns what happened to one household: the attacker finds nothing, and with a protection less, much.

The attacker (adversary.py) sees the public/ of releases of six days: two of one public day, that are whole builds and
lie on both sides of a new year; the day on which a month has waited long enough; a day on which its edition is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import adversary
import public_days
import pytest
import weaker_editions
from adversary import Edition, Finding
from compiled_models import in_place_of_dbt
from conftest import Build
from public_days import Story

from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.publish.outcome_edition import outcome_edition
from dagster_project.publish.public_day import public_day
from dagster_project.releases.digests import differing_files, write_digests
from dagster_project.settings import settings_for

# This one has a county with a small figure beside large ones: in it each protection is needed.
SEED = 14
BEGINS = date(2025, 6, 1)
FIRST, (BEFORE, AFTER), CLOSING, KEPT, LATEST = (
    date(2025, 11, 6), (date(2025, 12, 31), date(2026, 1, 1)), date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 5),
)  # fmt: skip


@dataclass
class Outside:
    """A world as it is told from day to day: its editions, and what they and two releases were made from."""

    story: Story
    folder: Path
    editions: list[Edition] = field(default_factory=list)
    warehouses: dict[date, Path] = field(default_factory=dict)
    releases: list[Path] = field(default_factory=list)
    _landed: date = date.min

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def land(self, day: date) -> Path:
        self.story.land(self.folder / "landing", day, self._landed)
        self._landed = day
        return self.folder / "landing"

    def look(self, day: date) -> bool:
        """Make the edition of a day as a build does, or find the kept one; whether it is new."""
        settings = settings_for(self.land(day), self.output, day)
        settings.output.mkdir(exist_ok=True)
        scratch = self.folder / f"{day}"
        write_sources(settings.landing, self.folder / f"sources {day}", settings.output / "parsed", lambda *_: None)
        with in_place_of_dbt():
            made = outcome_edition(settings, public_day(settings), scratch, self.folder / f"sources {day}", f"{day}")
        if made.is_new:
            write_digests(made.folder)
            made.keep(settings.output)
            self.warehouses[made.public_day.day] = scratch / "warehouse.duckdb"
        self.see(settings.output / "editions" / f"{made.public_day.day}" / "public")
        return made.is_new

    def release(self, build: Build, day: date) -> None:
        built = build(self.land(day), f"{day}", self.output, with_site=True)
        assert built.exit_code == 0, built.text
        self.releases.append((self.output / "current").resolve())
        self.see(self.releases[-1] / "public")

    def see(self, public: Path) -> None:
        edition = Edition(adversary.tables_of(public))
        if edition.day not in [seen.day for seen in self.editions]:
            self.editions.append(edition)

    def all_told(self) -> None:
        """Areas are the same in every release: editions that were made without one get them from the newest."""
        areas = adversary.tables_of(self.releases[-1] / "public")
        self.editions = [replace(edition, tables={**areas, **edition.tables}) for edition in self.editions]


@pytest.fixture(scope="module")
def outside(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Outside:
    told = Outside(public_days.story(SEED, BEGINS, 9), tmp_path_factory.mktemp("outside"))
    assert told.look(FIRST)
    for day in (BEFORE, AFTER):
        told.release(build, day)
    assert told.look(CLOSING)
    assert not told.look(KEPT)
    assert told.look(LATEST)
    told.all_told()
    return told


@pytest.fixture(scope="module")
def of_few(outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Outside:
    told = Outside(public_days.story_of_few(), tmp_path_factory.mktemp("few"), releases=outside.releases)
    assert told.look(CLOSING)
    told.all_told()
    return told


def whats(findings: Iterable[Finding]) -> set[str]:
    return {finding.what for finding in findings}


# --- With every protection -------------------------------------------------------------------------------------------


def test_a_day_tells_nothing(outside: Outside) -> None:
    """Between two days of a public day nothing but the release's own name differs, though much has happened."""
    assert [row for on, row in outside.story.rows["assignment_log"] if on == AFTER]
    before, after = (release / "public" for release in outside.releases)
    assert adversary.differences(before, after) == []
    kept = outside.output / "editions"
    assert [name for edition in kept.iterdir() for name in differing_files(edition)] == []
    assert adversary.unknown_tables(adversary.tables_of(after)) == []


def test_an_edition_tells_nothing_for_sure(outside: Outside, of_few: Outside) -> None:
    for edition in (*outside.editions, *of_few.editions):
        assert adversary.telling_rows(edition) == []
        assert adversary.certain(edition).findings == []


def test_all_editions_tell_nothing_but_what_is_permitted(outside: Outside, of_few: Outside) -> None:
    told = adversary.believing(outside.editions)
    assert told.findings == []
    # Listed in docs/decisions/0007-what-everyone-may-see.md.
    kinds = ("cancelled of earlier months", "withheld cancelled_in_month", "withheld replaced_in_month")
    assert {next(kind for kind in kinds if what.startswith(kind)) for what in whats(told.permitted)} == set(kinds)
    assert adversary.believing(of_few.editions).findings == []


def test_a_build_that_looks_back_tells_no_month_anew(outside: Outside, tmp_path: Path) -> None:
    """Of a public day that no edition was kept of, months are told as a later edition has told them."""
    settings = settings_for(outside.folder / "landing", outside.output, date(2025, 10, 10))
    write_sources(settings.landing, tmp_path / "sources", tmp_path / "parsed", lambda *_: None)
    with in_place_of_dbt():
        made = outcome_edition(settings, public_day(settings), tmp_path / "made", tmp_path / "sources", "back")
    columns = ("figure", "area_code", "plan_month", "word", "persons", "is_withheld", "first_public_day")
    back, first = (
        {tuple(row[name] for name in columns) for row in tables["first_published_figures"]}
        for tables in (adversary.tables_of(made.public), outside.editions[0].tables)
    )
    assert made.public_day.day == date(2025, 9, 30)
    assert back and back == {row for row in first if row[2] is None or row[2] <= date(2025, 9, 1)}


# --- With one less (the slowest of them in `make test-long`) ----------------------------------------------------------


def test_without_waiting_a_day_is_told(outside: Outside) -> None:
    days = [
        weaker_editions.as_of_the_day(outside.editions[0], release / "warehouse.duckdb") for release in outside.releases
    ]
    assert adversary.changed_outcomes(*days)


@pytest.mark.long
def test_corrected_months_tell_when_who_was_cancelled_had_been_assigned(outside: Outside) -> None:
    told = adversary.believing(weaker_editions.with_corrected_months(outside.editions, outside.warehouses))
    assert [what for what in whats(told.findings) if what.startswith("cancelled in and of")]


def test_a_small_figure_of_one_county_is_the_countrys_less_the_others(outside: Outside) -> None:
    found = whats(adversary.certain(closed(outside, weaker_editions.by_cell)).findings)
    assert "withheld received_by_replacement 09 2025" in found


@pytest.mark.long
def test_one_part_of_over_plan_tells_the_other(outside: Outside) -> None:
    """Where nothing was cancelled, the net and the plan say how many are over plan."""
    october, november, *_ = outside.editions
    apart, together = (
        whats(adversary.believing([october, november, closed(outside, by)]).findings)
        for by in (weaker_editions.by_part, weaker_editions.by_level)
    )
    assert "withheld over_plan_approved 10 2025" in apart - together


@pytest.mark.long
def test_rows_of_the_log_tell_how_many_households(outside: Outside) -> None:
    counted = [
        weaker_editions.with_rows_counted(edition, outside.warehouses[edition.day])
        for edition in outside.editions
        if edition.day in outside.warehouses
    ]
    assert [what for what in whats(adversary.believing(counted[:2]).findings) if what.startswith("number of")]


def test_reasons_each_month_are_told_of_few(outside: Outside) -> None:
    *_, closing, _ = weaker_editions.with_reasons(outside.editions, outside.warehouses)
    found = whats(adversary.certain(closing).findings)
    assert [what for what in found if what.startswith("withheld cancelled_by_reason")]


def test_small_figures_alone_are_not_enough(of_few: Outside) -> None:
    """A year gives away its withheld month, all assigned the cancelled, and one part for all is each household's."""
    [edition] = of_few.editions
    weaker = weaker_editions.judged(edition, of_few.warehouses[edition.day], weaker_editions.by_level)
    found = whats(adversary.certain(weaker).findings)
    assert "withheld cancelled 00 2024" in found
    assert "withheld cancelled_in_month 00 2025 2025-02-01" in found
    assert [what for what in found if what.startswith("over plan, unapproved")]


def test_a_row_of_nothing_tells_that_something_was_undone(outside: Outside) -> None:
    first = outside.editions[0]
    empty = next(row for row in first.tables["first_published_figures"] if row["figure"] == "net_assigned")
    row = {**empty, "area_code": public_days.NOT_THERE, "persons": 0}
    weaker = replace(first, more=(row, {**row, "figure": "received_in_month"}))
    assert adversary.telling_rows(weaker)


def test_a_file_that_changes_within_a_public_day_is_seen(outside: Outside, tmp_path: Path) -> None:
    """Of every kind of file: a byte of the edition, a number of the release, a count on a page, a new file."""
    before, after = (release / "public" for release in outside.releases)
    changed = tmp_path / "public"
    shutil.copytree(after, changed)
    (changed / "data" / "deliveries.csv").write_text("feed,rows\nassignment_log,7\n")
    for name in ("index.html", "om.html", "data/outcome_years.parquet", "data/areas.csv", "data/datapackage.json"):
        file = changed / name
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content + b"7")
    [workbook] = changed.glob("documents/2025/latest/*.xlsx")
    content = workbook.read_bytes()
    workbook.unlink()
    workbook.write_bytes(content + b"7")
    assert whats(adversary.differences(before, changed)) == {
        "index.html", "om.html", "data/outcome_years.parquet", "data/areas.csv", "data/datapackage.json",
        "data/deliveries.csv", workbook.relative_to(changed).as_posix(),
    }  # fmt: skip
    assert adversary.unknown_tables(["deliveries"])


def closed(outside: Outside, together: weaker_editions.Group) -> Edition:
    """The edition in which a year has closed, with its small figures withheld by another rule."""
    [edition] = [one for one in outside.editions if one.day == date(2025, 12, 31)]
    return weaker_editions.judged(edition, outside.warehouses[edition.day], together)


# --- Long ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("seed", (101, 102))
def test_forty_days_of_a_random_world(seed: int, build: Build, tmp_path: Path) -> None:
    told = Outside(public_days.story(seed, BEGINS, 12, quiet=()), tmp_path)
    days = [FIRST + timedelta(days=5 * number) for number in range(40)]
    for day in days[:-2]:
        told.look(day)
    for day in days[-2:]:
        told.release(build, day)
    told.all_told()
    assert adversary.differences(*(release / "public" for release in told.releases)) == []
    # Who believes in few corrections errs where there are many, as here: what is certain counts.
    found: list[Finding] = []
    for edition in told.editions:
        found += adversary.telling_rows(edition) + adversary.certain(edition).findings
    assert found == []
