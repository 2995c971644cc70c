"""build.json: what a finished build says of itself, published or blocked. Written and read here alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project.errors import ReportableError

ERROR, WARN = "error", "warn"
FILE_NAME = "build.json"


class UnreadableDescriptionError(ReportableError):
    """A build.json that is damaged."""


@dataclass(frozen=True)
class CheckResult:
    """Outcome of a contract check; `findings` are sentences about some of the failing rows, `areas` all their names."""

    check_name: str
    severity: str
    passed: bool
    failing_rows: int
    findings: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountyBelow:
    """A county whose kommuntal is below its länstal, now or later in the quota year (R3); persons."""

    quota_year: int
    county_code: str
    county_name: str
    kommuntal_persons: int
    lanstal_persons: int


@dataclass(frozen=True)
class Finding:
    """Something that a build found wrong on its way and that did not stop it, told to operators.

    `kind` names its words ([alert] in texts.toml, which `facts` fill in), `about` tells several of a kind apart.
    """

    kind: str
    severity: str
    about: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """A finished build.

    `findings` are what was wrong besides failed checks; `files` holds the rows of marts.landed_files, and of each file
    its `problem`, if any; `remarks` those of marts.file_remarks; `new_files_by_feed` counts files that the release
    before had not; `seconds_by_step` ends before the release is in its place. Fields that an older build.json lacks
    get their defaults.
    """

    build_id: str
    built_at: datetime
    as_of: date
    code_version: str
    published: bool
    known_at: datetime | None = None
    with_site: bool = True
    files: tuple[dict[str, Any], ...] = ()
    remarks: tuple[dict[str, Any], ...] = ()
    new_files_by_feed: dict[str, int] = field(default_factory=dict)
    rows_by_mart: dict[str, int] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    counties_below_lanstal: tuple[CountyBelow, ...] = ()
    seconds_by_step: dict[str, float] = field(default_factory=dict)

    def failed(self, severity: str) -> list[CheckResult]:
        """Failed checks of one severity, in the contract's order."""
        return [check for check in self.checks if check.severity == severity and not check.passed]

    def digests_by_feed(self) -> dict[str, set[str]]:
        """Digests of the delivered files, by feed."""
        return digests_by_feed(self.files)

    def write(self, folder: Path) -> None:
        """Write build.json into the folder of a release."""
        content = asdict(self) | {"built_at": self.built_at.isoformat(timespec="seconds"), "as_of": f"{self.as_of}"}
        content["known_at"] = self.known_at and self.known_at.isoformat()
        (folder / FILE_NAME).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def digests_by_feed(files: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """Digests of delivered files (rows of marts.landed_files), by feed."""
    digests: dict[str, set[str]] = {}
    for file in files:
        digests.setdefault(file["feed"], set()).add(file["sha256"])
    return digests


def read_description(folder: Path) -> Description | None:
    """What build.json in the folder of a release says; None where there is none.

    Raises UnreadableDescriptionError where it cannot be read, because it was cut short for example.
    """
    file = folder / FILE_NAME
    try:
        return _description(json.loads(file.read_bytes())) if file.is_file() else None
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        raise UnreadableDescriptionError(f"{file} cannot be read") from None


def _description(content: dict[str, Any]) -> Description:
    known = {one.name for one in fields(Description)}
    described = {name: value for name, value in content.items() if name in known}
    checks = [
        CheckResult(**check | {name: tuple(check.get(name, ())) for name in ("findings", "areas")})
        for check in content.get("checks", [])
    ]
    counties = [CountyBelow(**county) for county in content.get("counties_below_lanstal", [])]
    return Description(
        **described
        | {
            "built_at": datetime.fromisoformat(content["built_at"]),
            "as_of": date.fromisoformat(content["as_of"]),
            "known_at": datetime.fromisoformat(content["known_at"]) if content.get("known_at") else None,
            "files": tuple(content.get("files", [])),
            "remarks": tuple(content.get("remarks", [])),
            "checks": tuple(checks),
            "findings": tuple(Finding(**finding) for finding in content.get("findings", [])),
            "counties_below_lanstal": tuple(counties),
        }
    )
