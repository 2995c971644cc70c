"""The check public_tells_no_household: each thing that could give away a household, or differ from before, is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dagster_project.publish.outcome_edition import OutcomeEdition, secrecy_findings
from dagster_project.publish.public_day import PublicDay
from dagster_project.releases.digests import write_digests

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
TABLE = "public/data/first_published_figures.parquet"

Figure = tuple[str, str, date, int | None, date]


def figure(name: str, persons: int | None, first: date = FEBRUARY, level: str = "country") -> Figure:
    return name, level, first.replace(day=1), persons, first


def edition(
    folder: Path, day: date, figures: list[Figure], previous: Path | None = None, is_new: bool = True
) -> OutcomeEdition:
    """An edition of some first-published figures, with a page and its digests."""
    kept = folder / f"{day}"
    (kept / "public" / "data").mkdir(parents=True)
    names = ("figure", "area_level", "plan_month", "persons", "first_public_day")
    rows = [dict(zip(names, one, strict=True)) for one in figures]
    columns = {**dict.fromkeys(names[:2], pl.String), "plan_month": pl.Date, "persons": pl.Int64, names[4]: pl.Date}
    pl.DataFrame(rows, schema=columns).select(
        "figure", "area_level", pl.lit("00").alias("area_code"), pl.lit(2026, pl.Int64).alias("quota_year"),
        "plan_month", pl.lit("").alias("word"), "persons", pl.col("persons").is_null().alias("is_withheld"),
        "first_public_day",
    ).write_parquet(kept / TABLE)  # fmt: skip
    (kept / "public" / "index.html").write_text("<p>7</p>")
    write_digests(kept)
    return OutcomeEdition(PublicDay(day, 5), kept, is_new, previous)


EARLIER = [figure("cancelled_in_month", 9, JANUARY), figure("net_assigned", 3, JANUARY, "municipality")]


def change(folder: Path) -> None:
    (folder / "public" / "index.html").write_text("<p>8</p>")


def lose(folder: Path) -> None:
    (folder / "public" / "index.html").unlink()


def add(folder: Path) -> None:
    (folder / "public" / "more.html").write_text("")


def lose_digests(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


@pytest.mark.parametrize(
    ("spoil", "file"),
    [
        (change, "public/index.html"),
        (lose, "public/index.html"),
        (add, "public/more.html"),
        (lose_digests, "SHA256SUMS"),
    ],
)
def test_a_kept_edition_is_as_it_was(spoil: Callable[[Path], None], file: str, tmp_path: Path) -> None:
    kept = edition(tmp_path, FEBRUARY, [], is_new=False)
    assert list(secrecy_findings(kept)) == []
    spoil(kept.folder)
    [found] = secrecy_findings(kept)
    assert found == f"editions/2026-02-28/{file}: not as it was first published: restore it from a release"


@pytest.mark.parametrize("persons", range(1, 6))
def test_a_small_figure_is_found(persons: int, tmp_path: Path) -> None:
    made = edition(tmp_path, FEBRUARY, [figure("cancelled_in_month", persons)])
    assert list(secrecy_findings(made)) == ["cancelled_in_month, 2026-02-01: a figure of 1 to 5 persons"]


def test_what_is_small_by_design_is_no_finding(tmp_path: Path) -> None:
    figures = [figure("cancelled_in_month", persons) for persons in (0, 6, None)]
    made = edition(tmp_path, FEBRUARY, [*figures, figure("net_assigned", 1, level="municipality")])
    assert list(secrecy_findings(made)) == []


CHANGED = {
    "another number": [figure("cancelled_in_month", 8, JANUARY), EARLIER[1]],
    "one less": EARLIER[:1],
    "one more": [*EARLIER, figure("received_in_month", 2, JANUARY, "municipality")],
    "withheld now": [figure("cancelled_in_month", None, JANUARY), EARLIER[1]],
}


@pytest.mark.parametrize("kind", CHANGED)
def test_what_was_first_published_stays(kind: str, tmp_path: Path) -> None:
    before = edition(tmp_path, JANUARY, EARLIER)
    new = figure("cancelled_in_month", 7)
    same = edition(tmp_path / "same", FEBRUARY, [*EARLIER, new], before.folder)
    assert list(secrecy_findings(same)) == []
    made = edition(tmp_path / "changed", FEBRUARY, [*CHANGED[kind], new], before.folder)
    [found] = secrecy_findings(made)
    assert found.endswith(": differs from what was first published with the public day 2026-01-31")
