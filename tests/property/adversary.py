"""Somebody outside who keeps every file of public/ and reckons: what do all of them together tell of one household?

Two ways of reckoning. The *certain* one takes each outcome edition for itself, since late rows and corrections may have
changed anything between two of them: what it finds is sure. The *believing* one takes all editions together and
believes in as few corrections as what was published can be explained by: it mostly guesses right.

Unknown are persons, per municipality: assigned in a month against a quota year, of those cancelled in which month and
for which reason, replacements, received, over plan with and without approval; how many events these were; and every
figure that is withheld. A finding is an unknown that is at least 1 and can have one value only, or only values of 1 to
5. What follows from the two series of municipalities alone, and from the marks of what is withheld, is no finding.
Neither is a 0: that nothing happened is what a published 0 says. What was assigned is what was cancelled beside the
net that everyone sees, so that it is no unknown of its own. Who was cancelled in the month of assignment never was in a
net, who was cancelled later was: the two are unknown apart, since their sum is told where one of them is none.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from linear_bounds import SMALL, Form, Key, LinearSystem, Range, joined, total

Row = dict[str, Any]
TWO_SERIES = ("net_assigned", "received_in_month")
COUNTRY = "00"

# Tables that are read for what they say of the log; of no other may a number rest on it. A new one must be named here,
# and where it counts the log, be given equations.
OUTCOMES = ("figure_origins", "first_published_figures", "outcome_months", "outcome_years")
PLANS_AND_DECISIONS = (
    "areas", "change_request_months", "change_request_outcomes", "counties", "county_quotas", "kommuntal_changes",
    "lanstal_changes", "lanstal_proposals", "monthly_plan", "monthly_plan_versions", "municipalities",
    "municipality_quotas", "national_decisions", "plan_arithmetic", "plan_publications", "receptions_by_category",
    "redistribution_outcomes", "releases",
)  # fmt: skip


# --- What is seen ----------------------------------------------------------------------------------------------------


def tables_of(public: Path) -> dict[str, list[Row]]:
    """Rows of every table of a public/ by name, from Parquet; the other forms must say the same."""
    found = {}
    for file in sorted((public / "data").glob("*.parquet")):
        table = pl.read_parquet(file)
        found[file.stem] = table.to_dicts()
        in_json = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        with file.with_suffix(".csv").open(encoding="utf-8", newline="") as opened:
            in_csv = list(csv.DictReader(opened))
        for name in table.select(pl.selectors.integer()).columns:
            numbers = table[name].to_list()
            assert [row[name] for row in in_json] == numbers, f"{file.stem}.{name}"
            written = ["" if number is None else str(number) for number in numbers]
            assert [row[name] for row in in_csv] == written, f"{file.stem}.{name}"
    return found


@dataclass(frozen=True)
class Edition:
    """What everyone sees of outcomes with one public day. `more` are figures that are not in the tables of today."""

    tables: Mapping[str, list[Row]]
    more: tuple[Row, ...] = ()

    @cached_property
    def day(self) -> date:
        """The public day."""
        day: date = self.tables["outcome_years"][0]["public_day"]
        return day

    @cached_property
    def figures(self) -> list[Row]:
        """All that was first published until now."""
        return [*self.tables["first_published_figures"], *self.more]

    @cached_property
    def years(self) -> list[Row]:
        """Totals of municipalities."""
        return [row for row in self.tables["outcome_years"] if row["area_level"] == "municipality"]

    def planned(self, municipality: str, month: date) -> int:
        """Persons planned for a month."""
        return self._plan.get((municipality, month), 0)

    @cached_property
    def _plan(self) -> dict[tuple[str, date], int]:
        return {(row["area_code"], row["plan_month"]): row["planned_persons"] for row in self.tables["outcome_months"]}


@dataclass(frozen=True, order=True)
class Finding:
    """Something that nobody outside should know: how it was found, what it is, and what is known of it."""

    way: str
    what: str
    known: str = field(default="", compare=False)


# --- What two releases of one public day differ in -------------------------------------------------------------------

_BUILD = re.compile(r"\d{8}T\d{12}Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")
_AS_OF = re.compile(
    r"(Plans and decisions to|Planer och beslut till och med) (\d{4}-\d\d-\d\d|\d+ \w+ \d{4})"
    r'|"asOf":"\d{4}-\d\d-\d\d"'
)
_RELEASES = re.compile(r"(<tr>\s*<t[hd][^>]*>[^/]*?\breleases\b.*?<td>)\d+(</td>)", re.DOTALL)
_TEXTS = (".html", ".csv", ".json", ".js", ".txt")


def _is_of_a_year(file: Path) -> bool:
    """Whether a front page is the page of a year under a second name: which one, a new year decides."""
    is_front = file.name == "index.html" and file.is_file()
    return is_front and any(file.read_bytes() == page.read_bytes() for page in file.parent.glob("[0-9]*.html"))


def differences(before: Path, after: Path) -> list[Finding]:
    """Files that say something else though plans and decisions are the same, but for the release's own name and day.

    What belongs to the outcome edition must be the same byte for byte; `before` and `after` are two public/.
    """
    names = {file.relative_to(public).as_posix() for public in (before, after) for file in public.rglob("*.*")}
    found = []
    for name in sorted(names):
        files = before / name, after / name
        if all(map(_is_of_a_year, files)):
            continue
        if not (files[0].is_file() and files[1].is_file()):
            found.append(Finding("day by day", name, "in one of two releases of a public day"))
        elif files[0].read_bytes() != files[1].read_bytes() and (
            files[0].stem.removesuffix(".excel") in OUTCOMES or _content(files[0]) != _content(files[1])
        ):
            found.append(Finding("day by day", name, "differs between two releases of a public day"))
    return found


def _content(file: Path) -> object:
    """A file without what names the release. That it is one more in the list of releases is no news."""
    if file.name.startswith("releases."):
        return file.suffix
    if file.suffix == ".parquet":
        facts = pl.read_parquet_metadata(file)
        told = {name: fact for name, fact in facts.items() if name not in ("build_id", "as_of_date", "ARROW:schema")}
        return _nameless(repr((told, pl.read_parquet(file).rows())))
    if file.suffix not in _TEXTS:
        return file.read_bytes()
    text = _nameless(file.read_text(encoding="utf-8"))
    return _RELEASES.sub(r"\1N\2", text) if file.name == "data.html" else text


def _nameless(text: str) -> str:
    return _AS_OF.sub("AS OF", _BUILD.sub("BUILD", _MOMENT.sub("MOMENT", text)))


def changed_outcomes(before: Edition, after: Edition) -> list[Finding]:
    """Figures of the log that differ between two days of a public day: what happened on the day between them."""
    found = []
    for name in OUTCOMES:
        for row, other in zip(before.tables[name], after.tables[name], strict=False):
            changed = [column for column in row if row[column] != other[column]]
            if changed:
                found.append(Finding("day by day", f"{name} {[*row.values()][:5]}", f"other {', '.join(changed)}"))
    return found


# --- What rows say by being there ------------------------------------------------------------------------------------


def telling_rows(edition: Edition) -> list[Finding]:
    """Rows of nothing planned and nothing to see, which are there since something happened and was undone."""
    planned = {row["municipality_code"] for row in edition.tables.get("municipality_quotas", [])}
    of_areas = edition.tables["outcome_years"]
    planned |= {
        row["area_code"] for row in of_areas if (row["kommuntal_persons"], row["lanstal_persons"]) != (None, None)
    }
    figures = [row for row in edition.figures if row["figure"] in TWO_SERIES and row["area_code"] not in planned]
    seen: dict[tuple[Any, ...], int] = {}
    for row in figures:
        place = row["area_code"], row["plan_month"]
        seen[place] = seen.get(place, 0) + row["persons"]
    for row in of_areas:
        if row["area_code"] not in (*planned, COUNTRY):
            seen[row["area_code"], row["quota_year"]] = row["net_assigned_to_date_persons"] + row["received_persons"]
    return [
        Finding("rows", f"{code} {when}", "something happened") for (code, when), persons in seen.items() if not persons
    ]


def unknown_tables(tables: Iterable[str]) -> list[Finding]:
    """Tables that this attacker has no equations for."""
    return [Finding("tables", name) for name in tables if name not in (*OUTCOMES, *PLANS_AND_DECISIONS)]


# --- Reckoning -------------------------------------------------------------------------------------------------------


@dataclass
class Reckoning:
    """The equations of some editions, about every municipality that they name.

    `only_series` leaves out all but the two municipal series (with the marks of what is withheld, and the figures of a
    county that is one municipality). `believing` lets each published number be off by corrections, the fewest possible.
    """

    editions: Sequence[Edition]
    only_series: bool
    believing: bool
    system: LinearSystem = field(default_factory=LinearSystem)
    unknowns: dict[Key, Form] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._off: list[Key] = []
        self._corrections: Form = {}
        self._last = self.editions[-1]
        self._rows = self._rows_to_use()
        self._months: dict[str, list[date]] = {}
        for row in self._last.figures:
            if row["figure"] == "net_assigned":
                self._months.setdefault(row["area_code"], []).append(row["plan_month"])
        for row in self._last.years:
            self._months.setdefault(row["area_code"], [])
        self._all_months = sorted({month for months in self._months.values() for month in months})
        # Where nobody sees anything there may have been what was undone: of such areas all that is known is a net of 0.
        others = {row["area_code"] for row in self._rows if row["area_level"] == "county"}
        self._unseen = [f"{code}--" for code in others - {place[:2] for place in self._months}] or ["99--"]
        self._months.update(dict.fromkeys(self._unseen, self._all_months))
        self._years = sorted({month.year for month in self._all_months})
        of_counties: dict[str, int] = {}
        for row in self._last.tables.get("municipalities", []):
            of_counties[row["county_code"]] = of_counties.get(row["county_code"], 0) + 1
        self._alone = {county for county, count in of_counties.items() if count == 1}
        for municipality in self._months:
            self._persons(municipality)
        for place in self._unseen:
            for month in self._all_months:
                self.system.say(self._net(place, month.year, date.max, month), 0, 0)
                self.system.say(self._received(place, None, month, month), 0, 0)
        for edition in self.editions:
            self._series(edition)
            self._row_counts(edition)
        for row in self._rows:
            self._figure(row)
        self._believe()
        if not self.only_series:
            self._over_plan_that_is_sure()
            self._believe()

    def _believe(self) -> None:
        """Bound all corrections together to the fewest that what was published so far can be explained by."""
        if self._off:
            self.system.said = [row for row in self.system.said if row[0] is not self._corrections]
            self._corrections = total(self._off)
            fewest = self.system.solve(self._corrections)
            assert fewest is not None
            self.system.say(self._corrections, 0, round(self.system.value(self._corrections, fewest), 3) + 0.001)

    def _rows_to_use(self) -> list[Row]:
        """First-published figures: all, or those that are new with the one edition."""
        if self.believing:
            return self._last.figures
        return [row for row in self._last.figures if row["first_public_day"] == self._last.day]

    # Unknowns of a municipality

    def _against(self, month: date) -> list[int]:
        """Quota years that what is assigned in a month can count against."""
        return [year for year in (month.year, month.year - 1) if year in self._years]

    def _cohorts(self, municipality: str, year: int | None = None) -> Iterator[tuple[int, date]]:
        for month in self._months[municipality]:
            yield from ((quota, month) for quota in self._against(month) if year in (None, quota))

    def _cancelled(self, place: str, year: int | None, first: date, last: date, of: date | None = None) -> Form:
        """Persons cancelled in some months, of one quota year or all, of one month of assignment or all."""
        return total(
            ("cancelled", place, quota, month, later)
            for quota, month in self._cohorts(place, year)
            if of in (None, month)
            for later in self._all_months
            if max(month, first) <= later <= last
        )

    def _received(self, place: str, year: int | None, first: date, last: date) -> Form:
        years = [quota for quota in self._years if year in (None, quota)]
        months = [month for month in self._months[place] if first <= month <= last]
        return total(("received", place, quota, month) for quota in years for month in months if month.year >= quota)

    def _persons(self, place: str) -> None:
        """What holds for every municipality, and what of it nobody should know."""
        end, say, hide = date.max, self.system.say, self.unknowns
        for year, month in self._cohorts(place):
            assigned, replacing = ("assigned", place, year, month), ("replacing", place, year, month)
            cancelled = self._cancelled(place, year, month, end, month)
            say(joined({assigned: 1}, total(cancelled, -1)), 0)
            say({assigned: 1, replacing: -1}, 0, 0 if year < month.year else float("inf"))
            hide["cancelled later of those assigned", place, year, month] = total(
                key for key in cancelled if key[4] > month
            )
            hide["replacing", place, year, month] = {replacing: 1}
            for later in cancelled:
                hide["cancelled in and of", *later[1:]] = {later: 1}
            if year == month.year:
                approved, unapproved = ("approved", place, month), ("unapproved", place, month)
                over = {approved: 1.0, unapproved: 1.0}
                first_hand = {assigned: -1.0, replacing: 1.0}
                say(joined(over, first_hand), -self._last.planned(place, month))
                say(joined(over, first_hand), -float("inf"), 0)
                hide["over plan, approved", place, month] = {approved: 1}
                hide["over plan, unapproved", place, month] = {unapproved: 1}
            # What is replaced was cancelled before, in the same municipality: 99 persons at most for each of one.
            gone = self._cancelled(place, year, date.min, month)
            say(joined({replacing: -1}, dict.fromkeys(gone, 99)), 0)
        for month in self._months[place]:
            in_month = self._cancelled(place, None, month, month)
            hide["cancelled of earlier months", place, month] = total(key for key in in_month if key[3] < month)
        for year in self._years:
            received = self._received(place, year, date.min, end)
            net = self._net(place, year, end)
            say(joined(total(self._cohort_keys(place, year)), total(self._cancelled(place, year, date.min, end), -1),
                       total(received, -1)), 0)  # fmt: skip
            if not self.believing:  # of the same edition
                hide["open", place, year] = joined(net, total(received, -1))
            cancelled = self._cancelled(place, year, date.min, end)
            hide["cancelled in the month of assignment", place, year] = total(
                key for key in cancelled if key[3] == key[4]
            )
            hide["cancelled in later months", place, year] = total(key for key in cancelled if key[3] < key[4])
            by_replacement = {("by replacement", place, year): 1.0}
            say(joined(by_replacement, total(received, -1)), -float("inf"), 0)
            hide["received by replacement", place, year] = by_replacement
            kinds = total(("category", place, year, word) for word in self._words("assigned_by_category"))
            if kinds:
                say(joined(kinds, total(self._cohort_keys(place, year), -1)), 0, 0)
                hide.update({("category", *key[1:]): {key: 1} for key in kinds})
            for month in self._all_months:
                reasons = total(("reason", place, year, month, word) for word in self._words("cancelled_by_reason"))
                cancelled = self._cancelled(place, year, month, month)
                if reasons and cancelled:
                    say(joined(reasons, total(cancelled, -1)), 0, 0)
                    hide.update({("cancelled by reason", *key[1:]): {key: 1} for key in reasons})

    def _cohort_keys(self, place: str, year: int) -> list[Key]:
        return [("assigned", place, *cohort) for cohort in self._cohorts(place, year)]

    def _words(self, figure: str) -> list[str]:
        if self.only_series:
            return []
        return sorted({row["word"] for row in self._rows if row["figure"] == figure})

    def _net(self, place: str, year: int, until: date, of: date | None = None) -> Form:
        """Assigned in a quota year itself, or in one month of it, without what was cancelled until a day."""
        months = [
            month for month in self._months[place] if month.year == year and month <= until and of in (None, month)
        ]
        cancelled = [self._cancelled(place, year, month, until, month) for month in months]
        return joined(
            total(("assigned", place, year, month) for month in months), *(total(one, -1) for one in cancelled)
        )

    # What is published

    def _publish(self, form: Form, low: float, high: float | None = None) -> None:
        high = low if high is None else high
        if not form:
            return
        if self.believing:
            more, less = ("off", len(self._off)), ("off", len(self._off) + 1)
            self._off += [more, less]
            form = joined(form, {more: 1, less: -1})
        self.system.say(form, low, high)

    def _series(self, edition: Edition) -> None:
        """The totals of municipalities in one edition."""
        for row in edition.years:
            place, year = row["area_code"], row["quota_year"]
            if row["is_covered_by_log"] and year in self._years:
                self._publish(self._net(place, year, edition.day), row["net_assigned_to_date_persons"] or 0)
                self._publish(self._received(place, year, date.min, edition.day), row["received_persons"])

    def _places(self, area: str) -> list[str]:
        return [place for place in self._months if area in (COUNTRY, place[:2], place)]

    def _figure(self, row: Row) -> None:
        form = self._form_of(row)
        if row["is_withheld"]:
            if row["area_level"] == "country" and row["plan_month"] is not None:  # it alone can be why
                self._publish(form, 1, 5)
            if form:
                self.unknowns[
                    "withheld", row["figure"], row["area_code"], row["quota_year"], row["plan_month"], row["word"]
                ] = form
        elif row["figure"] in TWO_SERIES or not self.only_series or row["area_code"] in self._alone:
            self._publish(form, row["persons"])

    def _form_of(self, row: Row) -> Form:
        """A first-published figure as a sum of unknowns."""
        figure, word, until, area = row["figure"], row["word"], row["first_public_day"], row["area_code"]
        month, year, places = row["plan_month"], row["quota_year"], self._places(area)
        if self.only_series and figure in ("assigned_by_category", "cancelled_by_reason"):
            return {}
        if figure.startswith("over_plan_"):
            months = [(place, one) for place in places for one in self._months[place] if one.year == year]
            return total((figure.removeprefix("over_plan_"), *one) for one in months)
        end = date(year, 12, 31)
        forms: dict[str, Callable[[], Form]] = {
            "net_assigned": lambda: self._net(area, year, until, month),
            "received_in_month": lambda: self._received(area, None, month, month),
            "cancelled_in_month": lambda: joined(*(self._cancelled(place, None, month, month) for place in places)),
            "replaced_in_month": lambda: total(
                ("replacing", place, *cohort)
                for place in places
                for cohort in self._cohorts(place)
                if cohort[1] == month
            ),
            "cancelled": lambda: joined(*(self._cancelled(place, year, date.min, end) for place in places)),
            "received_by_replacement": lambda: total(("by replacement", place, year) for place in places),
            "assigned_by_category": lambda: total(("category", place, year, word) for place in places),
            # Of a year, or, where some edition had them, until a month.
            "cancelled_by_reason": lambda: total(
                ("reason", place, year, one, word)
                for place in places
                for one in self._all_months
                if one <= (month or end) and self._cancelled(place, year, one, one)
            ),
            # Not in the tables of today: months as they were corrected.
            "net_assigned_as_known": lambda: self._net(area, year, until, month) if area in self._months else {},
        }
        return forms[figure]()

    def _row_counts(self, edition: Edition) -> None:
        """How many rows of the log there were: each of a municipality's months with anything in it had one at least."""
        for row in edition.tables["figure_origins"]:
            year = row["quota_year"]
            if row["figure"] != "assignment_log" or row.get("delivered_rows") is None or year not in self._years:
                continue
            events: list[Key] = []
            for place, months in self._months.items():
                for month in months:
                    if month.year == year and month <= edition.day:
                        assigned = total(("assigned", place, quota, month) for quota in self._against(month))
                        parts = {
                            "assignments": assigned,
                            "cancellations": self._cancelled(place, None, month, month),
                            "receptions": self._received(place, None, month, month),
                        }
                        for kind, persons in parts.items():
                            key = (kind, place, month)
                            self.system.say(joined({key: 99}, total(persons, -1)), 0)
                            self.system.say(joined(persons, {key: -1}), 0)
                            self.unknowns["number of", *key] = {key: 1}
                            events.append(key)
            if not self.only_series:
                self._publish(total([*events, ("other events", year, edition.day)]), row["delivered_rows"])

    def _over_plan_that_is_sure(self) -> None:
        """Where nothing was cancelled or replaced, the net is all that was assigned: what is over plan is known."""
        closed = {row["quota_year"] for row in self._rows if row["figure"].startswith("over_plan_")}
        lost: dict[Key, Form] = {}
        for place in self._months:
            for year, month in self._cohorts(place):
                if year == month.year and year in closed:
                    cancelled = self._cancelled(place, year, month, date.max, month)
                    lost[place, month] = joined(cancelled, {("replacing", place, year, month): 1})
        nets = {
            (row["area_code"], row["plan_month"]): row["persons"]
            for row in self._rows
            if row["figure"] == "net_assigned"
        }
        for place, month in self.system.always_none(lost) & nets.keys():
            over = total((kind, place, month) for kind in ("approved", "unapproved"))
            self._publish(over, max(0, nets[place, month] - self._last.planned(place, month)))


