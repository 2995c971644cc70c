"""The sheets of a year's workbook, typed and formatted as planners expect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from dagster_project import language as languages
from dagster_project.language import SWEDISH
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.sql import Row
from dagster_project.transform.documented_tables import description, internal_marts

_Column = tuple[str, str, str]

_AREA = ("Länskod", "Län", "Kommunkod", "Kommun")

# Columns of a sheet: the mart's column, the word that heads it.
_OUTCOME = {
    "planned_persons": "Planerade",
    "assigned_persons": "Anvisade",
    "cancelled_persons": "Avbrutna",
    "net_assigned_persons": "Netto",
    "deviation_persons": "Avvikelse",
    "cumulative_planned_persons": "Planerade, ackumulerat",
    "cumulative_net_assigned_persons": "Netto, ackumulerat",
    "cumulative_deviation_persons": "Avvikelse, ackumulerad",
    "received_in_month_persons": "Mottagna",
    "prior_year_replacement_persons": "Ersättningar för tidigare år",
    "over_plan_persons": "Över plan",
    "over_plan_unapproved_persons": "Ej godkända över plan",
}
_COUNTS = {
    "kommuntal_persons": "Kommuntal",
    "planned_persons": "Planerade",
    "net_assigned_to_date_persons": "Anvisade netto hittills",
    "received_persons": "Mottagna",
    "open_persons": "Öppna anvisningar",
    "unassigned_persons": "Kvar att anvisa",
    "cancelled_persons": "Avbrutna",
    "received_later_persons": "Mottagna efter årets slut",
    "received_by_replacement_persons": "Mottagna genom ersättning",
    "overdue_persons": "Försenade",
}


def fill(book: Workbook, figures: MartRows, year: int, public_day: PublicDay | None, county_code: str | None) -> None:
    """Add the sheets of a quota year, of one county or all, with the columns that rows have: everyone's are fewer."""
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#E6ECF1", "text_wrap": True, "valign": "top", "bottom": 1}),
        "number": book.add_format({"num_format": "#,##0"}),
        "signed": book.add_format({"num_format": "+#,##0;-#,##0;0"}),
        "month": book.add_format({"num_format": "[$-41D]mmm yyyy", "align": "left"}),  # in Swedish everywhere
        "text": book.add_format({"num_format": "@"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "bold": book.add_format({"bold": True, "valign": "top"}),
    }
    register = figures.marts["municipalities"]
    places = {row.municipality_code: row for row in register if county_code in (None, row.county_code)}
    counties = {row.county_code: row.county_name for row in figures.marts["counties"]}

    def area(code: str) -> tuple[str, str, str, str]:
        place = places[code]
        return place.county_code, counties[place.county_code], code, place.municipality_name

    def rows_of(mart: str) -> list[Row]:
        return [row for row in figures.by(mart, "quota_year").get(year, []) if row.municipality_code in places]

    months, counts = rows_of("plan_deviations"), rows_of("quota_year_counts")
    plans = [
        (code, [row.planned_persons for row in rows])
        for code, rows in groupby(rows_of("monthly_plan"), lambda row: row.municipality_code)
    ]
    of_outcome = _columns(_OUTCOME, "plan_deviations", months)
    of_counts = _columns(_COUNTS, "area_year_summaries", counts)
    month_names = [languages.short_month(date(year, number, 1), SWEDISH) for number in range(1, 13)]
    _sheet(
        book,
        formats,
        "Plan",
        (*_AREA, "Kommuntal", *month_names, "Summa"),
        ((*area(code), figures.kommuntal(code, year), *planned, sum(planned)) for code, planned in plans),
    )
    _sheet(
        book,
        formats,
        "Utfall",
        (*_AREA, "Månad", *(head for _, head, _ in of_outcome)),
        (
            (*area(row.municipality_code), row.plan_month, *(getattr(row, column) for column, _, _ in of_outcome))
            for row in months
        ),
    )
    _sheet(
        book,
        formats,
        "Avräkning",
        (*_AREA, *(head for _, head, _ in of_counts)),
        ((*area(row.municipality_code), *(getattr(row, column) for column, _, _ in of_counts)) for row in counts),
    )
    explained = [("Utfall", of_outcome), ("Avräkning", of_counts)]
    title = f"Årsplan {year}{f', {counties[county_code]}' if county_code else ''}"
    _explain(book.add_worksheet("Förklaringar"), formats, figures, year, title, _notes(public_day), explained)
    for sheet in book.worksheets():
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{title}. {'' if public_day else SWEDISH.texts['site']['internal']}&R&P (&N)")


def _columns(heads: dict[str, str], mart: str, rows: Sequence[Row]) -> list[_Column]:
    """Columns of a sheet that the rows have: name, head, and what it means by the description of the mart."""
    [described] = [table for table in internal_marts() if table.name == mart]
    meanings = {name: description(said, SWEDISH) for name, _, said in described.columns}
    return [(name, head, meanings[name]) for name, head in heads.items() if rows and name in rows[0]._fields]


def _notes(public_day: PublicDay | None) -> list[tuple[str, str]]:
    """What a workbook says of whom it is for."""
    if public_day is None:
        return [("Läsare", SWEDISH.texts["site"]["internal"])]
    day, texts = public_day.day.isoformat(), SWEDISH.texts["public"]
    return [("Offentlig dag", day), ("Nästa", public_day.next.day.isoformat()), ("Månaderna", texts["months_text"])]


def _sheet(
    book: Workbook, formats: dict[str, Any], name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """One table that filters, prints with its head on every page and keeps head and municipality in sight."""
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, heads, formats["head"])
    sheet.set_row(0, 15 if name == "Plan" else 45)  # up to three lines: few programs fit it to its text
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(last, column, _writable(value), formats["text"])
            elif isinstance(value, date):
                sheet.write_datetime(last, column, value, formats["month"])
            elif value is not None:
                is_change = heads[column].startswith("Avvikelse")
                sheet.write_number(last, column, value, formats["signed" if is_change else "number"])
    sheet.freeze_panes(1, len(_AREA))
    sheet.autofilter(0, 0, last, len(heads) - 1)
    for column, width in enumerate((9, 22, 11, 20)):
        sheet.set_column(column, column, width)
    sheet.set_column(len(_AREA), len(heads) - 1, 6 if name == "Plan" else 12)
    sheet.set_column(len(heads) - 1, len(heads) - 1, 9 if name == "Plan" else 12)
    sheet.set_column(len(_AREA), len(_AREA), 11)
    sheet.repeat_rows(0)


def _writable(text: str) -> str:
    """A cell's text without half surrogate pairs, which no file can hold; other odd characters the writer escapes."""
    return text.encode(errors="replace").decode()


def _explain(
    sheet: Worksheet,
    formats: dict[str, Any],
    figures: MartRows,
    year: int,
    title: str,
    notes: list[tuple[str, str]],
    explained: list[tuple[str, list[_Column]]],
) -> None:
    simulated = [SWEDISH.texts["origin"][figure] for figure in figures.simulated(year)]
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 100)
    lines: list[tuple[str, str]] = [
        ("Uppgifter till och med (brytdatum)", figures.as_of.isoformat()),
        *notes,
        ("Utgåva", figures.build_id),
        ("Simulerat", f"{', '.join(simulated)}." if simulated else "Inget."),
        ("Källor", "Sidan Om siffrorna anger källan till varje verklig uppgift."),
        ("Plan: månaderna", SWEDISH.texts["document"]["plan_lead"]),
        *((f"{name}: {head}", meaning) for name, columns in explained for _, head, meaning in columns),
    ]
    sheet.write_string(0, 0, title, formats["title"])
    for position, (word, meaning) in enumerate(lines, start=2):
        sheet.write_string(position, 0, word, formats["bold"])
        sheet.write_string(position, 1, meaning, formats["wrapped"])
