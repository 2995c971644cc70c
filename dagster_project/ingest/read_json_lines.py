"""Reads JSON Lines: one object per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.raw_rows import (
    BAD_ROWS_SCHEMA,
    ROW_NUMBER,
    RawRows,
    UnreadableFileError,
    clean_text,
    cleaned_headers,
    digits_lost,
    exponents_in,
    refuse_beyond,
    without_invisible,
)
from dagster_project.ingest.read_delimited import decode

LARGEST_JSON_BYTES = 2**28


class _NotARowError(ValueError):
    """A line is no object of texts, numbers and truth values, or names a column twice."""


def read_json_lines(path: Path, feed: Feed) -> RawRows:
    """The rows of a file of JSON Lines; a line that is no row is set aside. Raises UnreadableFileError."""
    refuse_beyond(path.stat().st_size, LARGEST_JSON_BYTES, "bytes")
    lines = (
        without_invisible(decode(path.read_bytes()))
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .removesuffix("\n")
        .split("\n")
    )
    records: dict[int, dict[str, str | None]] = {}
    headers: dict[str, str] = {}  # as first spelled, by folded form
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        try:
            record = _record(line, feed) if line.strip() else {}
        except (ValueError, RecursionError):
            bad.append((number, line))
            continue
        headers = {name.lower(): name for name in record} | headers
        records[number] = {name.lower(): value for name, value in record.items()}
    if not lines[0] and len(lines) == 1:
        raise UnreadableFileError("the file is empty: deliver one JSON object per line")
    headers = headers or {name: name for name in feed.column_names}  # every line is set aside
    names = cleaned_headers(headers.values(), "the file")
    columns = {str(at): [record.get(key) for record in records.values()] for at, key in enumerate(headers)}
    rows = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    numbered = rows.insert_column(0, pl.Series(ROW_NUMBER, list(records), dtype=pl.Int64))
    bad_rows = pl.DataFrame(bad, schema=BAD_ROWS_SCHEMA, orient="row")
    return RawRows(numbered, names, "the file", bad_rows, remarks=digits_lost(exponents_in(rows, names, feed)))


def _record(line: str, feed: Feed) -> dict[str, str | None]:
    """Values of a line by cleaned column name. Raises ValueError where it is no row."""
    pairs = json.loads(line, object_pairs_hook=_Pairs, parse_float=str, parse_constant=_refuse)
    if not isinstance(pairs, _Pairs):
        raise _NotARowError
    record = {clean_text(name): _text_of(clean_text(name).lower(), value, feed) for name, value in pairs}
    if len({name.lower() for name in record}) < len(pairs):
        raise _NotARowError
    "".join([*record, *filter(None, record.values())]).encode()  # half of a character is none
    return record


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every pair that it holds."""


def _refuse(_constant: str) -> None:
    raise _NotARowError


def _text_of(name: str, value: object, feed: Feed) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        return json.dumps(value)
    ids = [str(one) for one in value if isinstance(one, str | int)]
    if isinstance(value, _Pairs) or name not in feed.list_columns or len(ids) + value.count(None) < len(value):
        raise _NotARowError
    return ";".join(ids)
