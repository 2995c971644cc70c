"""Writes docs/performance.md from the results of `make bench`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

Results = dict[str, Any]


def write_report(results: Results, page: Path) -> None:
    """The page, with a section for every part that has been measured."""
    lines = [
        "# Performance",
        "",
        "Measured by `make bench`, which writes this page; a part alone: `make bench PARTS=overhead`. The logs are",
        "simulated. What two programs compute was compared. Home and large logs were measured in turn, in five rounds",
        "(one beyond 10 million events): seconds are medians, and so are ratios, taken within each round.",
        "Every build, also a night's, is a whole rebuild of all that lies in the landing folder, whatever has come;",
        "what it keeps from the build before are parsed files. `The program before` is the last commit that brought",
        "large releases up to date instead.",
    ]
    if "size" not in results:
        lines += ["", "Large logs have not been measured since every build became a whole rebuild."]
    for name, section in SECTIONS.items():
        if name in results:
            measured = results[name]
            lines += ["", *section(measured["found"]), "", f"Measured {measured['on']}: {measured['machine']}."]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _overhead(found: Results) -> Iterator[str]:
    yield from _head("At home: the shipped data", "what", "seconds", "× `dbt build` alone", "GiB")
    for name, one in found.items():
        if name != "steps":
            yield f"| {name} | {one['seconds']:.1f} | {one['ratio']:.3f} | {one['gibibytes']:.2f} |"
    yield ""
    without_site, whole = (found[name]["ratio"] for name in ("arsplan build --without-site", "arsplan build"))
    yield "Goal: `--without-site` at most 1.5 × `dbt build` alone, which settles and builds the same parsed files, runs"
    yield f"fewer checks, and publishes nothing: {_word(without_site <= 1.5)}."
    yield f"The whole, with the release before there and no plan changed, at most 3.8 ×: {_word(whole <= 3.8)}."
    yield "Steps of the whole build, s (`arsplan build --profile` tells them):"
    yield (", ".join(f"{step} {seconds}" for step, seconds in found["steps"].items()) + ".")


def _size(found: Results) -> Iterator[str]:
    yield from _head("A large log", "rows of the log", "what", "seconds", "× floor", "GiB", "goal", "measured")
    sizes = sorted(found.values(), key=lambda one: one["rows"])
    for one in sizes:
        for name, what in _SIZE_NAMES.items():
            if name in one:
                it = one[name]
                goal = _SIZE_GOALS.get((name, round(one["rows"] / 1e7)))
                yield (
                    f"| {one['rows']:,} | {what} | {it['seconds']:.1f} | {it['ratio']:.2f} | {it['gibibytes']:.1f} | "
                    f"{_judged(it, *goal) if goal else ''} | {one['on']} |"
                )
    yield ""
    yield "The floor is `tests/bench/floor.sql`: states, chains, months and years by hand in plain DuckDB, without"
    yield "validation, checks, or release. Build: `--without-site`, ingest to release, with all checks."
    yield f"Rows that differ between floor and release: {', '.join(str(one['differing_rows']) for one in sizes)}."
    if sizes[-1]["rows"] < 90_000_000:
        yield "100 million events have not been measured here: `--events` takes them."
    for before, after in pairwise(sizes):
        longer = math.log(after["build"]["seconds"] / before["build"]["seconds"])
        power = longer / math.log(after["rows"] / before["rows"])
        rows = f"From {before['rows']:,} to {after['rows']:,} rows"
        yield f"{rows} time grew by the power {power:.2f}, fixed costs included."
    steps = sizes[-1]["steps"]
    yield f"Steps of the largest, again, s: {', '.join(f'{step} {seconds}' for step, seconds in steps.items())}."


def _spark(found: Results) -> Iterator[str]:
    yield from _head(
        "Beyond one machine: both engines on this one",
        "rows of the log",
        "engine",
        "seconds",
        "core-seconds",
        "GiB of its largest process",
        "GiB shuffled",
        "marts that differ",
    )
    sizes = sorted(found.values(), key=lambda one: one["rows"])
    for one in sizes:
        for engine in ("DuckDB", "Spark"):
            it = one[engine]
            used = f"{it['seconds']:.0f} | {it['core_seconds']:.0f} | {it['gibibytes']:.1f}"
            of_spark = f"{one['bytes_shuffled'] / 2**30:.2f} | {len(one['differing_marts'])}"
            yield f"| {one['rows']:,} | {engine} | {used} | {of_spark if engine == 'Spark' else '|'} |"
    yield ""
    yield "Whole builds `--without-site`, once each, on all cores. Spark had as much memory as DuckDB."
    if len(sizes) < 2:
        return
    before, after = sizes[-2:]
    rows = after["rows"] - before["rows"]
    seconds, ours, theirs = (
        (after[engine][of] - before[engine][of]) / rows
        for engine, of in (("DuckDB", "seconds"), ("DuckDB", "core_seconds"), ("Spark", "core_seconds"))
    )
    yield (
        f"From {before['rows']:,} to {after['rows']:,} rows, a row more cost DuckDB {ours * 1e6:.1f} core-microseconds "
        f"and Spark {theirs * 1e6:.1f}, {theirs / ours:.1f} times as many:"
    )
    yield f"on more than {theirs / seconds:.0f} cores Spark does more rows in an hour than DuckDB on this machine."
    yield ""
    yield from _head("Extrapolated: Spark, hours", "rows of the log", *(f"{cores} cores" for cores in _CORES))
    for power in (9, 10):
        hours = ((sizes[0]["Spark"]["seconds"] + theirs * 10**power / cores) / 3600 for cores in _CORES)
        yield f"| 10^{power} | {' | '.join(f'{one:.2f}' for one in hours)} |"
    yield ""
    yield "Not measured: reckoned from the two largest logs above, as if work grew with rows and spread over all cores,"
    yield "after the time that the smallest needs."
    if sizes[-1]["rows"] < 90_000_000:
        yield "100 million events have not been measured with Spark: `--events` takes them."


_CORES = (16, 64, 256)
_SIZE_NAMES = {
    "floor": "floor",
    "build": "build, for the first time",
    "again": "again",
    "before": "the program before, for the first time",
}
# The most times the floor's seconds, and the most GiB, by tens of millions of events.
_SIZE_GOALS = {("build", 1): (3.0, 6), ("again", 1): (2.3, None), ("build", 10): (2.0, 16), ("build", 11): (2.0, 16)}


def _judged(it: Results, most_ratio: float, most_gibibytes: int | None) -> str:
    memory = f", {most_gibibytes} GiB" if most_gibibytes else ""
    is_reached = it["ratio"] <= most_ratio and (most_gibibytes is None or it["gibibytes"] <= most_gibibytes)
    return f"{most_ratio} × the floor{memory}: {_word(is_reached)}"


def _others(found: Results) -> Iterator[str]:
    for events, tools in found.items():
        ours = tools["DuckDB"]
        yield from _head(
            f"Other tools, {int(events):,} events",
            "tool",
            "seconds",
            "× DuckDB",
            "GiB of its largest process",
            "× DuckDB",
            "rows that differ",
        )
        for tool, one in tools.items():
            ratios = {key: f"{one[key]:.1f} | {one[key] / ours[key]:.1f}" for key in ("seconds", "gibibytes")}
            yield f"| {tool} | {ratios['seconds']} | {ratios['gibibytes']} | {one['differing_rows']} |"
        yield ""
    yield "The same months and years from the same Parquet files (`tests/bench/peers.py`), as one would write them"
    yield "in each tool, once each. DuckDB is the floor, which computes more columns than the others."


def _answers(found: Results) -> Iterator[str]:
    yield from _head("One answer: a municipality, a month, plan against outcome", "how", "p50, ms", "p95, ms")
    for how, one in found.items():
        yield f"| {how} | {one['p50_ms']} | {one['p95_ms']} |"
    yield ""
    yield "1 000 municipality-months at random, by name, from the released `warehouse.duckdb` by SQL."


def _readers(found: Results) -> Iterator[str]:
    yield from _head(
        "Many readers", "readers", "queries", "a second", "p50, ms", "p95, ms", "failures", "builds meanwhile"
    )
    keys = ("readers", "queries", "queries_a_second", "p50_ms", "p95_ms", "failures", "builds")
    yield "| " + " | ".join(f"{found[key]:,}" for key in keys) + " |"
    yield ""
    yield "Processes that open `current`, ask at random and close, for a minute, while builds run one after the"
    yield "other on the same cores."


def _word(is_reached: bool) -> str:
    return "reached" if is_reached else "not reached"


def _head(title: str, *columns: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


SECTIONS = {
    "overhead": _overhead,
    "size": _size,
    "spark": _spark,
    "others": _others,
    "answers": _answers,
    "readers": _readers,
}
