"""Reading one file: every format and encoding, what is noticed, and a clear word when it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from dagster_project.ingest.feeds import Column, Feed, Kind
from dagster_project.ingest.raw_rows import RAW_ROW, ROW_NUMBER, RawRows, UnreadableFileError
from dagster_project.ingest.read import read_delivery

FEED = Feed(
    name="orders",
    grain="one row per code",
    key=("code",),
    own_columns=(
        Column("code", Kind.TEXT, "id", True),
        Column("persons", Kind.WHOLE_NUMBER, "how many", True),
        Column("day", Kind.DATE, "when"),
        Column("others", Kind.ID_LIST, "ids"),
    ),
)
Read = Callable[..., RawRows]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_bytes(content: bytes | str, name: str = "file.csv") -> RawRows:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return read_delivery(tmp_path / name, FEED)

    return from_bytes


def values(delivery: RawRows, name: str) -> list[str | None]:
    position = delivery.position_of(name)
    assert position is not None
    return delivery.rows[position].to_list()


def remarks(delivery: RawRows) -> dict[str, int]:
    return {remark.remark: remark.occurrences for remark in delivery.remarks}


# --- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_encodings_and_line_ends(read: Read, delimiter: str, encoding: str, end: str) -> None:
    text = f'code{delimiter}persons{end}0114{delimiter}"fem{delimiter} åtta"{end}0115{delimiter}2{end}'
    delivery = read(text.encode(encoding))
    assert values(delivery, "code") == ["0114", "0115"]
    assert values(delivery, "persons") == [f"fem{delimiter} åtta", "2"]
    assert delivery.remarks == ()


def test_a_first_line_may_say_the_delimiter(read: Read) -> None:
    delivery = read("sep=|\r\ncode|persons\r\n1,5|2\r\n")
    assert (values(delivery, "code"), delivery.remarks, delivery.header_place) == (["1,5"], (), "line 2")


def test_headers_match_without_regard_to_case_and_form(read: Read) -> None:
    delivery = read(" Persons\u00a0;\ufeffCO\u200bDE\n5;0114\n")
    assert (values(delivery, "persons"), values(delivery, "code")) == (["5"], ["0114"])


def test_blank_rows_are_left_out_but_counted(read: Read) -> None:
    delivery = read("code,persons\n1,1\n\n , \n,\n\u200b,\u00a0\n2,2\n")
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 6]


@pytest.mark.parametrize("above", ["Kommuntal 2026\n", "\n", ",,\n", "Kommuntal, preliminärt\n\n"])
def test_rows_above_the_header_are_skipped(read: Read, above: str) -> None:
    delivery = read(f"{above}code,persons,day\n1,2,\n")
    assert (values(delivery, "code"), delivery.rows[ROW_NUMBER].to_list()) == (["1"], [1])
    assert remarks(delivery) == {"rows_above_header": above.count("\n")}


def test_a_header_is_looked_for_in_the_first_twenty_rows(read: Read) -> None:
    assert values(read("x\n" * 19 + "code,persons\n1,2\n"), "code") == ["1"]
    assert read("x\n" * 20 + "code,persons\n1,2\n").position_of("code") is None


def test_line_breaks_and_quotes_within_values(read: Read) -> None:
    delivery = read('code,persons,day\r\n1,"a\r\nb","say ""hi"""\r\n2,3,\r\n')
    assert values(delivery, "persons") == ["a\nb", "3"]
    assert values(delivery, "day") == ['say "hi"', ""]
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 2]


def test_files_put_one_behind_the_other_with_their_boms(read: Read) -> None:
    assert values(read('code,persons\n1,1\n\ufeff"2",2\n'), "code") == ["1", "2"]


def test_a_header_may_hold_a_line_break(read: Read) -> None:
    assert values(read('"who is\nresponsible",code,persons\nX,1,2\n'), "code") == ["1"]


def test_a_title_may_hold_a_line_break(read: Read) -> None:
    delivery = read('"Kommuntal 2026\nenligt beslut"\ncode;persons;day\n1;2;\n')
    assert (values(delivery, "code"), remarks(delivery)) == (["1"], {"rows_above_header": 1})


