"""Reads XLSX workbooks: the first visible sheet.

Values come from calamine (fastexcel). What it does not tell, because it reads values only, is looked up in the parts of
the workbook: hidden sheets, merged ranges, formulas, error cells, numbers with more digits than a number can hold.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, fromstring, iterparse

import fastexcel
import polars as pl

from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.raw_rows import (
    ROW_NUMBER,
    RawRows,
    Remark,
    UnreadableFileError,
    cleaned_headers,
    digits_lost,
    header_row,
    refuse_beyond,
    rows_above,
)

LARGEST_WORKBOOK_BYTES = 2**30  # unpacked
_LARGEST_EXACT = 10**15
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


@dataclass
class _Sheet:
    """What a sheet's XML tells beside the values; places are (row, column), counted from 1."""

    name: str
    errors: list[tuple[int, int]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    never_calculated: list[tuple[int, int]] = field(default_factory=list)
    long_numbers: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    first_row: int = 0
    first_column: int = 0


def read_workbook(path: Path, feed: Feed) -> RawRows:
    """The rows of the first visible sheet. Raises UnreadableFileError."""
    with zipfile.ZipFile(path) as packed:
        refuse_beyond(sum(part.file_size for part in packed.infolist()), LARGEST_WORKBOOK_BYTES, "bytes unpacked")
        book = fromstring(packed.read("xl/workbook.xml"))
        sheets = list(_sheets(packed, book))
        visible = [at for at, (_, _, is_visible) in enumerate(sheets) if is_visible]
        if not visible:
            raise UnreadableFileError("no sheet is visible: show the one to read")
        read = visible[0]
        sheet = _look_at(packed, *sheets[read][:2])
        others = [name for at, (name, part, _) in enumerate(sheets) if at != read and _holds_rows(packed, part)]
    is_calculated_on_opening = any(part.get("fullCalcOnLoad") in ("1", "true") for part in _all(book, "calcPr"))
    table = fastexcel.read_excel(path.read_bytes()).load_sheet(sheet.name, header_row=None, dtypes="string").to_polars()
    at = header_row(table.head(20).rows(), feed)
    if at is None:
        raise UnreadableFileError(f"sheet {sheet.name}: it is empty: deliver at least a header row")
    header_place = f"sheet {sheet.name}, row {sheet.first_row + at}"
    headers = cleaned_headers(table.row(at), header_place)
    columns = {
        sheet.first_column + position: header.lower()
        for position, header in enumerate(headers)
        if header.lower() in feed.column_names
    }
    first = sheet.first_row + at + 1  # of the rows of data
    _refuse_unclear(sheet, columns, first, is_calculated_on_opening)
    rows = table.slice(at + 1).with_columns(pl.all().str.replace(_MIDNIGHT, "$1"))  # a date cell comes as its midnight
    rows.columns = [str(position) for position in range(rows.width)]
    errors: dict[str, list[int]] = {}
    for row, column in sheet.errors:
        if column in columns and row >= first:
            errors.setdefault(columns[column], []).append(row - first + 1)
    ids = {column for column, name in columns.items() if name in feed.id_columns}
    lost = sum(row >= first and column in ids for row, column in sheet.long_numbers)
    remarks = [*rows_above(at), *digits_lost(lost)]
    if others:
        remarks.append(Remark("more_sheets", f"not read: {', '.join(others)}", len(others)))
    numbered = rows.with_row_index(ROW_NUMBER, offset=1).cast({ROW_NUMBER: pl.Int64})
    return RawRows(numbered, headers, header_place, error_cells=errors, remarks=tuple(remarks))


def _refuse_unclear(sheet: _Sheet, columns: dict[int, str], first: int, is_calculated_on_opening: bool) -> None:
    """Refuse what could be read wrongly in the columns of the feed: merged ranges, formulas without a value."""
    for top, left, bottom, right in sheet.merged:
        if bottom >= first - 1 and bottom > top and any(left <= column <= right for column in columns):
            place = f"sheet {sheet.name}, {_address(top, left)}:{_address(bottom, right)}"
            raise UnreadableFileError(f"{place}: these cells are merged: unmerge them and fill in each one")
    uncertain = sheet.never_calculated + (sheet.formulas if is_calculated_on_opening else [])
    formulas = [place for place in uncertain if place[1] in columns and place[0] >= first]
    if formulas:
        place = f"sheet {sheet.name}, {_address(*min(formulas))}"
        raise UnreadableFileError(
            f"{place}: a formula whose value may never have been calculated: open the workbook in Excel and save it"
        )


def _sheets(packed: zipfile.ZipFile, book: Element) -> Iterator[tuple[str, str, bool]]:
    """Name, part and whether it is visible, of every worksheet in its order."""
    relations = fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    for sheet in _all(book, "sheet"):
        relation = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
        target = targets.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        if "chartsheets" not in part:
            yield sheet.get("name", ""), part, sheet.get("state", "visible") == "visible"


def _look_at(packed: zipfile.ZipFile, name: str, part: str) -> _Sheet:
    sheet = _Sheet(name)
    rows, columns = [], []
    for element in _cells_and_merges(packed, part):
        if element.tag.endswith("}mergeCell"):
            first, _, last = element.get("ref", "").partition(":")
            sheet.merged.append((*_place(first), *_place(last or first)))
            continue
        place, kind = _place(element.get("r", "")), element.get("t", "n")
        value = next(_all(element, "v"), None)
        text = (value.text or "") if value is not None else ""
        if next(_all(element, "f"), None) is not None:
            sheet.formulas.append(place)
            if value is None or (not text and kind != "str"):
                sheet.never_calculated.append(place)
        if kind == "e":
            sheet.errors.append(place)
        elif kind == "n" and text and abs(float(text)) >= _LARGEST_EXACT:
            sheet.long_numbers.append(place)
        is_empty_text = value is not None and kind in ("str", "d")  # for the reader of values the sheet begins here too
        if text or is_empty_text or next(_all(element, "is"), None) is not None:
            rows.append(place[0])
            columns.append(place[1])
    sheet.first_row, sheet.first_column = min(rows, default=1), min(columns, default=1)
    return sheet


def _holds_rows(packed: zipfile.ZipFile, part: str) -> bool:
    return any(
        any(child.text or child.tag.endswith("}is") for child in element)
        for element in _cells_and_merges(packed, part)
        if element.tag.endswith("}c")
    )


def _cells_and_merges(packed: zipfile.ZipFile, part: str) -> Iterator[Element]:
    with packed.open(part) as xml:
        for _, element in iterparse(xml):
            if element.tag.endswith(("}c", "}mergeCell")):
                yield element
            elif element.tag.endswith("}row"):
                element.clear()


def _all(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element.iter() if child.tag.endswith(f"}}{name}"))


def _place(address: str) -> tuple[int, int]:
    """Row and column of an address such as F2."""
    match = re.fullmatch(r"([A-Z]+)(\d+)", address.replace("$", ""))
    if match is None:
        raise UnreadableFileError("a cell has no address: open the workbook in Excel and save it")
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(match[2]), column


def _address(row: int, column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
