"""Brings schema `raw` up to date with the landing folder: accepted rows, set-aside rows, file counts.

The warehouse is new, or it holds what was loaded for the release before; then only files that have come since are
loaded, and of the rows that were there only those whose key came again are looked at.
Source: contract, section 2. Always: rows read = accepted + rejected + duplicate, per file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.errors import printable
from dagster_project.ingest.feeds import ASSIGNMENT_LOG, FEEDS, Column, Feed, Kind
from dagster_project.ingest.landing import Delivery
from dagster_project.ingest.parsed import RAW_ROW, ParsedFile, forget_others, parse
from dagster_project.ingest.read import ROW_NUMBER, read_delivery
from dagster_project.ingest.validate import REJECTION, ROW_HASH, Register
from dagster_project.sql import sql_text

SQL_TYPES = {
    Kind.WHOLE_NUMBER: "bigint",
    Kind.DATE: "date",
    Kind.MONTH: "date",
    Kind.TIMESTAMP: "timestamp",
}
CLOSED_LISTS = (Kind.CHOICE, Kind.AREA_CODE)
SUPERSEDED, DUPLICATE = "superseded", "duplicate"
# Assignments with a row that came or went, while the warehouse is open.
CHANGED_ASSIGNMENTS = "changed_assignments"


@dataclass(frozen=True)
class FeedLoad:
    """Counts of one feed over all its files, for progress and metadata."""

    feed: str
    files: int
    new_files: int
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    problems: tuple[str, ...]
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class _LandedFile:
    """A delivered file as it was parsed.

    `is_copy` where a file with the same content comes before it, `is_new` where raw.landed_files does not know it yet.
    """

    delivery: Delivery
    parsed: ParsedFile
    is_copy: bool
    is_new: bool

    @property
    def file_name(self) -> str:
        return self.delivery.file_name


# While one is read or written, columns of the other are worked on; more at once would only take more memory.
READ_AT_ONCE = 2
REFERENCE_TABLES = ("municipalities", "quota_decision_sources")


def load_reference(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> Register:
    """Create raw.municipalities (one row each) and raw.quota_decision_sources (one row per decision and area).

    Returns the codes of the register.
    """
    warehouse.execute("create schema if not exists raw")
    for name in REFERENCE_TABLES:
        file = sql_text(folder / f"{name}.csv")
        warehouse.execute(f"create or replace table raw.{name} as from read_csv({file}, all_varchar = true)")
    codes = warehouse.execute("select county_code, municipality_code from raw.municipalities").fetchall()
    return Register(frozenset(county for county, _ in codes), frozenset(municipality for _, municipality in codes))


def load_deliveries(
    warehouse: duckdb.DuckDBPyConnection,
    deliveries: Iterable[Delivery],
    register: Register,
    kept: Path,
    loaded: Callable[[FeedLoad], None],
) -> None:
    """Bring raw.<feed> of every feed, raw.rejected_rows and raw.landed_files up to date; call `loaded` after each feed.

    `deliveries` are all that there are, in order; files that the warehouse knows must not have changed. `kept` is the
    folder of files that were parsed before. Leaves the temporary table CHANGED_ASSIGNMENTS: assignments with an event
    that came or went, not noted in a new warehouse.
    """
    kept.mkdir(mode=0o700, exist_ok=True)
    # Every row carries its file and number: nobody needs raw tables in the order in which rows were delivered.
    warehouse.execute("set preserve_insertion_order = false")
    warehouse.execute(f"""
        create table if not exists raw.rejected_rows (
            feed varchar, file_name varchar, row_number bigint, reason varchar, raw_row varchar
        );
        create table if not exists raw.landed_files (
            feed varchar, file_name varchar, sha256 varchar, status varchar, rows_read bigint,
            rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint, problem varchar
        );
        create or replace temp table {CHANGED_ASSIGNMENTS} (assignment_id varchar);
    """)
    known = _counts_of_known_files(warehouse)
    all_used: set[Path] = set()
    for feed in FEEDS:
        landed = _parse_files([one for one in deliveries if one.feed == feed.name], feed, register, kept, known)
        _create_types(warehouse, feed, register)
        _load_feed(warehouse, feed, landed, known)
        all_used |= {file.parsed.fitting.parent for file in landed if file.parsed.fitting}
        loaded(_summary(warehouse, feed, landed))
    forget_others(kept, all_used)
    warehouse.execute("reset preserve_insertion_order")


# Rows rejected and duplicate of every file that the warehouse knows, by feed and name; a new warehouse knows none.
Known = dict[tuple[str, str], tuple[int, int]]


def _counts_of_known_files(warehouse: duckdb.DuckDBPyConnection) -> Known:
    rows = warehouse.execute("select feed, file_name, rows_rejected, rows_duplicate from raw.landed_files").fetchall()
    return {(feed, file_name): (rejected, duplicate) for feed, file_name, rejected, duplicate in rows}


def _parse_files(
    deliveries: list[Delivery], feed: Feed, register: Register, kept: Path, known: Known
) -> list[_LandedFile]:
    first = {delivery.content: delivery for delivery in reversed(deliveries)}
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        several = pool.map(lambda one: parse(one.path, one.sha256, feed, register, kept), first.values())
        parsed = dict(zip(first, several, strict=True))
    return [
        _LandedFile(
            delivery,
            parsed[delivery.content],
            is_copy=first[delivery.content] is not delivery,
            is_new=(feed.name, delivery.file_name) not in known,
        )
        for delivery in deliveries
    ]


def _load_feed(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile], known: Known) -> None:
    columns = ", ".join(f"{column.name} {_type_of(feed, column)} {_compression_of(column)}" for column in feed.columns)
    warehouse.execute(f"""
        create table if not exists raw.{feed.name}
        ({columns}, file_name varchar using compression dictionary, {ROW_NUMBER} bigint)
    """)
    _settle_keys(warehouse, feed, landed)
    if known and feed is ASSIGNMENT_LOG:
        _note_changed_assignments(warehouse, feed)
    _exchange_rows(warehouse, feed)
    _append_rejected_rows(warehouse, feed, landed)
    _set_superseded_aside(warehouse, feed, {file.file_name: file.delivery.path for file in landed})
    _write_counts(warehouse, feed, landed, known)
    for table in ("again", "known_again", "gathered", "fates_before", "fates"):
        warehouse.execute(f"drop table {table}")


def _create_types(warehouse: duckdb.DuckDBPyConnection, feed: Feed, register: Register) -> None:
    """Types of columns of words and codes: a closed list is written and read faster as that than as text."""
    for column in feed.columns:
        if column.kind in CLOSED_LISTS:
            every = [*column.words, *(word for words in column.words_by.values() for word in words)]
            every = every or sorted(register.county_codes | register.municipality_codes)
            values = ", ".join(map(sql_text, dict.fromkeys(every)))
            warehouse.execute(f"create type if not exists {_type_of(feed, column)} as enum ({values})")


def _type_of(feed: Feed, column: Column) -> str:
    return f"raw.{feed.name}_{column.name}" if column.kind in CLOSED_LISTS else SQL_TYPES.get(column.kind, "varchar")


def _compression_of(column: Column) -> str:
    """What DuckDB would find best for a column of text, which it would try out at length."""
    return "using compression fsst" if column.kind in (Kind.TEXT, Kind.ID_LIST) else ""


def _typed(feed: Feed, column: Column) -> str:
    """SQL for a column of parsed rows; a word that does not apply may be any, and is as good as none."""
    cast = "try_cast" if column.kind in CLOSED_LISTS else "cast"
    return f"{cast}({column.name} as {_type_of(feed, column)}) as {column.name}"


def _as_parsed(column: Column) -> str:
    """SQL for a column of raw rows as it was in parsed ones."""
    return f"{column.name}::varchar as {column.name}" if column.kind in CLOSED_LISTS else column.name


def _digest_of(feed: Feed) -> str:
    """SQL for the digest of a row's key, the same for raw and parsed rows."""
    closed_lists = {column.name for column in feed.columns if column.kind in CLOSED_LISTS}
    return f"hash({', '.join(f'{name}::varchar' if name in closed_lists else name for name in feed.key)})"


