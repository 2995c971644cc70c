"""Reading one file: every format and encoding, and a clear word when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from dagster_project.ingest.read import ROW_NUMBER, RawRows, UnreadableFileError, read_delivery

KNOWN = frozenset({"code", "persons", "day"})


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., RawRows]:
    def from_bytes(content: bytes, name: str = "file.csv") -> RawRows:
        (tmp_path / name).write_bytes(content)
        return read_delivery(tmp_path / name, KNOWN)

    return from_bytes


def values(delivery: RawRows, name: str) -> list[str | None]:
    position = delivery.position_of(name)
    assert position is not None
    return delivery.rows[position].to_list()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_delimiters_and_encodings(read: Callable[..., RawRows], delimiter: str, encoding: str) -> None:
    text = f'code{delimiter}persons\n0114{delimiter}"fem{delimiter} åtta"\n'
    delivery = read(text.encode(encoding))
    assert values(delivery, "code") == ["0114"]
    assert values(delivery, "persons") == [f"fem{delimiter} åtta"]


def test_headers_match_without_regard_to_case_and_blanks(read: Callable[..., RawRows]) -> None:
    delivery = read(b" Persons ;CODE\n5;0114\n")
    assert values(delivery, "persons") == ["5"]
    assert values(delivery, "code") == ["0114"]


def test_blank_rows_are_left_out_but_counted(read: Callable[..., RawRows]) -> None:
    delivery = read(b"code,persons\n1,1\n\n , \n,\n2,2\n")
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 5]


def test_line_breaks_and_quotes_within_values(read: Callable[..., RawRows]) -> None:
    delivery = read(b'code,persons\r\n"a\nb","say ""hi"""\r\n')
    assert values(delivery, "code") == ["a\nb"]
    assert values(delivery, "persons") == ['say "hi"']


def test_a_lone_quotation_mark_within_a_value(read: Callable[..., RawRows]) -> None:
    delivery = read(b'code,persons\n5",1\n6",2\n7",3\n')
    assert values(delivery, "code") == ['5"', '6"', '7"']


def test_short_rows_lack_values_and_long_rows_are_cut(read: Callable[..., RawRows]) -> None:
    delivery = read(b"code,persons\n1\n2,3,4\n")
    assert values(delivery, "persons") == [None, "3"]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "file.csv", "empty"),
        (b'code\n"never closed', "file.csv", "quotation mark"),
        (b"code\n\x81\x8d", "file.csv", "save the file as UTF-8"),
        (b"code,CODE \n1,2\n", "file.csv", "column code occurs more than once"),
        (b"PK\x03\x04", "file.xlsx", "deliver the file again"),
        (b"PAR1", "file.parquet", "deliver the file again"),
        (b'{"code": "1"}\n{"code": ', "file.jsonl", "line 2 is not JSON"),
        (b"[1]", "file.jsonl", "not a JSON object"),
        (b'{"code": 1, "Code": 2}', "file.jsonl", "names a column more than once"),
        (b"", "file.jsonl", "empty"),
        (b"%PDF", "file.pdf", "deliver one of these formats"),
    ],
)
def test_unreadable_files_say_why(read: Callable[..., RawRows], content: bytes, name: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        read(content, name)


def test_xlsx_dates_numbers_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        book.add_worksheet("not read").write_string(0, 0, "other")
        sheet.write_row(0, 0, ["code", "persons", "day"])
        sheet.write_row(1, 0, [114, 5])
        sheet.write_datetime(
            1, 2, pl.Series(["2026-03-01"]).str.to_date()[0], book.add_format({"num_format": "d/m/yy"})
        )
        sheet.write_row(3, 0, ["0115", 5.5, "2026-03-02"])
    delivery = read_delivery(path, KNOWN)
    assert delivery.rows.rows() == [(1, "114", "5", "2026-03-01"), (3, "0115", "5.5", "2026-03-02")]


def test_parquet_types_become_text(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    table = pl.DataFrame({"code": [114, None], "persons": [5.0, 5.5], "day": ["2026-03-01", None]})
    table.with_columns(pl.col("day").str.to_datetime("%Y-%m-%d")).write_parquet(path)
    delivery = read_delivery(path, KNOWN)
    assert delivery.rows.rows() == [(1, "114", "5", "2026-03-01"), (2, None, "5.5", None)]


def test_json_lines(read: Callable[..., RawRows]) -> None:
    delivery = read(b'{"code": "0114", "persons": 5.0}\n\n{"Persons": true, "code": null, "x": [1]}\n', "file.jsonl")
    assert values(delivery, "persons") == ["5", "true"]
    assert values(delivery, "x") == [None, "[1]"]
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 3]


def test_raw_rows_are_json_of_header_and_text(read: Callable[..., RawRows]) -> None:
    delivery = read("code,persons,\n0114,två,x\n".encode())
    [(number, raw_row)] = delivery.raw_rows(pl.Series([1], dtype=pl.UInt32)).rows()
    assert number == 1
    assert raw_row == '{"code": "0114", "persons": "två", "column 3": "x"}'
