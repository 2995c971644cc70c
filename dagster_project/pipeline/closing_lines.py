"""The last lines of a build: what came in, what was rejected, which checks warn, what was published or why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagster_project.checks.contract import CHECKS
from dagster_project.errors import printable
from dagster_project.ingest.feeds import FEEDS
from dagster_project.language import ENGLISH
from dagster_project.releases.build_json import ERROR, WARN, CheckResult, Description
from dagster_project.releases.current_link import CURRENT
from dagster_project.releases.folder import INTERNAL, PUBLIC
from dagster_project.service.alerts import told
from dagster_project.service.answers.outbox import OUTBOX, Prepared
from dagster_project.settings import STOCKHOLM
from expectations.check_outcome import counted

FINDINGS_SHOWN = 5
REMARKS_SHOWN = 10


def closing_lines(output: Path, build: Description, failure: str | None, prepared: Prepared | None) -> list[str]:
    """Lines after a build that ran to its end, published or blocked; `failure` may have come after that."""
    blocking, warning = build.failed(ERROR), build.failed(WARN)
    lines = ["", *_came_in(build)]
    if warning:
        lines += ["", f"Warnings: {counted(len(warning), 'check')} failed."]
        lines += [line for check in warning for line in check_lines(check)]
    if build.findings:
        lines += ["", "Found on the way:", *(f"  {told(finding, ENGLISH)}" for finding in build.findings)]
    if not build.published:
        lines += ["", f"Publication is blocked: {counted(len(blocking), 'check')} failed."]
        lines += [line for check in blocking for line in check_lines(check)]
        lines += [
            "",
            f"Nothing was published. {_stays(output)}",
            f"Look into the blocked build: {output / 'blocked' / build.build_id}",
        ]
        return lines
    if failure:
        lines += ["", f"The release stands, but after it a step broke: {failure}"]
    known_at = f", known at {build.known_at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M:%S}" if build.known_at else ""
    lines += [
        "",
        f"Published release {build.build_id} as of {build.as_of}{known_at}.",
        f"Look at it: {output / CURRENT} (warehouse.duckdb, parquet/, public/, internal/, build.json)",
    ]
    if build.with_site:
        if prepared and prepared.answers:
            lines.append(f"Answers to municipalities: {prepared.answers} new in {output / OUTBOX}")
        lines += [
            f"Web pages for everyone: {output / CURRENT / PUBLIC / 'index.html'}, or `arsplan site`",
            f"For those who log in: {output / CURRENT / INTERNAL / 'index.html'}, or `arsplan site --internal`",
        ]
    return lines


def profile_lines(seconds_by_step: dict[str, float], imports: float, run: float) -> list[str]:
    """Where a build's seconds went: its imports, its steps, and what lay between them."""
    between = run - sum(seconds_by_step.values())
    rows = {"imports": imports, **seconds_by_step, "Dagster, between the steps": between}
    return ["", "seconds", *(f"{seconds:8.2f}  {name}" for name, seconds in rows.items())]


def broken_lines(output: Path, failure: str | None) -> list[str]:
    """Lines after a build that broke."""
    return [
        "",
        f"The build broke in {failure or 'publish: nothing was published'}.",
        f"Nothing was published. {_stays(output)}",
        f"Look at the run in Dagster's pages (ARSPLAN_OUTPUT={output} make up), fix it, build again.",
    ]


def _stays(output: Path) -> str:
    link = output / CURRENT
    if not link.exists():
        return f"{link} leads to no release." if link.is_symlink() else "There is no earlier release."
    return f"Release {link.resolve().name} stays current."


def _came_in(build: Description) -> list[str]:
    lines = ["feed               files  rows read   accepted   rejected  duplicate"]
    columns = ["rows_read", "rows_accepted", "rows_rejected", "rows_duplicate"]
    if build.known_at:
        lines[0] += "  not yet known"
        columns.append("rows_not_yet_known")
    for feed in FEEDS:
        files = [file for file in build.files if file["feed"] == feed.name]
        counts = (sum(file[column] for file in files) for column in columns)
        lines.append(f"{feed.name:<17}{len(files):>7}" + "".join(f"{count:>11}" for count in counts))
    lines += [
        f"  {file['feed']}/{printable(file['file_name'])}: {file['problem']}" for file in build.files if file["problem"]
    ]
    shown = [f"  {_place_of(remark)}: {printable(remark['detail'])}" for remark in build.remarks]
    more = len(shown) - REMARKS_SHOWN
    return [*lines, *shown[:REMARKS_SHOWN], *([f"  and {more} more: see marts.file_remarks"] if more > 0 else [])]


def _place_of(remark: dict[str, Any]) -> str:
    return "/".join(printable(part) for part in (remark["feed"], remark["file_name"]) if part)


def check_lines(check: CheckResult) -> list[str]:
    """A check that failed: how often, what to do, and what it found."""
    known = next(one for one in CHECKS if one.name == check.check_name)
    lines = [f"  {check.check_name}: {counted(check.failing_rows, 'row')}. {known.advice}"]
    lines += [f"    {finding}" for finding in check.findings[:FINDINGS_SHOWN]]
    if len(check.findings) > FINDINGS_SHOWN:
        lines.append(f"    and more: see {'.'.join(known.asset)}")
    return lines
