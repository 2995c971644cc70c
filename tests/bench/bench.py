"""`make bench`: measures, prints, and writes docs/performance.md. `make bench PARTS="overhead readers"` measures parts.

Nothing here judges: a slow machine fails no test. What two programs compute is compared before their times are.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import floor
import peers
import polars as pl
from measure import ARSPLAN, PROJECT, Compared, Measured, build, fresh, machine, run, side_by_side
from report import write_report

RESULTS = Path(__file__).with_name("results.json")
SHIPPED = PROJECT / "data" / "landing"
SHIPPED_AS_OF = "2026-10-31"
LARGE_AS_OF = "2026-03-31"  # the simulated large log ends with 2025 and its late receptions
NIGHT_AFTER = "2026-04-01"
AWAITING_REQUEST = """\
request_id,municipality_code,quota_year,plan_month,wished_persons,requested_date,decision,decided_date
Simulated wish,0180,2025,2025-12-01,5,2026-04-01,,
"""
ROUNDS = 5
MOST_EVENTS_REPEATED = 10_000_000  # beyond, one round takes long enough
READERS, READING_SECONDS = 50, 60

Part = Callable[[Path, argparse.Namespace], dict[str, Any]]


def as_result(compared: Compared) -> dict[str, float]:
    """Rounded as it is written down."""
    return {name: round(value, 3) for name, value in asdict(compared).items()}


def large_landing(scratch: Path, events: int) -> Path:
    """Simulated deliveries of about so many events, made once."""
    landing = scratch / f"landing-{events}"
    if not landing.is_dir():
        run([ARSPLAN, "simulate", landing, "--events", str(events)])
    return landing


def overhead(scratch: Path, _options: argparse.Namespace) -> dict[str, Any]:
    """A build of the shipped data against dbt alone on the same tables, and against the imports alone."""
    output = fresh(scratch / "overhead")
    build(SHIPPED, SHIPPED_AS_OF, output / "warm", "--without-site")
    warehouse = output / "warehouse.duckdb"
    target = output / "target"
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--exclude-resource-type=unit_test", "--log-level=none"]
    dbt += [f"--project-dir={PROJECT / 'dbt_project'}", f"--profiles-dir={PROJECT / 'dbt_project'}"]
    dbt += [f"--target-path={target}", f"--log-path={target}", f"--vars={{as_of: '{SHIPPED_AS_OF}'}}"]

    def dbt_alone() -> Measured:
        shutil.copyfile(output / "warm" / "current" / "warehouse.duckdb", warehouse)
        with duckdb.connect(str(warehouse)) as connection:
            for schema in ("marts", "intermediate", "staging", "history"):
                connection.execute(f"drop schema if exists {schema} cascade")
        return run(dbt, {"ARSPLAN_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"})

    imports = """
from importlib import import_module; from dagster_project.room import with_room
for name in ("dagster_project.definitions", "dbt.cli.main", "great_expectations.expectations"):
    with_room(import_module, name)
