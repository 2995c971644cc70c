"""The same work in other tools: `python peers.py TOOL LANDING AS_OF RESULT` writes the months and years as Parquet.

The work: corrections settled, states, chains of replacements, quota years (R5, R6), then months and years.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import floor
import polars as pl
from measure import FailedError, run

# In the dialects that SQLite and PostgreSQL share; what differs stands in braces.
_SCRIPT = """
create table events as select * from (
    select *, row_number() over (
        partition by event_id order by recorded_at desc nulls last, file_order desc, row_number desc) as place
    from log) as ranked where place = 1 and event_date <= '{as_of}';
create table assigned as select * from (
    select assignment_id, municipality_code, persons, event_date as assigned_date, replaces,
        row_number() over (partition by assignment_id order by event_date, event_id) as number
    from events where event_type = 'assigned') as ranked where number = 1;
create index assigned_by_id on assigned (assignment_id);
create table states as
select assigned.*, outcome.event_type as outcome, outcome.event_date as outcome_date,
    coalesce(outcome.persons, assigned.persons) as outcome_persons
from assigned left join (
    select events.assignment_id, events.event_type, events.event_date, events.persons, row_number() over (
        partition by events.assignment_id
        order by events.event_date, case event_type when 'cancelled' then 1 else 0 end, event_id) as number_of_outcome
    from events join assigned on assigned.assignment_id = events.assignment_id
    where event_type in ('received', 'cancelled') and event_date >= assigned_date
) as outcome on outcome.assignment_id = assigned.assignment_id and number_of_outcome = 1;
create index states_by_id on states (assignment_id);
create table links as
select named.assignment_id, named.original_id, originals.assigned_date as original_date
from (select states.*, {ids} as original_id from states {each} where replaces is not null) as named
join states as originals on originals.assignment_id = named.original_id
where originals.outcome = 'cancelled' and originals.outcome_date <= named.assigned_date
    and originals.municipality_code = named.municipality_code
    and (originals.assigned_date, originals.assignment_id) < (named.assigned_date, named.assignment_id);
create index links_by_original on links (original_id);
create index links_by_id on links (assignment_id);
create table roots as
with recursive traced (assignment_id, root_date) as (
    select assignment_id, original_date from links
    where not exists (select 1 from links as above where above.assignment_id = links.original_id)
    union
    select links.assignment_id, root_date from traced join links on traced.assignment_id = links.original_id
) select assignment_id, min(root_date) as root_date from traced group by assignment_id;
create index roots_by_id on roots (assignment_id);
create table counted as
select states.*, {year_of_root} as quota_year, {year_assigned} as assigned_year
from states left join roots on roots.assignment_id = states.assignment_id;
"""
YEARS = """
select quota_year, municipality_code,
    sum(case when outcome = 'received' then outcome_persons else 0 end) as received_persons,
    sum(case when outcome is null then persons else 0 end) as open_persons,
    sum(case when outcome = 'cancelled' then persons else 0 end) as cancelled_persons
from counted group by quota_year, municipality_code
"""
MONTHS = """
select municipality_code, {month} as plan_month,
    sum(case when quota_year = assigned_year then persons else 0 end) as assigned_persons,
    sum(case when quota_year = assigned_year and outcome = 'cancelled' then persons else 0 end) as cancelled_persons
