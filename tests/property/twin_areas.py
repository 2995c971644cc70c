"""The marts by area in plain Python, from the twin's own marts: the country, counties and municipalities."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import accumulate
from statistics import median

from twin_landing import Register, Row

Marts = dict[str, list[Row]]
COUNTRY = "00"


def area_marts(marts: Marts, register: Register, as_of: date) -> Marts:
    """`area_plan_deviations`, `area_year_summaries`, `cancellation_summaries` and `open_deadlines`."""
    areas = {row["municipality_code"]: (COUNTRY, row["county_code"], row["municipality_code"]) for row in register}
    return {
        "area_plan_deviations": area_plan_deviations(marts, areas),
        "area_year_summaries": area_year_summaries(marts, areas, as_of),
        "cancellation_summaries": cancellation_summaries(marts, areas),
        "open_deadlines": open_deadlines(marts, areas),
    }


def by_area(rows: list[Row], areas: dict[str, tuple[str, ...]], *columns: str) -> dict[tuple, list[Row]]:
    """Rows by their area, each of the three, and more columns."""
    groups = defaultdict(list)
    for row in rows:
        for area in areas[row["municipality_code"]]:
            groups[(area, *(row[column] for column in columns))].append(row)
    return groups


def total(rows: list[Row], column: str) -> int | None:
    known = [row[column] for row in rows if row[column] is not None]
    return sum(known) if known else None


SUMMED = (
    "planned_persons",
    "assigned_persons",
    "cancelled_persons",
    "net_assigned_persons",
    "deviation_persons",
    "prior_year_replacement_persons",
    "received_in_month_persons",
    "over_plan_persons",
    "over_plan_unapproved_persons",
)


def area_plan_deviations(marts: Marts, areas: dict[str, tuple[str, ...]]) -> list[Row]:
    found = []
    months = by_area(marts["plan_deviations"], areas, "quota_year", "plan_month")
    years = sorted({(area, year) for area, year, _ in months if len(area) == 2})
    for area, year in years:
        here = sorted(month for one, _, month in months if (one, month.year) == (area, year))
        rows = [{column: total(months[area, year, month], column) for column in SUMMED} for month in here]
        planned = accumulate(row["planned_persons"] for row in rows)
        is_covered = rows[0]["net_assigned_persons"] is not None
        net = accumulate(row["net_assigned_persons"] for row in rows) if is_covered else [None] * len(rows)
        for month, row, so_far, net_so_far in zip(here, rows, planned, net, strict=True):
            row |= {"area_code": area, "plan_month": month, "quota_year": year}
            row |= {"cumulative_planned_persons": so_far, "cumulative_net_assigned_persons": net_so_far}
            row["municipalities_missing"] = missing(marts["quota_year_counts"], areas, area, year)
            begun = row["deviation_persons"] is not None
            found.append(row | {"cumulative_deviation_persons": net_so_far - so_far if begun else None})
    return found


def missing(counts: list[Row], areas: dict[str, tuple[str, ...]], area: str, year: int) -> int:
    """Municipalities of an area without kommuntal now."""
    of_area = {code for code, those in areas.items() if area in those}
    having = [row for row in counts if row["quota_year"] == year and row["kommuntal_persons"] is not None]
    return len(of_area - {row["municipality_code"] for row in having})


def has_ended(month: date, as_of: date) -> bool:
    following = (month + timedelta(days=31)).replace(day=1)
    return following - timedelta(days=1) <= as_of


def status(kommuntal: int | None, planned: int | None, net: int, is_covered: bool) -> str:
    """Decision 6."""
    if not is_covered:
        return "not_delivered"
    is_none = kommuntal is None or (kommuntal == 0 and net == 0)
    if is_none or planned is None:
        return "no_kommuntal" if is_none else "not_begun"
    short = planned - net
    if abs(short) <= 2 or abs(short) * 10 <= planned:
        return "on_plan"
    if abs(short) <= 5:
        return "within_household"
    if short < 0:
        return "ahead"
    return "far_behind" if short * 4 > planned else "behind"


def area_year_summaries(marts: Marts, areas: dict[str, tuple[str, ...]], as_of: date) -> list[Row]:
    counts = by_area(marts["quota_year_counts"], areas, "quota_year")
    months = by_area(marts["plan_deviations"], areas, "quota_year")
    cancelled = by_area(marts["cancellations"], areas, "quota_year")
    lanstal = defaultdict(list)
    for row in marts["county_quotas"]:
        for area in (COUNTRY, row["county_code"]):
            lanstal[area, row["quota_year"]] += [row] if row["is_current"] else []
    found = []
    for area, year in sorted(counts.keys() | {(area, year) for area, year in lanstal}):
        rows = counts.get((area, year), [])
        ended = [row for row in months[area, year] if has_ended(row["plan_month"], as_of)]
        planned, net = total(ended, "planned_persons"), total(ended, "net_assigned_persons")
        is_covered = has_log(marts, year, as_of)
        nobody = 0 if is_covered else None
        kommuntal, awaiting = total(rows, "kommuntal_persons"), total(cancelled[area, year], "awaiting_persons")
        settled = sum(total(rows, f"{persons}_persons") or 0 for persons in ("received", "open")) + (awaiting or 0)
        to_assign = kommuntal - settled if is_covered and kommuntal is not None else None
        months_left = (total(rows, "planned_persons") or 0) - (planned or 0)
        found.append(
            {
                "quota_year": year,
                "area_code": area,
                "lanstal_persons": total(lanstal[area, year], "lanstal_persons"),
                "counties_missing": counties_missing(areas, lanstal, area, year),
                "municipalities_missing": missing(marts["quota_year_counts"], areas, area, year),
                "kommuntal_persons": kommuntal,
                "planned_to_date_persons": planned or 0,
                "net_assigned_to_date_persons": net or nobody,
                "deviation_to_date_persons": None if planned is None or net is None else net - planned,
                "to_date_month": max((row["plan_month"] for row in ended), default=None),
                "plan_status": status(kommuntal, planned, net or 0, is_covered),
                "assigned_persons": total(months[area, year], "assigned_persons") or nobody,
                "received_persons": total(rows, "received_persons") or nobody,
                "open_persons": total(rows, "open_persons") or nobody,
                "cancelled_persons": total(rows, "cancelled_persons") or nobody,
                "awaiting_persons": awaiting or nobody,
                "to_assign_persons": to_assign,
                "behind_plan_persons": None if to_assign is None else to_assign - months_left,
                "unassigned_persons": total(rows, "unassigned_persons"),
                "is_covered_by_log": is_covered,
            }
        )
    return found


def open_deadlines(marts: Marts, areas: dict[str, tuple[str, ...]]) -> list[Row]:
    still_open = [
        {**row, "deadline_month": row["reception_deadline_date"].replace(day=1)}
        for row in marts["assignments"]
        if row["status"] == "open"
    ]
    groups = by_area(still_open, areas, "quota_year", "deadline_month")
    return [
        {
            "area_code": area,
            "quota_year": year,
            "deadline_month": month,
            "open_persons": total(rows, "persons"),
            "overdue_persons": sum(row["persons"] for row in rows if row["is_overdue"]),
        }
        for (area, year, month), rows in groups.items()
    ]


def has_log(marts: Marts, year: int, as_of: date) -> bool:
    """R11. Any event leaves its trace in one of these."""
    any_event = any(marts[mart] for mart in ("assignments", "log_issues", "over_plan_dialogues"))
    counted = any(row["quota_year"] == year for row in marts["assignments"])
    return counted or (any_event and date(year, 12, 31) > as_of)


def counties_missing(areas: dict[str, tuple[str, ...]], lanstal: dict, area: str, year: int) -> int | None:
    """Counties of an area without länstal now; None for a municipality, and where the year has no quota at all."""
    rows = lanstal.get((area, year))
    if not rows:
        return None
    counties = {those[1] for those in areas.values()} if area == COUNTRY else {area}
    return len(counties - {row["county_code"] for row in rows if row["lanstal_persons"] is not None})


def rounded(value: float) -> int:
    """To the nearest whole number, halves away from zero."""
    return int(abs(value) + 0.5) * (1 if value >= 0 else -1)


def cancellation_summaries(marts: Marts, areas: dict[str, tuple[str, ...]]) -> list[Row]:
    found = []
    for (area, year), rows in by_area(marts["cancellations"], areas, "quota_year").items():
        days = [row["displacement_days"] for row in rows if row["displacement_days"] is not None]
        split = sum(row["persons"] for row in rows if row["is_new_constellation"])
        found.append(
            {
                "quota_year": year,
                "area_code": area,
                "cancelled_persons": total(rows, "persons"),
                "replacement_persons": total(rows, "replacement_persons"),
                "awaiting_persons": total(rows, "awaiting_persons"),
                "crosses_year_persons": sum(row["persons"] for row in rows if row["crosses_year"]),
                "median_displacement_days": rounded(median(days)) if len(days) >= 6 else None,
                "new_constellation_persons": split if area == COUNTRY and not 1 <= split <= 5 else None,
            }
        )
    return found
