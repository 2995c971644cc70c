"""What the page that tries a redistribution shows and computes with; all of it is public."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.publish.mart_rows import MartRows


def content(figures: MartRows, since: int) -> dict[str, Any]:
    """The quota years that can be chosen, and months to name rows by; `since` as for the inputs."""
    months = [date(figures.as_of.year, number, 1) for number in range(1, 13)]
    return {"part": "plan", "open_years": open_years(figures, since), "plan_months": months}


def open_years(figures: MartRows, since: int) -> list[int]:
    """Quota years from `since` on with a plan: a move in one that is over is no longer assessed."""
    return sorted(year for year in figures.plan_years if year >= since)


def write_plan_inputs(folder: Path, figures: MartRows, since: int) -> None:
    """What plans are computed from (R1, R3, R4), as a script; free of texts.

    Quota years begin with `since`, for everyone that of the public day: within one, new year changes nothing here.
    """
    counties: dict[str, list[str]] = {}
    for row in sorted(figures.marts["municipalities"], key=lambda row: str(row.municipality_code)):
        counties.setdefault(row.county_code, []).append(row.municipality_code)
    inputs = {
        "asOf": f"{figures.as_of}",
        "counties": counties,
        "years": {year: _of_year(figures, year) for year in open_years(figures, since)},
    }
    written = json.dumps(inputs, separators=(",", ":")).replace("},", "},\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.js").write_text(f"window.arsplanPlans = {written};\n", encoding="utf-8")


def _of_year(figures: MartRows, year: int) -> dict[str, Any]:
    margins: dict[str, list[list[Any]]] = {}
    for row in figures.by("county_quotas", "quota_year").get(year, []):
        spell = [f"{row.valid_from_date}", f"{row.valid_to_date}", row.margin_persons]
        margins.setdefault(row.county_code, []).append(spell)
    weights = {row.plan_month: row.profile_weight for row in figures.by("plan_arithmetic", "quota_year").get(year, [])}
    codes = sorted({row.municipality_code for row in figures.by("kommuntal_changes", "quota_year").get(year, [])})
    return {
        "weights": [weights[plan_month] for plan_month in sorted(weights)],
        "margins": margins,
        "municipalities": {code: _of_municipality(figures, code, year) for code in codes},
    }


def _of_municipality(figures: MartRows, code: str, year: int) -> dict[str, list[list[Any]]]:
    """Decisions and moves by the day from which they count; accepted wishes, of which the last on a month counts."""
    changes = figures.by("kommuntal_changes", "municipality_code", "quota_year")[code, year]
    wishes = figures.by("change_request_months", "municipality_code", "quota_year").get((code, year), [])
    accepted = [row for row in wishes if row.decision == "accepted"]
    return {
        "decisions": [[f"{row.effect_date}", row.decided_persons] for row in changes if row.change_kind == "decision"],
        "moves": [[f"{row.effect_date}", row.moved_persons] for row in changes if row.change_kind != "decision"],
        "wishes": [
            [f"{row.decided_date}", row.plan_month.month, row.wished_persons]
            for row in sorted(accepted, key=lambda row: (row.decided_date, row.request_id))
        ],
    }
