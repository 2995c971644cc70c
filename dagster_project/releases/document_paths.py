"""Where the documents of a release lie, below public/ and internal/: their addresses stay."""

from __future__ import annotations

LATEST = "latest"


def plan_document(year: int, municipality_code: str | None = None, edition: str = LATEST) -> str:
    """Address of a plan below public/: of all municipalities, or of one."""
    of_one = f"-{municipality_code}" if municipality_code else ""
    return f"documents/{year}/{edition}/arsplanering-{year}{of_one}.pdf"


def outcome_document(year: int, area_code: str) -> str:
    """Address below internal/ of plan beside outcome of a municipality or a county."""
    return f"documents/{year}/{LATEST}/uppfoljning-{year}-{area_code}.pdf"


def plan_workbook(year: int, county_code: str | None = None) -> str:
    """Address of a year's workbook below public/ and internal/; below the latter also of one county."""
    of_one = f"-{county_code}" if county_code else ""
    return f"documents/{year}/{LATEST}/arsplan-{year}{of_one}.xlsx"
