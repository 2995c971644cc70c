"""Loads the landing folder into schema `raw` of a new warehouse: accepted rows, set-aside rows, file counts.

Source: contract, section 2. Always: rows read = accepted + rejected + duplicate, per file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.digest import sha256_of
from dagster_project.errors import TellableError, printable
from dagster_project.ingest.feeds import FEEDS, Feed, Kind
from dagster_project.ingest.parsed import RAW_ROW, ParsedFile, forget_others, parse
from dagster_project.ingest.read import ROW_NUMBER, read_delivery
from dagster_project.ingest.validate import REJECTION, ROW_HASH, Register

SQL_TYPES = {
    Kind.WHOLE_NUMBER: "bigint",
    Kind.DATE: "date",
    Kind.MONTH: "date",
    Kind.TIMESTAMP: "timestamp",
}
SUPERSEDED = "superseded"


class LandingError(TellableError):
    """The landing folder as a whole cannot be built from; the message says what to do."""


@dataclass(frozen=True)
class FeedLoad:
    """Counts of one feed over all its files, for progress and metadata."""

    feed: str
    files: int
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    problems: tuple[str, ...]
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class _LandedFile:
    """A delivered file; `is_copy` where a file with the same content comes before it."""

    feed: str
    file_name: str
    file_order: int
    sha256: str
    parsed: ParsedFile
    is_copy: bool


def check_landing(landing: Path) -> None:
    """Raise LandingError where there is nothing to build from."""
    if not landing.is_dir():
        raise LandingError(
            f"There is no landing folder {landing}: create it, with one folder per feed, or name another."
        )
    for feed in FEEDS:
        if not feed.may_be_absent and not files_of(landing, feed):
            raise LandingError(
                f"The landing folder {landing} holds no file in {feed.name}/: deliver at least one file of decisions."
            )


def files_of(landing: Path, feed: Feed) -> list[Path]:
    """Files of a feed in the byte order of their names; hidden files and Excel's lock files are no deliveries."""
    folder = landing / feed.name
    files = (path for path in folder.rglob("*") if path.is_file())
    deliveries = (path for path in files if not path.name.startswith((".", "~$")))
    return sorted(deliveries, key=lambda path: os.fsencode(path.relative_to(folder).as_posix()))


def unknown_folders(landing: Path) -> list[str]:
    """What lies in the landing folder and is no feed: nothing in it is read."""
    known = {feed.name for feed in FEEDS}
    return sorted(path.name for path in landing.iterdir() if path.name not in known and not path.name.startswith("."))


REFERENCE_TABLES = ("municipalities", "quota_decision_sources")