@dataclass
class Told:
    """What editions tell by reckoning: findings, and what follows from the two municipal series alone."""

    findings: list[Finding] = field(default_factory=list)
    permitted: list[Finding] = field(default_factory=list)


def certain(edition: Edition) -> Told:
    """What one edition tells for sure."""
    return _reckoned("certain", [edition])


def believing(editions: Sequence[Edition]) -> Told:
    """What all editions tell somebody who believes in few corrections."""
    return _reckoned("believing", editions)


def _reckoned(way: str, editions: Sequence[Edition]) -> Told:
    by_all, by_series = (Reckoning(editions, only_series, way == "believing") for only_series in (False, True))
    told = Told()
    for name, known in by_all.system.told(by_all.unknowns).items():
        finding = Finding(way, " ".join(str(part) for part in name if part is not None), _words(known))
        # A withheld figure of the country that may be anything from 1 to 5 is no more than the mark itself says.
        is_mark = name[0] == "withheld" and name[2] == COUNTRY and known == Range(min(SMALL), max(SMALL))
        alone = by_series.system.range_of(by_all.unknowns[name])
        is_permitted = is_mark or (known.low <= alone.low and alone.high <= known.high)
        (told.permitted if is_permitted else told.findings).append(finding)
    return told


def _words(known: Range) -> str:
    return f"{known.low}" if known.low == known.high else f"{known.low} to {known.high}"