def _view_of_fitting_rows(
    warehouse: duckdb.DuckDBPyConnection, name: str, feed: Feed, files: Iterable[_LandedFile]
) -> None:
    """A view of the rows that fit, with their place and digest, of files but those that came before: all rows of such
    a copy are duplicates.
    """
    fitting = [(file.parsed.fitting, file) for file in files if file.parsed.fitting and not file.is_copy]
    names = ", ".join(feed.column_names)
    if not fitting:
        as_parsed = ", ".join(map(_as_parsed, feed.columns))
        warehouse.execute(
            f"create or replace temp view {name} as "
            f"select {as_parsed}, 0 as file_order, file_name, {ROW_NUMBER}, 0::ubigint as {ROW_HASH} "
            f"from raw.{feed.name} where false"
        )
        return
    paths = ", ".join(sql_text(path) for path, _ in fitting)
    listed = ", ".join(
        f"({sql_text(path)}, {file.delivery.file_order}, {sql_text(file.file_name)})" for path, file in fitting
    )
    warehouse.execute(f"""
        create or replace temp view {name} as
        with files(path, file_order, file_name) as (values {listed})
        select {names}, files.file_order, files.file_name, {ROW_NUMBER}, {ROW_HASH}
        from read_parquet([{paths}], filename = 'path') as parsed inner join files using (path)
    """)


