"""Reads CSV, TSV and text files: encodings, line ends, delimiters, quotation marks, rows above the header."""

from __future__ import annotations

import codecs
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import polars as pl

from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.raw_rows import (
    BAD_ROWS_SCHEMA,
    BLANK,
    HEADER_WITHIN_ROWS,
    RAW_ROW,
    ROW_NUMBER,
    RawRows,
    Remark,
    UnreadableFileError,
    as_json,
    clean_text,
    cleaned_headers,
    digits_lost,
    exponents_in,
    header_row,
    refuse_beyond,
    rows_above,
    without_invisible,
)

LARGEST_TEXT_BYTES = 2**30
DELIMITERS = (",", ";", "\t")
csv.field_size_limit(sys.maxsize)  # a long value is no fault

_MULTI_BYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_SURPLUS, _LINE = "surplus", "line"


def read_delimited(path: Path, feed: Feed) -> RawRows:
    """The rows of a text file. Raises UnreadableFileError."""
    refuse_beyond(path.stat().st_size, LARGEST_TEXT_BYTES, "bytes")
    text = without_invisible(decode(path.read_bytes()))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    has_end = lines[-1] == ""
    lines = lines[:-1] if has_end else lines
    named = re.fullmatch(r'"?sep=(.)"?', lines[0], re.IGNORECASE) if lines else None
    if named:
        lines[0] = ""
    delimiter, first, above, headers = _header(lines, (named[1],) if named else DELIMITERS, feed, 1 if named else 0)
    table, bad_rows, ragged, short = _table(lines, first, delimiter, headers, has_end)
    remarks = [*rows_above(above), *digits_lost(exponents_in(table, headers, feed))]
    if short:
        detail = (
            f"rows with fewer fields than the header, the first is row {short[0]}: write every field, also a blank one"
        )
        remarks.append(Remark("short_rows", detail, len(short)))
    if not has_end:
        remarks.append(Remark("no_final_line_end", "the last line does not end: the file may be cut off"))
    return RawRows(table, headers, f"line {first}", bad_rows, {}, ragged, tuple(remarks))


def decode(content: bytes) -> str:
    """UTF-8, UTF-16 with a BOM, or Windows-1252. Raises UnreadableFileError, with the place of the first bad byte."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    if encoding == "utf-8-sig" and not _MULTI_BYTE.search(content):
        try:
            content.decode("ascii")
        except UnicodeDecodeError:
            encoding = "windows-1252"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        start = error.start + (len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0)
        line = len(re.findall("\r\n|\r|\n", content[:start].decode(encoding, "ignore"))) + 1
        name = encoding.removesuffix("-sig").upper()
        place = f"line {line}, byte {start + 1} of the file"
        raise UnreadableFileError(f"{place}: not {name} as the rest: save the whole file as UTF-8") from error
    if "\0" in text:
        line = len(re.findall("\r\n|\r|\n", text[: text.index("\0")])) + 1
        fault = f"line {line}: a NUL character, as in UTF-16 without a BOM or a damaged file"
        raise UnreadableFileError(f"{fault}: save the file as UTF-8 and deliver it again")
    return text


def _header(
    lines: list[str], delimiters: Sequence[str], feed: Feed, first: int
) -> tuple[str, int, int, tuple[str, ...]]:
    """The delimiter, the line after the header, how many records stand above it, and the headers.

    The delimiter is the one by which the header has all required columns, or else the most columns of the feed.
    """
    found: list[tuple[tuple[bool, int], str, int, list[int], list[str]]] = []
    refused: UnreadableFileError | None = None
    for delimiter in delimiters:
        try:
            records = list(_first_records(lines, first, delimiter))
            starts = [first, *(after for _, after in records)]
        except UnreadableFileError as error:  # it may only be so with this delimiter
            refused = refused or error
            continue
        at = header_row([fields for fields, _ in records], feed)
        if at is not None:
            fields, after = records[at]
            names = {clean_text(name).lower() for name in fields}
            known = len(names.intersection(feed.column_names))
            found.append(((names.issuperset(feed.required_names), known), delimiter, after, starts[: at + 1], fields))
    if refused and not any(is_whole for (is_whole, _), *_ in found):
        raise refused
    if not found:
        raise UnreadableFileError("the file is empty: deliver at least a header row")
    (is_whole, _), delimiter, after, starts, fields = max(found, key=lambda one: one[0])
    if is_whole:  # of the header itself only what its marks take in counts: it may hold a line break
        for start, end in pairwise(starts):
            _refuse_rows_within(lines, start, end, delimiter, len(fields))
        if any(line.count(delimiter) >= len(fields) - 1 for cell in fields for line in cell.split("\n")[1:]):
            _refuse_swallowed(starts[-1])
    return delimiter, after, len(starts) - 1, cleaned_headers(fields, f"line {after}")


def _first_records(lines: list[str], at: int, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Fields of the first records, and the line after each."""
    for _ in range(HEADER_WITHIN_ROWS):
        if at < len(lines):
            fields, at = _record(lines, at, delimiter)
            yield fields or [], at