def load_reference(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> Register:
    """Create raw.municipalities (one row each) and raw.quota_decision_sources (one row per decision and area).

    Returns the codes of the register.
    """
    frames = {name: pl.read_csv(folder / f"{name}.csv", infer_schema=False) for name in REFERENCE_TABLES}
    warehouse.execute("create schema if not exists raw")
    for name, frame in frames.items():
        warehouse.register("reference_frame", frame)
        warehouse.execute(f"create or replace table raw.{name} as select * from reference_frame")
        warehouse.unregister("reference_frame")
    municipalities = frames["municipalities"]
    return Register(
        county_codes=frozenset(municipalities["county_code"]),
        municipality_codes=frozenset(municipalities["municipality_code"]),
    )


def load_landing(
    warehouse: duckdb.DuckDBPyConnection,
    landing: Path,
    register: Register,
    kept: Path,
    loaded: Callable[[FeedLoad], None],
) -> None:
    """Create raw.<feed> for every feed, raw.rejected_rows and raw.landed_files; call `loaded` after each feed.

    `kept` is the folder of files that were parsed before.
    """
    kept.mkdir(mode=0o700, exist_ok=True)
    warehouse.execute("""
        create or replace table raw.rejected_rows (
            feed varchar, file_name varchar, row_number bigint, reason varchar, raw_row varchar
        );
        create or replace table raw.landed_files (
            feed varchar, file_name varchar, sha256 varchar, status varchar, rows_read bigint,
            rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint, problem varchar
        );
    """)
    all_used: set[Path] = set()
    for feed in FEEDS:
        load, used = _load_feed(warehouse, landing, feed, register, kept)
        all_used |= used
        loaded(load)
    forget_others(kept, all_used)


def _load_feed(
    warehouse: duckdb.DuckDBPyConnection, landing: Path, feed: Feed, register: Register, kept: Path
) -> tuple[FeedLoad, set[Path]]:
    paths = files_of(landing, feed)
    landed: list[_LandedFile] = []
    unknown_columns: dict[str, None] = {}
    first_of: dict[str, str] = {}
    for file_order, path in enumerate(paths):
        file_name = name_of(path, landing / feed.name)
        sha256 = sha256_of(path)
        parsed = parse(path, sha256, feed, register, kept)
        unknown_columns |= dict.fromkeys(parsed.unknown_columns)
        first = first_of.setdefault(f"{sha256}{path.suffix.lower()}", file_name)
        landed.append(_LandedFile(feed.name, file_name, file_order, sha256, parsed, is_copy=first != file_name))
    _append_delivered(warehouse, feed, landed)
    _append_rejected_rows(warehouse, landed)
    _settle_keys(warehouse, feed)
    _set_superseded_aside(warehouse, feed, {name_of(path, landing / feed.name): path for path in paths})
    _append_landed(warehouse, feed, landed)
    warehouse.execute("drop table delivered; drop table set_aside")
    used = {file.parsed.fitting.parent for file in landed if file.parsed.fitting}
    return _summary(warehouse, feed, landed, tuple(unknown_columns)), used


def name_of(path: Path, folder: Path) -> str:
    """Name of a file below its feed's folder; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


def _append_delivered(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile]) -> None:
    """Table `delivered`: every row that fits, of all files of the feed, but of a file that came before: all its rows
    are duplicates.
    """
    columns = ", ".join(f"{column.name} {SQL_TYPES.get(column.kind, 'varchar')}" for column in feed.columns)
    warehouse.execute(
        f"create or replace temp table delivered "
        f"({columns}, file_order integer, file_name varchar, row_number bigint, row_hash ubigint)"
    )
    files = [file for file in landed if file.parsed.fitting and not file.is_copy]
    if not files:
        return
    names = ", ".join(feed.column_names)
    warehouse.execute(
        f"""
        insert into delivered
        with files as (
            select unnest($paths) as path, unnest($orders) as file_order, unnest($names) as file_name
        )
        select {names}, files.file_order, files.file_name, {ROW_NUMBER}, {ROW_HASH}
        from read_parquet($paths, filename = 'path') as parsed inner join files using (path)
        """,
        {
            "paths": [str(file.parsed.fitting) for file in files],
            "orders": [file.file_order for file in files],
            "names": [file.file_name for file in files],
        },
    )


def _append_rejected_rows(warehouse: duckdb.DuckDBPyConnection, landed: list[_LandedFile]) -> None:
    """Append the rows that do not fit, with their text as delivered, to raw.rejected_rows."""
    for file in landed:
        if file.parsed.rows_rejected:
            warehouse.execute(
                f"insert into raw.rejected_rows select $feed, $file_name, {ROW_NUMBER}, {REJECTION}, {RAW_ROW} "
                "from read_parquet($rejected)",
                {"feed": file.feed, "file_name": file.file_name, "rejected": str(file.parsed.rejected)},
            )


def _settle_keys(warehouse: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Tell the fate of each row that is not accepted (table `set_aside`), and keep the accepted ones in raw.<feed>.

    A row equal to an earlier one is a duplicate; of the different rows with one key the latest wins.
    """
    key = ", ".join(feed.key)
    latest = f"{feed.latest_by} desc nulls last, " if feed.latest_by else ""
    # Few keys come again: only rows whose key may do so, by its digest, are put in order.
    warehouse.execute(f"""
        create or replace temp table set_aside as
        with again as (
            select hash({key}) as digest from delivered group by digest having count(*) > 1
        ),
        copies as (
            select *, row_number() over (partition by {key}, row_hash order by file_order, row_number) as copy_number
            from delivered
            where hash({key}) in (select digest from again)
        ),
        ranked as (
            select
                *,
                row_number() over (
                    partition by {key}, copy_number = 1 order by {latest} file_order desc, row_number desc
                ) as key_rank
            from copies
        )
        select
            file_order, file_name, row_number,
            case when copy_number > 1 then 'duplicate' else '{SUPERSEDED}' end as fate
        from ranked
        where copy_number > 1 or key_rank > 1
    """)
    warehouse.execute(f"""
        create or replace table raw.{feed.name} as
        select {", ".join(feed.column_names)}, file_name, row_number
        from delivered anti join set_aside using (file_order, row_number)
    """)


def _set_superseded_aside(warehouse: duckdb.DuckDBPyConnection, feed: Feed, paths: dict[str, Path]) -> None:
    """Read the superseded rows in their files once more, for their text as delivered."""
    superseded = warehouse.execute(
        f"select file_name, row_number from set_aside where fate = '{SUPERSEDED}' order by file_order, row_number"
    ).pl()
    for (file_name,), rows in superseded.group_by("file_name", maintain_order=True):
        delivery = read_delivery(paths[str(file_name)], frozenset(feed.column_names), rows[ROW_NUMBER])
        with_text = delivery.raw_rows(rows[ROW_NUMBER])  # noqa: F841 (read by DuckDB)
        warehouse.execute(
            f"insert into raw.rejected_rows "
            f"select $feed, $file_name, {ROW_NUMBER}, '{SUPERSEDED}', {RAW_ROW} from with_text",
            {"feed": feed.name, "file_name": file_name},
        )


def _append_landed(warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: Iterable[_LandedFile]) -> None:
    accepted = dict(warehouse.execute(f"select file_name, count(*) from raw.{feed.name} group by file_name").fetchall())
    fates = {
        str(file_name): (superseded, duplicate)
        for file_name, superseded, duplicate in warehouse.execute(
            f"select file_name, count(*) filter (where fate = '{SUPERSEDED}'), "
            "count(*) filter (where fate = 'duplicate') from set_aside group by file_name"
        ).fetchall()
    }
    for file in landed:
        parsed = file.parsed
        superseded, duplicate = fates.get(file.file_name, (0, 0))
        if file.is_copy:
            duplicate = parsed.rows_read - parsed.rows_rejected
        rejected = parsed.rows_rejected + superseded
        warehouse.execute(
            "insert into raw.landed_files values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(file.feed, file.file_name, file.sha256, parsed.status, parsed.rows_read),
                *(accepted.get(file.file_name, 0), rejected, duplicate, parsed.problem),
            ],
        )


def _summary(
    warehouse: duckdb.DuckDBPyConnection, feed: Feed, landed: list[_LandedFile], unknown_columns: tuple[str, ...]
) -> FeedLoad:
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
        rows_read=rows_read,
        rows_accepted=rows_accepted,
        rows_rejected=rows_rejected,
        rows_duplicate=rows_duplicate,
        problems=problems,
        unknown_columns=unknown_columns,
    )
