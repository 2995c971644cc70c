"""Reads Parquet files: typed columns as the text that they would be in a text file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.raw_rows import (
    MOST_COLUMNS,
    ROW_NUMBER,
    RawRows,
    UnreadableFileError,
    cleaned_headers,
    digits_lost,
    refuse_beyond,
)

MOST_PARQUET_ROWS = 50_000_000


def read_parquet(path: Path, feed: Feed) -> RawRows:
    """The rows of a Parquet file. Raises UnreadableFileError."""
    described = pq.read_metadata(path)
    refuse_beyond(described.num_columns, MOST_COLUMNS, "columns")
    refuse_beyond(described.num_rows, MOST_PARQUET_ROWS, "rows")
    # Arrow's reader refuses a damaged file in an orderly way; Polars' own one panics.
    # Prefetching is for remote storage; its threads cost more than they save beside those of ingest.
    headers = cleaned_headers(pq.read_schema(path).names, "the schema")
    read = pq.read_table(path, pre_buffer=False, use_threads=False)
    read = read.rename_columns([str(at) for at in range(read.num_columns)])
    for at, header in enumerate(headers):
        if header.lower() not in feed.column_names and not _is_plain(read.schema.field(at).type):
            there = pc.if_else(read.column(at).is_valid(), "not shown", None)  # of a type that could stop the reader
            read = read.set_column(at, str(at), there)
    table = pl.from_arrow(read, rechunk=False)
    assert isinstance(table, pl.DataFrame)
    lost = sum(
        int((table[str(at)].abs() >= (2**24 if table[str(at)].dtype == pl.Float32 else 2**53)).sum())
        for at, header in enumerate(headers)
        if header.lower() in feed.id_columns and table[str(at)].dtype.is_float()
    )
    texts = [_text_of(table[str(at)], header, feed) for at, header in enumerate(headers)]
    numbered = pl.DataFrame(texts).with_row_index(ROW_NUMBER, offset=1).cast({ROW_NUMBER: pl.Int64})
    return RawRows(numbered, headers, "the schema", remarks=digits_lost(lost))


def _is_plain(kind: pa.DataType) -> bool:
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return is_number or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_temporal(kind)


def _text_of(values: pl.Series, header: str, feed: Feed) -> pl.Series:
    """The values of a typed column as they would stand in a text file."""
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        zone = "%:z" if kind.time_zone else ""
        return values.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{zone}").str.replace(r"T00:00:00(\.0+)?$", "")
    if kind.is_float():
        whole = values.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(pl.Float64) == values.cast(pl.Float64)).fill_null(False)
        return values.cast(pl.String).zip_with(~is_whole, whole.cast(pl.String))
    if isinstance(kind, pl.Array):
        values, kind = values.arr.to_list(), pl.List(kind.inner)
    if isinstance(kind, pl.List) and header.lower() in feed.list_columns and not kind.inner.is_nested():
        return values.cast(pl.List(pl.String)).list.drop_nulls().list.join(";")
    if kind.is_nested():
        raise UnreadableFileError(f"column {header.lower()} holds lists or records: deliver one text per row")
    try:
        return values.cast(pl.String)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFileError(f"column {header.lower()} holds bytes that are not UTF-8: deliver text") from error
