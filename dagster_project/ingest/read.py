"""Reads one delivered file, whatever its format, into rows of text; judges nothing but whether it can be read."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pyarrow.parquet as pq

ROW_NUMBER = "row_number"

# No real delivery is this large; a larger file is refused before it fills the memory.
MOST_COLUMNS = 1_000
MOST_PARQUET_ROWS = 50_000_000
LARGEST_TEXT_BYTES = 2**30
LARGEST_JSON_BYTES = 2**28
LARGEST_WORKBOOK_BYTES = 2**30  # unpacked
csv.field_size_limit(sys.maxsize)  # a long value is no fault
DELIMITERS = (",", ";", "\t")


class UnreadableFileError(Exception):
    """The file cannot be read; the message says why and what to do, without any value from the file."""


@dataclass(frozen=True)
class RawRows:
    """The rows of one file as text, as delivered.

    `rows` holds `row_number` (1 = first data row, blank rows counted but left out) and one text column per
    delivered column, named `0`, `1`, …; `headers` holds the delivered headers in that order.
    """

    rows: pl.DataFrame
    headers: tuple[str, ...]

    def position_of(self, name: str) -> str | None:
        """Name in `rows` of the column whose header is `name`, without regard to case and surrounding blanks."""
        matches = [str(at) for at, header in enumerate(self.headers) if matchable(header) == name]
        return matches[0] if matches else None

    def raw_rows(self, row_numbers: pl.Series) -> pl.DataFrame:
        """`row_number`, `raw_row` (a JSON object of header and text) for the rows asked for."""
        names = [header.strip() or f"column {at + 1}" for at, header in enumerate(self.headers)]
        kept = self.rows.filter(pl.col(ROW_NUMBER).is_in(row_numbers.implode()))
        texts = [
            json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
            for values in kept.drop(ROW_NUMBER).iter_rows()
        ]
        return pl.DataFrame({ROW_NUMBER: kept[ROW_NUMBER], "raw_row": pl.Series(texts, dtype=pl.String)})


def matchable(header: str) -> str:
    """The form in which headers are compared."""
    return header.strip().lower()


def read_delivery(path: Path, known_headers: frozenset[str]) -> RawRows:
    """Read `path` by its ending. `known_headers` (in matchable form) decide the delimiter of a text file.

    Raises UnreadableFileError.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        endings = ", ".join(READERS)
        raise UnreadableFileError(f"the ending '{path.suffix}' is not one of {endings}: deliver one of these formats")
    try:
        headers, table = reader(path, known_headers)
        names = [str(at) for at in range(table.width)]
        numbered = table.rename(dict(zip(table.columns, names, strict=True))).with_row_index(ROW_NUMBER, offset=1)
        rows = numbered.select(ROW_NUMBER, *(_text_of(numbered[name]) for name in names))
    except UnreadableFileError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # a broken file makes its parser fail in any way
        kind = type(error).__name__
        raise UnreadableFileError(f"not a whole {path.suffix} file ({kind}): deliver the file again") from error
    return _without_blank_rows(headers, rows, known_headers)


def _without_blank_rows(headers: tuple[str, ...], rows: pl.DataFrame, known_headers: frozenset[str]) -> RawRows:
    _refuse_beyond(len(headers), MOST_COLUMNS, "columns")
    matchables = [matchable(header) for header in headers]
    repeated = sorted({name for name in matchables if matchables.count(name) > 1} & known_headers)
    if repeated:
        raise UnreadableFileError(f"column {repeated[0]} occurs more than once in the header: keep one of them")
    blank = rows
    for name in rows.columns:  # after the first column there are hardly any left to look at
        if name != ROW_NUMBER:
            blank = blank.filter(pl.col(name).is_null() | (pl.col(name).str.strip_chars() == ""))
    if not blank.is_empty():
        rows = rows.join(blank, on=ROW_NUMBER, how="anti", maintain_order="left")
    return RawRows(rows, headers)


def _refuse_beyond(found: int, limit: int, unit: str) -> None:
    if found > limit:
        raise UnreadableFileError(f"it has {found} {unit}, more than {limit}: deliver it in parts")


