"""Fuzz by mutation: well-formed files, spoiled in one place as people and programs spoil them.

What is published equals a strict reading of the spoiled file, or what was delivered before it was spoiled; or it was
noticed: the file refused, a row rejected, or a remark made.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import QUOTA_DECISIONS
from dagster_project.ingest.parse import ParsedFile, parse

REGISTER = Register(frozenset({"01", "07"}), frozenset({"0114", "0180", "0760", "0765"}))
COLUMNS = tuple(column.name for column in QUOTA_DECISIONS.own_columns)
FORMS = {
    "decision_id": r"\S|\S.*\S",
    "level": "lanstal|kommuntal",
    "quota_year": "20(1[6-9]|[2-9][0-9])",
    "area_code": "01|07|0114|0180|0760|0765",
    "persons": "[1-9]{1,4}",
    "decided_date": "(20[1-9][0-9]-[01][0-9]-[0-3][0-9])?",
    "in_force_date": "(20[1-9][0-9]-[01][0-9]-[0-3][0-9])?",
}
Cells = tuple[str, ...]
Rows = list[Cells]


def some_rows(rng: random.Random) -> Rows:
    """Decisions with different keys, all of whose cells are filled in and in their plainest form."""
    rows = []
    for number in range(rng.randint(2, 12)):
        level, code = rng.choice([("lanstal", "07"), ("kommuntal", "0760"), ("kommuntal", "0114")])
        year = rng.randint(2017, 2030)
        name = rng.choice([f"K {year}", f"Länsstyrelsen, {number}", f'Beslut "{number}"', f"Å; {number}"])
        persons = "".join(rng.choices("123456789", k=rng.randint(1, 4)))
        decided, in_force = f"{year - 1}-11-{rng.randint(10, 28)}", f"{year}-0{rng.randint(1, 9)}-01"
        rows.append((f"{name}-{number}", level, f"{year}", code, persons, decided, in_force))
    return rows


def published(found: ParsedFile) -> Rows:
    rows = found.fitting.select(COLUMNS).rows() if found.about.status == "loaded" else []
    return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]


def noticed(found: ParsedFile) -> str | None:
    if found.about.status != "loaded":
        return "refused"
    if found.about.rows_unfit:
        return "rejected"
    return "remarked" if found.about.remarks else None


# --- text ------------------------------------------------------------------------------------------------------------


def as_csv(rows: Rows, delimiter: str = ";", end: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([COLUMNS, *rows])
    return text.getvalue()


def strictly(content: bytes) -> Rows | None:
    """Semicolons, one kind of line end, every row whole and in its plainest form; None where it is not so.

    UTF-8, or Windows-1252 where no letter of it could be UTF-8.
    """
    try:
        letters = re.search(rb"[\xc2-\xf4][\x80-\xbf]", content)
        text = content.decode("utf-8" if letters or content.isascii() else "windows-1252")
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    if "\r" in text or not text.endswith("\n") or not records or tuple(records[0]) != COLUMNS:
        return None
    rows = [tuple(record) for record in records[1:]]
    return rows if all(map(whole, rows)) and text.count("\n") == len(records) else None


def strictly_json(content: bytes) -> Rows | None:
    """Every line an object of all columns as text, in their plainest form; None where it is not so."""
    try:
        lines = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    except ValueError:
        return None
    rows = [tuple(line.values()) for line in lines if isinstance(line, dict) and tuple(line) == COLUMNS]
    is_text = all(isinstance(cell, str) for row in rows for cell in row)
    return rows if is_text and len(rows) == len(lines) and all(map(whole, rows)) else None


def whole(row: Cells) -> bool:
    return len(row) == len(COLUMNS) and all(map(fits, COLUMNS, row)) and filled(row)


def fits(column: str, cell: str) -> bool:
    return re.fullmatch(FORMS[column], cell) is not None and cell.isprintable()


def filled(row: Cells) -> bool:
    """Whether nothing is left to defaults, and the level goes with the code."""
    try:
        day = date.fromisoformat(row[6])
        date.fromisoformat(row[5])
    except ValueError:
        return False
    return f"{day.year}" == row[2] and (row[1] == "lanstal") == (len(row[3]) == 2)


def inserted(rng: random.Random, content: bytes, what: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + what + content[at:]


def without(rng: random.Random, content: bytes, what: bytes) -> bytes:
    places = [match.start() for match in re.finditer(re.escape(what), content)]
    at = rng.choice(places) if places else 0
    return content[:at] + content[at + len(what) :] if places else content


TEXT_MUTATIONS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "cut": lambda rng, content: content[: rng.randrange(len(content))],
    "a delimiter more": lambda rng, content: inserted(rng, content, b";"),
    "a delimiter less": lambda rng, content: without(rng, content, b";"),
    "a line end more": lambda rng, content: inserted(rng, content, rng.choice([b"\n", b"\r", b"\r\n"])),
    "a line end less": lambda rng, content: without(rng, content, b"\n"),
    "a mark more": lambda rng, content: inserted(rng, content, b'"'),
    "a mark less": lambda rng, content: without(rng, content, b'"'),
    "a BOM": lambda rng, content: inserted(rng, content, b"\xef\xbb\xbf"),
    "a BOM first": lambda _, content: b"\xef\xbb\xbf" + content,
    "a byte of another encoding": lambda rng, content: inserted(rng, content, b"\xe5"),
    "a NUL": lambda rng, content: inserted(rng, content, b"\0"),
    "CR": lambda _, content: content.replace(b"\n", b"\r"),
    "CR LF": lambda _, content: content.replace(b"\n", b"\r\n"),
    "UTF-16": lambda _, content: content.decode().encode("utf-16"),
    "Windows-1252": lambda _, content: content.decode().encode("windows-1252"),
    "a line twice": lambda rng, content: b"".join(
        line * (1 + (rng.random() < 0.3)) for line in content.splitlines(keepends=True)
    ),
    "no last line end": lambda _, content: content.removesuffix(b"\n"),
    "a title": lambda _, content: b"Beslut om kommuntal\n\n" + content,
    "sep": lambda _, content: b"sep=;\n" + content,
    "a header less": lambda _, content: content.partition(b"\n")[2],
}


# --- other formats ---------------------------------------------------------------------------------------------------


def write_workbook(path: Path, rows: Rows, rng: random.Random, mutation: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        if mutation == "a hidden sheet first":
            hidden = book.add_worksheet("Gammal")
            hidden.write_row(0, 0, COLUMNS)
            hidden.write_row(1, 0, ["old", *rows[0][1:]])
        sheet = book.add_worksheet("Blad1")
        if mutation == "a hidden sheet first":
            hidden.hide()
            sheet.activate()
            sheet.set_first_sheet()
        top = 2 if mutation == "a title" else 0
        if top:
            sheet.write_string(0, 0, "Beslut om kommuntal")
        sheet.write_row(top, 0, COLUMNS)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows, start=top + 1):
            sheet.write_row(number, 0, row)
            if mutation != "dates as text":
                for column in (5, 6):
                    sheet.write_datetime(number, column, date.fromisoformat(row[column]), day)
            if mutation == "numbers":
                for column in (2, 3, 4):
                    sheet.write_number(number, column, int(row[column]))
        at = top + rng.randint(1, len(rows))
        column = rng.randrange(len(COLUMNS))
        if mutation == "an error cell":
            sheet.write_formula(at, column, "=NA()", None, "#N/A")
        if mutation == "a formula":
            sheet.write_formula(at, column, "=1+1")
        if mutation == "a merged range":
            sheet.merge_range(at, column, at + rng.randint(1, 3), column, rows[at - top - 1][column])
        if mutation == "a sheet more":
            book.add_worksheet("Feb").write_row(0, 0, rows[0])


def write_parquet(path: Path, rows: Rows, rng: random.Random, mutation: str) -> None:
    table = pl.DataFrame(rows, schema=list(COLUMNS), orient="row")
    numbers, days = ("quota_year", "area_code", "persons"), ("decided_date", "in_force_date")
    types: dict[str, dict[str, Any]] = {
        "numbers": dict.fromkeys(numbers, pl.Int64),
        "floats": dict.fromkeys(numbers, pl.Float64),
        "dates": dict.fromkeys(days, pl.Date),
        "datetimes": dict.fromkeys(days, pl.Datetime("ns")),
        "bytes": {rng.choice(COLUMNS): pl.Binary},
        "categories": {"level": pl.Categorical},
    }
    if mutation in ("dates", "datetimes"):
        table = table.with_columns(pl.col(days).str.to_date())
    if mutation == "a list":
        table = table.with_columns(pl.concat_list(rng.choice(COLUMNS)))
    if mutation == "an unknown column":
        table = table.with_columns(remark=pl.lit("x"))
    table.cast(types.get(mutation, {})).write_parquet(path)


def write_json(path: Path, rows: Rows, rng: random.Random, mutation: str) -> None:
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    at, column = rng.randrange(len(rows)), rng.choice(COLUMNS)
    if mutation == "a key twice":
        texts[at] = f'{texts[at][:-1]}, "{column}": "9"}}'
    if mutation == "a list":
        texts[at] = json.dumps(lines[at] | {column: ["9"]})
    if mutation == "numbers":
        texts = [
            json.dumps(line | {"persons": int(line["persons"]), "quota_year": float(line["quota_year"])})
            for line in lines
        ]
    if mutation == "a letter less":
        cut = rng.randrange(len(texts[at]))
        texts[at] = texts[at][:cut] + texts[at][cut + 1 :]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")


Write = Callable[[Path, Rows, random.Random, str], None]
WRITERS: dict[str, tuple[Write, tuple[str, ...]]] = {
    "xlsx": (
        write_workbook,
        ("a hidden sheet first", "a title", "dates as text", "numbers", "an error cell", "a formula", "a merged range",
         "a sheet more"),
    ),
    "parquet": (
        write_parquet,
        ("numbers", "floats", "dates", "datetimes", "bytes", "categories", "a list", "an unknown column"),
    ),
    "jsonl": (write_json, ("a key twice", "a list", "numbers", "a letter less")),
}  # fmt: skip


# --- the tests -------------------------------------------------------------------------------------------------------


def one_mutant(rng: random.Random, path: Path) -> tuple[str, str, bool]:
    """A mutation, what became of it, and whether a strict reading accepts the mutant."""
    rows = some_rows(rng)
    if rng.random() < 0.7:
        mutation = rng.choice(list(TEXT_MUTATIONS))
        file = path / "file.csv"
        content = TEXT_MUTATIONS[mutation](rng, as_csv(rows).encode())
        file.write_bytes(content)
        strict = strictly(content)
    else:
        ending = rng.choice(list(WRITERS))
        write, mutations = WRITERS[ending]
        mutation = rng.choice([*mutations, "cut"])
        file = path / f"file.{ending}"
        write(file, rows, rng, mutation)
        if mutation == "cut":
            content = file.read_bytes()
            file.write_bytes(content[: rng.randrange(len(content))])
        strict = strictly_json(file.read_bytes()) if ending == "jsonl" else None
    found = parse(file, QUOTA_DECISIONS, REGISTER)
    fate = noticed(found)
    if fate is None:
        is_equal = published(found) in ([rows] if strict is None else [strict, rows])
        fate = "equal" if is_equal else "SILENTLY CHANGED"
    return f"{file.suffix} {mutation}", fate, strict is not None


def mutants(seed: int, count: int, path: Path) -> None:
    rng = random.Random(seed)
    fates, strictly_accepted, of_them_equal = Counter[tuple[str, str]](), 0, 0
    for _ in range(count):
        mutation, fate, is_strict = one_mutant(rng, path)
        fates[mutation, fate] += 1
        strictly_accepted += is_strict
        of_them_equal += is_strict and fate == "equal"
    for (mutation, fate), number in sorted(fates.items()):
        print(f"{mutation:<32}{fate:<18}{number:>6}")
    print(f"{strictly_accepted} mutants that a strict reading accepts, {of_them_equal} published equal")
    assert [mutation for (mutation, fate), _ in fates.items() if fate == "SILENTLY CHANGED"] == []
    assert of_them_equal >= strictly_accepted / 2 > 0


def test_some_hundred_mutants(tmp_path: Path) -> None:
    mutants(1, 300, tmp_path)


@pytest.mark.long
def test_ten_thousand_mutants(tmp_path: Path) -> None:
    mutants(2, 10_000, tmp_path)


@pytest.mark.parametrize("ending", ["csv", *WRITERS])
def test_files_that_nobody_spoiled_give_no_remark(ending: str, tmp_path: Path) -> None:
    for seed in range(20):
        rng = random.Random(seed)
        rows = some_rows(rng)
        file = tmp_path / f"file.{ending}"
        if ending == "csv":
            file.write_text(as_csv(rows, rng.choice(";,\t"), rng.choice(["\n", "\r\n"])), encoding="utf-8", newline="")
        else:
            WRITERS[ending][0](file, rows, rng, "none")
        found = parse(file, QUOTA_DECISIONS, REGISTER)
        assert (noticed(found), published(found)) == (None, rows)
