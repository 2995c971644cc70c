"""What happened to the plan of an area, the newest first: decisions, wishes, new plans, months that ended."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from dagster_project import language as languages
from dagster_project.language import Language
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.settings import STOCKHOLM
from dagster_project.sql import Row

# How many municipalities an event of a county names; of more it says how many they are.
_NAMED = 8


@dataclass(frozen=True)
class Event:
    """Something that happened on a day, of a kind that texts name, in a sentence.

    `about` is what makes it the same event in every release; `place` is where its row or table is, from the home of a
    language.
    """

    day: date
    kind: str
    about: tuple[object, ...]
    year: int
    text: str
    place: str

    @property
    def moment(self) -> str:
        """The beginning of its day in Stockholm, as feeds write it."""
        return datetime.combine(self.day, time(), STOCKHOLM).isoformat()

    def id(self, area_code: str) -> str:
        """Its name in the feed of an area: the same as long as it is about the same."""
        return named(area_code, self.kind, *self.about)


def named(*about: object) -> str:
    """A URN of these words, the same in every release and wherever the pages lie."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "|".join(("arsplan", *map(str, about)))).urn


def plan_ids(figures: MartRows, first: Row) -> list[str]:
    """Decisions, redistributions and wishes that a version of a plan rests on; `first` is its first month."""
    of_year = first.municipality_code, first.quota_year
    decided = figures.by("kommuntal_changes", "municipality_code", "quota_year").get(of_year, [])
    wished = figures.by("change_request_months", "municipality_code", "quota_year").get(of_year, [])
    ids = [row.change_id for row in decided if row.effect_date == first.effect_date]
    return ids + sorted({row.request_id for row in wished if row.version_number == first.version_number})


