"""No delivery goes or becomes another without a word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from dagster_project.cli import main
from dagster_project.ingest.landing import deliveries_in
from dagster_project.releases.build_json import Description
from dagster_project.service import loop
from dagster_project.service.ledger import GONE, REPLACED, astray, remember
from dagster_project.service.status import CRITICAL, status_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A landing folder with two deliveries, and an output folder whose release was made of them."""
    landing, output = tmp_path / "landing", tmp_path / "output"
    for name in ("1.csv", "2.csv"):
        (landing / "quota_decisions").mkdir(parents=True, exist_ok=True)
        (landing / "quota_decisions" / name).write_text(f"decision_id\n{name}\n")
    output.mkdir()
    release(landing, output)
    monkeypatch.setenv("ARSPLAN_LANDING", str(landing))
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(output))
    return landing, output


def release(landing: Path, output: Path, status: str = "loaded") -> None:
    files = [
        {"feed": one.feed, "file_name": one.file_name, "sha256": one.sha256, "status": status}
        for one in deliveries_in(landing)
    ]
    remember(output, Description("R1", NOW, date(2026, 11, 23), "1", published=True, files=tuple(files)))


def test_what_is_as_it_was_is_no_problem(folders: tuple[Path, Path]) -> None:
    landing, output = folders
    (landing / "quota_decisions" / "3.csv").write_text("new")
    (landing / "quota_decisions" / "1.csv").touch()
    assert astray(output, landing) == {}


def test_gone_and_replaced_are_told_by_name_until_back_or_let_go(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    landing, output = folders
    first, second = (landing / "quota_decisions" / name for name in ("1.csv", "2.csv"))
    kept = first.read_text()
    first.unlink()
    second.write_text("another")
    one, two = "quota_decisions/1.csv", "quota_decisions/2.csv"
    assert astray(output, landing) == {one: GONE, two: REPLACED}
    release(landing, output)  # a build by hand publishes what is there, and changes nothing of it
    assert astray(output, landing) == {one: GONE, two: REPLACED}
    status = status_of(output, NOW, NOW.time(), landing)
    assert status.code == CRITICAL
    assert f"the delivery {one} is gone; the delivery {two} is replaced" in status.lines[0]
    assert main(["deliveries"]) == 1
    assert capsys.readouterr().out == f"gone      {one}\nreplaced  {two}\n"

    first.write_text(kept)
    assert main(["deliveries", "forget", two]) == 0
    assert astray(output, landing) == {}
    release(landing, output)
    second.write_text("yet another")
    assert astray(output, landing) == {two: REPLACED}


@pytest.mark.usefixtures("folders")
def test_only_what_is_known_can_be_let_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliveries", "forget", "quota_decisions/9.csv"]) == 2
    assert "No release was made of quota_decisions/9.csv" in capsys.readouterr().err


def test_a_refused_file_may_be_taken_away(folders: tuple[Path, Path]) -> None:
    landing, output = folders
    bad = landing / "quota_decisions" / "bad.csv"
    bad.write_text("nothing")
    release(landing, output, "unreadable")
    bad.unlink()
    assert astray(output, landing) == {}


def test_scheduled_builds_wait(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    landing, _ = folders
    begun: list[tuple[object, ...]] = []

    def started(*arguments: object) -> SimpleNamespace:
        begun.append(arguments)
        return SimpleNamespace(pid=1)

    monkeypatch.setattr(loop, "started", started)
    service = loop.Service()
    (landing / "quota_decisions" / "1.csv").rename(landing / "1.csv")
    for _ in range(2):
        service._start_build()
    assert begun == []
    (landing / "1.csv").rename(landing / "quota_decisions" / "1.csv")
    for _ in range(2):
        service._start_build()
    [(_, _, arguments)] = begun
    assert arguments[:3] == ["build", "--landing", f"{landing}"]