"""
    dbt_alone()  # parses the project
    found = side_by_side(
        {
            "dbt build alone": dbt_alone,
            "imports alone": lambda: run([sys.executable, "-c", imports]),
            "arsplan build --without-site": lambda: build(SHIPPED, SHIPPED_AS_OF, output / "warm", "--without-site"),
            "arsplan build": lambda: build(SHIPPED, SHIPPED_AS_OF, output / "warm"),
            "arsplan status": lambda: run(
                [ARSPLAN, "status", "--output", output / "nothing-of-the-kind"], may_fail=True
            ),
            "arsplan --help": lambda: run([ARSPLAN, "--help"]),
        },
        rounds=ROUNDS,
    )
    described = json.loads((output / "warm" / "current" / "build.json").read_text())
    return {name: as_result(one) for name, one in found.items()} | {"steps": described["seconds_by_step"]}


def size(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Whole builds of large logs against the floor, with equal results."""
    found: dict[str, Any] = {}
    for events in options.events:
        landing = large_landing(scratch, events)
        output = fresh(scratch / f"size-{events}")
        database = output / "floor.duckdb"

        def by_hand(landing: Path = landing, database: Path = database) -> Measured:
            database.unlink(missing_ok=True)
            return run([sys.executable, floor.__file__, landing, LARGE_AS_OF, database])

        def ours(landing: Path = landing, output: Path = output) -> Measured:
            return build(landing, LARGE_AS_OF, fresh(output / "ours"), "--without-site")

        rounds = 1 if events > MOST_EVENTS_REPEATED else ROUNDS
        both = side_by_side({"floor": by_hand, "build": ours}, rounds)
        release = output / "ours" / "current"
        differing = floor.differing_rows(database, release / "warehouse.duckdb")
        described = json.loads((release / "build.json").read_text())
        rows = sum(file["rows_read"] for file in described["files"] if file["feed"] == "assignment_log")
        found[str(events)] = {
            "rows": rows,
            "floor": as_result(both["floor"]),
            "build": as_result(both["build"]),
            "differing_rows": differing,
            "steps": described["seconds_by_step"],
            "on": f"{date.today()}",
        }
        seconds = ", ".join(f"{name} {one.seconds:.1f} s" for name, one in both.items())
        print(f"size: {rows:,} rows, {seconds}, {differing} differ")
        shutil.rmtree(output)
    return found


def one_night(log: Path, events: int, prefix: str) -> pl.DataFrame:
    """The newest events of a log once more as those of one day: of new assignments, and outcomes of those there are."""
    newest = pl.scan_parquet(sorted(log.glob("2*.parquet"))).tail(events).collect()
    is_outcome = pl.col("event_type").is_in(["received", "cancelled"])
    return newest.with_columns(
        event_id=prefix + pl.col("event_id"),
        event_date=pl.lit(date.fromisoformat(LARGE_AS_OF)),
        assignment_id=pl.when(is_outcome).then("assignment_id").otherwise(prefix + pl.col("assignment_id")),
    )


