"""What a build notes of its steps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import settings_for
from dagster_project.workplace import Workplace


def test_a_step_in_two_parts_took_as_long_as_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.5, 20.0, 20.25, 30.0, 31.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    place = Workplace(settings_for(tmp_path, tmp_path, date(2026, 1, 1)), "build", tmp_path)
    for name in ("tables", "checks", "tables"):
        with place.step(name):
            pass
    assert place.seconds == {"tables": 3.5, "checks": 0.25}
