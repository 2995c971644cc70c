"""The folder that dbt's sources read: every delivered file as it was parsed, and a row about each.

    municipalities.parquet            the register: one row per municipality
    quota_decision_sources.parquet    sources of real figures: one row per decision and area
    lanstal_decisions.parquet         the government's decisions on länstal: one row per decision
    received_by_category_2018.parquet    all who were received in 2018: one row per municipality
    deliveries.parquet                one row per delivered file
    file_remarks.parquet              one row per delivered file and remark, and what is not read at all
    FEED/file_order=N/rows.parquet    rows that fit, of the feed's N-th file
    rejected_rows/feed=FEED/file_order=N/rows.parquet    rows that do not fit, with their text

A feed without rows has one empty file, so that its columns and their types are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TypeAlias

import polars as pl

from dagster_project.ingest.area_register import Register, read_register
from dagster_project.ingest.feeds import FEEDS, Feed
from dagster_project.ingest.landing import DeliveredFile, deliveries_in, not_read
from dagster_project.ingest.parse import REJECTED_SCHEMA, About, fitting_schema
from dagster_project.ingest.parse_cache import KeptFile, delete_unused, parsed_file
from dagster_project.settings import REFERENCE

REFERENCE_TABLES = ("municipalities", "quota_decision_sources", "lanstal_decisions", "received_by_category_2018")
REJECTED_ROWS = "rejected_rows"
# While one file is read or written, columns of the other are worked on; more at once would only take more memory.
PARSED_AT_ONCE = 2
_NO_FILE = -1

_DELIVERIES_SCHEMA = pl.Schema({
    "feed": pl.String,
    "file_name": pl.String,
    "file_order": pl.Int64,
    "sha256": pl.String,
    "status": pl.String,
    "problem": pl.String,
    "rows_read": pl.Int64,
    "rows_unfit": pl.Int64,
})  # fmt: skip
_REMARKS_SCHEMA = pl.Schema({
    "feed": pl.String,
    "file_name": pl.String,
    "remark": pl.String,
    "detail": pl.String,
    "occurrences": pl.Int64,
})  # fmt: skip


# Calls a function with each of some files, several at a time; the results in their order.
OfEach: TypeAlias = "Callable[[Callable[[DeliveredFile], KeptFile], list[DeliveredFile]], Iterable[KeptFile]]"


def on_threads(function: Callable[[DeliveredFile], KeptFile], files: list[DeliveredFile]) -> Iterable[KeptFile]:
    """On this machine's cores."""
    with ThreadPoolExecutor(PARSED_AT_ONCE) as pool:
        return list(pool.map(function, files))


def write_sources(
    landing: Path,
    into: Path,
    kept: Path,
    feed_read: Callable[[str, list[About]], None],
    of_each: OfEach = on_threads,
) -> None:
    """Parse what has landed, as far as it was not parsed before, and write the folder that dbt's sources read.

    `kept` is the folder of files that were parsed before; `feed_read` is called with each feed and what is said of its
    files; `of_each` parses them.
    """
    into.mkdir()
    kept.mkdir(mode=0o700, exist_ok=True)
    for name in REFERENCE_TABLES:
        pl.read_csv(REFERENCE / f"{name}.csv", infer_schema=False).write_parquet(into / f"{name}.parquet")
    register = read_register(REFERENCE / "municipalities.csv")
    deliveries = deliveries_in(landing)
    listed: list[tuple[str | int | None, ...]] = []
    remarks = [(feed_name, name, "not_read", reason, 1) for feed_name, name, reason in not_read(landing)]
    used: set[Path] = set()
    for feed in FEEDS:
        of_feed = [delivery for delivery in deliveries if delivery.feed == feed.name]
        files = list(zip(of_feed, _parsed_files(of_feed, feed, register, kept, of_each), strict=True))
        for delivery, file in files:
            _link_rows(into, delivery, file)
        _write_if_without(into / feed.name, fitting_schema(feed))
        used |= {file.folder for _, file in files if file.folder}
        for delivery, file in files:
            listed.append(_listed(delivery, file.about))
            remarks += [(feed.name, delivery.file_name, *astuple(remark)) for remark in file.about.remarks]
        feed_read(feed.name, [file.about for _, file in files])
    _write_if_without(into / REJECTED_ROWS, REJECTED_SCHEMA, "feed=none")
    pl.DataFrame(listed, _DELIVERIES_SCHEMA, orient="row").write_parquet(into / "deliveries.parquet")
    pl.DataFrame(remarks, _REMARKS_SCHEMA, orient="row").write_parquet(into / "file_remarks.parquet")
    delete_unused(kept, used)


def _parsed_files(
    deliveries: list[DeliveredFile], feed: Feed, register: Register, kept: Path, of_each: OfEach
) -> Iterator[KeptFile]:
    """Each file as it was parsed; files with the same content are parsed once."""
    different = {delivery.content: delivery for delivery in deliveries}
    parsed = of_each(partial(_parsed, feed.name, register, kept), list(different.values()))
    by_content = dict(zip(different, parsed, strict=True))
    return (by_content[delivery.content] for delivery in deliveries)


def _parsed(feed_name: str, register: Register, kept: Path, delivery: DeliveredFile) -> KeptFile:
    """On another machine a feed is known by its name: a copy of one is another."""
    [feed] = [feed for feed in FEEDS if feed.name == feed_name]
    return parsed_file(delivery, feed, register, kept)


def _link_rows(into: Path, delivery: DeliveredFile, file: KeptFile) -> None:
    place = f"file_order={delivery.file_order}"
    if file.fitting:
        _link(file.fitting, into / delivery.feed / place)
    if file.rejected and file.about.rows_unfit:
        _link(file.rejected, into / REJECTED_ROWS / f"feed={delivery.feed}" / place)


def _link(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "rows.parquet").hardlink_to(file)


def _write_if_without(folder: Path, schema: pl.Schema, part: str = "") -> None:
    """An empty file where there is none at all."""
    if not folder.is_dir():
        place = folder / part / f"file_order={_NO_FILE}"
        place.mkdir(parents=True)
        pl.DataFrame(schema=schema).write_parquet(place / "rows.parquet")


def _listed(delivery: DeliveredFile, about: About) -> tuple[str | int | None, ...]:
    """The row of deliveries.parquet about one file."""
    where = (delivery.feed, delivery.file_name, delivery.file_order, delivery.sha256)
    return (*where, about.status, about.problem, about.rows_read, about.rows_unfit)
