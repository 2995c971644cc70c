"""What is kept of builds, however they ended."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import dagster as dg
import pytest
from conftest import Build

from dagster_project.cli import main
from dagster_project.pipeline import job
from dagster_project.service.journal import recent_builds

HEAD = ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date")
AS_OF = "2026-03-10"


def write(folder: Path, name: str, rows: list[tuple[object, ...]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_old_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "KEPT_RUNS", 2)

    @dg.job
    def nothing() -> None:
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        runs = [nothing.execute_in_process(instance=instance).run_id for _ in range(4)]
        job.forget_old_runs(instance)
        assert {run.run_id for run in instance.get_runs()} == set(runs[-2:])


def test_every_build_is_remembered(build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Published, blocked and broken ones; the pages show them, and `arsplan status` tells of the last."""
    landing, output = tmp_path / "landing", tmp_path / "output"
    write(landing / "quota_decisions", "1.csv", [HEAD, ("D", "kommuntal", 2026, "0765", 12, "2025-11-01")])
    assert build(landing, AS_OF, output).exit_code == 0
    write(landing / "redistributions", "1.csv", [("no such column",)])
    assert build(landing, AS_OF, output).exit_code == 3
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("dagster_project.pipeline.assets.write_sources", lambda *_: 1 / 0)
        assert build(landing, AS_OF, output).exit_code == 1

    assert main(["status", "--output", str(output)]) == 2
    assert "the last build broke" in capsys.readouterr().out
    (landing / "redistributions" / "1.csv").unlink()
    assert build(landing, AS_OF, output, with_site=True).exit_code == 0

    runs = recent_builds(output, 10)
    assert [run.outcome for run in runs] == ["published", "broke", "blocked", "published"]
    published, broke, blocked, _ = runs
    assert broke.cause is not None and broke.cause.startswith("ingest: ZeroDivisionError")
    assert not blocked.checks["files_readable"].passed
    described = json.loads((output / "current" / "build.json").read_text())
    assert published.build_id == described["build_id"]
    assert published.rows_by_mart == described["rows_by_mart"]
    assert published.seconds_by_step == described["seconds_by_step"] | published.seconds_by_step
    assert len(published.checks) == len(described["checks"])
    page = (output / "current" / "internal" / "datakvalitet.html").read_text(encoding="utf-8")
    assert [page.count(f">{word}</td>") for word in ("Publicerat", "Avbröts", "Stoppat")] == [1, 1, 1]
    assert "ZeroDivisionError" not in page