@dataclass(frozen=True)
class Timeline:
    """Events of areas in a language, for those who log in, or with a public day for everyone.

    Everyone's months are those that `figures` have of outcomes, each from the day on which it became public.
    """

    figures: MartRows
    language: Language
    public_day: PublicDay | None
    _found: dict[str, list[Event]] = field(default_factory=dict)

    def of(self, code: str, year: int | None = None) -> list[Event]:
        """Events of a county or municipality, the newest first, of one quota year or all; a plan above its causes."""
        if code not in self._found:
            self._found[code] = sorted(self._events(code), key=lambda event: event.day, reverse=True)
        return [event for event in self._found[code] if year in (None, event.year)]

    def _events(self, code: str) -> Iterator[Event]:
        if len(code) > 2:
            yield from self._plans(code)
            yield from self._kommuntal(code)
            yield from self._redistributions(code, [code])
            yield from self._wishes(code)
            yield from self._months(code, self._rows("plan_deviations", "municipality_code", code))
            return
        codes = [row.municipality_code for row in self._rows("municipalities", "county_code", code)]
        yield from self._plans_of_county(codes)
        yield from self._kommuntal_of_county(code, codes)
        yield from self._lanstal(code)
        yield from self._redistributions(code, codes)
        for municipality in codes:
            yield from self._wishes(municipality, f"{self._name(municipality)}: ")
        yield from self._months(code, self._rows("area_plan_deviations", "area_code", code))

    def _lanstal(self, code: str) -> Iterator[Event]:
        before: dict[int, int] = {}
        for row in self._rows("lanstal_changes", "county_code", code):
            text = self._decided("lanstal", row, row.lanstal_persons, before.get(row.quota_year), row.decision_id)
            before[row.quota_year] = row.lanstal_persons
            about = row.quota_year, row.decision_id
            yield self._event(row.decided_date, "lanstal", about, row.quota_year, text, code, "quotas")

    def _kommuntal(self, code: str) -> Iterator[Event]:
        rows = self._rows("kommuntal_changes", "municipality_code", code)
        for row in (row for row in rows if row.change_kind == "decision"):
            earlier = [
                one.kommuntal_persons
                for one in rows
                if one.quota_year == row.quota_year and one.effect_date < row.effect_date
            ]
            before = earlier[-1] if earlier else None
            text = self._decided("kommuntal", row, row.decided_persons, before, row.change_id)
            about = row.quota_year, row.change_id
            yield self._event(row.decided_date, "kommuntal", about, row.quota_year, text, code, "changes")

    def _kommuntal_of_county(self, code: str, codes: Sequence[str]) -> Iterator[Event]:
        decided = [
            row
            for municipality in codes
            for row in self._rows("kommuntal_changes", "municipality_code", municipality)
            if row.change_kind == "decision"
        ]
        for (day, effect, year, decision), rows in _grouped(
            decided, lambda row: (row.decided_date, row.effect_date, row.quota_year, row.change_id)
        ):
            text = self._say(
                "decided_in_county",
                year=year,
                areas=self._areas(row.municipality_code for row in rows),
                persons=self._number(sum(row.decided_persons for row in rows)),
                effect=self._day(effect),
                id=decision,
            )
            yield self._event(day, "kommuntal", (year, decision, effect), year, text, code, "quotas")

    def _plans(self, code: str) -> Iterator[Event]:
        for before, months in self._versions(code):
            first = months[0]
            if before is None:
                total = self._number(sum(row.planned_persons for row in months))
                text = self._say("first_plan", year=first.quota_year, persons=total, why=self._why(first))
            else:
                changed = [
                    f"{languages.month(new.plan_month, self.language)} "
                    f"{self._number(old.planned_persons)} → {self._number(new.planned_persons)}"
                    for old, new in zip(before, months, strict=True)
                    if old.planned_persons != new.planned_persons
                ]
                text = self._say(
                    "new_plan",
                    month=languages.month(first.first_changed_month, self.language),
                    why=self._why(first),
                    months=", ".join(changed) or self._say("no_month"),
                )
            about = first.quota_year, first.effect_date
            yield self._event(first.decided_date, "plan", about, first.quota_year, text, code, "versions")

    def _plans_of_county(self, codes: Sequence[str]) -> Iterator[Event]:
        made = [
            (months[0], before is None) for municipality in codes for before, months in self._versions(municipality)
        ]
        for (day, effect, year, is_first, why), found in _grouped(
            made, lambda one: (one[0].decided_date, one[0].effect_date, one[0].quota_year, one[1], self._why(one[0]))
        ):
            first = found[0][0]
            text = self._say(
                "first_plans" if is_first else "new_plans",
                year=year,
                month=languages.month(first.first_changed_month, self.language),
                areas=self._areas(one.municipality_code for one, _ in found),
                why=why,
            )
            about = year, effect, day, is_first, *plan_ids(self.figures, first)
            yield Event(day, "plan", about, year, text, f"arsplanering/{year}.html#plan")

    def _versions(self, code: str) -> Iterator[tuple[list[Row] | None, list[Row]]]:
        """The months of each version of a municipality's plans, after those of the version before."""
        rows = self._rows("monthly_plan_versions", "municipality_code", code)
        for _, of_year in groupby(rows, key=lambda row: row.quota_year):
            before = None
            for _, found in groupby(of_year, key=lambda row: row.version_number):
                months = list(found)
                yield before, months
                before = months

    def _why(self, first: Row) -> str:
        """Why a version of a plan was made: words for its causes, and the ids behind it."""
        causes = ", ".join(self.language.texts["cause"][cause] for cause in first.cause.split("+"))
        ids = "; ".join(plan_ids(self.figures, first))
        return f"{causes}: {ids}" if ids else causes

    def _redistributions(self, code: str, codes: Sequence[str]) -> Iterator[Event]:
        found = {
            row.agreement_id: row
            for municipality in codes
            for side in ("from_municipality_code", "to_municipality_code")
            for row in self._rows("redistribution_outcomes", side, municipality)
        }
        for agreement, row in found.items():
            values = {
                "id": agreement,
                "persons": self._number(row.persons),
                "from_area": self._name(row.from_municipality_code),
                "to_area": self._name(row.to_municipality_code),
            }
            at = row.quota_year, code, "redistributions"
            text = self._say("requested", "timeline_redistribution", **values)
            yield self._event(row.requested_date, "redistribution", (agreement, "requested"), at[0], text, *at[1:])
            if row.decided_date:
                why = self.language.texts["redistribution"][row.invalid_reason] if row.invalid_reason else ""
                text = self._say(
                    row.status, "timeline_redistribution", effect=self._day(row.in_force_date), why=why, **values
                )
                yield self._event(row.decided_date, "redistribution", (agreement, "decided"), at[0], text, *at[1:])

    def _wishes(self, code: str, of_whom: str = "") -> Iterator[Event]:
        for request, rows in _grouped(
            self._rows("change_request_months", "municipality_code", code), lambda row: row.request_id
        ):
            first, months = rows[0], self._wished(rows)
            at = first.quota_year, code, "requests"
            text = of_whom + self._say("requested", "timeline_wish", id=request, months=months)
            yield self._event(first.requested_date, "wish", (request, "requested"), at[0], text, *at[1:])
            if first.decided_date:
                text = of_whom + self._say(first.status, "timeline_wish", id=request, months=months)
                yield self._event(first.decided_date, "wish", (request, "decided"), at[0], text, *at[1:])

    def _wished(self, rows: Iterable[Row]) -> str:
        return ", ".join(
            f"{languages.month(row.plan_month, self.language)} {self._number(row.wished_persons)}" for row in rows
        )

    def _months(self, code: str, rows: Iterable[Row]) -> Iterator[Event]:
        wait = timedelta(days=self.public_day.wait_days if self.public_day else 0)
        last = self.public_day.day if self.public_day else self.figures.as_of
        for row in rows:
            end = (row.plan_month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            if end > last or row.net_assigned_persons is None:
                continue
            text = self._say(
                "month_ended",
                month=languages.month(row.plan_month, self.language),
                year=row.quota_year,
                planned=self._number(row.planned_persons),
                net=self._number(row.net_assigned_persons),
                received=self._number(row.received_in_month_persons),
            )
            about = row.plan_month, "public" if self.public_day else "internal"
            yield self._event(end + wait, "month", about, row.quota_year, text, code, "months")

    def _decided(self, what: str, row: Row, persons: int, before: int | None, decision: str) -> str:
        """A decision on länstal or kommuntal; `before` is what was in force in that year."""
        changed = f"{self._number(before)} → " if before is not None else ""
        return self._say(
            "decided",
            what=self.language.texts["word"][what],
            year=row.quota_year,
            persons=changed + self._number(persons),
            effect=self._day(row.effect_date),
            id=decision,
        )

    def _event(
        self, day: date, kind: str, about: tuple[object, ...], year: int, text: str, code: str, anchor: str
    ) -> Event:
        is_plan = self.public_day is not None and kind != "month"
        folder = "arsplanering" if is_plan else "lan" if len(code) == 2 else "kommun"
        if is_plan and len(code) == 2:
            return Event(day, kind, about, year, text, f"{folder}/{code}/index.html#{anchor}")
        page = f"{year}.html#{anchor}" if self._has_page(code, year, is_plan) else "index.html"
        return Event(day, kind, about, year, text, f"{folder}/{code}/{page}")

    def _has_page(self, code: str, year: int, is_plan: bool) -> bool:
        if is_plan:
            return any(row.quota_year == year for row in self._rows("monthly_plan", "municipality_code", code))
        return self.public_day is not None or year in self.figures.years_of(code)

    def _rows(self, mart: str, column: str, code: str) -> list[Row]:
        return self.figures.by(mart, column).get(code, [])

    def _name(self, code: str) -> str:
        found = self._rows("municipalities", "municipality_code", code)
        return str(found[0].municipality_name)

    def _areas(self, codes: Iterable[str]) -> str:
        """The municipalities by name, or how many they are."""
        names = [self._name(code) for code in codes]
        return ", ".join(names) if len(names) <= _NAMED else self._say("municipalities", n=len(names))

    def _say(self, text: str, section: str = "timeline", **values: object) -> str:
        return self.language.texts[section][text].format(**values)

    def _number(self, value: int | None) -> str:
        return languages.number(value, self.language)

    def _day(self, value: date | None) -> str:
        return languages.long_day(value, self.language)


def _grouped(rows: Iterable[Any], key: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Rows with the same key, wherever they stand, in the order in which each key comes first."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    yield from groups.items()
