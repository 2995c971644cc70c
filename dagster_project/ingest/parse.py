"""Parses one delivered file: typed rows that fit, rows that do not with their text, counts.

A pure function of the file's content, its feed, the register and the code: it knows no other file and no warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import Feed, Kind
from dagster_project.ingest.raw_rows import RAW_ROW, ROW_NUMBER, RawRows, Remark, UnreadableFileError
from dagster_project.ingest.read import read_delivery
from dagster_project.ingest.validate import REJECTION, ROW_HASH, validate

LOADED = "loaded"

_TYPES: dict[Kind, type[pl.DataType] | pl.DataType] = {
    Kind.WHOLE_NUMBER: pl.Int64,
    Kind.DATE: pl.Date,
    Kind.MONTH: pl.Date,
    Kind.TIMESTAMP: pl.Datetime("us"),
}

REJECTED_SCHEMA = pl.Schema({ROW_NUMBER: pl.Int64, "reason": pl.String, RAW_ROW: pl.String})


def fitting_schema(feed: Feed) -> pl.Schema:
    """Columns of a feed's rows that fit: row_number (1 = first data row), row_hash and the contract's columns."""
    columns = {column.name: _TYPES.get(column.kind, pl.String) for column in feed.columns}
    return pl.Schema({ROW_NUMBER: pl.Int64, ROW_HASH: pl.UInt64, **columns})


@dataclass(frozen=True)
class About:
    """What is said of a parsed file: `status` is `loaded`, or as in the contract, section 2; then `problem` says why.

    `rows_read` are those that fit and the `rows_unfit` that do not.
    """

    status: str = LOADED
    problem: str | None = None
    rows_read: int = 0
    rows_unfit: int = 0
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class ParsedFile:
    """A parsed file: what is said of it, the rows that fit (fitting_schema), those that do not (REJECTED_SCHEMA)."""

    about: About
    fitting: pl.DataFrame = field(default_factory=pl.DataFrame)
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)


def parse(path: Path, feed: Feed, register: Register) -> ParsedFile:
    """Read and validate one file; a file that cannot be read, or lacks a required column, has no rows."""
    try:
        delivery = read_delivery(path, feed)
    except UnreadableFileError as error:
        return ParsedFile(About("unreadable", str(error)))
    missing = [name for name in feed.required_names if delivery.position_of(name) is None]
    if missing:  # what was taken for the header may be a row of data: nothing of it is shown
        problem = (
            f"{delivery.header_place} was taken for the header, but has no column {', '.join(missing)}: "
            "name the columns as in docs/feeds.md and deliver the file again"
        )
        return ParsedFile(About(f"missing_column:{missing[0]}", problem))
    validated = validate(delivery, feed, register)
    texts = delivery.raw_rows(validated.rejected[ROW_NUMBER])
    rejected = pl.concat([
        validated.rejected.rename({REJECTION: "reason"}).join(texts, on=ROW_NUMBER).cast(REJECTED_SCHEMA),
        delivery.bad_rows.select(ROW_NUMBER, pl.lit("bad_row").alias("reason"), RAW_ROW),
    ])  # fmt: skip
    rows_read = delivery.rows.height + delivery.bad_rows.height
    return ParsedFile(
        About(LOADED, None, rows_read, rejected.height, (*_unknown_columns(delivery, feed), *delivery.remarks)),
        validated.fitting.cast(fitting_schema(feed)),
        rejected,
    )


def _unknown_columns(delivery: RawRows, feed: Feed) -> tuple[Remark, ...]:
    """The remark on columns that are not the feed's; a column without name and values is none."""
    unknown = [
        " ".join(header.split()) or f"column {at + 1}"
        for at, header in enumerate(delivery.headers)
        if header.lower() not in feed.column_names and (header or delivery.rows[str(at)].count())
    ]
    return (Remark("unknown_column", f"not read: {', '.join(unknown)}", len(unknown)),) if unknown else ()
