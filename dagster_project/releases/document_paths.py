"""Where the documents of a release lie, below public/: their addresses stay."""

from __future__ import annotations

LATEST = "latest"


def plan_document(year: int, municipality_code: str | None = None, edition: str = LATEST) -> str:
    """Address of a plan below public/: of all municipalities, or of one."""
    of_one = f"-{municipality_code}" if municipality_code else ""
    return f"documents/{year}/{edition}/arsplanering-{year}{of_one}.pdf"


def plan_workbook(year: int) -> str:
    """Address of a year's workbook below public/."""
    return f"documents/{year}/{LATEST}/arsplan-{year}.xlsx"