def _record(lines: list[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Fields of the record that begins in a line, None where something follows a closing mark; and the line after it.

    Raises UnreadableFileError where a quotation mark is not closed.
    """
    if '"' not in lines[at]:
        return lines[at].split(delimiter), at + 1
    taken, is_at_end = at, False

    def following() -> Iterator[str]:
        nonlocal taken, is_at_end
        while taken < len(lines):
            taken += 1
            yield lines[taken - 1] + "\n"
        is_at_end = True

    try:
        return next(csv.reader(following(), delimiter=delimiter, strict=True)), taken
    except csv.Error:
        if is_at_end or taken > at + 1:
            _refuse_swallowed(at)
        return None, taken


def _refuse_rows_within(lines: list[str], start: int, end: int, delimiter: str, width: int) -> None:
    """Refuse a record in which a line after its first has as many delimiters as the header."""
    if any(line.count(delimiter) >= width - 1 for line in lines[start + 1 : end]):
        _refuse_swallowed(start)


def _refuse_swallowed(at: int) -> None:
    raise UnreadableFileError(
        f"line {at + 1}: a quotation mark opens here and takes in the rows after it: close it there, or write it twice"
    )


def _table(
    lines: list[str], first: int, delimiter: str, headers: tuple[str, ...], has_end: bool
) -> tuple[pl.DataFrame, pl.DataFrame, list[int], list[int]]:
    """Rows from the line `first` on, those that cannot be read as such, and the numbers of longer and shorter ones."""
    width, texts = len(headers), pl.Series(_LINE, lines[first:], dtype=pl.String)
    quoted, within, after = {}, set(), first
    for at in texts.str.contains('"', literal=True).arg_true():
        if first + at >= after:
            fields, after = _record(lines, first + at, delimiter)
            _refuse_rows_within(lines, first + at, after, delimiter, width)
            quoted[at] = fields
            within |= set(range(at + 1, after - first))
    numbered = texts.to_frame().with_row_index("at").filter(~pl.col("at").is_in(list(within)))
    numbered = numbered.with_row_index(ROW_NUMBER, offset=1).cast({ROW_NUMBER: pl.Int64})
    names = [str(at) for at in range(width)]
    plain = numbered.filter(~pl.col("at").is_in(list(quoted)))
    split = plain[_LINE].str.splitn(delimiter, width + 1).struct.unnest()
    split.columns = [*names, _SURPLUS]
    of_quoted = [
        (*(fields[at] if at < len(fields) else None for at in range(width)), delimiter.join(fields[width:]) or None)
        for fields in ((fields or []) for fields in quoted.values())
    ]
    rest = pl.DataFrame(of_quoted, schema=dict.fromkeys([*names, _SURPLUS], pl.String), orient="row")
    is_quoted = numbered.filter(pl.col("at").is_in(list(quoted)))
    rows = pl.concat([plain.hstack(split), is_quoted.hstack(rest)]).sort(ROW_NUMBER)
    surplus = pl.col(_SURPLUS).str.replace_all(delimiter, "", literal=True)
    is_bad = pl.col("at").is_in([at for at, fields in quoted.items() if fields is None]) | (
        surplus.is_not_null() & ~surplus.str.contains(BLANK)
    )
    if not has_end and rows.height:
        fields = quoted.get(rows["at"][-1], rows[_LINE][-1].split(delimiter))
        is_cut = fields is not None and len(fields) < width and any(not re.match(BLANK, cell) for cell in fields)
        is_bad |= (pl.col(ROW_NUMBER) == rows.height) & pl.lit(is_cut)
    bad = rows.filter(is_bad)
    raw = [
        as_json(headers, quoted.get(at) or line.split(delimiter)) for at, line in bad.select("at", _LINE).iter_rows()
    ]
    bad_rows = pl.DataFrame({ROW_NUMBER: bad[ROW_NUMBER], RAW_ROW: raw}, schema=BAD_ROWS_SCHEMA)
    read = rows.filter(~is_bad)
    longer = read.filter(surplus.is_not_null())[ROW_NUMBER].to_list()
    is_blank = pl.col(_LINE).str.replace_all(delimiter, "", literal=True).str.contains(BLANK)
    shorter = read.filter(pl.col(names[-1]).is_null() & ~is_blank)[ROW_NUMBER].to_list()
    return read.select(ROW_NUMBER, *names), bad_rows, longer, shorter