from counted group by municipality_code, {month}
"""
_COLUMNS = "event_id, event_type, event_date, assignment_id, municipality_code, persons, replaces, recorded_at"
Tables = dict[str, pl.DataFrame]


def _files(landing: Path) -> list[Path]:
    return sorted((landing / "assignment_log").glob("*.parquet"))


def _log(landing: Path) -> pl.DataFrame:
    return pl.concat(
        pl.read_parquet(file, columns=_COLUMNS.split(", "))
        .select(_COLUMNS.split(", "))
        .with_row_index("row_number")
        .with_columns(file_order=pl.lit(at))
        for at, file in enumerate(_files(landing))
    )


def in_polars(landing: Path, as_of: date) -> Tables:
    """Polars, lazily, with its streaming left to itself."""
    latest = (
        _log(landing)
        .lazy()
        .sort("recorded_at", "file_order", "row_number", descending=True, nulls_last=True)
        .unique("event_id", keep="first", maintain_order=True)
    )
    events = latest.filter(pl.col("event_date") <= as_of)
    assigned = (
        events.filter(event_type="assigned")
        .sort("event_date", "event_id")
        .unique("assignment_id", keep="first", maintain_order=True)
        .select("assignment_id", "municipality_code", "persons", "replaces", assigned_date="event_date")
    )
    outcome = (
        events.filter(pl.col("event_type").is_in(["received", "cancelled"]))
        .join(assigned.select("assignment_id", "assigned_date"), on="assignment_id")
        .filter(pl.col("event_date") >= pl.col("assigned_date"))
        .sort("event_date", pl.col("event_type") == "cancelled", "event_id")
        .unique("assignment_id", keep="first", maintain_order=True)
        .select("assignment_id", outcome="event_type", outcome_date="event_date", outcome_persons="persons")
    )
    states = (
        assigned.join(outcome, on="assignment_id", how="left")
        .with_columns(pl.col("outcome_persons").fill_null(pl.col("persons")))
        .collect()
    )
    named = (
        states.filter(pl.col("replaces").is_not_null())
        .with_columns(original_id=pl.col("replaces").str.split(";"))
        .explode("original_id")
    )
    links = (
        named.join(
            states.select(
                "municipality_code",
                "outcome",
                original_date="assigned_date",
                cancelled_date="outcome_date",
                original_id="assignment_id",
            ),
            on=["original_id", "municipality_code"],
        )
        .filter(
            pl.col("outcome_right") == "cancelled",
            pl.col("cancelled_date") <= pl.col("assigned_date"),
            (pl.col("original_date") < pl.col("assigned_date"))
            | (
                (pl.col("original_date") == pl.col("assigned_date")) & (pl.col("original_id") < pl.col("assignment_id"))
            ),
        )
        .select("assignment_id", "original_id", "original_date")
    )
    front = links.join(links, left_on="original_id", right_on="assignment_id", how="anti").select(
        "assignment_id", root_date="original_date"
    )
    traced = [front]
    while front.height:
        front = (
            front.join(links, left_on="assignment_id", right_on="original_id")
            .select("root_date", assignment_id="assignment_id_right")
            .select("assignment_id", "root_date")
            .unique()
        )
        traced.append(front)
    roots = pl.concat(traced).group_by("assignment_id").agg(pl.col("root_date").min())
    counted = states.join(roots, on="assignment_id", how="left").with_columns(
        quota_year=pl.coalesce("root_date", "assigned_date").dt.year(),
        assigned_year=pl.col("assigned_date").dt.year(),
        plan_month=pl.col("assigned_date").dt.truncate("1mo"),
    )
    return _summed(counted)


def _summed(counted: pl.DataFrame) -> Tables:
    own = pl.col("quota_year") == pl.col("assigned_year")
    cancelled = (pl.col("outcome") == "cancelled").fill_null(False)
    return {
        "years": counted.group_by("quota_year", "municipality_code").agg(
            received_persons=pl.col("outcome_persons").filter(pl.col("outcome") == "received").sum(),
            open_persons=pl.col("persons").filter(pl.col("outcome").is_null()).sum(),
            cancelled_persons=pl.col("persons").filter(cancelled).sum(),
        ),
        "months": counted.group_by("municipality_code", "plan_month").agg(
            assigned_persons=pl.col("persons").filter(own).sum(),
            cancelled_persons=pl.col("persons").filter(own & cancelled).sum(),
        ),
    }


def in_pandas(landing: Path, as_of: date) -> Tables:
    """pandas with Arrow strings, vectorised throughout."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    log = (
        pd.concat(
            [
                pd.read_parquet(file, columns=_COLUMNS.split(", ")).assign(file_order=at)
                for at, file in enumerate(_files(landing))
            ]
        )
        .rename_axis("row_number")
        .reset_index()
    )
    order = ["recorded_at", "file_order", "row_number"]
    events = log.sort_values(order, ascending=False, na_position="last").drop_duplicates("event_id")
    events["event_date"] = pd.to_datetime(events["event_date"])
    events = events[events["event_date"] <= pd.Timestamp(as_of)]
    assigned = (
        events[events["event_type"] == "assigned"]
        .sort_values(["event_date", "event_id"])
        .drop_duplicates("assignment_id")
        .rename(columns={"event_date": "assigned_date"})[
            ["assignment_id", "municipality_code", "persons", "replaces", "assigned_date"]
        ]
    )
    outcome = events[events["event_type"].isin(["received", "cancelled"])].merge(
        assigned[["assignment_id", "assigned_date"]], on="assignment_id"
    )
    outcome = outcome[outcome["event_date"] >= outcome["assigned_date"]]
    outcome = outcome.assign(last=outcome["event_type"] == "cancelled").sort_values(["event_date", "last", "event_id"])
    outcome = outcome.drop_duplicates("assignment_id")[["assignment_id", "event_type", "event_date", "persons"]]
    outcome.columns = ["assignment_id", "outcome", "outcome_date", "outcome_persons"]
    states = assigned.merge(outcome, on="assignment_id", how="left")
    states["outcome_persons"] = states["outcome_persons"].fillna(states["persons"])
    named = states[states["replaces"].notna()].assign(original_id=lambda rows: rows["replaces"].str.split(";"))
    originals = states[["assignment_id", "municipality_code", "assigned_date", "outcome", "outcome_date"]]
    originals.columns = ["original_id", "municipality_code", "original_date", "original_outcome", "cancelled_date"]
    links = named.explode("original_id").merge(originals, on=["original_id", "municipality_code"])
    earlier = (links["original_date"] < links["assigned_date"]) | (
        (links["original_date"] == links["assigned_date"]) & (links["original_id"] < links["assignment_id"])
    )
    kept = (links["original_outcome"] == "cancelled") & (links["cancelled_date"] <= links["assigned_date"]) & earlier
    links = links[kept][["assignment_id", "original_id", "original_date"]]
    front = links[~links["original_id"].isin(links["assignment_id"])][["assignment_id", "original_date"]]
    front.columns = ["assignment_id", "root_date"]
    traced = [front]
    while len(front):
        further = front.merge(links, left_on="assignment_id", right_on="original_id")
        front = further[["assignment_id_y", "root_date"]].drop_duplicates()
        front.columns = ["assignment_id", "root_date"]
        traced.append(front)
    roots = pd.concat(traced).groupby("assignment_id", as_index=False)["root_date"].min()
    counted = states.merge(roots, on="assignment_id", how="left")
    counted["quota_year"] = counted["root_date"].fillna(counted["assigned_date"]).dt.year
    counted["assigned_year"] = counted["assigned_date"].dt.year
    counted["plan_month"] = counted["assigned_date"].dt.to_period("M").dt.to_timestamp()
    own, gone = counted["quota_year"] == counted["assigned_year"], counted["outcome"] == "cancelled"
    sums = counted.assign(
        received_persons=np.where(counted["outcome"] == "received", counted["outcome_persons"], 0),
        open_persons=np.where(counted["outcome"].isna(), counted["persons"], 0),
        cancelled_persons=np.where(gone, counted["persons"], 0),
        assigned_persons=np.where(own, counted["persons"], 0),
        cancelled_own=np.where(own & gone, counted["persons"], 0),
    )
    years = sums.groupby(["quota_year", "municipality_code"], as_index=False)[
        ["received_persons", "open_persons", "cancelled_persons"]
    ].sum()
    months = sums.groupby(["municipality_code", "plan_month"], as_index=False)[
        ["assigned_persons", "cancelled_own"]
    ].sum()
    months = months.rename(columns={"cancelled_own": "cancelled_persons"})
    return {"years": pl.from_pandas(years), "months": pl.from_pandas(months)}