def test_a_quotation_mark_within_a_value_is_one(read: Read) -> None:
    assert values(read('code,persons\n5",1\n6",2\n7",3\n'), "code") == ['5"', '6"', '7"']


def test_what_follows_a_closing_mark_sets_the_row_aside(read: Read) -> None:
    delivery = read('code,persons\n"a"b,1\n2,2\n')
    assert (values(delivery, "code"), delivery.bad_rows[ROW_NUMBER].to_list()) == (["2"], [1])


def test_short_rows_lack_values_and_long_ones_are_set_aside(read: Read) -> None:
    delivery = read('code,persons\n1\n2,3,4\n5,6,,\n7,8, "x"\n"9",9,9\n')
    assert (values(delivery, "code"), values(delivery, "persons")) == (["1", "5"], [None, "6"])
    assert list(delivery.ragged) == [3]
    assert delivery.bad_rows[ROW_NUMBER].to_list() == [2, 4, 5]
    assert json.loads(delivery.bad_rows[RAW_ROW][0]) == {"code": "2", "persons": "3", "column 3": "4"}


def test_a_last_row_that_was_cut_off_is_set_aside(read: Read) -> None:
    delivery = read("code,persons,day\n1,2,\n2,1")
    assert (values(delivery, "code"), delivery.bad_rows[ROW_NUMBER].to_list()) == (["1"], [2])
    assert remarks(delivery) == {"no_final_line_end": 1}
    whole = read("code,persons\n1,2")
    assert (values(whole, "code"), remarks(whole)) == (["1"], {"no_final_line_end": 1})
    assert read("code,persons,day\n1,2,\n2\n").bad_rows.is_empty()  # it has its end


def test_ids_with_an_exponent_have_lost_digits(read: Read) -> None:
    assert remarks(read("code,persons\n1.23457E+17,1\n1E5X,2\n")) == {"digits_lost": 1}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "file.csv", "empty"),
        (b"\n\n", "file.csv", "empty"),
        (b'code,persons\n1,2\n3,"never\nclosed', "file.csv", "line 3: a quotation mark opens here"),
        (b'code,persons\n1,"2\n3,4\n5",6\n', "file.csv", "line 2: a quotation mark opens here"),
        (b'code,persons\n1,"2\n3,4 "x\n', "file.csv", "line 2: a quotation mark opens here"),
        (b'code,persons,"day\n1,2,\n3,4,"\n5,6,\n', "file.csv", "line 1: a quotation mark opens here"),
        (b'"A title\ncode,persons\n1,2\n"\ncode,persons\n3,4\n', "file.csv", "line 1: a quotation mark opens here"),
        ("code,persons\nå,1\n".encode() + b"\xe5,2\n", "file.csv", "line 3, byte 19 of the file: not UTF-8"),
        ("code,persons\nå,1\n".encode()[:-4], "file.csv", None),
        ("code,persons\nåå,1\n".encode()[:16], "file.csv", "line 2, byte 16 of the file: not UTF-8"),
        (b"code,persons\n\x81,1\n", "file.csv", "line 2, byte 14 of the file: not WINDOWS-1252"),
        ("code,persons\n1,2\n".encode("utf-16-le"), "file.csv", "line 1: a NUL character, as in UTF-16 without a BOM"),
        (b"code,CODE ,persons\n1,2,3\n", "file.csv", "line 1: columns 1 and 2 have the same name"),
        (b"PK\x03\x04", "file.xlsx", "deliver the file again"),
        (b"PK\x03\x04", "file.csv", "a workbook or another zip archive"),
        (b"code,persons\n", "file.xlsx", "perhaps text"),
        (b"\xd0\xcf\x11\xe0\xa1", "file.xlsx", "with a password"),
        (b"PAR1", "file.parquet", "deliver the file again"),
        (b"", "file.jsonl", "empty"),
        (b"%PDF-1.7", "file.txt", "a PDF"),
    ],
)
def test_unreadable_files_say_why(read: Read, content: bytes, name: str, message: str | None) -> None:
    if message is None:  # cut within the only character that is not ASCII: it is Windows-1252 by the contract
        assert read(content, name).rows.is_empty()
        return
    with pytest.raises(UnreadableFileError, match=message):
        read(content, name)


