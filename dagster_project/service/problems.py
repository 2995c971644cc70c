"""What a build found wrong, told when it has ended."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.releases.build_json import ERROR, WARN, CheckResult, CountyBelow, Description, Finding
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.releases.folder import BLOCKED, RELEASES
from dagster_project.service.alert_and_answer_settings import read_alert_settings
from dagster_project.service.alerts import Problem, deliver, report
from dagster_project.service.answers.mail import send_waiting
from dagster_project.service.answers.outbox import Prepared
from dagster_project.service.answers.template import read_answer_settings
from dagster_project.service.findings import AROUND, FUTURE
from dagster_project.service.journal import broken_in_a_row, ended_builds
from dagster_project.settings import alerts_file, answers_file, default_output

# Kinds of problems with answers to municipalities that a build finds.
_ANSWERING = ("unanswered", "recipient")
# Kinds of findings, of which a build that ran to its end has found all there are.
FINDINGS: tuple[str, ...] = (*AROUND, FUTURE, "current", "release", "history", "document", "page", "edition")
_WITH_SITE = ("document", "page", "edition")  # and those that a build without pages does not look for
BROKE_LOOKED_AT = 50


def report_build(
    output: Path,
    build: BuildRecord,
    finished: Description | None,
    findings: Iterable[Finding],
    prepared: Prepared | None,
) -> None:
    """Tell what a build that ran to its end found wrong, or that it broke."""
    settings = read_alert_settings(alerts_file())
    now = datetime.now(UTC)
    noticed = [problem_of(finding) for finding in findings]
    if finished is None:  # its checks did not all run: what they said before stands
        found = [*broken(output), *noticed]
        report(output, settings, ["build", *(one.kind for one in noticed)], found, now, place_of(output))
    else:
        failed = [_failed(check) for check in finished.checks if not check.passed]
        counties = map(_county_below, finished.counties_below_lanstal)
        kept = output / (RELEASES if finished.published else BLOCKED) / build.build_id
        kinds = [
            "build",
            "check",
            "county",
            *_findings_of(finished),
            *(_ANSWERING if build.outcome == PUBLISHED else ()),
        ]
        found = [*failed, *counties, *noticed, *_unanswered(build, prepared)]
        report(output, settings, kinds, found, now, place_of(kept), _unknown(finished))
    deliver(output, settings, now)
    send_answers(output, now)


def broken(output: Path) -> Iterator[Problem]:
    """Builds that broke or were killed since one came to its end: the more, the worse."""
    builds = broken_in_a_row(ended_builds(output, BROKE_LOOKED_AT))
    if builds:
        yield Problem("build", ERROR, len(builds), {"cause": builds[0].cause})


def problem_of(finding: Finding) -> Problem:
    """A finding as a problem of its own."""
    return Problem(f"{finding.kind}:{finding.about}", finding.severity, 1, finding.facts)


def place_of(path: Path) -> str:
    """Where to look, on which machine."""
    return f"{socket.gethostname()}:{path}"


def send_answers(output: Path, now: datetime) -> None:
    """Send what waits in the outbox of the service; a build into a folder of its own, to look back, sends nothing."""
    if output == default_output().resolve():
        send_waiting(output, read_answer_settings(answers_file()), now)


def _failed(check: CheckResult) -> Problem:
    facts = {"check": check.check_name, "areas": list(check.areas)}
    return Problem(f"check:{check.check_name}", check.severity, check.failing_rows, facts)


def _unknown(finished: Description) -> list[str]:
    """Nobody is overdue for certain while the log itself is late: its news may lie in what has not come."""
    is_stale = any(check.check_name == "feeds_are_fresh" and not check.passed for check in finished.checks)
    return ["check:no_overdue_receptions"] if is_stale else []


def _findings_of(finished: Description) -> Iterator[str]:
    """Kinds of findings that a build looked for: of those that it did not, what was found before stands."""
    return (kind for kind in FINDINGS if finished.with_site or kind not in _WITH_SITE)


def _county_below(county: CountyBelow) -> Problem:
    """A county whose kommuntal is below its länstal, now or later (R3)."""
    name = f"county:{county.county_code}:{county.quota_year}"
    facts = {
        "county": county.county_name,
        "year": county.quota_year,
        "kommuntal": county.kommuntal_persons,
        "lanstal": county.lanstal_persons,
    }
    return Problem(name, ERROR, county.lanstal_persons - county.kommuntal_persons, facts, county.county_code)


def _unanswered(build: BuildRecord, prepared: Prepared | None) -> Iterator[Problem]:
    """What a build published, but could not answer."""
    if build.outcome == PUBLISHED and build.cause:
        yield Problem("unanswered", ERROR, 1, {"cause": build.cause})
    if prepared and prepared.without_recipient:
        yield Problem("recipient", WARN, prepared.without_recipient, {"count": prepared.without_recipient})