def night(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The build after: new deliveries, also with a request; the same full log again; nothing new at all."""
    landing, output = scratch / "night" / "landing", scratch / "night" / "output"
    log = landing / "assignment_log"

    def full() -> Measured:
        fresh(scratch / "night")
        shutil.copytree(large_landing(scratch, options.history), landing)
        return build(landing, LARGE_AS_OF, output, "--without-site")

    def delta() -> Measured:
        one_night(log, 10_000, "NEW").write_parquet(log / "zz-delta-simulated.parquet")
        return build(landing, NIGHT_AFTER, output, "--without-site")

    def with_request() -> Measured:
        one_night(log, 10_000, "NEWER").write_parquet(log / "zz-delta-with-request-simulated.parquet")
        (landing / "change_requests").mkdir()
        (landing / "change_requests" / "simulated.csv").write_text(AWAITING_REQUEST)
        return build(landing, NIGHT_AFTER, output, "--without-site")

    def again() -> Measured:
        for file in sorted(log.glob("2*.parquet")):
            shutil.copyfile(file, log / f"zzz-again-{file.name}")
        return build(landing, NIGHT_AFTER, output, "--without-site")

    rounds = 1 if options.history > MOST_EVENTS_REPEATED else ROUNDS
    what_came = {"full": full, "delta": delta, "delta with request": with_request, "full log again": again}
    nights = side_by_side(what_came, rounds)
    check = f"""
from datetime import date; from pathlib import Path; import time
import dagster_project.need as need, dagster_project.settings as settings
asked = settings.settings_for(Path({str(landing)!r}), Path({str(output)!r}), date.fromisoformat({NIGHT_AFTER!r}))
start = time.perf_counter(); assert need.reason_to_build(asked) is None; print(time.perf_counter() - start)
"""
    unchanged = float(subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout)
    found: dict[str, Any] = {name: as_result(measured) for name, measured in nights.items()}
    return found | {"no change": {"seconds": round(unchanged, 2)}, "events": options.history}


def readers(scratch: Path, _options: argparse.Namespace) -> dict[str, Any]:
    """Many processes ask `current` at random for a minute while builds run one after the other."""
    output = fresh(scratch / "readers")
    build(SHIPPED, SHIPPED_AS_OF, output, "--without-site")
    script = Path(__file__).with_name("reader.py")
    processes = [
        subprocess.Popen([sys.executable, script, output, str(READING_SECONDS), str(seed)], stdout=subprocess.PIPE)
        for seed in range(READERS)
    ]
    builds = 0
    while any(process.poll() is None for process in processes):
        build(SHIPPED, SHIPPED_AS_OF, output, "--without-site")
        builds += 1
    told = [json.loads(process.communicate()[0]) for process in processes]
    seconds = sorted(one for each in told for one in each["seconds"])
    return {
        "readers": READERS,
        "builds": builds,
        "queries": len(seconds),
        "failures": sum(each["failures"] for each in told),
        "queries_a_second": round(len(seconds) / READING_SECONDS, 1),
        "p50_ms": round(1000 * statistics.median(seconds), 1),
        "p95_ms": round(1000 * seconds[int(len(seconds) * 0.95)], 1),
    }


def answers(scratch: Path, _options: argparse.Namespace) -> dict[str, Any]:
    """Plan against outcome of one municipality and month from the released file, 1 000 at random, cold and warm."""
    output = fresh(scratch / "answers")
    build(SHIPPED, SHIPPED_AS_OF, output, "--without-site")
    warehouse = str(output / "current" / "warehouse.duckdb")
    with duckdb.connect(warehouse, read_only=True) as connection:
        known = connection.execute(
            "select municipality_name, plan_month from marts.plan_deviations "
            "join marts.municipalities using (municipality_code) order by all"
        ).fetchall()
        asked = random.Random(1).choices(known, k=1000)
        warm = [_seconds_of(connection, *one) for one in asked]
    cold = []
    for one in asked:
        start = time.perf_counter()
        with duckdb.connect(warehouse, read_only=True) as connection:
            _seconds_of(connection, *one)
        cold.append(time.perf_counter() - start)
    return {
        kind: {
            "p50_ms": round(1000 * statistics.median(several), 2),
            "p95_ms": round(1000 * sorted(several)[949], 2),
        }
        for kind, several in (("a new connection each", cold), ("one open connection", warm))
    }


def _seconds_of(connection: duckdb.DuckDBPyConnection, name: str, month: date) -> float:
    start = time.perf_counter()
    connection.execute(
        "select planned_persons, assigned_persons, deviation_persons from marts.plan_deviations "
        "join marts.municipalities using (municipality_code) where municipality_name = ? and plan_month = ?",
        [name, month],
    ).fetchall()
    return time.perf_counter() - start


def others(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The same months and years in pandas, Polars, SQLite and PostgreSQL, with equal results."""
    return {
        str(events): peers.compare(large_landing(scratch, events), fresh(scratch / "peers"), LARGE_AS_OF)
        for events in options.peer_events
    }


PARTS: dict[str, Part] = {
    "overhead": overhead,
    "size": size,
    "night": night,
    "others": others,
    "answers": answers,
    "readers": readers,
}


def main() -> None:
    """Measure the parts asked for, keep the results of the others, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--events", nargs="+", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--peer-events", nargs="+", type=int, default=[1_000_000])
    parser.add_argument("--history", type=int, default=10_000_000, help="events before the night after")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "arsplan-bench")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in options.parts or PARTS:
        start = time.perf_counter()
        measured = PARTS[name](options.scratch, options)
        known = results.get(name, {}).get("found", {}) if name == "size" else {}
        results[name] = {"on": f"{date.today()}", "machine": machine(), "found": known | measured}
        print(f"{name}: {timedelta(seconds=round(time.perf_counter() - start))}")
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        write_report(results, PROJECT / "docs" / "performance.md")


if __name__ == "__main__":
    main()