# --- workbooks -------------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., RawRows]:
    def of(fill: Callable[[xlsxwriter.Workbook, Any], None], saved_by_excel: bool = False) -> RawRows:
        path = tmp_path / "file.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.calc_on_load = not saved_by_excel  # the writer asks to be calculated when opened
            fill(book, book.add_worksheet("Blad1"))
        return read_delivery(path, FEED)

    return of


def head(sheet: Any, row: int = 0, column: int = 0) -> None:
    sheet.write_row(row, column, ["code", "persons", "day", "others"])


def test_dates_numbers_and_texts_of_a_workbook(workbook: Callable[..., RawRows]) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        head(sheet)
        sheet.write_row(1, 0, [114, 5])
        sheet.write_datetime(1, 2, date(2026, 3, 1), book.add_format({"num_format": "d/m/yy"}))
        sheet.write_row(3, 0, ["0115", 5.5, "2026-03-02"])
        sheet.set_row(3, None, None, {"hidden": True})
        sheet.merge_range("A6:B6", "a merge within one row")

    delivery = workbook(fill)
    assert delivery.rows.rows()[:2] == [(1, "114", "5", "2026-03-01", None), (3, "0115", "5.5", "2026-03-02", None)]
    assert delivery.remarks == ()


def test_the_first_visible_sheet_is_read(workbook: Callable[..., RawRows]) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        head(sheet)
        sheet.write_row(1, 0, ["old", 1])
        sheet.hide()
        visible = book.add_worksheet("Plan")
        visible.activate()
        visible.set_first_sheet()
        visible.write_string(1, 2, "Kommuntal 2026")
        head(visible, 3, 2)
        visible.write_row(4, 2, ["new", 2])
        book.add_worksheet("Feb").write_string(0, 0, "more")
        book.add_worksheet("Tom")

    delivery = workbook(fill)
    assert (values(delivery, "code"), delivery.header_place) == (["new"], "sheet Plan, row 4")
    assert remarks(delivery) == {"rows_above_header": 2, "more_sheets": 2}
    assert "Blad1, Feb" in delivery.remarks[1].detail


def test_error_cells_are_known_by_row_and_column(workbook: Callable[..., RawRows]) -> None:
    def fill(_book: xlsxwriter.Workbook, sheet: Any) -> None:
        head(sheet, 1, 1)
        sheet.write_formula(2, 2, "=NA()", None, "#N/A")
        sheet.write_row(3, 1, ["a", 1])
        sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(4, 7, "=1/0", None, "#DIV/0!")  # in no column of the feed
        sheet.write_formula(5, 2, "=1+1", None, 2)

    delivery = workbook(fill, saved_by_excel=True)
    assert delivery.error_cells == {"persons": [1], "day": [2]}
    assert values(delivery, "persons") == [None, "1", "2"]
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 2, 4]  # a row with nothing but an error is not blank


