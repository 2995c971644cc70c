"""The page for officers: what each undecided request would do if it were granted; working material, not public."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.language import SWEDISH
from dagster_project.publish.mart_rows import read_mart_rows
from dagster_project.publish.site.templating import templates
from dagster_project.sql import Row

HERE = Path(__file__).parent
FILE_NAME = "assessments.html"

_MARTS = (
    "change_request_assessments",
    "redistribution_assessments",
    "assessed_plan_months",
    "municipalities",
    "counties",
)


def write_assessments(warehouse: duckdb.DuckDBPyConnection, folder: Path, as_of: date, build_id: str) -> int:
    """Write the page into the folder of a release; how many requests wait. In Swedish, whole in one file."""
    figures = read_mart_rows(warehouse, _MARTS, as_of, build_id, "")
    months: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in figures.marts["assessed_plan_months"]:
        months[row.request_kind, row.request_id][row.municipality_code].append(row)
    wishes, moves = figures.marts["change_request_assessments"], figures.marts["redistribution_assessments"]
    page = (
        templates(SWEDISH)
        .get_template(FILE_NAME)
        .render(
            style=(HERE / "static" / "site.css").read_text(encoding="utf-8"),
            as_of=as_of,
            build_id=build_id,
            wishes=sorted(wishes, key=lambda row: -row.waiting_days),
            moves=sorted(moves, key=lambda row: -row.waiting_days),
            months=months,
            names={row.municipality_code: row.municipality_name for row in figures.marts["municipalities"]},
        )
    )
    (folder / FILE_NAME).write_text(page, encoding="utf-8")
    return len(wishes) + len(moves)
