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
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import engines
import floor
import peers
from measure import ARSPLAN, PROJECT, Compared, Measured, build, fresh, machine, run, side_by_side
from report import write_report

from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.transform.dbt_manifest import EDITION_MODELS

RESULTS = Path(__file__).with_name("results.json")
SHIPPED = PROJECT / "data" / "landing"
SHIPPED_AS_OF = "2026-10-31"
LARGE_AS_OF = "2026-03-31"  # the simulated large log ends with 2025 and its late receptions
BEFORE = "the program before"
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


def overhead(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """A build of the shipped data against dbt alone on the same parsed files, and against the imports alone."""
    output = fresh(scratch / "overhead")
    sources, target = output / "sources", output / "target"
    write_sources(SHIPPED, sources, output / "parsed", lambda *_: None)
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--exclude-resource-type=unit_test", "--log-level=none"]
    dbt += ["--exclude", EDITION_MODELS]
    dbt += [f"--project-dir={PROJECT / 'dbt_project'}", f"--profiles-dir={PROJECT / 'dbt_project'}"]
    dbt += [f"--target-path={target}", f"--log-path={target}", f"--vars={{as_of: '{SHIPPED_AS_OF}'}}"]

    def dbt_alone() -> Measured:
        warehouse = fresh(output / "alone") / "warehouse.duckdb"
        places = {"ARSPLAN_WAREHOUSE": str(warehouse), "ARSPLAN_SOURCES": str(sources)}
        return run(dbt, {**places, "DO_NOT_TRACK": "1"})

    imports = """
from importlib import import_module
for name in ("dagster_project.definitions", "dbt.cli.main", "great_expectations.expectations"):
    import_module(name)
"""
    dbt_alone()  # parses the project
    measures = {
        "dbt build alone": dbt_alone,
        "imports alone": lambda: run([sys.executable, "-c", imports]),
        "arsplan build --without-site": lambda: build(SHIPPED, SHIPPED_AS_OF, output / "tables", "--without-site"),
        "arsplan build": lambda: build(SHIPPED, SHIPPED_AS_OF, output / "warm"),
        "arsplan status": lambda: run([ARSPLAN, "status", "--output", output / "nothing"], may_fail=True),
        "arsplan --help": lambda: run([ARSPLAN, "--help"]),
    }
    if options.before:
        before = partial(build, SHIPPED, SHIPPED_AS_OF, output / "before", program=options.before)
        measures[f"{BEFORE}, --without-site"] = partial(before, "--without-site")
        measures[BEFORE] = before
        before()
    build(SHIPPED, SHIPPED_AS_OF, output / "warm")  # the release before is there, of either kind
    build(SHIPPED, SHIPPED_AS_OF, output / "tables", "--without-site")
    found = side_by_side(measures, ROUNDS)
    described = json.loads((output / "warm" / "current" / "build.json").read_text())
    return {name: as_result(one) for name, one in found.items()} | {"steps": described["seconds_by_step"]}


def size(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Whole builds of large logs, first and again, against the floor, with equal results."""
    found: dict[str, Any] = {}
    for events in options.events:
        landing = large_landing(scratch, events)
        output = fresh(scratch / f"size-{events}")
        database = output / "floor.duckdb"

        def by_hand(landing: Path = landing, database: Path = database) -> Measured:
            database.unlink(missing_ok=True)
            return run([sys.executable, floor.__file__, landing, LARGE_AS_OF, database])

        def first(landing: Path = landing, output: Path = output) -> Measured:
            return build(landing, LARGE_AS_OF, fresh(output / "ours"), "--without-site")

        def again(landing: Path = landing, output: Path = output) -> Measured:
            return build(landing, LARGE_AS_OF, output / "ours", "--without-site")

        def before(landing: Path = landing, output: Path = output) -> Measured:
            return build(landing, LARGE_AS_OF, fresh(output / "before"), "--without-site", program=options.before)

        is_largest = events > MOST_EVENTS_REPEATED
        measures = {"floor": by_hand, "build": first, "again": again}
        if options.before and not is_largest:
            measures["before"] = before
        compared = side_by_side(measures, 1 if is_largest else ROUNDS)
        release = output / "ours" / "current"
        differing = floor.differing_rows(database, release / "warehouse.duckdb")
        described = json.loads((release / "build.json").read_text())
        rows = sum(file["rows_read"] for file in described["files"] if file["feed"] == "assignment_log")
        found[str(events)] = {name: as_result(one) for name, one in compared.items()} | {
            "rows": rows,
            "differing_rows": differing,
            "steps": described["seconds_by_step"],
            "on": f"{date.today()}",
        }
        seconds = ", ".join(f"{name} {one.seconds:.1f} s" for name, one in compared.items())
        print(f"size: {rows:,} rows, {seconds}, {differing} differ")
        shutil.rmtree(output)
    return found


def spark(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Whole builds of large logs with either engine, once each, on all cores of this machine."""
    found: dict[str, Any] = {}
    for events in options.events:
        landing = large_landing(scratch, events)
        output = fresh(scratch / f"engines-{events}")
        environment = engines.configure(output / "spark")

        def here(landing: Path = landing, output: Path = output) -> Measured:
            return build(landing, LARGE_AS_OF, output / "duckdb", "--without-site")

        def there(
            landing: Path = landing, output: Path = output, environment: dict[str, str] = environment
        ) -> Measured:
            on_spark = ("--without-site", "--engine", "spark", "--master", "local[*]")
            return build(landing, LARGE_AS_OF, output / "parts", *on_spark, environment=environment)

        compared = side_by_side({"DuckDB": here, "Spark": there}, 1)
        releases = [output / name / "current" for name in ("duckdb", "parts")]
        described = [json.loads((release / "build.json").read_text()) for release in releases]
        found[str(events)] = {name: as_result(one) for name, one in compared.items()} | {
            "rows": sum(file["rows_read"] for file in described[0]["files"] if file["feed"] == "assignment_log"),
            "differing_marts": engines.differing_marts(*releases),
            "bytes_shuffled": engines.bytes_shuffled(output / "spark"),
            "steps": described[1]["seconds_by_step"],
            "on": f"{date.today()}",
        }
        print(f"spark: {found[str(events)]}")
        shutil.rmtree(output)
    return found


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
    "spark": spark,
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
    parser.add_argument("--before", type=Path, metavar="DIR", help="checkout of an earlier program, to compare with")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "arsplan-bench")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in options.parts or [part for part in PARTS if part != "spark"]:  # which needs `make spark`
        start = time.perf_counter()
        measured = PARTS[name](options.scratch, options)
        known = results.get(name, {}).get("found", {}) if name in ("size", "spark") else {}
        results[name] = {"on": f"{date.today()}", "machine": machine(), "found": known | measured}
        print(f"{name}: {timedelta(seconds=round(time.perf_counter() - start))}")
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        write_report(results, PROJECT / "docs" / "performance.md")


if __name__ == "__main__":
    main()
