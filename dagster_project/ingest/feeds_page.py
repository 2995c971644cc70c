"""Writes docs/feeds.md from the table of feeds, so that docs and program cannot differ."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dagster_project.ingest.feeds import FEEDS, Column, Feed, Kind, When
from dagster_project.ingest.read import READERS

_FORMS = {
    Kind.TEXT: "text",
    Kind.CHOICE: "one of the words listed",
    Kind.WHOLE_NUMBER: "whole number",
    Kind.AREA_CODE: "area code; lost leading zeros are put back",
    Kind.DATE: "date, YYYY-MM-DD",
    Kind.MONTH: "date, YYYY-MM-DD, first day of a month",
    Kind.TIMESTAMP: "timestamp, YYYY-MM-DDTHH:MM:SS",
    Kind.ID_LIST: "ids separated by `;`",
}


def feeds_markdown() -> str:
    """The page, whole."""
    endings = ", ".join(f"`{ending}`" for ending in READERS)
    lines = [
        "# Feeds",
        "",
        "What may be delivered. Made by `make docs` from the table that ingest obeys (`ingest/feeds.py`).",
        "",
        f"One folder per feed in the landing folder, any number of files in it, ending in {endings}.",
        "Comma, semicolon or tab; UTF-8, UTF-16 with a BOM or Windows-1252; the first visible sheet of a workbook.",
        "Column order is free, headers are matched without regard to case and surrounding blanks.",
        "What is read in one way only is read: `760.0` and `15,0` are whole numbers, a date may have a midnight.",
        "What was noticed is a remark (`marts.file_remarks`): unknown columns, rows above the header, other sheets,",
        "rows with too few fields, what is not read (unfinished uploads, unknown folders and endings).",
        "What could be read wrongly is set aside or refused: a row with a field too many, error cells, merged ranges,",
        "formulas that were never calculated, quotation marks that take in other rows, mixed encodings.",
        "Files are read in the byte order of their names; what a key's last row says counts: what is corrected and",
        "corrected back is as it was. A row equal to an earlier one is a duplicate. Words count with their capitals.",
        "A file of which more than 5 % of the rows do not fit blocks publication.",
        "Why a row is rejected: [for operators](operators.md#the-landing-folder).",
    ]
    for feed in FEEDS:
        lines += ["", *_feed_lines(feed)]
    return "\n".join(lines) + "\n"


def _feed_lines(feed: Feed) -> Iterator[str]:
    yield f"## {feed.name}"
    yield ""
    absent = "May be absent." if feed.may_be_absent else "At least one file is needed."
    wins = f"the highest `{feed.latest_by}` wins, then the later row" if feed.latest_by else "the later row wins"
    key = ", ".join(f"`{name}`" for name in feed.key)
    yield f"{feed.grain.capitalize()}. Key: {key}; of different rows with one key {wins}. {absent}"
    yield ""
    yield "| column | required | form | meaning |"
    yield "|---|---|---|---|"
    for column in feed.columns:
        yield f"| `{column.name}` | {_required(column)} | {_form(column)} | {column.meaning} |"


def _required(column: Column) -> str:
    if isinstance(column.required, When):
        condition = column.required
        return f"when {condition.column} is {' or '.join(condition.values) or 'given'}"
    return "yes" if column.required else ""


def _form(column: Column) -> str:
    form = _FORMS[column.kind]
    if column.minimum is not None and column.maximum is not None:
        return f"{form}, {column.minimum}–{column.maximum}"
    if column.words:
        return _words(column.words)
    if column.words_by:
        return "; ".join(
            f"{decider}: {', '.join(f'`{word}`' for word in words)}" for decider, words in column.words_by.items()
        )
    return form


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(feeds_markdown(), encoding="utf-8")
