"""What a page says first of an area and year: a sentence, and the parts that kommuntal is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dagster_project import language as languages
from dagster_project.language import Language
from dagster_project.sql import Row


@dataclass(frozen=True)
class Part:
    """A part of kommuntal, in persons, below zero where more is assigned than kommuntal; `word` names its text."""

    word: str
    persons: int


def sentence(row: Row, area: str, language: Language, is_internal: bool) -> str:
    """How the plan is followed, as a person would say it; `row` is of area_year_summaries, or of outcome_years."""
    texts = language.texts["standing"]
    is_past = row.to_date_month == date(row.quota_year, 12, 1)
    begins = (language.texts["standing_of_past"] if is_past else {}).get(row.plan_status) or texts[row.plan_status]
    begins = begins.format(area=area, year=row.quota_year)
    if row.plan_status in ("no_kommuntal", "not_delivered"):
        return f"{begins}."
    left, awaiting = row.planned_persons - row.planned_to_date_persons, row.awaiting_persons if is_internal else 0
    net, planned = row.net_assigned_to_date_persons, row.planned_to_date_persons
    told = [
        ("assigned", row.to_date_month, {"net": net, "planned": planned}),
        ("received", True, {"received": row.received_persons, "kommuntal": row.kommuntal_persons}),
        ("left", left, {"n": left}),
        ("awaiting", awaiting, {"n": awaiting}),
    ]
    months = _months_left(row.quota_year, row.to_date_month, language)
    parts = [
        texts[text].format(months=months, **{name: languages.number(value, language) for name, value in values.items()})
        for text, is_told, values in told
        if is_told
    ]
    return f"{begins}: {', '.join(parts)}."


def _months_left(year: int, to_date: date | None, language: Language) -> str:
    """The months after the last that has ended, as a range."""
    first = (to_date.month if to_date else 0) + 1
    ends = [languages.month(date(year, number, 1), language) for number in (min(first, 12), 12)]
    return "–".join(dict.fromkeys(ends))


def open_note(deadlines: Sequence[Row], year: int, language: Language) -> str:
    """When open assignments are to be received: those overdue, then month by month, a month of another year with it."""
    overdue = sum(row.overdue_persons for row in deadlines)
    told = [language.texts["standing"]["overdue"].format(n=languages.number(overdue, language))] if overdue else []
    for row in deadlines:
        waiting, month = row.open_persons - row.overdue_persons, row.deadline_month
        if waiting:
            of_year = "" if month.year == year else f" {month.year}"
            told.append(f"{languages.month(month, language)}{of_year}: {languages.number(waiting, language)}")
    return ", ".join(told)


def to_assign_note(row: Row, language: Language) -> str:
    """What of the persons to assign is planned later, and what the plan is behind or ahead by."""
    texts, behind = language.texts["standing"], row.behind_plan_persons
    later, months = row.to_assign_persons - behind, _months_left(row.quota_year, row.to_date_month, language)
    told = [texts["planned_later"].format(months=months, n=languages.number(later, language))] if later else []
    if behind:
        word = "behind_plan" if behind > 0 else "ahead_of_plan"
        told.append(texts[word].format(n=languages.number(abs(behind), language)))
    return ", ".join(told)


def parts(row: Row, is_internal: bool) -> list[Part]:
    """What kommuntal is made of: the parts sum to it. None without kommuntal or outcome."""
    if row.kommuntal_persons is None or not row.is_covered_by_log:
        return []
    received = row.received_persons
    if is_internal:
        told = {"received": received, "open": row.open_persons, "awaiting": row.awaiting_persons}
        to_assign = row.to_assign_persons
    else:  # after new year more can be received than the year's months have assigned
        told = {"received": received, "not_yet_received": max(row.net_assigned_to_date_persons - received, 0)}
        to_assign = row.kommuntal_persons - sum(told.values())
    told["to_assign" if to_assign >= 0 else "over_assigned"] = to_assign
    return [Part(word, persons) for word, persons in told.items()]