def test_an_empty_text_is_where_a_sheet_begins(workbook: Callable[..., RawRows]) -> None:
    def fill(_book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_formula(0, 0, '=""', None, "")
        head(sheet, 3, 1)
        sheet.write_row(4, 1, ["a", 1])
        sheet.write_row(5, 1, ["b", 1])
        sheet.write_formula(5, 3, "=NA()", None, "#N/A")

    delivery = workbook(fill, saved_by_excel=True)
    assert (delivery.header_place, dict(delivery.error_cells)) == ("sheet Blad1, row 4", {"day": [2]})


def test_a_chart_is_no_sheet_with_rows(workbook: Callable[..., RawRows]) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Blad1!$A$1:$A$2"})
        drawn = book.add_chartsheet("Diagram")
        drawn.set_chart(chart)
        drawn.activate()
        drawn.set_first_sheet()
        plan = book.add_worksheet("Plan")
        head(plan)
        plan.write_row(1, 0, ["a", 1])

    assert values(workbook(fill), "code") == ["a"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [("C2:C9", "C2:C9: these cells are merged"), ("A1:A2", "A1:A2: these cells are merged"), ("H2:H9", None)],
)
def test_merged_ranges_over_rows(workbook: Callable[..., RawRows], cells: str, message: str | None) -> None:
    def fill(_book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.merge_range(cells, "code")
        head(sheet)
        sheet.write_row(1, 0, ["a", 1])

    if message is None:
        assert values(workbook(fill), "code") == ["a"]
    else:
        with pytest.raises(UnreadableFileError, match=message):
            workbook(fill)


def test_formulas_that_were_not_calculated(workbook: Callable[..., RawRows]) -> None:
    def fill(_book: xlsxwriter.Workbook, sheet: Any) -> None:
        head(sheet)
        sheet.write_row(1, 0, ["a", 1])
        sheet.write_formula(2, 1, "=1+1")

    with pytest.raises(UnreadableFileError, match=r"sheet Blad1, B3: a formula .* open the workbook in Excel and save"):
        workbook(fill)


def test_ids_as_long_numbers_are_a_remark(workbook: Callable[..., RawRows]) -> None:
    def fill(_book: xlsxwriter.Workbook, sheet: Any) -> None:
        head(sheet)
        sheet.write_row(1, 0, [123_456_789_012_345_678, 1])
        sheet.write_row(2, 0, [999_999_999_999_999, 10**16])

    assert remarks(workbook(fill)) == {"digits_lost": 1}


# --- Parquet and JSON ------------------------------------------------------------------------------------------------


def parquet(tmp_path: Path, table: pl.DataFrame) -> RawRows:
    table.write_parquet(tmp_path / "file.parquet")
    return read_delivery(tmp_path / "file.parquet", FEED)


def test_parquet_types_become_text(tmp_path: Path) -> None:
    table = pl.DataFrame({
        "code": [b"114", None],
        "persons": [5.0, 5.5],
        "day": [datetime(2026, 3, 1), None],
        "others": [["A1", "A2"], []],
        "more": [[1], [2]],
    })  # fmt: skip
    delivery = parquet(tmp_path, table)
    assert delivery.rows.rows() == [
        (1, "114", "5", "2026-03-01", "A1;A2", "not shown"),
        (2, None, "5.5", None, "", "not shown"),
    ]


@pytest.mark.parametrize("values", [[b"\xff"], [["a"]], [{"a": 1}]])
def test_bytes_and_lists_where_there_should_be_none(tmp_path: Path, values: list[object]) -> None:
    with pytest.raises(UnreadableFileError, match="column code holds"):
        parquet(tmp_path, pl.DataFrame({"code": values, "persons": [1]}))


def test_ids_as_floats_are_a_remark(tmp_path: Path) -> None:
    assert remarks(parquet(tmp_path, pl.DataFrame({"code": [2.0**53, 1.0], "persons": [1, 2]}))) == {"digits_lost": 1}


def test_json_lines(read: Read) -> None:
    lines = '{"code": "0114", "persons": 5.0}\n\n{"Persons": true, "code": null, "others": ["A1", "A2"]}\n'
    delivery = read(lines, "file.jsonl")
    assert values(delivery, "persons") == ["5.0", "true"]
    assert values(delivery, "others") == [None, "A1;A2"]
    assert delivery.rows[ROW_NUMBER].to_list() == [1, 3]


@pytest.mark.parametrize(
    "line",
    [
        '{"code": ',
        "[1]",
        "5",
        '{"code": 1, "Code": 2}',
        '{"code": 1, "code": 2}',
        '{"code": ["a"]}',
        '{"persons": {"a": 1}}',
        '{"others": [[1]]}',
        '{"x\\ud800": 1}',
        '{"code": "\\ud800"}',
        '{"persons": NaN}',
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_row_is_set_aside(read: Read, line: str) -> None:
    delivery = read(f'{{"code": "a", "persons": 1}}\n{line}\n', "file.jsonl")
    assert values(delivery, "code") == ["a"]
    assert delivery.bad_rows.rows() == [(2, line)]
    assert read(f"{line}\n", "file.jsonl").bad_rows.rows() == [(1, line)]


def test_raw_rows_are_json_of_header_and_text(read: Read) -> None:
    delivery = read("code,persons,\n0114,två,x\n")
    [(number, raw_row)] = delivery.raw_rows(pl.Series([1], dtype=pl.Int64)).rows()
    assert number == 1
    assert raw_row == '{"code": "0114", "persons": "två", "column 3": "x"}'