def _settle_keys(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile]) -> None:
    """Tell the fate of every row whose key comes more than once, before and with the new files.

    Few keys come again, known here by their digest (tables `again`, and `known_again` of those among them that the
    warehouse holds): only their rows are gathered from the files and put in order. Tables `fates_before` and `fates`
    hold those that are not accepted.
    """
    digest = _digest_of(feed)
    _view_of_fitting_rows(warehouse, "new_rows", feed, [file for file in landed if file.is_new])
    _view_of_fitting_rows(warehouse, "known_rows", feed, [file for file in landed if not file.is_new])
    warehouse.execute(f"""
        create or replace temp table known_again as
        select distinct {digest} as digest from new_rows
        where {digest} in (select {digest} from raw.{feed.name});
        create or replace temp table again as
        select {digest} as digest from new_rows group by digest having count(*) > 1
        union
        from known_again;
        create or replace temp table gathered as
        select *, true as is_new from new_rows where {digest} in (from again)
        union all
        select *, false as is_new from known_rows where {digest} in (from known_again)
    """)
    for fates, gathered in (("fates_before", "gathered where not is_new"), ("fates", "gathered")):
        warehouse.execute(f"create or replace temp table {fates} as {_fates(feed, gathered)}")


def _fates(feed: Feed, rows: str) -> str:
    """SQL for the rows that are not accepted: one equal to an earlier one is a duplicate; of the different rows with
    one key the latest wins.
    """
    key = ", ".join(feed.key)
    latest = f"{feed.latest_by} desc nulls last, " if feed.latest_by else ""
    return f"""
        with copies as (
            select
                *,
                row_number() over (
                    partition by {key}, {ROW_HASH} order by file_order, {ROW_NUMBER}
                ) as copy_number
            from {rows}
        ),
        ranked as (
            select
                *,
                row_number() over (
                    partition by {key}, copy_number = 1 order by {latest} file_order desc, {ROW_NUMBER} desc
                ) as key_rank
            from copies
        )
        select
            file_name, {ROW_NUMBER},
            case when copy_number > 1 then '{DUPLICATE}' else '{SUPERSEDED}' end as fate
        from ranked
        where copy_number > 1 or key_rank > 1
    """


