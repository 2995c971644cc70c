"""Reads one delivered file, whatever its format, into rows of text; judges nothing but whether it can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.raw_rows import ROW_NUMBER, RawRows, UnreadableFileError, clean
from dagster_project.ingest.read_delimited import read_delimited
from dagster_project.ingest.read_json_lines import read_json_lines
from dagster_project.ingest.read_parquet import read_parquet
from dagster_project.ingest.read_workbook import read_workbook

READERS: dict[str, Callable[[Path, Feed], RawRows]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".xlsx": read_workbook,
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}

# What a file is, by its first bytes, where its ending says something else; and what to do.
_BEGINNINGS = {
    b"PK\x03\x04": (".xlsx", "a workbook or another zip archive: name it .xlsx, or deliver what is packed in it"),
    b"PAR1": (".parquet", "a Parquet file: name it .parquet"),
    b"\xd0\xcf\x11\xe0": (".xls", "a workbook with a password, or an old .xls: save it as .xlsx without a password"),
    b"%PDF": (".pdf", "a PDF: deliver the table itself"),
    b"\x1f\x8b": (".gz", "packed with gzip: deliver the file itself"),
}


def read_delivery(path: Path, feed: Feed) -> RawRows:
    """Read `path` by its ending. Raises UnreadableFileError."""
    ending = path.suffix.lower()
    try:
        _refuse_another_kind(path, ending)
        delivery = READERS[ending](path, feed)
    except UnreadableFileError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # a broken file makes its parser fail in any way
        kind = type(error).__name__
        raise UnreadableFileError(f"not a whole {ending} file ({kind}): deliver the file again") from error
    return _without_blank_rows(delivery)


def _refuse_another_kind(path: Path, ending: str) -> None:
    with path.open("rb") as file:
        beginning = file.read(4)
    found = next((known for magic, known in _BEGINNINGS.items() if beginning.startswith(magic)), None)
    if found and found[0] != ending:
        raise UnreadableFileError(f"it is not what its ending {ending} says, but {found[1]}")
    if not found and beginning and ending in (".xlsx", ".parquet"):
        text = f"it is not what its ending {ending} says, but perhaps text: name it .csv, or deliver the file again"
        raise UnreadableFileError(text)


def _without_blank_rows(delivery: RawRows) -> RawRows:
    blank = delivery.rows
    for name in blank.columns:  # after the first column there are hardly any left to look at
        if name != ROW_NUMBER:
            blank = blank.filter(clean(blank[name]).is_null())
    errors = {row for rows in delivery.error_cells.values() for row in rows}
    blank = blank.filter(~pl.col(ROW_NUMBER).is_in(list(errors)))
    if blank.is_empty():
        return delivery
    return replace(delivery, rows=delivery.rows.join(blank, on=ROW_NUMBER, how="anti", maintain_order="left"))