def in_sqlite(landing: Path, as_of: date) -> Tables:
    """SQLite from Python's library, in a file of its own, without a journal."""
    rows = _log(landing).with_columns(pl.col("event_date", "recorded_at").cast(pl.String))
    file = landing.parent / "peer.sqlite"
    file.unlink(missing_ok=True)
    with sqlite3.connect(file) as connection:
        connection.executescript("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -2000000;")
        connection.execute(f"create table log ({', '.join(rows.columns)})")
        connection.executemany(f"insert into log values ({', '.join('?' * rows.width)})", rows.iter_rows())
        connection.executescript(
            _SCRIPT.format(
                as_of=as_of,
                ids="json_each.value",
                each="""join json_each('["' || replace(replaces, ';', '","') || '"]')""",
                year_of_root="cast(substr(coalesce(root_date, assigned_date), 1, 4) as integer)",
                year_assigned="cast(substr(assigned_date, 1, 4) as integer)",
            )
        )
        month = "substr(assigned_date, 1, 7) || '-01'"
        tables = {"years": YEARS, "months": MONTHS.format(month=month)}
        return {name: _frame(connection.execute(query)) for name, query in tables.items()}


def in_postgres(landing: Path, as_of: date) -> Tables:
    """PostgreSQL over the loopback, in a cluster of its own with a quarter of the memory for its buffers."""
    import psycopg2  # type: ignore[import-untyped]  # noqa: PLC0415

    with _cluster(landing.parent / "postgres") as socket:
        connection = psycopg2.connect(host=socket, dbname="postgres", user="postgres")
        cursor = connection.cursor()
        cursor.execute(
            "create unlogged table log (row_number bigint, event_id text, event_type text, event_date date, "
            "assignment_id text, municipality_code text, persons bigint, replaces text, recorded_at timestamp, "
            "file_order bigint)"
        )
        csv = landing.parent / "peer.csv"
        _log(landing).write_csv(csv, include_header=False)
        with csv.open() as rows:
            cursor.copy_expert("copy log from stdin (format csv)", rows)
        cursor.execute("set work_mem = '1GB'; set maintenance_work_mem = '1GB'; analyze log")
        script = _SCRIPT.format(
            as_of=as_of,
            ids="unnest(string_to_array(replaces, ';'))",
            each="",
            year_of_root="extract(year from coalesce(root_date, assigned_date))::bigint",
            year_assigned="extract(year from assigned_date)::bigint",
        )
        for statement in script.split(";\n"):
            if statement.strip():
                cursor.execute(statement + ("; analyze" if statement.lstrip().startswith("create table") else ""))
        found = {}
        for name, query in {
            "years": YEARS,
            "months": MONTHS.format(month="date_trunc('month', assigned_date)"),
        }.items():
            cursor.execute(query)
            found[name] = _frame(cursor)
        connection.close()
        return found


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """A PostgreSQL cluster of its own, for as long as it is used; its socket's folder."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    subprocess.run(["rm", "-rf", folder], check=True)
    folder.mkdir()
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        subprocess.run(["chown", "postgres", folder], check=True)
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    subprocess.run([*as_user, binaries / "initdb", "-U", "postgres", "-D", data], check=True, capture_output=True)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "shared_buffers=4GB", "-c", "fsync=off"]
    options += ["-c", "max_wal_size=8GB", "-c", "log_checkpoints=off"]
    # A child of this process, so that its memory counts.
    command = [*as_user, binaries / "postgres", "-D", data, *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            if not any("ready to accept connections" in line for line in server.stderr):
                raise FailedError(f"PostgreSQL ended with {server.wait()} before it was ready")
            yield str(folder)
        finally:
            server.send_signal(signal.SIGQUIT)


def _frame(cursor: Any) -> pl.DataFrame:
    names = [column[0] for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def in_duckdb(landing: Path, as_of: date) -> Tables:
    """DuckDB: floor.sql, which computes more than the others."""
    database = landing.parent / "peer.duckdb"
    database.unlink(missing_ok=True)
    floor.run(landing, as_of, database)
    with duckdb.connect(str(database)) as connection:
        return {name: connection.execute(f"from {name}").pl() for name in ("years", "months")}


TOOLS: dict[str, Callable[[Path, date], Tables]] = {
    "DuckDB": in_duckdb,
    "Polars": in_polars,
    "pandas": in_pandas,
    "PostgreSQL": in_postgres,
    "SQLite": in_sqlite,
}
SHARED = {
    "years": ("quota_year", "municipality_code", "received_persons", "open_persons", "cancelled_persons"),
    "months": ("municipality_code", "plan_month", "assigned_persons", "cancelled_persons"),
}


def compare(landing: Path, scratch: Path, as_of: str) -> dict[str, Any]:
    """Every tool in a process of its own: seconds, memory, and how many rows differ from DuckDB's."""
    found: dict[str, Any] = {}
    for tool in TOOLS:
        measured = run([sys.executable, __file__, tool, landing, as_of, scratch / tool])
        differing = sum(_differing(scratch / "DuckDB", scratch / tool, name) for name in SHARED)
        found[tool] = {"seconds": round(measured.seconds, 2), "gibibytes": round(measured.gibibytes, 2)}
        found[tool]["differing_rows"] = differing
        print(f"others: {tool} {measured.seconds:.1f} s, {measured.gibibytes:.2f} GiB, {differing} rows differ")
    return found


def _differing(here: Path, there: Path, table: str) -> int:
    frames = [_comparable(pl.read_parquet(folder / f"{table}.parquet"), table) for folder in (here, there)]
    return pl.concat(frames).is_unique().sum()


def _comparable(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """As text, without rows that hold nothing but zeros."""
    names = SHARED[table]
    numbers = [pl.col(name).cast(pl.Int64) for name in names if name.endswith("_persons")]
    kept = frame.filter(pl.any_horizontal(number != 0 for number in numbers)).with_columns(numbers)
    return kept.select(pl.col(name).cast(pl.String).str.head(10) for name in names)


if __name__ == "__main__":
    chosen, folder, day, target = sys.argv[1:5]
    Path(target).mkdir(parents=True, exist_ok=True)
    for table_name, rows_found in TOOLS[chosen](Path(folder), date.fromisoformat(day)).items():
        rows_found.write_parquet(Path(target) / f"{table_name}.parquet")