def _note_changed_assignments(warehouse: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    warehouse.execute(f"""
        insert into {CHANGED_ASSIGNMENTS}
        select assignment_id from raw.{feed.name} where {_digest_of(feed)} in (from known_again)
        union
        select assignment_id from new_rows
    """)


def _exchange_rows(warehouse: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Take the rows of keys that came again out of raw.<feed>, and put in what is accepted now."""
    names = ", ".join(_typed(feed, column) for column in feed.columns)
    warehouse.execute(f"delete from raw.{feed.name} where {_digest_of(feed)} in (from known_again)")
    warehouse.execute(f"""
        insert into raw.{feed.name}
        select {names}, file_name, {ROW_NUMBER} from new_rows anti join again on {_digest_of(feed)} = digest
        union all
        select {names}, file_name, {ROW_NUMBER} from gathered anti join fates using (file_name, {ROW_NUMBER})
    """)


def _append_rejected_rows(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile]) -> None:
    """Append the new rows that do not fit, with their text as delivered, to raw.rejected_rows."""
    for file in landed:
        if file.is_new and file.parsed.rows_rejected:
            warehouse.execute(
                f"insert into raw.rejected_rows select $feed, $file_name, {ROW_NUMBER}, {REJECTION}, {RAW_ROW} "
                "from read_parquet($rejected)",
                {"feed": feed.name, "file_name": file.file_name, "rejected": str(file.parsed.rejected)},
            )


def _set_superseded_aside(warehouse: duckdb.DuckDBPyConnection, feed: Feed, paths: dict[str, Path]) -> None:
    """Read the rows that are superseded now in their files once more, for their text as delivered."""
    of_fate = f"select file_name, {ROW_NUMBER} from {{}} where fate = '{SUPERSEDED}'"
    now, before = of_fate.format("fates"), of_fate.format("fates_before")
    warehouse.execute(
        f"delete from raw.rejected_rows where feed = ? and reason = '{SUPERSEDED}' "
        f"and (file_name, {ROW_NUMBER}) in ({before} except {now})",
        [feed.name],
    )
    superseded = warehouse.execute(f"{now} except {before} order by all").pl()
    by_file = [(str(name), rows[ROW_NUMBER]) for (name,), rows in superseded.group_by("file_name", maintain_order=True)]

    def read_again(file_name: str, row_numbers: pl.Series) -> tuple[str, pl.DataFrame]:
        delivery = read_delivery(paths[file_name], frozenset(feed.column_names), row_numbers)
        return file_name, delivery.raw_rows(row_numbers)

    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        for file_name, with_text in pool.map(lambda one: read_again(*one), by_file):  # noqa: B007 (read by DuckDB)
            warehouse.execute(
                f"insert into raw.rejected_rows "
                f"select $feed, $file_name, {ROW_NUMBER}, '{SUPERSEDED}', {RAW_ROW} from with_text",
                {"feed": feed.name, "file_name": file_name},
            )


def _write_counts(
    warehouse: duckdb.DuckDBPyConnection,
    feed: Feed,
    landed: Iterable[_LandedFile],
    known: Known,
) -> None:
    """Write the feed's rows of raw.landed_files anew."""
    accepted = dict(warehouse.execute(f"select file_name, count(*) from raw.{feed.name} group by file_name").fetchall())
    moved = warehouse.execute("""
        select file_name, fate, sum(number)::bigint
        from (select *, 1 as number from fates union all select *, -1 from fates_before)
        group by all
    """).fetchall()
    more = {(file_name, fate): number for file_name, fate, number in moved}

    def counted(file: _LandedFile) -> tuple[str | int | None, ...]:
        parsed = file.parsed
        in_copy = parsed.rows_read - parsed.rows_rejected if file.is_copy else 0
        rejected, duplicate = known.get((feed.name, file.file_name), (parsed.rows_rejected, in_copy))
        return (
            *(feed.name, file.file_name, file.delivery.sha256, parsed.status, parsed.rows_read),
            accepted.get(file.file_name, 0),
            rejected + more.get((file.file_name, SUPERSEDED), 0),
            duplicate + more.get((file.file_name, DUPLICATE), 0),
            parsed.problem,
        )

    warehouse.execute("delete from raw.landed_files where feed = ?", [feed.name])
    if landed:
        # A statement for each of a hundred files would add up.
        counts = pl.DataFrame(list(map(counted, landed)), orient="row", infer_schema_length=None)  # noqa: F841 (in SQL)
        warehouse.execute("insert into raw.landed_files from counts")


def _summary(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile]) -> FeedLoad:
    counts = warehouse.execute(
        """
        select
            coalesce(sum(rows_read), 0)::bigint, coalesce(sum(rows_accepted), 0)::bigint,
            coalesce(sum(rows_rejected), 0)::bigint, coalesce(sum(rows_duplicate), 0)::bigint
        from raw.landed_files where feed = ?
        """,
        [feed.name],
    ).fetchone()
    assert counts is not None
    problems = tuple(
        f"{feed.name}/{printable(file.file_name)}: {file.parsed.problem}" for file in landed if file.parsed.problem
    )
    rows_read, rows_accepted, rows_rejected, rows_duplicate = counts
    return FeedLoad(
        feed=feed.name,
        files=len(landed),
        new_files=sum(file.is_new for file in landed),
        rows_read=rows_read,
        rows_accepted=rows_accepted,
        rows_rejected=rows_rejected,
        rows_duplicate=rows_duplicate,
        problems=problems,
        unknown_columns=tuple(dict.fromkeys(name for file in landed for name in file.parsed.unknown_columns)),
    )