def _read_delimited(path: Path, known_headers: frozenset[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    _refuse_beyond(path.stat().st_size, LARGEST_TEXT_BYTES, "bytes")
    text = _decode(path.read_bytes())
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    if not header_line:
        raise UnreadableFileError("the file is empty: deliver at least a header row")

    def known_columns(delimiter: str) -> int:
        return len(
            {matchable(header) for header in next(csv.reader([header_line], delimiter=delimiter))} & known_headers
        )

    delimiter = max(DELIMITERS, key=known_columns)
    body = text.lstrip("\r\n")
    try:
        table = pl.read_csv(
            io.BytesIO(body.encode()),
            separator=delimiter,
            has_header=False,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError:
        # A lone quotation mark within a value is legal but more than the fast reader takes.
        table = _read_delimited_slowly(body, delimiter)
    headers = tuple(header or "" for header in table.row(0))
    return headers, table.slice(1)


def _read_delimited_slowly(body: str, delimiter: str) -> pl.DataFrame:
    try:
        lines = list(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFileError("a quotation mark is opened but never closed: deliver the file again") from error
    width = len(lines[0])
    columns = {str(at): [line[at] if at < len(line) else None for line in lines] for at in range(width)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("windows-1252")
    except UnicodeDecodeError as error:
        raise UnreadableFileError("neither UTF-8 nor Windows-1252: save the file as UTF-8") from error


def _read_xlsx(path: Path, _known_headers: frozenset[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    with zipfile.ZipFile(path) as packed:
        _refuse_beyond(sum(part.file_size for part in packed.infolist()), LARGEST_WORKBOOK_BYTES, "bytes unpacked")
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string")
    table: pl.DataFrame = sheet.to_polars()
    if table.is_empty():
        raise UnreadableFileError("the first sheet is empty: deliver at least a header row")
    headers = tuple(header or "" for header in table.row(0))
    # A date cell comes as its midnight.
    return headers, table.slice(1).with_columns(pl.all().str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", "$1"))


def _read_parquet(path: Path, _known_headers: frozenset[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    described = pq.read_metadata(path)
    _refuse_beyond(described.num_columns, MOST_COLUMNS, "columns")
    _refuse_beyond(described.num_rows, MOST_PARQUET_ROWS, "rows")
    # Arrow's reader refuses a damaged file in an orderly way; Polars' own one panics.
    # Prefetching is for remote storage; its threads cost more than they save beside those of ingest.
    table = pl.from_arrow(pq.read_table(path, pre_buffer=False, use_threads=False), rechunk=False)
    assert isinstance(table, pl.DataFrame)
    return tuple(table.columns), table


def _text_of(values: pl.Series) -> pl.Series:
    """The values of a typed column as they would stand in a text file."""
    kind = values.dtype
    if isinstance(kind, pl.Date | pl.Datetime):
        moments = values.unique().to_frame("moment")  # most repeat
        texts = moments.with_columns(_text_of_moment(kind).alias(values.name))
        return values.to_frame("moment").join(texts, on="moment", how="left", maintain_order="left")[values.name]
    if kind.is_float() or kind.is_decimal():
        whole = values.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(pl.Float64) == values.cast(pl.Float64)).fill_null(False)
        return values.cast(pl.String).zip_with(~is_whole, whole.cast(pl.String))
    if kind.is_nested():
        return values.to_frame("value").select(pl.struct("value").struct.json_encode().alias(values.name)).to_series()
    if kind == pl.Binary:
        return values.bin.encode("hex")
    return values.cast(pl.String)


def _text_of_moment(kind: pl.Date | pl.Datetime) -> pl.Expr:
    if isinstance(kind, pl.Date):
        return pl.col("moment").cast(pl.String)
    zone = "%:z" if kind.time_zone else ""
    return pl.col("moment").dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{zone}").str.replace(r"T00:00:00(\.0+)?$", "")


def _read_json_lines(path: Path, _known_headers: frozenset[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    _refuse_beyond(path.stat().st_size, LARGEST_JSON_BYTES, "bytes")
    records: list[dict[str, Any]] = []
    headers: dict[str, str] = {}  # as first spelled, by matchable form
    for number, line in enumerate(_decode(path.read_bytes()).split("\n"), start=1):
        try:
            record = json.loads(line) if line.strip() else {}
        except ValueError as error:
            raise UnreadableFileError(f"line {number} is not JSON: deliver the file again") from error
        if not isinstance(record, dict):
            raise UnreadableFileError(f"line {number} is not a JSON object: deliver one object per line")
        headers = {matchable(key): key for key in record} | headers
        records.append({matchable(key): value for key, value in record.items()})
        if len(records[-1]) < len(record):
            raise UnreadableFileError(f"line {number} names a column more than once: keep one of them")
    if not headers:
        raise UnreadableFileError("the file is empty: deliver at least one row")
    columns = {str(at): [_json_text(record.get(key)) for record in records] for at, key in enumerate(headers)}
    return tuple(headers.values()), pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _json_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


_Reader = Callable[[Path, frozenset[str]], tuple[tuple[str, ...], pl.DataFrame]]
READERS: dict[str, _Reader] = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".txt": _read_delimited,
    ".xlsx": _read_xlsx,
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
