"""The page for officers: what each undecided request would do if it were granted; working material, not public."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.language import SWEDISH
from dagster_project.publish.failures import Failure, failure
from dagster_project.publish.mart_rows import MartRows, read_mart_rows
from dagster_project.publish.site.rendering import bare_page
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


def write_assessments(warehouse: duckdb.DuckDBPyConnection, folder: Path, as_of: date, build_id: str) -> list[Failure]:
    """Write the page into the folder of a release, in Swedish, whole in one file; whether it could not be made."""
    figures = read_mart_rows(warehouse, _MARTS, as_of, build_id, "")
    try:
        page = _page(figures)
    except Exception as error:
        (folder / FILE_NAME).write_bytes(bare_page(SWEDISH))
        return [failure(FILE_NAME, FILE_NAME, error)]
    (folder / FILE_NAME).write_bytes(page)
    return []


def _page(figures: MartRows) -> bytes:
    months: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in figures.marts["assessed_plan_months"]:
        months[row.request_kind, row.request_id][row.municipality_code].append(row)
    wishes, moves = figures.marts["change_request_assessments"], figures.marts["redistribution_assessments"]
    page = (
        templates(SWEDISH)
        .get_template(FILE_NAME)
        .render(
            style=(HERE / "static" / "site.css").read_text(encoding="utf-8"),
            as_of=figures.as_of,
            build_id=figures.build_id,
            wishes=sorted(wishes, key=lambda row: -row.waiting_days),
            moves=sorted(moves, key=lambda row: -row.waiting_days),
            months=months,
            names={row.municipality_code: row.municipality_name for row in figures.marts["municipalities"]},
        )
    )
    return page.encode()
