"""The rows of one delivered file as text, and what the readers of all formats share."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dagster_project.ingest.feeds import Feed

ROW_NUMBER, RAW_ROW = "row_number", "raw_row"
BAD_ROWS_SCHEMA = pl.Schema({ROW_NUMBER: pl.Int64, RAW_ROW: pl.String})

# No real delivery is this large; a larger file is refused before it fills the memory.
MOST_COLUMNS = 1_000
HEADER_WITHIN_ROWS = 20

# Zero-width characters and BOMs; no-break spaces.
_INVISIBLE, _NO_BREAK = "[\u200b-\u200f\u2060-\u2064\ufeff]", "[\u00a0\u2007\u202f]"
BLANK = rf"^(?:\s|{_INVISIBLE})*$"
# A number that a spreadsheet wrote with an exponent has lost its last digits.
EXPONENT = r"^\s*\d+(?:[.,]\d+)?[eE]\+?\d+\s*$"


class UnreadableFileError(Exception):
    """The file cannot be read; the message says what was found, where, and what to do, without any row's value."""


@dataclass(frozen=True)
class Remark:
    """What was noticed in a file and did not keep it from being read; `occurrences` counts rows, columns or sheets."""

    remark: str
    detail: str
    occurrences: int = 1


@dataclass(frozen=True)
class RawRows:
    """The rows of one file as text, as delivered.

    `rows` holds `row_number` (1 = first data row, blank rows counted but left out) and one text column per
    delivered column, named `0`, `1`, …; `headers` holds the headers in that order, cleaned, and `header_place` says
    where they stand. `bad_rows` are rows that cannot be read as such; `error_cells` the row numbers, by column of the
    feed, in which a workbook holds an error such as #N/A; `ragged` the numbers of rows that are longer than the header,
    by blank fields only.
    """

    rows: pl.DataFrame
    headers: tuple[str, ...]
    header_place: str = "the header"
    bad_rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BAD_ROWS_SCHEMA))
    error_cells: Mapping[str, Sequence[int]] = field(default_factory=dict)
    ragged: Sequence[int] = ()
    remarks: tuple[Remark, ...] = ()

    def position_of(self, name: str) -> str | None:
        """Name in `rows` of the column whose header is `name`, without regard to case."""
        matches = [str(at) for at, header in enumerate(self.headers) if header.lower() == name]
        return matches[0] if matches else None

    def raw_rows(self, row_numbers: pl.Series) -> pl.DataFrame:
        """`row_number`, `raw_row` (a JSON object of header and text) for the rows asked for."""
        kept = self.rows.filter(pl.col(ROW_NUMBER).is_in(row_numbers.implode()))
        texts = [as_json(self.headers, values) for values in kept.drop(ROW_NUMBER).iter_rows()]
        return pl.DataFrame({ROW_NUMBER: kept[ROW_NUMBER], RAW_ROW: pl.Series(texts, dtype=pl.String)})


def as_json(headers: Sequence[str], values: Iterable[str | None]) -> str:
    """A row as a JSON object; what has no header is named by its position."""
    named = {(headers[at] if at < len(headers) else "") or f"column {at + 1}": value for at, value in enumerate(values)}
    return json.dumps(named, ensure_ascii=False)


def clean_text(text: str) -> str:
    """In NFC, no-break spaces as plain ones, without invisible characters, trimmed."""
    return re.sub(_NO_BREAK, " ", unicodedata.normalize("NFC", without_invisible(text))).strip()


def without_invisible(text: str) -> str:
    """Without zero-width characters and BOMs, of which one before a quotation mark would hide it."""
    return text if text.isascii() else re.sub(_INVISIBLE, "", text)


def clean(values: pl.Series) -> pl.Series:
    """The same for a column; blank ones are null."""
    if values.str.len_bytes().sum() != values.str.len_chars().sum():  # else all of it is ASCII
        values = values.str.replace_all(_INVISIBLE, "").str.normalize("NFC").str.replace_all(_NO_BREAK, " ")
    trimmed = values.str.strip_chars()
    return trimmed.set(trimmed == "", None)


def header_row(rows: Sequence[Sequence[str | None]], feed: Feed) -> int | None:
    """Which of the first rows is the header: the first with all required columns, else the first that is not blank."""
    names = [{clean_text(cell or "").lower() for cell in row} for row in rows[:HEADER_WITHIN_ROWS]]
    whole = (at for at, found in enumerate(names) if found.issuperset(feed.required_names))
    return next(whole, next((at for at, found in enumerate(names) if found - {""}), None))


def cleaned_headers(headers: Iterable[str | None], place: str) -> tuple[str, ...]:
    """Headers as they are compared, but for their case. Raises UnreadableFileError where two are equal."""
    cleaned = tuple(clean_text(header or "") for header in headers)
    refuse_beyond(len(cleaned), MOST_COLUMNS, "columns")
    folded = [header.lower() for header in cleaned if header]
    repeated = [at + 1 for at, header in enumerate(cleaned) if header and folded.count(header.lower()) > 1]
    if repeated:
        columns = " and ".join(map(str, repeated[:5]))
        raise UnreadableFileError(f"{place}: columns {columns} have the same name: keep one of them")
    return cleaned


def rows_above(count: int) -> tuple[Remark, ...]:
    """The remark on rows above the header, if there are any."""
    detail = f"{count} above the header were skipped: deliver the header first"
    return (Remark("rows_above_header", detail, count),) if count else ()


def digits_lost(count: int) -> tuple[Remark, ...]:
    """The remark on ids that were stored as numbers, if there are any."""
    detail = "ids stored as numbers keep only 15 digits, so that two may have become one: store them as text"
    return (Remark("digits_lost", detail, count),) if count else ()


def exponents_in(table: pl.DataFrame, headers: Sequence[str], feed: Feed) -> int:
    """How many ids are written with an exponent."""
    ids = [str(at) for at, header in enumerate(headers) if header.lower() in feed.id_columns]
    return sum(int(table[position].str.contains(EXPONENT).sum()) for position in ids)


def refuse_beyond(found: int, limit: int, unit: str) -> None:
    """Raise UnreadableFileError where a file has more of something than any real delivery."""
    if found > limit:
        raise UnreadableFileError(f"it has {found} {unit}, more than {limit}: deliver it in parts")
