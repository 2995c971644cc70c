"""Small worlds told day by day: what had landed on each as-of date, for those who look at many releases in a row.

Four counties and ten municipalities. Rows come late, are corrected, retracted; assignments are cancelled for several
reasons, replaced, received; some months are over plan, with and without approval; kommuntal is moved once.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import worlds_rows
from worlds_rows import Cells

COUNTIES = {
    "07": ("0760", "0761", "0763"),
    "08": ("0821", "0834", "0840"),
    "09": ("0980",),
    "10": ("1060", "1080", "1081"),
}
# Of this county nothing is cancelled: what everyone is told of its months is all that was assigned.
QUIET_COUNTY = "10"
NOT_THERE = "1761"  # no kommuntal: it has rows only where something was assigned or received
CATEGORIES = ("accommodation_centre", "quota_refugee")
REASONS = ("declined", "not_used", "moved_on_own")


@dataclass
class Story:
    """Everything that ever lands, each row with the day on which it was recorded."""

    rows: dict[str, list[tuple[date, Cells]]] = field(default_factory=lambda: defaultdict(list))

    def tell(self, feed: str, on: date, **cells: object) -> Cells:
        """A row of a feed, recorded on a day."""
        row = {name: str(value) for name, value in cells.items()}
        self.rows[feed].append((on, {**row, "recorded_at": f"{on}T08:00:00"}))
        return row

    def event(self, kind: str, day: date, name: str, late: int = 0, **cells: object) -> Cells:
        """An event of the log, recorded `late` days after its day."""
        event = f"{kind}-{name}"
        told = {"event_id": event, "event_type": kind, "event_date": day, "assignment_id": name, **cells}
        return self.tell("assignment_log", day + timedelta(days=late), **told)

    def again(self, row: Cells, on: date, **changed: object) -> None:
        """The same event once more, with other content."""
        self.tell("assignment_log", on, **{**row, **changed})

    def land(self, landing: Path, day: date, after: date = date.min) -> None:
        """Add what was recorded after a day and until another, as files of the latter."""
        for feed, columns in worlds_rows.COLUMNS.items():
            names, recorded = columns.split(), [row for on, row in self.rows[feed] if after < on <= day]
            (landing / feed).mkdir(parents=True, exist_ok=True)
            if recorded:
                # The log is simulated, and so is said to be: not even that may change with what happened on a day.
                name = f"simulated {day}.csv" if feed == "assignment_log" else f"{day}.csv"
                with (landing / feed / name).open("w", newline="") as file:
                    writer = csv.DictWriter(file, names, restval="")
                    writer.writeheader()
                    writer.writerows(recorded)


def story(seed: int, begins: date, months: int, quiet: Iterable[str] = (QUIET_COUNTY,)) -> Story:
    """A random world whose log begins on the first of a month and goes on for some months.

    In quiet counties nothing is cancelled, and nothing comes late.
    """
    rng, told = Random(seed), Story()
    begun = [_months_later(begins, number) for number in range(months)]
    for year in range(begins.year, begun[-1].year + 2):
        _decide(rng, told, year)
    for first in begun:
        for county, municipalities in COUNTIES.items():
            for municipality in municipalities:
                for turn in range(rng.choice((0, 1, 1, 2))):
                    name = f"{municipality}-{first:%y%m}-{turn}"
                    _assign(rng, told, name, municipality, first + timedelta(days=rng.randrange(27)), county in quiet)
    # Where there is no plan, a row of its own is already news.
    stray: dict[str, Any] = {"municipality_code": NOT_THERE, "persons": 6, "category": CATEGORIES[0]}
    told.event("assigned", begins + timedelta(days=3), "stray", **stray)
    told.event("over_plan_approved", begins + timedelta(days=3), "stray", reason="other")
    told.event("cancelled", begins + timedelta(days=9), "stray", reason=REASONS[0])
    # The first day of a year may be in the news for what happened on it.
    about: dict[str, Any] = {"municipality_code": COUNTIES["08"][0], "persons": 5, "category": CATEGORIES[0]}
    told.event("assigned", date(begins.year + 1, 1, 1), "new year", **about)
    return told


def _months_later(first: date, months: int) -> date:
    return date(first.year + (first.month - 1 + months) // 12, (first.month - 1 + months) % 12 + 1, 1)


def story_of_few() -> Story:
    """A year with one cancelled household, and a year with two, both for the one reason, in two months.

    All that is assigned in the second year is of one category.
    """
    rng, told, (first, second) = Random(1), Story(), (2024, 2025)
    for year in (first, second):
        _decide(rng, told, year, ("07", "09"))
        for number, place in enumerate((*COUNTIES["07"], *COUNTIES["09"])):
            about: dict[str, Any] = {
                "municipality_code": place,
                "persons": 4,
                "category": CATEGORIES[number % 2 if year == first else 0],
            }
            told.event("assigned", date(year, 1, 8 + number), f"{place}-{year}", **about)
    for day, persons in ((date(first, 2, 5), 3), (date(second, 2, 5), 3), (date(second, 5, 5), 7)):
        name, place = f"gone-{day}", COUNTIES["07"][0]
        told.event("assigned", day, name, municipality_code=place, persons=persons, category=CATEGORIES[0])
        told.event("cancelled", day + timedelta(days=4), name, reason=REASONS[0])
    return told


def _decide(rng: Random, told: Story, year: int, counties: Iterable[str] = COUNTIES) -> None:
    """Länstal and kommuntal of a year, and in its summer a redistribution and a wish."""
    decided = date(year - 1, 11, 14)
    for county in counties:
        municipalities = COUNTIES[county]
        persons = {code: rng.randint(14, 50) for code in municipalities}
        for code, level, count in [
            (county, "lanstal", sum(persons.values())),
            *((code, "kommuntal", one) for code, one in persons.items()),
        ]:
            said = {"decision_id": f"D{year}-{level}", "level": level, "quota_year": year, "area_code": code}
            told.tell("quota_decisions", decided, **said, persons=count, decided_date=decided)
    first, second = COUNTIES["07"][:2]
    moved, asked = date(year, 7, 1), date(year, 6, 3)
    told.tell(
        "redistributions", asked, agreement_id=f"A{year}", quota_year=year, from_municipality_code=first,
        to_municipality_code=second, persons=4, requested_date=asked, reconciled_date=asked, decision="approved",
        decided_date=asked, in_force_date=moved,
    )  # fmt: skip
    told.tell(
        "change_requests", asked, request_id=f"W{year}", municipality_code=COUNTIES["07"][2], quota_year=year,
        plan_month=date(year, 10, 1), wished_persons=2, requested_date=asked, decision="accepted", decided_date=asked,
    )  # fmt: skip


def _assign(rng: Random, told: Story, name: str, municipality: str, day: date, quiet: bool) -> None:
    """A household and what becomes of it."""
    persons, is_late = rng.choice((1, 2, 2, 3, 3, 4, 5, 7)), not quiet and rng.random() < 0.06
    about: dict[str, Any] = {"municipality_code": municipality, "persons": persons, "category": rng.choice(CATEGORIES)}
    row = told.event("assigned", day, name, rng.randint(20, 70) if is_late else rng.randint(0, 2), **about)
    luck, later = rng.random(), day + timedelta(days=rng.randint(2, 75))
    if rng.random() < 0.35:
        told.event("over_plan_requested", day, name, municipality_code=municipality, persons=persons, reason="other")
        told.event("over_plan_approved", day, name, reason="relatives")
    if quiet or luck < 0.62:
        told.event("received", later, name, 0 if quiet or rng.random() < 0.95 else 40)
    elif luck < 0.9:
        told.event("cancelled", later, name, 0 if rng.random() < 0.9 else 30, reason=rng.choice(REASONS))
        if rng.random() < 0.6:
            soon = later + timedelta(days=rng.randint(1, 25))
            told.event("assigned", soon, f"{name}r", **{**about, "category": CATEGORIES[0], "replaces": name})
            told.event("received", soon + timedelta(days=30), f"{name}r")
    elif luck < 0.94:
        told.again(row, day + timedelta(days=45), event_type="retracted")
    elif luck < 0.97:
        told.again(row, day + timedelta(days=50), persons=persons % 5 + 1)
