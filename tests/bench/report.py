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
        "simulated. What two programs compute was compared. Home, large logs, and the night after were measured in",
        "turn, in five rounds (one beyond 10 million events): seconds are medians, and so are ratios, taken within",
        "each round.",
    ]
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
    ratio = found["arsplan build --without-site"]["ratio"]
    yield "Goal: `--without-site` at most 1.6 × `dbt build` alone, which reads no files and publishes nothing:"
    yield f"{_word(ratio <= 1.6)}."
    yield "Steps of the whole build, s (`arsplan build --profile` tells them):"
    yield (", ".join(f"{step} {seconds}" for step, seconds in found["steps"].items()) + ".")


def _size(found: Results) -> Iterator[str]:
    yield from _head(
        "A large log",
        "rows of the log",
        "floor, s",
        "build, s",
        "× floor",
        "floor, GiB",
        "build, GiB",
        "rows that differ",
        "measured",
    )
    sizes = sorted(found.values(), key=lambda one: one["rows"])
    for one in sizes:
        floor, build = one["floor"], one["build"]
        yield (
            f"| {one['rows']:,} | {floor['seconds']:.1f} | {build['seconds']:.1f} | "
            f"{build['ratio']:.2f} | {floor['gibibytes']:.1f} | {build['gibibytes']:.1f} | "
            f"{one['differing_rows']} | {one['on']} |"
        )
    yield ""
    yield "The floor is `tests/bench/floor.sql`: states, chains, months and years by hand in plain DuckDB, without"
    yield "validation, checks, or release. Build: `--without-site`, ingest to release, with all checks."
    for one in sizes:
        if 9_000_000 < one["rows"] < 12_000_000:
            ratio, memory = one["build"]["ratio"], one["build"]["gibibytes"]
            yield f"Goals at 10 million: 3 × the floor: {_word(ratio <= 3)}; 6 GiB: {_word(memory <= 6)}."
    if sizes[-1]["rows"] < 90_000_000:
        yield "100 million events have not been measured here: `--events` takes them."
    for before, after in pairwise(sizes):
        longer = math.log(after["build"]["seconds"] / before["build"]["seconds"])
        power = longer / math.log(after["rows"] / before["rows"])
        rows = f"From {before['rows']:,} to {after['rows']:,} rows"
        yield f"{rows} time grew by the power {power:.2f} (goal: at most 1.05), fixed costs included."
    steps = sizes[-1]["steps"]
    yield f"Steps of the largest, s: {', '.join(f'{step} {seconds}' for step, seconds in steps.items())}."


def _night(found: Results) -> Iterator[str]:
    yield from _head(
        f"The night after, with a history of {found['events']:,} events", "what came", "seconds", "× full", "goal"
    )
    goals = {"full": "", "delta": "0.35", "delta with request": "", "full log again": "0.60"}
    names = {"full": "everything, for the first time", "delta": "one delivery of 10 000 events, a day later"}
    names["delta with request"] = "one more, and a request that awaits a decision"
    names["full log again"] = "the same full log again, in other files"
    for name, goal in goals.items():
        ratio = found[name]["ratio"]
        told = f"{goal}: {_word(ratio <= float(goal))}" if goal else ""
        yield f"| {names[name]} | {found[name]['seconds']:.1f} | {ratio:.3f} | {told} |"
    yield f"| nothing: noticed in | {found['no change']['seconds']:.2f} | | about 1 s beyond imports |"
    yield ""
    yield "Files that were parsed before are not parsed again; of one that comes again no row is looked at, only its"
    yield "digest. The warehouse of the release before is copied; only assignments that may have changed are computed"
    yield "anew, and all that is counted over them; plans and quotas only when a decision or request is new or"
    yield "awaits an answer."


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
    "night": _night,
    "others": _others,
    "answers": _answers,
    "readers": _readers,
}
