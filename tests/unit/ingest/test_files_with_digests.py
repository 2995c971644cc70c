"""Where a feed's senders deliver NAME.sha256 too, a file is waited for until it has come, and compared with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dagster_project.ingest.area_register import read_register
from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.landing import check_feeds_with_digests, deliveries_in, files_of, fingerprint, not_read
from dagster_project.ingest.parse_cache import parsed_file
from dagster_project.settings import MUNICIPALITIES_FILE, SettingError

DECISIONS = FEEDS[0]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARSPLAN_FEEDS_WITH_DIGESTS", "quota_decisions")
    path = tmp_path / "quota_decisions" / "1.csv"
    path.parent.mkdir()
    path.write_text("decision_id,level,quota_year,area_code,persons,decided_date\nD,kommuntal,2026,0765,3,2025-11-01\n")
    return path


def digest(file: Path, text: str) -> None:
    file.with_name("1.csv.sha256").write_text(text)


def status(landing: Path, kept: Path) -> str:
    [delivery] = deliveries_in(landing)
    kept.mkdir(exist_ok=True)
    return parsed_file(delivery, DECISIONS, read_register(MUNICIPALITIES_FILE), kept).about.status


def test_is_waited_for_and_compared(file: Path, tmp_path: Path) -> None:
    before = fingerprint(tmp_path)
    assert files_of(tmp_path, DECISIONS) == []
    [(feed, name, why)] = not_read(tmp_path)
    assert (feed, name, "1.csv.sha256, which says its digest, has not come" in why) == (
        "quota_decisions",
        "1.csv",
        True,
    )

    digest(file, f"{hashlib.sha256(file.read_bytes()).hexdigest()}  1.csv\n")
    assert not_read(tmp_path) == []
    assert fingerprint(tmp_path) != before
    assert status(tmp_path, tmp_path / "kept") == "loaded"
    digest(file, f"{'0' * 64}  1.csv\n")
    assert status(tmp_path, tmp_path / "kept") == "unreadable"


def test_another_feeds_files_need_none(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSPLAN_FEEDS_WITH_DIGESTS", "assignment_log")
    assert files_of(tmp_path, DECISIONS) == [file]
    digest(file, "0")
    assert status(tmp_path, tmp_path / "kept") == "loaded"


def test_a_feed_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSPLAN_FEEDS_WITH_DIGESTS", "assignment_log, letters")
    with pytest.raises(SettingError, match="names letters, which is no feed"):
        check_feeds_with_digests()
