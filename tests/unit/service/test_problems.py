"""What a build found wrong is good again when a build that looked for it finds it no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.language import LANGUAGES, Language
from dagster_project.releases.build_json import Description
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.service import problems
from dagster_project.service.problems import FINDINGS, report_build

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("with_site", [True, False])
def test_a_build_without_pages_says_nothing_of_pages(
    with_site: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []
    monkeypatch.setattr(problems, "report", lambda *about: looked_for.extend(about[2]))
    finished = Description("B1", NOW, date(2026, 11, 23), "1", published=True)
    record = BuildRecord("B1", NOW, NOW, date(2026, 11, 23), PUBLISHED, None, {}, {}, {}, {}, "")
    report_build(tmp_path, record, replace(finished, with_site=with_site), [], None)
    of_pages = {"document", "page", "edition"}
    assert of_pages <= set(FINDINGS)
    assert of_pages & set(looked_for) == (of_pages if with_site else set())
    assert set(FINDINGS) - of_pages <= set(looked_for)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FINDINGS)
def test_every_finding_has_words_and_advice(kind: str, language: Language) -> None:
    assert {kind, f"{kind}_advice"} <= set(language.texts["alert"])
