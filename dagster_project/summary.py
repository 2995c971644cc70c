"""The last lines of a build: what came in, what was set aside, which checks warn, what was published or why not."""

from __future__ import annotations

from dagster_project.answers.outbox import OUTBOX
from dagster_project.checks import Check, failed
from dagster_project.current import CURRENT
from dagster_project.errors import printable
from dagster_project.ingest.landing import unknown_folders
from dagster_project.job import Failure
from dagster_project.operations import ERROR, WARN
from dagster_project.workplace import Workplace
from expectations.outcome import Outcome, counted

FINDINGS_SHOWN = 5
COLUMNS_SHOWN = 10


def closing_lines(place: Workplace, failure: Failure | None) -> list[str]:
    """Lines after a build that ran to its end, published or blocked; `failure` may have come after that."""
    blocking = failed(place.outcomes, ERROR)
    warning = failed(place.outcomes, WARN)
    output = place.settings.output
    lines = ["", *_came_in(place)]
    if warning:
        lines += ["", f"Warnings: {counted(len(warning), 'check')} failed."]
        lines += [line for check, outcome in warning for line in _check_lines(check, outcome)]
    if place.published and failure:
        lines += ["", f"The release stands, but after it {failure.step} broke: {failure.message}"]
    if place.blocked:
        lines += ["", f"Publication is blocked: {counted(len(blocking), 'check')} failed."]
        lines += [line for check, outcome in blocking for line in _check_lines(check, outcome)]
        lines += [
            "",
            f"Nothing was published. {_stays(place)}",
            f"Look into the blocked build: {output / 'blocked' / place.build_id}",
        ]
    else:
        lines += [
            "",
            f"Published release {place.build_id} as of {place.settings.as_of}.",
            f"Look at it: {output / CURRENT} (warehouse.duckdb, parquet/, public/, build.json)",
        ]
        if place.settings.with_site:
            if place.prepared and place.prepared.answers:
                lines.append(f"Answers to municipalities: {place.prepared.answers} new in {output / OUTBOX}")
            lines.append(f"Its web pages: {output / CURRENT / 'public' / 'index.html'}, or `arsplan site`")
    return lines


def profile_lines(place: Workplace, imports: float, run: float) -> list[str]:
    """Where a build's seconds went: its imports, its steps, and what lay between them."""
    steps = place.seconds
    rows = {"imports": imports, **steps, "Dagster, between the steps": run - sum(steps.values())}
    return ["", "seconds", *(f"{seconds:8.2f}  {name}" for name, seconds in rows.items())]


def broken_lines(place: Workplace, failure: Failure | None) -> list[str]:
    """Lines after a build that broke."""
    step, message = (failure.step, failure.message) if failure else ("publish", "nothing was published")
    return [
        "",
        f"The build broke in {step}: {message}.",
        f"Nothing was published. {_stays(place)}",
        f"Look at the run in Dagster's pages (ARSPLAN_OUTPUT={place.settings.output} make up), mend it, build again.",
    ]


def _stays(place: Workplace) -> str:
    link = place.settings.output / CURRENT
    return f"Release {link.resolve().name} stays current." if link.exists() else "There is no earlier release."


def _came_in(place: Workplace) -> list[str]:
    lines = ["feed               files  rows read  accepted  set aside  duplicate"]
    lines += [
        f"{load.feed:<17}{load.files:>7}{load.rows_read:>11}{load.rows_accepted:>10}"
        f"{load.rows_rejected:>11}{load.rows_duplicate:>11}"
        for load in place.loads
    ]
    lines += [
        f"  {printable(name)} in the landing folder is no feed; nothing in it was read"
        for name in unknown_folders(place.settings.landing)
    ]
    for load in place.loads:
        lines += [f"  {problem}" for problem in load.problems]
        if load.unknown_columns:
            shown = [printable(name)[:40] for name in load.unknown_columns[:COLUMNS_SHOWN]]
            more = len(load.unknown_columns) - len(shown)
            lines.append(
                f"  {load.feed}: unknown columns ignored: {', '.join(shown)}{f' and {more} more' if more else ''}"
            )
    return lines


def _check_lines(check: Check, outcome: Outcome) -> list[str]:
    lines = [f"  {check.name}: {counted(outcome.failing_rows, 'row')}. {check.advice}"]
    lines += [f"    {finding}" for finding in outcome.findings[:FINDINGS_SHOWN]]
    if len(outcome.findings) > FINDINGS_SHOWN:
        lines.append(f"    and more: see {'.'.join(check.asset)}")
    return lines
